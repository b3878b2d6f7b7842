"""The one place that makes HTTP sessions: timeouts, retries of reads, and no detours."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
import structlog
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.domain.errors import System, SystemUnavailable, Unreachable

log = structlog.get_logger()

RequestCounter = Counter[System]
"""How many requests went over the wire, by system."""

_WORTH_ANOTHER_TRY = frozenset({429, 502, 503, 504})
_LONGEST_WAIT_S = 30
_BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class HttpSession(requests.Session):
    """
    A session that talks to one origin, waits for so long, and repeats only reads.

    A read that failed in transit or with 429, 502, 503 or 504 is repeated; a numeric
    Retry-After is obeyed up to 30 s, a longer one means that the system is not available.
    Redirects are never followed, so credentials stay where they belong.
    """

    def __init__(
        self,
        system: System,
        url: str,
        *,
        timeouts: TimeoutPolicy,
        request_counter: RequestCounter,
        user_agent: str,
        reads: frozenset[str] = frozenset({"GET"}),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__()
        self.headers["User-Agent"] = user_agent
        self.auth = no_netrc
        self._system = system
        self._origin = _origin(url)
        self._timeouts = timeouts
        self._traffic = request_counter
        self._reads = reads
        self._sleep = sleep

    def request(  # type: ignore[override]  # its 15 arguments pass through by name
        self,
        method: str,
        url: str,
        **kwargs: Any,  # noqa: ANN401
    ) -> requests.Response:
        """Send a request, again if it is a read that deserves it."""
        if _origin(url) != self._origin:
            raise SystemUnavailable(self._system, f"it points to another server: {url}")
        with normalize_requests_errors():
            response = self._patiently(method, url, kwargs)
        response.encoding = "utf-8"  # as all answer, whatever else some proxy calls it
        return response

    def _patiently(self, method: str, url: str, kwargs: dict[str, Any]) -> requests.Response:
        repeated = 0
        while True:
            timeout_s = self._timeouts.timeout_s
            kwargs |= {"allow_redirects": False, "timeout": timeout_s}
            self._traffic[self._system] += 1
            log.debug("request_sent", system=self._system, method=method.upper(), url=url)
            wait_s = 0.5 * 2**repeated
            try:
                with self._timeouts.deadline(timeout_s):
                    response = super().request(method, url, **kwargs)
            except (*_BROKEN, TimeoutError):
                if not self._may_repeat(method, repeated):
                    raise
            else:
                wait_s = max(wait_s, _asked_to_wait_s(response))
                if response.status_code not in _WORTH_ANOTHER_TRY or wait_s > _LONGEST_WAIT_S:
                    return response
                if not self._may_repeat(method, repeated):
                    return response
            with self._timeouts.deadline(wait_s):
                self._sleep(wait_s)
            repeated += 1

    def _may_repeat(self, method: str, repeated: int) -> bool:
        """Whether it is a read, and patience has not run out, or been cut short, meanwhile."""
        return method.upper() in self._reads and repeated < self._timeouts.retries


def no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand where requests would otherwise look for credentials in ~/.netrc."""
    return request


def _origin(url: str) -> tuple[str | None, str | None, int | None] | None:
    r"""
    Where *url* leads, as requests reads it; None where it refuses to go.

    To urlsplit the host of `https://evil\@good` is good, to requests (2.34) it is evil.
    """
    try:
        parts = parse_url(url.lstrip())
    except LocationParseError:
        return None
    default = {"http": 80, "https": 443}.get(parts.scheme or "")
    return parts.scheme, parts.host, parts.port or default


def _asked_to_wait_s(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0


@contextmanager
def normalize_requests_errors() -> Iterator[None]:
    """Have requests (2.34) raise only its own errors, also where it lets others through."""
    try:
        yield
    except requests.RequestException:
        raise
    except TimeoutError as error:
        raise requests.ReadTimeout(str(error)) from error
    except OSError as error:  # REQUESTS_CA_BUNDLE names no file
        raise requests.ConnectionError(str(error).replace(": ", " ")) from error
    except ValueError as error:  # a `Location` that it reads although it is not to follow it
        raise requests.exceptions.InvalidHeader(str(error)) from error


@contextmanager
def translate_http_errors(system: System) -> Iterator[None]:
    """Translate what requests raises: nobody answered, as far as anybody can tell."""
    try:
        yield
    except requests.RequestException as error:
        raise Unreachable(system, describe_transport_error(error)) from error


def describe_transport_error(error: requests.RequestException) -> str:
    """What went wrong in transit, in words."""
    match error:
        case requests.ConnectTimeout():
            return "it could not be reached in time"
        case requests.Timeout():
            return "it did not answer in time"
        case requests.exceptions.SSLError():
            return f"its certificate was not accepted ({_root(error)})"
        case requests.ConnectionError():
            return f"the connection failed ({_root(error)})"
        case requests.exceptions.ChunkedEncodingError():
            return "its answer was cut off"
        case _:
            return f"its answer could not be used ({type(error).__name__})"


def _root(error: BaseException) -> str:
    """The innermost cause, which alone says what happened."""
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException):
            return _root(inner)
    return str(error).rpartition(": ")[2].strip(" )('") or type(error).__name__


def describe_http_status(status: int, said: str, credentials: str) -> str:
    """
    What an HTTP status that is not success means, with what the server *said*.

    *credentials* are the settings to look at if it refused them.
    """
    words = " ".join(said.split())[:200]
    quoted = f": {words}" if words and not words.startswith("<") else ""
    match status:
        case 401:
            return f"it refused the credentials (HTTP 401{quoted}): see {credentials}"
        case 429:
            return f"it asks for fewer requests (HTTP 429{quoted})"
        case _ if 300 <= status < 400:
            return f"it redirects elsewhere (HTTP {status}), where credentials must not follow"
        case _:
            return f"it answered HTTP {status}{quoted}"
