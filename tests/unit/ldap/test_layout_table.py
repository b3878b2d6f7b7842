"""`[directory]` of a policy file: presets, what replaces their fields, and all that is wrong."""

import attrs
import pytest

from glaab.adapters.ldap.layout import PRESETS, WIKIMEDIA, ServerKind
from glaab.adapters.ldap.lock_tests import LockTest, LockTestKind
from glaab.adapters.policy_file import built_in_policy_text
from glaab.domain.errors import SettingsInvalid
from glaab.domain.names import NameKind
from glaab.domain.sources.directory import DIRECTORY
from tests.policies import kinds, parse_policy

POLICY = """
version = 1

[identity]
providers = ["openid_connect"]
extern_uid = "{extern_uid}"

[[trust]]
name = "Member"
directory_group = "devs"

[veto]
directory_locked = {locked}

{directory}
"""
EVERYTHING = """\
[directory]
layout = "freeipa"
server = "openldap"
people = "ou=humans"
people_filter = "(objectClass=person)(!(cn=robot))"
keys = ["uid", "employeeNumber", "KRBPRINCIPALNAME"]
uid = "mail"
groups = ""
group_filter = "(objectClass=groupOfUniqueNames)"
group_name = "ou"
member = "uniqueMember"
nested = false
locked = [
  {attribute = "nsAccountLock", equals = "TRUE"},
  {attribute = "loginShell", in = ["/bin/false", "/sbin/nologin"]},
  {attribute = "flags", bit = 2},
  {attribute = "shadowExpire", before_now = "days"},
  {attribute = "pwdAccountLockedTime", present = true},
]
"""


def a_policy(directory="", *, extern_uid="cn", locked=False):
    text = POLICY.format(directory=directory, extern_uid=extern_uid, locked=str(locked).lower())
    return parse_policy(text, "it")


def layout_of(directory, **more):
    return a_policy(directory, **more).options[DIRECTORY]


def problems_of(directory, **more):
    with pytest.raises(SettingsInvalid) as raised:
        a_policy(directory, **more)
    return [problem.removeprefix("it: ") for problem in raised.value.problems]


# -- what it says


def test_without_a_table_nothing_is_said_of_the_layout():
    assert {} == a_policy().options


@pytest.mark.parametrize("preset", [each for each in PRESETS if each != "wikimedia"])
def test_a_preset_goes_by_its_name(preset):
    assert PRESETS[preset] == layout_of(f'[directory]\nlayout = "{preset}"\n')


def test_a_table_without_a_name_is_wikimedias():
    assert attrs.evolve(WIKIMEDIA, people="ou=staff") == layout_of(
        '[directory]\npeople = "ou=staff"\n'
    )


def test_every_field_can_be_replaced():
    layout = layout_of(EVERYTHING)

    assert (
        attrs.evolve(
            PRESETS["freeipa"],
            server=ServerKind.OPENLDAP,
            people="ou=humans",
            people_filter="(objectClass=person)(!(cn=robot))",
            keys=(NameKind("employeeNumber"), NameKind("krbPrincipalName")),
            uid="mail",
            groups="",
            group_filter="(objectClass=groupOfUniqueNames)",
            group_name="ou",
            member="uniqueMember",
            nested=False,
            locked=(
                LockTest("nsAccountLock", LockTestKind.EQUALS, ("TRUE",)),
                LockTest("loginShell", LockTestKind.IN, ("/bin/false", "/sbin/nologin")),
                LockTest("flags", LockTestKind.BIT, ("2",)),
                LockTest("shadowExpire", LockTestKind.BEFORE_NOW, ("days",)),
                LockTest("pwdAccountLockedTime", LockTestKind.PRESENT, ()),
            ),
        )
        == layout
    )


def test_a_group_is_what_has_members_of_the_kind_that_was_chosen():
    """The preset's filter is about groups that list their members in another way."""
    layout = layout_of('[directory]\nlayout = "rfc2307"\nmember = "uniqueMember"\n')

    assert "(uniqueMember=*)" == layout.group_filter


@pytest.mark.parametrize(
    ("preset", "kind"),
    [
        ("freeipa", "krbPrincipalName"),
        ("freeipa", "ipaUniqueID"),
        ("active-directory", "objectGUID"),
        ("active-directory", "userPrincipalName"),
        ("rfc2307", "dn"),
    ],
)
def test_people_may_be_named_by_a_key_of_the_layout(preset, kind):
    policy = a_policy(f'[directory]\nlayout = "{preset}"\n', extern_uid=kind)

    assert (kind, DIRECTORY) == (policy.extern_uid, policy.proved_by)


def test_people_may_be_named_by_a_key_that_was_added():
    directory = '[directory]\nkeys = ["employeeNumber"]\n'

    assert "employeeNumber" == a_policy(directory, extern_uid="employeeNumber").extern_uid


# -- the digest


def test_a_policy_without_a_table_keeps_its_digest():
    """Nor does it matter if it says what is so without it."""
    spelt_out = f'{built_in_policy_text()}\n[directory]\nlayout = "wikimedia"\n'

    assert parse_policy(built_in_policy_text(), "it") == parse_policy(spelt_out, "it")


def test_every_field_counts_in_the_digest():
    """But the name of the preset, of which nothing is left here."""
    tables = [EVERYTHING.replace(line, "") for line in EVERYTHING.splitlines()[2:12]]
    texts = [EVERYTHING, *tables, EVERYTHING.replace("bit = 2", "bit = 4")]

    assert len(texts) == len({a_policy(text).digest for text in texts})


def test_how_a_layout_is_written_does_not_count():
    spelt_out = '[directory]\nlayout = "freeipa"\npeople = "cn=users,cn=accounts"\n'

    assert a_policy('[directory]\nlayout = "freeipa"\n').digest == a_policy(spelt_out).digest


# -- what is wrong


ATTRIBUTE = "cannot be the name of an attribute"
ON_AD = (
    "on Active Directory only what every account has proves anything: test a bit of"
    " userAccountControl or msDS-User-Account-Control-Computed, or accountExpires"
    ' by before_now = "filetime"'
)
DEEP = "(!" * 3_000 + "(cn=x)" + ")" * 3_000


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            'layout = "openldap"',
            'directory.layout: it is "wikimedia", "freeipa", "active-directory" or "rfc2307", not'
            ' "openldap"',
        ),
        (
            'server = "samba"',
            'directory.server: it is "openldap", "389-ds" or "active-directory", not "samba"',
        ),
        (
            'member = "memberOf"',
            'directory.member: it is "member", "uniqueMember" or "memberUid", not "memberOf"',
        ),
        (
            'people = "people"',
            'directory.people: "people" is no distinguished name; it looks like ou=people, or is'
            " empty for LDAP_BASE_DN itself",
        ),
        (
            'groups = "groups"',
            'directory.groups: "groups" is no distinguished name; it looks like ou=people, or is'
            " empty for LDAP_BASE_DN itself",
        ),
        (
            'people_filter = "objectClass=person"',
            'directory.people_filter: "objectClass=person" is no LDAP filter; it looks like (cn=x)',
        ),
        (
            'group_filter = "(cn=x"',
            'directory.group_filter: "(cn=x" is no LDAP filter; it looks like (cn=x)',
        ),
        ('uid = "user name"', f'directory.uid: "user name" {ATTRIBUTE}'),
        ('group_name = ""', f'directory.group_name: "" {ATTRIBUTE}'),
        ('keys = ["mail", "(cn)"]', f'directory.keys[1]: "(cn)" {ATTRIBUTE}'),
        (
            'layout = "rfc2307"\nnested = true',
            "directory.nested: memberUid lists people alone, so set nested = false",
        ),
        (
            'layout = "active-directory"\nmember = "memberUid"',
            "directory.nested: memberUid lists people alone, so set nested = false",
        ),
        (
            'layout = "active-directory"\nmember = "uniqueMember"',
            'directory.member: on Active Directory groups have "member" alone',
        ),
        (
            "people = 'ou=people\\'",
            'directory.people: "ou=people\\" is no distinguished name; it looks like ou=people, or'
            " is empty for LDAP_BASE_DN itself",
        ),
        (
            f'people_filter = "{DEEP}"',
            f'directory.people_filter: "{DEEP}" is no LDAP filter; it looks like (cn=x)',
        ),
        (
            'locked = [{attribute = "a", in = [""]}]',
            "directory.locked[0]: in: give a list of values in quotes",
        ),
        (
            'locked = [{attribute = "a", bit = 4294967296}]',
            "directory.locked[0]: bit: give a mask, as a whole number: 2 is the second bit",
        ),
        (
            'locked = [{attribute = "a", before_now = ["days"]}]',
            'directory.locked[0]: before_now: it is "generalized", "filetime" or "days"',
        ),
        (
            'locked = [{attribute = "nsAccountLoc\u212a", present = true}]',
            "directory.locked[0]: attribute: name an attribute of people's entries",
        ),
        (
            'layout = "active-directory"\n'
            'locked = [{attribute = "userAccountControl", equals = "514"}]',
            f"directory.locked[0]: {ON_AD}",
        ),
        (
            'layout = "active-directory"\n'
            'locked = [{attribute = "accountExpires", before_now = "days"}]',
            f"directory.locked[0]: {ON_AD}",
        ),
        ("layout = 3", "directory.layout: expected str, got int"),
        (
            'server = "active-directory"',
            "directory.locked: say what means locked there; the preset's tests prove nothing",
        ),
        (
            'layout = "active-directory"\nserver = "windows"\n'
            'locked = [{attribute = "lockoutTime", bit = 1}]',
            f"directory.locked[0]: {ON_AD}",
        ),
        ("size = 3", "directory: unknown key size"),
        ('nested = "yes"', "directory.nested: expected bool, got str"),
        ("locked = true", "directory.locked: expected a list, got bool"),
        ('locked = ["x"]', "directory.locked[0]: expected a mapping"),
        (
            "locked = [{present = true}]",
            "directory.locked[0]: attribute: name an attribute of people's entries",
        ),
        (
            'locked = [{attribute = "a"}]',
            "directory.locked[0]: it needs one of present, equals, in, bit, before_now, and has 0",
        ),
        (
            'locked = [{attribute = "a", present = true, equals = "x"}]',
            "directory.locked[0]: it needs one of present, equals, in, bit, before_now, and has 2",
        ),
        (
            'locked = [{attribute = "a", present = true, not = 1}]',
            "directory.locked[0]: unknown key not",
        ),
        (
            'locked = [{attribute = "a", present = false}]',
            "directory.locked[0]: present: it can only be true",
        ),
        (
            'locked = [{attribute = "a", equals = true}]',
            "directory.locked[0]: equals: give a value in quotes",
        ),
        (
            'locked = [{attribute = "a", in = []}]',
            "directory.locked[0]: in: give a list of values in quotes",
        ),
        (
            'locked = [{attribute = "a", in = ["x", 1]}]',
            "directory.locked[0]: in: give a list of values in quotes",
        ),
        (
            'locked = [{attribute = "a", bit = true}]',
            "directory.locked[0]: bit: give a mask, as a whole number: 2 is the second bit",
        ),
        (
            'locked = [{attribute = "a", bit = 0}]',
            "directory.locked[0]: bit: give a mask, as a whole number: 2 is the second bit",
        ),
        (
            'locked = [{attribute = "a", before_now = "seconds"}]',
            'directory.locked[0]: before_now: it is "generalized", "filetime" or "days"',
        ),
        (
            'layout = "active-directory"\nlocked = [{attribute = "lockoutTime", bit = 1}]',
            f"directory.locked[0]: {ON_AD}",
        ),
        (
            'layout = "active-directory"\n'
            'locked = [{attribute = "userAccountControl", present = true}]',
            f"directory.locked[0]: {ON_AD}",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_place(fields, problem):
    assert problem in problems_of(f"[directory]\n{fields}\n")


def test_all_that_is_wrong_is_said_at_once():
    directory = """
        [directory]
        layout = "ldap"
        server = "ds"
        people = "x"
        member = "members"
        locked = [{attribute = "a b", bit = "2"}]
    """

    assert [
        "directory.layout",
        "directory.server",
        "directory.member",
        "directory.people",
        "directory.locked[0]",
        "directory.locked[0]",
    ] == [problem.partition(":")[0] for problem in problems_of(directory)]


def test_a_veto_needs_a_test_of_what_is_locked():
    problems = problems_of('[directory]\nlayout = "rfc2307"\n', locked=True)

    assert [
        "veto.directory_locked: this layout has no test of what is locked; add directory.locked, or"
        " take the veto out"
    ] == problems


@pytest.mark.parametrize("locked", ["", 'locked = [{attribute = "loginShell", in = ["x"]}]\n'])
def test_without_the_veto_or_with_a_test_it_is_well(locked):
    layout_of(f'[directory]\nlayout = "rfc2307"\n{locked}', locked=bool(locked))


@pytest.mark.parametrize("kind", ["CN", "Uid", "DN", "OBJECTGUID"])
def test_a_key_of_an_equality_of_its_own_has_one_spelling(kind):
    """Else its equality would not be asked for."""
    problems = problems_of(f'[directory]\nkeys = ["{kind}"]\n', extern_uid=kind)

    assert problems[0].endswith(f', not "{kind}"')


BEYOND = {
    "decimal": "9" * 5_000,
    "hexadecimal": f"0x{'f' * 5_000}",
    "lists": "[" * 3_000 + "]" * 3_000,
    "tables": "{a." * 900 + "b=1" + "}" * 900,
}


@pytest.mark.parametrize("text", BEYOND.values(), ids=list(BEYOND))
@pytest.mark.parametrize("key", ["layout", "nested", "keys", "locked"])
def test_values_beyond_all_measure_are_wrong_and_no_bug(key, text):
    assert problems_of(f"[directory]\n{key} = {text}\n")


def test_what_cannot_be_an_attribute_is_no_key():
    problems = problems_of('[directory]\nkeys = ["mail", "a b"]\n', extern_uid="a b")

    assert [
        f'identity.extern_uid: it is {kinds("mail")}, not "a b"',
        f'directory.keys[1]: "a b" {ATTRIBUTE}',
    ] == problems


def test_a_preset_without_tests_has_none_that_prove_nothing():
    problems = problems_of(
        '[directory]\nlayout = "rfc2307"\nserver = "active-directory"\n', locked=True
    )

    assert ["directory.member", "veto.directory_locked"] == [
        problem.partition(":")[0] for problem in problems
    ]


def test_a_key_of_another_layout_is_nobodys():
    problems = problems_of('[directory]\nlayout = "rfc2307"\n', extern_uid="objectGUID")

    assert [f'identity.extern_uid: it is {kinds()}, not "objectGUID"'] == problems
