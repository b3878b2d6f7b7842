"""How the value of a setting is written."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cattrs

from glaab.settings import (
    Ascii,
    BaseDn,
    Count,
    LdapEndpoint,
    LogFormat,
    Seconds,
    Secret,
    SecretUrl,
    Url,
)


def parse(text: str, kind: Any) -> Any:  # noqa: ANN401
    """
    The value of a *kind* that *text* stands for.

    Raises:
        ValueError: it stands for none; says why.
    """
    return _converter.structure(_one_line(text), kind)


def _one_line(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("it contains a line break or another control character")
    return text


def _ascii(text: str, _: object) -> Ascii:
    if not text.isascii():
        raise ValueError("it goes into a header of HTTP, where only ASCII is allowed")
    return Ascii(text)


def _url(text: str, _: object) -> Url:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f'"{text}" is no address; it looks like https://host/path')
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("leave out user, password, query and fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{text} would send credentials unencrypted; use https")
    return Url(text)


def _secret_url(text: str, _: object) -> SecretUrl:
    """As other addresses, but a query may follow: some services put a token there."""
    try:
        _url(text.partition("?")[0], None)
    except ValueError:
        raise ValueError("it is no address with TLS; it looks like https://host/path") from None
    return SecretUrl(text)


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


def is_file(path: Path) -> bool:
    """Whether a file is seen there; to `Path.is_file` a folder that is closed is an error."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_converter = cattrs.Converter(detailed_validation=False)
for _kind, _hook in {
    Url: _url,
    SecretUrl: _secret_url,
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
