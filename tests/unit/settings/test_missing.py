"""What a run needs that is not set, and settings that do not go together."""

import pytest

from glaab.domain.sources.directory import DIRECTORY
from glaab.settings.core import OAUTH
from tests.variables import (
    COMPLETE,
    CREDENTIALS,
    SOMEWHERE_ELSE,
    WIKIMEDIAS,
    missing_in,
    missing_settings,
    read_settings,
)

pytestmark = pytest.mark.usefixtures("elsewhere")

BOT = {"MEDIAWIKI_USER": "Bot@glaab", "MEDIAWIKI_PASSWORD": "x"}
NO_WIKI = {"MEDIAWIKI_LOG_PAGE": ""}


def titles(problems):
    """The variables that problems are about."""
    return [problem.partition(":")[0] for problem in problems]


def test_a_run_at_wikimedia_needs_only_credentials():
    assert () == missing_in(COMPLETE)


def test_without_any_setting_every_credential_is_missing():
    assert ["GITLAB_ACCESS_TOKEN", "PHABRICATOR_TOKEN", "GERRIT_PASSWORD", ", ".join(OAUTH)] == (
        titles(missing_in({}))
    )


def test_only_what_the_policy_uses_is_required():
    assert () == missing_in({"GITLAB_ACCESS_TOKEN": "glpat-1"}, {DIRECTORY}, acting=False)


@pytest.mark.parametrize(
    "token", ["glpat-s3crét", " glpat-s3cret", "glpat-s3cret ", "glpat s3cret"]
)
def test_a_token_with_a_letter_that_no_header_takes_is_a_problem(token):
    (problem,) = missing_in(COMPLETE | {"GITLAB_ACCESS_TOKEN": token})

    assert "GITLAB_ACCESS_TOKEN: it contains a letter that no token has; copy it again" == problem


def test_everything_that_is_missing_is_said_at_once():
    problems = missing_in(
        {"GITLAB_URL": "https://gitlab.example", "LDAP_BIND_DN": "x", "LDAP_CA_FILE": "missing"}
    )

    assert [
        "GITLAB_ACCESS_TOKEN",
        "PHABRICATOR_TOKEN",
        "GERRIT_PASSWORD",
        ", ".join(OAUTH),
        "GERRIT_URL",
        "LDAP_BASE_DN",
        "LDAP_SERVERS",
        "MEDIAWIKI_URL",
        "PHABRICATOR_URL",
        "LDAP_BIND_DN, LDAP_BIND_PASSWORD",
        "LDAP_CA_FILE",
    ] == titles(problems)


# -- the audit logs


def test_looking_needs_no_audit_log():
    assert () == missing_in(CREDENTIALS | NO_WIKI, acting=False)


def test_approving_needs_an_audit_log():
    (problem,) = missing_in(CREDENTIALS | NO_WIKI)

    assert problem.startswith("MEDIAWIKI_LOG_PAGE, GLAAB_AUDIT_FILE: approvals must be logged")


def test_an_audit_file_is_enough_without_a_wiki():
    assert () == missing_in(CREDENTIALS | NO_WIKI | {"GLAAB_AUDIT_FILE": "audit.jsonl"})


def test_an_audit_file_does_not_stand_in_for_the_credentials_of_a_wiki_that_is_on():
    (problem,) = missing_in(CREDENTIALS | {"GLAAB_AUDIT_FILE": "audit.jsonl"})

    assert problem.startswith(f"{', '.join(OAUTH)}: needed for the wiki log; ")


@pytest.mark.parametrize("name", OAUTH)
def test_oauth_has_four_parts(name):
    (problem,) = missing_in(COMPLETE | {name: ""})

    assert problem.startswith(f"{name}: needed for the wiki log; ")


def test_a_bot_password_stands_in_for_oauth():
    assert () == missing_in(CREDENTIALS | BOT)


@pytest.mark.parametrize("name", BOT)
def test_a_bot_password_has_two_parts(name):
    problems = missing_in(CREDENTIALS | {name: "x"})

    assert ("MEDIAWIKI_USER, MEDIAWIKI_PASSWORD: a bot password needs both",) == problems


def test_oauth_and_a_bot_password_are_too_much():
    problems = missing_in(COMPLETE | BOT)

    assert ("MEDIAWIKI_USER: set the OAuth consumer or the bot password, not both",) == problems


# -- Wikimedia's addresses go together


def test_everything_somewhere_else_is_well():
    assert () == missing_in(COMPLETE | SOMEWHERE_ELSE)


@pytest.mark.parametrize("moved", SOMEWHERE_ELSE)
def test_whoever_sets_one_address_sets_all(moved):
    """No token of one installation is sent to another's server."""
    problems = missing_in(COMPLETE | {moved: SOMEWHERE_ELSE[moved]})

    assert sorted(
        f"{name}: needed because {moved} is set: its default is Wikimedia's, and nothing of"
        " yours should be sent there"
        for name in SOMEWHERE_ELSE
        if name != moved
    ) == list(problems)


@pytest.mark.parametrize("left", SOMEWHERE_ELSE)
def test_one_address_that_is_left_is_named(left):
    moved = {name: value for name, value in SOMEWHERE_ELSE.items() if name != left}

    (problem,) = missing_in(COMPLETE | moved)

    assert problem.startswith(f"{left}: needed because ")


def test_an_address_that_is_wrong_is_not_told_to_be_needed_too():
    settings, problems = read_settings(CREDENTIALS | SOMEWHERE_ELSE | {"GITLAB_URL": "x"}, None)

    assert ('GITLAB_URL: "x" is no address; it looks like https://host/path',) == problems
    assert () == missing_settings(settings, WIKIMEDIAS, acting=False)


def test_an_address_may_be_set_to_wikimedias_on_purpose():
    on_purpose = {"GERRIT_URL": "https://gerrit.wikimedia.org/r"}

    assert () == missing_in(COMPLETE | SOMEWHERE_ELSE | on_purpose)


@pytest.mark.parametrize("url", ["https://gitlab.wikimedia.org", "https://gitlab.wikimedia.org/"])
def test_setting_an_address_to_its_default_moves_nothing(url):
    assert () == missing_in(COMPLETE | {"GITLAB_URL": url})


def test_only_addresses_that_the_policy_uses_go_together():
    moved = {name: SOMEWHERE_ELSE[name] for name in ("GITLAB_URL", "LDAP_SERVERS", "LDAP_BASE_DN")}

    problems = missing_in(
        CREDENTIALS | moved | NO_WIKI | {"GLAAB_AUDIT_FILE": "audit"}, {DIRECTORY}
    )

    assert () == problems


def test_looking_asks_for_no_wiki_address():
    moved = {name: value for name, value in SOMEWHERE_ELSE.items() if name != "MEDIAWIKI_URL"}

    assert () == missing_in(CREDENTIALS | moved, acting=False)
