"""What a run needs that is not set, and what is set and cannot be used."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from glaab.domain.errors import System
from glaab.settings import ADDRESSES, OAUTH, Settings
from glaab.settings.parsers import is_file, is_loopback


def missing_settings(
    settings: Settings, systems: Collection[System], *, acting: bool
) -> tuple[str, ...]:
    """
    What a run needs that is not set: only what the policy's *systems* use.

    An *acting* run needs an audit log besides, and the wiki's credentials if that is one.
    """
    return (
        *_credentials(settings, systems),
        *(_audit_logs(settings) if acting else ()),
        *_left_to_wikimedia(settings, systems, acting=acting),
        *_unencrypted(settings),
    )


def _credentials(settings: Settings, systems: Collection[System]) -> Iterator[str]:
    if not settings.gitlab_access_token:
        yield (
            "GITLAB_ACCESS_TOKEN: needed; create an administrator's token with scope api"
            " (and admin_mode where Admin Mode is on)"
        )
    elif not settings.gitlab_access_token.reveal().isascii():
        yield "GITLAB_ACCESS_TOKEN: it contains a letter that no token has; copy it again"
    if System.PHABRICATOR in systems and not settings.phabricator_token:
        yield "PHABRICATOR_TOKEN: needed by the policy; create a Conduit API token"
    if System.GERRIT in systems and not settings.gerrit_password:
        yield "GERRIT_PASSWORD: needed by the policy; generate an HTTP password in Gerrit"
    if bool(settings.ldap_bind_dn) != bool(settings.ldap_bind_password):
        yield "LDAP_BIND_DN, LDAP_BIND_PASSWORD: set both, or neither for an anonymous bind"


def _audit_logs(settings: Settings) -> Iterator[str]:
    if not settings.mediawiki_log_page:
        if not settings.glaab_audit_file:
            yield (
                "MEDIAWIKI_LOG_PAGE, GLAAB_AUDIT_FILE: approvals must be logged somewhere;"
                " set at least one"
            )
    elif settings.mediawiki_user or settings.mediawiki_password:
        if any(settings.oauth):
            yield "MEDIAWIKI_USER: set the OAuth consumer or the bot password, not both"
        if not (settings.mediawiki_user and settings.mediawiki_password):
            yield "MEDIAWIKI_USER, MEDIAWIKI_PASSWORD: a bot password needs both"
    elif not all(settings.oauth):
        missing = [name for name, part in zip(OAUTH, settings.oauth, strict=True) if not part]
        yield (
            f"{', '.join(missing)}: needed for the wiki log; set them, or MEDIAWIKI_USER"
            " and MEDIAWIKI_PASSWORD, or an empty MEDIAWIKI_LOG_PAGE to go without a wiki log"
        )


def _left_to_wikimedia(
    settings: Settings, systems: Collection[System], *, acting: bool
) -> Iterator[str]:
    """The addresses that would still be Wikimedia's beside one that is not."""
    needed = {"GITLAB_URL", "LDAP_SERVERS", "LDAP_BASE_DN"}
    if System.PHABRICATOR in systems:
        needed.add("PHABRICATOR_URL")
    if System.GERRIT in systems:
        needed.add("GERRIT_URL")
    if acting and settings.mediawiki_log_page:
        needed.add("MEDIAWIKI_URL")
    moved = sorted(name for name in ADDRESSES if _is_moved(settings, name))
    if moved:
        for name in sorted(needed - settings.given):
            yield (
                f"{name}: needed because {moved[0]} is set: its default is Wikimedia's, and"
                " nothing of yours should be sent there"
            )


def _is_moved(settings: Settings, name: str) -> bool:
    """Whether an address is another than the default; a loopback tunnel for LDAP is none."""
    value, default = (getattr(each, name.lower()) for each in (settings, Settings()))
    if name == "LDAP_SERVERS":
        return not all(each in default or is_loopback(each.host) for each in value)
    return bool(value.rstrip("/") != default.rstrip("/"))


def _unencrypted(settings: Settings) -> Iterator[str]:
    if settings.ldap_ca_file and not is_file(settings.ldap_ca_file):
        yield f"LDAP_CA_FILE: there is no file {settings.ldap_ca_file} that glaab can see"
    for server in settings.ldap_servers:
        if not (server.tls or settings.ldap_starttls or is_loopback(server.host)):
            yield (
                f"LDAP_SERVERS: ldap://{server.host} is not encrypted; use ldaps://, or set"
                " LDAP_STARTTLS=true"
            )


def unwritable(path: Path) -> str | None:
    """
    Why nothing can be appended to the file at *path*; None if it can. Makes the file.

    An audit file that cannot be written must be found before anybody is approved.
    """
    try:
        if path.exists() and not path.is_file():
            return f"GLAAB_AUDIT_FILE: {path} is no file that can be read again"
        os.close(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644))
    except OSError as error:
        return f"GLAAB_AUDIT_FILE: {path} cannot be written: {error.strerror}"
    return None
