"""Acting: who is let in, who is not, and what is said about it."""

import attrs
import pytest

from glaab.adapters.mediawiki.memory import InMemoryAuditLog
from glaab.domain.accounts import AccountState, Username
from glaab.domain.brake import Brake
from glaab.domain.outcome import Outcome, Outcomes, Result
from glaab.domain.policy import Verdict, judge
from glaab.domain.ports import NoteStatus, RunId
from tests.builders import GITLAB_URL, a_record, an_identity, an_unreadable_account
from tests.log_lines import a_log_line
from tests.unit.doubles import (
    AttentiveGitLab,
    GitLabThatRefusesApprovals,
    ListedAuditLog,
)
from tests.unit.scenes import ADA, BOB, DAN, EVERYBODY, SIMPLE, Run, outcomes


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
    assert dict.fromkeys((1, 2, 3), NoteStatus.LOGGED) == gitlab.endings
    assert ((), (), False) == (done.log_failures, done.notes_left_open, done.cut_short)
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
    logs = (ListedAuditLog(), ListedAuditLog(), InMemoryAuditLog(GITLAB_URL))

    done = Run(gitlab=AttentiveGitLab([ADA]), logs=logs)()

    assert list(done.unlogged) == logs[0].records == logs[1].records
    assert (f"=== 2026-11-22 ===\n{a_log_line('user1', when='12:01')}\n") == logs[2].page


def test_the_intent_is_noted_before_the_approval():
    def look(gitlab):
        seen.append(gitlab.find(ADA.id))

    seen = []

    Run(gitlab=AttentiveGitLab([ADA], meanwhile={"approve": look}), logs=(ListedAuditLog(),))()

    (noted,) = seen
    assert ("run-1", AccountState.PENDING) == (noted.note.run, noted.account.state)


@pytest.mark.parametrize("ending", NoteStatus)
def test_a_closed_note_is_never_taken_for_an_open_one(log, ending):
    """Whoever waits again is approved under a note of this run, with its time."""
    gitlab = AttentiveGitLab([ADA], {ADA.id: a_record(account_id=ADA.id, run=RunId("run-0"))})
    gitlab.settle(ADA.id, ending)

    done = Run(gitlab=gitlab, logs=(log,))()

    assert {1: "approved"} == outcomes(done)
    (record,) = log.records
    assert ("run-1", "", "run-1") == (record.run, record.remark, gitlab.find(ADA.id).logged.run)


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
    assert ((), ()) == (done.unlogged, done.recovered)


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
    assert () == gitlab.open_notes()


def test_under_the_note_of_another_run_somebody_may_be_quicker_too(log):
    """That note is left alone."""

    def be_quicker(gitlab):
        gitlab.put(attrs.evolve(ADA, state=AccountState.ACTIVE))

    notes = {ADA.id: a_record(account_id=ADA.id, run=RunId("run-0"))}
    gitlab = AttentiveGitLab([ADA], notes, meanwhile={"approve": be_quicker})

    done = Run(gitlab=gitlab, logs=(log,))()

    assert {1: "already-approved"} == outcomes(done)
    assert ("run-0", {}, []) == (gitlab.find(ADA.id).note.run, gitlab.endings, log.records)


def test_a_note_that_another_run_took_over_is_left_alone(log):
    """Between the own note and the approval; the other run will log it."""

    def take_over(gitlab):
        gitlab.put(attrs.evolve(ADA, state=AccountState.ACTIVE))
        gitlab.note(a_record(account_id=ADA.id, run=RunId("run-2")))

    gitlab = AttentiveGitLab([ADA], meanwhile={"approve": take_over})

    done = Run(gitlab=gitlab, logs=(log,))()

    assert {1: "already-approved"} == outcomes(done)
    assert ("run-2", {}, []) == (gitlab.find(ADA.id).note.run, gitlab.endings, log.records)


def test_whoever_vanishes_while_being_approved_is_withdrawn(log):
    gitlab = AttentiveGitLab([ADA], meanwhile={"approve": lambda gitlab: gitlab.remove(ADA.id)})

    done = Run(gitlab=gitlab, logs=(log,))()

    assert {1: Result(Outcome.WITHDRAWN, "it is not pending any more")} == done.results
    assert [] == log.records


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
    assert {1: NoteStatus.WITHDRAWN, 2: NoteStatus.LOGGED} == gitlab.endings
    assert ["user2"] == log.usernames


# -- what goes wrong


# -- accounts that cannot be understood when they are looked at again


def test_whoever_cannot_be_understood_any_more_is_not_approved(log):
    """Nothing is written; the next run looks again."""
    gitlab = AttentiveGitLab([ADA, BOB])
    run = Run(gitlab=gitlab, logs=(log,))
    plan = run.look()
    spoilt = an_unreadable_account(id=ADA.id, identities=ADA.identities)
    gitlab.put(spoilt)

    done = run.act(plan)

    said = f"gitlab gave no usable answer: {spoilt.trouble}"
    assert Result(Outcome.FAILED, said) == done.results[ADA.id]
    assert ["user2"] == log.usernames
    assert spoilt == gitlab.find(ADA.id).account
    assert () == gitlab.open_notes()


def test_a_note_on_whoever_cannot_be_understood_any_more_is_left_open(log):
    def be_spoilt(gitlab):
        state = AccountState.ACTIVE
        gitlab.put(an_unreadable_account(id=ADA.id, state=state, identities=ADA.identities))

    gitlab = GitLabThatRefusesApprovals([ADA], meanwhile={"approve": be_spoilt})

    done = Run(gitlab=gitlab, logs=(log,))()

    assert {1: "failed"} == outcomes(done)
    assert [ADA.id] == [noted.account.id for noted in gitlab.open_notes()]


def test_whoever_is_deleted_before_the_note_is_withdrawn(log):
    """Nothing failed: there is nobody to approve."""
    gitlab = AttentiveGitLab([ADA, BOB], meanwhile={"note": lambda gitlab: gitlab.remove(ADA.id)})

    done = Run(gitlab=gitlab, logs=(log,))()

    assert Result(Outcome.WITHDRAWN, "it does not exist any more") == done.results[ADA.id]
    assert ["user2"] == log.usernames
