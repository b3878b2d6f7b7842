"""The world file: accounts and their notes, the tables of each source, and all that is wrong."""

from datetime import UTC, datetime

import attrs
import pytest

from glaab.adapters import gerrit, phabricator
from glaab.adapters.toml_file import UNIQUE
from glaab.adapters.world_file import Expectation, read_world
from glaab.domain.accounts import AccountId, AccountState, Identity, SelfDescription
from glaab.domain.errors import SettingsInvalid
from glaab.domain.policy import Verdict
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.unit.world_files import problems_in, world_in

ACCOUNT = """
[[account]]
id = 41
username = "ada"
created_at = 2026-11-20T10:00:00Z
"""


@pytest.fixture
def world_of(tmp_path):
    """A function: TOML -> the world that it describes, where no source exists."""
    return lambda text: world_in(tmp_path, text, ())


@pytest.fixture
def problems_of(tmp_path):
    """A function: TOML -> what is wrong with it."""
    return lambda text, integrations=(): problems_in(tmp_path, text, integrations)


# -- accounts


def test_an_empty_world_is_a_world(world_of):
    world = world_of("")

    assert ((), {}, {}) == (world.accounts, world.notes, world.ports)


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


def test_an_account_says_something_of_itself_or_nothing(world_of):
    told = 'name = "Ada"\nemail_domain = "mail.example"'

    (silent,), (account,) = world_of(ACCOUNT).accounts, world_of(ACCOUNT + told).accounts

    assert SelfDescription() == silent.self_description
    assert SelfDescription(name="Ada", email_domain="mail.example") == account.self_description


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
    assert {} == world.logged


def test_a_note_may_be_logged(world_of):
    world = world_of(
        f"""{ACCOUNT}
        [account.note]
        run = "run-0"
        at = 2026-11-21T23:57:00Z
        because = ["Toolforge member"]
        logged = true
        """
    )

    assert {AccountId(41): "run-0"} == {key: note.run for key, note in world.logged.items()}
    assert {} == world.notes


def test_an_account_may_say_what_is_expected_of_a_policy(world_of):
    world = world_of(
        f"""{ACCOUNT}
        expect = "hold"
        {ACCOUNT.replace("41", "42").replace("ada", "bob")}
        expect = "approve"
        because = ["Staff", "Guest"]
        {ACCOUNT.replace("41", "43").replace("ada", "cyd")}
        """
    )

    assert {
        AccountId(41): Expectation(Verdict.HOLD, None),
        AccountId(42): Expectation(Verdict.APPROVE, frozenset({"Guest", "Staff"})),
    } == world.expectations


# -- sources


def test_every_source_that_a_world_may_describe_has_its_port(tmp_path):
    world = world_in(tmp_path, "", INTEGRATIONS)

    assert [each.name for each in INTEGRATIONS if each.world] == list(world.ports)


def test_the_tables_that_there_are_are_those_of_the_sources(problems_of):
    """Of a source that does not exist no table is known."""
    text = '[[gerrit_account]]\nusername = "ada"\n'

    assert ["top level: unknown key gerrit_account"] == problems_of(
        text, (phabricator.INTEGRATION,)
    )


@attrs.frozen
class _Locker:
    number: int = attrs.field(metadata=UNIQUE)


@attrs.frozen
class LockerWorld:
    """The keys of a source that nobody has, of which it can make nothing."""

    locker: tuple[_Locker, ...] = ()
    lost_keys: tuple[str, ...] = ()


def in_no_memory(world: LockerWorld):
    raise SettingsInvalid(tuple(f"locker {each.number}: it is full" for each in world.locker))


LOCKERS = attrs.evolve(gerrit.INTEGRATION, world=LockerWorld, in_memory=in_no_memory)


def test_a_source_may_have_keys_that_are_no_tables(problems_of):
    text = 'lost_keys = ["a", "a", 1]\n'

    assert ["lost_keys[2]: expected str, got int"] == problems_of(text, (LOCKERS,))


def test_what_several_sources_find_wrong_is_said_at_once(problems_of):
    text = """
        [[locker]]
        number = 7
        [[locker]]
        number = 8
        [[phabricator_project]]
        slug = "trusted"
        members = ["nobody"]
    """

    assert [
        "locker 7: it is full",
        "locker 8: it is full",
        'phabricator_project trusted: no phabricator_account is called "nobody"',
    ] == problems_of(text, (LOCKERS, phabricator.INTEGRATION))


def test_what_a_source_can_be_made_of_is_no_matter_while_its_tables_are_wrong(problems_of):
    text = "[[locker]]\nnumber = 7\n[[locker]]\nnumber = 7\n"

    assert ['locker: 2 of them have the number "7"'] == problems_of(text, (LOCKERS,))


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
        [[phabricator_account]]
        username = "x"
        [[gerrit_group]]
        name = "g"
        members = "ada"
        [[gerrit_group]]
        name = "g"
    """

    assert {
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
        "phabricator_account[0].linked_to: required field missing",
        "gerrit_group[0].members: expected a list, got str",
        "gerrit_group[1].members: required field missing",
        'gerrit_group: 2 of them have the name "g"',
    } == set(problems_of(text, INTEGRATIONS))


@pytest.mark.parametrize("text", ["account = 3", "account = [3]", "account = {}"])
def test_what_is_no_table_is_a_problem(problems_of, text):
    (problem,) = problems_of(text)

    assert problem.startswith("account")


def test_a_day_is_no_time(problems_of):
    text = ACCOUNT.replace("2026-11-20T10:00:00Z", "2026-11-20")

    assert ["account[0].created_at: expected a time, got date"] == problems_of(text)


def test_a_world_that_cannot_be_read_is_a_problem(tmp_path):
    with pytest.raises(SettingsInvalid, match=r"^world .*/missing cannot be read: "):
        read_world(tmp_path / "missing", INTEGRATIONS)
