"""What `doctor` says of settings, and who must not be asked while they are wrong."""

from pathlib import Path

import pytest

from glaab.domain.diagnostics import ok, problem, warning
from glaab.domain.errors import System
from glaab.entrypoints.commands.settings_checks import settings_found, told_apart, unasked
from glaab.entrypoints.runtime.bootstrap import Options, load_config
from glaab.settings import ADDRESSES, OAUTH

pytestmark = pytest.mark.usefixtures("elsewhere")

COMPLETE = {
    "GITLAB_ACCESS_TOKEN": "glpat-x",
    "PHABRICATOR_TOKEN": "api-x",
    "GERRIT_PASSWORD": "x",
    **dict.fromkeys(OAUTH, "x"),
}
READ_THE_DOCS = "set it as docs/settings.md says"
EVERYBODY = set(System)


def given(env_file: str | None = None, **changes: str | None):
    """What is read where everything that is needed is set, with changes; None takes one away."""
    values = {key: value for key, value in (COMPLETE | changes).items() if value is not None}
    path = Path(env_file) if env_file else None
    options = Options.read(overrides=values, env_file=path, as_json=False, level=20, color=False)
    return load_config(options, acting=True)


def found(**changes: str | None):
    return list(settings_found(given(**changes)))


def test_complete_settings_are_well():
    assert [("variables", ok("7 are set, and nothing is wrong or missing"))] == found()


def test_one_setting_is_counted_as_one(elsewhere):
    (elsewhere / "world.toml").write_text('base_dn = "dc=x"\n')

    assert [
        ("variables", ok("1 is set, and nothing is wrong or missing")),
        ("systems", ok("all are in memory, as world.toml describes them")),
    ] == found(**dict.fromkeys(COMPLETE), GLAAB_WORLD="world.toml")


WRONG = {
    "a credential is missing": (
        {"GITLAB_ACCESS_TOKEN": None},
        (
            "GITLAB_ACCESS_TOKEN",
            problem(
                "needed",
                "create an administrator's token with scope api (and admin_mode where Admin Mode"
                " is on)",
            ),
        ),
    ),
    "a value is nonsense": (
        {"GLAAB_MAX_APPROVALS": "many"},
        (
            "GLAAB_MAX_APPROVALS",
            problem('"many" is not a whole number of 0 or more', READ_THE_DOCS),
        ),
    ),
    "a name is unknown": (
        {"GLAAB_TIMEOUT": "3"},
        (
            "GLAAB_TIMEOUT",
            problem("there is no such setting", "did you mean GLAAB_TIMEOUT_S?"),
        ),
    ),
    "parts of the wiki's credentials are missing": (
        dict.fromkeys(OAUTH[1:]),
        (
            ", ".join(OAUTH[1:]),
            problem(
                "needed for the wiki log",
                "set them, or MEDIAWIKI_USER and MEDIAWIKI_PASSWORD, or an empty MEDIAWIKI_LOG_PAGE"
                " to go without a wiki log",
            ),
        ),
    ),
    "no audit log": (
        {"MEDIAWIKI_LOG_PAGE": ""},
        (
            "MEDIAWIKI_LOG_PAGE, GLAAB_AUDIT_FILE",
            problem("approvals must be logged somewhere", "set at least one"),
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_thing_that_is_wrong_is_a_problem_with_what_to_do(name):
    changes, expected = WRONG[name]

    assert [expected] == found(**changes)


@pytest.mark.parametrize(
    "name", ["GITLAB_ACCESS_TOKEN", "PHABRICATOR_TOKEN", "GERRIT_PASSWORD", OAUTH[0]]
)
def test_what_is_set_wrongly_is_not_needed_besides(name):
    """One mistake is one problem."""
    said = "it contains a line break or another control character"

    assert [(name, problem(said, READ_THE_DOCS))] == found(**{name: "a\nb"})


def test_what_is_missing_beside_something_wrong_is_still_needed():
    names = [title for title, _ in found(GERRIT_PASSWORD="a\nb", PHABRICATOR_TOKEN=None)]

    assert ["GERRIT_PASSWORD", "PHABRICATOR_TOKEN"] == names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("X: wrong; do this", ("X", problem("wrong", "do this"))),
        ("X: a; b; do this", ("X", problem("a; b", "do this"))),
        ("X: wrong", ("X", problem("wrong", "otherwise"))),
        ("policy x.toml: trust: wrong", ("policy x.toml", problem("trust: wrong", "otherwise"))),
    ],
)
def test_a_problem_is_told_apart_into_what_is_wrong_and_what_to_do(text, expected):
    assert expected == told_apart(text, "otherwise")


# -- who is not asked


ANOTHER_PLACE = {name: f"https://{name.split('_')[0].lower()}.example.org" for name in ADDRESSES}
DOUBTS = {
    "an address is nonsense": {"GERRIT_URL": "gerrit"},
    "one address is another": {"GITLAB_URL": "https://gitlab.example.org"},
    "LDAP is not encrypted": {
        **ANOTHER_PLACE,
        "LDAP_SERVERS": "ldap://ldap.example.org",
        "LDAP_BASE_DN": "dc=example",
    },
    "the world's name is nonsense": {"GLAAB_WORLD": "a\nb"},
    "the world may be meant": {"GLAAB_WROLD": "world.toml"},
    "the world is missing": {"GLAAB_WORLD": "world.toml"},
}


@pytest.mark.parametrize("name", DOUBTS)
def test_nobody_is_asked_while_it_is_in_doubt_who_is_to_be_asked(name):
    """A default address is Wikimedia's: no token of others may go there by mistake."""
    read_so = given(**DOUBTS[name])

    assert EVERYBODY == set(unasked(read_so))
    assert "systems" == list(settings_found(read_so))[-1][0]
    assert "none is asked anything" in list(settings_found(read_so))[-1][1].said


@pytest.mark.parametrize("content", ["GITLAB_URL\n= x y", "\udcff"])
def test_nobody_is_asked_while_the_env_file_cannot_be_understood(elsewhere, content):
    """It may have set any address."""
    Path(".env").write_bytes(content.encode(errors="surrogateescape"))

    assert EVERYBODY == set(unasked(given()))


def test_nobody_is_asked_while_an_env_file_is_missing_whatever_it_is_called():
    """The name of a variable in its path tells nothing of what it would have set."""
    assert EVERYBODY == set(unasked(given("run/GERRIT_PASSWORD.env")))


NOT_ASKED = {
    "GITLAB_ACCESS_TOKEN": System.GITLAB,
    "PHABRICATOR_TOKEN": System.PHABRICATOR,
    "GERRIT_PASSWORD": System.GERRIT,
    "MEDIAWIKI_ACCESS_SECRET": System.AUDIT_LOG,
}


@pytest.mark.parametrize("name", NOT_ASKED)
def test_a_system_whose_credential_is_missing_is_not_asked_and_the_others_are(name):
    assert {NOT_ASKED[name]: f"{name} is not right"} == unasked(given(**{name: None}))


def test_a_directory_whose_certificates_are_missing_is_not_asked():
    assert {System.DIRECTORY: "LDAP_CA_FILE is not right"} == unasked(given(LDAP_CA_FILE="ca.pem"))


@pytest.mark.parametrize("changes", [{}, {"GLAAB_TIMEOUT_S": "x"}, {"GLAAB_TIMEOUT": "3"}])
def test_what_is_about_no_system_keeps_nobody_from_being_asked(changes):
    assert {} == unasked(given(**changes))


# -- files


def test_an_env_file_that_others_may_read_is_a_warning():
    Path(".env").write_text("GLAAB_TIMEOUT_S=3\n")
    Path(".env").chmod(0o644)

    assert ("env file", warning("others may read .env", "chmod 600 .env")) == found()[1]


ROOM = "name a file that glaab may read and write, in a folder that is there"
FOLDER = "name a file in a folder that glaab may write to"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("new", ok("new can be written")),
        ("old", ok("old can be written")),
        ("folder", problem("folder is no file that can be read again", ROOM)),
        ("no/such/file", problem("no/such/file cannot be written", ROOM)),
        ("old/file", problem("old/file cannot be written", ROOM)),
    ],
)
def test_an_audit_file_must_be_one_that_can_be_written(elsewhere, path, expected):
    """It is neither made nor touched."""
    Path("old").touch()
    Path("folder").mkdir()

    assert ("GLAAB_AUDIT_FILE", expected) == found(GLAAB_AUDIT_FILE=path)[1]
    assert {"old", "folder"} == {each.name for each in elsewhere.iterdir()}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("new", ok("new can be replaced")),
        ("old", ok("old can be replaced")),
        ("folder", problem("folder cannot be replaced", FOLDER)),
        ("no/such/file", problem("no/such/file cannot be replaced", FOLDER)),
    ],
)
def test_a_metrics_file_must_be_one_that_can_be_replaced(elsewhere, path, expected):
    """It is neither made nor touched."""
    Path("old").touch()
    Path("folder").mkdir()

    assert ("GLAAB_METRICS_FILE", expected) == found(GLAAB_METRICS_FILE=path)[1]
    assert {"old", "folder"} == {each.name for each in elsewhere.iterdir()}


@pytest.mark.parametrize("name", ["there", "new"])
@pytest.mark.parametrize(
    ("variable", "said", "remedy"),
    [
        ("GLAAB_AUDIT_FILE", "cannot be written", ROOM),
        ("GLAAB_METRICS_FILE", "cannot be replaced", FOLDER),
    ],
)
def test_a_file_in_a_closed_folder_is_a_problem(closed, variable, said, remedy, name):
    path = closed / name

    assert (variable, problem(f"{path} {said}", remedy)) == found(**{variable: str(path)})[1]
