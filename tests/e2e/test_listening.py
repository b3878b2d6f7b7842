"""The HTTP server of the service over loopback: its pages, and clients that mean it no good."""

import signal
import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from threading import enumerate as threads

import pytest
from prometheus_client import CollectorRegistry, Gauge

from glaab.domain.errors import SettingsInvalid
from glaab.entrypoints.watching.listener import listen
from glaab.entrypoints.watching.pages import pages
from glaab.entrypoints.watching.server import serving
from glaab.settings.values import ListenAddress
from tests.contract.services.openldap import free_port

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 30_000_000
"""More bytes than the buffers of a connection hold."""


def application():
    """The pages of a service that is well."""
    registry = CollectorRegistry()
    Gauge("glaab_pending", "Accounts that waited.", registry=registry)
    return pages(registry, lambda: None)


def a_large_page(_environ, start_response):
    start_response("200 OK", [("Content-Length", str(LARGE))])
    return [bytes(LARGE)]


@contextmanager
def a_server(app=None, host: str = "127.0.0.1", **limits) -> Iterator[ListenAddress]:
    address = ListenAddress(host, free_port())
    with serving(listen(address), app or application(), **limits):
        yield address


@pytest.fixture
def server() -> Iterator[ListenAddress]:
    """One that serves on, whatever a test sends to it."""
    with a_server() as address:
        yield address
        assert is_served(address)


@contextmanager
def connected(address: ListenAddress) -> Iterator[socket.socket]:
    with socket.create_connection((address.host, address.port), timeout=5) as client:
        yield client


def send(client: socket.socket, data: bytes, flags: int = 0) -> None:
    """Send what the server takes of it."""
    with suppress(ConnectionError):
        client.sendall(data, flags)


def rest(client: socket.socket) -> bytes:
    """All that arrives until the server closes."""
    received = []
    with suppress(ConnectionError):
        while data := client.recv(65536):
            received.append(data)
    return b"".join(received)


def exchange(address: ListenAddress, data: bytes) -> bytes:
    with connected(address) as client:
        send(client, data)
        return rest(client)


def is_served(address: ListenAddress) -> bool:
    return exchange(address, HEALTH).endswith(b"\r\n\r\nok\n")


def is_open(client: socket.socket) -> bool:
    """True if the server has not closed the connection."""
    client.setblocking(False)
    try:
        return client.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    finally:
        client.settimeout(5)


def eventually(is_so, timeout_s: float = 5) -> bool:
    ends_at = time.monotonic() + timeout_s
    while not is_so() and time.monotonic() < ends_at:
        time.sleep(0.01)
    return is_so()


def has_loopback_6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def descriptors() -> set[str]:
    """The files and sockets that this process has open."""
    opened = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # what the folder was read with
            opened.add(f"{each.name} {each.readlink()}")
    return opened


def blocked_by(thread: int) -> set[int]:
    """The signals that a thread does not get."""
    status = Path(f"/proc/self/task/{thread}/status").read_text()
    mask = int(status.partition("SigBlk:")[2].split()[0], 16)
    return {number for number in range(1, 65) if mask & 1 << number - 1}


class TestPages:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/metrics", 200),
            ("GET", "/healthz", 200),
            ("GET", "/", 404),
            ("POST", "/", 404),
            ("POST", "/metrics", 405),
            ("HEAD", "/healthz", 405),
        ],
    )
    def test_are_served_without_a_word_about_the_server(self, server, method, path, status):
        connection = HTTPConnection(server.host, server.port, timeout=5)
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read()
        connection.close()

        assert status == response.status
        assert (method == "HEAD") is (not body)
        assert {"content-type", "content-length", "cache-control", "connection", "date"} == {
            name.lower() for name in response.headers
        } - {"allow", "x-content-type-options"}

    def test_that_fail_are_bare(self, capsys):
        def fail():
            raise LookupError("made-up-secret")

        with a_server(pages(CollectorRegistry(), fail)) as address:
            answer = exchange(address, HEALTH)

        assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
        assert answer.endswith(b"\r\n\r\nA bug in glaab: see its messages.\n")
        assert "made-up-secret" in capsys.readouterr().err

    @pytest.mark.skipif(not has_loopback_6(), reason="this machine has no ::1")
    def test_are_served_at_an_address_of_version_6(self):
        with a_server(host="::1") as address:
            assert is_served(address)


class TestRequest:
    @pytest.mark.parametrize("keep", [b"HTTP/1.1\r\n", b"HTTP/1.0\r\nConnection: keep-alive\r\n"])
    def test_is_the_only_one_of_its_connection(self, server, keep):
        answer = exchange(server, (b"GET /healthz " + keep + b"\r\n") * 100)

        assert 1 == answer.count(b"HTTP/1.") == answer.count(b"\r\nConnection: close\r\n")
        assert 1 == answer.count(b"Connection:")

    @pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
    @pytest.mark.parametrize(
        "announced",
        [
            b"HTTP/1.1\r\nContent-Length: 10000000\r\n",
            b"HTTP/1.1\r\nContent-Length: 1\r\n",
            b"HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
            b"HTTP/1.0\r\nTransfer-Encoding: chunked\r\n",
        ],
    )
    def test_with_a_body_is_refused_before_the_body_is_sent(self, server, announced, expect):
        answer = exchange(server, b"GET /metrics " + announced + expect + b"\r\n")

        assert answer.startswith(b"HTTP/1.1 413 " if b"1.1" in announced else b"HTTP/1.0 413 ")
        assert 1 == answer.count(b"HTTP/1.")

    def test_without_a_body_is_answered_if_it_asks_whether_to_send_one(self, server):
        answer = exchange(server, b"GET /healthz HTTP/1.1\r\nExpect: 100-continue\r\n\r\n")

        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")

    @pytest.mark.parametrize(
        "announced", [b"Content-Length: 100000000", b"Transfer-Encoding: chunked"]
    )
    def test_has_its_body_kept_nowhere(self, server, announced):
        block = b"FFFF\r\n" + b"x" * 0xFFFF + b"\r\n"
        tracemalloc.start()

        with connected(server) as client:
            send(client, b"POST /metrics HTTP/1.1\r\n" + announced + b"\r\n\r\n")
            for _ in range(1500):
                send(client, block)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert peak < 1_000_000

    @pytest.mark.parametrize(
        "head",
        [
            b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
            b"GET /" + b"x" * 100_000,
            b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 20_000,
        ],
    )
    def test_of_100_kb_is_refused(self, server, head):
        assert exchange(server, head).startswith(b"HTTP/1.0 431 ")

    @pytest.mark.parametrize(
        ("data", "status"),
        [
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
            (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", b"400"),
            (bytes(range(256)) + b"\r\n\r\n", b"400"),
            (b"get /healthz HTTP/1.1\r\n\r\n", b"400"),
            (b"GET /healthz HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
            (b"GET /healthz HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", b"400"),
            (b"GET /healthz HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", b"501"),
            (b"GET /healthz HTTP/1.1\r\n no: header\r\n\r\n", b"400"),
            (b"GET /healthz HTTP/1.1\r\nX: a\nb\r\n\r\n", b"400"),
            (b"GET /%ff%00%0d%0aX:%20y HTTP/1.1\r\n\r\n", b"404"),
            (b"CONNECT x:443 HTTP/1.1\r\n\r\n", b"404"),
            (b"OPTIONS * HTTP/1.1\r\n\r\n", b"404"),
            (b"GET /healthz\r\n\r\n", b"200"),  # HTTP/0.9
            (b"GET /healthz HTTP/9.9\r\n\r\n", b"200"),
            (b"\r\n" * 5000 + HEALTH, b"200"),
        ],
    )
    def test_that_is_odd_has_an_answer_of_its_own_and_stops_nothing(self, server, data, status):
        answer = exchange(server, data)

        assert status == answer.split(b" ")[1]
        assert 1 == answer.count(b"HTTP/1.")
        assert b"waitress" not in answer
        assert b"site-packages" not in answer

    def test_that_waitress_stumbles_over_is_closed(self, server):
        assert b"" == exchange(server, b"GET http://[/healthz HTTP/1.1\r\n\r\n")

    @pytest.mark.parametrize("data", [b"", b"GET /healthz", HEALTH[:-2], HEALTH])
    def test_of_a_client_that_goes_away_stops_nothing(self, server, data):
        with connected(server) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
            send(client, data)


class TestSlowClient:
    def test_that_is_silent_is_closed(self):
        with a_server(lifetime_s=0.2) as address, connected(address) as client:
            assert b"" == rest(client)

    def test_that_sends_byte_after_byte_is_closed(self):
        """However long each byte is in time, no request may take longer than others."""
        with a_server(lifetime_s=0.3) as address, connected(address) as client:
            started_at = time.monotonic()
            while is_open(client) and time.monotonic() < started_at + 5:
                send(client, b"G")
                time.sleep(0.02)

            assert 0.2 < time.monotonic() - started_at < 1

    def test_that_reads_no_answer_is_closed(self):
        """Its buffers are full, so that the server would wait to write to it for ever."""
        with a_server(a_large_page, lifetime_s=0.3) as address, socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((address.host, address.port))
            send(client, HEALTH)
            client.recv(1)
            count = len(descriptors())

            assert eventually(lambda: len(descriptors()) < count)
            assert len(rest(client)) < LARGE

    def test_that_sends_urgent_data_is_closed(self):
        """The server would be told of the data at once, again and again."""
        with a_server() as address, connected(address) as client:
            send(client, b"G", socket.MSG_OOB)

            assert b"" == rest(client)

    def test_takes_the_place_of_nobody(self, server):
        """Of 200 that say nothing twenty are kept, and who asks is served at once."""
        with ExitStack() as stack:
            clients = [stack.enter_context(connected(server)) for _ in range(200)]
            started_at = time.monotonic()

            assert is_served(server)
            assert time.monotonic() - started_at < 1
            assert eventually(lambda: sum(map(is_open, clients)) <= 20)
            assert all(map(is_open, clients[-19:]))

    def test_is_not_closed_before_its_time(self, server):
        with connected(server) as client:
            for byte in HEALTH:
                send(client, bytes([byte]))
                time.sleep(0.005)

            assert rest(client).endswith(b"\r\n\r\nok\n")


class TestListening:
    def test_where_somebody_listens_is_refused(self, server):
        with pytest.raises(SettingsInvalid) as raised:
            listen(server)

        assert f"GLAAB_LISTEN: {server} is in use; choose another port" == str(raised.value)

    @pytest.mark.parametrize(
        ("address", "reason"),
        [
            (ListenAddress("192.0.2.1", 9187), "Cannot assign requested address"),
            (ListenAddress("fe80::1%nowhere", 9187), "Name or service not known"),
            (ListenAddress("a..example", 9187), "no host can have such a name"),
        ],
    )
    def test_at_no_address_of_this_machine_is_refused(self, address, reason):
        with pytest.raises(SettingsInvalid) as raised:
            listen(address)

        assert (
            f"GLAAB_LISTEN: {address} cannot be listened on: {reason}; use an address of this"
            " machine"
        ) == str(raised.value)

    def test_begins_before_serving(self):
        """Who comes early is served when serving begins."""
        address = ListenAddress("localhost", free_port())
        sock = listen(address)

        with connected(address) as client:
            send(client, HEALTH)
            with serving(sock, application()):
                assert rest(client).endswith(b"\r\n\r\nok\n")

    def test_can_begin_again_at_once(self):
        with a_server() as address:
            assert is_served(address)

        with serving(listen(address), application()):
            assert is_served(address)


class TestClosing:
    def test_leaves_no_thread_and_no_socket(self):
        """Also if clients are in the middle of something."""
        before, alone = descriptors(), set(threads())

        with ExitStack() as clients:
            with a_server() as address:
                for data in (b"", b"GET /metrics", HEALTH, b"GET /metrics HTTP/1.1\r\n\r\n"):
                    send(clients.enter_context(connected(address)), data)
            threads_left = eventually(lambda: set(threads()) == alone)

        assert threads_left
        assert before == descriptors()

    def test_follows_an_error_too(self):
        before = descriptors()

        with pytest.raises(KeyError), a_server():
            raise KeyError

        assert before == descriptors()

    def test_takes_no_time(self):
        with a_server() as address:
            assert is_served(address)
            started_at = time.monotonic()

        assert time.monotonic() - started_at < 0.5


class TestSignals:
    def test_are_not_for_the_threads_that_serve(self):
        """One that came to them would not wake what the main thread waits for."""
        alone = set(threads())

        with a_server():
            masks = [blocked_by(each.native_id) for each in set(threads()) - alone]

        assert [{signal.SIGINT, signal.SIGALRM, signal.SIGTERM}] * 2 == masks

    def test_reach_who_handled_them_before(self):
        """They interrupt what the main thread waits for, and the server serves on."""
        received = []
        before = signal.signal(signal.SIGALRM, lambda number, _: received.append(number))
        with a_server() as address:
            signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
            served = [is_served(address) for _ in range(50)]
            time.sleep(0.05)
            signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

        assert [True] * 50 == served
        assert len(received) > 10
        assert set() == signal.pthread_sigmask(signal.SIG_BLOCK, ())
