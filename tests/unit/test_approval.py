"""Acting: who is let in, who is not, and what is said about it."""

import attrs
import pytest

from glaab.adapters.memory import InMemoryAuditLog
from glaab.domain.accounts import AccountState, Username
from glaab.domain.outcomes import Brake, Outcome, Outcomes, Result
from glaab.domain.policy import Verdict, judge
from glaab.domain.ports import Settled
from tests.builders import an_identity
from tests.unit.doubles import (
    REFUSED,
    AttentiveGitLab,
    AuditLogThatLosesAnswers,
    GitLabThatHidesTheQueue,
    GitLabThatLosesAnswers,
    GitLabThatRefusesApprovals,
    GitLabThatSettlesNothing,
    GitLabThatTakesNoNotes,
    ListedAuditLog,
    UnreachableAuditLog,
)
from tests.unit.scenes import (
    ADA,
    BOB,
    DAN,
    EVERYBODY,
    SIMPLE,
    Run,
    outcomes,
)


@pytest.fixture
def log():
    return ListedAuditLog()


def state(gitlab, account):
    return gitlab.find(account.id).account.state


def test_the_trusted_are_let_in_logged_and_their_notes_settled(log):
    gitlab = AttentiveGitLab(EVERYBODY)

    done = Run(gitlab=gitlab, logs=(log,))()

    assert {1: "approved", 2: "approved", 3: "approved", 4: "unchanged"} == outcomes(done)
    assert (DAN,) == gitlab.pending()
    assert ["user1", "user2", "user3"] == log.usernames
    assert dict.fromkeys((1, 2, 3), Settled.LOGGED) == gitlab.endings
    assert ((), (), False) == (done.unlogged, done.open_notes, done.cut_short)
    assert Brake(25, would_approve=3) == done.brake


def test_a_record_holds_all_that_the_verdict_rests_on(log):
    run = Run(gitlab=AttentiveGitLab([ADA]), logs=(log,))
    (case,) = run.look().cases

    run()

    (record,) = log.records
    assert (ADA.id, ADA.username, ADA.created_at) == (
        record.account_id,
        record.username,
        record.created_at,
    )
    assert (case.proof, case.evidence, ("Toolforge member",)) == (
        record.proof,
        record.evidence,
        record.because,
    )
    assert (run.now(), "run-1", "sha256:0123", "1.0.0") == (
        record.at,
        record.run,
        record.policy,
        record.version,
    )
    assert (AccountState.ACTIVE, "") == (record.found, record.remark)


def test_every_approval_can_be_judged_again_from_its_record(log):
    Run(gitlab=AttentiveGitLab(EVERYBODY), logs=(log,))()

    again = [judge(SIMPLE, record.proof, record.evidence) for record in log.records]

    assert [Verdict.APPROVE] * 3 == [judgement.verdict for judgement in again]
    assert [record.because for record in log.records] == [one.because for one in again]


def test_every_log_gets_the_same_entries():
    """The time, too: it is the one noted just before the approval."""
    logs = (ListedAuditLog(), ListedAuditLog(), InMemoryAuditLog())

    done = Run(gitlab=AttentiveGitLab([ADA]), logs=logs)()

    assert list(done.logged) == logs[0].records == logs[1].records
    assert (
        "=== 2026-11-22 ===\n"
        "* 12:01 [[gitlab:user1|@user1]] was approved. Trusted as: Toolforge member.\n"
    ) == logs[2].page


def test_the_intent_is_noted_before_the_approval():
    def look(gitlab):
        seen.append(gitlab.find(ADA.id))

    seen = []

    Run(gitlab=AttentiveGitLab([ADA], meanwhile={"approve": look}), logs=(ListedAuditLog(),))()

    (noted,) = seen
    assert ("run-1", AccountState.PENDING) == (noted.note.run, noted.account.state)


def test_a_note_is_settled_only_when_its_entry_is_logged(log):
    def look(gitlab):
        seen.extend(log.usernames)

    seen = []

    Run(gitlab=AttentiveGitLab([ADA], meanwhile={"settle": look}), logs=(log,))()

    assert ["user1"] == seen


def test_a_second_run_changes_nothing(log):
    gitlab = AttentiveGitLab(EVERYBODY)
    Run(gitlab=gitlab, logs=(log,))()
    entries = list(log.records)

    done = Run(gitlab=gitlab, logs=(log,), number=2)()

    assert {4: "unchanged"} == outcomes(done)
    assert entries == log.records
    assert ((), ()) == (done.logged, done.recovered)


def test_nobody_waiting_is_nothing_to_do(log):
    done = Run(gitlab=AttentiveGitLab([]), logs=(log,))()

    assert Outcomes(results={}, brake=Brake(25, 0)) == done
    assert [] == log.records


@pytest.mark.parametrize("verdict", [Verdict.HOLD, Verdict.VETO, Verdict.WAIT])
def test_no_verdict_but_approve_lets_anybody_in(log, verdict):
    run = Run(gitlab=AttentiveGitLab([ADA]), logs=(log,))
    plan = run.look()
    (case,) = plan.cases
    judgement = attrs.evolve(case.judgement, verdict=verdict)

    done = run.act(attrs.evolve(plan, cases=(attrs.evolve(case, judgement=judgement),)))

    assert {1: "unchanged"} == outcomes(done)
    assert AccountState.PENDING is state(run.gitlab, ADA)


# -- accounts that changed since they were judged


@pytest.mark.parametrize(
    ("change", "outcome", "remark"),
    [
        ({"state": AccountState.ACTIVE}, "already-approved", "somebody else was quicker"),
        ({"state": AccountState.BLOCKED}, "withdrawn", "it is blocked now"),
        ({"state": AccountState.BANNED}, "withdrawn", "it is banned now"),
        (
            {"identities": (an_identity("Bob"),)},
            "withdrawn",
            "it carries other identities now",
        ),
        (
            {"identities": (an_identity("Ada"), an_identity("Bob"))},
            "withdrawn",
            "it carries other identities now",
        ),
        (
            {"identities": (an_identity("Ada"), an_identity("Ada"))},
            "withdrawn",
            "it carries other identities now",
        ),
        ({"identities": ()}, "withdrawn", "it carries other identities now"),
        ({"mark": ""}, "withdrawn", "an administrator has marked it since"),
        ({"mark": "spam"}, "withdrawn", "an administrator has marked it since"),
    ],
)
def test_whoever_changed_since_is_not_approved(log, change, outcome, remark):
    gitlab = AttentiveGitLab([ADA, BOB])
    run = Run(gitlab=gitlab, logs=(log,))
    plan = run.look()
    gitlab.put(attrs.evolve(ADA, **change))

    done = run.act(plan)

    assert Result(Outcome(outcome), remark) == done.results[ADA.id]
    assert attrs.evolve(ADA, **change) == gitlab.find(ADA.id).account
    assert ["user2"] == log.usernames
    assert () == gitlab.unfinished()


def test_the_order_of_identities_does_not_matter(log):
    both = (an_identity("Ada"), an_identity("ada", "ldapmain"))
    gitlab = AttentiveGitLab([attrs.evolve(ADA, identities=both)])
    run = Run(gitlab=gitlab, logs=(log,))
    plan = run.look()
    gitlab.put(attrs.evolve(ADA, identities=both[::-1]))

    assert {1: "approved"} == outcomes(run.act(plan))


def test_whoever_is_gone_is_withdrawn(log):
    plan = Run(gitlab=AttentiveGitLab([ADA]), logs=()).look()

    done = Run(gitlab=AttentiveGitLab([]), logs=(log,)).act(plan)

    assert {1: Result(Outcome.WITHDRAWN, "it does not exist any more")} == done.results
    assert [] == log.records


def test_a_new_username_is_the_one_that_is_logged(log):
    gitlab = AttentiveGitLab([ADA])
    run = Run(gitlab=gitlab, logs=(log,))
    plan = run.look()
    gitlab.put(attrs.evolve(ADA, username=Username("ada-renamed")))

    run.act(plan)

    assert ["ada-renamed"] == log.usernames


@pytest.mark.parametrize(
    ("becomes", "outcome"),
    [(AccountState.ACTIVE, "already-approved"), (AccountState.BLOCKED, "withdrawn")],
)
def test_if_somebody_is_quicker_the_own_note_is_withdrawn_and_nothing_logged(log, becomes, outcome):
    """Between the last look and the approval."""

    def be_quicker(gitlab):
        gitlab.put(attrs.evolve(ADA, state=becomes))

    gitlab = AttentiveGitLab([ADA, BOB], meanwhile={"approve": be_quicker})

    done = Run(gitlab=gitlab, logs=(log,))()

    assert {1: outcome, 2: "approved"} == outcomes(done)
    assert {1: Settled.WITHDRAWN, 2: Settled.LOGGED} == gitlab.endings
    assert ["user2"] == log.usernames


# -- what goes wrong


@pytest.mark.parametrize(
    ("kind", "remark", "is_noted"),
    [
        (GitLabThatRefusesApprovals, "gitlab gave no usable answer: 403 Forbidden", True),
        (GitLabThatLosesAnswers, "gitlab may or may not have done it: timed out", True),
        (
            GitLabThatTakesNoNotes,
            "gitlab gave no usable answer: 500 Internal Server Error",
            False,
        ),
    ],
)
def test_an_approval_that_fails_is_left_for_the_next_run(log, kind, remark, is_noted):
    """The others have their turn all the same."""
    gitlab = kind([ADA, BOB])

    done = Run(gitlab=gitlab, logs=(log,))()

    failed = Result(Outcome.FAILED, remark)
    assert {1: failed, 2: failed} == done.results
    assert [1, 2] * is_noted == [noted.account.id for noted in gitlab.unfinished()]
    assert [] == log.records
    assert {} == gitlab.endings


def test_without_a_note_nobody_is_approved(log):
    gitlab = GitLabThatTakesNoNotes([ADA])

    Run(gitlab=gitlab, logs=(log,))()

    assert (ADA,) == gitlab.pending()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (UnreachableAuditLog, f"audit_log gave no usable answer: {REFUSED}"),
        (AuditLogThatLosesAnswers, "audit_log may or may not have done it: timed out"),
    ],
)
@pytest.mark.parametrize("broken_first", [True, False])
def test_a_log_that_fails_does_not_keep_the_others_from_being_written(
    log, broken, said, broken_first
):
    gitlab = AttentiveGitLab([ADA])
    logs = (broken(), log) if broken_first else (log, broken())

    done = Run(gitlab=gitlab, logs=logs)()

    assert ["user1"] == log.usernames
    assert {1: "approved"} == outcomes(done)
    assert (said,) == done.unlogged
    assert [1] == [noted.account.id for noted in gitlab.unfinished()]


def test_notes_that_cannot_be_settled_are_said(log):
    gitlab = GitLabThatSettlesNothing([ADA, BOB])

    done = Run(gitlab=gitlab, logs=(log,))()

    said = (
        "the note on account {} is still open: gitlab gave no usable answer:"
        " 500 Internal Server Error"
    )
    assert {1: "approved", 2: "approved"} == outcomes(done)
    assert (said.format(1), said.format(2)) == done.open_notes
    assert () == done.unlogged


@pytest.mark.parametrize("starts", range(4))
def test_past_the_deadline_nobody_new_is_started(log, starts):
    """What was approved until then is logged and settled."""
    left = iter([True] * starts + [False] * 3)
    gitlab = AttentiveGitLab(EVERYBODY)

    done = Run(gitlab=gitlab, logs=(log,), may_start=lambda: next(left))()

    expected = dict.fromkeys((1, 2, 3, 4), "unchanged")
    assert expected | dict.fromkeys((1, 2, 3)[:starts], "approved") == outcomes(done)
    assert ["user1", "user2", "user3"][:starts] == log.usernames
    assert starts == len(gitlab.endings)
    assert (starts < 3) == done.cut_short


def test_whoever_need_not_be_approved_takes_no_time(log):
    done = Run(gitlab=AttentiveGitLab([DAN]), logs=(log,), may_start=lambda: False)()

    assert not done.cut_short


def test_without_the_queue_nothing_is_approved(log):
    done = Run(gitlab=GitLabThatHidesTheQueue([ADA]), logs=(log,))()

    assert ({}, []) == (done.results, log.records)
