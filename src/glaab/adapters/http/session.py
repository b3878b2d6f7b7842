"""The one place that makes HTTP sessions: timeouts, retries of reads, one origin, no redirects."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests
import structlog
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from glaab.adapters.http.errors import normalize_requests_errors, refuse_answer_of_proxy
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.redaction import quote, redactor
from glaab.domain.errors import System, SystemUnavailable

log = structlog.get_logger()

RequestCounter = Counter[System]
"""How many requests went over the wire, by system."""

_RETRIED_STATUSES = frozenset({429, 502, 503, 504})
_BACKOFF_S = 0.5
_MAX_WAIT_S = 30
_TRANSPORT_ERRORS = (
    TimeoutError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class HttpSession(requests.Session):
    """
    A session with one origin and a time limit for each request; it retries reads alone.

    A read that failed in transit or with 429, 502, 503 or 504 is sent again. A numeric
    Retry-After is obeyed up to 30 s; if it is longer, the response is returned as it is.
    Redirects are never followed, so credentials stay with the origin.
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
        self._request_counter = request_counter
        self._reads = reads
        self._sleep = sleep

    def request(  # type: ignore[override]  # its 15 arguments pass through by name
        self,
        method: str,
        url: str,
        **kwargs: Any,  # noqa: ANN401
    ) -> requests.Response:
        """Send a request, and again if it is a read that a retry may help."""
        if _origin(url) != self._origin:
            raise SystemUnavailable(self._system, f"it points to another server: {quote(url)}")
        with normalize_requests_errors(url):
            response = self._send_with_retries(method, url, kwargs)
            refuse_answer_of_proxy(response, url)
        response.encoding = "utf-8"  # as all answer, whatever a proxy calls it
        return response

    def _send_with_retries(
        self, method: str, url: str, kwargs: dict[str, Any]
    ) -> requests.Response:
        retries = 0
        while True:
            wait_s = _BACKOFF_S * 2**retries
            try:
                response = self._send_once(method, url, kwargs)
            except _TRANSPORT_ERRORS:
                if not self._may_retry(method, retries):
                    raise
            else:
                wait_s = max(wait_s, _retry_after_s(response))
                is_final = response.status_code not in _RETRIED_STATUSES or wait_s > _MAX_WAIT_S
                if is_final or not self._may_retry(method, retries):
                    return response
            with self._timeouts.deadline(wait_s):
                self._sleep(wait_s)
            retries += 1

    def _send_once(self, method: str, url: str, kwargs: dict[str, Any]) -> requests.Response:
        self._request_counter[self._system] += 1
        log.debug("request_sent", system=self._system, method=method.upper(), url=url)
        timeout_s = self._timeouts.timeout_s
        options = kwargs | {"allow_redirects": False, "timeout": timeout_s}
        with self._timeouts.deadline(timeout_s):
            response = super().request(method, url, **options)
        for cookie in response.cookies:
            redactor().learn(cookie.value or "")
        return response

    def _may_retry(self, method: str, retries: int) -> bool:
        """True for a read with retries left; `TimeoutPolicy.shorten` leaves none, at any time."""
        return method.upper() in self._reads and retries < self._timeouts.retries


def no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add no credentials: as `auth` it keeps requests from looking for them in ~/.netrc."""
    return request


def _origin(url: str) -> tuple[str | None, str | None, int | None] | None:
    r"""
    Scheme, host and port of *url* as requests reads it; None if requests refuses it.

    To urlsplit the host of `https://evil\@good` is good, to requests (2.34) it is evil.
    """
    try:
        parts = parse_url(url.lstrip())
    except LocationParseError:
        return None
    default = {"http": 80, "https": 443}.get(parts.scheme or "")
    return parts.scheme, parts.host, parts.port or default


def _retry_after_s(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0
