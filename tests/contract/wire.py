"""What every simulator of an HTTP service shares: requests, responses, faults, and a carrier."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs


@attrs.frozen(kw_only=True)
class Request:
    """What arrived."""

    method: str
    path: str
    """Percent-decoded, without the query."""
    raw_path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = b""

    @property
    def parameters(self) -> dict[str, str]:
        return dict(self.query)

    @property
    def form(self) -> dict[str, str]:
        """The body as `application/x-www-form-urlencoded`."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@attrs.frozen(kw_only=True)
class Response:
    """What is sent back."""

    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = b""
    cut_to: int | None = None
    """Send only so many bytes of the body that was announced, then close."""


class Disconnect(Exception):
    """Close the connection without an answer."""


class Silence(Exception):
    """Leave the connection open without an answer, for as long as the server is there."""


def json_response(payload: object, status: int = 200, **headers: str) -> Response:
    return Response(
        status=status,
        headers={"Content-Type": "application/json"} | headers,
        body=json.dumps(payload).encode(),
    )


def text_response(text: str, status: int, content_type: str = "text/plain") -> Response:
    return Response(status=status, headers={"Content-Type": content_type}, body=text.encode())


Intervention = Callable[[Request, Callable[[], Response]], Response | None]
"""A fault: given the request and a way to have it really handled; None lets it pass."""


def answers(response: Response) -> Intervention:
    """Instead of handling the request, answer this."""
    return lambda _request, _handle: response


def disconnects(_request: Request, _handle: Callable[[], Response]) -> Response:
    """Close the connection before anything happened."""
    raise Disconnect


def is_silent(_request: Request, _handle: Callable[[], Response]) -> Response:
    """Never answer, however long the client waits."""
    raise Silence


def acts_then_disconnects(_request: Request, handle: Callable[[], Response]) -> Response:
    """Do what was asked, then lose the answer."""
    handle()
    raise Disconnect


class Handler(Protocol):
    """A simulator: state, and what it answers."""

    def handle(self, request: Request) -> Response: ...


@attrs.define
class Recorder:
    """Wraps a simulator: keeps the requests, in order, and applies faults to them."""

    simulator: Handler
    requests: list[Request] = attrs.field(factory=list)
    faults: deque[Intervention] = attrs.field(factory=deque)
    """Used up one a request; afterwards everything is well again."""
    always: Intervention | None = None
    """Applied to every request."""
    errors: list[Exception] = attrs.field(factory=list)
    """What the simulator did not expect: a strict test asserts that there is none."""
    _lock: Lock = attrs.field(factory=Lock)

    def answer(self, request: Request) -> Response:
        with self._lock:
            self.requests.append(request)
            fault = self.faults.popleft() if self.faults else self.always
            try:
                if fault and (response := fault(request, lambda: self.simulator.handle(request))):
                    return response
                return self.simulator.handle(request)
            except (Disconnect, Silence):
                raise
            except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
                self.errors.append(error)
                return text_response(f"simulator: {error!r}", 599)

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]


@contextmanager
def served(recorder: Recorder) -> Iterator[str]:
    """The simulator on a free loopback port; yields `http://127.0.0.1:PORT`."""
    over = Event()

    class Carrier(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                method=self.command,
                path=unquote(parts.path),
                raw_path=parts.path,
                query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            try:
                response = recorder.answer(request)
            except Disconnect:
                self.close_connection = True
                return
            except Silence:
                over.wait()
                self.close_connection = True
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            with suppress(ConnectionError):  # the client may be gone
                self.wfile.write(response.body[: response.cut_to])
            self.close_connection = self.close_connection or response.cut_to is not None

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
