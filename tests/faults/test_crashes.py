"""Killed at any point of a run: later runs finish it, and nothing is done or logged twice."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.wire import Disconnect, Recorder, Request, Response
from tests.e2e.conftest import install, slapd  # noqa: F401  # fixtures
from tests.faults.harness import Installation, Killed
from tests.faults.scenes import SCENES
from tests.faults.world import ENTITLED, TRUSTED, small_world


@attrs.define
class Crash:
    """Ends a run at its n-th request, whatever system that goes to."""

    at: int
    acted: bool
    """Whether the system did what it was asked, and only the answer was lost."""
    kill: Callable[[], None]
    sent: int = 0
    _lock: Lock = attrs.field(factory=Lock)

    def __call__(self, _: Request, handle: Callable[[], Response]) -> Response | None:
        with self._lock:
            self.sent += 1
            if self.sent < self.at:
                return None
            assert self.sent == self.at, "the dead asked for something"
            if self.acted:
                handle()
            self.kill()
            raise Disconnect


def dies() -> None:
    raise Killed


def crashed(installation: Installation, at: int, *, acted: bool) -> Crash:
    """A run in this process that was killed at a request; nothing was sent after it."""
    crash = Crash(at, acted, dies)
    for recorder in installation.http.values():
        recorder.always = crash
    assert 137 == installation.run("approve").code
    installation.heal()
    return crash


@cache
def requests_of_a_run() -> int:
    """How many requests a healthy run sends over HTTP."""
    with TemporaryDirectory() as folder:
        installation = Installation.healthy(Path(folder))
        assert 0 == installation.run("approve").code
        return sum(len(recorder.requests) for recorder in installation.http.values())


def finished(installation: Installation) -> None:
    """Run until a run has nothing left to do: that must be the second."""
    assert 0 == installation.run("approve").code
    for recorder in installation.http.values():
        recorder.requests.clear()
    assert 0 == installation.run("approve").code
    assert {"GET"} == set(installation.gitlab.methods)
    assert [] == installation.wiki.requests


def lines(file: Path) -> Counter[str]:
    """The usernames in those lines of the file that are whole."""
    found: Counter[str] = Counter()
    for line in file.read_text().splitlines():
        try:
            found[json.loads(line)["account"]["username"]] += 1
        except ValueError:
            continue  # torn
    return found


def notes(gitlab: Recorder) -> Mapping[str, str]:
    users = gitlab.simulator.users.values()
    return {user.username: user.attributes["glaab"] for user in users if "glaab" in user.attributes}


def assert_each_once(installation: Installation) -> None:
    """Each was approved once and is in each log once, and every note is settled."""
    assert len(TRUSTED) == installation.gitlab.simulator.mails
    assert sorted(TRUSTED) == installation.approved()
    assert sorted(ENTITLED) == installation.wiki_entries()
    assert Counter(ENTITLED) == lines(installation.audit_file)
    assert dict.fromkeys(ENTITLED, "logged") | {"hugo": "withdrawn"} == notes(installation.gitlab)
    assert [] == installation.errors()


@pytest.mark.no_cover  # it would double the time, and what runs here runs elsewhere, too
@pytest.mark.usefixtures("socket_disabled")
class TestInThisProcess:
    @pytest.mark.parametrize("acted", [False, True], ids=["before it acted", "after it acted"])
    @pytest.mark.parametrize("at", range(1, requests_of_a_run() + 1))
    def test_killed_at_any_request(self, tmp_path, at, acted):
        """Before or after the system acted; and nothing is sent by the dead."""
        installation = Installation.healthy(tmp_path)

        crash = crashed(installation, at, acted=acted)
        finished(installation)

        assert at == crash.sent
        assert_each_once(installation)

    @pytest.mark.parametrize("acted", [False, True], ids=["before it acted", "after it acted"])
    @pytest.mark.parametrize("scene", SCENES, ids=str)
    def test_killed_at_any_request_where_another_source_is_asked(self, tmp_path, scene, acted):
        whole = Installation.of(scene, tmp_path / "whole")
        whole.run("approve")
        requests = sum(len(recorder.requests) for recorder in whole.http.values())

        for at in range(1, requests + 1):
            installation = Installation.of(scene, tmp_path / str(at))
            crashed(installation, at, acted=acted)
            finished(installation)

            assert list(scene.trusted) == installation.approved() == installation.wiki_entries()
            assert Counter(scene.trusted) == lines(installation.audit_file)
            assert [] == installation.errors()

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(
        crashes=st.lists(
            st.tuples(st.integers(1, requests_of_a_run()), st.booleans(), st.booleans()),
            min_size=2,
            max_size=4,
        )
    )
    def test_killed_again_and_again(self, crashes):
        """Also while finishing what others left, and while the wiki cannot be written."""
        with TemporaryDirectory() as folder:
            installation = Installation.healthy(Path(folder))

            for at, acted, readonly in crashes:
                installation.wiki.simulator.readonly = "maintenance" if readonly else ""
                for recorder in installation.http.values():
                    recorder.always = Crash(at, acted, dies)
                installation.run("approve")
                installation.heal()
            installation.wiki.simulator.readonly = ""
            finished(installation)

            assert_each_once(installation)

    def test_killed_in_the_middle_of_the_file(self, tmp_path):
        """Wherever the write was torn, the next run completes the file, and reads it again."""
        whole = Installation.healthy(tmp_path / "whole")
        crashed(whole, _first_settling(), acted=False)
        written = whole.audit_file.read_bytes()

        for number, size in zip(count(), range(0, len(written), 211)):
            installation = Installation.healthy(tmp_path / str(number))
            crashed(installation, _first_settling(), acted=False)
            installation.audit_file.write_bytes(installation.audit_file.read_bytes()[:size])
            finished(installation)

            assert_each_once(installation)

    @pytest.mark.parametrize("kept", ["all of it", "all but the line break", "nothing"])
    def test_killed_between_writing_and_syncing_the_file(self, tmp_path, kept):
        """What the disk kept of the lines, and what it lost, is one of each line afterwards."""
        installation = Installation.healthy(tmp_path)
        crashed(installation, _first_settling(), acted=False)
        written = installation.audit_file.read_bytes()
        on_disk = {"all of it": written, "all but the line break": written[:-1], "nothing": b""}
        installation.audit_file.write_bytes(on_disk[kept])

        finished(installation)

        assert_each_once(installation)


@cache
def _first_settling() -> int:
    """The number of the first request after the logs were written."""
    with TemporaryDirectory() as folder:
        installation = Installation.healthy(Path(folder))
        order: list[Request] = []

        def listening(request: Request, _: Callable[[], Response]) -> None:
            order.append(request)

        for recorder in installation.http.values():
            recorder.always = listening
        installation.run("approve")
    edited = next(i for i, each in enumerate(order) if each.form.get("action") == "edit")
    return edited + 2


class TestAsAProcess:
    @pytest.mark.parametrize("acted", [False, True], ids=["before it acted", "after it acted"])
    @pytest.mark.parametrize("at", range(4, requests_of_a_run() + 1, 9))
    def test_killed_with_sigkill(self, install, at, acted):  # noqa: F811  # a fixture
        """The same, with the console script and `kill -9`."""
        installation = install(small_world())
        running = []
        crash = Crash(at, acted, lambda: os.kill(running[0].pid, signal.SIGKILL))
        with crash._lock:  # no answer before it is known whom to kill
            for recorder in installation.http.values():
                recorder.always = crash
            running.append(installation.start("approve"))
        killed = installation.finish(running[0])
        for recorder in installation.http.values():
            recorder.always = None

        healthy = installation.run("approve")

        users = installation.gitlab.simulator.users.values()
        assert (-signal.SIGKILL, 0) == (killed.code, healthy.code), healthy.err
        assert len(TRUSTED) == installation.gitlab.simulator.mails
        assert sorted(ENTITLED) == installation.logged()
        assert dict.fromkeys(ENTITLED, 1) == {
            name: installation.wiki.simulator.text.count(f"|@{name}]]") for name in ENTITLED
        }
        assert "open" not in {user.attributes.get("glaab") for user in users}
