"""The settings that no source owns, and how those of a source are found."""

from pathlib import Path
from typing import ClassVar

import pytest

from glaab.adapters.gerrit.settings import GerritSettings
from glaab.adapters.ldap.settings import LdapSettings
from glaab.adapters.phabricator.settings import PhabricatorSettings
from glaab.settings.core import Settings, owners
from glaab.settings.values import ListenAddress, LogFormat, Secret, SecretUrl, SecretUrls
from tests.unit.settings.settings_contract import SettingsContract
from tests.variables import GROUPS, SECRETS, VARIABLES, settings_of

pytestmark = pytest.mark.usefixtures("elsewhere")

TABLE = {
    "GITLAB_URL": (
        "https://gitlab.wikimedia.org",
        "https://git.example",
        "https://git.example",
    ),
    "GITLAB_ACCESS_TOKEN": (None, "glpat-1", Secret("glpat-1")),
    "MEDIAWIKI_URL": (
        "https://wikitech.wikimedia.org/w/",
        "http://localhost/w/",
        "http://localhost/w/",
    ),
    "MEDIAWIKI_LOG_PAGE": ("Tool:Gitlab-account-approval/Log", "Log", "Log"),
    "MEDIAWIKI_CONSUMER_TOKEN": (None, "c", Secret("c")),
    "MEDIAWIKI_CONSUMER_SECRET": (None, "c", Secret("c")),
    "MEDIAWIKI_ACCESS_TOKEN": (None, "a", Secret("a")),
    "MEDIAWIKI_ACCESS_SECRET": (None, "a", Secret("a")),
    "MEDIAWIKI_USER": (None, "Bot@glaab", "Bot@glaab"),
    "MEDIAWIKI_PASSWORD": (None, "p", Secret("p")),
    "GLAAB_AUDIT_FILE": (None, "audit.jsonl", Path("audit.jsonl")),
    "GLAAB_POLICY": (None, "policy.toml", Path("policy.toml")),
    "GLAAB_WORLD": (None, "world.toml", Path("world.toml")),
    "GLAAB_MAX_APPROVALS": (25, "0", 0),
    "GLAAB_TIMEOUT_S": (30, "2.5", 2.5),
    "GLAAB_DEADLINE_S": (150, "86400", 86_400.0),
    "GLAAB_LOOK_EVERY_S": (5, "1", 1.0),
    "GLAAB_RUN_EVERY_S": (180, "60", 60.0),
    "GLAAB_LISTEN": (None, "127.0.0.1:9187", ListenAddress("127.0.0.1", 9187)),
    "GLAAB_NOTIFY_URLS": (None, "json://a\n json://b\n", SecretUrls("json://a json://b")),
    "GLAAB_NOTIFY_HOLDS": (False, "true", True),
    "GLAAB_NOTIFY_APPROVALS": (False, "true", True),
    "GLAAB_LOG_FORMAT": (None, "json", LogFormat.JSON),
    "GLAAB_METRICS_FILE": (None, "glaab.prom", Path("glaab.prom")),
    "GLAAB_HEARTBEAT_URL": (
        None,
        "https://hc.example/ping?key=1",
        SecretUrl("https://hc.example/ping?key=1"),
    ),
    "GLAAB_CONTACT": (
        "https://wikitech.wikimedia.org/wiki/Tool:Gitlab-account-approval",
        "ops@example",
        "ops@example",
    ),
}


class TestSettings(SettingsContract):
    group = Settings
    table = TABLE
    empty: ClassVar = {"MEDIAWIKI_LOG_PAGE": ""}


# -- the settings of sources


def test_the_settings_of_a_source_are_found_by_their_class():
    settings = settings_of(GERRIT_USER="bot")

    assert "bot" == settings.of(GerritSettings).gerrit_user
    assert PhabricatorSettings() == settings.of(PhabricatorSettings)


def test_a_source_that_was_not_read_has_no_settings():
    """Rather than its defaults, which are Wikimedia's."""
    with pytest.raises(KeyError):
        Settings().of(LdapSettings)


def test_every_variable_of_a_source_has_an_owner():
    found = owners(GROUPS)

    assert LdapSettings is found["LDAP_CA_FILE"]
    assert {PhabricatorSettings} == {found[name] for name in found if "PHABRICATOR" in name}
    assert set(VARIABLES) - set(TABLE) == found.keys()


# -- secrets stay secret


def all_secrets_set() -> Settings:
    return settings_of(**{name: f"https://s3cret/{name}" for name in SECRETS})


def test_no_secret_is_in_the_repr():
    settings = all_secrets_set()

    shown = f"{settings!r} {settings} {settings.values} {settings.sources}"

    assert "s3cret" not in shown


def test_all_secrets_are_told_together_to_who_asks():
    """So that they can be blacked out, whoever owns them, and what is derived from them, too."""
    settings = all_secrets_set()

    (header,) = settings.of(GerritSettings).derived_secrets()
    assert {header, *(f"https://s3cret/{name}" for name in SECRETS)} == set(settings.secrets)
    assert () == settings_of().secrets
