"""Settings that no source owns: GitLab, the wiki's log page, and glaab itself."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import attrs

from glaab.settings.parsers import page_title, seconds_between, url_without, world_path
from glaab.settings.values import (
    Ascii,
    ListenAddress,
    LogFormat,
    Secret,
    SecretUrl,
    SecretUrls,
    SourceSettings,
    Url,
    is_other_url,
    setting,
)

S = TypeVar("S", bound=SourceSettings)


@attrs.frozen(kw_only=True)
class Settings:
    """Every setting that no source owns; the variable of a field is its name in capitals."""

    gitlab_url: Url = setting(
        Url("https://gitlab.wikimedia.org"), is_moved=is_other_url, parse=url_without("/api/v4")
    )
    gitlab_access_token: Secret | None = None
    mediawiki_url: Url = setting(
        Url("https://wikitech.wikimedia.org/w/"),
        is_moved=is_other_url,
        parse=url_without("api.php", "index.php"),
    )
    mediawiki_log_page: str = setting("Tool:Gitlab-account-approval/Log", parse=page_title)
    mediawiki_consumer_token: Secret | None = None
    mediawiki_consumer_secret: Secret | None = None
    mediawiki_access_token: Secret | None = None
    mediawiki_access_secret: Secret | None = None
    mediawiki_user: str | None = None
    mediawiki_password: Secret | None = None
    glaab_audit_file: Path | None = None
    glaab_policy: Path | None = None
    glaab_world: Path | None = setting(parse=world_path)
    glaab_max_approvals: int = 25
    glaab_timeout_s: float = 30
    glaab_deadline_s: float = 150
    glaab_look_every_s: float = setting(5, parse=seconds_between(1, 3_600))
    glaab_run_every_s: float = 180
    glaab_listen: ListenAddress | None = None
    glaab_notify_urls: SecretUrls | None = None
    glaab_notify_holds: bool = False
    glaab_notify_approvals: bool = False
    glaab_log_format: LogFormat | None = None
    glaab_metrics_file: Path | None = None
    glaab_heartbeat_url: SecretUrl | None = None
    glaab_contact: Ascii = Ascii("https://wikitech.wikimedia.org/wiki/Tool:Gitlab-account-approval")

    sources: Mapping[type[SourceSettings], SourceSettings] = attrs.field(factory=dict)
    """The settings of each source, by their class."""
    are_set: frozenset[str] = frozenset()
    """The variables that were set, rightly or not."""
    secret_files: Mapping[str, Path] = attrs.field(factory=dict)
    """The files that secrets were read from, by the secret's variable."""
    exposed_env_file: Path | None = None
    """The env file, if it sets anything and others than its owner may read it."""

    @property
    def values(self) -> dict[str, Any]:
        """The value of every setting, also of the sources, by variable."""
        return {
            name: getattr(group, field.name)
            for group in (self, *self.sources.values())
            for name, field in fields_by_variable(type(group)).items()
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that nobody must be shown, and what is derived from it."""
        values = (value for value in self.values.values() if isinstance(value, Secret))
        derived = (text for source in self.sources.values() for text in source.derived_secrets())
        return (*(part for value in values for part in value.parts), *derived)

    def problems(self) -> Iterator[str]:
        """What is wrong with settings that do not go together; see `SourceSettings`."""
        if self.glaab_run_every_s < self.glaab_look_every_s:
            yield (
                f"GLAAB_RUN_EVERY_S: full runs cannot be more frequent than looks, every"
                f" {self.glaab_look_every_s:g} s; set it to {self.glaab_look_every_s:g} or more,"
                " or GLAAB_LOOK_EVERY_S to less"
            )

    def of(self, kind: type[S]) -> S:
        """The settings of one source; raises KeyError if they were not read."""
        return cast(S, self.sources[kind])


OAUTH = (
    "MEDIAWIKI_CONSUMER_TOKEN",
    "MEDIAWIKI_CONSUMER_SECRET",
    "MEDIAWIKI_ACCESS_TOKEN",
    "MEDIAWIKI_ACCESS_SECRET",
)
"""The four parts of the owner-only OAuth consumer."""
Fields = Mapping[str, "attrs.Attribute[Any]"]
_NO_VARIABLES = ("sources", "are_set", "secret_files", "exposed_env_file")


def fields_by_variable(*groups: type) -> Fields:
    """The fields of settings classes, by variable."""
    return {
        field.name.upper(): field
        for group in groups
        for field in attrs.fields(group)
        if field.name not in _NO_VARIABLES
    }


def secret_variables(fields: Fields) -> frozenset[str]:
    """Those that may be given as a file, `X_FILE` for `X`."""
    kinds = {Secret, SecretUrl, SecretUrls}
    return frozenset(name for name in fields if kinds.intersection(get_args(fields[name].type)))


def owners(groups: Iterable[type[SourceSettings]]) -> dict[str, type[SourceSettings]]:
    """Which source each variable belongs to; those that no source owns are left out."""
    return {name: group for group in groups for name in fields_by_variable(group)}
