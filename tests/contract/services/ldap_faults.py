"""LDAP servers on loopback that misbehave on purpose, and a proxy that hangs up."""

import socket
import ssl
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import attrs

from tests.contract.services.ldap_requests import Search

BIND, SEARCH = 0x60, 0x63
_ENTRY, _REFERENCE = 0x64, 0x73

Answer = Callable[[int, int], bytes]
"""What is sent back, given the message's number and its operation's tag."""


@contextmanager
def silent() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def answering(answer: Answer) -> Iterator[int]:
    """A server that sends what *answer* makes of each message; nothing means to hang up."""

    def serve(client: socket.socket) -> None:
        for number, tag, _ in _messages(client):
            reply = answer(number, tag)
            if not reply:
                return
            client.sendall(reply)

    with _listening(serve) as port:
        yield port


@contextmanager
def answering_searches(answer: Callable[[Search], Answer]) -> Iterator[int]:
    """The same, where the answer to a search depends on it; everybody may bind."""

    def serve(client: socket.socket) -> None:
        for number, tag, message in _messages(client):
            made = answer(Search.read(message)) if tag == SEARCH else searches_end_with(0)
            client.sendall(made(number, tag))

    with _listening(serve) as port:
        yield port


def searches_end_with(code: int, *before: bytes) -> Answer:
    """Let everybody bind; answer each search with entries and a result code."""

    def answer(number: int, tag: int) -> bytes:
        if tag == BIND:
            return _message(number, b"\x61", _result(0))
        entries = b"".join(_message(number, one[:1], one[1:]) for one in before)
        return entries + _message(number, b"\x65", _result(code))

    return answer


def an_entry(dn: bytes, **values: bytes | Collection[bytes]) -> bytes:
    """A search result entry, for `searches_end_with`."""
    attributes = b"".join(_attribute(*each) for each in values.items())
    return b"\x64" + _tlv(b"\x04", dn) + _tlv(b"\x30", attributes)


def _attribute(name: str, value: bytes | Collection[bytes]) -> bytes:
    values = [value] if isinstance(value, bytes) else value
    several = b"".join(_tlv(b"\x04", each) for each in values)
    return _tlv(b"\x30", _tlv(b"\x04", name.encode()) + _tlv(b"\x31", several))


def a_referral(url: bytes) -> bytes:
    """A search result reference, for `searches_end_with`."""
    return b"\x73" + _tlv(b"\x04", url)


@attrs.define
class Proxy:
    """Stands between a client and a server, and hangs up in the middle of an answer."""

    target: int
    port: int = 0
    searches: int = 0
    cut_at: int | None = None
    """The number of the search, from 1, of whose answer only the first bytes arrive."""

    mute: bool = False
    """Swallow what the client sends from now on."""

    def serve(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            pump = Thread(target=self._answer, args=(server, client))
            pump.start()
            for _, tag, message in _messages(client):
                if not self.mute:
                    self.searches += tag == SEARCH
                    server.sendall(message)
            server.shutdown(socket.SHUT_RDWR)
            pump.join()

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while reply := server.recv(1 << 16):
                cut = self.searches == self.cut_at
                client.sendall(reply[: 9 if cut else None])
                if cut:
                    client.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """A proxy in front of the LDAP server on port *target*."""
    made = Proxy(target)
    with _listening(made.serve) as made.port:
        yield made


@contextmanager
def _listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, suppress(OSError):
                    serve(client)

    thread = Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(1)


def _messages(client: socket.socket) -> Iterator[tuple[int, int, bytes]]:
    """Number, operation's tag and bytes of each message, until the client leaves."""
    stream = client.makefile("rb")
    with stream:
        while head := stream.read(2):
            length, extra = head[1], b""
            if length > 127:
                extra = stream.read(length - 128)
                length = int.from_bytes(extra, "big")
            body = stream.read(length)
            end = 2 + body[1]
            yield int.from_bytes(body[2:end], "big"), body[end], head + extra + body


def _message(number: int, tag: bytes, body: bytes) -> bytes:
    digits = number.to_bytes(4, "big")
    return _tlv(b"\x30", _tlv(b"\x02", digits) + _tlv(tag, body))


def _result(code: int) -> bytes:
    return _tlv(b"\x0a", bytes([code])) + _tlv(b"\x04", b"") * 2


def _tlv(tag: bytes, value: bytes) -> bytes:
    length = len(value)
    return tag + (bytes([length]) if length < 128 else b"\x84" + length.to_bytes(4, "big")) + value


# -- a proxy that does something else with some of the messages


@attrs.frozen
class Reply:
    """What the client gets instead of an answer."""

    data: bytes = b""
    hangs_up: bool = False


@attrs.define
class Meddler:
    """Passes messages on to a server, and answers others itself; counts them over connections."""

    target: int
    meddle: Callable[[int, int, int], Reply | None]
    """Given the message's position from 0, its number and its operation's tag; None: pass on."""
    port: int = 0
    tags: list[int] = attrs.field(factory=list)
    """The operations so far."""
    searches: list[Search] = attrs.field(factory=list)
    """What was searched for so far."""
    host: str = "127.0.0.1"
    ca_file: Path | None = None
    """Of a server that takes passwords over TLS alone; the client comes without."""
    _client: socket.socket | None = None

    def hang_up(self) -> None:
        """Leave a client that has not left by itself."""
        if self._client:
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)

    def serve(self, client: socket.socket) -> None:
        self._client = client
        with self._connected() as server:
            answers = _messages(server)
            for number, tag, message in _messages(client):
                self.tags.append(tag)
                if tag == SEARCH:
                    self.searches.append(Search.read(message))
                reply = self.meddle(len(self.tags) - 1, number, tag)
                if reply is None:
                    server.sendall(message)
                    client.sendall(_whole_answer(answers))
                    continue
                client.sendall(reply.data)
                if reply.hangs_up:
                    client.shutdown(socket.SHUT_RDWR)
                    break

    def _connected(self) -> socket.socket:
        server = socket.create_connection((self.host, self.target))
        if not self.ca_file:
            return server
        context = ssl.create_default_context(cafile=self.ca_file)
        return context.wrap_socket(server, server_hostname=self.host)


def _whole_answer(messages: Iterator[tuple[int, int, bytes]]) -> bytes:
    """All that the server says to one request; sent piece by piece, TCP would hold it back."""
    answer = b""
    for _, tag, message in messages:
        answer += message
        if tag not in (_ENTRY, _REFERENCE):
            break
    return answer


@contextmanager
def meddling(
    target: int,
    meddle: Callable[[int, int, int], Reply | None],
    host: str = "127.0.0.1",
    ca_file: Path | None = None,
) -> Iterator[Meddler]:
    """A proxy in front of the LDAP server on port *target* that meddles."""
    made = Meddler(target, meddle, host=host, ca_file=ca_file)
    with _listening(made.serve) as made.port:
        try:
            yield made
        finally:
            made.hang_up()


def ends_with(number: int, tag: int, code: int, diagnosis: bytes = b"") -> bytes:
    """The end of an operation, by the tag of its request: a result code, and words about it."""
    result = _tlv(b"\x0a", bytes([code])) + _tlv(b"\x04", b"") + _tlv(b"\x04", diagnosis)
    return _message(number, b"\x61" if tag == BIND else b"\x65", result)
