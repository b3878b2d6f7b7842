"""HttpSession, above a transport that answers from a list."""

import io
from collections import Counter

import attrs
import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter
from structlog.testing import capture_logs
from urllib3.exceptions import (
    ConnectTimeoutError,
    NewConnectionError,
    ProxyError,
    ProxySchemeUnknown,
)

from glaab.adapters.http.errors import describe_transport_error, translate_http_errors
from glaab.adapters.http.session import HttpSession
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.redaction import quote, redacting
from glaab.domain.errors import GITLAB, SystemUnavailable
from glaab.domain.sources.gerrit import GERRIT

URL = "https://git.example"


@attrs.define
class Script(BaseAdapter):
    """A transport that gives what it was told to, in turn, and the last of it for ever."""

    answers: list
    sent: list = attrs.Factory(list)
    timeouts: list = attrs.Factory(list)
    cookies: dict = attrs.Factory(dict)

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        self.sent.append(request)
        self.timeouts.append(timeout)
        answer = self.answers[min(len(self.sent), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        status, headers = answer
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        response.request = request
        response.url = request.url
        response.raw = io.BytesIO(b"body")
        response.cookies.update(self.cookies)
        return response

    def close(self):
        """Nothing is open."""


@attrs.define
class Conversation:
    """A session, what went over its wire, and how long it slept."""

    session: HttpSession
    wire: Script
    timeouts: TimeoutPolicy
    request_counter: Counter
    slept: list

    @property
    def methods(self):
        return [request.method for request in self.wire.sent]


def talking(*answers, url=URL, while_sleeping=lambda _: None, timeouts=None, **kwargs):
    """A session to a server that gives these answers: a status, one with headers, or an error."""
    timeouts, request_counter, slept = timeouts or TimeoutPolicy(timeout_s=5), Counter(), []

    def sleep(seconds):
        slept.append(seconds)
        while_sleeping(timeouts)

    session = HttpSession(
        GITLAB,
        url,
        timeouts=timeouts,
        request_counter=request_counter,
        user_agent="glaab/test (ops@example)",
        sleep=sleep,
        **kwargs,
    )
    wire = Script([(each, {}) if isinstance(each, int) else each for each in answers])
    session.mount("https://", wire)
    session.mount("http://", wire)
    return Conversation(session, wire, timeouts, request_counter, slept)


def waits(status, seconds):
    """A status that comes with a Retry-After."""
    return status, {"Retry-After": seconds}


# -- retries


BROKEN = [
    requests.ConnectionError(),
    requests.Timeout(),
    requests.ConnectTimeout(),
    requests.ReadTimeout(),
    requests.exceptions.ChunkedEncodingError(),
    requests.exceptions.ContentDecodingError(),
]


@pytest.mark.parametrize("failure", [*BROKEN, 429, 502, 503, 504], ids=repr)
def test_a_read_that_failed_is_repeated(failure):
    talk = talking(failure, 200)

    response = talk.session.get(URL)

    assert 200 == response.status_code
    assert ["GET", "GET"] == talk.methods
    assert [0.5] == talk.slept


@pytest.mark.parametrize("failure", [*BROKEN, 429, 502, 503, 504], ids=repr)
def test_a_write_is_never_repeated(failure):
    talk = talking(failure, 200)

    if isinstance(failure, int):
        assert failure == talk.session.post(URL).status_code
    else:
        with pytest.raises(type(failure)):
            talk.session.post(URL)

    assert ["POST"] == talk.methods
    assert [] == talk.slept


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "HEAD"])
def test_only_what_is_known_to_read_is_repeated(method):
    talk = talking(503, 200)

    talk.session.request(method, URL)

    assert [method] == talk.methods


@pytest.mark.parametrize("method", ["POST", "post", "GET"])
def test_a_method_that_is_told_to_read_is_repeated(method):
    talk = talking(503, 200, reads=frozenset({"GET", "POST"}))

    response = talk.session.request(method, URL)

    assert 200 == response.status_code
    assert 2 == len(talk.wire.sent)


def test_a_read_is_repeated_twice_at_most():
    talk = talking(503)

    response = talk.session.get(URL)

    assert 503 == response.status_code
    assert [0.5, 1] == talk.slept
    assert 3 == len(talk.wire.sent)


def test_the_last_failure_in_transit_is_raised():
    talk = talking(requests.Timeout(), 503, requests.ConnectionError("the last"))

    with pytest.raises(requests.ConnectionError, match="the last"):
        talk.session.get(URL)

    assert 3 == len(talk.wire.sent)


@pytest.mark.parametrize("status", [200, 201, 204, 400, 401, 403, 404, 409, 500, 501])
def test_any_other_status_is_the_answer(status):
    talk = talking(status)

    assert status == talk.session.get(URL).status_code
    assert 1 == len(talk.wire.sent)


@pytest.mark.parametrize(
    "error", [requests.exceptions.InvalidURL("x"), requests.exceptions.InvalidSchema("x")]
)
def test_a_failure_that_no_repetition_mends_is_raised_at_once(error):
    talk = talking(error, 200)

    with pytest.raises(type(error)):
        talk.session.get(URL)

    assert 1 == len(talk.wire.sent)


# -- Retry-After


@pytest.mark.parametrize(("asked", "slept"), [("0", 0.5), ("1", 1), ("007", 7), ("30", 30)])
def test_a_wait_of_up_to_30_seconds_is_obeyed(asked, slept):
    talk = talking(waits(429, asked), 200)

    response = talk.session.get(URL)

    assert 200 == response.status_code
    assert [slept] == talk.slept


@pytest.mark.parametrize("asked", ["31", "3600", "9" * 500])
def test_a_longer_wait_means_unavailable(asked):
    talk = talking(waits(503, asked), 200)

    assert 503 == talk.session.get(URL).status_code
    assert [] == talk.slept
    assert 1 == len(talk.wire.sent)


@pytest.mark.parametrize("asked", ["", "soon", "-1", "1.5", "٣", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_wait_that_is_no_number_is_an_ordinary_one(asked):
    talk = talking(waits(503, asked), 200)

    assert 200 == talk.session.get(URL).status_code
    assert [0.5] == talk.slept


def test_a_wait_that_was_asked_for_does_not_lengthen_the_next():
    talk = talking(waits(503, "20"), 503, 200)

    assert 200 == talk.session.get(URL).status_code
    assert [20, 1] == talk.slept


def test_a_wait_means_nothing_on_success():
    talk = talking(waits(200, "5"))

    assert 200 == talk.session.get(URL).status_code
    assert [] == talk.slept


# -- timeouts


def test_every_request_has_the_timeout():
    talk = talking(503, 200)

    talk.session.get(URL)
    talk.session.post(URL, timeout=None)

    assert [5, 5, 5] == talk.wire.timeouts


def test_shortening_the_timeout_ends_retries():
    talk = talking(503)

    talk.timeouts.shorten()
    talk.session.get(URL)

    assert [3] == talk.wire.timeouts
    assert [] == talk.slept


def test_shortening_lengthens_no_timeout():
    timeouts = TimeoutPolicy(timeout_s=1)

    timeouts.shorten()

    assert 1 == timeouts.timeout_s


def test_shortening_during_a_pause_leaves_one_last_try():
    talk = talking(503, while_sleeping=TimeoutPolicy.shorten)

    talk.session.get(URL)

    assert [5, 3] == talk.wire.timeouts


def test_the_timeout_policy_is_shared():
    timeouts = TimeoutPolicy(timeout_s=5)
    one, other = talking(200, timeouts=timeouts), talking(503, timeouts=timeouts)

    timeouts.shorten()
    one.session.get(URL)
    other.session.get(URL)

    assert [[3], [3]] == [one.wire.timeouts, other.wire.timeouts]


def test_sleeping_is_real_unless_told_otherwise():
    session = HttpSession(
        GITLAB,
        URL,
        timeouts=TimeoutPolicy(timeout_s=5),
        request_counter=Counter(),
        user_agent="x",
    )
    wire = Script([waits(503, "0"), (200, {})])
    session.mount("https://", wire)

    assert 200 == session.get(URL).status_code


# -- one origin, no redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_the_answer_and_is_not_followed(status):
    talk = talking((status, {"Location": "https://evil.example/"}))

    response = talk.session.get(URL, allow_redirects=True)

    assert status == response.status_code
    assert [f"{URL}/"] == [request.url for request in talk.wire.sent]


@pytest.mark.parametrize("location", ["//[", "http://[::1", "/login?zur\xfcck=1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_to_nowhere_is_no_answer(method, location):
    """Requests (2.34) reads the address although it is not to follow it."""
    talk = talking((302, {"Location": location}))

    with pytest.raises(requests.RequestException) as raised:
        talk.session.request(method, URL)

    assert "its answer could not be used (InvalidHeader)" == describe_transport_error(raised.value)
    assert 1 == len(talk.wire.sent)


def test_a_missing_bundle_of_certificates_is_told(monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/missing.pem")
    session = talking(200).session
    session.mount("https://", requests.adapters.HTTPAdapter())

    with pytest.raises(requests.ConnectionError) as raised:
        session.get(URL)

    assert (
        "the connection failed (Could not find a suitable TLS CA certificate bundle, invalid path"
        " /missing.pem)"
    ) == describe_transport_error(raised.value)


@pytest.mark.parametrize("charset", ["latin-1", "idna", "undefined", "\0"])
def test_an_answer_is_read_as_utf_8_whatever_it_calls_itself(charset):
    """There are charsets that Python refuses to read with."""
    talk = talking((200, {"Content-Type": f"text/plain; charset={charset}"}))

    assert "utf-8" == talk.session.get(URL).encoding


ELSEWHERE = [
    "https://evil.example/",
    "https://git.example.evil.example/",
    "https://git.example:8443/",
    "http://git.example/",
    "http://git.example:443/",
    "https://git.example@evil.example/",
    "https://evil.example\\@git.example/",
    "https://sub.git.example/",
    "https://git.example./",
    "https://git.example:99999/",
    "https://[git.example/",
    "//git.example/",
    "/api/v4/users",
    " https://evil.example/",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_another_origin_is_refused_and_nothing_is_sent(url):
    """Host, port and scheme as requests reads them: a Link header is another's text."""
    talk = talking(200)

    with pytest.raises(SystemUnavailable, match="it points to another server: ") as raised:
        talk.session.get(url)

    assert GITLAB is raised.value.system
    assert [] == talk.wire.sent
    assert 0 == talk.request_counter.total()


@pytest.mark.parametrize(
    ("home", "url"),
    [
        (URL, "https://git.example/api?page=2#part"),
        (URL, "https://GIT.example:443/"),
        (URL, " https://git.example/"),
        (URL, "https://ada:pw@git.example/"),
        ("https://git.example:443/gitlab/", "https://git.example/gitlab"),
        ("http://127.0.0.1", "http://127.0.0.1:80/"),
        ("http://[::1]:8080", "http://[::1]:8080/"),
    ],
)
def test_another_spelling_of_the_origin_is_the_origin(home, url):
    talk = talking(200, url=home)

    assert 200 == talk.session.get(url).status_code


def test_an_origin_that_nobody_can_read_is_unavailable():
    """Requests refuses it, with an error that is translated like every other."""
    talk = talking(200, url="https://ａ.example")

    with (
        pytest.raises(SystemUnavailable, match="could not be used"),
        translate_http_errors(GITLAB),
    ):
        talk.session.get("https://ａ.example/")


@pytest.fixture
def netrc(tmp_path, monkeypatch):
    """Credentials for everybody where requests looks for them."""
    (tmp_path / ".netrc").write_text("default login ada password s3cret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    return tmp_path


def test_netrc_is_never_used(netrc):
    talk = talking(200)
    plain = requests.Session()
    plain.mount("https://", talk.wire)

    plain.get(URL)
    talk.session.get(URL)

    assert ["Authorization" in request.headers for request in talk.wire.sent] == [True, False]


def test_credentials_of_the_caller_are_sent(netrc):
    talk = talking(200)

    talk.session.get(URL, auth=("glaab", "pw"))

    assert (
        requests.auth._basic_auth_str("glaab", "pw") == talk.wire.sent[0].headers["Authorization"]
    )


def test_every_request_says_who_asks():
    talk = talking(200)

    talk.session.get(URL)

    assert "glaab/test (ops@example)" == talk.wire.sent[0].headers["User-Agent"]


# -- what is counted and logged


def test_traffic_is_counted_by_what_went_over_the_wire():
    talk = talking(503, requests.Timeout(), 200)

    talk.session.get(URL)
    talk.session.post(URL)

    assert Counter({GITLAB: 4}) == talk.request_counter


def test_systems_share_one_count():
    request_counter = Counter({GERRIT: 2})
    session = HttpSession(
        GITLAB,
        URL,
        timeouts=TimeoutPolicy(timeout_s=5),
        request_counter=request_counter,
        user_agent="x",
    )
    session.mount("https://", Script([(200, {})]))

    session.get(URL)

    assert {GERRIT: 2, GITLAB: 1} == request_counter


def test_each_request_is_told_without_headers_or_payload():
    talk = talking(200)

    with capture_logs() as logs:
        talk.session.post(URL, data={"token": "s3cret"}, headers={"PRIVATE-TOKEN": "s3cret"})

    assert [
        {
            "event": "request_sent",
            "log_level": "debug",
            "system": GITLAB,
            "method": "POST",
            "url": URL,
        }
    ] == logs


def test_a_request_that_takes_too_long_as_a_whole_is_a_timeout():
    """An alarm while an answer drips in is like a socket that waited in vain."""
    conversation = talking(TimeoutError("it took too long"))

    with pytest.raises(requests.ReadTimeout, match="it took too long"):
        conversation.session.post(URL)


# -- proxies


def caused(reason):
    """What requests raises when urllib3 gives up for *reason*."""
    return urllib3.exceptions.MaxRetryError(None, "/secret?token=1", reason)


NO_ROUTE = NewConnectionError(None, "Failed to establish a new connection: [Errno 113] No route")
SLOW = ConnectTimeoutError(None, "Connection timed out. (connect timeout=5)")
PROXY_ERRORS = {
    "refused": (
        requests.exceptions.ProxyError(caused(ProxyError("Unable to connect to proxy", NO_ROUTE))),
        "no connection through the proxy http://px:3128 ([Errno 113] No route): see %s",
    ),
    "slow": (
        requests.exceptions.ProxyError(caused(ProxyError("Unable to connect to proxy", SLOW))),
        "no connection through the proxy http://px:3128 (not in time): see %s",
    ),
    "forbidden": (
        requests.exceptions.ProxyError(
            caused(ProxyError("Unable", OSError("Tunnel connection failed: 403 Forbidden")))
        ),
        "no connection through the proxy http://px:3128 (403 Forbidden): see %s",
    ),
    "without credentials": (
        requests.exceptions.ProxyError(
            caused(ProxyError("Unable", OSError("Tunnel connection failed: 407 Proxy Auth")))
        ),
        "the proxy http://px:3128 asks for valid credentials (HTTP 407): see %s",
    ),
    "behind SOCKS": (
        requests.ConnectionError(caused(NO_ROUTE)),
        "no connection through the proxy http://px:3128 ([Errno 113] No route): see %s",
    ),
    "slow SOCKS": (
        requests.ConnectTimeout(caused(SLOW)),
        "no connection through the proxy http://px:3128 (not in time): see %s",
    ),
    "no PySocks": (
        requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."),
        "the proxy http://px:3128 needs the Python package PySocks, which is not installed: see %s",
    ),
    "no host": (
        requests.exceptions.InvalidProxyURL("Please check proxy URL."),
        "%s is no address of a proxy: http://px:3128",
    ),
    "an unknown scheme": (
        requests.exceptions.InvalidURL(ProxySchemeUnknown("nonsense")),
        "%s is no address of a proxy: http://px:3128",
    ),
}


@pytest.fixture
def proxied(monkeypatch):
    """A function: the variable that names a proxy, with credentials; no other one does."""
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_PROXY".upper(), raising=False)
    return lambda variable: monkeypatch.setenv(variable, "http://user:p@ss@px:3128/")


def failure(error):
    """What is said when the transport to GitLab raises *error*."""
    with pytest.raises(SystemUnavailable) as raised, translate_http_errors(GITLAB):
        talking(error).session.post(URL)
    return raised.value.reason


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("name", PROXY_ERRORS)
def test_an_error_of_a_proxy_is_told_as_its_own(proxied, variable, name):
    """With its address, but for the credentials, and the variable to look at."""
    proxied(variable)
    error, words = PROXY_ERRORS[name]

    assert words % variable == failure(error)


@pytest.mark.parametrize("name", PROXY_ERRORS)
@pytest.mark.parametrize("variable", [None, "HTTP_PROXY", "no_proxy"])
def test_where_no_proxy_is_used_none_is_told_of(proxied, monkeypatch, variable, name):
    if variable:
        proxied(variable)
    if variable == "no_proxy":
        proxied("HTTPS_PROXY")
        monkeypatch.setenv("no_proxy", "git.example")

    assert "proxy http" not in failure(PROXY_ERRORS[name][0])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ReadTimeout(), "it did not answer in time"),
        (requests.ConnectionError(), "the connection failed (ConnectionError)"),
        (requests.exceptions.InvalidURL("x"), "its answer could not be used (InvalidURL)"),
        (requests.exceptions.SSLError("expired"), "its certificate was not accepted (expired)"),
    ],
)
def test_an_error_of_the_server_behind_a_proxy_is_the_servers(proxied, error, words):
    proxied("HTTPS_PROXY")

    assert words == failure(error)


def test_small_letters_win(proxied):
    proxied("ALL_PROXY")
    proxied("HTTPS_PROXY")
    proxied("https_proxy")

    assert failure(PROXY_ERRORS["refused"][0]).endswith("see https_proxy")


def test_a_proxy_may_ask_for_credentials_in_the_place_of_the_server(proxied):
    """Only without TLS, as on the loopback."""
    proxied("HTTP_PROXY")
    talk = talking(407, url="http://git.example")

    with pytest.raises(SystemUnavailable) as raised, translate_http_errors(GITLAB):
        talk.session.get("http://git.example/")

    expected = "the proxy http://px:3128 asks for valid credentials (HTTP 407): see HTTP_PROXY"
    assert expected == raised.value.reason


def test_a_server_that_thinks_that_it_is_a_proxy_is_the_server(proxied):
    assert 407 == talking(407).session.get(URL).status_code


def test_a_cookie_that_a_server_sets_is_secret():
    """Whoever has it is signed in."""
    server = talking(200)
    server.wire.cookies = {"session": "1a2b3c4d", "empty": None}

    with redacting([]):
        server.session.get(f"{URL}/x")

        assert "no session [secret]" == quote("no session 1a2b3c4d")
