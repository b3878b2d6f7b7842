"""Evidence: who is asked about whom, and what silence and outages make of it."""

import attrs
import pytest

from glaab.domain.errors import GITLAB, FailoverRestart, System
from glaab.domain.evidence import (
    Evidence,
    Kind,
    No,
    NotAsked,
    Unknown,
    Yes,
)
from glaab.domain.evidence_collector import EvidenceCollector, RunLookups
from glaab.domain.identity import Unchecked, Unproven
from glaab.domain.policy import MARKED, Rule, marked
from glaab.domain.review import Scope
from glaab.domain.sources.directory import DIRECTORY, InDirectoryGroup
from glaab.domain.sources.gerrit import GERRIT, INACTIVE, InGerritGroup
from glaab.domain.sources.phabricator import DISABLED, PHABRICATOR, InPhabricatorProject
from tests.builders import a_dn, a_policy, a_proof, an_account, an_identity, sources
from tests.unit.doubles import (
    REFUSED,
    DirectoryThatChangesServers,
    DirectoryThatHidesLocks,
    GerritThatHidesAccounts,
    GerritThatTires,
    MuteDirectory,
    PhabricatorThatHidesAccounts,
    UnreachableDirectory,
    UnreachableGerrit,
    UnreachablePhabricator,
)
from tests.unit.scenes import (
    ADA,
    ANY_OF_THREE,
    BOB,
    BY_GERRIT,
    BY_PHABRICATOR,
    CYD,
    DAN,
    PEOPLE,
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


def groups_of(directory):
    """The groups that were asked for, question by question."""
    return [{group for group, _ in pairs} for pairs in directory.asked("memberships")]


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
    assert [{"project-tools"}] == groups_of(scene.directory)
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
    vetoes = [item for item in case.evidence if item.kind is Kind.VETO]
    assert [
        Evidence("Marked by an administrator", Kind.VETO, GITLAB, NotAsked()),
        Evidence("Directory entry locked", Kind.VETO, DIRECTORY, NotAsked()),
        Evidence("Phabricator account disabled", Kind.VETO, PHABRICATOR, NotAsked()),
        Evidence("Gerrit account inactive", Kind.VETO, GERRIT, NotAsked()),
    ] == vetoes


def test_on_demand_vetoes_are_looked_up_for_everybody_proven():
    """After the trusted, so that what else is asked cannot change a verdict."""
    scene = Scene(directory=a_directory(tools=["ada"], locked=["bob"]))

    plan = scene.look(ADA, BOB, STRANGER, scope=Scope.FULL)

    assert [{a_dn("ada")}, {a_dn("bob")}] == scene.directory.asked("locked")
    assert isinstance(answers(plan.cases[1], Kind.VETO)["Directory entry locked"], Yes)
    assert () == plan.cases[2].evidence


@pytest.mark.parametrize(
    ("policy", "systems"),
    [
        (a_policy(TOOLFORGE, vetoes=(MARKED,)), "directory"),
        (a_policy(BY_GERRIT, vetoes=(MARKED, INACTIVE)), "directory gerrit"),
        (a_policy(BY_PHABRICATOR, vetoes=(MARKED,)), "directory phabricator"),
        (
            a_policy(TOOLFORGE, vetoes=(MARKED, DISABLED)),
            "directory phabricator",
        ),
        (a_policy(TOOLFORGE, vetoes=(MARKED, INACTIVE)), "directory gerrit"),
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

    (case,) = scene.look(ADA, policy=a_policy(TOOLFORGE, BY_GERRIT)).cases

    assert "wait" == case.judgement.verdict
    assert isinstance(answers(case, Kind.TRUST)["Toolforge member"], Unknown)
    assert isinstance(answers(case, Kind.VETO)["Directory entry locked"], Unknown)


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


# -- in words


def test_every_answer_says_what_was_seen_where():
    scene = Scene(directory=a_directory(tools=["bob"]))

    (case,) = scene.look(ADA, scope=Scope.FULL).cases

    assert {
        "Toolforge member": No(
            "ada is not a member of project-tools", "become a member of LDAP group project-tools"
        ),
        "Trusted (Phabricator)": Unknown("project #trusted is missing, not visible or empty"),
        "Trusted (Gerrit)": Unknown("group Trusted is missing, not visible or empty"),
    } == answers(case, Kind.TRUST)
    assert {
        "Marked by an administrator": No("no administrator marked the account"),
        "Directory entry locked": No("uid=ada,ou=people,dc=wikimedia,dc=org is not locked"),
        "Phabricator account disabled": No("Phabricator account ada is not disabled"),
        "Gerrit account inactive": No("Gerrit account ada is active"),
    } == answers(case, Kind.VETO)


def test_every_yes_names_the_group_or_project():
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(trusted=["Ada"]),
        gerrit=a_gerrit(trusted=["ada"]),
    )

    (case,) = scene.look(ADA).cases

    assert {
        "Toolforge member": Yes("ada is a member of project-tools"),
        "Trusted (Phabricator)": Yes("Phabricator account ada is a member of #trusted"),
        "Trusted (Gerrit)": Yes("Gerrit account ada is a member of Trusted"),
    } == answers(case, Kind.TRUST)


def test_a_no_to_a_veto_says_what_was_seen():
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(linked=()),
        gerrit=a_gerrit(accounts=()),
    )

    (case,) = scene.look(ADA).cases

    assert {
        "Marked by an administrator": No("no administrator marked the account"),
        "Directory entry locked": No("uid=ada,ou=people,dc=wikimedia,dc=org is not locked"),
        "Phabricator account disabled": No('no Phabricator account is linked to "Ada"'),
        "Gerrit account inactive": No("ada has no Gerrit account"),
    } == answers(case, Kind.VETO)


@pytest.mark.parametrize(
    ("mark", "answer"),
    [
        (None, No("no administrator marked the account")),
        ("spam", Yes("an administrator marked the account: spam")),
        ("", Yes("an administrator marked the account: no reason given")),
    ],
)
def test_an_administrators_mark_is_a_veto_even_without_a_reason(mark, answer):
    assert answer == marked(an_account(mark=mark))


# -- profiles


def profiles(scene, *accounts, **options):
    """Where each can be looked at: the systems, and the names there."""
    plan = scene.look(*accounts, **options)
    return [[(each.system, each.name) for each in case.profiles] for case in plan.cases]


ADAS_ENTRY = ("directory", "uid=ada,ou=people,dc=wikimedia,dc=org")
DANS_ENTRY = ("directory", "uid=dan,ou=people,dc=wikimedia,dc=org")


def test_those_who_are_proven_can_be_looked_at_elsewhere():
    """Whether they are trusted there or not; of strangers nothing is known."""
    found = profiles(Scene(), ADA, STRANGER, DAN, scope=Scope.FULL)

    assert [[ADAS_ENTRY, ("phabricator", "ada"), ("gerrit", "ada")], [], [DANS_ENTRY]] == found


def test_nothing_is_asked_for_profiles():
    """What was not needed is not known."""
    scene = Scene(directory=a_directory(tools=["ada"]))

    assert [[ADAS_ENTRY]] == profiles(scene, ADA, policy=a_policy(TOOLFORGE, vetoes=()))
    assert [] == scene.phabricator.questions == scene.gerrit.questions


def test_of_a_system_that_failed_no_profile_is_known():
    scene = Scene(phabricator=UnreachablePhabricator(), gerrit=UnreachableGerrit())

    assert [[ADAS_ENTRY]] == profiles(scene, ADA, scope=Scope.FULL)


# -- step by step


def collect(*, policy=ANY_OF_THREE, **systems):
    scene = Scene(**systems)
    systems = sources(scene.directory, scene.phabricator, scene.gerrit)
    return EvidenceCollector(systems, policy, RunLookups())


ADA_HERSELF, BOB_HIMSELF = a_proof("ada", "Ada"), a_proof("bob", "Bob")


def test_making_a_collector_asks_nobody():
    collector = collect()

    assert (frozenset(), {}) == (collector.asked, collector.outages)
    assert ({}, {}, {}) == (collector.proofs(()), collector.trust(()), collector.vetoes({}))
    assert frozenset() == collector.asked


def test_every_identity_gets_its_proof():
    proofs = collect().proofs([an_identity("Ada"), an_identity("Nobody")])

    assert ADA_HERSELF == proofs[an_identity("Ada")]
    assert Unproven is type(proofs[an_identity("Nobody")])


def test_who_somebody_is_cannot_be_looked_up_without_the_directory():
    collector = collect(directory=UnreachableDirectory())
    identities = [an_identity("Ada"), an_identity("Bob")]

    proofs = collector.proofs(identities)

    down = Unchecked(f"directory gave no usable answer: {REFUSED}")
    assert dict.fromkeys(identities, down) == proofs
    assert ({"directory"}, {"directory": REFUSED}) == (collector.asked, collector.outages)


@pytest.mark.parametrize(
    ("down", "silent"),
    [
        ({"directory": UnreachableDirectory()}, "Toolforge member"),
        ({"phabricator": UnreachablePhabricator()}, "Trusted (Phabricator)"),
        ({"gerrit": UnreachableGerrit()}, "Trusted (Gerrit)"),
    ],
    ids=["directory", "phabricator", "gerrit"],
)
def test_one_source_that_is_down_leaves_the_others_their_word(down, silent):
    """Each keeps its own circuit breaker."""
    (system,) = down
    up = {
        "directory": a_directory(tools=["ada"]),
        "phabricator": a_phabricator(trusted=["Ada"]),
        "gerrit": a_gerrit(trusted=["ada"]),
    }
    collector = collect(**(up | down))

    trust = collector.trust({ADA_HERSELF})[ADA_HERSELF]
    vetoes = collector.vetoes({ADA: ADA_HERSELF})[ADA]

    reason = f"{system} gave no usable answer: {REFUSED}"
    assert {
        rule.name: Unknown(reason) if rule.name == silent else Yes for rule in ANY_OF_THREE.rules
    } == {
        item.rule: item.answer if isinstance(item.answer, Unknown) else type(item.answer)
        for item in trust
    }
    assert [Unknown(reason)] == [e.answer for e in vetoes if not isinstance(e.answer, No)]
    assert {system} == {e.system for e in vetoes if isinstance(e.answer, Unknown)}
    assert ({system: REFUSED}, set(up)) == (collector.outages, collector.asked)


def test_evidence_stands_in_the_order_of_the_policy():
    twice = Rule("Twice", (InGerritGroup("Trusted"), InDirectoryGroup("project-tools")))
    collector = collect(policy=a_policy(twice, BY_PHABRICATOR))

    trust = collector.trust({ADA_HERSELF, BOB_HIMSELF})
    vetoes = collector.vetoes({BOB: BOB_HIMSELF, ADA: ADA_HERSELF})

    asked = [("Twice", GERRIT), ("Twice", DIRECTORY), ("Trusted (Phabricator)", PHABRICATOR)]
    for person in (ADA_HERSELF, BOB_HIMSELF):
        assert asked == [(item.rule, item.system) for item in trust[person]]
    assert [BOB, ADA] == list(vetoes)
    assert [GITLAB, DIRECTORY, PHABRICATOR, GERRIT] == [item.system for item in vetoes[ADA]]


def test_a_condition_of_two_rules_is_asked_for_once():
    again = Rule("Again", TOOLFORGE.conditions)
    directory = a_directory(tools=["ada"])
    collector = collect(policy=a_policy(TOOLFORGE, again), directory=directory)

    first, second = collector.trust({ADA_HERSELF})[ADA_HERSELF]

    assert ("Toolforge member", "Again") == (first.rule, second.rule)
    assert first.answer == second.answer
    assert [{"project-tools"}] == groups_of(directory)


def test_each_account_has_its_own_mark():
    """Two accounts of one person are never both judged, but the evidence would be right."""
    marked_one = attrs.evolve(BOB, mark="spam")

    vetoes = collect().vetoes({ADA: ADA_HERSELF, marked_one: ADA_HERSELF})

    found = {account.id: evidence[0].answer for account, evidence in vetoes.items()}
    assert [No, Yes] == [type(found[ADA.id]), type(found[BOB.id])]


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_directory_that_changes_servers_starts_everything_over(fails_at):
    """It is no outage: whatever was collected is thrown away with the collector."""
    collector = collect(
        directory=DirectoryThatChangesServers(a_directory(), a_directory(), fails_at)
    )

    def collect_all():
        collector.proofs([an_identity("Ada")])
        collector.trust({ADA_HERSELF})
        collector.vetoes({ADA: ADA_HERSELF})

    with pytest.raises(FailoverRestart):
        collect_all()

    assert {} == collector.outages
