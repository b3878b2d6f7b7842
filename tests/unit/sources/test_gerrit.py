"""Gerrit: members of groups whose accounts are active, and what a Gerrit that hides some tells."""

import pytest

from glaab.domain.evidence import No, Profile, Unknown, Yes
from glaab.domain.names import CN
from glaab.domain.policy import MARKED
from glaab.domain.review import Scope
from glaab.domain.source import CircuitBreaker
from glaab.domain.sources.gerrit import (
    GERRIT,
    INACTIVE,
    GerritSource,
    InGerritGroup,
    inactive,
)
from tests.builders import a_gerrit_account, a_policy, a_proof
from tests.unit.doubles import (
    REFUSED,
    AttentiveGerrit,
    GerritThatHidesAccounts,
    SilentGerrit,
    UnreachableGerrit,
)
from tests.unit.scenes import (
    ADA,
    BOB,
    BY_GERRIT,
    CYD,
    TOOLFORGE,
    Scene,
    a_directory,
    a_gerrit,
    verdicts,
)

ADA_EXAMPLE, BOB_EXAMPLE = a_proof("ada", "Ada Example"), a_proof("bob", "Bob Example")
TRUSTED, OTHER = InGerritGroup("Trusted"), InGerritGroup("Other")
DOWN = Unknown(f"gerrit gave no usable answer: {REFUSED}")


def look_up(gerrit):
    return GerritSource(gerrit).start(CircuitBreaker(GERRIT))


# -- what an answer means


@pytest.mark.parametrize(
    ("gerrit", "answer"),
    [
        (a_gerrit(trusted=["ada"]), Yes("Gerrit account ada is a member of Trusted")),
        (
            a_gerrit(trusted=["eve"]),
            No("ada is not a member of Trusted", "ask a member of Gerrit group Trusted to add you"),
        ),
        (
            a_gerrit(trusted=["ada"], inactive=["ada"]),
            No("Gerrit account ada is a member of Trusted but inactive"),
        ),
        (
            a_gerrit(trusted=["ada"], kind=SilentGerrit),
            Unknown("Gerrit lists ada in Trusted but does not show the account"),
        ),
        (a_gerrit(trusted=["ada"], kind=GerritThatHidesAccounts), DOWN),
        (a_gerrit(), Unknown("group Trusted is missing, not visible or empty")),
        (UnreachableGerrit(), DOWN),
    ],
    ids=["member", "stranger", "inactive", "hidden", "accounts down", "no group", "down"],
)
def test_gerrit_vouches_for_a_member_whose_account_is_active(gerrit, answer):
    answers = look_up(gerrit).trust([ADA_EXAMPLE], [TRUSTED])

    assert {(ADA_EXAMPLE, TRUSTED): answer} == answers


def test_a_uid_is_compared_with_gerrits_without_case():
    lookup = look_up(a_gerrit(trusted=["aDa"]))

    (answer,) = lookup.trust([a_proof("Ada", "Ada Example")], [TRUSTED]).values()

    assert Yes("Gerrit account ada is a member of Trusted") == answer


@pytest.mark.parametrize(
    ("account", "answer"),
    [
        (None, No("ada has no Gerrit account")),
        (a_gerrit_account(), No("Gerrit account ada is active")),
        (a_gerrit_account(is_active=False), Yes("Gerrit account ada is inactive")),
        (DOWN, DOWN),
    ],
)
def test_an_inactive_gerrit_account_is_a_veto(account, answer):
    assert answer == inactive("ada", account)


def test_a_group_is_named_as_in_the_policy():
    assert ("gerrit_group", "Trusted", "Gerrit group Trusted") == (
        TRUSTED.key,
        TRUSTED.value,
        TRUSTED.title,
    )


def test_an_inactive_account_is_a_veto_in_the_policys_words():
    assert ("gerrit", "gerrit_inactive", "Gerrit account inactive") == (
        INACTIVE.source,
        INACTIVE.key,
        INACTIVE.title,
    )


# -- a Gerrit that does not show all


@pytest.mark.parametrize("scope", Scope)
def test_a_gerrit_that_hides_a_member_is_not_believed_about_others(scope):
    """Bob is on a list and has no account to be seen: neither may Ada's, which is inactive."""
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        gerrit=a_gerrit(trusted=["bob", "cyd"], accounts=["cyd"]),
    )
    policy = a_policy(TOOLFORGE, BY_GERRIT, vetoes=(MARKED, INACTIVE))

    plan = scene.look(ADA, BOB, CYD, policy=policy, scope=scope)

    assert {"Ada": "wait", "Bob": "wait", "Cyd": "approve"} == verdicts(plan)
    assert (
        "Trusted as Toolforge member, but a veto could not be looked up: Gerrit shows no account"
        " of ada, nor one of bob, whom it lists as a member: it hides accounts. It is looked at"
        " again in the next run."
    ) == plan.cases[0].judgement.explanation


def test_of_a_gerrit_that_hides_some_the_accounts_that_it_shows_are_believed():
    lookup = look_up(a_gerrit(trusted=["bob"], accounts=["ada"]))
    lookup.trust([ADA_EXAMPLE, BOB_EXAMPLE], [TRUSTED])

    answers = lookup.vetoes([ADA_EXAMPLE, BOB_EXAMPLE], [INACTIVE])

    assert {
        (ADA_EXAMPLE, INACTIVE): No("Gerrit account ada is active"),
        (BOB_EXAMPLE, INACTIVE): Unknown(
            "Gerrit shows no account of bob, nor one of bob, whom it lists as a member: it hides"
            " accounts"
        ),
    } == answers


def test_a_gerrit_that_once_hid_somebody_is_not_believed_later_in_the_run():
    """When others were asked about in between, whom it shows."""
    lookup = look_up(a_gerrit(trusted=["bob", "cyd"], accounts=["cyd"]))
    lookup.trust([BOB_EXAMPLE], [TRUSTED])
    lookup.trust([a_proof("cyd", "Cyd")], [TRUSTED])

    (answer,) = lookup.vetoes([ADA_EXAMPLE], [INACTIVE]).values()

    assert isinstance(answer, Unknown)


def test_a_member_whose_account_gerrit_hides_is_not_trusted():
    scene = Scene(gerrit=a_gerrit(trusted=["ada"], kind=SilentGerrit))

    assert {"Ada": "wait"} == verdicts(scene.look(ADA, policy=a_policy(BY_GERRIT)))


# -- one run's questions


def test_every_pair_of_a_person_and_a_group_has_an_answer():
    lookup = look_up(a_gerrit(trusted=["ada"]))

    answers = lookup.trust([ADA_EXAMPLE, BOB_EXAMPLE], [TRUSTED, OTHER])

    assert {
        (ADA_EXAMPLE, TRUSTED): Yes,
        (ADA_EXAMPLE, OTHER): Unknown,
        (BOB_EXAMPLE, TRUSTED): No,
        (BOB_EXAMPLE, OTHER): Unknown,
    } == {pair: type(answer) for pair, answer in answers.items()}


def test_only_of_members_it_is_asked_whether_they_are_active():
    gerrit = a_gerrit(trusted=["ada", "eve"])

    look_up(gerrit).trust([ADA_EXAMPLE, BOB_EXAMPLE], [TRUSTED, OTHER])

    assert {"Trusted", "Other"} == set(gerrit.asked("members"))
    assert [{"ada"}] == gerrit.asked("accounts")


def test_nobody_is_asked_about_twice():
    gerrit = a_gerrit(trusted=["ada"])
    lookup = look_up(gerrit)

    lookup.trust([ADA_EXAMPLE, BOB_EXAMPLE], [TRUSTED])
    lookup.vetoes([ADA_EXAMPLE, BOB_EXAMPLE], [INACTIVE])
    lookup.vetoes([ADA_EXAMPLE, BOB_EXAMPLE, a_proof("dan", "Dan")], [INACTIVE])
    lookup.trust([BOB_EXAMPLE], [TRUSTED])

    assert ["Trusted"] == gerrit.asked("members")
    assert [{"ada"}, {"bob"}, {"dan"}] == gerrit.asked("accounts")


def test_without_groups_and_vetoes_nothing_is_asked():
    lookup = look_up(gerrit := a_gerrit(trusted=["ada"]))

    assert {} == lookup.trust([ADA_EXAMPLE], []) == lookup.vetoes([ADA_EXAMPLE], [])
    assert [] == gerrit.questions


def test_members_are_counted():
    gerrit = a_gerrit(trusted=["ada", "bob"])
    lookup = look_up(gerrit)

    assert 2 == lookup.members(TRUSTED) == lookup.members(TRUSTED)
    assert ["Trusted"] == gerrit.asked("members")


def test_members_that_are_not_shown_are_not_counted():
    expected = Unknown("group Other is missing, not visible or empty")

    assert expected == look_up(a_gerrit(trusted=["ada"])).members(OTHER)


def test_an_account_that_came_to_light_is_a_profile():
    lookup = look_up(AttentiveGerrit([a_gerrit_account("Ada", is_active=False)], {}))

    before = lookup.profiles(ADA_EXAMPLE)
    lookup.vetoes([ADA_EXAMPLE, BOB_EXAMPLE], [INACTIVE])

    assert () == before == lookup.profiles(BOB_EXAMPLE)
    assert (Profile(GERRIT, "Ada", "Gerrit: Ada"),) == lookup.profiles(ADA_EXAMPLE)


def test_a_gerrit_that_is_down_shows_no_profile():
    lookup = look_up(UnreachableGerrit())

    lookup.vetoes([ADA_EXAMPLE], [INACTIVE])

    assert () == lookup.profiles(ADA_EXAMPLE)


@pytest.mark.parametrize(
    ("gerrit", "answer"),
    [
        (a_gerrit(accounts=["dan"], inactive=["dan"]), Yes("Gerrit account dan is inactive")),
        (a_gerrit(accounts=["dan"]), No("Gerrit account dan is active")),
        (a_gerrit(), No("dan has no Gerrit account")),
        (UnreachableGerrit(), DOWN),
    ],
    ids=["inactive", "active", "nobody", "down"],
)
def test_a_canary_is_found_by_its_uid(gerrit, answer):
    assert answer == look_up(gerrit).canary(INACTIVE, "dan", CN)


def test_a_canary_is_asked_about_alone_and_once():
    gerrit = a_gerrit()
    lookup = look_up(gerrit)

    lookup.vetoes([ADA_EXAMPLE, BOB_EXAMPLE], [INACTIVE])
    for _ in range(2):
        lookup.canary(INACTIVE, "dan", CN)

    assert [{"ada", "bob"}, {"dan"}] == gerrit.asked("accounts")
