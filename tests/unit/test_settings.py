"""Settings: every variable, where it may come from, and every way in which it may be wrong."""

import errno
import os
from pathlib import Path

import attrs
import pytest

from glaab.domain.errors import System
from glaab.settings import OAUTH, VARIABLES, LdapEndpoint, LogFormat, Secret, SecretUrl, Settings
from glaab.settings.loader import read_settings
from glaab.settings.missing import missing_settings, unwritable
from glaab.settings.parsers import is_loopback

FULL = frozenset({System.DIRECTORY, System.PHABRICATOR, System.GERRIT})
CREDENTIALS = {
    "GITLAB_ACCESS_TOKEN": "glpat-1",
    "PHABRICATOR_TOKEN": "api-1",
    "GERRIT_PASSWORD": "password-1",
}
CONSUMER = {name: f"secret of {name}" for name in OAUTH}
SOMEWHERE_ELSE = {
    "GITLAB_URL": "https://gitlab.example",
    "LDAP_SERVERS": "ldaps://ldap.example",
    "LDAP_BASE_DN": "dc=example",
    "PHABRICATOR_URL": "https://phabricator.example",
    "GERRIT_URL": "https://gerrit.example",
    "MEDIAWIKI_URL": "https://wiki.example/w/",
}
SECRETS = (
    "GITLAB_ACCESS_TOKEN",
    "LDAP_BIND_PASSWORD",
    "PHABRICATOR_TOKEN",
    "GERRIT_PASSWORD",
    *OAUTH,
    "MEDIAWIKI_PASSWORD",
    "GLAAB_HEARTBEAT_URL",
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A current folder without a .env file."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings_of(**variables):
    """The settings that these variables make, which are all well."""
    settings, problems = read_settings(variables, None)
    assert () == problems
    return settings


def problems_of(**variables):
    return read_settings(variables, None)[1]


def lacking_in(variables, systems=FULL, *, acting=True):
    return missing_settings(settings_of(**variables), systems, acting=acting)


# -- the table


#: The settings table of the contract: a variable, its default, another value, what it becomes.
TABLE = [
    ("GITLAB_URL", "https://gitlab.wikimedia.org", "https://git.example", "https://git.example"),
    ("GITLAB_ACCESS_TOKEN", None, "glpat-1", Secret("glpat-1")),
    (
        "LDAP_SERVERS",
        (
            LdapEndpoint("ldap-ro.eqiad.wikimedia.org", 636, tls=True),
            LdapEndpoint("ldap-ro.codfw.wikimedia.org", 636, tls=True),
        ),
        "ldap.example",
        (LdapEndpoint("ldap.example", 636, tls=True),),
    ),
    ("LDAP_BASE_DN", "dc=wikimedia,dc=org", "dc=example", "dc=example"),
    ("LDAP_BIND_DN", None, "cn=glaab,dc=example", "cn=glaab,dc=example"),
    ("LDAP_BIND_PASSWORD", None, "p", Secret("p")),
    ("LDAP_STARTTLS", False, "true", True),
    ("LDAP_CA_FILE", None, "/etc/ca.pem", Path("/etc/ca.pem")),
    ("PHABRICATOR_URL", "https://phabricator.wikimedia.org", "https://p.example/x", None),
    ("PHABRICATOR_USER", "glaab", "bot", "bot"),
    ("PHABRICATOR_TOKEN", None, "api-1", Secret("api-1")),
    ("GERRIT_URL", "https://gerrit.wikimedia.org/r", "http://127.0.0.1:8080/r", None),
    ("GERRIT_USER", "glaab", "bot", "bot"),
    ("GERRIT_PASSWORD", None, "p", Secret("p")),
    ("MEDIAWIKI_URL", "https://wikitech.wikimedia.org/w/", "http://localhost/w/", None),
    ("MEDIAWIKI_LOG_PAGE", "Tool:Gitlab-account-approval/Log", "Log", "Log"),
    ("MEDIAWIKI_CONSUMER_TOKEN", None, "c", Secret("c")),
    ("MEDIAWIKI_CONSUMER_SECRET", None, "c", Secret("c")),
    ("MEDIAWIKI_ACCESS_TOKEN", None, "a", Secret("a")),
    ("MEDIAWIKI_ACCESS_SECRET", None, "a", Secret("a")),
    ("MEDIAWIKI_USER", None, "Bot@glaab", "Bot@glaab"),
    ("MEDIAWIKI_PASSWORD", None, "p", Secret("p")),
    ("GLAAB_AUDIT_FILE", None, "audit.jsonl", Path("audit.jsonl")),
    ("GLAAB_POLICY", None, "policy.toml", Path("policy.toml")),
    ("GLAAB_WORLD", None, "world.toml", Path("world.toml")),
    ("GLAAB_MAX_APPROVALS", 25, "0", 0),
    ("GLAAB_TIMEOUT_S", 30, "2.5", 2.5),
    ("GLAAB_DEADLINE_S", 150, "86400", 86_400.0),
    ("GLAAB_LOG_FORMAT", None, "json", LogFormat.JSON),
    ("GLAAB_METRICS_FILE", None, "glaab.prom", Path("glaab.prom")),
    (
        "GLAAB_HEARTBEAT_URL",
        None,
        "https://hc.example/ping?key=1",
        SecretUrl("https://hc.example/ping?key=1"),
    ),
    (
        "GLAAB_CONTACT",
        "https://wikitech.wikimedia.org/wiki/Tool:Gitlab-account-approval",
        "ops@example",
        "ops@example",
    ),
]


def test_the_variables_are_those_of_the_contract():
    assert [row[0] for row in TABLE] == list(VARIABLES)


@pytest.mark.parametrize(("name", "default"), [row[:2] for row in TABLE])
def test_a_variable_has_its_default(name, default):
    """Empty is unset, but where empty means something."""
    unset = getattr(settings_of(), name.lower())
    empty = getattr(settings_of(**{name: ""}), name.lower())

    assert default == unset
    assert ("" if name == "MEDIAWIKI_LOG_PAGE" else default) == empty


@pytest.mark.parametrize(("name", "text", "value"), [(row[0], *row[2:]) for row in TABLE])
def test_a_variable_sets_its_setting_and_no_other(name, text, value):
    settings = settings_of(**{name: text})

    expected = {name.lower(): text if value is None else value, "given": frozenset({name})}
    assert attrs.evolve(Settings(), **expected) == settings


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "yes"])
def test_yes_has_several_words(word):
    assert settings_of(LDAP_STARTTLS=word).ldap_starttls is True


@pytest.mark.parametrize("word", ["false", "False", "0", "no"])
def test_no_has_several_words(word):
    assert settings_of(LDAP_STARTTLS=word).ldap_starttls is False


def test_a_path_may_begin_at_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/tool")

    assert Path("/home/tool/audit") == settings_of(GLAAB_AUDIT_FILE="~/audit").glaab_audit_file


# -- where they come from


def test_env_in_the_current_folder_is_read(elsewhere):
    (elsewhere / ".env").write_text("GITLAB_URL=https://git.example\nGERRIT_USER='a $bot'\n")

    settings = settings_of()

    assert "https://git.example" == settings.gitlab_url
    assert "a $bot" == settings.gerrit_user
    assert {"GITLAB_URL", "GERRIT_USER"} == settings.given


def test_the_environment_beats_the_env_file(elsewhere):
    (elsewhere / ".env").write_text("GERRIT_USER=file\nPHABRICATOR_USER=file\n")

    settings = settings_of(GERRIT_USER="environment")

    assert ("environment", "file") == (settings.gerrit_user, settings.phabricator_user)


@pytest.mark.parametrize("in_environment", ["GERRIT_PASSWORD", "GERRIT_PASSWORD_FILE"])
@pytest.mark.parametrize("in_env_file", ["GERRIT_PASSWORD", "GERRIT_PASSWORD_FILE"])
def test_the_environment_beats_the_env_file_however_each_tells_a_secret(
    elsewhere, in_environment, in_env_file
):
    """As itself or by its file: neither is both set, nor does the env file's win."""
    values = {"GERRIT_PASSWORD": "{}", "GERRIT_PASSWORD_FILE": "{}-secret"}
    for name in ("environment", "file"):
        (elsewhere / f"{name}-secret").write_text(name)
    (elsewhere / ".env").write_text(f"{in_env_file}={values[in_env_file].format('file')}\n")

    settings = settings_of(**{in_environment: values[in_environment].format("environment")})

    assert Secret("environment") == settings.gerrit_password


@pytest.mark.parametrize("empty", ["GERRIT_PASSWORD", "GERRIT_PASSWORD_FILE"])
def test_an_empty_variable_hides_no_other_form_of_it_in_the_env_file(elsewhere, empty):
    (elsewhere / "secret").write_text("s3cret")
    other = {"GERRIT_PASSWORD": "GERRIT_PASSWORD_FILE=secret"}
    (elsewhere / ".env").write_text(other.get(empty, "GERRIT_PASSWORD=s3cret"))

    assert Secret("s3cret") == settings_of(**{empty: ""}).gerrit_password


def test_a_closed_current_folder_has_no_env_file(closed, monkeypatch):
    """Where nobody named one, it is as if there were none."""
    monkeypatch.chdir(closed)

    assert Settings() == settings_of()


def test_an_env_file_stands_in_for_the_one_in_the_current_folder(elsewhere):
    (elsewhere / ".env").write_text("GERRIT_USER=here\nPHABRICATOR_USER=here\n")
    (elsewhere / "other").write_text("GERRIT_USER=other\nEMPTY_WITHOUT_SIGN\n")

    settings, problems = read_settings({}, elsewhere / "other")

    assert () == problems
    assert ("other", "glaab") == (settings.gerrit_user, settings.phabricator_user)


@pytest.mark.parametrize(
    ("mode", "is_exposed"),
    [(0o600, False), (0o400, False), (0o620, False), (0o640, True), (0o604, True), (0o644, True)],
)
@pytest.mark.parametrize("name", [".env", "other.env"])
def test_an_env_file_that_others_may_read_is_known(elsewhere, name, mode, is_exposed):
    file = elsewhere / name
    file.write_text("GITLAB_ACCESS_TOKEN=glpat-1\n")
    file.chmod(mode)

    settings, problems = read_settings({}, None if name == ".env" else file)

    assert () == problems
    chosen = Path(".env") if name == ".env" else file
    assert (chosen if is_exposed else None) == settings.exposed_env_file


def test_an_env_file_that_sets_nothing_exposes_nothing(elsewhere):
    (elsewhere / ".env").write_text("# GITLAB_ACCESS_TOKEN=\n")
    (elsewhere / ".env").chmod(0o644)

    assert settings_of().exposed_env_file is None


def test_an_env_file_that_is_named_must_be_there(elsewhere):
    (problem,) = read_settings({}, elsewhere / "missing")[1]

    assert problem.startswith(f"env file {elsewhere / 'missing'} cannot be read: ")


def test_an_env_file_that_is_not_text_is_a_problem(elsewhere):
    (elsewhere / ".env").write_bytes(b"GERRIT_USER=\xff\n")

    (problem,) = problems_of()

    assert problem.startswith("env file .env cannot be read: ")


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_come_from_a_file(elsewhere, name):
    """White space around it, a last line break above all, is not part of it."""
    (elsewhere / "secret").write_text("  https://s3cret.example\n")

    settings = settings_of(**{f"{name}_FILE": str(elsewhere / "secret")})

    assert "https://s3cret.example" == getattr(settings, name.lower()).reveal()
    assert {name} == settings.given


def test_a_secret_file_may_be_named_in_the_env_file(elsewhere):
    (elsewhere / "secret").write_text("s3cret")
    (elsewhere / ".env").write_text("GERRIT_PASSWORD_FILE=secret\n")

    assert Secret("s3cret") == settings_of().gerrit_password


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_set_once(elsewhere, name):
    (elsewhere / "secret").write_text("s3cret")

    problems = problems_of(**{name: "other", f"{name}_FILE": str(elsewhere / "secret")})

    assert (f"{name}: set it or {name}_FILE, not both",) == problems


def test_an_empty_variable_leaves_the_secret_to_its_file(elsewhere):
    (elsewhere / "secret").write_text("s3cret")

    settings = settings_of(GERRIT_PASSWORD="", GERRIT_PASSWORD_FILE=str(elsewhere / "secret"))

    assert Secret("s3cret") == settings.gerrit_password


def test_an_empty_name_of_a_secret_file_is_none():
    assert settings_of(GERRIT_PASSWORD_FILE="").gerrit_password is None


def test_a_secret_file_that_cannot_be_read_is_a_problem(elsewhere):
    (problem,) = problems_of(GERRIT_PASSWORD_FILE=str(elsewhere / "missing"))

    assert problem == (
        f"GERRIT_PASSWORD: {elsewhere}/missing (GERRIT_PASSWORD_FILE) cannot be read: No such file"
        " or directory"
    )


def test_a_secret_file_that_is_not_text_is_a_problem(elsewhere):
    (elsewhere / "secret").write_bytes(b"\xff\xfe")

    (problem,) = problems_of(GERRIT_PASSWORD_FILE=str(elsewhere / "secret"))

    assert problem == f"GERRIT_PASSWORD: {elsewhere}/secret (GERRIT_PASSWORD_FILE) is no text"


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_secret_file_is_no_secret(elsewhere, content):
    (elsewhere / "secret").write_text(content)

    settings = settings_of(GERRIT_PASSWORD_FILE=str(elsewhere / "secret"))

    assert settings.gerrit_password is None


def test_only_a_secret_has_a_file():
    """`GERRIT_USER_FILE` is nobody's, so a user name stays what it was."""
    assert "glaab" == settings_of(GERRIT_USER_FILE="somewhere").gerrit_user


def test_variables_of_the_platform_are_ignored():
    assert Settings() == settings_of(TOOL_DATA_DIR="/data", TOOL_TOOLSDB_PASSWORD="x", PATH="/bin")


# -- what is wrong with a value


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("GLAAB_TIMEOUT", "GLAAB_TIMEOUT_S"),
        ("GLAAB_MAX_APROVALS", "GLAAB_MAX_APPROVALS"),
        ("GLAAB_AUDITFILE", "GLAAB_AUDIT_FILE"),
        ("GLAAB_WORLD_FILE", "GLAAB_WORLD"),
    ],
)
def test_an_unknown_variable_of_ours_is_a_problem(name, nearest):
    assert (f"{name}: there is no such setting; did you mean {nearest}?",) == problems_of(
        **{name: "x"}
    )


WRONG = [
    ("GITLAB_URL", "gitlab.wikimedia.org", "is no address; it looks like https://host/path"),
    ("GITLAB_URL", "ftp://gitlab.example", "is no address; it looks like https://host/path"),
    ("GITLAB_URL", "https://", "is no address; it looks like https://host/path"),
    ("GITLAB_URL", "https://[::1", "Invalid IPv6 URL"),
    ("GITLAB_URL", "https://host:0", "is no address; it looks like https://host/path"),
    ("GITLAB_URL", "https://host:99999", "Port out of range"),
    ("GITLAB_URL", "https://host:http", "Port could not be cast"),
    ("GITLAB_URL", "https://ada:pw@host", "leave out user, password, query and fragment"),
    ("GITLAB_URL", "https://:pw@host", "leave out user, password, query and fragment"),
    ("GITLAB_URL", "https://host/?a=b", "leave out user, password, query and fragment"),
    ("GITLAB_URL", "https://host/#a", "leave out user, password, query and fragment"),
    ("GITLAB_URL", "http://gitlab.example", "would send credentials unencrypted; use https"),
    ("PHABRICATOR_URL", "http://10.0.0.1", "would send credentials unencrypted; use https"),
    ("GERRIT_URL", "http://localhost.example", "would send credentials unencrypted; use https"),
    ("MEDIAWIKI_URL", "http://wiki.example", "would send credentials unencrypted; use https"),
    ("GLAAB_HEARTBEAT_URL", "http://hc.example", "is no address with TLS; it looks like https:"),
    ("GLAAB_HEARTBEAT_URL", "hc.example?key=1", "is no address with TLS; it looks like https:"),
    ("LDAP_STARTTLS", "maybe", '"maybe" is neither true nor false'),
    ("GLAAB_MAX_APPROVALS", "-1", '"-1" is not a whole number of 0 or more'),
    ("GLAAB_MAX_APPROVALS", "2.5", '"2.5" is not a whole number of 0 or more'),
    ("GLAAB_MAX_APPROVALS", "٢", '"٢" is not a whole number of 0 or more'),
    ("GLAAB_TIMEOUT_S", "0", '"0" is not a number of seconds above 0, a day at most'),
    ("GLAAB_TIMEOUT_S", "-3", '"-3" is not a number of seconds above 0, a day at most'),
    ("GLAAB_TIMEOUT_S", "soon", '"soon" is not a number of seconds above 0, a day at most'),
    ("GLAAB_DEADLINE_S", "nan", '"nan" is not a number of seconds above 0, a day at most'),
    ("GLAAB_DEADLINE_S", "inf", '"inf" is not a number of seconds above 0, a day at most'),
    ("GLAAB_DEADLINE_S", "86401", '"86401" is not a number of seconds above 0, a day at most'),
    ("GLAAB_LOG_FORMAT", "xml", '"xml" is neither text nor json'),
    ("GLAAB_LOG_FORMAT", "JSON", '"JSON" is neither text nor json'),
    ("LDAP_BASE_DN", "example.org", '"example.org" is no distinguished name'),
    ("LDAP_BASE_DN", "dc=example,", '"dc=example," is no distinguished name'),
    ("LDAP_BASE_DN", "dc=,dc=org", '"dc=,dc=org" is no distinguished name'),
    ("LDAP_BASE_DN", "dc=a,org", '"dc=a,org" is no distinguished name; it looks like dc=example'),
    ("LDAP_SERVERS", " , ", "name at least one server"),
    ("LDAP_SERVERS", "https://ldap", '"https://ldap" is no LDAP server'),
    ("LDAP_SERVERS", "ldaps://", '"ldaps://" is no LDAP server'),
    ("LDAP_SERVERS", "ldaps://ldap/dc=x", '"ldaps://ldap/dc=x" is no LDAP server'),
    ("LDAP_SERVERS", "ldap:99999", '"ldap:99999" is no LDAP server'),
    ("LDAP_SERVERS", "ldap:ldap", '"ldap:ldap" is no LDAP server'),
    ("LDAP_SERVERS", "good bad:x", '"bad:x" is no LDAP server'),
    (
        "GLAAB_AUDIT_FILE",
        "~nobody-of-that-name/audit",
        'nobody knows whose folder "~nobody-of-that-name/audit" begins with; write it out',
    ),
]


@pytest.mark.parametrize(
    "dn", ["o=x", "DC=Example, DC=Org", r"o=Smith\, Sons,c=de", r"2.5.4.10=a\2Cb", "ou=a+o=b,c=é"]
)
def test_a_distinguished_name_may_be_spelt_in_many_ways(dn):
    settings, problems = read_settings({"LDAP_BASE_DN": dn}, None)

    assert ((), dn) == (problems, settings.ldap_base_dn)


@pytest.mark.parametrize(("name", "text", "wrong"), WRONG)
def test_a_wrong_value_is_a_problem_and_leaves_the_default(name, text, wrong):
    settings, problems = read_settings({name: text}, None)

    (problem,) = problems
    assert problem.startswith(f"{name}: ")
    assert wrong in problem
    assert Settings(given=frozenset({name})) == settings


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\x00", "\x1b", "\x7f"])
@pytest.mark.parametrize("name", ["GITLAB_ACCESS_TOKEN", "LDAP_BASE_DN", "GLAAB_CONTACT"])
def test_a_control_character_is_a_problem_which_does_not_show_it(name, character):
    """A token with a line break would end up in the middle of a header."""
    problems = problems_of(**{name: f"glpat{character}1"})

    assert (f"{name}: it contains a line break or another control character",) == problems


def test_a_letter_that_no_header_takes_is_a_problem():
    """The contact goes into the User-Agent."""
    problems = problems_of(GLAAB_CONTACT="https://wiki.example/Benützer")

    assert (
        "GLAAB_CONTACT: it goes into a header of HTTP, where only ASCII is allowed",
    ) == problems


def test_a_token_with_a_letter_that_no_header_takes_is_a_problem():
    (problem,) = lacking_in(CREDENTIALS | CONSUMER | {"GITLAB_ACCESS_TOKEN": "glpat-s3crét"})

    assert "GITLAB_ACCESS_TOKEN: it contains a letter that no token has; copy it again" == problem


def test_a_line_break_inside_a_secret_file_is_a_problem(elsewhere):
    (elsewhere / "secret").write_text("first\nsecond\n")

    problems = problems_of(GERRIT_PASSWORD_FILE=str(elsewhere / "secret"))

    assert ("GERRIT_PASSWORD: it contains a line break or another control character",) == problems


def test_all_problems_come_at_once(elsewhere):
    (elsewhere / ".env").write_text("GLAAB_TYPO=1\nLDAP_SERVERS=ftp://x\n")

    problems = problems_of(GITLAB_URL="x", GLAAB_TIMEOUT_S="0", GERRIT_PASSWORD_FILE="missing")

    assert ["GLAAB_TYPO", "GITLAB_URL", "LDAP_SERVERS", "GERRIT_PASSWORD", "GLAAB_TIMEOUT_S"] == [
        problem.partition(":")[0] for problem in problems
    ]


# -- LDAP servers


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("ldap.example", [("ldap.example", 636, True)]),
        ("ldap.example:3269", [("ldap.example", 3269, True)]),
        ("localhost", [("localhost", 389, False)]),
        ("LocalHost:1389", [("localhost", 1389, False)]),
        ("127.0.0.1:1389", [("127.0.0.1", 1389, False)]),
        ("127.8.9.1", [("127.8.9.1", 389, False)]),
        ("[::1]", [("::1", 389, False)]),
        ("[::1]:1389", [("::1", 1389, False)]),
        ("[2001:db8::1]:636", [("2001:db8::1", 636, True)]),
        ("ldaps://[2001:db8::1]", [("2001:db8::1", 636, True)]),
        ("ldaps://localhost", [("localhost", 636, True)]),
        ("ldaps://127.0.0.1:1636/", [("127.0.0.1", 1636, True)]),
        ("ldap://ldap.example", [("ldap.example", 389, False)]),
        ("LDAPS://ldap.example:1", [("ldap.example", 1, True)]),
        ("a,b", [("a", 636, True), ("b", 636, True)]),
        (" a ,  b:1, ldap://c ", [("a", 636, True), ("b", 1, True), ("c", 389, False)]),
    ],
)
def test_ldap_servers_have_several_forms(text, servers):
    """Without a scheme it means `ldaps`; on the loopback, where tunnels end, it means `ldap`."""
    settings = settings_of(LDAP_SERVERS=text)

    assert servers == [(each.host, each.port, each.tls) for each in settings.ldap_servers]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.0.9", "::1"])
def test_this_machine_is_the_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example", "10.0.0.1", "0.0.0.0", "127.1", "::2", ""])
def test_everything_else_is_not_the_loopback(host):
    assert not is_loopback(host)


# -- what is missing


def test_a_run_at_wikimedia_needs_only_credentials():
    assert () == lacking_in(CREDENTIALS | CONSUMER)


def test_without_any_setting_every_credential_is_missing():
    problems = lacking_in({})

    assert [
        "GITLAB_ACCESS_TOKEN",
        "PHABRICATOR_TOKEN",
        "GERRIT_PASSWORD",
        ", ".join(OAUTH),
    ] == [problem.partition(":")[0] for problem in problems]


def test_only_what_the_policy_uses_is_required():
    problems = lacking_in({"GITLAB_ACCESS_TOKEN": "glpat-1"}, {System.DIRECTORY}, acting=False)

    assert () == problems


@pytest.mark.parametrize(
    ("system", "variable"),
    [(System.PHABRICATOR, "PHABRICATOR_TOKEN"), (System.GERRIT, "GERRIT_PASSWORD")],
)
def test_a_system_of_the_policy_needs_its_credential(system, variable):
    (problem,) = lacking_in(
        {"GITLAB_ACCESS_TOKEN": "glpat-1"}, {System.DIRECTORY, system}, acting=False
    )

    assert problem.startswith(f"{variable}: needed by the policy; ")


@pytest.mark.parametrize("name", ["LDAP_BIND_DN", "LDAP_BIND_PASSWORD"])
def test_an_ldap_bind_needs_a_name_and_a_password(name):
    (problem,) = lacking_in(CREDENTIALS | CONSUMER | {name: "x"})

    assert "LDAP_BIND_DN, LDAP_BIND_PASSWORD: set both, or neither for an anonymous bind" == problem


def test_an_ldap_bind_with_both_is_well():
    bind = {"LDAP_BIND_DN": "cn=glaab", "LDAP_BIND_PASSWORD": "x"}

    assert () == lacking_in(CREDENTIALS | CONSUMER | bind)


# -- the audit logs


def test_looking_needs_no_audit_log():
    assert () == lacking_in(CREDENTIALS | {"MEDIAWIKI_LOG_PAGE": ""}, acting=False)


def test_approving_needs_an_audit_log():
    (problem,) = lacking_in(CREDENTIALS | {"MEDIAWIKI_LOG_PAGE": ""})

    assert problem.startswith("MEDIAWIKI_LOG_PAGE, GLAAB_AUDIT_FILE: approvals must be logged")


def test_an_audit_file_is_enough_without_a_wiki():
    assert () == lacking_in(
        CREDENTIALS | {"MEDIAWIKI_LOG_PAGE": "", "GLAAB_AUDIT_FILE": "audit.jsonl"}
    )


def test_an_audit_file_does_not_stand_in_for_the_credentials_of_a_wiki_that_is_on():
    (problem,) = lacking_in(CREDENTIALS | {"GLAAB_AUDIT_FILE": "audit.jsonl"})

    assert problem.startswith(f"{', '.join(OAUTH)}: needed for the wiki log; ")


@pytest.mark.parametrize("name", OAUTH)
def test_oauth_has_four_parts(name):
    (problem,) = lacking_in(CREDENTIALS | {**CONSUMER, name: ""})

    assert problem.startswith(f"{name}: needed for the wiki log; ")


def test_a_bot_password_stands_in_for_oauth():
    bot = {"MEDIAWIKI_USER": "Bot@glaab", "MEDIAWIKI_PASSWORD": "x"}

    assert () == lacking_in(CREDENTIALS | bot)


@pytest.mark.parametrize("name", ["MEDIAWIKI_USER", "MEDIAWIKI_PASSWORD"])
def test_a_bot_password_has_two_parts(name):
    problems = lacking_in(CREDENTIALS | {name: "x"})

    assert ("MEDIAWIKI_USER, MEDIAWIKI_PASSWORD: a bot password needs both",) == problems


def test_oauth_and_a_bot_password_are_too_much():
    bot = {"MEDIAWIKI_USER": "Bot@glaab", "MEDIAWIKI_PASSWORD": "x"}

    problems = lacking_in(CREDENTIALS | CONSUMER | bot)

    assert ("MEDIAWIKI_USER: set the OAuth consumer or the bot password, not both",) == problems


# -- Wikimedia's addresses go together


def test_everything_somewhere_else_is_well():
    assert () == lacking_in(CREDENTIALS | CONSUMER | SOMEWHERE_ELSE)


@pytest.mark.parametrize("moved", SOMEWHERE_ELSE)
def test_whoever_sets_one_address_sets_all(moved):
    """No token of one installation is sent to another's server."""
    problems = lacking_in(CREDENTIALS | CONSUMER | {moved: SOMEWHERE_ELSE[moved]})

    assert sorted(
        f"{name}: needed because {moved} is set: its default is Wikimedia's, and nothing of"
        " yours should be sent there"
        for name in SOMEWHERE_ELSE
        if name != moved
    ) == list(problems)


@pytest.mark.parametrize("left", SOMEWHERE_ELSE)
def test_one_address_that_is_left_is_named(left):
    moved = {name: value for name, value in SOMEWHERE_ELSE.items() if name != left}

    (problem,) = lacking_in(CREDENTIALS | CONSUMER | moved)

    assert problem.startswith(f"{left}: needed because ")


def test_an_address_that_is_wrong_is_not_told_to_be_needed_too():
    settings, problems = read_settings(CREDENTIALS | SOMEWHERE_ELSE | {"GITLAB_URL": "x"}, None)

    assert ('GITLAB_URL: "x" is no address; it looks like https://host/path',) == problems
    assert () == missing_settings(settings, set(System), acting=False)


def test_an_address_may_be_set_to_wikimedias_on_purpose():
    assert () == lacking_in(
        CREDENTIALS | CONSUMER | SOMEWHERE_ELSE | {"GERRIT_URL": "https://gerrit.wikimedia.org/r"}
    )


def test_setting_an_address_to_its_default_moves_nothing():
    assert () == lacking_in(CREDENTIALS | CONSUMER | {"GITLAB_URL": "https://gitlab.wikimedia.org"})


def test_only_addresses_that_the_policy_uses_go_together():
    moved = {name: SOMEWHERE_ELSE[name] for name in ("GITLAB_URL", "LDAP_SERVERS", "LDAP_BASE_DN")}

    problems = lacking_in(
        CREDENTIALS | moved | {"MEDIAWIKI_LOG_PAGE": "", "GLAAB_AUDIT_FILE": "audit"},
        {System.DIRECTORY},
    )

    assert () == problems


def test_looking_asks_for_no_wiki_address():
    moved = {name: value for name, value in SOMEWHERE_ELSE.items() if name != "MEDIAWIKI_URL"}

    assert () == lacking_in(CREDENTIALS | moved, acting=False)


@pytest.mark.parametrize("tunnel", ["localhost:1389", "127.0.0.1", "[::1]:1636 ldaps://localhost"])
def test_a_loopback_tunnel_for_ldap_moves_nothing(tunnel):
    assert () == lacking_in(CREDENTIALS | CONSUMER | {"LDAP_SERVERS": tunnel})


def test_a_tunnel_beside_another_server_is_not_only_a_tunnel():
    problems = lacking_in(
        CREDENTIALS | CONSUMER | {"LDAP_SERVERS": "localhost ldaps://ldap.example"}
    )

    assert 5 == len(problems)


def test_a_tunnel_counts_as_set_beside_addresses_that_moved():
    assert () == lacking_in(CREDENTIALS | CONSUMER | SOMEWHERE_ELSE | {"LDAP_SERVERS": "localhost"})


# -- encryption


def test_ldap_without_tls_is_refused():
    (problem,) = lacking_in(
        CREDENTIALS | CONSUMER | SOMEWHERE_ELSE | {"LDAP_SERVERS": "ldaps://a ldap://b"}
    )

    assert (
        "LDAP_SERVERS: ldap://b is not encrypted; use ldaps://, or set LDAP_STARTTLS=true"
        == problem
    )


def test_starttls_encrypts_ldap():
    servers = {"LDAP_SERVERS": "ldap://b", "LDAP_STARTTLS": "true"}

    assert () == lacking_in(CREDENTIALS | CONSUMER | SOMEWHERE_ELSE | servers)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]"])
def test_http_is_well_on_the_loopback(host):
    assert f"http://{host}" == settings_of(GITLAB_URL=f"http://{host}").gitlab_url


def test_a_ca_file_must_be_there(elsewhere):
    (problem,) = lacking_in(CREDENTIALS | CONSUMER | {"LDAP_CA_FILE": str(elsewhere / "ca.pem")})

    assert f"LDAP_CA_FILE: there is no file {elsewhere / 'ca.pem'} that glaab can see" == problem


def test_a_ca_file_in_a_closed_folder_is_not_seen(closed):
    (problem,) = lacking_in(CREDENTIALS | CONSUMER | {"LDAP_CA_FILE": str(closed / "there")})

    assert f"LDAP_CA_FILE: there is no file {closed / 'there'} that glaab can see" == problem


def test_a_ca_file_that_is_there_is_well(elsewhere):
    (elsewhere / "ca.pem").write_text("")

    assert () == lacking_in(CREDENTIALS | CONSUMER | {"LDAP_CA_FILE": str(elsewhere / "ca.pem")})


def test_everything_that_is_missing_is_said_at_once():
    problems = lacking_in(
        {"GITLAB_URL": "https://gitlab.example", "LDAP_BIND_DN": "x", "LDAP_CA_FILE": "missing"}
    )

    assert [
        "GITLAB_ACCESS_TOKEN",
        "PHABRICATOR_TOKEN",
        "GERRIT_PASSWORD",
        "LDAP_BIND_DN, LDAP_BIND_PASSWORD",
        ", ".join(OAUTH),
        "GERRIT_URL",
        "LDAP_BASE_DN",
        "LDAP_SERVERS",
        "MEDIAWIKI_URL",
        "PHABRICATOR_URL",
        "LDAP_CA_FILE",
    ] == [problem.partition(":")[0] for problem in problems]


# -- secrets stay secret


def test_no_secret_is_in_the_repr():
    settings = settings_of(**{name: f"https://s3cret/{name}" for name in SECRETS})

    shown = f"{settings!r} {settings} {settings.oauth}"

    assert "s3cret" not in shown


def test_a_secret_is_revealed_to_who_asks():
    assert "s3cret" == Secret("s3cret").reveal()
    assert "Secret()" == repr(Secret("s3cret"))


def test_no_secret_is_in_a_problem(elsewhere):
    (elsewhere / "file").write_text("s3cret")

    problems = [
        problem
        for name in SECRETS
        for variables in (
            {name: "s3cret\n"},
            {name: "s3cret", f"{name}_FILE": str(elsewhere / "file")},
        )
        for problem in problems_of(**variables)
    ]

    assert 2 * len(SECRETS) == len(problems)
    assert "s3cret" not in "".join(problems)


# -- the audit file


def test_an_audit_file_that_can_be_written_is_made(elsewhere):
    assert unwritable(elsewhere / "audit.jsonl") is None
    assert "" == (elsewhere / "audit.jsonl").read_text()


def test_an_audit_file_that_is_there_keeps_what_it_holds(elsewhere):
    (elsewhere / "audit.jsonl").write_text("entry\n")

    assert unwritable(elsewhere / "audit.jsonl") is None
    assert "entry\n" == (elsewhere / "audit.jsonl").read_text()


@pytest.mark.parametrize("path", ["/", "/dev/null"])
def test_an_audit_file_must_be_one_that_can_be_read_again(path):
    """Entries that are there already are looked for in it."""
    assert f"GLAAB_AUDIT_FILE: {path} is no file that can be read again" == unwritable(Path(path))


def test_an_audit_file_that_cannot_be_written_is_a_problem(elsewhere):
    path = elsewhere / "missing" / "audit.jsonl"

    assert f"GLAAB_AUDIT_FILE: {path} cannot be written: No such file or directory" == unwritable(
        path
    )


@pytest.mark.parametrize("name", ["there", "new"])
def test_an_audit_file_in_a_closed_folder_is_a_problem(closed, name):
    path = closed / name

    assert f"GLAAB_AUDIT_FILE: {path} cannot be written: Permission denied" == unwritable(path)


def test_an_audit_file_that_may_be_written_and_not_read_is_a_problem(elsewhere, monkeypatch):
    """Entries that are there already could not be looked for."""
    path, opened = elsewhere / "audit.jsonl", os.open

    def opens_to_write(name, flags, *mode):  # a double: root may read whatever the mode is
        if flags & os.O_ACCMODE != os.O_WRONLY:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(name, flags, *mode)

    monkeypatch.setattr(os, "open", opens_to_write)

    assert f"GLAAB_AUDIT_FILE: {path} cannot be written: Permission denied" == unwritable(path)


# -- small print


def test_an_env_line_that_is_not_understood_is_a_problem(elsewhere):
    (elsewhere / ".env").write_text("GERRIT_USER=ada\nwhat is this\n")

    settings, problems = read_settings({}, None)

    assert "ada" == settings.gerrit_user
    assert ("env file .env, line 2: it is not understood; write NAME=value",) == problems


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GITLAB_URL", "https://gitlab.wikimedia.org/"),
        ("LDAP_SERVERS", "ldap-ro.codfw.wikimedia.org"),
        ("LDAP_SERVERS", "ldap-ro.eqiad.wikimedia.org:636 127.0.0.1:3389"),
    ],
)
def test_a_part_or_another_spelling_of_a_default_moves_nothing(name, text):
    """Still Wikimedia's: the other addresses may stay as they are."""
    assert () == tuple(said for said in lacking_in({name: text}) if "Wikimedia's" in said)
