"""LDAP, later: a proxy that lets every request wait before it is passed on."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import BinaryIO

import attrs

from glaab.domain.errors import System
from glaab.domain.sources.directory import DIRECTORY

_UNBIND = 0x42
_LAST_OF_AN_ANSWER = frozenset({0x61, 0x65})
"""Tags of operations (RFC 4511): what ends the answer to a bind, and that to a search."""


@attrs.define
class Watch:
    """How long the systems took, one of which is asked at a time."""

    first: float | None = None
    waited_s: Counter[System] = attrs.field(factory=Counter)

    @contextmanager
    def answering(self, system: System) -> Iterator[None]:
        started = time.perf_counter()
        self.first = self.first or started
        yield
        self.waited_s[system] += time.perf_counter() - started


@contextmanager
def delayed(port: int, watch: Watch, latency_s: float) -> Iterator[int]:
    """A port on which every request to the LDAP server at *port* waits for so long."""

    class Carrier(StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as server:
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                answers = server.makefile("rb")
                while (request := _message(self.rfile)) and _operation(request) != _UNBIND:
                    with watch.answering(DIRECTORY):
                        time.sleep(latency_s)
                        server.sendall(request)
                        answer = _answer(answers)
                    self.wfile.write(answer)

    with ThreadingTCPServer(("127.0.0.1", 0), Carrier) as carrier:
        carrier.daemon_threads = True
        thread = Thread(target=carrier.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield carrier.server_address[1]
        carrier.shutdown()


def _answer(stream: BinaryIO) -> bytes:
    """All messages that answer a request."""
    messages = [_message(stream)]
    while messages[-1] and _operation(messages[-1]) not in _LAST_OF_AN_ANSWER:
        messages.append(_message(stream))
    return b"".join(messages)


def _message(stream: BinaryIO) -> bytes:
    """One LDAP message: a tag, the length in BER, and so many bytes; empty at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return b""
    length = head[1]
    if length > 0x7F:
        more = stream.read(length & 0x7F)
        head, length = head + more, int.from_bytes(more)
    return head + stream.read(length)


def _operation(message: bytes) -> int:
    """The tag of a message's operation, which comes after the message's number."""
    number_at = 2 + (message[1] & 0x7F if message[1] > 0x7F else 0)
    return message[number_at + 2 + message[number_at + 1]]
