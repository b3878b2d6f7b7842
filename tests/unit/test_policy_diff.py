"""What another policy would change: one look, two judgements."""

from itertools import product

import attrs
import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.domain.errors import GITLAB
from glaab.domain.evidence import Kind
from glaab.domain.identity import Unproven
from glaab.domain.names import UID
from glaab.domain.policy import Judgement, Rule, Verdict
from glaab.domain.policy_diff import Change, ComparePolicies, Comparison
from glaab.domain.review import Case, ReviewAccounts, Scope
from glaab.domain.sources.directory import DIRECTORY, LOCKED, InDirectoryGroup
from glaab.domain.sources.gerrit import GERRIT, InGerritGroup
from glaab.domain.sources.phabricator import DISABLED, PHABRICATOR
from tests.builders import a_person, a_policy, an_account, an_unreadable_account, sources
from tests.unit.doubles import (
    REFUSED,
    DirectoryThatChangesServers,
    GitLabThatHidesTheQueue,
    UnreachablePhabricator,
)
from tests.unit.scenes import (
    ANY_OF_THREE,
    BY_GERRIT,
    BY_PHABRICATOR,
    CYD,
    DAN,
    EVERYBODY,
    STRANGER,
    TOOLFORGE,
    Scene,
    a_directory,
    a_gerrit,
    a_newcomer,
    a_phabricator,
    answers,
    verdicts,
)

TOOLS_BY_ANOTHER_NAME = Rule("Tool maintainer", (InDirectoryGroup("project-tools"),))
STRICT = a_policy(TOOLFORGE)
STAFF = Rule("Toolforge member", (InDirectoryGroup("project-tools"), InGerritGroup("Trusted")))
POLICIES = {
    "any of three": ANY_OF_THREE,
    "strict": STRICT,
    "renamed": a_policy(TOOLS_BY_ANOTHER_NAME),
    "the same name, more conditions": a_policy(STAFF),
    "without vetoes": a_policy(BY_GERRIT, vetoes=()),
    "with canaries": a_policy(TOOLFORGE, canaries={LOCKED: "Dan", DISABLED: "Dan"}),
    "by uid": a_policy(TOOLFORGE, extern_uid=UID, vetoes=(LOCKED,)),
    "another provider": a_policy(providers=frozenset({"github"})),
}


def a_scene(**changes):
    systems = {
        "directory": a_directory(tools=("ada", "bob"), locked=("bob",)),
        "phabricator": a_phabricator(trusted=("Ada", "Cyd"), disabled=("Cyd",)),
        "gerrit": a_gerrit(trusted=("ada", "cyd"), inactive=("ada",)),
    }
    return Scene(**systems | changes)


def a_review(scene, policy, made):
    return ReviewAccounts(sources=made, policy=policy, scope=Scope.FULL, confirm_at_most=0)


def compare(old, new, *accounts, scene=None, gitlab=None):
    """What comes of looking at everybody, or these, by two policies."""
    scene = scene or a_scene()
    made = sources(scene.directory, scene.phabricator, scene.gerrit)
    queue = gitlab or InMemoryGitLab(accounts or EVERYBODY)
    return ComparePolicies(
        gitlab=queue, old=a_review(scene, old, made), new=a_review(scene, new, made)
    )()


def changes(diff):
    return {
        each.account.identities[0].extern_uid: each.change
        for each in diff.comparisons
        if each.change
    }


# -- what is a change


def a_case(verdict, because):
    judgement = Judgement(verdict, because, "")
    return Case(account=an_account(), proof=Unproven(""), evidence=(), judgement=judgement)


@pytest.mark.parametrize(("old", "new"), [*product(Verdict, Verdict)])
@pytest.mark.parametrize(
    ("before", "after"),
    [*product([(), ("Staff",), ("Staff", "Guest"), ("Guest", "Staff")], repeat=2)],
)
def test_approval_is_gained_or_lost_or_has_other_reasons(old, new, before, after):
    """Over every pair of verdicts; the order of rules is no reason."""
    comparison = Comparison(old=a_case(old, before), new=a_case(new, after))

    if (old is Verdict.APPROVE) != (new is Verdict.APPROVE):
        expected = Change.GAINS if new is Verdict.APPROVE else Change.LOSES
    else:
        expected = Change.REASONS if set(before) != set(after) else None
    assert expected is comparison.change
    assert (Verdict.WAIT in (old, new)) is comparison.waits


# -- looking


def without_profiles(plan):
    """Of those there may be more than the policy alone would come by."""
    return [attrs.evolve(case, profiles=()) for case in plan.cases]


def test_who_gains_who_loses_and_whose_reasons_change():
    lenient = a_policy(TOOLS_BY_ANOTHER_NAME, BY_PHABRICATOR, vetoes=())
    by_phabricator = a_policy(BY_PHABRICATOR, vetoes=())

    gains, loses, reasons = Change.GAINS, Change.LOSES, Change.REASONS
    assert {"Ada": gains, "Bob": gains, "Cyd": reasons} == changes(compare(ANY_OF_THREE, lenient))
    assert {"Ada": loses} == changes(compare(by_phabricator, ANY_OF_THREE, *EVERYBODY[:1]))
    assert {"Ada": loses, "Cyd": gains} == changes(
        compare(by_phabricator, a_policy(BY_GERRIT, vetoes=()))
    )


def test_two_equal_policies_change_nothing():
    assert {} == changes(compare(ANY_OF_THREE, ANY_OF_THREE))


@pytest.mark.parametrize(("old", "new"), [*product(POLICIES, POLICIES)])
def test_each_policy_judges_as_if_it_were_alone(old, new):
    """Although what both ask is asked once."""
    accounts = (*EVERYBODY, STRANGER, a_newcomer(8, "ada"), an_unreadable_account(id=9))

    diff = compare(POLICIES[old], POLICIES[new], *accounts)

    for name, plan in ((old, diff.old), (new, diff.new)):
        alone = a_scene().look(
            *sorted(accounts, key=lambda each: each.id),
            policy=POLICIES[name],
            scope=Scope.FULL,
            confirm_at_most=0,
        )
        assert without_profiles(alone) == without_profiles(plan)


def test_one_policy_may_need_a_cn_that_the_other_does_not():
    """Somebody with two is proven where nobody is asked for by it."""
    eve = a_person("eve", "Eve")
    people = (attrs.evolve(eve, cns=(*eve.cns, "Evelyn")),)
    scene = a_scene(directory=a_directory(tools=("eve",), people=people))
    by_uid = {"extern_uid": UID, "vetoes": ()}

    diff = compare(
        a_policy(TOOLFORGE, **by_uid),
        a_policy(TOOLFORGE, BY_PHABRICATOR, **by_uid),
        a_newcomer(1, "eve"),
        scene=scene,
    )

    assert {"eve": Change.LOSES} == changes(diff)
    assert isinstance(diff.new.cases[0].proof, Unproven)


# -- what it costs


class CountingGitLab(InMemoryGitLab):
    listings = 0

    def pending(self, created_after=None):
        self.listings += 1
        return super().pending(created_after)


def test_the_queue_is_listed_once():
    gitlab = CountingGitLab(EVERYBODY)

    compare(ANY_OF_THREE, STRICT, gitlab=gitlab)

    assert 1 == gitlab.listings


def asked(scene):
    return {
        "directory": scene.directory.questions,
        "phabricator": scene.phabricator.questions,
        "gerrit": scene.gerrit.questions,
    }


def test_what_both_policies_ask_is_asked_once():
    """A policy that asks no more than the other costs nothing at all."""
    alone, both = a_scene(), a_scene()
    alone.look(*EVERYBODY, policy=ANY_OF_THREE, scope=Scope.FULL, confirm_at_most=0)

    compare(ANY_OF_THREE, STRICT, scene=both)

    assert asked(alone) == asked(both)


def test_policies_that_prove_people_differently_look_people_up_twice():
    scene = a_scene()

    compare(STRICT, POLICIES["by uid"], scene=scene)

    names = {"Ada", "Bob", "Cyd", "Dan"}
    assert [names, names] == scene.directory.asked("people")


# -- what fails


def test_a_queue_that_is_not_shown_has_nobody():
    diff = compare(ANY_OF_THREE, STRICT, gitlab=GitLabThatHidesTheQueue(EVERYBODY))

    assert () == diff.comparisons
    assert {GITLAB: REFUSED} == diff.old.outages == diff.new.outages
    assert {GITLAB} == diff.old.asked == diff.new.asked


def test_an_outage_makes_those_wait_whom_it_touches():
    """By the policy that asks that system, and no other."""
    diff = compare(ANY_OF_THREE, STRICT, DAN, scene=a_scene(phabricator=UnreachablePhabricator()))

    assert {"Dan": "wait"} == verdicts(diff.old)
    assert {"Dan": "hold"} == verdicts(diff.new)
    assert {PHABRICATOR: REFUSED} == diff.old.outages
    assert {GITLAB, DIRECTORY, PHABRICATOR, GERRIT} == diff.old.asked


@pytest.mark.parametrize("fails_at", range(1, 4))
def test_one_server_answers_for_both_policies(fails_at):
    """Whenever the first one goes away, everything is asked again."""
    first = a_directory(tools=("ada",))
    second = a_directory(tools=("cyd",))
    scene = a_scene(directory=DirectoryThatChangesServers(first, second, fails_at))
    old, new = a_policy(TOOLFORGE, vetoes=(LOCKED,)), a_policy(BY_GERRIT, STAFF, vetoes=(LOCKED,))

    diff = compare(old, new, CYD, scene=scene)

    for case in (diff.old.cases[0], diff.new.cases[0]):
        said = {answer.detail for answer in answers(case, Kind.TRUST).values()}
        assert "cyd is not a member of project-tools" not in said
    assert Verdict.APPROVE is diff.old.cases[0].judgement.verdict
