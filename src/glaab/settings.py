"""Settings: environment variables over a `.env` file, read once, every problem reported at once."""

import difflib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import NewType, get_args
from urllib.parse import urlsplit

import attrs
import cattrs
from dotenv.parser import parse_stream

from glaab.domain.errors import System

Url = NewType("Url", str)
HeartbeatUrl = NewType("HeartbeatUrl", str)
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
    glaab_heartbeat_url: HeartbeatUrl | None = attrs.field(default=None, repr=False)
    glaab_contact: Ascii = Ascii("https://wikitech.wikimedia.org/wiki/Tool:Gitlab-account-approval")

    given: frozenset[str] = frozenset()
    """The variables that were set, rightly or not."""
    exposed_env_file: Path | None = None
    """The env file, if it sets anything and others than its owner may read it."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that nobody must be shown."""
        values = (getattr(self, field.name) for field in _FIELDS.values())
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
_MAY_BE_EMPTY = frozenset({"MEDIAWIKI_LOG_PAGE"})
_FIELDS = {
    each.name.upper(): each
    for each in attrs.fields(Settings)
    if each.name not in ("given", "exposed_env_file")
}
VARIABLES = tuple(_FIELDS)
_ENV_FILE = Path(".env")


def read_settings(
    environ: Mapping[str, str], env_file: Path | None
) -> tuple[Settings, tuple[str, ...]]:
    """
    The settings in *environ* over those in *env_file*, and what is wrong with them.

    A setting that is wrong has its default in the result, so that the rest can be checked.
    """
    problems: list[str] = []
    from_file = _env_file_values(env_file, problems)
    given = {**_not_in(environ, from_file), **environ}
    problems += _unknown(given)
    values: dict[str, object] = {}
    known: set[str] = set()
    for name, field in _FIELDS.items():
        try:
            text = _text(given, name, is_secret=Secret in get_args(field.type))
            if text is not None:
                known.add(name)
                values[field.name] = _converter.structure(_one_line(text), field.type or str)
        except (ValueError, OSError) as error:
            problems.append(f"{name}: {error}")
    exposed = _exposed(env_file or _ENV_FILE) if from_file else None
    settings = Settings(**values, given=frozenset(known), exposed_env_file=exposed)  # type: ignore[arg-type]  # structured
    return settings, tuple(problems)


def _env_file_values(path: Path | None, problems: list[str]) -> dict[str, str]:
    """The variables of a `.env` file; without *path*, of the one in the current folder."""
    chosen = path or _ENV_FILE
    if path is None and not _is_file(chosen):
        return {}
    try:
        with chosen.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"env file {chosen} cannot be read: {error}")
        return {}
    problems += [
        f"env file {chosen}, line {each.original.line}: it is not understood; write NAME=value"
        for each in bindings
        if each.error
    ]
    return {each.key: each.value for each in bindings if each.key and each.value is not None}


def _not_in(environ: Mapping[str, str], from_file: Mapping[str, str]) -> dict[str, str]:
    """What the env file says, without secrets that the environment has, itself or as `_FILE`."""
    left = dict(from_file)
    for name, field in _FIELDS.items():
        both = (name, f"{name}_FILE")
        if Secret in get_args(field.type) and any(environ.get(each) for each in both):
            for each in both:
                left.pop(each, None)
    return left


def _is_file(path: Path) -> bool:
    """Whether a file is seen there; to `Path.is_file` a folder that is closed is an error."""
    try:
        return path.is_file()
    except OSError:
        return False


def _exposed(path: Path) -> Path | None:
    """*path*, if its group or everybody may read the file there."""
    return path if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH) else None


def _unknown(given: Collection[str]) -> Iterator[str]:
    for name in sorted(given):
        if name.startswith("GLAAB_") and name not in _FIELDS:
            nearest = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=0)
            yield f"{name}: there is no such setting; did you mean {nearest[0]}?"


def _text(given: Mapping[str, str], name: str, *, is_secret: bool) -> str | None:
    """What *name* was set to; empty is unset, but where empty means something."""
    text = given.get(name)
    path = given.get(f"{name}_FILE") if is_secret else None
    if text and path:
        raise ValueError(f"set it or {name}_FILE, not both")
    if path:
        return Path(path).read_text(encoding="utf-8").strip() or None
    return text if text or name in _MAY_BE_EMPTY else None


def _ascii(text: str, _: object) -> Ascii:
    if not text.isascii():
        raise ValueError("it goes into a header of HTTP, where only ASCII is allowed")
    return Ascii(text)


def _one_line(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("it contains a line break or another control character")
    return text


# -- from text to values


def _url(text: str, _: object) -> Url:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f'"{text}" is no address; it looks like https://host/path')
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("leave out user, password, query and fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{text} would send credentials unencrypted; use https")
    return Url(text)


def _heartbeat_url(text: str, _: object) -> HeartbeatUrl:
    """As other addresses, but a query may follow: some services put a token there."""
    _url(text.partition("?")[0], None)
    return HeartbeatUrl(text)


def _boolean(text: str, _: object) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in words:
        raise ValueError(f'"{text}" is neither true nor false')
    return words[text.lower()]


def _count(text: str, _: object) -> Count:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'"{text}" is not a whole number of 0 or more')
    return Count(int(text))


def _seconds(text: str, _: object) -> Seconds:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 86_400:
        raise ValueError(f'"{text}" is not a number of seconds above 0, a day at most')
    return Seconds(seconds)


def _log_format(text: str, _: object) -> LogFormat:
    if text not in list(LogFormat):
        raise ValueError(f'"{text}" is neither text nor json')
    return LogFormat(text)


def _path(text: str, _: object) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f'nobody knows whose folder "{text}" begins with; write it out') from error


def _ldap_servers(text: str, _: object) -> tuple[LdapEndpoint, ...]:
    servers = tuple(_ldap_server(each) for each in text.replace(",", " ").split())
    if not servers:
        raise ValueError("name at least one server")
    return servers


def _ldap_server(text: str) -> LdapEndpoint:
    parts = urlsplit(text if "://" in text else f"//{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in ("", "ldap", "ldaps") or not host or parts.path.strip("/"):
        raise ValueError(f'"{text}" is no LDAP server; it looks like ldaps://host:636')
    tls = parts.scheme == "ldaps" or (not parts.scheme and not is_loopback(host))
    return LdapEndpoint(host, port or (636 if tls else 389), tls=tls)


_RDN = r"\s*[a-z0-9][a-z0-9.-]*\s*=([^,\\]|\\.)+"


def _base_dn(text: str, _: object) -> BaseDn:
    if not re.fullmatch(f"{_RDN}(,{_RDN})*", text, re.IGNORECASE):
        raise ValueError(f'"{text}" is no distinguished name; it looks like dc=example,dc=org')
    return BaseDn(text)


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_converter = cattrs.Converter(detailed_validation=False)
for _kind, _hook in {
    Url: _url,
    HeartbeatUrl: _heartbeat_url,
    Seconds: _seconds,
    Count: _count,
    Ascii: _ascii,
    BaseDn: _base_dn,
    bool: _boolean,
    LogFormat: _log_format,
    Secret: lambda text, _: Secret(text),
    Path: _path,
}.items():
    _converter.register_structure_hook(_kind, _hook)
_converter.register_structure_hook_func(
    lambda kind: kind == tuple[LdapEndpoint, ...], _ldap_servers
)


# -- what is missing


def lacking(settings: Settings, systems: Collection[System], *, acting: bool) -> tuple[str, ...]:
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
            f"{', '.join(missing)}: needed for the wiki log; or set MEDIAWIKI_USER and"
            " MEDIAWIKI_PASSWORD, or an empty MEDIAWIKI_LOG_PAGE to go without a wiki log"
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


ADDRESSES = (
    "GITLAB_URL",
    "LDAP_SERVERS",
    "LDAP_BASE_DN",
    "PHABRICATOR_URL",
    "GERRIT_URL",
    "MEDIAWIKI_URL",
)


def _is_moved(settings: Settings, name: str) -> bool:
    """Whether an address is another than the default; a loopback tunnel for LDAP is none."""
    value, default = (getattr(each, name.lower()) for each in (settings, Settings()))
    if name == "LDAP_SERVERS":
        return not all(each in default or is_loopback(each.host) for each in value)
    return bool(value.rstrip("/") != default.rstrip("/"))


def _unencrypted(settings: Settings) -> Iterator[str]:
    if settings.ldap_ca_file and not _is_file(settings.ldap_ca_file):
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
