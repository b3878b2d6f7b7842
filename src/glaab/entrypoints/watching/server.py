"""The HTTP server of the service, which serves beside the loop of looks."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from waitress import create_server, wasyncore

from glaab.entrypoints.watching.connections import OneRequestChannel, close_slow

if TYPE_CHECKING:
    from socket import socket
    from wsgiref.types import WSGIApplication

_SIGNALS = (signal.SIGALRM, signal.SIGINT, signal.SIGTERM)


@contextmanager
def serving(
    sock: "socket",
    application: "WSGIApplication",
    *,
    lifetime_s: float = 10,
    most_idle: int = 20,
) -> Iterator[None]:
    """
    Serve *application* on *sock* in threads of its own; at the end nothing of them is left.

    *sock* listens already, and is closed, too. A connection lives *lifetime_s* at most, which by
    default is also how long Prometheus waits. Beside those whose request is complete there are
    *most_idle* connections; for one more the oldest of them is closed, so that nobody who is
    silent or slow keeps others out.
    """
    is_over = Event()
    connections: dict[int, Any] = {}  # by file descriptor; the socket itself is one of them

    def serve() -> None:
        while not is_over.is_set():
            # between two polls, since a closed descriptor may be a newcomer's in the same one;
            # not by select(), which refuses descriptors from 1024 on
            close_slow(server.active_channels.values(), lifetime_s, most_idle)
            wasyncore.loop(timeout=lifetime_s / 10, use_poll=True, map=connections, count=1)

    with _signals_kept_to_this_thread():
        server = _waitress(application, sock, connections, most_idle)
        thread = Thread(target=serve, name="glaab-listen", daemon=True)
        thread.start()
    try:
        yield
    finally:
        server.task_dispatcher.shutdown()  # first, since its thread writes to what is closed below
        is_over.set()
        server.pull_trigger()
        thread.join()
        for channel in tuple(server.active_channels.values()):
            channel.handle_close()
        server.close()


def _waitress(
    application: "WSGIApplication",
    sock: "socket",
    connections: dict[int, Any],
    most_idle: int,
) -> Any:  # noqa: ANN401  # waitress has no type hints
    server = create_server(
        application,
        map=connections,
        sockets=[sock],
        threads=1,
        connection_limit=2 * most_idle,  # beyond it nobody is let in before somebody is answered
        max_request_header_size=8192,
        max_request_body_size=1,
        ident=None,
        expose_tracebacks=False,
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = OneRequestChannel
    return server


@contextmanager
def _signals_kept_to_this_thread() -> Iterator[None]:
    """No thread started meanwhile gets a signal that has to wake this one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
