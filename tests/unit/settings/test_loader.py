"""Where settings come from, and that everything that is wrong is said at once."""

from pathlib import Path

import pytest

from glaab.adapters.gerrit.settings import GerritSettings
from glaab.adapters.phabricator.settings import PhabricatorSettings
from glaab.domain.errors import SettingsInvalid
from glaab.settings import loader
from glaab.settings.loader import reread_secrets
from glaab.settings.values import Secret
from tests.variables import SECRETS, changes, problems_of, read_settings, settings_of, values

pytestmark = pytest.mark.usefixtures("elsewhere")


def gerrit_user(settings):
    return settings.of(GerritSettings).gerrit_user


def gerrit_password(settings):
    return settings.of(GerritSettings).gerrit_password


def users(settings):
    """The names of the bot at Gerrit and at Phabricator."""
    return gerrit_user(settings), settings.of(PhabricatorSettings).phabricator_user


# -- the env file


def test_env_in_the_current_folder_is_read(elsewhere):
    (elsewhere / ".env").write_text("GITLAB_URL=https://git.example\nGERRIT_USER='a $bot'\n")

    settings = settings_of()

    assert {"GITLAB_URL": "https://git.example", "GERRIT_USER": "a $bot"} == changes(settings)
    assert {"GITLAB_URL", "GERRIT_USER"} == settings.are_set


def test_the_environment_beats_the_env_file(elsewhere):
    (elsewhere / ".env").write_text("GERRIT_USER=file\nPHABRICATOR_USER=file\n")

    assert ("environment", "file") == users(settings_of(GERRIT_USER="environment"))


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

    assert Secret("environment") == gerrit_password(settings)


@pytest.mark.parametrize("empty", ["GERRIT_PASSWORD", "GERRIT_PASSWORD_FILE"])
def test_an_empty_variable_hides_no_other_form_of_it_in_the_env_file(elsewhere, empty):
    (elsewhere / "secret").write_text("s3cret")
    other = {"GERRIT_PASSWORD": "GERRIT_PASSWORD_FILE=secret"}
    (elsewhere / ".env").write_text(other.get(empty, "GERRIT_PASSWORD=s3cret"))

    assert Secret("s3cret") == gerrit_password(settings_of(**{empty: ""}))


def test_a_closed_current_folder_has_no_env_file(closed, monkeypatch):
    """Where nobody named one, it is as if there were none."""
    monkeypatch.chdir(closed)

    assert {} == changes(settings_of())


def test_an_env_file_stands_in_for_the_one_in_the_current_folder(elsewhere):
    (elsewhere / ".env").write_text("GERRIT_USER=here\nPHABRICATOR_USER=here\n")
    (elsewhere / "other").write_text("GERRIT_USER=other\n")

    settings, problems = read_settings({}, elsewhere / "other")

    assert () == problems
    assert ("other", "glaab") == users(settings)


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


def test_an_env_file_that_is_a_link_to_nowhere_is_a_problem(elsewhere):
    (elsewhere / ".env").symlink_to("gone")

    assert ("env file .env cannot be read: No such file or directory",) == problems_of()


def test_an_env_file_that_is_a_folder_is_a_problem(elsewhere):
    Path(".env").mkdir()

    assert ("env file .env cannot be read: Is a directory",) == problems_of()


def test_an_env_line_without_an_equals_sign_is_a_problem(elsewhere):
    """It would be silently nothing."""
    Path(".env").write_text("GERRIT_USER=bot\nexport GERRIT_PASSWORD secret\nGITLAB_URL\n")

    assert ("env file .env, line 2: it is not understood; write NAME=value",) == problems_of()[:1]
    assert "env file .env, line 3: it is not understood; write NAME=value" in problems_of()


def test_an_env_file_that_is_not_text_is_a_problem(elsewhere):
    (elsewhere / ".env").write_bytes(b"GERRIT_USER=\xff\n")

    (problem,) = problems_of()

    assert problem.startswith("env file .env cannot be read: ")


def test_an_env_line_that_is_not_understood_is_a_problem(elsewhere):
    (elsewhere / ".env").write_text("GERRIT_USER=ada\nwhat is this\n")

    settings, problems = read_settings({}, None)

    assert "ada" == gerrit_user(settings)
    assert ("env file .env, line 2: it is not understood; write NAME=value",) == problems


# -- files of secrets


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_may_come_from_a_file(elsewhere, name):
    """White space around it, a last line break above all, is not part of it."""
    (elsewhere / "secret").write_text("  https://s3cret.example\n")

    settings = settings_of(**{f"{name}_FILE": str(elsewhere / "secret")})

    assert "https://s3cret.example" == values(settings)[name].reveal()
    assert {name} == settings.are_set


def test_a_no_break_space_belongs_to_a_secret(elsewhere):
    (elsewhere / "secret").write_text("s3cret\u00a0\n")

    assert Secret("s3cret\u00a0") == gerrit_password(settings_of(GERRIT_PASSWORD_FILE="secret"))


def test_a_secret_file_may_be_named_in_the_env_file(elsewhere):
    (elsewhere / "secret").write_text("s3cret")
    (elsewhere / ".env").write_text("GERRIT_PASSWORD_FILE=secret\n")

    assert Secret("s3cret") == gerrit_password(settings_of())


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_is_set_once(elsewhere, name):
    (elsewhere / "secret").write_text("s3cret")

    problems = problems_of(**{name: "other", f"{name}_FILE": str(elsewhere / "secret")})

    assert (f"{name}: set it or {name}_FILE, not both",) == problems


def test_an_empty_variable_leaves_the_secret_to_its_file(elsewhere):
    (elsewhere / "secret").write_text("s3cret")

    settings = settings_of(GERRIT_PASSWORD="", GERRIT_PASSWORD_FILE=str(elsewhere / "secret"))

    assert Secret("s3cret") == gerrit_password(settings)


def test_an_empty_name_of_a_secret_file_is_none():
    assert gerrit_password(settings_of(GERRIT_PASSWORD_FILE="")) is None


def test_a_secret_file_that_cannot_be_read_is_a_problem(elsewhere):
    (problem,) = problems_of(GERRIT_PASSWORD_FILE=str(elsewhere / "missing"))

    assert problem == (
        f"GERRIT_PASSWORD: {elsewhere}/missing (GERRIT_PASSWORD_FILE) cannot be read: No such file"
        " or directory"
    )


def test_a_secret_file_that_is_not_text_is_a_problem(elsewhere):
    (elsewhere / "secret").write_bytes(b"\xff\xfe")

    (problem,) = problems_of(GERRIT_PASSWORD_FILE=str(elsewhere / "secret"))

    assert problem == (
        f"GERRIT_PASSWORD: {elsewhere}/secret (GERRIT_PASSWORD_FILE) cannot be read: it is not"
        " UTF-8 text"
    )


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_secret_file_is_no_secret(elsewhere, content):
    (elsewhere / "secret").write_text(content)

    settings = settings_of(GERRIT_PASSWORD_FILE=str(elsewhere / "secret"))

    assert gerrit_password(settings) is None


def test_a_line_break_inside_a_secret_file_is_a_problem(elsewhere):
    (elsewhere / "secret").write_text("first\nsecond\n")

    problems = problems_of(GERRIT_PASSWORD_FILE=str(elsewhere / "secret"))

    assert ("GERRIT_PASSWORD: it contains a line break or another control character",) == problems


def test_only_a_secret_has_a_file():
    """`GERRIT_USER_FILE` is nobody's, so a user name stays what it was."""
    assert {} == changes(settings_of(GERRIT_USER_FILE="somewhere"))


def test_no_secret_is_in_a_problem(elsewhere):
    (elsewhere / "file").write_text("s3cret")

    problems = [
        problem
        for name in SECRETS
        for variables in (
            {name: "s3cret\0"},
            {name: "s3cret", f"{name}_FILE": str(elsewhere / "file")},
        )
        for problem in problems_of(**variables)
    ]

    assert 2 * len(SECRETS) == len(problems)
    assert "s3cret" not in "".join(problems)


# -- secrets that are read again


def rotating(elsewhere, **texts):
    """Settings whose secrets lie in files of their names."""
    for name, text in texts.items():
        (elsewhere / name).write_text(text)
    return settings_of(**{f"{name}_FILE": str(elsewhere / name) for name in texts})


def test_a_secret_in_a_file_is_read_again(elsewhere):
    """Of the core as of a source; everything else stays."""
    settings = rotating(elsewhere, GITLAB_ACCESS_TOKEN="old", GERRIT_PASSWORD="old")
    (elsewhere / "GITLAB_ACCESS_TOKEN").write_text("new\n")
    (elsewhere / "GERRIT_PASSWORD").write_text("new\n")

    again = reread_secrets(settings)

    assert {"GITLAB_ACCESS_TOKEN": Secret("new"), "GERRIT_PASSWORD": Secret("new")} == changes(
        again
    )
    assert settings.are_set == again.are_set


def test_a_secret_that_is_in_no_file_stays():
    settings = settings_of(GITLAB_ACCESS_TOKEN="old")

    assert settings == reread_secrets(settings)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "cannot be read: No such file or directory"),
        ("", "is empty"),
        ("a\nb", "it contains a line break"),
    ],
)
def test_a_file_that_cannot_be_used_any_more_is_a_problem(elsewhere, text, problem):
    settings = rotating(elsewhere, GITLAB_ACCESS_TOKEN="old", GERRIT_PASSWORD="old")
    (elsewhere / "GITLAB_ACCESS_TOKEN").unlink()
    if text is not None:
        (elsewhere / "GITLAB_ACCESS_TOKEN").write_text(text)

    with pytest.raises(SettingsInvalid, match=f"GITLAB_ACCESS_TOKEN: .*{problem}"):
        reread_secrets(settings)


# -- what is known


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


def test_variables_of_the_platform_are_ignored():
    settings = settings_of(TOOL_DATA_DIR="/data", TOOL_TOOLSDB_PASSWORD="x", PATH="/bin")

    assert ({}, set()) == (changes(settings), settings.are_set)


def test_variables_of_a_source_that_does_not_exist_are_somebody_elses():
    settings, problems = loader.read_settings({"GERRIT_URL": "nonsense"}, None, ())

    assert ((), {}, set()) == (problems, settings.sources, settings.are_set)


def test_all_problems_come_at_once(elsewhere):
    """Names that nobody knows first, then the core's, then each source's."""
    (elsewhere / ".env").write_text("GLAAB_TYPO=1\nLDAP_SERVERS=ftp://x\n")

    problems = problems_of(GITLAB_URL="x", GLAAB_TIMEOUT_S="0", GERRIT_PASSWORD_FILE="missing")

    assert ["GLAAB_TYPO", "GITLAB_URL", "GLAAB_TIMEOUT_S", "LDAP_SERVERS", "GERRIT_PASSWORD"] == [
        problem.partition(":")[0] for problem in problems
    ]
