"""What goes wrong in HTTP, translated and described."""

import pytest
import requests
import urllib3

from glaab.adapters.http.errors import (
    describe_http_status,
    describe_transport_error,
    translate_http_errors,
)
from glaab.domain.errors import Unreachable
from glaab.domain.sources.gerrit import GERRIT


def refused():
    return requests.ConnectionError(
        urllib3.exceptions.MaxRetryError(
            pool=None,
            url="/secret?token=1",
            reason=urllib3.exceptions.NewConnectionError(
                None, "Failed to establish a new connection: [Errno 111] Connection refused"
            ),
        )
    )


def aborted():
    reset = ConnectionResetError(104, "Connection reset by peer")
    return requests.ConnectionError(
        urllib3.exceptions.ProtocolError("Connection aborted.", reset), request=None
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ConnectTimeout(), "it could not be reached in time"),
        (requests.ReadTimeout(), "it did not answer in time"),
        (requests.Timeout(), "it did not answer in time"),
        (
            requests.exceptions.SSLError("certificate has expired"),
            "its certificate was not accepted (certificate has expired)",
        ),
        (refused(), "the connection failed ([Errno 111] Connection refused)"),
        (requests.ConnectionError(), "the connection failed (ConnectionError)"),
        (aborted(), "the connection failed ([Errno 104] Connection reset by peer)"),
        (requests.exceptions.ChunkedEncodingError(), "its answer was cut off"),
        (
            requests.exceptions.ContentDecodingError(),
            "its answer could not be used (ContentDecodingError)",
        ),
        (requests.TooManyRedirects(), "its answer could not be used (TooManyRedirects)"),
    ],
    ids=repr,
)
def test_a_transport_error_is_described(error, words):
    assert words == describe_transport_error(error)


def test_the_description_does_not_quote_the_request():
    assert "token" not in describe_transport_error(refused())


def test_an_error_of_requests_means_unreachable():
    with (
        pytest.raises(Unreachable) as raised,
        translate_http_errors(GERRIT),
    ):
        raise requests.ReadTimeout

    assert "gerrit gave no usable answer: it did not answer in time" == str(raised.value)
    assert isinstance(raised.value.__cause__, requests.ReadTimeout)


def test_any_other_error_passes():
    with pytest.raises(KeyError), translate_http_errors(GERRIT):
        raise KeyError


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [
        (401, "", "it refused the credentials (HTTP 401): see THE_TOKEN"),
        (401, "bad\n token", "it refused the credentials (HTTP 401: bad): see THE_TOKEN"),
        (429, "slow down", "it asks for fewer requests (HTTP 429: slow down)"),
        (302, "moved", "it redirects elsewhere (HTTP 302), where credentials must not follow"),
        (399, "", "it redirects elsewhere (HTTP 399), where credentials must not follow"),
        (403, "  no ", "it answered HTTP 403: no"),
        (500, "", "it answered HTTP 500"),
        (400, "x" * 400, f"it answered HTTP 400: {'x' * 300}"),
    ],
)
def test_a_status_is_described(status, message, words):
    """What the server said is quoted, but no more than one line, cut short."""
    assert words == describe_http_status(status, message, "THE_TOKEN")
