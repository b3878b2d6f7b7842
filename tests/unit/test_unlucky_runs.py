"""What goes wrong in a run is said, and left for the next one."""

import attrs
import pytest

from glaab.domain.accounts import AccountState
from glaab.domain.outcome import Outcome, Result
from glaab.domain.ports import NoteStatus, RunId
from tests.builders import a_record
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
from tests.unit.scenes import ADA, BOB, DAN, EVERYBODY, Run, outcomes


@pytest.fixture
def log():
    return ListedAuditLog()


def state(gitlab, account):
    return gitlab.find(account.id).account.state


def test_what_was_refused_is_not_taken_for_an_approval_later(log):
    """Somebody else's approval afterwards is not this run's: the note is withdrawn."""
    gitlab = GitLabThatRefusesApprovals([ADA])
    Run(gitlab=gitlab, logs=(log,))()
    gitlab.put(attrs.evolve(ADA, state=AccountState.ACTIVE))

    Run(gitlab=gitlab, logs=(log,), number=2)()

    assert ({ADA.id: NoteStatus.WITHDRAWN}, []) == (gitlab.endings, log.records)


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(
            lambda gitlab: gitlab.put(attrs.evolve(ADA, state=AccountState.ACTIVE)), id="approved"
        ),
        pytest.param(
            lambda gitlab: gitlab.note(a_record(account_id=ADA.id, run=RunId("run-2"))), id="noted"
        ),
        pytest.param(lambda gitlab: gitlab.remove(ADA.id), id="deleted"),
    ],
)
def test_a_refusal_withdraws_no_note_that_may_matter(log, meanwhile):
    """Another run may have approved it, or be about to; whoever is gone has no note."""
    gitlab = GitLabThatRefusesApprovals([ADA], meanwhile={"approve": meanwhile})

    Run(gitlab=gitlab, logs=(log,))()

    assert {} == gitlab.endings


def test_a_refusal_after_which_nothing_can_be_read_leaves_the_note(log):
    gitlab = GitLabThatSettlesNothing([ADA])
    gitlab.approve = GitLabThatRefusesApprovals([]).approve

    done = Run(gitlab=gitlab, logs=(log,))()

    refused = Result(Outcome.FAILED, "gitlab gave no usable answer: 403 Forbidden")
    assert {ADA.id: refused} == done.results
    assert [ADA.id] == [noted.account.id for noted in gitlab.open_notes()]


@pytest.mark.parametrize(
    ("kind", "remark", "is_noted"),
    [
        (GitLabThatRefusesApprovals, "gitlab gave no usable answer: 403 Forbidden", False),
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
    assert [1, 2] * is_noted == [noted.account.id for noted in gitlab.open_notes()]
    assert [] == log.records
    assert NoteStatus.LOGGED not in gitlab.endings.values()


def test_without_a_note_nobody_is_approved(log):
    gitlab = GitLabThatTakesNoNotes([ADA])

    Run(gitlab=gitlab, logs=(log,))()

    assert (ADA,) == gitlab.pending()


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (UnreachableAuditLog, f"audit_log gave no usable answer: {REFUSED}"),
        (AuditLogThatLosesAnswers, "audit_log may or may not have done it: timed out"),
    ],
)
@pytest.mark.parametrize("broken_first", [True, False])
def test_a_log_that_fails_does_not_keep_the_others_from_being_written(
    log, broken, message, broken_first
):
    gitlab = AttentiveGitLab([ADA])
    logs = (broken(), log) if broken_first else (log, broken())

    done = Run(gitlab=gitlab, logs=logs)()

    assert ["user1"] == log.usernames
    assert {1: "approved"} == outcomes(done)
    assert (message,) == done.log_failures
    assert [1] == [noted.account.id for noted in gitlab.open_notes()]


def test_notes_that_cannot_be_settled_are_said(log):
    gitlab = GitLabThatSettlesNothing([ADA, BOB])

    done = Run(gitlab=gitlab, logs=(log,))()

    message = (
        "the note on account {} is still open: gitlab gave no usable answer:"
        " 500 Internal Server Error"
    )
    assert {1: "approved", 2: "approved"} == outcomes(done)
    assert (message.format(1), message.format(2)) == done.notes_left_open
    assert () == done.log_failures


def test_past_the_deadline_one_note_that_cannot_be_settled_is_enough(log):
    """Each failure may take as long as a request may; the next run closes what is left."""
    may_start = iter([True, True, False])
    gitlab = GitLabThatSettlesNothing([ADA, BOB])

    done = Run(gitlab=gitlab, logs=(log,), may_start=lambda: next(may_start))()

    first, second = done.notes_left_open
    assert "500 Internal Server Error" in first
    assert "the note on account 2 is still open: there was no time left to try" == second
    assert ["user1", "user2"] == log.usernames


@pytest.mark.parametrize("starts", range(4))
def test_past_the_deadline_nobody_new_is_started(log, starts):
    """What was approved until then is logged and settled; the others are told why they wait."""
    left = iter([True] * starts + [False] * 3)
    gitlab = AttentiveGitLab(EVERYBODY)

    done = Run(gitlab=gitlab, logs=(log,), may_start=lambda: next(left))()

    expected = dict.fromkeys((1, 2, 3, 4), "unchanged")
    assert expected | dict.fromkeys((1, 2, 3)[:starts], "approved") == outcomes(done)
    assert ["user1", "user2", "user3"][:starts] == log.usernames
    assert starts == len(gitlab.endings)
    assert (starts < 3) == done.cut_short
    remarks = ["there was no time left; the next run looks again"]
    assert remarks * (3 - starts) == [each.remark for each in done.results.values() if each.remark]


def test_whoever_need_not_be_approved_takes_no_time(log):
    done = Run(gitlab=AttentiveGitLab([DAN]), logs=(log,), may_start=lambda: False)()

    assert not done.cut_short


def test_without_the_queue_nothing_is_approved(log):
    done = Run(gitlab=GitLabThatHidesTheQueue([ADA]), logs=(log,))()

    assert ({}, []) == (done.results, log.records)
