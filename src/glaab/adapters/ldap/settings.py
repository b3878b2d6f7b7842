"""The variables of the LDAP directory, and the servers that they name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import attrs

from glaab.domain.sources.directory import DIRECTORY
from glaab.settings.parsers import is_file, is_loopback
from glaab.settings.values import Secret, SourceSettings, is_other_url, setting

_RDN = r"\s*[a-z0-9][a-z0-9.-]*\s*=([^,\\]|\\.)+"


@attrs.frozen
class LdapServer:
    """Where an LDAP server listens."""

    host: str
    port: int
    tls: bool
    """From the first byte (`ldaps`)."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.tls else 'ldap'}://{host}:{self.port}"


def _servers(text: str) -> tuple[LdapServer, ...]:
    servers = tuple(_server(each) for each in text.replace(",", " ").split())
    if not servers:
        raise ValueError("name at least one server")
    return servers


def _server(text: str) -> LdapServer:
    parts = urlsplit(text if "://" in text else f"//{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in ("", "ldap", "ldaps") or not host or parts.path.strip("/"):
        raise ValueError(f'"{text}" is no LDAP server; it looks like ldaps://host:636')
    tls = parts.scheme == "ldaps" or (not parts.scheme and not is_loopback(host))
    return LdapServer(host, port or (636 if tls else 389), tls=tls)


def _base_dn(text: str) -> str:
    if not re.fullmatch(f"{_RDN}(,{_RDN})*", text, re.IGNORECASE):
        raise ValueError(f'"{text}" is no distinguished name; it looks like dc=example,dc=org')
    return text


def _are_other_servers(value: tuple[LdapServer, ...], default: tuple[LdapServer, ...]) -> bool:
    """A tunnel on the loopback leads to the default servers."""
    return not all(each in default or is_loopback(each.host) for each in value)


@attrs.frozen(kw_only=True)
class LdapSettings(SourceSettings):
    """See `SourceSettings`."""

    system: ClassVar = DIRECTORY

    ldap_servers: tuple[LdapServer, ...] = setting(
        (
            LdapServer("ldap-ro.eqiad.wikimedia.org", 636, tls=True),
            LdapServer("ldap-ro.codfw.wikimedia.org", 636, tls=True),
        ),
        is_moved=_are_other_servers,
        parse=_servers,
    )
    ldap_base_dn: str = setting("dc=wikimedia,dc=org", is_moved=is_other_url, parse=_base_dn)
    ldap_bind_dn: str | None = setting()
    ldap_bind_password: Secret | None = setting()
    ldap_starttls: bool = setting(default=False)
    ldap_ca_file: Path | None = setting()

    def problems(self) -> Iterator[str]:
        if bool(self.ldap_bind_dn) != bool(self.ldap_bind_password):
            yield "LDAP_BIND_DN, LDAP_BIND_PASSWORD: set both, or neither for an anonymous bind"
        if self.ldap_ca_file and not is_file(self.ldap_ca_file):
            yield f"LDAP_CA_FILE: there is no file {self.ldap_ca_file} that glaab can see"
        for server in self.ldap_servers:
            if not (server.tls or self.ldap_starttls or is_loopback(server.host)):
                yield (
                    f"LDAP_SERVERS: ldap://{server.host} is not encrypted; use ldaps://, or set"
                    " LDAP_STARTTLS=true"
                )
