"""Signals and the deadline: before acting they end the run, afterwards they hasten it."""

import math
import signal

import pytest

from glaab.adapters._patience import Patience
from glaab.entrypoints.interruption import Interrupted, Interruption

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.fixture
def patience():
    return Patience(timeout_s=30)


@pytest.fixture(autouse=True)
def handlers():
    """What handles each signal, the same before and after every test."""
    before = {number: signal.getsignal(number) for number, _ in SIGNALS}
    yield before
    assert before == {number: signal.getsignal(number) for number, _ in SIGNALS}


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_before_acting_ends_the_run_at_once(patience, number, code):
    with pytest.raises(Interrupted) as raised, Interruption(patience, math.inf):
        signal.raise_signal(number)

    assert code == raised.value.exit_code


def test_no_handler_of_errors_catches_an_interruption():
    assert not issubclass(Interrupted, Exception)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_while_acting_is_noted_and_hastens(patience, number, code):
    with Interruption(patience, math.inf) as interruption:
        interruption.begin_to_act()
        before = interruption.may_start()

        signal.raise_signal(number)

        assert code - 128 == interruption.received
        assert (True, False) == (before, interruption.may_start())
    assert Patience(timeout_s=3, retries=0) == patience


def test_a_second_signal_while_acting_ends_nothing_either(patience):
    with Interruption(patience, math.inf) as interruption:
        interruption.begin_to_act()

        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)

        assert signal.SIGTERM == interruption.received


def test_beginning_to_act_is_no_reason_to_hurry(patience):
    with Interruption(patience, math.inf) as interruption:
        interruption.begin_to_act()

    assert interruption.received is None
    assert Patience(timeout_s=30) == patience


@pytest.mark.parametrize(("deadline_s", "may_start"), [(math.inf, True), (60, True), (0, False)])
def test_nobody_is_started_past_the_deadline(patience, deadline_s, may_start):
    with Interruption(patience, deadline_s) as interruption:
        interruption.begin_to_act()

        assert may_start is interruption.may_start()


def test_the_deadline_counts_from_the_start_of_the_run(patience):
    interruption = Interruption(patience, 0)

    with interruption:
        assert not interruption.may_start()


def test_the_handlers_are_there_only_while_it_is_entered(patience, handlers):
    interruption = Interruption(patience, math.inf)
    assert signal.getsignal(signal.SIGTERM) == handlers[signal.SIGTERM]

    with interruption:
        assert signal.getsignal(signal.SIGTERM) != handlers[signal.SIGTERM]


def test_the_handlers_are_restored_after_an_error(patience):
    with pytest.raises(KeyError), Interruption(patience, math.inf):
        raise KeyError


def test_what_handled_a_signal_before_handles_it_again(patience):
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    with Interruption(patience, math.inf):
        pass

    signal.raise_signal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, before)

    assert [signal.SIGTERM] == seen


def test_an_alarm_ends_what_is_waited_for(patience):
    with (
        Interruption(patience, math.inf),
        patience.awaiting(30),
        pytest.raises(TimeoutError, match="it took too long"),
    ):
        signal.raise_signal(signal.SIGALRM)


def test_an_alarm_that_comes_too_late_harms_nothing(patience):
    with Interruption(patience, math.inf):
        with patience.awaiting(30):
            pass

        signal.raise_signal(signal.SIGALRM)


def test_a_signal_leaves_what_is_waited_for_little_time(patience):
    """Three seconds; what comes after it has no more, either."""
    rings = []

    with Interruption(patience, math.inf) as interruption:
        patience.alarm = rings.append
        interruption.begin_to_act()
        with patience.awaiting(30):
            signal.raise_signal(signal.SIGTERM)
        with patience.awaiting(30):
            pass

    assert [31, 3, 0, 31, 3, 0] == rings
