"""Looking: from waiting accounts to verdicts."""

import attrs
import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.errors import GITLAB
from glaab.domain.identity import Unchecked
from glaab.domain.policy import MARKED
from glaab.domain.ports import AccountWithNote
from glaab.domain.review import Plan, ReviewAccounts, ReviewPending, Scope
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from tests.builders import a_policy, a_record, an_account, an_unreadable_account, sources
from tests.unit.doubles import (
    REFUSED,
    DirectoryThatChangesServers,
    GitLabThatHidesTheQueue,
    UnreachableDirectory,
    UnreachableGerrit,
    UnreachableGitLab,
    UnreachablePhabricator,
)
from tests.unit.scenes import (
    ADA,
    ANY_OF_THREE,
    BOB,
    CYD,
    DAN,
    SIMPLE,
    TOOLFORGE,
    Scene,
    a_directory,
    a_gerrit,
    a_newcomer,
    a_phabricator,
    verdicts,
)


def test_each_account_gets_its_case_in_the_order_given():
    scene = Scene(
        directory=a_directory(tools=["ada"], locked=["bob"]),
        phabricator=a_phabricator(trusted=["Bob"]),
    )

    plan = scene.look(DAN, BOB, ADA)

    assert (DAN, BOB, ADA) == tuple(case.account for case in plan.cases)
    assert {"Dan": "wait", "Bob": "veto", "Ada": "approve"} == verdicts(plan)


def test_every_rule_that_is_satisfied_is_named_in_the_policys_order():
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(trusted=["Ada"]),
        gerrit=a_gerrit(trusted=["ada"]),
    )

    (case,) = scene.look(ADA).cases

    assert tuple(rule.name for rule in ANY_OF_THREE.rules) == case.judgement.because


@pytest.mark.parametrize(
    ("scene", "rule"),
    [
        (Scene(directory=a_directory(tools=["ada"])), "Toolforge member"),
        (Scene(phabricator=a_phabricator(trusted=["Ada"])), "Trusted (Phabricator)"),
        (Scene(gerrit=a_gerrit(trusted=["ADA"])), "Trusted (Gerrit)"),
    ],
)
def test_one_rule_is_enough(scene, rule):
    """Whatever cannot be looked up elsewhere (here: groups without members)."""
    (case,) = scene.look(ADA).cases

    assert ("approve", (rule,)) == (case.judgement.verdict, case.judgement.because)


@pytest.mark.parametrize(
    ("scene", "account"),
    [
        (Scene(directory=a_directory(tools=["ada"])), attrs.evolve(ADA, mark="spam")),
        (Scene(directory=a_directory(tools=["ada"])), attrs.evolve(ADA, mark="")),
        (Scene(directory=a_directory(tools=["ada"], locked=["ada"])), ADA),
        (
            Scene(
                directory=a_directory(tools=["ada"]), phabricator=a_phabricator(disabled=["Ada"])
            ),
            ADA,
        ),
        (Scene(directory=a_directory(tools=["ada"]), gerrit=a_gerrit(inactive=["ada"])), ADA),
    ],
)
def test_one_veto_is_enough(scene, account):
    assert {"Ada": "veto"} == verdicts(scene.look(account))


def test_a_lock_that_cannot_be_read_is_not_taken_for_no_lock():
    scene = Scene(directory=a_directory(tools=["ada"], hidden=["ada"]))

    assert {"Ada": "wait"} == verdicts(scene.look(ADA))


# -- systems that fail


def test_without_the_directory_everybody_waits():
    """Nobody is taken for a stranger because the directory is down."""
    scene = Scene(directory=UnreachableDirectory())

    plan = scene.look(ADA, BOB)

    assert {"Ada": "wait", "Bob": "wait"} == verdicts(plan)
    reason = f"directory gave no usable answer: {REFUSED}"
    assert {Unchecked(reason)} == {case.proof for case in plan.cases}
    assert {DIRECTORY: REFUSED} == plan.outages


def test_without_the_directory_whoever_signed_in_otherwise_is_still_held():
    """No directory could prove who they are."""
    scene = Scene(directory=UnreachableDirectory())

    (case,) = scene.look(an_account(identities=())).cases

    assert "hold" == case.judgement.verdict


@pytest.mark.parametrize(
    "scene",
    [
        Scene(directory=a_directory(tools=["bob"]), phabricator=UnreachablePhabricator()),
        Scene(directory=a_directory(tools=["bob"]), gerrit=UnreachableGerrit()),
    ],
)
def test_without_another_system_whoever_it_may_vouch_for_waits(scene):
    """And so does the trusted, against whom it may speak."""
    (system,) = scene.look(ADA, BOB).outages

    plan = scene.look(ADA, BOB)

    assert {"Ada": "wait", "Bob": "wait"} == verdicts(plan)
    assert {system: REFUSED} == plan.outages
    assert all(REFUSED in case.judgement.explanation for case in plan.cases)


def test_a_veto_that_was_found_beats_one_that_could_not_be_looked_up():
    scene = Scene(directory=a_directory(tools=["ada"], locked=["ada"]), gerrit=UnreachableGerrit())

    assert {"Ada": "veto"} == verdicts(scene.look(ADA))


@pytest.mark.parametrize("fails_at", range(1, 4))
@pytest.mark.parametrize("scope", Scope)
def test_when_the_directory_changes_servers_the_new_one_answers_everything(scope, fails_at):
    """What the first server said is forgotten: here it had a member and no lock."""
    directory = DirectoryThatChangesServers(
        a_directory(tools=["ada", "bob"]), a_directory(tools=["ada"], locked=["ada"]), fails_at
    )

    plan = Scene(directory=directory).look(ADA, BOB, scope=scope)

    assert {"Ada": "veto", "Bob": "wait"} == verdicts(plan)
    fresh = Scene(directory=a_directory(tools=["ada"], locked=["ada"]))
    assert fresh.look(ADA, BOB, scope=scope) == plan


# -- the queue


def review_pending(gitlab, scene=None):
    scene = scene or Scene(directory=a_directory(tools=["ada"]))
    review = ReviewAccounts(
        sources=sources(scene.directory, scene.phabricator, scene.gerrit),
        policy=a_policy(TOOLFORGE, vetoes=(MARKED,)),
        scope=Scope.MINIMAL,
        confirm_at_most=25,
    )
    return ReviewPending(gitlab=gitlab, review=review)()


def test_everybody_who_waits_is_looked_at_and_nobody_else():
    blocked = attrs.evolve(BOB, state=AccountState.BLOCKED)

    plan = review_pending(InMemoryGitLab([CYD, blocked, ADA]))

    assert {"Ada": "approve", "Cyd": "hold"} == verdicts(plan)
    assert frozenset({GITLAB, DIRECTORY}) == plan.asked
    assert {} == plan.outages


def test_unfinished_business_is_found_whatever_became_of_the_account():
    banned = attrs.evolve(BOB, state=AccountState.BANNED)
    notes = {account.id: a_record(account_id=account.id) for account in (ADA, banned)}

    plan = review_pending(InMemoryGitLab([ADA, banned], notes))

    assert (
        AccountWithNote(ADA, notes[ADA.id]),
        AccountWithNote(banned, notes[BOB.id]),
    ) == plan.open_notes
    assert {"Ada": "approve"} == verdicts(plan)


def test_an_empty_queue_asks_nobody_else():
    plan = review_pending(InMemoryGitLab([]))

    assert Plan(outages={}, asked=frozenset({GITLAB})) == plan


def test_without_gitlab_there_are_no_cases():
    plan = review_pending(UnreachableGitLab())

    assert Plan(outages={GITLAB: REFUSED}, asked=frozenset({GITLAB})) == plan


def test_without_the_queue_unfinished_business_is_still_known():
    active = attrs.evolve(ADA, state=AccountState.ACTIVE)
    gitlab = GitLabThatHidesTheQueue([active], {ADA.id: a_record(account_id=ADA.id)})

    plan = review_pending(gitlab)

    assert (AccountWithNote(active, a_record(account_id=ADA.id)),) == plan.open_notes
    assert ((), {GITLAB: REFUSED}) == (plan.cases, plan.outages)


def test_whoever_is_beside_may_prove_to_be_the_same_person():
    """As `explain` looks at one account of the queue; only that one gets a case."""
    twin = a_newcomer(5, "ada")
    scene = Scene(directory=a_directory(tools=["ada"]))
    review = ReviewAccounts(
        sources=sources(scene.directory, scene.phabricator, scene.gerrit),
        policy=SIMPLE,
        scope=Scope.FULL,
        confirm_at_most=25,
    )

    (case,) = review([ADA], beside=[ADA, twin, BOB]).cases

    assert ADA == case.account
    assert "hold" == case.judgement.verdict
    assert "@user1, @user5" in case.judgement.explanation
    assert "approve" == review([ADA], beside=[BOB]).cases[0].judgement.verdict


def test_whoever_cannot_be_understood_waits_and_everybody_else_is_judged():
    scene = Scene(directory=a_directory(tools=["ada", "bob"]))
    spoilt = an_unreadable_account(id=BOB.id, identities=BOB.identities)

    ada, bob, dan = scene.look(ADA, spoilt, DAN, policy=SIMPLE).cases

    assert ["approve", "wait", "hold"] == [each.judgement.verdict for each in (ada, bob, dan)]
    assert (spoilt, (), ()) == (bob.account, bob.judgement.because, bob.evidence)
    assert bob.judgement.explanation == (
        "Who this is could not be looked up: its data from GitLab cannot be understood:"
        " created_at: expected a time, got NoneType. An administrator of GitLab has to look at"
        " this account, and may approve it by hand; it is looked at again in the next run."
    )


def test_nobody_is_approved_as_the_same_person_as_one_who_cannot_be_understood():
    """Its identity counts if it can be read: what is spoilt must not add an approval."""
    scene = Scene(directory=a_directory(tools=["ada"]))
    nobody = Username("")
    twin = an_unreadable_account(id=AccountId(5), username=nobody, identities=ADA.identities)

    for plan in (scene.look(ADA, twin), scene.look(ADA, beside=[twin])):
        judgement = plan.cases[0].judgement
        assert "hold" == judgement.verdict
        assert "prove to be the same person" in judgement.explanation
        assert "id 5" in judgement.explanation


# -- sources whose outage is known beforehand


def test_a_source_that_is_known_to_be_out_is_not_asked():
    scene = Scene(directory=a_directory(tools=["ada"]))

    plan = scene.look(ADA, outages={GERRIT: "its list cannot be read", "another": "unused"})

    assert {"Ada": "wait"} == verdicts(plan)
    assert [] == scene.gerrit.questions
    assert {GERRIT: "its list cannot be read"} == plan.outages
    assert GERRIT not in plan.asked
