"""Evidence: who is asked about whom, and what silence and outages make of it."""

import pytest

from glaab.domain.errors import System
from glaab.domain.evidence import Kind, No, NotAsked, Unknown, Yes
from glaab.domain.policy import InDirectoryGroup, InGerritGroup, InPhabricatorProject, Rule, Veto
from glaab.domain.review import Scope
from tests.builders import a_dn, a_policy
from tests.unit.doubles import (
    REFUSED,
    DirectoryThatHidesLocks,
    GerritThatHidesAccounts,
    GerritThatTires,
    MuteDirectory,
    PhabricatorThatHidesAccounts,
    SilentGerrit,
    UnreachableDirectory,
    UnreachableGerrit,
    UnreachablePhabricator,
)
from tests.unit.scenes import (
    ADA,
    BOB,
    CYD,
    DAN,
    GERRIT,
    PEOPLE,
    PHABRICATOR,
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

# -- only what can change a verdict is asked


@pytest.mark.parametrize("scope", Scope)
def test_nobody_is_asked_about_whoever_is_not_proven(scope):
    scene = Scene(directory=a_directory(people=PEOPLE[:1]))

    scene.look(STRANGER, a_newcomer(5, "Nobody"), scope=scope)

    assert [("people", frozenset({"Nobody"}))] == scene.directory.questions
    assert [] == scene.phabricator.questions
    assert [] == scene.gerrit.questions


def test_nobody_at_all_asks_nobody():
    scene = Scene()

    plan = scene.look(STRANGER)

    assert [] == scene.directory.questions
    assert frozenset() == plan.asked


def test_trust_is_looked_up_for_everybody_at_once():
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(trusted=["Bob"]),
        gerrit=a_gerrit(trusted=["cyd", "dan", "eve"]),
    )

    scene.look(ADA, BOB, CYD, DAN)

    names = frozenset({"Ada", "Bob", "Cyd", "Dan"})
    assert [names] == scene.directory.asked("people")
    assert [frozenset({"project-tools"})] == scene.directory.asked("members")
    assert ["trusted"] == scene.phabricator.asked("members")
    assert names == scene.phabricator.asked("accounts")[0]
    assert ["Trusted"] == scene.gerrit.asked("members")
    assert {"cyd", "dan"} == scene.gerrit.asked("accounts")[0]


def test_vetoes_are_looked_up_only_for_the_trusted():
    scene = Scene(directory=a_directory(tools=["ada"]), gerrit=a_gerrit(trusted=["bob"]))

    scene.look(ADA, BOB, CYD, DAN)

    assert [frozenset({a_dn("ada"), a_dn("bob")})] == scene.directory.asked("locked")
    assert [{"bob"}, {"ada"}] == scene.gerrit.asked("accounts")


def test_without_anybody_trusted_no_veto_is_looked_up():
    scene = Scene(directory=a_directory(tools=["eve"]), gerrit=a_gerrit(trusted=["eve"]))

    (case,) = scene.look(ADA).cases

    assert [] == scene.directory.asked("locked")
    assert [] == scene.gerrit.asked("accounts")
    assert {veto.title: NotAsked() for veto in Veto} == answers(case, Kind.VETO)


def test_on_demand_vetoes_are_looked_up_for_everybody_proven():
    """After the trusted, so that what else is asked cannot change a verdict."""
    scene = Scene(directory=a_directory(tools=["ada"], locked=["bob"]))

    plan = scene.look(ADA, BOB, STRANGER, scope=Scope.FULL)

    assert [{a_dn("ada")}, {a_dn("bob")}] == scene.directory.asked("locked")
    assert isinstance(answers(plan.cases[1], Kind.VETO)["Directory entry locked"], Yes)
    assert () == plan.cases[2].evidence


def test_whom_phabricator_told_of_once_it_is_not_asked_about_again():
    scene = Scene(directory=a_directory(tools=["ada"]), phabricator=a_phabricator(trusted=["Ada"]))

    scene.look(ADA)

    assert [{"Ada"}] == scene.phabricator.asked("accounts")


@pytest.mark.parametrize(
    ("policy", "systems"),
    [
        (a_policy(TOOLFORGE, vetoes=(Veto.MARKED,)), "directory"),
        (a_policy(GERRIT, vetoes=(Veto.MARKED, Veto.GERRIT_INACTIVE)), "directory gerrit"),
        (a_policy(PHABRICATOR, vetoes=(Veto.MARKED,)), "directory phabricator"),
        (
            a_policy(TOOLFORGE, vetoes=(Veto.MARKED, Veto.PHABRICATOR_DISABLED)),
            "directory phabricator",
        ),
        (a_policy(TOOLFORGE, vetoes=(Veto.MARKED, Veto.GERRIT_INACTIVE)), "directory gerrit"),
    ],
)
def test_a_system_that_the_policy_leaves_out_is_never_asked(policy, systems):
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(trusted=["Ada"]),
        gerrit=a_gerrit(trusted=["ada"]),
    )

    plan = scene.look(ADA, policy=policy, scope=Scope.FULL)

    assert {"Ada": "approve"} == verdicts(plan)
    assert systems.split() == sorted(plan.asked) == sorted(policy.systems)
    assert ("phabricator" in systems) == bool(scene.phabricator.questions)
    assert ("gerrit" in systems) == bool(scene.gerrit.questions)


# -- rules of several conditions, and groups that cannot be read


@pytest.mark.parametrize(
    ("trusted", "vouched", "verdict"),
    [
        (["Ada"], ["ada"], "approve"),
        (["Ada"], ["eve"], "hold"),
        (["Bob"], ["ada"], "hold"),
        (["Bob"], [], "hold"),
        (["Ada"], [], "wait"),
        ([], [], "wait"),
    ],
)
def test_all_conditions_of_a_rule_must_hold(trusted, vouched, verdict):
    """A group without members is unknown; a No elsewhere decides all the same."""
    twice = Rule("Twice", (InPhabricatorProject("trusted"), InGerritGroup("Trusted")))
    scene = Scene(phabricator=a_phabricator(trusted=trusted), gerrit=a_gerrit(trusted=vouched))

    assert {"Ada": verdict} == verdicts(scene.look(ADA, policy=a_policy(twice)))


def test_a_group_that_cannot_be_read_is_unknown_alone():
    staff = Rule("Staff", (InDirectoryGroup("wmf"),))
    scene = Scene(directory=a_directory(tools=["ada"]))

    plan = scene.look(ADA, BOB, policy=a_policy(staff, TOOLFORGE))

    silence = Unknown("group wmf is missing, empty or unreadable")
    assert {"Ada": "approve", "Bob": "wait"} == verdicts(plan)
    assert [silence] * 2 == [answers(case, Kind.TRUST)["Staff"] for case in plan.cases]
    assert {} == plan.outages


def test_a_directory_that_leaves_out_what_it_was_asked_for_told_nothing():
    """Silence is not absence, neither of a membership nor of a lock."""
    scene = Scene(
        directory=a_directory(tools=["ada"], kind=MuteDirectory),
        gerrit=a_gerrit(trusted=["ada"]),
    )

    (case,) = scene.look(ADA, policy=a_policy(TOOLFORGE, GERRIT)).cases

    assert "wait" == case.judgement.verdict
    assert isinstance(answers(case, Kind.TRUST)["Toolforge member"], Unknown)
    assert isinstance(answers(case, Kind.VETO)["Directory entry locked"], Unknown)


def test_a_member_whose_account_gerrit_hides_is_not_trusted():
    scene = Scene(gerrit=a_gerrit(trusted=["ada"], kind=SilentGerrit))

    assert {"Ada": "wait"} == verdicts(scene.look(ADA, policy=a_policy(GERRIT)))


# -- systems that fail


@pytest.mark.parametrize("reason", [REFUSED, ""])
@pytest.mark.parametrize(
    ("failing", "kind"),
    [
        ("directory", UnreachableDirectory),
        ("phabricator", UnreachablePhabricator),
        ("gerrit", UnreachableGerrit),
    ],
)
def test_a_system_that_failed_is_not_asked_again(failing, kind, reason):
    """One refusal is waited for, not one for each question; even if it gave no reason."""
    down = kind(reason)
    scene = Scene(**({"directory": a_directory(tools=["ada"])} | {failing: down}))

    plan = scene.look(ADA, BOB, scope=Scope.FULL)

    assert 1 == down.attempts
    assert {System(failing): reason} == plan.outages
    assert System(failing) in plan.asked
    assert {"Ada": "wait", "Bob": "wait"} == verdicts(plan)


@pytest.mark.parametrize(
    ("scene", "system"),
    [
        (Scene(directory=a_directory(tools=["ada"], kind=DirectoryThatHidesLocks)), "directory"),
        (
            Scene(
                directory=a_directory(tools=["ada"]),
                phabricator=a_phabricator(trusted=["eve"], linked=["eve"],
                                          kind=PhabricatorThatHidesAccounts),
            ),
            "phabricator",
        ),
        (
            Scene(
                directory=a_directory(tools=["ada"]),
                gerrit=a_gerrit(trusted=["bob"], kind=GerritThatTires),
            ),
            "gerrit",
        ),
        (Scene(gerrit=a_gerrit(trusted=["ada"], kind=GerritThatHidesAccounts)), "gerrit"),
    ],
)  # fmt: skip
def test_a_system_that_fails_halfway_keeps_the_trusted_waiting(scene, system):
    plan = scene.look(ADA, BOB)

    assert "wait" == verdicts(plan)["Ada"]
    assert {system: REFUSED} == plan.outages


def test_an_outage_that_touches_no_verdict_is_only_told():
    """A veto is already found, so that nobody waits for Gerrit."""
    scene = Scene(directory=a_directory(tools=["ada"], locked=["ada"]), gerrit=UnreachableGerrit())

    plan = scene.look(ADA)

    assert ({"Ada": "veto"}, {"gerrit": REFUSED}) == (verdicts(plan), plan.outages)


def test_a_no_to_a_veto_says_what_was_seen():
    scene = Scene(directory=a_directory(tools=["ada"]), phabricator=a_phabricator(linked=[]))

    (case,) = scene.look(ADA).cases

    assert {
        "Marked by an administrator": No("no administrator marked the account"),
        "Directory entry locked": No("uid=ada,ou=people,dc=wikimedia,dc=org is not locked"),
        "Phabricator account disabled": No('no Phabricator account is linked to "Ada"'),
        "Gerrit account inactive": No("Gerrit account ada is active"),
    } == answers(case, Kind.VETO)


# -- what came to light besides


def elsewhere(scene, *accounts, **options):
    """Who was found elsewhere, by account: the usernames there."""
    plan = scene.look(*accounts, **options)
    return [
        (
            [each.username for each in case.elsewhere.phabricator],
            case.elsewhere.gerrit and case.elsewhere.gerrit.username,
        )
        for case in plan.cases
    ]


def test_accounts_elsewhere_are_told_of_those_who_are_proven():
    """Whether they are trusted there or not; of strangers nothing is known."""
    found = elsewhere(Scene(), ADA, STRANGER, DAN, scope=Scope.FULL)

    assert [(["ada"], "ada"), ([], None), ([], None)] == found


def test_no_more_is_asked_for_it():
    """What was not needed is not known."""
    scene = Scene(directory=a_directory(tools=["ada"]))

    assert [([], None)] == elsewhere(scene, ADA, policy=a_policy(TOOLFORGE, vetoes=()))
    assert [] == scene.phabricator.questions == scene.gerrit.questions


def test_of_a_system_that_failed_no_account_is_known():
    scene = Scene(phabricator=UnreachablePhabricator(), gerrit=UnreachableGerrit())

    assert [([], None)] == elsewhere(scene, ADA, scope=Scope.FULL)
