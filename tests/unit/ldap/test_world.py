"""The directory's tables of a world file."""

import pytest

from glaab.adapters import ldap
from glaab.domain.evidence import No, Unknown, Yes
from glaab.domain.names import CN, DN, UID, Cn, Dn, NameKind
from glaab.domain.sources.directory import DIRECTORY
from tests.builders import a_dn, a_person
from tests.contract.ldap.contract import members
from tests.unit.world_files import problems_in, world_in

BASE = 'base_dn = "dc=wikimedia,dc=org"\n'


@pytest.fixture
def directory_of(tmp_path):
    """A function: tables -> the directory that they describe."""
    return lambda text: world_in(tmp_path, BASE + text, (ldap.INTEGRATION,)).ports[DIRECTORY]


def test_a_directory_may_be_empty(directory_of):
    directory = directory_of("")

    assert {} == directory.people({"Ada Example"}, CN)


def test_a_person_stands_below_people(directory_of):
    directory = directory_of('[[person]]\nuid = "ada"\ncn = "Ada Example"\n')

    assert {"ada": (a_person(),)} == directory.people({"ada", "bob"}, UID)
    assert {a_dn(): No(f"{a_dn()} is not locked")} == directory.locked({a_dn()})


def test_a_person_is_found_by_the_dn_however_it_is_spelt(directory_of):
    directory = directory_of('[[person]]\nuid = "ada"\ncn = "Ada Example"\n')

    spelt = "UID=Ada, OU=People, DC=wikimedia, DC=org"
    assert {spelt: (a_person(),)} == directory.people({spelt, a_dn("bob").text}, DN)


def test_a_person_may_have_further_names(directory_of):
    directory = directory_of('[[person]]\nuid = "bob"\ncn = "Bob"\nmore_cn = ["Robert"]\n')

    bob = a_person("bob", cns=(Cn("Bob"), Cn("Robert")))
    assert {"Bob": (bob,), "Robert": (bob,)} == directory.people({"Bob", "Robert"}, CN)


def test_a_person_may_have_names_of_other_kinds(directory_of):
    directory = directory_of(
        '[[person]]\nuid = "ada"\ncn = "Ada Example"\nkeys = {mail = "ada@example.org"}\n'
        '[[person]]\nuid = "bob"\ncn = "Bob"\n'
    )

    found = directory.people({"ADA@example.org", "bob@example.org"}, NameKind("mail"))

    assert {"ADA@example.org": (a_person(keys=("ada@example.org",)),)} == found


def test_an_entry_may_be_locked_or_hide_its_lock(directory_of):
    directory = directory_of(
        '[[person]]\nuid = "bob"\ncn = "Bob"\nlocked = true\n'
        '[[person]]\nuid = "cyd"\ncn = "Cyd"\nlock_hidden = true\n'
    )

    assert {
        a_dn("bob"): Yes(f"{a_dn('bob')} is locked"),
        a_dn("cyd"): Unknown("the lock attributes of the entry cannot be read"),
    } == directory.locked({a_dn("bob"), a_dn("cyd")})


@pytest.mark.parametrize("uid", [r"a\b", 'a"b', "a+b", "a=b", "a<b>c", "a;b", "a,ou=admins"])
def test_a_uid_cannot_leave_its_place_in_the_dn(directory_of, uid):
    directory = directory_of(f"[[person]]\nuid = '{uid}'\ncn = 'x'\n")

    ((person,),) = directory.people({"x"}, CN).values()
    assert ("uid", uid) == person.dn.name
    assert person.dn.text.endswith(",ou=people,dc=wikimedia,dc=org")


def test_a_group_has_members_whether_or_not_they_are_there(directory_of):
    """A DN may be a member that has no entry any more."""
    directory = directory_of('[[directory_group]]\nname = "wmf"\nmembers = ["ada", "gone, jr"]\n')

    gone = Dn(r"uid=gone\, jr,ou=people,dc=wikimedia,dc=org")
    assert {"wmf": {a_dn("ada"), gone}} == members(directory, ["wmf"], [a_dn("ada"), gone])


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    text = """
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
        [[directory_group]]
        name = "wmf"
        members = []
    """

    assert {
        "person[0].cn: expected str, got int",
        "person[0].locked: expected bool, got str",
        'person: 2 of them have the uid "ada"',
        "directory_group[0].members: expected a list, got str",
        'directory_group: 2 of them have the name "wmf"',
    } == set(problems_in(tmp_path, text, (ldap.INTEGRATION,)))


def test_without_people_and_groups_no_base_is_needed(tmp_path):
    """As where the policy's identities are proven by somebody else."""
    world = world_in(tmp_path, "", (ldap.INTEGRATION,))

    assert {} == world.ports[DIRECTORY].people({"Ada Example"}, CN)


@pytest.mark.parametrize(
    "text",
    [
        '[[person]]\nuid = "ada"\ncn = "Ada Example"\n',
        '[[directory_group]]\nname = "wmf"\nmembers = []\n',
    ],
)
def test_people_and_groups_need_a_base(tmp_path, text):
    assert [
        'base_dn: needed where people or groups are; add one, as "dc=example,dc=org"'
    ] == problems_in(tmp_path, text, (ldap.INTEGRATION,))
