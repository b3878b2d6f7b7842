"""Signals, the deadline, the brake, and systems that never answer: a run ends in good order."""

import math
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from types import SimpleNamespace

import attrs
import pytest

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.runtime import shutdown as shutdown
from glaab.entrypoints.runtime.shutdown import Shutdown
from tests.contract.services.ldap_faults import silent
from tests.contract.wire import Disconnect, Request, Response
from tests.e2e.conftest import install, slapd  # noqa: F401  # fixtures
from tests.e2e.installation import heartbeat_trouble
from tests.faults.harness import Installation
from tests.faults.world import ENTITLED, RECOVERED, TRUSTED, small_world
from tests.locks import kept_locked

PLATFORM_KILLS_AFTER_S = 15
IDS = {101: "ada", 102: "dora", 103: "emil"}
BEFORE_OR_AFTER = pytest.mark.parametrize("acted", [False, True], ids=["before it", "after it"])
_ACCOUNT = re.compile(r"/api/v4/users/(\d+)")


@attrs.define
class Log:
    """Every request of a run, whatever system it goes to; and something that happens at one."""

    at: float = math.inf
    """The number of that request, from 1."""
    happens: Callable[[], None] = lambda: None
    acted: bool = False
    """Whether the system has done what it was asked by then."""
    requests: list[Request] = attrs.field(factory=list)

    def __call__(self, request: Request, handle: Callable[[], Response]) -> Response | None:
        self.requests.append(request)
        if len(self.requests) != self.at:
            return None
        response = handle() if self.acted else None
        self.happens()
        return response

    def of(self, installation: Installation) -> "Log":
        for recorder in installation.http.values():
            recorder.always = self
        return self


@cache
def usual() -> tuple[Request, ...]:
    """The requests of a healthy run."""
    with TemporaryDirectory() as folder:
        installation = Installation.healthy(Path(folder))
        log = Log().of(installation)
        assert 0 == installation.run("approve").code
    return tuple(log.requests)


def first(method: str, ending: str) -> int:
    """The number of the first such request of a healthy run."""
    return next(
        number
        for number, request in enumerate(usual(), start=1)
        if request.method == method and request.path.endswith(ending)
    )


WITHDRAWING = next(
    number for number, request in enumerate(usual(), start=1) if _ACCOUNT.match(request.path)
)
"""With this request a run begins to act: it looks whether a note is to be withdrawn."""


def begun_by(at: int) -> list[str]:
    """Who has been looked at again by then, for the last time before the approval."""
    found = [_ACCOUNT.match(request.path) for request in usual()[WITHDRAWING:at]]
    return sorted({IDS[int(match[1])] for match in found if match and int(match[1]) in IDS})


def assert_all_done(installation: Installation) -> None:
    """After one more run, which ends well."""
    installation.heal()
    assert 0 == installation.run("approve").code
    assert len(TRUSTED) == installation.gitlab.simulator.mails
    assert sorted(ENTITLED) == installation.wiki_entries() == installation.file_entries()
    assert [] == installation.notes_left_open()
    assert [] == installation.errors()


@pytest.mark.no_cover  # it would double the time, and what runs here runs elsewhere, too
@pytest.mark.usefixtures("socket_disabled")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
class TestSignals:
    @BEFORE_OR_AFTER
    @pytest.mark.parametrize("at", range(1, WITHDRAWING))
    def test_while_looking(self, tmp_path, number, at, acted):
        """The run ends at once: nothing is asked any more, and nothing was changed."""
        installation = Installation.healthy(tmp_path)
        log = Log(at, lambda: signal.raise_signal(number), acted).of(installation)

        code = installation.run("approve").code

        assert 128 + number == code
        assert at == len(log.requests)
        assert [] == installation.approved() == installation.file_entries()
        assert_all_done(installation)

    @BEFORE_OR_AFTER
    @pytest.mark.parametrize("at", range(WITHDRAWING, 1 + len(usual())))
    def test_while_acting(self, tmp_path, number, at, acted):
        """The account in hand is finished, what was approved is logged and settled; no more."""
        installation = Installation.healthy(tmp_path)
        Log(at, lambda: signal.raise_signal(number), acted).of(installation)

        code = installation.run("approve").code

        done = sorted({*begun_by(at), *RECOVERED})
        assert 128 + number == code
        assert begun_by(at) == installation.approved()
        assert done == installation.wiki_entries() == installation.file_entries()
        assert {"emil"} - {*done} == {*installation.notes_left_open()}  # left by an earlier run
        assert_all_done(installation)


@pytest.mark.usefixtures("socket_disabled")
class TestDeadline:
    def test_it_passes_between_two_accounts(self, tmp_path, monkeypatch):
        """The account in hand is finished, what was approved is logged and settled; no more."""
        installation = Installation.healthy(tmp_path)
        later = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600)
        Log(first("POST", "/approve"), lambda: monkeypatch.setattr(shutdown, "time", later)).of(
            installation
        )

        run = installation.run("approve", "--format", "json", GLAAB_DEADLINE_S="3600")

        outcomes = {each["username"]: each["outcome"] for each in run.document["accounts"]}
        assert 3 == run.code
        assert ["ada"] == installation.approved()
        assert {"ada": "approved", "dora": "unchanged", "emil": "unchanged"} == {
            name: outcomes[name] for name in TRUSTED
        }
        assert ["ada", "tove"] == installation.wiki_entries() == installation.file_entries()
        assert ["emil"] == installation.notes_left_open()
        assert_all_done(installation)


@pytest.mark.usefixtures("socket_disabled")
class TestBrake:
    def test_more_than_the_limit_means_nobody(self, tmp_path):
        """It shows who would be approved; what earlier runs left is finished all the same."""
        installation = Installation.healthy(tmp_path)

        run = installation.run("approve", "--format", "json", GLAAB_MAX_APPROVALS="2")

        accounts = {each["username"]: each for each in run.document["accounts"]}
        assert 5 == run.code
        assert {"limit": 2, "would_approve": 3, "stopped": True} == run.document["brake"]
        assert {("approve", "unchanged")} == {
            (accounts[name]["verdict"], accounts[name]["outcome"]) for name in TRUSTED
        }
        assert {"GET", "PUT"} == set(installation.gitlab.methods)
        assert ["tove"] == installation.wiki_entries() == installation.file_entries()
        assert ["emil"] == installation.notes_left_open()
        assert_all_done(installation)

    def test_a_dry_run_says_so_and_does_not_fail(self, tmp_path):
        installation = Installation.healthy(tmp_path)

        run = installation.run("dry-run", "--format", "json", GLAAB_MAX_APPROVALS="2")

        outcomes = Counter(each["outcome"] for each in run.document["accounts"])
        assert 0 == run.code
        assert {"limit": 2, "would_approve": 3, "stopped": True} == run.document["brake"]
        assert {"unchanged", "would-recover"} == set(outcomes)
        assert {"GET"} == set(installation.gitlab.methods)


@contextmanager
def dripping(beginning: bytes) -> Iterator[int]:
    """A port where each connection is answered by a byte now and then, without an end."""
    over = Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip(client: socket.socket) -> None:
        with client, suppress(OSError):
            client.sendall(beginning)
            while not over.wait(0.05):
                client.sendall(b"a")

    def accept() -> None:
        with suppress(OSError):
            while True:
                Thread(target=drip, args=(listener.accept()[0],), daemon=True).start()

    thread = Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(1)


HTTP_DRIPS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Slow: "
LDAP_DRIPS = b"\x30\x84\x00\x10\x00\x00"
ADDRESS = {
    GITLAB: ("GITLAB_URL", "http://127.0.0.1:{}"),
    DIRECTORY: ("LDAP_SERVERS", "ldap://127.0.0.1:{}"),
    PHABRICATOR: ("PHABRICATOR_URL", "http://127.0.0.1:{}"),
    GERRIT: ("GERRIT_URL", "http://127.0.0.1:{}/r"),
    AUDIT_LOG: ("MEDIAWIKI_URL", "http://127.0.0.1:{}/w/"),
}
SILENT = dict.fromkeys((GITLAB, DIRECTORY, PHABRICATOR, GERRIT, AUDIT_LOG), silent)
DRIPPING = {
    GITLAB: lambda: dripping(HTTP_DRIPS),
    DIRECTORY: lambda: dripping(LDAP_DRIPS),
}


class TestNoAnswer:
    @pytest.mark.parametrize(
        ("system", "kind"),
        [*SILENT.items(), *DRIPPING.items()],
        ids=[f"{each}-silent" for each in SILENT] + [f"{each}-dripping" for each in DRIPPING],
    )
    def test_a_run_ends_although_a_system_never_answers(self, install, system, kind):  # noqa: F811  # a fixture
        """Each request has its timeout, two repetitions at most, and a code that says so."""
        installation, timeout_s = install(small_world()), 0.2
        name, address = ADDRESS[system]
        began_at = time.monotonic()

        with kind() as port:
            run = installation.run(
                "approve", **{name: address.format(port), "GLAAB_TIMEOUT_S": str(timeout_s)}
            )

        a_read_s = 3 * (timeout_s + 1) + 0.5 + 1
        assert (4 if system is AUDIT_LOG else 3) == run.code, run.err
        assert time.monotonic() - began_at < 2 * a_read_s + 5
        assert (sorted(ENTITLED) if run.code == 4 else []) == [
            name for name in installation.logged() if run.code == 4 or name not in RECOVERED
        ]
        assert 0 == installation.run("approve").code

    @pytest.mark.parametrize("kind", [silent, DRIPPING[GITLAB]], ids=["silent", "dripping"])
    def test_a_run_ends_although_its_heartbeat_is_never_answered(self, install, kind):  # noqa: F811  # a fixture
        """It has done its work, and only says so."""
        installation = install(small_world())
        began_at = time.monotonic()

        with kind() as port:
            run = installation.run(
                "approve", GLAAB_HEARTBEAT_URL=f"http://127.0.0.1:{port}/ping", GLAAB_TIMEOUT_S="2"
            )

        assert 0 == run.code, run.err
        assert time.monotonic() - began_at < 30
        assert ["it did not answer in time"] == heartbeat_trouble(run)
        assert sorted(ENTITLED) == installation.logged()

    def test_a_run_ends_although_its_audit_file_stays_locked(self, install):  # noqa: F811  # a fixture
        """The wiki has every entry; the next run adds to the file what it lacks, once."""
        installation = install(small_world())
        began_at = time.monotonic()

        with kept_locked(installation.audit_file):
            run = installation.run("approve", GLAAB_TIMEOUT_S="2")

        assert 4 == run.code, run.err
        assert time.monotonic() - began_at < 30
        assert "another process keeps it locked" in run.out
        assert [] == installation.logged()
        assert 0 == installation.run("approve").code
        assert sorted(ENTITLED) == installation.logged()
        assert sorted(TRUSTED) == installation.approved()


def test_an_alarm_that_is_late_disturbs_nobody():
    """It rings when nothing is waited for any more."""
    with Shutdown(TimeoutPolicy(timeout_s=1), math.inf) as shutdown:
        shutdown.begin_to_act()

        signal.raise_signal(signal.SIGALRM)

        assert shutdown.may_start()


class TestBeforeThePlatformKills:
    @pytest.mark.parametrize(
        ("system", "at", "logged"),
        [
            ("gitlab", ("POST", "103/approve"), ["ada", "dora", "tove"]),
            ("wiki", ("POST", "/api.php"), ["ada", "dora", "emil", "tove"]),
        ],
    )
    def test_a_system_hangs_when_the_signal_comes(self, install, system, at, logged):  # noqa: F811  # a fixture
        """The answer in hand, and each later one, is given seconds; what can be written is."""
        installation = install(small_world())
        recorder, reached, over = getattr(installation, system), Event(), Event()

        def hangs(request: Request, _: Callable[[], Response]) -> None:
            method, ending = at
            if reached.is_set() or (request.method == method and request.path.endswith(ending)):
                reached.set()
                over.wait(60)
                raise Disconnect

        recorder.always = hangs
        self.ends_in_time_when_stopped(installation, reached)
        over.set()
        recorder.always = None

        assert logged == installation.logged()
        self.is_finished_by_the_next_run(installation)

    def test_the_audit_file_is_locked_when_the_signal_comes(self, install):  # noqa: F811  # a fixture
        """Whether it is waited for by then or only later: a few seconds must do."""
        installation, reached = install(small_world()), Event()

        def tells(request: Request, _: Callable[[], Response]) -> None:
            if request.path.endswith("103/approve"):
                reached.set()

        installation.gitlab.always = tells
        with kept_locked(installation.audit_file):
            self.ends_in_time_when_stopped(installation, reached)

        assert [] == installation.logged()
        self.is_finished_by_the_next_run(installation)

    def ends_in_time_when_stopped(self, installation, reached):
        """With the code that says that something was not written."""
        process = installation.start("approve", GLAAB_TIMEOUT_S="60")
        assert reached.wait(30)

        process.send_signal(signal.SIGTERM)
        began_at = time.monotonic()
        run = installation.finish(process)

        assert 4 == run.code, run.err
        assert time.monotonic() - began_at < PLATFORM_KILLS_AFTER_S

    def is_finished_by_the_next_run(self, installation):
        """Whoever was approved is logged, and was approved once."""
        assert 0 == installation.run("approve").code
        assert sorted(ENTITLED) == installation.logged()
        assert len(TRUSTED) == installation.gitlab.simulator.mails

    def test_the_heartbeat_is_never_answered_after_the_signal(self, install):  # noqa: F811  # a fixture
        """It is given seconds, too, however patient the settings are."""
        installation, reached, over = install(small_world()), Event(), Event()

        def hangs(_: Request, __: Callable[[], Response]) -> None:
            reached.set()
            over.wait(60)
            raise Disconnect

        installation.gitlab.always = hangs
        with silent() as port:
            process = installation.start(
                "approve", GLAAB_HEARTBEAT_URL=f"http://127.0.0.1:{port}/", GLAAB_TIMEOUT_S="60"
            )
            assert reached.wait(30)

            process.send_signal(signal.SIGTERM)
            began_at = time.monotonic()
            run = installation.finish(process)
            lasted_s = time.monotonic() - began_at
        over.set()

        assert 128 + signal.SIGTERM == run.code, run.err
        assert lasted_s < PLATFORM_KILLS_AFTER_S
        assert ["it did not answer in time"] == heartbeat_trouble(run)
