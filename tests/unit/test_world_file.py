"""The world file: what it fills the systems with, and that the example shows every decision."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glaab.adapters.memory import (
    InMemoryDirectory,
    InMemoryGerrit,
    InMemoryGitLab,
    InMemoryPhabricator,
)
from glaab.adapters.policy_file import built_in_policy_text, parse_policy
from glaab.adapters.world_file import read_world
from glaab.domain.accounts import AccountId, AccountState, Identity
from glaab.domain.errors import SettingsInvalid
from glaab.domain.evidence import Kind, Proven, Unproven, Yes
from glaab.domain.gathering import Sources
from glaab.domain.names import Cn, Dn, Phid, Uid
from glaab.domain.policy import Verdict, Veto
from glaab.domain.review import ReviewAccounts, ReviewPending, Scope
from tests.builders import a_dn, a_gerrit_account, a_person, a_phabricator_account

EXAMPLE = Path(__file__).parents[2] / "examples" / "wikimedia.toml"

ACCOUNT = """
[[account]]
id = 41
username = "ada"
created_at = 2026-11-20T10:00:00Z
"""


@pytest.fixture
def world_of(tmp_path):
    """A function: TOML -> the world that it describes."""

    def world_of(text):
        path = tmp_path / "world.toml"
        path.write_text(f'base_dn = "dc=wikimedia,dc=org"\n{text}')
        return read_world(path)

    return world_of


@pytest.fixture
def problems_of(tmp_path):
    """A function: TOML -> what is wrong with it, without the name of the file."""

    def problems_of(text):
        path = tmp_path / "world.toml"
        path.write_text(text)
        with pytest.raises(SettingsInvalid) as raised:
            read_world(path)
        assert all(each.startswith(f"world {path}: ") for each in raised.value.problems)
        return [each.removeprefix(f"world {path}: ") for each in raised.value.problems]

    return problems_of


# -- what it fills the systems with


def test_an_empty_world_is_a_world(world_of):
    world = world_of("")

    assert () == world.accounts
    assert {} == world.notes
    assert {} == world.projects


def test_an_account_waits_unless_told_otherwise(world_of):
    (account,) = world_of(ACCOUNT).accounts

    assert AccountId(41) == account.id
    assert "ada" == account.username
    assert AccountState.PENDING is account.state
    assert datetime(2026, 11, 20, 10, tzinfo=UTC) == account.created_at
    assert () == account.identities
    assert account.mark is None


def test_an_account_has_a_state_identities_and_a_mark(world_of):
    (account,) = world_of(
        f"""{ACCOUNT}
        state = "banned"
        identities = [{{ provider = "p", extern_uid = "x" }}, {{ provider = "q", extern_uid = "" }}]
        veto = "asked to wait"
        """
    ).accounts

    assert AccountState.BANNED is account.state
    assert (Identity("p", "x"), Identity("q", "")) == account.identities
    assert "asked to wait" == account.mark


def test_times_are_in_utc(world_of):
    (account,) = world_of(ACCOUNT.replace("10:00:00Z", "10:00:00+02:00")).accounts

    assert datetime(2026, 11, 20, 8, tzinfo=UTC) == account.created_at


def test_a_note_is_that_of_an_earlier_run(world_of):
    world = world_of(
        f"""{ACCOUNT}
        [account.note]
        run = "run-0"
        at = 2026-11-21T23:57:00Z
        because = ["Toolforge member"]
        """
    )

    ((key, note),) = world.notes.items()
    assert AccountId(41) == key == note.account_id
    assert "run-0" == note.run
    assert ("Toolforge member",) == note.because
    assert datetime(2026, 11, 21, 23, 57, tzinfo=UTC) == note.at
    assert "ada" == note.username
    assert note.proof is None


def test_a_person_stands_below_people(world_of):
    world = world_of(
        """
        [[person]]
        uid = "ada"
        cn = "Ada Example"

        [[person]]
        uid = "bob, jr"
        cn = "Bob"
        more_cn = ["Robert"]
        locked = true

        [[person]]
        uid = "c"
        cn = "C"
        lock_hidden = true
        """
    )

    bob = Dn("uid=bob\\, jr,ou=people,dc=wikimedia,dc=org")
    assert (
        a_person(),
        a_person("bob, jr", cns=(Cn("Bob"), Cn("Robert")), dn=bob),
        a_person("c", "C"),
    ) == world.people
    assert {bob} == world.locked
    assert {a_dn("c")} == world.lock_hidden


@pytest.mark.parametrize("uid", [r"a\b", 'a"b', "a+b", "a=b", "a<b>c", "a;b", "a,ou=admins"])
def test_a_uid_cannot_leave_its_place_in_the_dn(world_of, uid):
    world = world_of(f"[[person]]\nuid = '{uid}'\ncn = 'x'\n")

    assert ("uid", uid) == world.people[0].dn.name


def test_groups_and_projects_have_members(world_of):
    world = world_of(
        """
        [[directory_group]]
        name = "wmf"
        members = ["ada", "gone"]

        [[phabricator_account]]
        username = "Ada"
        linked_to = "Ada Example"

        [[phabricator_project]]
        slug = "trusted"
        members = ["Ada"]

        [[gerrit_group]]
        name = "Trusted"
        members = ["ada"]
        """
    )

    assert {"wmf": frozenset({a_dn("ada"), a_dn("gone")})} == world.directory_groups
    assert {"trusted": frozenset({Phid("PHID-USER-Ada")})} == world.projects
    assert {"Trusted": frozenset({Uid("ada")})} == world.gerrit_groups


def test_phabricator_accounts_are_linked_to_names(world_of):
    """Several may be linked to one name; a disabled one is not activated."""
    world = world_of(
        """
        [[phabricator_account]]
        username = "ada"
        linked_to = "Ada"

        [[phabricator_account]]
        username = "adabot"
        linked_to = "Ada"
        bot = true
        activated = false

        [[phabricator_account]]
        username = "bob"
        linked_to = "Bob"
        disabled = true
        """
    )

    assert {
        "Ada": (
            a_phabricator_account("ada"),
            a_phabricator_account("adabot", is_person=False, is_activated=False),
        ),
        "Bob": (a_phabricator_account("bob", is_disabled=True),),
    } == world.linked


def test_gerrit_accounts_are_active_unless_told_otherwise(world_of):
    world = world_of(
        """
        [[gerrit_account]]
        username = "ada"

        [[gerrit_account]]
        username = "bob"
        active = false
        """
    )

    assert (
        a_gerrit_account("ada"),
        a_gerrit_account("bob", is_active=False),
    ) == world.gerrit_accounts


# -- what is wrong


def test_all_problems_come_at_once(problems_of):
    """Those of shape and those of sense, wherever they are."""
    text = f"""
        {ACCOUNT}
        state = "asleep"
        {ACCOUNT}
        colour = "red"
        [[account]]
        id = true
        username = "x"
        created_at = 2026-11-20T10:00:00
        [[account]]
        [[account]]
        [[person]]
        uid = "ada"
        cn = 3
        locked = "yes"
        [[person]]
        uid = "ada"
        cn = "x"
        [[directory_group]]
        name = "wmf"
        members = "ada"
        [[phabricator_project]]
        slug = "trusted"
        members = ["nobody", {{}}]
        [[phabricator_project]]
        slug = "other"
        members = "nobody"
        [[gerrit_group]]
        name = "g"
        [[gerrit_group]]
        name = "g"
    """

    assert {
        "base_dn: required field missing",
        "account[0].state: 'asleep' is not a valid AccountState",
        "account[1]: unknown key colour",
        "account[2].id: expected int, got bool",
        "account[2].created_at: the time 2026-11-20 10:00:00 has no zone",
        *(
            f"account[{index}].{field}: required field missing"
            for index in (3, 4)
            for field in ("id", "username", "created_at")
        ),
        'account: 2 of them have the id "41"',
        'account: 2 of them have the username "ada"',
        "person[0].cn: expected str, got int",
        "person[0].locked: expected bool, got str",
        'person: 2 of them have the uid "ada"',
        "directory_group[0].members: expected a list, got str",
        'phabricator_project trusted: no phabricator_account is called "nobody"',
        'phabricator_project trusted: no phabricator_account is called "{}"',
        "phabricator_project[0].members[1]: expected str, got dict",
        "phabricator_project[1].members: expected a list, got str",
        "gerrit_group[0].members: required field missing",
        "gerrit_group[1].members: required field missing",
        'gerrit_group: 2 of them have the name "g"',
    } == set(problems_of(text))


@pytest.mark.parametrize("text", ["account = 3", "account = [3]", "account = {}"])
def test_what_is_no_table_is_a_problem(problems_of, text):
    (problem,) = problems_of(f'base_dn = "dc=x"\n{text}')

    assert problem.startswith("account")


def test_a_day_is_no_time(problems_of):
    text = f'base_dn = "dc=x"\n{ACCOUNT.replace("2026-11-20T10:00:00Z", "2026-11-20")}'

    assert ["account[0].created_at: expected a time, got date"] == problems_of(text)


def test_a_world_that_cannot_be_read_is_a_problem(tmp_path):
    with pytest.raises(SettingsInvalid, match=r"^world .*/missing cannot be read: "):
        read_world(tmp_path / "missing")


# -- the example


@pytest.fixture(scope="module")
def example():
    return read_world(EXAMPLE)


@pytest.fixture(scope="module")
def review(example):
    """The review of the example, under the built-in policy."""
    return ReviewPending(
        gitlab=InMemoryGitLab(example.accounts, example.notes),
        review=ReviewAccounts(
            sources=Sources(
                InMemoryDirectory(
                    example.people, example.directory_groups, example.locked, example.lock_hidden
                ),
                InMemoryPhabricator(example.linked, example.projects),
                InMemoryGerrit(example.gerrit_accounts, example.gerrit_groups),
            ),
            policy=parse_policy(built_in_policy_text(), "the built-in policy"),
            scope=Scope.FULL,
        ),
    )


@pytest.fixture(scope="module")
def plan(review):
    return review()


@pytest.fixture(scope="module")
def cases(plan):
    return {case.account.username: case for case in plan.cases}


def answered_yes(case, kind):
    return {
        item.rule for item in case.evidence if item.kind is kind and isinstance(item.answer, Yes)
    }


def test_the_example_has_at_least_25_accounts(example):
    assert len(example.accounts) >= 25


def test_the_example_leads_to_every_verdict(plan):
    verdicts = Counter(case.judgement.verdict for case in plan.cases)

    assert set(Verdict) == verdicts.keys()


def test_the_example_satisfies_every_rule(cases):
    policy = parse_policy(built_in_policy_text(), "the built-in policy")

    alone = {
        case.judgement.because
        for case in cases.values()
        if case.judgement.verdict is Verdict.APPROVE
    }

    assert {(rule.name,) for rule in policy.rules} <= alone
    assert any(len(because) > 1 for because in alone)


@pytest.mark.parametrize("veto", Veto)
def test_the_example_vetoes_somebody_with_every_veto_alone(cases, veto):
    vetoed = [case for case in cases.values() if case.judgement.verdict is Verdict.VETO]

    assert {veto.title} in [answered_yes(case, Kind.VETO) for case in vetoed]


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("ada1", "no sign-in through openid_connect proves who this is"),
        ("ada2", "no sign-in through openid_connect proves who this is"),
        ("ada3", "it carries 2 identities of openid_connect"),
        ("nobody", 'the directory has no entry with cn "No Body"'),
        ("ada5", "only looks like"),
        ("kim2", "only looks like"),
        ("lea2", "only looks like"),
        ("max", '2 entries of the directory bear cn "Max Muster"'),
        ("nora", "bears 2 cn and 1 uid where one of each is needed"),
    ],
)
def test_the_example_falls_into_no_identity_trap(cases, username, words):
    """Each of them would be trusted, were it who it seems to be, and is held."""
    case = cases[username]

    assert isinstance(case.proof, Unproven)
    assert words in case.proof.reason
    assert Verdict.HOLD is case.judgement.verdict
    assert () == case.evidence


def test_the_traps_of_the_example_would_let_somebody_in(example, cases):
    """Nobody named in a trap is held merely because nobody trusts them."""
    trusted = example.directory_groups["wmf"]

    for uid in ("ada", "kim", "lea", "max1", "nora"):
        assert a_dn(uid) in trusted


@pytest.mark.parametrize(
    ("username", "uid"), [("bruno", "bruno"), ("dora", "dora"), ("gita", "gita")]
)
def test_the_example_finds_who_is_spelt_otherwise(cases, username, uid):
    """Case, spaces, another provider's identity and metacharacters are no obstacle."""
    case = cases[username]

    assert isinstance(case.proof, Proven)
    assert uid == case.proof.uid
    assert Verdict.APPROVE is case.judgement.verdict


@pytest.mark.parametrize("username", ["hugo", "ines", "jarvis", "kaya"])
def test_the_example_trusts_no_unfit_phabricator_account(cases, username):
    assert Verdict.HOLD is cases[username].judgement.verdict
    assert set() == answered_yes(cases[username], Kind.TRUST)


def test_the_example_has_unfinished_business_and_somebody_blocked(example, plan):
    states = {account.username: account.state for account in example.accounts}

    assert ["tove"] == [noted.account.username for noted in plan.open_notes]
    assert AccountState.BLOCKED is states["uwe"]


def test_the_example_has_nobody_without_a_story(example):
    """Each account stands below a comment that tells what it is there for."""
    blocks = EXAMPLE.read_text().split("[[account]]")

    assert len(example.accounts) == len(blocks) - 1
    assert all("\n# " in block for block in blocks[:-1])
