"""Signals and deadlines: before acting they end the run, afterwards they shorten it."""

import math
import signal

import pytest

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.entrypoints.runtime.shutdown import Interrupted, Shutdown, enforce_deadlines

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


class Killed(BaseException): ...


@pytest.fixture
def timeouts():
    return TimeoutPolicy(timeout_s=30)


@pytest.fixture(autouse=True)
def handlers():
    """What handles each signal, the same before and after every test."""
    before = {number: signal.getsignal(number) for number, _ in SIGNALS}
    yield before
    assert before == {number: signal.getsignal(number) for number, _ in SIGNALS}


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_before_acting_ends_the_run_at_once(timeouts, number, code):
    with pytest.raises(Interrupted) as raised, Shutdown(timeouts, math.inf):
        signal.raise_signal(number)

    assert code == raised.value.exit_code


def test_no_handler_of_errors_catches_an_interruption():
    assert not issubclass(Interrupted, Exception)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_while_acting_is_noted_and_hastens(timeouts, number, code):
    with Shutdown(timeouts, math.inf) as shutdown:
        shutdown.begin_to_act()
        before = shutdown.may_start()

        signal.raise_signal(number)

        assert code - 128 == shutdown.received
        assert (True, False) == (before, shutdown.may_start())
    assert TimeoutPolicy(timeout_s=3, retries=0) == timeouts


def test_a_second_signal_while_acting_ends_nothing_either(timeouts):
    with Shutdown(timeouts, math.inf) as shutdown:
        shutdown.begin_to_act()

        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)

        assert signal.SIGTERM == shutdown.received


def test_beginning_to_act_is_no_reason_to_hurry(timeouts):
    with Shutdown(timeouts, math.inf) as shutdown:
        shutdown.begin_to_act()

    assert shutdown.received is None
    assert TimeoutPolicy(timeout_s=30) == timeouts


@pytest.mark.parametrize(("deadline_s", "may_start"), [(math.inf, True), (60, True), (0, False)])
def test_nobody_is_started_past_the_deadline(timeouts, deadline_s, may_start):
    with Shutdown(timeouts, deadline_s) as shutdown:
        shutdown.begin_to_act()

        assert may_start is shutdown.may_start()


def test_the_deadline_counts_from_the_start_of_the_run(timeouts):
    shutdown = Shutdown(timeouts, 0)

    with shutdown:
        assert not shutdown.may_start()


def test_the_handlers_are_there_only_while_it_is_entered(timeouts, handlers):
    shutdown = Shutdown(timeouts, math.inf)
    assert signal.getsignal(signal.SIGTERM) == handlers[signal.SIGTERM]

    with shutdown:
        assert signal.getsignal(signal.SIGTERM) != handlers[signal.SIGTERM]


def test_the_handlers_are_restored_after_an_error(timeouts):
    with pytest.raises(KeyError), Shutdown(timeouts, math.inf):
        raise KeyError


def test_what_handled_a_signal_before_handles_it_again(timeouts):
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    with Shutdown(timeouts, math.inf):
        pass

    signal.raise_signal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, before)

    assert [signal.SIGTERM] == seen


def test_an_alarm_ends_what_is_waited_for(timeouts):
    with (
        enforce_deadlines(timeouts),
        timeouts.deadline(30),
        pytest.raises(TimeoutError, match="it took too long"),
    ):
        signal.raise_signal(signal.SIGALRM)


def test_an_alarm_raises_what_the_deadline_says(timeouts):
    """For code that catches every error and goes on."""
    with enforce_deadlines(timeouts), timeouts.deadline(30, Killed), pytest.raises(Killed):
        signal.raise_signal(signal.SIGALRM)


def test_the_handler_and_the_timer_of_somebody_else_are_restored(timeouts):
    seen = []
    before = signal.signal(signal.SIGALRM, lambda number, _: seen.append(number))
    signal.setitimer(signal.ITIMER_REAL, 60)
    with enforce_deadlines(timeouts), timeouts.deadline(30):
        pass

    left_s, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    signal.raise_signal(signal.SIGALRM)
    signal.signal(signal.SIGALRM, before)

    assert 50 < left_s <= 60
    assert [signal.SIGALRM] == seen


def test_an_alarm_that_comes_too_late_harms_nothing(timeouts):
    with Shutdown(timeouts, math.inf):
        with timeouts.deadline(30):
            pass

        signal.raise_signal(signal.SIGALRM)


def test_a_signal_leaves_what_is_waited_for_little_time(timeouts):
    """Three seconds; what comes after it has no more, either."""
    rings = []

    with Shutdown(timeouts, math.inf) as shutdown:
        timeouts.alarm = rings.append
        shutdown.begin_to_act()
        with timeouts.deadline(30):
            signal.raise_signal(signal.SIGTERM)
        with timeouts.deadline(30):
            pass

    assert [31, 3, 0, 31, 3, 0] == rings
