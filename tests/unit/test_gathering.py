"""Evidence: who is asked about whom, and what silence, canaries and outages make of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaab.domain.errors import System
from glaab.domain.evidence import Kind, No, NotAsked, Unknown, Yes
from glaab.domain.policy import InDirectoryGroup, InGerritGroup, InPhabricatorProject, Rule, Veto
from glaab.domain.review import Asking
from tests.builders import a_dn, a_person, a_phabricator_account, a_policy, an_account
from tests.unit.doubles import (
    REFUSED,
    AttentivePhabricator,
    DirectoryThatHidesLocks,
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
    ANY_OF_THREE,
    BOB,
    CYD,
    DAN,
    GERRIT,
    PEOPLE,
    PHABRICATOR,
    TOOLFORGE,
    Scene,
    a_directory,
    a_gerrit,
    a_newcomer,
    a_phabricator,
    verdicts,
)

STRANGER = an_account(identities=())


def answers(case, kind):
    return {item.rule: item.answer for item in case.evidence if item.kind is kind}


# -- only what can change a verdict is asked


@pytest.mark.parametrize("asking", Asking)
def test_nobody_is_asked_about_whoever_is_not_proven(asking):
    scene = Scene(directory=a_directory(people=PEOPLE[:1]))

    scene.look(STRANGER, a_newcomer(5, "Nobody"), asking=asking)

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
    scene = Scene(directory=a_directory(tools=["ada"], locked=["bob"]))

    plan = scene.look(ADA, BOB, STRANGER, asking=Asking.EVERYTHING)

    assert [frozenset({a_dn("ada"), a_dn("bob")})] == scene.directory.asked("locked")
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

    plan = scene.look(ADA, policy=policy, asking=Asking.EVERYTHING)

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

    plan = scene.look(ADA, BOB, asking=Asking.EVERYTHING)

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


# -- Phabricator accounts with several names


def linked(*links):
    """A Phabricator where each pair of a name and an account is linked."""
    by_name = {}
    for name, account in links:
        by_name[name] = (*by_name.get(name, ()), account)
    phids = frozenset(account.phid for _, account in links)
    return AttentivePhabricator(by_name, {"trusted": phids})


@pytest.mark.parametrize("asking", Asking)
@pytest.mark.parametrize("other", ["Bob", "Zoe"])
def test_a_disabled_account_that_shows_under_another_name_is_a_veto(other, asking):
    """Of two names Phabricator shows one; it is asked again about those without an account."""
    both = a_phabricator_account("both", is_disabled=True)
    people = (*PEOPLE, a_person("zoe", "Zoe"))
    scene = Scene(
        directory=a_directory(people=people, tools=["ada"]),
        phabricator=linked(("Ada", both), (other, both)),
    )

    plan = scene.look(ADA, a_newcomer(2, other), asking=asking)

    assert "veto" == verdicts(plan)["Ada"]


def test_of_two_accounts_linked_to_one_name_neither_is_trusted():
    first, second = a_phabricator_account("first"), a_phabricator_account("second")
    scene = Scene(phabricator=linked(("Ada", first), ("Ada", second)))

    assert {"Ada": "hold"} == verdicts(scene.look(ADA, policy=a_policy(PHABRICATOR)))


def test_of_two_accounts_linked_to_one_name_either_may_be_a_veto():
    first, second = a_phabricator_account("a"), a_phabricator_account("b", is_disabled=True)
    scene = Scene(
        directory=a_directory(tools=["ada"]), phabricator=linked(("Ada", first), ("Ada", second))
    )

    assert {"Ada": "veto"} == verdicts(scene.look(ADA))


# -- canaries


CANARIES = {
    Veto.DIRECTORY_LOCKED: "Dan",
    Veto.PHABRICATOR_DISABLED: "Dan",
    Veto.GERRIT_INACTIVE: "dan",
}
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
        pytest.param({"kind": DirectoryThatHidesLocks}, id="unavailable"),
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


# -- asking more or less


NAMES = ("Ada", "Bob", "Cyd", "Dan")
UIDS = tuple(name.lower() for name in NAMES)
SOME_NAMES = st.lists(st.sampled_from(NAMES), unique=True)
SOME_UIDS = st.lists(st.sampled_from(UIDS), unique=True)


@st.composite
def linked_accounts(draw):
    """Each name with none, one or two accounts; or two names with one account in common."""
    links = [
        (name, a_phabricator_account(f"{name}{number}", is_disabled=draw(st.booleans())))
        for name in draw(SOME_NAMES)
        for number in range(draw(st.integers(1, 2)))
    ]
    free = [name for name in NAMES if name not in {name for name, _ in links}]
    common = a_phabricator_account("common", is_disabled=draw(st.booleans()))
    return links + [(name, common) for name in free * draw(st.booleans())]


DIRECTORIES = st.builds(
    a_directory,
    tools=SOME_UIDS,
    locked=SOME_UIDS,
    hidden=SOME_UIDS,
    kind=st.sampled_from([type(a_directory()), DirectoryThatHidesLocks]),
)
PHABRICATORS = st.one_of(
    linked_accounts().map(lambda links: linked(*links)), st.builds(UnreachablePhabricator)
)
GERRITS = st.one_of(
    st.builds(a_gerrit, trusted=SOME_UIDS, inactive=SOME_UIDS, accounts=SOME_UIDS),
    st.builds(UnreachableGerrit),
)
POLICIES = st.builds(
    a_policy,
    rules=st.sampled_from([ANY_OF_THREE.rules, (TOOLFORGE,), (PHABRICATOR, GERRIT)]),
    canaries=st.sampled_from([{}, CANARIES]),
)
QUEUES = st.lists(st.sampled_from([ADA, BOB, CYD, DAN, STRANGER]), unique=True)


@given(
    scene=st.builds(Scene, directory=DIRECTORIES, phabricator=PHABRICATORS, gerrit=GERRITS),
    policy=POLICIES,
    queue=QUEUES,
)
@settings(max_examples=300, deadline=None)
def test_asking_more_changes_neither_a_verdict_nor_a_reason(scene, policy, queue):
    """Of whatever is up, down, silent, locked or linked: a dry run says what a run does."""
    less = scene.look(*queue, policy=policy)
    more = scene.look(*queue, policy=policy, asking=Asking.EVERYTHING)

    assert [case.judgement for case in less.cases] == [case.judgement for case in more.cases]
    for one, other in zip(less.cases, more.cases, strict=True):
        assert answers(one, Kind.TRUST) == answers(other, Kind.TRUST)
        assert NotAsked() not in answers(other, Kind.VETO).values()


def test_a_no_to_a_veto_says_what_was_seen():
    scene = Scene(directory=a_directory(tools=["ada"]), phabricator=a_phabricator(linked=[]))

    (case,) = scene.look(ADA).cases

    assert {
        "Marked by an administrator": No("no administrator marked the account"),
        "Directory entry locked": No("uid=ada,ou=people,dc=wikimedia,dc=org is not locked"),
        "Phabricator account disabled": No('no Phabricator account is linked to "Ada"'),
        "Gerrit account inactive": No("Gerrit account ada is active"),
    } == answers(case, Kind.VETO)
