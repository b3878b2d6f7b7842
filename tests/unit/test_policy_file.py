"""The policy file: the built-in one, what else can be said, and all that is wrong at once."""

from typing import ClassVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaab.adapters.policy_file import PolicyReader, built_in_policy_text
from glaab.domain.errors import SettingsInvalid, System
from glaab.domain.names import CN, DN, UID, NameKind
from glaab.domain.policy import MARKED, Rule
from glaab.domain.source import Source, Veto
from glaab.domain.sources.directory import DIRECTORY, LOCKED, InDirectoryGroup
from glaab.domain.sources.gerrit import GERRIT, INACTIVE, InGerritGroup
from glaab.domain.sources.phabricator import DISABLED, PHABRICATOR, InPhabricatorProject
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.policies import CONDITIONS, READER, kinds, parse_policy, read_policy

SMALL = """
version = 1

[identity]
providers = ["openid_connect"]
extern_uid = "cn"

[[trust]]
name = "Toolforge member"
directory_group = "project-tools"
"""

#: Every key of the sources that every digest counts.
EXAMPLE = """\
version = 1

[identity]
providers = ["openid_connect"]     # GitLab identity providers that prove who somebody is
extern_uid = "cn"                  # the LDAP attribute that the provider's extern_uid holds

[[trust]]
name = "Toolforge member"
directory_group = "project-tools"

[[trust]]                          # a group is a name (cn=NAME,ou=groups,BASE) or a full DN
name = "Toolforge administrator"
directory_group = "cn=tools.admin,ou=servicegroups,dc=wikimedia,dc=org"

[[trust]]                          # several conditions in one rule: all must hold
name = "Vouched for twice"
phabricator_project = "trusted_contributors"   # a slug
gerrit_group = "Trusted-Contributors"

[veto]
directory_locked = true
phabricator_disabled = true
gerrit_inactive = true

[canary]                               # optional
directory_locked = "Locked Person"
phabricator_disabled = "Former Person"
gerrit_inactive = "former"
"""


def problems_of(text, reader=READER):
    """What is wrong with a policy, without the name of its source."""
    with pytest.raises(SettingsInvalid) as raised:
        reader.parse(text, "it")
    assert all(problem.startswith("it: ") for problem in raised.value.problems)
    return [problem.removeprefix("it: ") for problem in raised.value.problems]


# -- what it says


def test_the_built_in_policy_is_wikimedias():
    policy = parse_policy(built_in_policy_text(), "the built-in policy")

    assert (
        Rule("Wikimedia Foundation staff", (InDirectoryGroup("wmf"),)),
        Rule("Wikimedia Deutschland staff", (InDirectoryGroup("wmde"),)),
        Rule("Toolforge member", (InDirectoryGroup("project-tools"),)),
        Rule("Trusted contributor (Phabricator)", (InPhabricatorProject("trusted_contributors"),)),
        Rule("Trusted contributor (Gerrit)", (InGerritGroup("Trusted-Contributors"),)),
    ) == policy.rules
    assert (MARKED, LOCKED, DISABLED, INACTIVE) == policy.vetoes
    assert {} == policy.canaries
    assert frozenset({"openid_connect"}) == policy.providers
    assert (CN, DIRECTORY) == (policy.extern_uid, policy.proved_by)
    assert {DIRECTORY, PHABRICATOR, GERRIT} == policy.systems


def test_a_policy_may_use_every_key():
    """A group may be a full DN, and a rule may have several conditions."""
    policy = parse_policy(EXAMPLE, "it")

    assert (
        Rule("Toolforge member", (InDirectoryGroup("project-tools"),)),
        Rule(
            "Toolforge administrator",
            (InDirectoryGroup("cn=tools.admin,ou=servicegroups,dc=wikimedia,dc=org"),),
        ),
        Rule(
            "Vouched for twice",
            (InPhabricatorProject("trusted_contributors"), InGerritGroup("Trusted-Contributors")),
        ),
    ) == policy.rules
    assert {
        LOCKED: "Locked Person",
        DISABLED: "Former Person",
        INACTIVE: "former",
    } == policy.canaries


def test_an_administrators_mark_is_always_a_veto():
    assert (MARKED,) == parse_policy(SMALL, "it").vetoes


@pytest.mark.parametrize("veto", [LOCKED, DISABLED, INACTIVE])
def test_a_veto_is_switched_on_alone(veto):
    policy = parse_policy(f"{SMALL}[veto]\n{veto.key} = true\n", "it")

    assert (MARKED, veto) == policy.vetoes


def test_a_veto_may_be_switched_off_in_words():
    policy = parse_policy(f"{SMALL}[veto]\ngerrit_inactive = false\n", "it")

    assert (MARKED,) == policy.vetoes


@pytest.mark.parametrize("kind", [CN, UID, DN])
def test_extern_uid_may_hold_a_cn_a_uid_or_a_dn(kind):
    """The directory proves all of them."""
    policy = parse_policy(SMALL.replace('extern_uid = "cn"', f'extern_uid = "{kind}"'), "it")

    assert (kind, DIRECTORY) == (policy.extern_uid, policy.proved_by)


def test_several_providers_may_prove_who_somebody_is():
    text = SMALL.replace('["openid_connect"]', '["openid_connect", "saml"]')

    assert frozenset({"openid_connect", "saml"}) == parse_policy(text, "it").providers


def test_a_policy_without_gerrit_needs_no_gerrit():
    assert {DIRECTORY} == parse_policy(SMALL, "it").systems


@pytest.mark.parametrize(
    ("extern_uid", "one", "other", "is_one"),
    [
        ("cn", "Jane Doe", "jane doe", True),
        ("cn", "Jane Doe", "Jane  Doe", False),
        ("dn", "uid=jane,ou=people", "UID=Jane, ou=people", True),
        ("dn", "uid=jane,ou=people", "uid=june,ou=people", False),
    ],
)
def test_when_two_spellings_are_one_is_up_to_whoever_proves_people(extern_uid, one, other, is_one):
    policy = parse_policy(SMALL.replace('"cn"', f'"{extern_uid}"'), "it")

    assert is_one == (policy.name_key(one) == policy.name_key(other))


# -- the digest


@pytest.mark.parametrize(
    "text",
    [
        f"# a comment\n{SMALL}\n\n",
        SMALL.replace("\n\n", "\n").replace(" = ", "="),
        SMALL.replace("\n", "\r\n"),
        SMALL.replace('"cn"', "'cn'"),
        f"{SMALL}[veto]\n",
        f"{SMALL}[veto]\ngerrit_inactive = false\n[canary]\n",
        'trust = [{directory_group = "project-tools", name = "Toolforge member"}]\n'
        'identity = {extern_uid = "cn", providers = ["openid_connect"]}\nversion = 1\n',
    ],
)
def test_the_digest_is_one_of_content_not_of_form(text):
    """Comments, white space, the order of keys and what is the default do not count."""
    assert parse_policy(SMALL, "it") == parse_policy(text, "another source")


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace("openid_connect", "saml"),
        SMALL.replace('"cn"', '"uid"'),
        SMALL.replace("Toolforge member", "Toolforge  member"),
        SMALL.replace("project-tools", "project-tools2"),
        SMALL.replace("directory_group", "gerrit_group"),
        f"{SMALL}[veto]\ngerrit_inactive = true\n",
        f'{SMALL}[veto]\ngerrit_inactive = true\n[canary]\ngerrit_inactive = "x"\n',
        f'{SMALL}[veto]\ngerrit_inactive = true\n[canary]\ngerrit_inactive = "y"\n',
        f'{SMALL}[[trust]]\nname = "x"\ngerrit_group = "x"\n',
    ],
)
def test_the_digest_changes_with_the_content(text):
    assert parse_policy(SMALL, "it").digest != parse_policy(text, "it").digest


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        (
            built_in_policy_text(),
            "b9369ffc0aecc45503bc444aa668f6e3210fefcb86663637e24ab5ed3af2c868",
        ),
        (EXAMPLE, "ec690e22e396e9fed948aaba0b4e16fba14bb46a249c3cf7f3431049cf69033c"),
        (SMALL, "5a234b6abfb95388a2ee5ae9dc84d43e0f7a3095706ac1c58e2f3368dbc5ae50"),
    ],
)
def test_the_digest_is_the_one_that_old_records_have(text, digits):
    """As glaab computed it when there was no other source than these three."""
    assert f"sha256:{digits}" == parse_policy(text, "it").digest


# -- what is wrong


HEAD = SMALL.partition("[[trust]]")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD, ["trust: the policy trusts nobody; add a [[trust]] rule"]),
        (
            HEAD.replace("version = 1", "version = 1\ntrust = []"),
            ["trust: the policy trusts nobody; add a [[trust]] rule"],
        ),
        (
            HEAD.replace("version = 1", "version = 1\ntrust = [1]"),
            [
                "trust[0]: expected an object, got int",
                "trust: the policy trusts nobody; add a [[trust]] rule",
            ],
        ),
        (
            HEAD.replace("version = 1", "version = 1\ntrust = {}"),
            [
                "trust: expected a list, got dict",
                "trust: the policy trusts nobody; add a [[trust]] rule",
            ],
        ),
        (SMALL.replace("version = 1", ""), ["version: required field missing"]),
        (
            SMALL.replace("version = 1", "version = 2"),
            ["version: this glaab reads version 1, not 2"],
        ),
        (SMALL.replace("version = 1", "version = true"), ["version: expected int, got bool"]),
        (SMALL.replace("version = 1", "version = 1.0"), ["version: expected int, got float"]),
        (
            SMALL.replace("version = 1", 'version = "1"'),
            ["version: expected int, got str"],
        ),
        (SMALL.replace("version = 1", "version = 1\nx = 1"), ["top level: unknown key x"]),
        (
            SMALL.replace("[identity]", "[identify]"),
            ["identity: required field missing", "top level: unknown key identify"],
        ),
        (
            "version = 1\nidentity = 3\n[[trust]]\nname = 'x'\ngerrit_group = 'x'",
            ["identity: expected an object, got int"],
        ),
        (
            SMALL.replace("extern_uid", "externuid"),
            ["identity.extern_uid: required field missing", "identity: unknown key externuid"],
        ),
        (
            SMALL.replace('["openid_connect"]', "[]"),
            ["identity.providers: name at least one provider, or nobody is ever proven"],
        ),
        (
            SMALL.replace('["openid_connect"]', '["openid_connect", " "]'),
            ["identity.providers: a provider must not be empty"],
        ),
        (
            SMALL.replace('["openid_connect"]', '"openid_connect"'),
            ["identity.providers: expected a list, got str"],
        ),
        (
            SMALL.replace('["openid_connect"]', "[1]"),
            ["identity.providers[0]: expected str, got int"],
        ),
        (
            SMALL.replace('"cn"', '"mail"'),
            [f'identity.extern_uid: it is {kinds()}, not "mail"'],
        ),
        (SMALL.replace('"cn"', "1"), ["identity.extern_uid: expected str, got int"]),
        (
            SMALL.replace("name =", "title ="),
            ["trust[0].name: required field missing", "trust[0]: unknown key title"],
        ),
        (
            SMALL.replace("Toolforge member", " "),
            ["trust[0].name: a rule needs a name that people read in the log"],
        ),
        (SMALL.replace('"Toolforge member"', "3"), ["trust[0].name: expected str, got int"]),
        (
            SMALL.replace("directory_group", "directory_groups"),
            [
                "trust[0]: unknown key directory_groups",
                f"trust[0]: it has no condition; add {CONDITIONS}",
            ],
        ),
        (
            SMALL.replace('"project-tools"', '["project-tools"]'),
            ["trust[0].directory_group: expected str, got list"],
        ),
        (
            SMALL.replace('"project-tools"', '""'),
            ["trust[0].directory_group: must not be empty"],
        ),
        (
            f"{SMALL}gerrit_group = ' '\nphabricator_project = ''",
            [
                "trust[0].phabricator_project: must not be empty",
                "trust[0].gerrit_group: must not be empty",
            ],
        ),
        (
            SMALL + 2 * '[[trust]]\nname = "Toolforge member"\ngerrit_group = "x"\n',
            ['trust: 3 rules are called "Toolforge member"; each needs a name of its own'],
        ),
        (
            SMALL + 2 * '[[trust]]\ngerrit_group = "x"\n',
            ["trust[1].name: required field missing", "trust[2].name: required field missing"],
        ),
        (f"{SMALL}[veto]\nlocked = true", ["veto: unknown key locked"]),
        (
            f"{SMALL}[veto]\ngerrit_inactive = 'true'",
            ["veto.gerrit_inactive: expected bool, got str"],
        ),
        (f"{SMALL}[[veto]]\n", ["veto: expected an object, got list"]),
        (
            f"{SMALL}[canary]\ngerrit_inactive = 'former'",
            [
                "canary.gerrit_inactive: the veto gerrit_inactive is off;"
                " switch it on or leave this out"
            ],
        ),
        (
            f"{SMALL}[veto]\ngerrit_inactive = false\n[canary]\ngerrit_inactive = 'former'",
            [
                "canary.gerrit_inactive: the veto gerrit_inactive is off;"
                " switch it on or leave this out"
            ],
        ),
        (
            f"{SMALL}[veto]\ngerrit_inactive = true\n[canary]\ngerrit_inactive = ' '",
            ["canary.gerrit_inactive: name somebody, or leave it out"],
        ),
        (
            f"{SMALL}[veto]\ngerrit_inactive = true\n[canary]\ngerrit_inactive = true",
            ["canary.gerrit_inactive: expected str, got bool"],
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_path(text, expected):
    assert expected == problems_of(text)


def test_all_problems_come_at_once():
    """Those of shape and those of sense, wherever they are."""
    text = """
        version = 2
        colour = "red"
        [identity]
        providers = []
        extern_uid = "mail"
        [[trust]]
        name = ""
        [[trust]]
        name = "x"
        gerrit_group = 3
        [[trust]]
        name = "x"
        gerrit_group = "x"
        [veto]
        locked = true
        [canary]
        gerrit_inactive = "former"
    """

    assert {
        "top level: unknown key colour",
        "trust[1].gerrit_group: expected str, got int",
        "veto: unknown key locked",
        "version: this glaab reads version 1, not 2",
        "identity.providers: name at least one provider, or nobody is ever proven",
        f'identity.extern_uid: it is {kinds()}, not "mail"',
        'trust: 2 rules are called "x"; each needs a name of its own',
        "trust[0].name: a rule needs a name that people read in the log",
        f"trust[0]: it has no condition; add {CONDITIONS}",
        "canary.gerrit_inactive: the veto gerrit_inactive is off; switch it on or leave this out",
    } == set(problems_of(text))


def test_what_is_not_toml_is_a_problem():
    with pytest.raises(SettingsInvalid, match=r"^policy x is not TOML: .*line 2"):
        parse_policy("version = 1\n[[[\n", "policy x")


# -- files


def test_a_policy_is_read_from_a_file(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(SMALL)

    assert parse_policy(SMALL, "it") == read_policy(path)


def test_a_file_that_is_not_there_is_a_problem(tmp_path):
    with pytest.raises(SettingsInvalid, match=r"^policy .*/missing cannot be read: .*No such file"):
        read_policy(tmp_path / "missing")


def test_a_file_that_is_not_text_is_a_problem(tmp_path):
    (tmp_path / "policy.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsInvalid, match=r"^policy .*policy.toml cannot be read: "):
        read_policy(tmp_path / "policy.toml")


def test_problems_name_the_file(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(HEAD)

    with pytest.raises(SettingsInvalid) as raised:
        read_policy(path)

    assert (f"policy {path}: trust: the policy trusts nobody; add a [[trust]] rule",) == (
        raised.value.problems
    )


# -- further sources


GATE, STAFF = System("gate"), System("staff")
BADGE = NameKind("badge")
BARRED = Veto(GATE, "gate_barred", "Barred at the gate")


@attrs.frozen
class OnGateList:
    source: ClassVar = GATE
    key: ClassVar = "gate_list"
    value: str


class GateSource(Source):
    """Trusts people whom it knows by their badges, which the directory knows nothing of."""

    name = GATE
    conditions = (OnGateList,)
    vetoes = (BARRED,)
    knows_by = BADGE


class StaffSource(Source):
    """Proves who people are, by their badges."""

    name = STAFF
    conditions = ()
    knows_by = BADGE
    proves_by = (BADGE,)
    gives_names = (BADGE,)


@attrs.frozen
class Alone:
    """As much of an integration as a policy file is about."""

    kind: type[Source]
    policy_table = None
    policy_files = None

    @property
    def name(self):
        return self.kind.name


WITH_GATE = PolicyReader((*INTEGRATIONS, Alone(GateSource), Alone(StaffSource)))
BY_BADGE = SMALL.replace('"cn"', '"badge"')
NOBODY_HAS = 'where extern_uid is "cn", people have no badge by which gate could be asked'


@pytest.mark.parametrize("text", [built_in_policy_text(), EXAMPLE, SMALL])
@pytest.mark.parametrize("kind", [CN, UID, DN])
def test_a_key_of_a_source_that_is_not_set_does_not_change_the_digest(text, kind):
    """So that a further source makes no record of an old policy another policy's."""
    text = text.replace('"cn"', f'"{kind}"')

    assert READER.parse(text, "it") == WITH_GATE.parse(text, "it")


def test_a_veto_of_a_further_source_that_is_off_is_as_if_not_set():
    off = f"{SMALL}[veto]\ngate_barred = false\n"

    assert READER.parse(SMALL, "it") == WITH_GATE.parse(off, "it")


def test_a_key_of_a_further_source_that_is_set_changes_the_digest():
    """Each of them, and each value."""
    rule = BY_BADGE.replace("directory_group", "gate_list")
    veto = f"{rule}[veto]\ngate_barred = true\n"
    texts = [
        rule,
        rule.replace("project-tools", "other"),
        veto,
        f'{veto}[canary]\ngate_barred = "7"\n',
        f'{veto}[canary]\ngate_barred = "8"\n',
    ]

    assert len(texts) == len({WITH_GATE.parse(text, "it").digest for text in texts})


def test_a_policy_may_use_a_further_source_where_people_have_its_names():
    text = BY_BADGE.replace("directory_group", "gate_list") + "[veto]\ngate_barred = true\n"

    policy = WITH_GATE.parse(f'{text}[canary]\ngate_barred = "7"\n', "it")

    assert (Rule("Toolforge member", (OnGateList("project-tools"),)),) == policy.rules
    assert ((MARKED, BARRED), {BARRED: "7"}) == (policy.vetoes, policy.canaries)
    assert (BADGE, STAFF) == (policy.extern_uid, policy.proved_by)
    assert {STAFF, GATE} == policy.systems


def test_a_key_is_refused_whose_source_knows_people_by_a_name_that_nobody_has():
    """Every one at once; else such a rule trusts nobody, and such a veto makes everybody wait."""
    text = f'{SMALL}gate_list = "a"\n[[trust]]\nname = "Gate"\ngate_list = "b"\n'
    others = "directory_group, phabricator_project, gerrit_group or vetted_list"
    vetoes = "directory_locked, phabricator_disabled or gerrit_inactive"

    assert [
        f"trust[0].gate_list: {NOBODY_HAS}; use {others}",
        f"trust[1].gate_list: {NOBODY_HAS}; use {others}",
        f"veto.gate_barred: {NOBODY_HAS}; use {vetoes}",
    ] == problems_of(f"{text}[veto]\ngate_barred = true\n", WITH_GATE)


def test_the_directory_is_refused_where_somebody_else_proves_who_people_are():
    text = f"{BY_BADGE}[veto]\ndirectory_locked = true\n"

    assert [
        'trust[0].directory_group: where extern_uid is "badge", people have no dn by which'
        " directory could be asked; use vetted_list or gate_list",
        'veto.directory_locked: where extern_uid is "badge", people have no dn by which directory'
        " could be asked; use gate_barred",
    ] == problems_of(text, WITH_GATE)


@pytest.mark.parametrize("extern_uid", ['"mail"', "1"])
def test_what_nobody_proves_says_nothing_of_names(extern_uid):
    """One mistake is one problem."""
    text = SMALL.replace('"cn"', extern_uid).replace("directory_group", "gate_list")

    (problem,) = problems_of(text, WITH_GATE)

    assert problem.startswith("identity.extern_uid: ")


def test_the_keys_that_there_are_are_those_of_the_sources():
    """Also in what is wrong: of a source that does not exist no key is known."""
    reader = PolicyReader((Alone(GateSource), Alone(StaffSource)))

    assert [
        "trust[0]: unknown key directory_group",
        'identity.extern_uid: it is "badge", not "cn"',
        "trust[0]: it has no condition; add gate_list",
    ] == problems_of(SMALL, reader)


# -- whatever a file holds


VALUES = ["1", "true", '""', '"cn"', "[]", '["x"]', "{}", "[{}]", "2026-11-22", "[[1]]", "1.5"]


@given(
    st.dictionaries(
        st.sampled_from(["version", "identity", "trust", "veto", "canary", "x"]),
        st.sampled_from(VALUES),
    )
)
def test_any_toml_is_a_policy_or_has_problems(content):
    """No other error leaves."""
    text = "".join(f"{key} = {value}\n" for key, value in content.items())

    assert problems_of(text)


def test_the_digest_does_not_depend_on_the_order_of_providers():
    one = SMALL.replace('["openid_connect"]', '["openid_connect", "saml"]')
    other = SMALL.replace('["openid_connect"]', '["saml", "openid_connect", "saml"]')

    assert parse_policy(one, "one").digest == parse_policy(other, "other").digest


def test_a_policy_that_is_nested_too_deeply_is_no_policy():
    with pytest.raises(
        SettingsInvalid, match="policy deep has a value that is too large or too deep"
    ):
        parse_policy(f"a = {'[' * 100_000}", "policy deep")
