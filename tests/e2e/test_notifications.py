"""Messages through apprise over HTTP on loopback, in this process, as receivers see them."""

import gc
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.entrypoints.cli import glaab
from glaab.entrypoints.watching.notifier import Notifier
from glaab.settings.values import SecretUrls
from tests.contract.wire import Recorder, Request, Response, answers, disconnects, is_silent, served
from tests.faults.test_stopping import HTTP_DRIPS, dripping
from tests.unit.conftest import elsewhere, logging_as_before

__all__ = ["elsewhere", "logging_as_before"]

NOT_DELIVERED = ["address 1 of 1: it was not delivered"]
TIME_WAS_UP = ["address 1 of 1: time was up"]
LIBRARIES = ("apprise", "http", "logging", "requests", "socket", "ssl", "threading", "urllib3")


class Receiver:
    """A webhook that takes everything."""

    def handle(self, request: Request) -> Response:
        assert "POST" == request.method
        return Response()


@pytest.fixture
def receiver() -> Iterator[tuple[Recorder, str]]:
    """What records the requests, and its address for apprise."""
    recorder = Recorder(Receiver())
    with served(recorder) as url:
        yield recorder, f"{url.replace('http', 'json')}/room"
    assert [] == recorder.errors


@pytest.fixture
def refusing() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"json://127.0.0.1:{unused.getsockname()[1]}/"


def a_notifier(*addresses: str, limit_s: float = 10) -> Notifier:
    timeouts = TimeoutPolicy(timeout_s=30)
    urls = SecretUrls(" ".join(addresses))
    return Notifier(addresses=urls, timeouts=timeouts, limit_s=limit_s)


def reasons(notifier: Notifier) -> list[str]:
    with capture_logs() as logs:
        notifier(["Something happened"])
    return [each["reason"] for each in logs if each["event"] == "notification_not_sent"]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def settled() -> tuple[int, int]:
    """How many threads and open files there are, once the receiver has closed what it can."""
    numbers = threading.active_count(), open_files()
    while (time.sleep(0.2), now := (threading.active_count(), open_files()))[1] != numbers:
        numbers = now
    return numbers


# -- what arrives


def test_a_message_arrives_whole(receiver):
    recorder, address = receiver

    a_notifier(address)(["Veto: ada", "And 2 more"])

    (request,) = recorder.requests
    body = json.loads(request.body)
    assert ("/room", "glaab") == (request.path, request.headers["user-agent"])
    assert ("glaab", "Veto: ada\nAnd 2 more", "info") == (
        body["title"],
        body["message"],
        body["type"],
    )


def test_credentials_of_an_address_are_used(receiver):
    recorder, address = receiver

    a_notifier(address.replace("://", "://user:s3cret@"))(["Something happened"])

    assert "Basic dXNlcjpzM2NyZXQ=" == recorder.requests[0].headers["authorization"]


# -- what does not


@pytest.mark.parametrize(
    "fault",
    [
        answers(Response(status=500, body=b"s3cret")),
        answers(Response(status=404)),
        disconnects,
        answers(Response(body=b"{", cut_to=0, headers={"Content-Length": "9"})),
    ],
    ids=["500", "404", "disconnects", "cut off"],
)
def test_a_receiver_that_fails_is_a_warning(receiver, fault):
    recorder, address = receiver
    recorder.always = fault

    assert NOT_DELIVERED == reasons(a_notifier(address))
    assert 1 == len(recorder.requests)


def test_a_receiver_that_is_not_there_is_a_warning(refusing):
    assert NOT_DELIVERED == reasons(a_notifier(refusing))


def test_a_message_is_not_sent_where_it_is_redirected_to(receiver):
    recorder, address = receiver
    recorder.always = answers(Response(status=307, headers={"Location": "/elsewhere"}))

    assert NOT_DELIVERED == reasons(a_notifier(address))
    assert ["/room"] == [each.path for each in recorder.requests]


def test_a_receiver_that_never_answers_takes_no_longer_than_the_limit(receiver):
    recorder, address = receiver
    recorder.always = is_silent
    begin = time.monotonic()

    assert TIME_WAS_UP == reasons(a_notifier(address, limit_s=-0.5))
    assert 2 > time.monotonic() - begin


def test_a_receiver_that_drips_takes_no_longer_either():
    """Each byte is in time, so no socket's timeout ends it."""
    begin = time.monotonic()

    with dripping(HTTP_DRIPS) as port:
        told = reasons(a_notifier(f"json://127.0.0.1:{port}/?rto=60", limit_s=-0.5))

    assert TIME_WAS_UP == told
    assert 2 > time.monotonic() - begin


def test_one_limit_holds_for_all_addresses(receiver):
    recorder, address = receiver
    recorder.always = is_silent
    begin = time.monotonic()

    told = reasons(a_notifier(*[address] * 5, limit_s=-0.5))

    assert [f"address {place} of 5: time was up" for place in range(1, 6)] == told
    assert 2 > time.monotonic() - begin


# -- secrets


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("path", ["token-abc", "token-abc/?verify=no&format=s3cret"])
def test_no_part_of_an_address_is_shown(capfd, log_format, path):
    """Whether it is understood or not, at -v and by nobody."""
    address = f"json://user:s3cret-password@127.0.0.1:1/{path}"
    environ = {"GLAAB_NOTIFY_URLS": address, "GITLAB_URL": "in doubt"}
    arguments = ["-v", "--log-format", log_format, "doctor", "--notify"]

    result = CliRunner().invoke(glaab, arguments, env=environ, catch_exceptions=False)

    a_notifier(address)(["Something happened"])
    shown = (result.stdout, result.stderr, *capfd.readouterr(), repr(a_notifier(address)))
    assert 3 == result.exit_code
    assert "address 1 of 1" in result.stdout
    assert "notification_not_sent" in shown[3]
    for part in ("s3cret", "user:", "127.0.0.1", "token-abc"):
        assert [] == [text for text in shown if part in text]


# -- what stays behind


def test_hundreds_of_messages_leave_nothing_behind(receiver, refusing, caplog):
    """No thread, open file or object, whether they arrive or not."""
    recorder, address = receiver
    notifier = a_notifier(address, refusing, f"{address}?retry=3&wait=9")
    caplog.set_level(logging.CRITICAL, "apprise")  # pytest keeps what is logged

    def send(count: int) -> int:
        for _ in range(count):
            recorder.requests.clear()
            with capture_logs():
                notifier(["Something happened"] * 11)
        gc.collect()
        return sum(str(type(each).__module__).startswith(LIBRARIES) for each in gc.get_objects())

    objects = send(20)
    before = settled()

    assert 100 > send(200) - objects  # the receiver may still be busy with the last one
    assert before == settled()


def test_messages_whose_time_was_up_leave_nothing_behind(receiver):
    recorder, address = receiver
    recorder.always = lambda request, handle: time.sleep(0.2)
    notifier = a_notifier(address, limit_s=-0.9)
    before = settled()

    told = [reasons(notifier) for _ in range(10)]

    assert [TIME_WAS_UP] * 10 == told
    assert before == settled()
