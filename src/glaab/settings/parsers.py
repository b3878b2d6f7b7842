"""How the value of a setting is written."""

from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import cattrs

from glaab.settings.values import Ascii, Count, LogFormat, Seconds, Secret, SecretUrl, Url


def parse(text: str, field: "attrs.Attribute[Any]") -> Any:  # noqa: ANN401
    """
    The value that *text* stands for in the field of a settings class.

    Raises:
        ValueError: it stands for none; says why.
    """
    text = _one_line(text)
    if own := field.metadata.get("parse"):
        return own(text)
    kind: Any = field.type
    return _converter.structure(text, kind)


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
    bool: _boolean,
    LogFormat: _log_format,
    Secret: lambda text, _: Secret(text),
    Path: _path,
}.items():
    _converter.register_structure_hook(_kind, _hook)
