"""Looks for newcomers, and what a process that watches remembers between full runs."""

from datetime import timedelta

import attrs
import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.domain.accounts import AccountId, Username
from glaab.domain.brake import Brake
from glaab.domain.errors import GITLAB
from glaab.domain.identity import Unchecked, Unproven
from glaab.domain.newcomers import ReviewNewcomers, WatchMemory
from glaab.domain.outcome import Outcome, Outcomes, Result
from glaab.domain.review import Plan, ReviewAccounts, Scope
from tests.builders import NOON, a_proof, an_account, sources
from tests.unit.doubles import REFUSED, UnreachableDirectory, UnreachableGitLab
from tests.unit.scenes import ADA, BOB, CYD, DAN, SIMPLE, Scene, a_directory, a_newcomer, verdicts

MEMORY = WatchMemory.at_start(NOON)
NEW = NOON - timedelta(minutes=5)


def new(account):
    return attrs.evolve(account, created_at=NEW)


def a_plan(*accounts, outages=None):
    """One by which all are proven and trusted."""
    cases = Scene(directory=a_directory(tools=["ada", "bob", "cyd", "dan"])).look(*accounts).cases
    proofs = {each.id: a_proof(each.username) for each in accounts}
    return Plan(cases=cases, outages=outages or {}, asked=frozenset(), own_proofs=proofs)


def outcomes(*pairs, brake=None):
    results = {account.id: Result(outcome) for account, outcome in pairs}
    return Outcomes(results=results, brake=brake or Brake(25))


STOPPED = Brake(25, would_approve=26)


class TestWatchMemory:
    def test_at_the_start_nobody_is_judged_and_looks_reach_ten_minutes_back(self):
        assert NOON - timedelta(minutes=10) == MEMORY.created_after
        assert (ADA, BOB) == MEMORY.newcomers([ADA, BOB])

    def test_whom_a_look_has_judged_is_no_newcomer(self):
        memory = MEMORY.after_look(a_plan(ADA), outcomes((ADA, Outcome.UNCHANGED)))

        assert (BOB,) == memory.newcomers([ADA, BOB])
        assert MEMORY.created_after == memory.created_after

    def test_looks_after_a_full_run_reach_back_to_ten_minutes_before_it(self):
        """Whom it has judged is no newcomer; what looks have judged before is forgotten."""
        looked = MEMORY.after_look(a_plan(ADA), outcomes((ADA, Outcome.APPROVED)))

        memory = looked.after_full_run(
            a_plan(BOB), outcomes((BOB, Outcome.UNCHANGED)), NOON + timedelta(hours=1)
        )

        assert NOON + timedelta(minutes=50) == memory.created_after
        assert {BOB.id} == memory.judged
        assert 0 == memory.approved_by_looks

    def test_a_full_run_that_could_not_read_the_queue_changes_nothing(self):
        stands = MEMORY.after_look(a_plan(ADA), outcomes((ADA, Outcome.UNCHANGED), brake=STOPPED))

        unread = Plan(outages={GITLAB: REFUSED}, asked=frozenset())

        assert stands == stands.after_full_run(unread, outcomes(), NOON + timedelta(hours=1))

    def test_who_still_waits_is_remembered_with_who_they_are(self):
        """Also who was withdrawn: marked since, or with another identity, but pending still."""
        plan = a_plan(ADA, BOB, CYD, DAN)
        done = outcomes(
            (ADA, Outcome.UNCHANGED),
            (BOB, Outcome.APPROVED),
            (CYD, Outcome.WITHDRAWN),
            (DAN, Outcome.FAILED),
        )

        remembered = {each: a_proof(each.username) for each in (ADA, CYD, DAN)}
        assert remembered == MEMORY.after_look(plan, done).people
        assert remembered == MEMORY.after_full_run(plan, done, NOON).people

    def test_whose_identity_could_not_be_looked_up_is_remembered_until_it_is(self):
        unchecked = Unchecked("it is down")
        plan = attrs.evolve(a_plan(ADA, BOB), own_proofs={ADA.id: unchecked, BOB.id: unchecked})
        done = outcomes((ADA, Outcome.UNCHANGED), (BOB, Outcome.UNCHANGED))

        memory = MEMORY.after_full_run(plan, done, NOON)
        assert ({ADA, BOB}, {}) == (memory.unchecked, memory.people)

        found = a_proof("ada")
        proofs = {ADA.id: found, BOB.id: unchecked, CYD.id: Unproven("nobody")}
        memory = memory.after_look(
            attrs.evolve(a_plan(CYD), own_proofs=proofs), outcomes((CYD, Outcome.UNCHANGED))
        )
        assert ({BOB}, {ADA: found}) == (memory.unchecked, memory.people)

    def test_a_look_that_finds_nobody_changes_nothing(self):
        assert MEMORY == MEMORY.after_look(a_plan(), outcomes())

    def test_it_knows_the_queue_once_a_full_run_has_read_it(self):
        unread = Plan(outages={GITLAB: REFUSED}, asked=frozenset())

        assert not MEMORY.after_full_run(unread, outcomes(), NOON).knows_queue
        assert MEMORY.after_full_run(a_plan(), outcomes(), NOON).knows_queue


class TestBrake:
    def test_looks_and_the_next_full_run_count_what_looks_have_approved(self):
        """What failed may have happened."""
        done = outcomes((ADA, Outcome.APPROVED), (BOB, Outcome.FAILED), (DAN, Outcome.UNCHANGED))
        memory = MEMORY.after_look(a_plan(ADA, BOB, DAN), done)

        assert 23 == memory.brake_for_look(25).allowed
        assert 23 == memory.brake_for_full_run(25).allowed

    @pytest.mark.parametrize("would_approve", [0, 1, 25])
    def test_while_it_stands_looks_approve_nobody(self, would_approve):
        memory = MEMORY.after_look(a_plan(ADA), outcomes((ADA, Outcome.UNCHANGED), brake=STOPPED))

        brake = attrs.evolve(memory.brake_for_look(25), would_approve=would_approve)

        assert memory.brake_stands
        assert bool(would_approve) == brake.stopped

    @pytest.mark.parametrize(("would_approve", "stands"), [(0, False), (25, False), (26, True)])
    def test_a_full_run_that_counts_at_most_the_limit_releases_it(self, would_approve, stands):
        memory = MEMORY.after_look(a_plan(ADA), outcomes((ADA, Outcome.UNCHANGED), brake=STOPPED))
        brake = attrs.evolve(memory.brake_for_full_run(25), would_approve=would_approve)

        memory = memory.after_full_run(a_plan(), outcomes(brake=brake), NOON)

        assert stands == memory.brake_stands

    def test_a_look_that_is_not_stopped_does_not_release_it(self):
        memory = MEMORY.after_look(a_plan(ADA), outcomes((ADA, Outcome.UNCHANGED), brake=STOPPED))

        done = outcomes((BOB, Outcome.UNCHANGED), brake=memory.brake_for_look(25))
        assert memory.after_look(a_plan(BOB), done).brake_stands


class TestReviewNewcomers:
    @staticmethod
    def look(gitlab, memory=MEMORY, *, directory=None, made=None):
        """What comes of a look; each review that is made is put into *made*."""
        scene = Scene(directory=directory or a_directory(tools=["ada", "bob"]))

        def review():
            if made is not None:
                made.append("a review")
            return ReviewAccounts(
                sources=sources(scene.directory, scene.phabricator, scene.gerrit),
                policy=SIMPLE,
                scope=Scope.MINIMAL,
                confirm_at_most=25,
            )

        return ReviewNewcomers(gitlab=gitlab, review=review)(memory)

    def test_whoever_is_new_is_judged(self):
        memory = attrs.evolve(MEMORY, judged=frozenset({BOB.id}))

        plan = self.look(InMemoryGitLab([new(ADA), new(BOB), DAN]), memory)

        assert {"Ada": "approve"} == verdicts(plan)
        assert GITLAB in plan.asked

    def test_where_nobody_is_new_no_review_is_made(self):
        made = []

        plan = self.look(InMemoryGitLab([ADA]), made=made)

        assert Plan(outages={}, asked=frozenset({GITLAB})) == plan
        assert [] == made

    def test_a_gitlab_that_gives_no_answer_is_an_outage(self):
        plan = self.look(UnreachableGitLab())

        assert Plan(outages={GITLAB: REFUSED}, asked=frozenset({GITLAB})) == plan

    def test_whoever_cannot_be_looked_up_waits(self):
        plan = self.look(InMemoryGitLab([new(ADA)]), directory=UnreachableDirectory())

        assert {"Ada": "wait"} == verdicts(plan)

    def test_who_carries_another_identity_than_when_judged_is_looked_up_again(self):
        """So that a newcomer who is that person now is held."""
        before = attrs.evolve(new(ADA), identities=DAN.identities)
        judged = self.look(InMemoryGitLab([before]))
        memory = MEMORY.after_look(judged, outcomes((before, Outcome.UNCHANGED)))
        twin = new(a_newcomer(9, "ADA"))

        (case,) = self.look(InMemoryGitLab([new(ADA), twin]), memory).cases

        assert "2 accounts that wait prove to be the same person" in case.proof.reason

    def test_the_same_person_as_somebody_who_could_not_be_looked_up_is_held(self):
        """Who is behind the other is looked up now."""
        twin = new(a_newcomer(9, "ADA"))
        memory = attrs.evolve(MEMORY, judged=frozenset({ADA.id}), unchecked=frozenset({ADA}))

        (case,) = self.look(InMemoryGitLab([ADA, twin]), memory).cases

        assert "2 accounts that wait prove to be the same person" in case.proof.reason

    def test_the_same_person_as_somebody_who_is_not_listed_any_more_is_held(self):
        """A look lists the newest alone; who waits longer waits all the same."""
        first = self.look(InMemoryGitLab([new(ADA)]))
        memory = MEMORY.after_look(first, outcomes((new(ADA), Outcome.UNCHANGED)))
        twin = new(a_newcomer(9, "ADA"))

        (case,) = self.look(InMemoryGitLab([twin]), memory).cases

        assert "2 accounts that wait prove to be the same person" in case.proof.reason

    def test_the_same_person_as_somebody_who_was_judged_is_held(self):
        """As those are who wait in one full run, also if the other is held for that."""
        first = self.look(InMemoryGitLab([new(ADA)]))
        memory = MEMORY.after_look(first, outcomes((new(ADA), Outcome.UNCHANGED)))
        twin = new(a_newcomer(9, "ADA"))

        plan = self.look(InMemoryGitLab([new(ADA), twin]), memory)
        (case,) = plan.cases
        memory = memory.after_look(plan, outcomes((twin, Outcome.UNCHANGED)))
        third = an_account(
            id=AccountId(10),
            username=Username("third"),
            created_at=NEW,
            identities=(attrs.evolve(ADA.identities[0], extern_uid="aDa"),),
        )
        (third_case,) = self.look(InMemoryGitLab([new(ADA), twin, third]), memory).cases

        assert "2 accounts that wait prove to be the same person" in case.proof.reason
        assert "3 accounts that wait prove to be the same person" in third_case.proof.reason
