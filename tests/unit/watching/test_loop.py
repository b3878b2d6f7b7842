"""The loop in memory and in simulated time: its end, and what it tells."""

import io
import json
import signal
from contextlib import redirect_stdout, suppress
from datetime import datetime, timedelta
from time import sleep

import attrs
import pytest
from dependency_injector import providers

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.domain.accounts import AccountId, Username
from glaab.entrypoints.commands.watch import compose_loop
from glaab.entrypoints.runtime.shutdown import Interrupted
from tests.builders import an_account, an_identity
from tests.faults.simulated_time import START, SimulatedTime
from tests.unit.commands.conftest import an_app
from tests.unit.commands.test_signals import InterruptedGitLab


@pytest.fixture
def time():
    return SimulatedTime()


@pytest.fixture
def watch(small_app, time):
    """A function: seconds, and what changes the app -> the exit code."""

    def watch(duration_s, *, gitlab=None, **changes):
        app = small_app("act")
        app = attrs.evolve(app, options=attrs.evolve(app.options, **changes))
        if gitlab:
            app.container.writable_gitlab.override(gitlab(app.container.writable_gitlab()))
        loop = compose_loop(app, time.monotonic, time.sleep)
        return loop.run(duration_s)

    return watch


def documents(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]


def test_it_ends_when_its_time_is_over(watch, time):
    assert 0 == watch(600)
    assert 600 == time.now_s


def test_each_full_run_is_a_document_on_a_line(watch, capsys):
    watch(400)

    told = [each for each in documents(capsys) if "run" in each]
    assert [("watch", "full-run")] * 3 == [
        (each["run"]["command"], each["run"]["kind"]) for each in told
    ]
    assert 3 == len({each["run"]["id"] for each in told})
    assert [1, 0, 0] == [each["summary"]["approved"] for each in told]
    assert {"limit": 25, "would_approve": 1, "approved_before": 0, "stopped": False} == told[0][
        "brake"
    ]


def test_as_text_it_tells_as_approve_does_and_shows_the_page_of_a_world(watch, capsys):
    """Again only when it has changed."""
    watch(400, form="text")

    out = capsys.readouterr().out
    assert 1 == out.count("@ada (41) approved: Toolforge member\n")
    assert 3 == out.count(" pending: ")
    assert 1 == out.count("The audit log now reads:")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
class TestSignals:
    def test_while_it_sleeps_end_it(self, watch, time, number, code):
        time.at(42, lambda: signal.raise_signal(number))

        assert code == watch(600)
        assert 42 == time.now_s

    def test_while_it_looks_end_it(self, watch, time, number, code):
        assert code == watch(600, gitlab=lambda real: InterruptedGitLab(real, "pending", number))
        assert 0 == time.now_s

    def test_end_it_even_if_what_they_raise_is_lost(self, watch, time, number, code):
        """As while an object is finalized, where Python ignores it."""

        def lost():
            with suppress(Interrupted):
                signal.raise_signal(number)

        time.at(42, lost)

        assert code == watch(600)
        assert 45 == time.now_s

    def test_while_it_approves_finish_the_account_in_hand(self, watch, time, capsys, number, code):
        ended = watch(600, gitlab=lambda real: InterruptedGitLab(real, "find", number))

        (document,) = [each for each in documents(capsys) if "run" in each]
        assert code == ended
        assert 1 == document["summary"]["approved"]
        assert 0 == time.now_s


class Reader(io.StringIO):
    """Of what is printed, messages too: at a document a signal comes, and perhaps it stops."""

    def __init__(self, number: int, *, stops: bool = False) -> None:
        super().__init__()
        self._number, self._stops = number, stops

    def write(self, text: str) -> int:
        if text.startswith("{"):
            signal.raise_signal(self._number)
            while self._stops:
                sleep(10)
        return super().write(text)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
class TestSignalsWhileItTells:
    def test_let_it_tell_to_the_end(self, watch, time, number, code):
        with redirect_stdout(Reader(number)) as reader:
            ended = watch(600)

        (document,) = [line for line in reader.getvalue().splitlines() if line[:1] == "{"]
        assert code == ended
        assert 1 == json.loads(document)["summary"]["approved"]
        assert 0 == time.now_s

    def test_end_it_though_its_reader_has_stopped(self, watch, time, number, code):
        """After three seconds."""
        with redirect_stdout(Reader(number, stops=True)) as reader:
            ended = watch(600)

        assert code == ended
        assert "reason='it took too long'" in reader.getvalue()
        assert 0 == time.now_s


def test_the_brake_stands_until_a_full_run_counts_at_most_the_limit(small_world, time, capsys):
    """Somebody approves by hand, and nobody is left to count."""
    app = an_app("act", "json", GLAAB_WORLD="world.toml", GLAAB_MAX_APPROVALS="0")
    gitlab = app.container.writable_gitlab()
    time.at(100, lambda: gitlab.approve(AccountId(41)))
    loop = compose_loop(app, time.monotonic, time.sleep)

    loop.run(170)
    stood = loop.memory.brake_stands
    loop.run(200)

    told = capsys.readouterr().out
    assert stood
    assert not loop.memory.brake_stands
    assert [1, 1] == [told.count("brake_stopped"), told.count("brake_released")]


class Crowd(InMemoryGitLab):
    """Somebody new has signed up whenever it is asked who waits, at most ten times."""

    def __init__(self, time) -> None:
        super().__init__(())
        self._time = time

    def pending(self, created_after: datetime | None = None):
        self._accounts = {
            AccountId(number): an_account(
                id=AccountId(number),
                username=Username(f"user{number}"),
                identities=(an_identity(f"Nobody {number}"),),
                created_at=START + timedelta(seconds=self._time.now_s),
            )
            for number in range(10)
        }
        return super().pending(created_after)


def test_whoever_was_judged_by_a_look_is_told_by_no_other(small_app, time, capsys):
    app = small_app("act")
    app.container.clock.override(providers.Object(time.machine))
    app.container.writable_gitlab.override(Crowd(time))
    loop = compose_loop(app, time.monotonic, time.sleep)

    loop.run(170)

    assert ["full-run"] == [each["run"]["kind"] for each in documents(capsys) if "run" in each]
    assert loop.health.problem is None
