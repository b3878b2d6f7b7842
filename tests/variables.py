"""Settings read with the variables of all sources that exist, and what a run needs of them."""

from collections.abc import Collection, Mapping
from pathlib import Path

from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.settings import loader, missing
from glaab.settings.core import OAUTH, Settings, fields_by_variable, secret_variables

GROUPS = tuple(each.settings for each in INTEGRATIONS)
FIELDS = fields_by_variable(Settings, *GROUPS)
VARIABLES = tuple(FIELDS)
SECRETS = secret_variables(FIELDS)
ADDRESSES = missing.addresses((Settings, *GROUPS))
EVERY_SOURCE = frozenset(group.system for group in GROUPS)
WIKIMEDIAS = frozenset({DIRECTORY, PHABRICATOR, GERRIT})
"""The sources of the built-in policy."""

CREDENTIALS = {
    "GITLAB_ACCESS_TOKEN": "glpat-1",
    "PHABRICATOR_TOKEN": "api-1",
    "GERRIT_PASSWORD": "password-1",
}
CONSUMER = {name: f"secret of {name}" for name in OAUTH}
COMPLETE = CREDENTIALS | CONSUMER
"""All that `approve` needs at Wikimedia."""
SOMEWHERE_ELSE = {
    "GITLAB_URL": "https://gitlab.example",
    "LDAP_SERVERS": "ldaps://ldap.example",
    "LDAP_BASE_DN": "dc=example",
    "PHABRICATOR_URL": "https://phabricator.example",
    "GERRIT_URL": "https://gerrit.example",
    "MEDIAWIKI_URL": "https://wiki.example/w/",
}


def read_settings(
    environ: Mapping[str, str], env_file: Path | None
) -> tuple[Settings, tuple[str, ...]]:
    return loader.read_settings(environ, env_file, GROUPS)


def settings_of(**variables: str) -> Settings:
    """The settings that these variables make, of which none is wrong."""
    settings, problems = read_settings(variables, None)
    assert () == problems
    return settings


def problems_of(**variables: str) -> tuple[str, ...]:
    """What is wrong with these variables."""
    return read_settings(variables, None)[1]


def values(settings: Settings) -> dict[str, object]:
    """The value of every setting, by variable."""
    groups = (settings, *map(settings.of, GROUPS))
    return {
        name: getattr(group, field.name)
        for group in groups
        for name, field in fields_by_variable(type(group)).items()
    }


def changes(settings: Settings) -> dict[str, object]:
    """The values that are not the defaults, by variable."""
    return {
        name: value for name, value in values(settings).items() if value != FIELDS[name].default
    }


def missing_settings(
    settings: Settings, systems: Collection[str], *, acting: bool
) -> tuple[str, ...]:
    """Of the sources with these names."""
    used = [group for group in GROUPS if group.system in systems]
    return missing.missing_settings(settings, used, acting=acting)


def missing_in(
    variables: Mapping[str, str], systems: Collection[str] = WIKIMEDIAS, *, acting: bool = True
) -> tuple[str, ...]:
    """What a run lacks that has these variables alone, of which none is wrong."""
    return missing_settings(settings_of(**variables), systems, acting=acting)
