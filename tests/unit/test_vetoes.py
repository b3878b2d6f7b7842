"""What speaks against the trusted: accounts with several names, and what canaries prove."""

import pytest

from glaab.domain.errors import System
from glaab.domain.evidence import Kind, No, Yes
from glaab.domain.policy import Veto
from glaab.domain.review import Scope
from tests.builders import a_person, a_phabricator_account, a_policy
from tests.unit.doubles import (
    AttentivePhabricator,
    DirectoryThatHidesGroups,
    DirectoryThatHidesLocks,
    DirectoryThatTires,
    PhabricatorThatTires,
    UnreachableGerrit,
    UnreachablePhabricator,
)
from tests.unit.scenes import (
    ADA,
    BOB,
    CANARIES,
    CYD,
    DAN,
    GERRIT,
    PEOPLE,
    PHABRICATOR,
    TOOLFORGE,
    Scene,
    a_directory,
    a_gerrit,
    a_phabricator,
    answers,
    linked,
    verdicts,
)

DISABLED = a_phabricator_account("disabled", is_disabled=True)
ALSO_DISABLED = a_phabricator_account("also", is_disabled=True)
USABLE = a_phabricator_account("usable")


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("rules", [(TOOLFORGE,), (TOOLFORGE, PHABRICATOR)])
@pytest.mark.parametrize("tools", [["ada"], ["ada", "bob", "cyd"]])
@pytest.mark.parametrize(
    "links",
    [
        pytest.param([("Ada", DISABLED), ("Bob", DISABLED)], id="under the other name"),
        pytest.param(
            [("Ada", DISABLED), ("Ada", USABLE), ("Bob", DISABLED)], id="beside a usable account"
        ),
        pytest.param(
            [("Ada", DISABLED), ("Bob", DISABLED), ("Cyd", DISABLED)], id="of three names"
        ),
        pytest.param(
            [
                ("Ada", DISABLED),
                ("Ada", USABLE),
                ("Bob", DISABLED),
                ("Bob", ALSO_DISABLED),
                ("Cyd", ALSO_DISABLED),
            ],
            id="one behind the other",
        ),
    ],
)
def test_no_disabled_account_hides_behind_another_name(links, rules, scope, tools):
    """Of several names of an account Phabricator shows one; here it is not Ada's."""
    scene = Scene(directory=a_directory(tools=tools), phabricator=linked(*links))

    plan = scene.look(ADA, BOB, CYD, policy=a_policy(rules=rules), scope=scope)

    assert "veto" == verdicts(plan)["Ada"]


@pytest.mark.parametrize("scope", Scope)
def test_a_gerrit_that_hides_a_member_is_not_believed_about_others(scope):
    """Bob is on a list and has no account to be seen: neither may Ada's, which is inactive."""
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        gerrit=a_gerrit(trusted=["bob", "cyd"], accounts=["cyd"]),
    )
    rules = (TOOLFORGE, GERRIT)
    policy = a_policy(rules=rules, vetoes=(Veto.MARKED, Veto.GERRIT_INACTIVE))

    plan = scene.look(ADA, BOB, CYD, policy=policy, scope=scope)

    assert {"Ada": "wait", "Bob": "wait", "Cyd": "approve"} == verdicts(plan)
    assert (
        "Trusted as Toolforge member, but a veto could not be looked up: Gerrit shows no account"
        " of ada, nor one of bob, whom it lists as a member: it hides accounts. It is looked at"
        " again in the next run."
    ) == plan.cases[0].judgement.explanation


def test_as_long_as_no_disabled_account_shows_nobody_is_asked_about_twice():
    """None can hide then."""
    links = [("Ada", USABLE), ("Bob", a_phabricator_account("bob"))]
    scene = Scene(directory=a_directory(tools=["ada", "dan"]), phabricator=linked(*links))

    plan = scene.look(ADA, BOB, DAN)

    assert {"Ada": "approve", "Dan": "approve"}.items() <= verdicts(plan).items()
    assert [{"Ada", "Bob", "Dan"}] == scene.phabricator.asked("accounts")


def test_only_the_trusted_who_show_no_disabled_account_are_asked_about_again():
    links = [("Ada", USABLE), ("Bob", DISABLED), ("Cyd", ALSO_DISABLED)]
    scene = Scene(directory=a_directory(tools=["ada", "cyd"]), phabricator=linked(*links))

    plan = scene.look(ADA, BOB, CYD)

    assert {"Ada": "approve", "Cyd": "veto"}.items() <= verdicts(plan).items()
    assert [{"Ada", "Bob", "Cyd"}, {"Ada"}] == scene.phabricator.asked("accounts")


def test_of_two_accounts_linked_to_one_name_neither_is_trusted():
    first, second = a_phabricator_account("first"), a_phabricator_account("second")
    scene = Scene(phabricator=linked(("Ada", first), ("Ada", second)))

    assert {"Ada": "hold"} == verdicts(scene.look(ADA, policy=a_policy(PHABRICATOR)))


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("tools", [["eve"], ["cyd"]])
def test_a_second_account_does_not_hide_behind_the_name_of_somebody_unknown(scope, tools):
    """Else Ada would be trusted by her other one, for Bob's sake who waits beside her."""
    first, second = a_phabricator_account("first"), a_phabricator_account("second")
    links = {"Ada": (first, second), "Bob": (second,)}
    scene = Scene(
        directory=a_directory(tools=tools),
        phabricator=AttentivePhabricator(links, {"trusted": frozenset({first.phid})}),
        gerrit=a_gerrit(trusted=["eve"]),
    )

    together = scene.look(ADA, BOB, CYD, scope=scope)

    assert "hold" == verdicts(scene.look(ADA))["Ada"] == verdicts(together)["Ada"]


def test_a_second_look_that_fails_keeps_the_trusted_waiting():
    scene = Scene(
        phabricator=PhabricatorThatTires(
            {"Ada": (USABLE,), "Bob": (DISABLED,)}, {"trusted": frozenset({USABLE.phid})}
        ),
        gerrit=a_gerrit(trusted=["eve"]),
    )

    plan = scene.look(ADA, BOB)

    assert "wait" == verdicts(plan)["Ada"]
    assert {System.PHABRICATOR} == set(plan.outages)


def test_a_second_look_does_not_need_the_groups_of_the_directory():
    """Ada is trusted on Phabricator, but who is in an LDAP group cannot be said."""
    scene = Scene(
        directory=a_directory(kind=DirectoryThatHidesGroups),
        phabricator=linked(("Ada", USABLE)),
    )

    plan = scene.look(ADA)

    assert {"Ada": "wait"} == verdicts(plan)  # the locks were not asked for any more
    assert {System.DIRECTORY} == set(plan.outages)


def test_a_second_look_is_at_all_who_are_trusted_anywhere():
    """Ada by Phabricator, Cyd by Gerrit: nobody is asked about a third time for the vetoes."""
    links = {"Ada": (USABLE,), "Bob": (DISABLED,)}
    scene = Scene(
        phabricator=AttentivePhabricator(links, {"trusted": frozenset({USABLE.phid})}),
        gerrit=a_gerrit(trusted=["cyd"]),
    )

    plan = scene.look(ADA, BOB, CYD)

    assert {"Ada": "approve", "Cyd": "approve"}.items() <= verdicts(plan).items()
    assert [{"Ada", "Bob", "Cyd"}, {"Ada", "Cyd"}] == scene.phabricator.asked("accounts")


def test_a_second_look_at_exactly_the_trusted_is_enough():
    links = {"Ada": (USABLE,), "Bob": (DISABLED,)}
    scene = Scene(
        directory=a_directory(tools=["bob"]),
        phabricator=AttentivePhabricator(links, {"trusted": frozenset({USABLE.phid})}),
    )

    plan = scene.look(ADA, BOB)

    assert {"Ada": "approve", "Bob": "veto"} == verdicts(plan)
    assert [{"Ada", "Bob"}, {"Ada"}] == scene.phabricator.asked("accounts")


def test_a_second_look_at_the_trusted_says_nothing_of_others():
    """Bob is shown to have a disabled account, although it first showed under Cyd's name."""
    links = {"Ada": (USABLE,), "Bob": (DISABLED,), "Cyd": (DISABLED,)}
    scene = Scene(phabricator=AttentivePhabricator(links, {"trusted": frozenset({USABLE.phid})}))

    ada, bob, cyd = scene.look(ADA, BOB, CYD, scope=Scope.FULL).cases

    title = Veto.PHABRICATOR_DISABLED.title
    found = [answers(case, Kind.VETO)[title] for case in (ada, bob, cyd)]
    assert [No, Yes, Yes] == [type(answer) for answer in found]


def test_a_second_look_serves_trust_and_vetoes_alike():
    """Whoever shows a disabled account is left out, so that no other hides behind that name."""
    links = {"Ada": (USABLE,), "Bob": (DISABLED,), "Cyd": (ALSO_DISABLED,)}
    scene = Scene(
        directory=a_directory(tools=["bob", "dan"]),
        phabricator=AttentivePhabricator(links, {"trusted": frozenset({USABLE.phid})}),
    )

    plan = scene.look(ADA, BOB, CYD, DAN)

    names = {"Ada", "Bob", "Cyd", "Dan"}
    assert {"Ada": "approve", "Bob": "veto", "Dan": "approve"}.items() <= verdicts(plan).items()
    assert [names, {"Ada", "Dan"}] == scene.phabricator.asked("accounts")


def test_of_two_accounts_linked_to_one_name_either_may_be_a_veto():
    first, second = a_phabricator_account("a"), a_phabricator_account("b", is_disabled=True)
    scene = Scene(
        directory=a_directory(tools=["ada"]), phabricator=linked(("Ada", first), ("Ada", second))
    )

    assert {"Ada": "veto"} == verdicts(scene.look(ADA))


# -- canaries


SEEN = {
    Veto.DIRECTORY_LOCKED: Scene(directory=a_directory(tools=["ada"], locked=["dan"])),
    Veto.PHABRICATOR_DISABLED: Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(linked=["Ada", "Dan"], disabled=["Dan"]),
    ),
    Veto.GERRIT_INACTIVE: Scene(
        directory=a_directory(tools=["ada"]),
        gerrit=a_gerrit(accounts=["ada", "dan"], inactive=["dan"]),
    ),
}
PLAIN = Scene(directory=a_directory(tools=["ada"]))


def with_canary(veto):
    return a_policy(TOOLFORGE, vetoes=(Veto.MARKED, veto), canaries={veto: CANARIES[veto]})


@pytest.mark.parametrize("veto", CANARIES)
def test_where_the_canary_is_seen_a_no_is_believed(veto):
    """The canary itself need not be waiting."""
    plan = SEEN[veto].look(ADA, policy=with_canary(veto))

    assert {"Ada": "approve"} == verdicts(plan)


@pytest.mark.parametrize("veto", CANARIES)
def test_where_the_canary_is_not_seen_a_no_is_unknown(veto):
    plan = PLAIN.look(ADA, policy=with_canary(veto))

    (answer,) = (item.answer for item in plan.cases[0].evidence if item.rule == veto.title)
    assert {"Ada": "wait"} == verdicts(plan)
    assert f'the policy\'s canary "{CANARIES[veto]}"' in answer.reason


@pytest.mark.parametrize(
    "directory",
    [
        pytest.param({"people": PEOPLE[:3]}, id="not found"),
        pytest.param({"hidden": ["dan"]}, id="unknown"),
        pytest.param({"people": (*PEOPLE, a_person("dan2", "dan"))}, id="two of them"),
        pytest.param({"people": (*PEOPLE[:3], a_person("dan", "Ｄａｎｎｙ"))}, id="renamed"),
        pytest.param({"kind": DirectoryThatTires}, id="the directory tires"),
        pytest.param({"kind": DirectoryThatHidesLocks}, id="the directory hides locks"),
    ],
)
def test_a_canary_that_cannot_be_looked_up_was_not_seen(directory):
    scene = Scene(directory=a_directory(**({"tools": ["ada"], "locked": ["dan"]} | directory)))

    plan = scene.look(ADA, policy=with_canary(Veto.DIRECTORY_LOCKED))

    assert {"Ada": "wait"} == verdicts(plan)


@pytest.mark.parametrize("veto", [Veto.PHABRICATOR_DISABLED, Veto.GERRIT_INACTIVE])
def test_a_canary_of_a_system_that_is_down_was_not_seen(veto):
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=UnreachablePhabricator(),
        gerrit=UnreachableGerrit(),
    )

    assert {"Ada": "wait"} == verdicts(scene.look(ADA, policy=with_canary(veto)))


def test_a_veto_needs_no_canary_to_be_believed():
    scene = Scene(directory=a_directory(tools=["ada"], locked=["ada"]))

    plan = scene.look(ADA, policy=with_canary(Veto.DIRECTORY_LOCKED))

    assert {"Ada": "veto"} == verdicts(plan)


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
