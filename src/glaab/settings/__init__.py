"""Settings: every variable that glaab knows, what it may be, and its default."""

from enum import StrEnum
from pathlib import Path
from typing import NewType, get_args

import attrs

Url = NewType("Url", str)
Seconds = NewType("Seconds", float)
Count = NewType("Count", int)
Ascii = NewType("Ascii", str)
BaseDn = NewType("BaseDn", str)


@attrs.frozen
class Secret:
    """A value that shows itself to nobody who does not ask for it."""

    _value: str = attrs.field(repr=False)

    def reveal(self) -> str:
        """The value itself."""
        return self._value


@attrs.frozen
class SecretUrl(Secret):
    """An address that somebody who knows it can use."""


@attrs.frozen
class LdapEndpoint:
    """One LDAP server."""

    host: str
    port: int
    tls: bool
    """Whether it speaks TLS from the first byte (ldaps)."""


class LogFormat(StrEnum):
    """How messages look."""

    TEXT = "text"
    JSON = "json"


@attrs.frozen(kw_only=True)
class Settings:
    """Every setting; the variable of a field is its name in capitals."""

    gitlab_url: Url = Url("https://gitlab.wikimedia.org")
    gitlab_access_token: Secret | None = None
    ldap_servers: tuple[LdapEndpoint, ...] = (
        LdapEndpoint("ldap-ro.eqiad.wikimedia.org", 636, tls=True),
        LdapEndpoint("ldap-ro.codfw.wikimedia.org", 636, tls=True),
    )
    ldap_base_dn: BaseDn = BaseDn("dc=wikimedia,dc=org")
    ldap_bind_dn: str | None = None
    ldap_bind_password: Secret | None = None
    ldap_starttls: bool = False
    ldap_ca_file: Path | None = None
    phabricator_url: Url = Url("https://phabricator.wikimedia.org")
    phabricator_user: str = "glaab"
    phabricator_token: Secret | None = None
    gerrit_url: Url = Url("https://gerrit.wikimedia.org/r")
    gerrit_user: str = "glaab"
    gerrit_password: Secret | None = None
    mediawiki_url: Url = Url("https://wikitech.wikimedia.org/w/")
    mediawiki_log_page: str = "Tool:Gitlab-account-approval/Log"
    mediawiki_consumer_token: Secret | None = None
    mediawiki_consumer_secret: Secret | None = None
    mediawiki_access_token: Secret | None = None
    mediawiki_access_secret: Secret | None = None
    mediawiki_user: str | None = None
    mediawiki_password: Secret | None = None
    glaab_audit_file: Path | None = None
    glaab_policy: Path | None = None
    glaab_world: Path | None = None
    glaab_max_approvals: Count = Count(25)
    glaab_timeout_s: Seconds = Seconds(30)
    glaab_deadline_s: Seconds = Seconds(150)
    glaab_log_format: LogFormat | None = None
    glaab_metrics_file: Path | None = None
    glaab_heartbeat_url: SecretUrl | None = None
    glaab_contact: Ascii = Ascii("https://wikitech.wikimedia.org/wiki/Tool:Gitlab-account-approval")

    given: frozenset[str] = frozenset()
    """The variables that were set, rightly or not."""
    exposed_env_file: Path | None = None
    """The env file, if it sets anything and others than its owner may read it."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that nobody must be shown."""
        values = (getattr(self, field.name) for field in FIELDS.values())
        return tuple(value.reveal() for value in values if isinstance(value, Secret))

    @property
    def oauth(self) -> tuple[Secret | None, ...]:
        """The four parts of the owner-only OAuth consumer."""
        return tuple(getattr(self, name.lower()) for name in OAUTH)


OAUTH = (
    "MEDIAWIKI_CONSUMER_TOKEN",
    "MEDIAWIKI_CONSUMER_SECRET",
    "MEDIAWIKI_ACCESS_TOKEN",
    "MEDIAWIKI_ACCESS_SECRET",
)
ADDRESSES = (
    "GITLAB_URL",
    "LDAP_SERVERS",
    "LDAP_BASE_DN",
    "PHABRICATOR_URL",
    "GERRIT_URL",
    "MEDIAWIKI_URL",
)
FIELDS = {
    each.name.upper(): each
    for each in attrs.fields(Settings)
    if each.name not in ("given", "exposed_env_file")
}
VARIABLES = tuple(FIELDS)
SECRETS = frozenset(
    name for name, field in FIELDS.items() if {Secret, SecretUrl}.intersection(get_args(field.type))
)
"""Those that may be given as a file, `X_FILE` for `X`."""
