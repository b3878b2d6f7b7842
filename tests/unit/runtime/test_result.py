"""The exit code, and the counts that it rests on."""

import signal
from datetime import timedelta
from itertools import product

import attrs
import pytest

from glaab.domain.accounts import AccountId, AccountState
from glaab.domain.brake import Brake
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.identity import Unproven
from glaab.domain.outcome import Outcome, Outcomes, Result
from glaab.domain.policy import Judgement, Verdict
from glaab.domain.ports import RunId
from glaab.domain.review import Case, Plan
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.runtime.result import RunResult
from tests.builders import NOON, a_record, an_account, an_unreadable_account
from tests.unit.results import SYSTEMS

IDS = [AccountId(number) for number in range(1, 20)]


def a_case(key, verdict=Verdict.HOLD, state=AccountState.PENDING):
    return Case(
        account=an_account(id=key, state=state),
        proof=Unproven("x"),
        evidence=(),
        judgement=Judgement(verdict, (), "x"),
    )


def a_result(
    *verdicts,
    command="approve",
    outcome=Outcome.UNCHANGED,
    outages=None,
    asked=frozenset(),
    **changes,
):
    """A run in which everybody had the same outcome."""
    keys = IDS[: len(verdicts)]
    values = {
        "results": {key: Result(outcome) for key in keys},
        "brake": Brake(25, 0),
    }
    return RunResult(
        command=command,
        run=RunId("run-1"),
        started_at=NOON,
        finished_at=NOON,
        version="1.0.0",
        policy="sha256:0123",
        systems=SYSTEMS,
        plan=Plan(
            cases=tuple(a_case(key, verdict) for key, verdict in zip(keys, verdicts, strict=True)),
            outages=outages or {},
            asked=frozenset(asked),
        ),
        outcomes=Outcomes(**(values | changes)),
        requests={},
    )


STOPPED = {"brake": Brake(1, 2)}
UNLOGGED = {"log_failures": ("audit_log gave no usable answer: x",)}
OPEN = {"notes_left_open": ("the note on account 1 is still open",)}
FAILED = {"outcome": Outcome.FAILED}
GITLAB_DOWN = {"outages": {GITLAB: "x"}}
LATE = {"cut_short": True}


# -- what the codes are


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict.HOLD, Outcome.UNCHANGED),
        (Verdict.VETO, Outcome.UNCHANGED),
        (Verdict.APPROVE, Outcome.APPROVED),
        (Verdict.APPROVE, Outcome.ALREADY_APPROVED),
        (Verdict.APPROVE, Outcome.WITHDRAWN),
        (Verdict.APPROVE, Outcome.WOULD_APPROVE),
    ],
)
def test_ordinary_ends_are_0(verdict, outcome):
    """Held, vetoed, withdrawn and approved by somebody else do not count."""
    assert 0 == a_result(verdict, outcome=outcome).exit_code()


def test_an_empty_queue_is_0():
    assert 0 == a_result().exit_code()


@pytest.mark.parametrize("system", [DIRECTORY, PHABRICATOR, GERRIT])
def test_an_outage_that_touches_no_verdict_is_0(system):
    assert 0 == a_result(Verdict.HOLD, outages={system: "x"}).exit_code()


def test_somebody_who_has_to_wait_is_3():
    assert 3 == a_result(Verdict.APPROVE, Verdict.WAIT, outcome=Outcome.APPROVED).exit_code()


def test_a_queue_that_could_not_be_read_is_3():
    assert 3 == a_result(**GITLAB_DOWN).exit_code()


def test_a_deadline_that_left_somebody_is_3():
    assert 3 == a_result(Verdict.APPROVE, **LATE).exit_code()


def test_an_approval_that_failed_is_4():
    assert 4 == a_result(Verdict.APPROVE, **FAILED).exit_code()


def test_an_audit_log_that_failed_is_4():
    assert 4 == a_result(Verdict.APPROVE, outcome=Outcome.APPROVED, **UNLOGGED).exit_code()


def test_a_note_that_stayed_open_is_4():
    assert 4 == a_result(Verdict.APPROVE, outcome=Outcome.APPROVED, **OPEN).exit_code()


def test_the_brake_is_5():
    assert 5 == a_result(Verdict.APPROVE, Verdict.APPROVE, **STOPPED).exit_code()


@pytest.mark.parametrize("command", ["dry-run", "explain", "report"])
def test_the_brake_does_not_count_in_a_run_that_looks(command):
    result = a_result(Verdict.APPROVE, Verdict.APPROVE, command=command, **STOPPED)

    assert 0 == result.exit_code()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_130_or_143(number, code):
    assert code == a_result(Verdict.APPROVE).exit_code(number)


# -- which of several wins


@pytest.mark.parametrize(
    ("stopped", "unwritten", "number", "waiting"),
    list(
        product([{}, STOPPED], [{}, UNLOGGED, OPEN, FAILED], [None, 2, 15], [{}, LATE, GITLAB_DOWN])
    ),
)
def test_of_several_the_first_wins(stopped, unwritten, number, waiting):
    """5, 4, 130 or 143, 3, and 0 when there is nothing at all."""
    result = a_result(Verdict.APPROVE, **(stopped | unwritten | waiting))

    signalled = 128 + number if number else 0
    expected = (stopped and 5) or (unwritten and 4) or signalled or (waiting and 3) or 0
    assert expected == result.exit_code(number)


# -- counts


def test_everybody_is_counted_by_verdict_and_outcome():
    verdicts = (Verdict.APPROVE, Verdict.APPROVE, Verdict.HOLD, Verdict.VETO, Verdict.WAIT)
    outcomes = (Outcome.APPROVED, Outcome.FAILED, *[Outcome.UNCHANGED] * 3)
    results = {key: Result(outcome) for key, outcome in zip(IDS, outcomes, strict=False)}
    recovered = {IDS[10]: Result(Outcome.RECOVERED), IDS[11]: Result(Outcome.WOULD_RECOVER)}

    result = a_result(*verdicts, results=results | recovered)

    assert {
        "pending": 5,
        "approve": 2,
        "hold": 1,
        "veto": 1,
        "wait": 1,
        "approved": 1,
        "recovered": 2,
        "failed": 1,
    } == result.counts


def test_an_account_that_is_not_pending_does_not_count_as_pending():
    case = a_case(IDS[0], Verdict.APPROVE, AccountState.BLOCKED)
    plan = Plan(cases=(case,), outages={}, asked=frozenset())

    counts = attrs.evolve(a_result(), command="explain", plan=plan).counts

    assert (0, 1) == (counts["pending"], counts["approve"])


# -- systems


def test_a_system_is_used_if_it_was_asked():
    result = a_result(asked={GITLAB, GERRIT})

    assert {GITLAB, GERRIT} == result.asked


def test_the_audit_log_is_used_if_there_was_something_to_log():
    assert {AUDIT_LOG} == a_result(unlogged=(a_record(),)).asked


def test_trouble_is_told_with_its_reason():
    result = a_result(outages={GERRIT: "it is down"}, log_failures=("one", "other"))

    assert {GERRIT: "it is down", AUDIT_LOG: "one; other"} == result.outages


def test_no_trouble_with_the_audit_log_is_none():
    assert {} == a_result().outages


# -- accounts that wait for their own data alone


def a_queue(*accounts, **changes):
    """All of them wait."""
    cases = tuple(attrs.evolve(a_case(1, Verdict.WAIT), account=account) for account in accounts)
    plan = Plan(cases=cases, outages={}, asked=frozenset({GITLAB}))
    return attrs.evolve(a_result(**changes), plan=plan)


def spoilt(number, age_days=None):
    made = None if age_days is None else NOON - timedelta(days=age_days)
    return an_unreadable_account(id=AccountId(number), created_at=made)


@pytest.mark.parametrize(
    ("queue", "code"),
    [
        ([spoilt(1, 0.9)], 3),
        ([spoilt(1, 1)], 3),
        ([spoilt(1, 1.1)], 0),
        ([spoilt(1, 30), spoilt(2, 0.1)], 3),
        ([spoilt(1, 30), spoilt(2, 2)], 0),
        ([spoilt(1)], 3),
        ([spoilt(1), spoilt(2, 0.5)], 3),
        ([spoilt(1), spoilt(2, 2)], 0),
        ([spoilt(1), spoilt(2), spoilt(3, 2)], 0),
        ([spoilt(1), spoilt(4), spoilt(3, 2)], 3),
        ([spoilt(1, 0.5), spoilt(2, 2)], 3),
        ([spoilt(1, 2), an_account(id=AccountId(2))], 3),
    ],
)
def test_for_its_own_data_an_account_counts_for_a_day(queue, code):
    """Without a time it is older than whoever has a higher id; who waits for a system counts."""
    assert code == a_queue(*queue).exit_code()


def test_whoever_is_held_for_a_day_tells_the_age_of_others():
    held = attrs.evolve(a_case(7), account=an_account(id=AccountId(7)))
    result = a_queue(spoilt(6))

    plan = attrs.evolve(result.plan, cases=(*result.plan.cases, held))

    assert 0 == attrs.evolve(result, plan=plan).exit_code()


def test_whoever_may_be_pending_counts_as_pending():
    counts = a_queue(an_unreadable_account(state=AccountState.UNKNOWN)).counts

    assert (1, 1) == (counts["pending"], counts["wait"])


def test_a_note_that_a_run_which_only_looks_would_leave_open_is_no_failure():
    assert 0 == a_result(command="dry-run", **OPEN).exit_code()
