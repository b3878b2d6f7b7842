"""The app of each look and full run: what it keeps of the one before, and what it reads again."""

import os

import attrs
import pytest

from glaab.adapters.gitlab.client import GitLabRest
from glaab.adapters.redaction import quote, redacting
from glaab.domain.sources.vetted import LISTS
from glaab.entrypoints.runtime.bootstrap import Options, bootstrap
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.entrypoints.watching.apps import Apps

POLICY = """
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "itself"
[[trust]]
name = "Speaker"
vetted_list = "list.toml"
"""
JANE = 'version = 1\n[[person]]\nextern_uid = "Jane"\n'


@pytest.fixture
def apps(elsewhere):
    """Live, with a token in a file and a list."""
    (elsewhere / "policy.toml").write_text(POLICY)
    (elsewhere / "list.toml").write_text(JANE)
    (elsewhere / "token").write_text("glpat-old")
    variables = {
        "GLAAB_POLICY": "policy.toml",
        "GITLAB_ACCESS_TOKEN_FILE": "token",
        "GLAAB_AUDIT_FILE": "audit.jsonl",
        "MEDIAWIKI_LOG_PAGE": "",
    }
    app = bootstrap(Options.read(variables, None, INTEGRATIONS), mode="act")
    return Apps(app=app)


def test_each_is_a_run_of_its_own_with_connections_of_its_own(apps):
    first, second = apps.renew(), apps.renew()

    assert first.run != second.run
    assert isinstance(second.container.gitlab(), GitLabRest)
    assert first.container.gitlab() is not second.container.gitlab()


def test_of_one_that_is_renewed_every_connection_is_closed(apps):
    closed = []
    apps.renew().container.env().connections.callback(closed.append, "a session")

    apps.renew()

    assert ["a session"] == closed


# -- lists


def test_lists_are_used_as_they_are_now(apps, elsewhere):
    before = apps.renew().policy
    (elsewhere / "list.toml").write_text(JANE.replace("Jane", "Bob"))

    unread = apps.reread_lists()

    (person,) = apps.app.policy.options[LISTS].files["list.toml"]
    assert {} == unread
    assert "Bob" == person.identity.extern_uid
    assert before.digest != apps.app.policy.digest == apps.app.container.policy().digest
    assert {LISTS} == apps.lists_read
    assert apps.app.policy == apps.renew().policy


def test_lists_that_cannot_be_read_are_an_outage_of_theirs(apps, elsewhere):
    before = apps.renew().policy
    (elsewhere / "list.toml").write_text("nonsense")

    unread = apps.reread_lists()

    assert {LISTS} == unread.keys()
    assert unread[LISTS].startswith("policy policy.toml: list list.toml is not TOML: ")
    assert before == apps.app.policy
    assert frozenset() == apps.lists_read


def test_the_policy_itself_is_not_read_again(apps, elsewhere):
    (elsewhere / "policy.toml").write_text("nonsense")

    assert {} == apps.reread_lists()


# -- secrets


def test_a_secret_is_used_as_it_is_now(apps, elsewhere, capsys):
    (elsewhere / "token").write_text("glpat-new")

    with redacting(["glpat-old"]):
        apps.reread_secrets()

        assert "[secret], [secret]" == quote("glpat-old, glpat-new")
    settings = apps.renew().settings
    assert "glpat-new" == settings.gitlab_access_token.reveal()
    assert "secrets_read_again" in capsys.readouterr().out


def test_where_no_secret_has_changed_nothing_is_said(apps, capsys):
    apps.reread_secrets()

    assert "" == capsys.readouterr().out


def test_a_secret_that_cannot_be_read_stays(apps, elsewhere, capsys):
    (elsewhere / "token").unlink()

    apps.reread_secrets()

    assert "glpat-old" == apps.renew().settings.gitlab_access_token.reveal()
    assert "secret_not_read" in capsys.readouterr().out


def test_what_is_wrong_with_a_secret_is_said_once(apps, elsewhere, capsys):
    """As long as the same is wrong; and again if it comes back."""
    (elsewhere / "token").unlink()
    apps.reread_secrets()
    apps.reread_secrets()
    assert 1 == capsys.readouterr().out.count("secret_not_read")

    (elsewhere / "token").write_text("glpat-old")
    apps.reread_secrets()
    (elsewhere / "token").unlink()
    apps.reread_secrets()
    assert 1 == capsys.readouterr().out.count("secret_not_read")


def test_a_secret_is_not_read_from_a_pipe_that_took_its_place(apps, elsewhere, capsys):
    """That would last for ever."""
    (elsewhere / "token").unlink()
    os.mkfifo(elsewhere / "token")

    apps.reread_secrets()

    assert "token is no ordinary file any more" in capsys.readouterr().out


# -- systems in memory


def test_a_world_stays_as_it_is(small_world):
    options = Options.read(
        {"GLAAB_POLICY": "policy.toml", "GLAAB_WORLD": "world.toml"}, None, INTEGRATIONS
    )
    app = bootstrap(attrs.evolve(options, form="json"), mode="act")
    apps = Apps(app=app)

    first, second = apps.renew(), apps.renew()

    assert first.container.gitlab() is second.container.gitlab()
    assert first.container.audit_page() is second.container.audit_page()
