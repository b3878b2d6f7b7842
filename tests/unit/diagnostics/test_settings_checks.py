"""What `doctor` says of settings, and which systems are closed while they are wrong."""

from pathlib import Path

import pytest

from glaab.domain.diagnostics import ok, problem, warning
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.diagnostics.settings_checks import (
    as_titled_problem,
    check_settings,
    closed_systems,
)
from glaab.entrypoints.runtime.bootstrap import App, Options, compose
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.settings.core import OAUTH
from tests.variables import ADDRESSES, COMPLETE, EVERY_SOURCE

pytestmark = pytest.mark.usefixtures("elsewhere")

READ_THE_DOCS = "set it as docs/settings.md says"
EVERYBODY = {GITLAB, *EVERY_SOURCE, AUDIT_LOG}


def an_app(env_file: str | None = None, **changes: str | None) -> App:
    """What is loaded where all that is needed is set, with changes; None takes one away."""
    values = {key: value for key, value in (COMPLETE | changes).items() if value is not None}
    options = Options.read(values, Path(env_file) if env_file else None, INTEGRATIONS)
    return compose(options, mode="look", acting=True)


def checked(**changes: str | None):
    return list(check_settings(an_app(**changes)))


def test_complete_settings_are_well():
    assert [("variables", ok("7 are set, and nothing is wrong or missing"))] == checked()


def test_one_setting_is_counted_as_one(elsewhere):
    (elsewhere / "world.toml").write_text('base_dn = "dc=x"\n')

    assert [
        ("variables", ok("1 is set, and nothing is wrong or missing")),
        ("systems", ok("all are in memory, as world.toml describes them")),
    ] == checked(**dict.fromkeys(COMPLETE), GLAAB_WORLD="world.toml")


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

    assert [expected] == checked(**changes)


@pytest.mark.parametrize(
    "name", ["GITLAB_ACCESS_TOKEN", "PHABRICATOR_TOKEN", "GERRIT_PASSWORD", OAUTH[0]]
)
def test_what_is_set_wrongly_is_not_needed_besides(name):
    """One mistake is one problem."""
    message = "it contains a line break or another control character"

    assert [(name, problem(message, READ_THE_DOCS))] == checked(**{name: "a\nb"})


def test_what_is_missing_beside_something_wrong_is_still_needed():
    names = [title for title, _ in checked(GERRIT_PASSWORD="a\nb", PHABRICATOR_TOKEN=None)]

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
def test_a_problem_has_a_title_a_message_and_what_to_do(text, expected):
    assert expected == as_titled_problem(text, "otherwise")


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
    "the policy's name is nonsense": {"GLAAB_POLICY": "a\nb"},
    "the world may be meant": {"GLAAB_WROLD": "world.toml"},
    "the world is missing": {"GLAAB_WORLD": "world.toml"},
}


@pytest.mark.parametrize("name", DOUBTS)
def test_nobody_is_asked_while_it_is_in_doubt_who_is_to_be_asked(name):
    """A default address is Wikimedia's: no token of others may go there by mistake."""
    app = an_app(**DOUBTS[name])

    *_, (title, finding) = check_settings(app)
    assert EVERYBODY == closed_systems(app).keys()
    assert "systems" == title
    assert finding.message.startswith("no system is asked, because ")


@pytest.mark.parametrize("content", ["GITLAB_URL\n= x y", "\udcff"])
def test_nobody_is_asked_while_the_env_file_cannot_be_understood(elsewhere, content):
    """It may have set any address."""
    Path(".env").write_bytes(content.encode(errors="surrogateescape"))

    assert EVERYBODY == closed_systems(an_app()).keys()


def test_nobody_is_asked_while_an_env_file_is_missing_whatever_it_is_called():
    """The name of a variable in its path tells nothing of what it would have set."""
    assert EVERYBODY == closed_systems(an_app("run/GERRIT_PASSWORD.env")).keys()


NOT_ASKED = {
    "GITLAB_ACCESS_TOKEN": GITLAB,
    "PHABRICATOR_TOKEN": PHABRICATOR,
    "GERRIT_PASSWORD": GERRIT,
    "MEDIAWIKI_ACCESS_SECRET": AUDIT_LOG,
}


@pytest.mark.parametrize("name", NOT_ASKED)
def test_a_system_whose_credential_is_missing_is_not_asked_and_the_others_are(name):
    assert {NOT_ASKED[name]: f"{name} is wrong or missing"} == closed_systems(
        an_app(**{name: None})
    )


def test_a_directory_whose_certificates_are_missing_is_not_asked():
    assert {DIRECTORY: "LDAP_CA_FILE is wrong or missing"} == closed_systems(
        an_app(LDAP_CA_FILE="ca.pem")
    )


@pytest.mark.parametrize("changes", [{}, {"GLAAB_TIMEOUT_S": "x"}, {"GLAAB_TIMEOUT": "3"}])
def test_what_is_about_no_system_keeps_nobody_from_being_asked(changes):
    assert {} == closed_systems(an_app(**changes))


# -- files


def test_an_env_file_that_others_may_read_is_a_warning():
    Path(".env").write_text("GLAAB_TIMEOUT_S=3\n")
    Path(".env").chmod(0o644)

    assert ("env file", warning("others may read .env", "chmod 600 .env")) == checked()[1]


ROOM = "name a file that glaab may read and write, in a folder that is there"
FOLDER = "name a file in a folder that glaab may write to"
WRITABLE = {
    "GLAAB_AUDIT_FILE": "can be written, locked and synced",
    "GLAAB_METRICS_FILE": "can be written",
}


@pytest.mark.parametrize(
    ("variable", "remedy"), [("GLAAB_AUDIT_FILE", ROOM), ("GLAAB_METRICS_FILE", FOLDER)]
)
@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("new", None),
        ("old", None),
        ("folder", "it is no ordinary file"),
        ("no/such/file", "No such file or directory"),
        ("old/file", "Not a directory"),
    ],
)
def test_a_file_must_be_one_that_can_be_written(elsewhere, variable, remedy, path, why):
    """It is neither made nor touched."""
    Path("old").touch()
    Path("folder").mkdir()

    well = ok(f"{path} {WRITABLE[variable]}")
    expected = problem(f"{path} cannot be written: {why}", remedy) if why else well
    assert (variable, expected) == checked(**{variable: path})[1]
    assert {"old", "folder"} == {each.name for each in elsewhere.iterdir()}


@pytest.mark.parametrize("name", ["there", "new"])
@pytest.mark.parametrize(
    ("variable", "remedy"), [("GLAAB_AUDIT_FILE", ROOM), ("GLAAB_METRICS_FILE", FOLDER)]
)
def test_a_file_in_a_closed_folder_is_a_problem(closed, variable, remedy, name):
    path = closed / name

    expected = problem(f"{path} cannot be written: Permission denied", remedy)
    assert (variable, expected) == checked(**{variable: str(path)})[1]
