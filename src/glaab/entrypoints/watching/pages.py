"""The pages of the service: metrics and health, and what is answered to anything else."""

import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

import attrs
from prometheus_client import CollectorRegistry, make_wsgi_app

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_EVERY_PAGE = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


@attrs.frozen
class Page:
    """A page of plain text; it is a WSGI application."""

    status: HTTPStatus
    text: str
    headers: tuple[tuple[str, str], ...] = ()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer with this page, to HEAD without its body."""
        body = self.text.encode()
        start_response(
            f"{self.status} {self.status.phrase}",
            [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Length", str(len(body))),
                *self.headers,
                *_EVERY_PAGE,
            ],
        )
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


NOT_FOUND = Page(HTTPStatus.NOT_FOUND, "There are /metrics and /healthz.\n")
ONLY_GET = Page(HTTPStatus.METHOD_NOT_ALLOWED, "Use GET.\n", (("Allow", "GET"),))
FAILED = Page(HTTPStatus.INTERNAL_SERVER_ERROR, "A bug in glaab: see its messages.\n")


def pages(metrics: CollectorRegistry, health: Callable[[], str | None]) -> "WSGIApplication":
    """
    The application that serves *metrics* at /metrics and *health* at /healthz.

    *health* gives the reason why the service is not well, or None. Both are read in the thread
    that serves. An error in either is a bug: a traceback on stderr, and 500 for the client.
    """
    by_path = {"/metrics": _metrics_page(metrics), "/healthz": _health_page(health)}

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        page = by_path.get(environ["PATH_INFO"], NOT_FOUND)
        if page is not NOT_FOUND and environ["REQUEST_METHOD"] != "GET":
            page = ONLY_GET
        try:
            return page(environ, start_response)
        except Exception:  # noqa: BLE001  # waitress would keep it to itself
            traceback.print_exc()
            return FAILED(environ, start_response)

    return application


def _metrics_page(metrics: CollectorRegistry) -> "WSGIApplication":
    """The library's page, with the headers of every page."""
    library_page = make_wsgi_app(metrics)

    def page(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]]) -> None:
            start_response(status, headers + _EVERY_PAGE)

        body: Iterable[bytes]
        try:
            body = library_page(environ, start)
        except TypeError:  # prometheus-client 0.26: a client accepts a version that is no number
            body = library_page({**environ, "HTTP_ACCEPT": ""}, start)
        return body

    return page


def _health_page(health: Callable[[], str | None]) -> "WSGIApplication":
    def page(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        reason = health()
        if reason is None:
            return Page(HTTPStatus.OK, "ok\n")(environ, start_response)
        return Page(HTTPStatus.SERVICE_UNAVAILABLE, f"{reason}\n")(environ, start_response)

    return page
