"""Canaries: a No to a veto is believed only where the veto was seen on somebody who has it."""

import attrs
import pytest

from glaab.domain.evidence import Kind, No, Unknown, Yes, with_canary
from glaab.domain.policy import MARKED
from glaab.domain.review import Scope
from glaab.domain.sources.directory import LOCKED
from glaab.domain.sources.gerrit import INACTIVE
from glaab.domain.sources.phabricator import DISABLED
from tests.builders import a_phabricator_account, a_policy
from tests.unit.doubles import UnreachableGerrit, UnreachablePhabricator
from tests.unit.scenes import (
    ADA,
    ANY_OF_THREE,
    BOB,
    CANARIES,
    DAN,
    TOOLFORGE,
    Scene,
    a_directory,
    a_gerrit,
    a_phabricator,
    answers,
    linked,
    verdicts,
)


@pytest.mark.parametrize("seen", [No("it is not locked"), Unknown("it was not found")])
def test_a_no_is_not_believed_where_the_canary_was_not_seen(seen):
    expected = Unknown(
        'the policy\'s canary "Locked Person" should have been seen as a Yes and was not'
        f" ({seen.detail}), so this No is not believed: ada is not locked"
    )

    assert expected == with_canary(No("ada is not locked"), "Locked Person", seen)


@pytest.mark.parametrize("answer", [Yes("locked"), No("not locked"), Unknown("timed out")])
def test_every_answer_is_believed_where_the_canary_was_seen(answer):
    assert answer is with_canary(answer, "Locked Person", Yes("locked"))


@pytest.mark.parametrize("answer", [Yes("locked"), Unknown("timed out")])
@pytest.mark.parametrize("seen", [No(""), Unknown("")])
def test_only_a_no_needs_a_canary(answer, seen):
    assert answer is with_canary(answer, "Locked Person", seen)


SEEN = {
    LOCKED: Scene(directory=a_directory(tools=["ada"], locked=["dan"])),
    DISABLED: Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(linked=["Ada", "Dan"], disabled=["Dan"]),
    ),
    INACTIVE: Scene(
        directory=a_directory(tools=["ada"]),
        gerrit=a_gerrit(accounts=["ada", "dan"], inactive=["dan"]),
    ),
}
PLAIN = Scene(directory=a_directory(tools=["ada"]))


def canary_of(veto):
    return a_policy(TOOLFORGE, vetoes=(MARKED, veto), canaries={veto: CANARIES[veto]})


@pytest.mark.parametrize("veto", CANARIES, ids=lambda veto: veto.key)
def test_where_the_canary_is_seen_a_no_is_believed(veto):
    """The canary itself need not be waiting."""
    assert {"Ada": "approve"} == verdicts(SEEN[veto].look(ADA, policy=canary_of(veto)))


@pytest.mark.parametrize("veto", CANARIES, ids=lambda veto: veto.key)
def test_where_the_canary_is_not_seen_a_no_is_unknown(veto):
    plan = PLAIN.look(ADA, policy=canary_of(veto))

    answer = answers(plan.cases[0], Kind.VETO)[veto.title]
    assert {"Ada": "wait"} == verdicts(plan)
    assert f'the policy\'s canary "{CANARIES[veto]}"' in answer.detail


@pytest.mark.parametrize("veto", [DISABLED, INACTIVE], ids=lambda veto: veto.key)
def test_a_canary_of_a_system_that_is_down_was_not_seen(veto):
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=UnreachablePhabricator(),
        gerrit=UnreachableGerrit(),
    )

    assert {"Ada": "wait"} == verdicts(scene.look(ADA, policy=canary_of(veto)))


def test_a_veto_needs_no_canary_to_be_believed():
    scene = Scene(directory=a_directory(tools=["ada"], locked=["ada"]))

    assert {"Ada": "veto"} == verdicts(scene.look(ADA, policy=canary_of(LOCKED)))


def test_each_veto_has_its_own_canary():
    """All three at once, each seen by its own system."""
    policy = a_policy(TOOLFORGE, canaries=CANARIES)
    scene = Scene(
        directory=a_directory(tools=["ada"], locked=["dan"]),
        phabricator=a_phabricator(linked=["Dan"], disabled=["Dan"]),
        gerrit=a_gerrit(accounts=["dan"], inactive=["dan"]),
    )

    assert {"Ada": "approve"} == verdicts(scene.look(ADA, policy=policy))


def test_a_canary_that_waits_itself_is_kept_out():
    policy = a_policy(TOOLFORGE, canaries=CANARIES)
    scene = Scene(directory=a_directory(tools=["ada", "dan"], locked=["dan"]))

    assert "veto" == verdicts(scene.look(ADA, DAN, policy=policy))["Dan"]


def test_a_canary_that_shows_nothing_hides_nobodys_disabled_account():
    """Looking the canary up does not forget what was found before."""
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(linked=["Ada", "Dan"], disabled=["Ada"]),
    )
    policy = attrs.evolve(ANY_OF_THREE, canaries={DISABLED: "Dan"})

    assert {"Ada": "veto"} == verdicts(scene.look(ADA, policy=policy))


def test_without_anybody_trusted_no_canary_is_asked_about():
    scene = Scene(phabricator=a_phabricator(linked=["Dan"]))

    scene.look(ADA, policy=a_policy(TOOLFORGE, canaries=CANARIES))

    assert [{"Ada"}] == scene.directory.asked("people")
    assert [] == scene.phabricator.questions == scene.gerrit.questions


def test_a_canary_who_waits_gets_the_same_verdict_however_much_is_asked():
    """To ask about the canary alone shows more than the batch did; a verdict was there before."""
    both = a_phabricator_account("both", is_disabled=True)
    scene = Scene(
        directory=a_directory(tools=["ada", "bob"], hidden=["ada"]),
        phabricator=linked(("Ada", both), ("Bob", both)),
    )
    policy = attrs.evolve(a_policy(TOOLFORGE), canaries={DISABLED: "Ada"})

    minimal, full = (verdicts(scene.look(ADA, BOB, policy=policy, scope=each)) for each in Scope)

    assert minimal == full
