"""The policy file: the built-in one, what else can be said, and all that is wrong at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaab.adapters.policy_file import built_in_policy_text, parse_policy, read_policy
from glaab.domain.errors import SettingsInvalid, System
from glaab.domain.names import NamedBy
from glaab.domain.policy import (
    InDirectoryGroup,
    InGerritGroup,
    InPhabricatorProject,
    Rule,
    Veto,
)

SMALL = """
version = 1

[identity]
providers = ["openid_connect"]
extern_uid = "cn"

[[trust]]
name = "Toolforge member"
directory_group = "project-tools"
"""

#: The example of the contract, word for word.
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


def problems_of(text):
    """What is wrong with a policy, without the name of its source."""
    with pytest.raises(SettingsInvalid) as raised:
        parse_policy(text, "it")
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
    assert tuple(Veto) == policy.vetoes
    assert {} == policy.canaries
    assert frozenset({"openid_connect"}) == policy.providers
    assert policy.named_by is NamedBy.CN
    assert {System.DIRECTORY, System.PHABRICATOR, System.GERRIT} == policy.systems


def test_the_example_of_the_contract_is_a_policy():
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
        Veto.DIRECTORY_LOCKED: "Locked Person",
        Veto.PHABRICATOR_DISABLED: "Former Person",
        Veto.GERRIT_INACTIVE: "former",
    } == policy.canaries


def test_an_administrators_mark_is_always_a_veto():
    assert (Veto.MARKED,) == parse_policy(SMALL, "it").vetoes


@pytest.mark.parametrize("veto", [each for each in Veto if each is not Veto.MARKED])
def test_a_veto_is_switched_on_alone(veto):
    policy = parse_policy(f"{SMALL}[veto]\n{veto.name.lower()} = true\n", "it")

    assert (Veto.MARKED, veto) == policy.vetoes


def test_a_veto_may_be_switched_off_in_words():
    policy = parse_policy(f"{SMALL}[veto]\ngerrit_inactive = false\n", "it")

    assert (Veto.MARKED,) == policy.vetoes


@pytest.mark.parametrize("named_by", NamedBy)
def test_extern_uid_may_hold_a_cn_a_uid_or_a_dn(named_by):
    text = SMALL.replace('extern_uid = "cn"', f'extern_uid = "{named_by}"')

    assert named_by is parse_policy(text, "it").named_by


def test_several_providers_may_prove_who_somebody_is():
    text = SMALL.replace('["openid_connect"]', '["openid_connect", "saml"]')

    assert frozenset({"openid_connect", "saml"}) == parse_policy(text, "it").providers


def test_a_policy_without_gerrit_needs_no_gerrit():
    assert {System.DIRECTORY} == parse_policy(SMALL, "it").systems


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


def test_the_digest_is_a_sha_256():
    scheme, _, digits = parse_policy(SMALL, "it").digest.partition(":")

    assert "sha256" == scheme
    assert 64 == len(digits)
    assert int(digits, 16)


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
            ["version: expected int, got str", "version: this glaab reads version 1, not 1"],
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
            ['identity.extern_uid: it is "cn", "uid" or "dn", not "mail"'],
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
                "trust[0]: it has no condition; add directory_group, phabricator_project or"
                " gerrit_group",
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
        'identity.extern_uid: it is "cn", "uid" or "dn", not "mail"',
        'trust: 2 rules are called "x"; each needs a name of its own',
        "trust[0].name: a rule needs a name that people read in the log",
        "trust[0]: it has no condition; add directory_group, phabricator_project or gerrit_group",
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
    with pytest.raises(SettingsInvalid, match="policy deep is not TOML"):
        parse_policy(f"a = {'[' * 100_000}", "policy deep")
