"""Nothing is lost: what a run leaves undone, a later one finishes, once."""

import attrs
import pytest

from glaab.adapters.mediawiki.memory import InMemoryAuditLog
from glaab.domain.accounts import AccountState, Username
from glaab.domain.outcome import Outcome, Outcomes, Result, preview
from glaab.domain.ports import AccountWithNote, ApprovalRecord, NoteStatus, RunId, Unreadable
from glaab.domain.recovery import unlogged_approvals
from glaab.domain.review import Plan
from tests.builders import GITLAB_URL, NOON, a_record, an_unreadable_account
from tests.log_lines import a_log_line
from tests.unit.doubles import (
    AttentiveGitLab,
    AuditLogThatObjects,
    Blackout,
    Fuse,
    GitLabThatHidesTheQueue,
    GitLabThatSettlesNothing,
    ListedAuditLog,
    MortalAuditLog,
    MortalGitLab,
    UnreachableAuditLog,
    UnreachableDirectory,
)
from tests.unit.scenes import ADA, BOB, CYD, DAN, Run, Scene, a_directory, outcomes

UNTRUSTED = Scene(directory=a_directory(tools=["eve"]))
NOTE = a_record(account_id=ADA.id, username=ADA.username, run=RunId("run-0"))


def in_state(state, account=ADA):
    return attrs.evolve(account, state=AccountState(state))


@pytest.fixture
def log():
    return ListedAuditLog()


def test_an_approval_that_was_not_logged_is_logged_with_the_time_of_its_note(log):
    """The username is the one of then, whatever the account is called now."""
    renamed = attrs.evolve(in_state("active"), username=Username("ada-renamed"))
    gitlab = AttentiveGitLab([renamed], {ADA.id: NOTE})

    done = Run(gitlab=gitlab, logs=(log,), number=9)()

    (record,) = log.records
    assert {1: "recovered"} == outcomes(done)
    assert (NOTE.at, NOTE.username, NOTE.run) == (record.at, record.username, record.run)
    assert (NOTE.because, NOTE.proof, NOTE.evidence) == (
        record.because,
        record.proof,
        record.evidence,
    )
    assert "a person may have approved the account in the same moment" in record.remark
    assert {ADA.id: NoteStatus.LOGGED} == gitlab.endings


def test_an_entry_from_a_note_that_was_shortened_says_so(log):
    """It cannot be judged again from what is left of it."""
    note = attrs.evolve(NOTE, remark="not all fitted")
    gitlab = AttentiveGitLab([in_state("active")], {ADA.id: note})

    Run(gitlab=gitlab, logs=(log,), number=9)()

    assert log.records[0].remark.endswith("in the same moment; not all fitted")


@pytest.mark.parametrize("state", ["blocked", "banned", "deactivated", "ldap_blocked"])
def test_of_an_account_in_another_state_the_outcome_is_not_known(state):
    log = InMemoryAuditLog(GITLAB_URL)
    gitlab = AttentiveGitLab([in_state(state)], {ADA.id: NOTE})

    done = Run(gitlab=gitlab, logs=(log,), number=9)()

    assert {1: "recovered"} == outcomes(done)
    assert a_log_line("user1", when="12:00", found=AccountState(state)) in log.page


@pytest.mark.parametrize("note", [Unreadable("it is no JSON"), None])
def test_a_note_that_cannot_be_understood_is_logged_with_what_is_known(note):
    noted = AccountWithNote(in_state("active"), note)
    plan = Plan(open_notes=(noted,), outages={}, asked=frozenset())
    gitlab = AttentiveGitLab([noted.account])
    log = ListedAuditLog()

    done = Run(gitlab=gitlab, logs=(log,), number=9).act(plan)

    (record,) = log.records
    reason = note.reason if note else "there is none"
    assert (
        Result(
            Outcome.RECOVERED, f"the note of the run that approved it could not be read: {reason}"
        )
        == done.results[ADA.id]
    )
    assert (ADA.id, ADA.username, ADA.created_at, ()) == (
        record.account_id,
        record.username,
        record.created_at,
        record.because,
    )
    assert (None, (), AccountState.ACTIVE) == (record.proof, record.evidence, record.found)
    assert Run(gitlab=gitlab, logs=(), number=9).now() == record.at
    assert {ADA.id: NoteStatus.LOGGED} == gitlab.endings


def unlogged_for(note, account) -> ApprovalRecord:
    plan = Plan(open_notes=(AccountWithNote(account, note),), outages={}, asked=frozenset())
    (record,) = unlogged_approvals(plan, lambda: NOON)
    return record


@pytest.mark.parametrize(("note", "why"), [(Unreadable("ink"), "ink"), (None, "there is none")])
def test_of_a_note_that_cannot_be_read_the_entry_says_what_is_known(note, why):
    blocked = in_state("blocked")

    expected = ApprovalRecord(
        at=NOON,
        account_id=blocked.id,
        username=blocked.username,
        created_at=blocked.created_at,
        because=(),
        proof=None,
        evidence=(),
        run=RunId("unknown"),
        policy="unknown",
        version="unknown",
        found=AccountState.BLOCKED,
        remark=f"the note of the run that approved it could not be read: {why}",
    )
    assert expected == unlogged_for(note, blocked)


def test_of_a_note_that_can_be_read_the_entry_is_the_note():
    expected = attrs.evolve(
        NOTE,
        found=AccountState.BLOCKED,
        remark="logged by a later run than run-0, which noted the approval and did not log it;"
        " a person may have approved the account in the same moment",
    )

    assert expected == unlogged_for(NOTE, in_state("blocked"))


def test_a_dry_run_dates_what_it_cannot_read():
    noted = AccountWithNote(in_state("blocked"), None)
    plan = Plan(open_notes=(noted,), outages={}, asked=frozenset())

    (record,) = preview(plan, 25, lambda: NOON).recovered

    assert NOON == record.at


def test_whoever_still_waits_and_is_still_trusted_is_approved_under_the_time_of_the_first_note(log):
    gitlab = AttentiveGitLab([ADA], {ADA.id: NOTE})

    done = Run(gitlab=gitlab, logs=(log,), number=9)()

    (record,) = log.records
    assert {1: "approved"} == outcomes(done)
    assert (NOTE.at, "run-9") == (record.at, record.run)
    assert "approved later than it says: at that time run run-0 had noted it" == record.remark
    assert (ADA.id, ("Toolforge member",)) == (record.account_id, record.because)
    assert {ADA.id: NoteStatus.LOGGED} == gitlab.endings


def test_a_note_of_another_run_keeps_its_username(log):
    """As another run may have written it into a log."""
    renamed = attrs.evolve(ADA, username=Username("ada-now"))
    note = attrs.evolve(NOTE, username=Username("ada-then"))

    Run(gitlab=AttentiveGitLab([renamed], {ADA.id: note}), logs=(log,))()

    assert ["ada-then"] == log.usernames


def test_the_note_of_another_run_is_left_standing_until_the_approval():
    def look(gitlab):
        seen.append(gitlab.find(ADA.id).note)

    seen = []
    gitlab = AttentiveGitLab([ADA], {ADA.id: NOTE}, meanwhile={"approve": look})

    Run(gitlab=gitlab, logs=(ListedAuditLog(),), number=9)()

    assert [NOTE] == seen


def test_an_unreadable_note_is_replaced_before_the_approval(log):
    def look(gitlab):
        seen.append(gitlab.find(ADA.id).note.run)

    seen = []
    notes = {ADA.id: Unreadable("it is no JSON")}
    gitlab = AttentiveGitLab([ADA], notes, meanwhile={"approve": look})

    Run(gitlab=gitlab, logs=(log,), number=9)()

    assert (["run-9"], ["user1"]) == (seen, log.usernames)


def test_whoever_still_waits_and_is_trusted_no_more_loses_the_note(log):
    """It is judged afresh like anybody else."""
    gitlab = AttentiveGitLab([ADA, DAN], {ADA.id: NOTE})

    run = Run(gitlab=gitlab, logs=(log,), scene=UNTRUSTED)
    foreseen = run.preview()

    done = run()

    withdrawn = "an earlier run was about to approve it, and its note on that is withdrawn"
    assert {
        ADA.id: Result(Outcome.UNCHANGED, withdrawn),
        DAN.id: Result(Outcome.UNCHANGED),
    } == done.results
    assert foreseen.results == done.results
    assert {ADA.id: NoteStatus.WITHDRAWN} == gitlab.endings
    assert [] == log.records


@pytest.mark.parametrize(
    ("change", "result", "open_notes"),
    [
        (
            lambda gitlab: gitlab.put(in_state("active")),
            Result(Outcome.ALREADY_APPROVED, "somebody else was quicker"),
            [ADA.id],
        ),
        (
            lambda gitlab: gitlab.put(in_state("banned")),
            Result(Outcome.WITHDRAWN, "it is banned now"),
            [ADA.id],
        ),
        (
            lambda gitlab: gitlab.remove(ADA.id),
            Result(Outcome.WITHDRAWN, "it does not exist any more"),
            [],
        ),
    ],
    ids=["approved", "banned", "deleted"],
)
def test_a_note_is_withdrawn_only_from_who_still_waits(log, change, result, open_notes):
    """Another run may have approved it since the look, and owe the entry."""
    gitlab = AttentiveGitLab([ADA], {ADA.id: NOTE})
    run = Run(gitlab=gitlab, logs=(log,), scene=UNTRUSTED)
    plan = run.look()
    change(gitlab)

    done = run.act(plan)

    assert {ADA.id: result} == done.results
    assert {} == gitlab.endings
    assert open_notes == [noted.account.id for noted in gitlab.open_notes()]


def test_whoever_has_to_wait_keeps_the_note(log):
    """Perhaps another run is about to approve, and only its note would tell of it."""
    gitlab = AttentiveGitLab([ADA], {ADA.id: NOTE})

    Run(gitlab=gitlab, logs=(log,), scene=Scene(directory=UnreachableDirectory()))()

    assert {} == gitlab.endings
    assert NOTE == gitlab.find(ADA.id).note


def test_a_note_that_cannot_be_withdrawn_is_said(log):
    """Once, and not that it is withdrawn."""
    gitlab = GitLabThatSettlesNothing([ADA], {ADA.id: NOTE})

    done = Run(gitlab=gitlab, logs=(log,), scene=UNTRUSTED)()

    assert {ADA.id: Result(Outcome.UNCHANGED)} == done.results
    (message,) = done.notes_left_open
    assert message.startswith("the note on account 1 is still open: ")


@pytest.mark.parametrize("limit", [0, 1])
def test_unfinished_business_is_finished_although_the_brake_stops_the_run(log, limit):
    """The note of whoever still waits and is trusted stays as well."""
    notes = {each.id: attrs.evolve(NOTE, account_id=each.id) for each in (ADA, BOB)}
    gitlab = AttentiveGitLab([in_state("active"), BOB, CYD], notes)

    done = Run(gitlab=gitlab, logs=(log,), limit=limit)()

    assert done.brake.stopped
    assert {1: "recovered", 2: "unchanged", 3: "unchanged"} == outcomes(done)
    assert ["user1"] == log.usernames
    assert [BOB.id] == [noted.account.id for noted in gitlab.open_notes()]


def test_unfinished_business_is_finished_although_the_queue_cannot_be_read(log):
    """A note on an account whose verdict is not known is left alone."""
    notes = {each.id: attrs.evolve(NOTE, account_id=each.id) for each in (ADA, BOB)}
    gitlab = GitLabThatHidesTheQueue([in_state("active"), BOB], notes)

    done = Run(gitlab=gitlab, logs=(log,))()

    assert {1: "recovered"} == outcomes(done)
    assert [BOB.id] == [noted.account.id for noted in gitlab.open_notes()]


def test_a_log_that_was_down_gets_its_entries_from_the_next_run(log):
    """Exactly once; the log that was up does not get them again."""
    broken = UnreachableAuditLog()
    gitlab = AttentiveGitLab([ADA, BOB])
    Run(gitlab=gitlab, logs=(log, broken))()
    broken.repaired = True

    done = Run(gitlab=gitlab, logs=(log, broken), number=2)()

    assert {1: "recovered", 2: "recovered"} == outcomes(done)
    assert ["user1", "user2"] == log.usernames == broken.usernames
    assert [one.at for one in log.records] == [other.at for other in broken.records]
    assert () == gitlab.open_notes()


def test_as_long_as_a_log_is_down_notes_stay_open(log):
    gitlab = AttentiveGitLab([ADA])
    for number in range(1, 4):
        Run(gitlab=gitlab, logs=(log, UnreachableAuditLog()), number=number)()

    assert (["user1"], 1) == (log.usernames, len(gitlab.open_notes()))


def test_an_entry_that_is_refused_keeps_no_other_note_open(log):
    """Whose entry is everywhere is done with; the one that a log objects to is tried again."""
    objecting = AuditLogThatObjects(ADA.id)
    gitlab = AttentiveGitLab([ADA, BOB])
    Run(gitlab=gitlab, logs=(objecting, log))()

    done = Run(gitlab=gitlab, logs=(objecting, log), number=2)()

    failed = Result(
        Outcome.FAILED,
        "approved earlier, not yet logged: audit_log gave no usable answer: it objects",
    )
    assert {ADA.id: failed} == done.results
    assert [ADA.id] == [noted.account.id for noted in gitlab.open_notes()]
    assert (["user2"], ["user1", "user2"]) == (objecting.usernames, log.usernames)


def test_all_logs_that_lack_an_entry_are_named(log):
    gitlab = AttentiveGitLab([ADA])
    logs = (AuditLogThatObjects(ADA.id), log, UnreachableAuditLog())
    Run(gitlab=gitlab, logs=logs)()

    done = Run(gitlab=gitlab, logs=logs, number=2)()

    reason = (
        "approved earlier, not yet logged: audit_log gave no usable answer: it objects;"
        " audit_log gave no usable answer: connection refused"
    )
    assert Result(Outcome.FAILED, reason) == done.results[ADA.id]


def test_what_could_not_be_logged_for_an_earlier_run_failed_for_its_reason(log):
    gitlab = AttentiveGitLab([in_state("active")], {ADA.id: NOTE})
    logs = (UnreachableAuditLog(), log, UnreachableAuditLog())

    done = Run(gitlab=gitlab, logs=logs)()

    reason = "audit_log gave no usable answer: connection refused"
    remark = f"approved earlier, not yet logged: {reason}; {reason}"
    assert {ADA.id: Result(Outcome.FAILED, remark)} == done.results
    assert done.recovered == done.not_logged


def test_what_could_not_be_settled_is_not_logged_twice(log):
    stubborn = GitLabThatSettlesNothing([ADA])
    Run(gitlab=stubborn, logs=(log,))()
    (noted,) = stubborn.open_notes()
    gitlab = AttentiveGitLab([noted.account], {ADA.id: noted.note})

    Run(gitlab=gitlab, logs=(log,), number=2)()

    assert (["user1"], ()) == (log.usernames, gitlab.open_notes())


def crash(gitlab, logs, blows_at):
    """A run whose process is gone at its *blows_at*-th step."""
    fuse = Fuse(blows_at)
    for mortal in (gitlab, *logs):
        mortal.fuse = fuse
    try:
        Run(gitlab=gitlab, logs=logs)()
    except Blackout:
        fuse = Fuse()
    for mortal in (gitlab, *logs):
        mortal.fuse = fuse
    return fuse.uses


STEPS = range(1, 18)


def test_a_run_of_two_approvals_has_as_many_steps_as_are_tried():
    gitlab, logs = MortalGitLab([ADA, BOB]), (MortalAuditLog(), MortalAuditLog())

    assert STEPS[-1] - 1 == crash(gitlab, logs, STEPS[-1])


@pytest.mark.parametrize("first", STEPS)
def test_whenever_a_run_dies_the_next_ones_finish_it(first):
    """Each approval has one entry in each log, and no note stays open, after two deaths, too."""
    for second in range(10):
        gitlab, logs = MortalGitLab([ADA, BOB, DAN]), (MortalAuditLog(), MortalAuditLog())
        crash(gitlab, logs, first)
        crash(gitlab, logs, second)

        Run(gitlab=gitlab, logs=logs, number=3)()

        assert [["user1", "user2"]] * 2 == [sorted(log.usernames) for log in logs]
        assert ((DAN,), ()) == (gitlab.pending(), gitlab.open_notes())


@pytest.mark.parametrize("moment", ["note", "approve", "settle"])
def test_two_runs_at_once_end_as_one(log, moment):
    """A second whole run comes between two steps of the first."""

    def run_again(gitlab):
        others.append(Run(gitlab=gitlab, logs=(log,), number=2)())

    others = []
    gitlab = AttentiveGitLab([ADA, BOB, DAN], meanwhile={moment: run_again})

    Run(gitlab=gitlab, logs=(log,))()
    Run(gitlab=gitlab, logs=(log,), number=3)()

    assert 1 == len(others)
    assert ["user1", "user2"] == sorted(log.usernames)
    assert ((DAN,), ()) == (gitlab.pending(), gitlab.open_notes())


def test_two_runs_with_the_same_plan_end_as_one(log):
    gitlab = AttentiveGitLab([ADA, BOB])
    runs = [Run(gitlab=gitlab, logs=(log,), number=number) for number in (1, 2)]
    plans = [run.look() for run in runs]

    first, second = (run.act(plan) for run, plan in zip(runs, plans, strict=True))

    assert {1: "approved", 2: "approved"} == outcomes(first)
    assert {1: "already-approved", 2: "already-approved"} == outcomes(second)
    assert ["user1", "user2"] == log.usernames


def test_a_dry_run_foresees_what_will_be_logged(log):
    gitlab = AttentiveGitLab([in_state("active"), BOB], {ADA.id: NOTE})
    run = Run(gitlab=gitlab, logs=(log,), number=9)

    foreseen = run.preview()

    assert {1: "would-recover", 2: "would-approve"} == outcomes(foreseen)
    assert foreseen.recovered == run().recovered


def test_foreseeing_unfinished_business_needs_no_cases():
    noted = AccountWithNote(in_state("active"), NOTE)
    plan = Plan(open_notes=(noted,), outages={}, asked=frozenset())

    foreseen = preview(plan, 0, lambda: NOON)

    assert isinstance(foreseen, Outcomes)
    assert {ADA.id: Result(Outcome.WOULD_RECOVER)} == foreseen.results
    assert not foreseen.brake.stopped


def test_a_note_on_an_account_that_cannot_be_understood_stays_open_and_is_said(log):
    """All others are finished; a dry run says the same."""
    spoilt = an_unreadable_account(id=ADA.id, state=AccountState.ACTIVE)
    notes = {key: attrs.evolve(NOTE, account_id=key) for key in (ADA.id, BOB.id)}
    gitlab = AttentiveGitLab([spoilt, in_state("active", BOB)], notes)
    run = Run(gitlab=gitlab, logs=(log,), number=9)

    foreseen, done = run.preview(), run()

    assert {2: "would-recover"} == outcomes(foreseen)
    assert {2: "recovered"} == outcomes(done)
    assert {BOB.id: NoteStatus.LOGGED} == gitlab.endings
    left = f"the note on account 1 is still open: {spoilt.trouble}"
    assert (left,) == done.notes_left_open == foreseen.notes_left_open


@pytest.mark.parametrize("state", [AccountState.PENDING, AccountState.UNKNOWN])
def test_a_note_on_an_account_that_waits_for_its_own_data_is_nothing_to_say(log, state):
    """That account is named anyway."""
    spoilt = an_unreadable_account(id=ADA.id, state=state)
    gitlab = AttentiveGitLab([spoilt], {ADA.id: NOTE})

    done = Run(gitlab=gitlab, logs=(log,), number=9)()

    assert {1: "unchanged"} == outcomes(done)
    assert ((), {}, []) == (done.notes_left_open, gitlab.endings, log.records)


def test_a_stale_note_is_not_withdrawn_from_whoever_cannot_be_understood_any_more(log):
    gitlab = AttentiveGitLab([ADA], {ADA.id: NOTE})
    run = Run(gitlab=gitlab, logs=(log,), scene=UNTRUSTED)
    plan = run.look()
    spoilt = an_unreadable_account(id=ADA.id)
    gitlab.put(spoilt)

    done = run.act(plan)

    (left,) = done.notes_left_open
    assert spoilt.trouble in left
    assert {} == gitlab.endings
