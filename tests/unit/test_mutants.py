"""Words and corners that no other test holds fast; `make mutation` found that they were loose."""

import attrs
import pytest

from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.errors import System
from glaab.domain.evidence import Kind, No, NotAsked, Unknown, Yes
from glaab.domain.findings import prove
from glaab.domain.gathering import Gathering, Sources
from glaab.domain.names import Cn, Dn, NamedBy, Uid
from glaab.domain.outcome import Outcome, Result, unlogged_approvals, preview
from glaab.domain.policy import Veto
from glaab.domain.ports import AccountWithNote, ApprovalRecord, RunId, Unreadable
from glaab.domain.questions import Questions
from glaab.domain.review import Plan, Scope
from tests.builders import NOON, a_person, a_policy, a_proof, a_record, an_account, an_identity
from tests.unit.doubles import (
    REFUSED,
    AttentiveGitLab,
    DirectoryThatTires,
    ListedAuditLog,
    MuteDirectory,
    UnreachableAuditLog,
)
from tests.unit.scenes import (
    ADA,
    ANY_OF_THREE,
    BOB,
    DAN,
    PEOPLE,
    TOOLFORGE,
    Run,
    Scene,
    a_directory,
    a_gerrit,
    a_phabricator,
    answers,
    verdicts,
)

# -- names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"cn=Ada\09,dc=org", "cn=Ada,dc=org"),
        ("cn=Ada\u00a0,dc=org", "cn=Ada,dc=org"),
        ("cn=Ada\u3000,dc=org", "cn=Ada,dc=org"),
        ("cn=ＡX,dc=org", "cn=Ａ,dc=org"),
    ],
)
def test_nothing_but_spaces_around_a_value_does_not_count(one, other):
    assert Dn(one) != Dn(other)


# -- identity


ADVICE = [
    ((), "check that your developer account still exists under this name"),
    (
        (a_person("ada", "Ａｄａ Example"),),
        "ask an administrator to look at this account: two names look alike",
    ),
    (
        (a_person("ada", cns=(Cn("Ada Example"), Cn("Eve"))),),
        "ask an administrator of the directory to leave one name",
    ),
    (
        (a_person("ada"), a_person("adb")),
        "ask an administrator of the directory to make the name unique",
    ),
]


@pytest.mark.parametrize(("found", "advice"), ADVICE)
def test_whoever_is_not_proven_learns_what_to_do(found, advice):
    assert advice == prove(an_identity("Ada Example"), NamedBy.CN, found).advice


# -- what earlier runs owe


BLOCKED = an_account(
    id=AccountId(7), username=Username("eve"), state=AccountState.BLOCKED, identities=()
)


def owed_for(note) -> ApprovalRecord:
    plan = Plan(open_notes=(AccountWithNote(BLOCKED, note),), outages={}, asked=frozenset())
    (record,) = unlogged_approvals(plan, lambda: NOON)
    return record


@pytest.mark.parametrize(("note", "why"), [(Unreadable("ink"), "ink"), (None, "there is none")])
def test_of_a_note_that_cannot_be_read_the_entry_says_what_is_known(note, why):
    expected = ApprovalRecord(
        at=NOON,
        account_id=BLOCKED.id,
        username=BLOCKED.username,
        created_at=BLOCKED.created_at,
        because=(),
        proof=None,
        evidence=(),
        run=RunId("unknown"),
        policy="unknown",
        version="unknown",
        found=AccountState.BLOCKED,
        remark=f"the note of the run that approved it could not be read: {why}",
    )

    assert expected == owed_for(note)


def test_of_a_note_that_can_be_read_the_entry_is_the_note():
    note = a_record(account_id=BLOCKED.id)
    expected = attrs.evolve(
        note,
        found=AccountState.BLOCKED,
        remark="logged by a later run than run-1, which noted the approval and did not log it;"
        " a person may have approved the account in the same moment",
    )

    assert expected == owed_for(note)


def test_a_dry_run_dates_what_it_cannot_read():
    plan = Plan(open_notes=(AccountWithNote(BLOCKED, None),), outages={}, asked=frozenset())

    (record,) = preview(plan, 25, lambda: NOON).recovered

    assert NOON == record.at


# -- what was seen, in words


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


def test_whoever_has_no_account_elsewhere_is_named_in_the_no():
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(linked=()),
        gerrit=a_gerrit(accounts=()),
    )

    (case,) = scene.look(ADA).cases

    found = answers(case, Kind.VETO)
    assert No('no Phabricator account is linked to "Ada"') == found["Phabricator account disabled"]
    assert No("ada has no Gerrit account") == found["Gerrit account inactive"]


def test_what_a_directory_left_out_is_named():
    scene = Scene(directory=a_directory(tools=["ada"], kind=MuteDirectory))

    (case,) = scene.look(ADA).cases

    found = answers(case, Kind.TRUST)["Toolforge member"]
    assert Unknown("nobody answered about project-tools") == found


def test_vetoes_that_do_not_matter_stand_under_their_systems():
    scene = Scene(directory=a_directory(tools=["bob"]))

    (case,) = scene.look(ADA, policy=a_policy(TOOLFORGE)).cases

    expected = [(veto.title, veto.system, NotAsked()) for veto in Veto]
    vetoes = [item for item in case.evidence if item.kind is Kind.VETO]
    assert expected == [(item.rule, item.system, item.answer) for item in vetoes]


# -- canaries


WITH_CANARY = a_policy(TOOLFORGE, canaries={Veto.DIRECTORY_LOCKED: "Dan"})


@pytest.mark.parametrize(
    ("people", "seen"),
    [
        (PEOPLE[:3], "0 entries of the directory bear this cn"),
        ((*PEOPLE, a_person("dan2", "dan")), "2 entries of the directory bear this cn"),
    ],
)
def test_why_a_canary_was_not_seen_is_told(people, seen):
    scene = Scene(directory=a_directory(tools=["ada"], people=people, locked=["dan"]))

    (case,) = scene.look(ADA, policy=WITH_CANARY).cases

    assert f"({seen})" in answers(case, Kind.VETO)["Directory entry locked"].reason


def test_a_directory_that_fails_at_the_canary_is_out():
    scene = Scene(directory=a_directory(tools=["ada"], locked=["dan"], kind=DirectoryThatTires))

    plan = scene.look(ADA, policy=WITH_CANARY)

    assert {System.DIRECTORY: REFUSED} == plan.outages
    assert {System.DIRECTORY, System.PHABRICATOR, System.GERRIT} == plan.asked


def test_a_canary_that_shows_nothing_hides_nobodys_disabled_account():
    """Looking the canary up does not forget what was found before."""
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=a_phabricator(linked=["Ada", "Dan"], disabled=["Ada"]),
    )
    policy = attrs.evolve(ANY_OF_THREE, canaries={Veto.PHABRICATOR_DISABLED: "Dan"})

    assert {"Ada": "veto"} == verdicts(scene.look(ADA, policy=policy))


# -- nobody is asked about twice


def test_whom_gerrit_told_of_it_is_never_asked_about_again():
    gerrit = a_gerrit(trusted=["ada"])
    sources = Sources(a_directory(tools=["ada"]), a_phabricator(), gerrit)
    gathering = Gathering(sources, ANY_OF_THREE, Questions())
    ada = a_proof("ada", "Ada")
    bob = a_proof("bob", "Bob")

    gathering.trust([ada, bob])
    gathering.vetoes({ADA: ada, BOB: bob})
    gathering.vetoes({ADA: ada, BOB: bob, DAN: a_proof("dan", "Dan")})

    assert [{Uid("ada")}, {Uid("bob")}, {Uid("dan")}] == gerrit.asked("accounts")


def test_whom_phabricator_told_of_it_is_never_asked_about_again():
    phabricator = a_phabricator()
    sources = Sources(a_directory(tools=["ada"]), phabricator, a_gerrit())
    gathering = Gathering(sources, a_policy(TOOLFORGE), Questions())
    ada, bob = a_proof("ada", "Ada"), a_proof("bob", "Bob")

    gathering.trust([ada, bob])
    gathering.vetoes({ADA: ada})
    gathering.vetoes({ADA: ada, BOB: bob})
    gathering.vetoes({ADA: ada, BOB: bob})

    assert [{"Ada"}, {"Bob"}] == phabricator.asked("accounts")


# -- approving and recovering


def test_what_could_not_be_logged_for_an_earlier_run_failed_for_its_reason():
    active = attrs.evolve(ADA, state=AccountState.ACTIVE)
    gitlab = AttentiveGitLab([active], {ADA.id: a_record(account_id=ADA.id)})
    logs = (UnreachableAuditLog(), ListedAuditLog(), UnreachableAuditLog())

    done = Run(gitlab=gitlab, logs=logs)()

    reason = f"audit_log gave no usable answer: {REFUSED}"
    assert {ADA.id: Result(Outcome.FAILED, f"{reason}; {reason}")} == done.results


def test_a_note_of_another_run_keeps_its_username():
    """As another run may have written it into a log."""
    renamed = attrs.evolve(ADA, username=Username("ada-now"))
    note = a_record(account_id=ADA.id, username=Username("ada-then"))
    log = ListedAuditLog()

    Run(gitlab=AttentiveGitLab([renamed], {ADA.id: note}), logs=(log,))()

    assert ["ada-then"] == log.usernames
