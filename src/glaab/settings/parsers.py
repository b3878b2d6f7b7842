"""How the value of a setting is written."""

import math
import os
from collections.abc import Callable, Mapping
from importlib import resources
from ipaddress import ip_address
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import attrs

from glaab.settings.values import (
    Ascii,
    ListenAddress,
    LogFormat,
    Secret,
    SecretUrl,
    SecretUrls,
    Url,
)

EXAMPLE = "example"
"""What the world that ships with glaab is called."""


def parse(text: str, field: "attrs.Attribute[Any]") -> Any:  # noqa: ANN401
    """What *text* means in a field of settings; raises ValueError, which says why it is wrong."""
    kind = next((each for each in get_args(field.type) if each in _PARSERS), field.type)
    if kind is SecretUrls:  # line breaks separate them, too
        text = " ".join(text.split())
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("it contains a line break or another control character")
    refuse_other_than_utf_8(text)
    parser = field.metadata.get("parse") or _PARSERS[kind]
    return parser(text)


def refuse_other_than_utf_8(text: str) -> None:
    """Raise ValueError if *text* was made of bytes that are not UTF-8 (PEP 383)."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it is not UTF-8 text")


def _ascii(text: str) -> Ascii:
    if not text.isascii():
        raise ValueError("it goes into a header of HTTP, where only ASCII is allowed")
    return Ascii(text)


def _url(text: str) -> Url:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f'"{text}" is no address; it looks like https://host/path')
    if parts.username or parts.password or "?" in text or "#" in text:
        raise ValueError("leave out user, password, query and fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{text} would send credentials unencrypted; use https")
    return Url(text)


def url_without(*ends: str) -> Callable[[str], Url]:
    """Reads an address, and refuses one that ends in a part that is not asked for."""

    def read(text: str) -> Url:
        url = _url(text)
        bare = url.rstrip("/")
        for end in ends:
            if bare.endswith(end):
                raise ValueError(f"leave out {end}; write {bare.removesuffix(end)}")
        return url

    return read


def page_title(text: str) -> str:
    """Reads the title of a wiki's page, which is not its address."""
    if "://" in text or text.startswith("//"):
        raise ValueError("it is an address; write the title of the page, as `Project:Log`")
    return text


def _secret_url(text: str) -> SecretUrl:
    """As other addresses, but a query may follow: some services put a token there."""
    try:
        _url(text.partition("?")[0])
    except ValueError:
        raise ValueError("it is no address with TLS; it looks like https://host/path") from None
    return SecretUrl(text)


def _boolean(text: str) -> bool:
    word = text.lower()
    if word not in ("true", "1", "yes", "false", "0", "no"):
        raise ValueError(f'"{text}" is neither true nor false')
    return word in ("true", "1", "yes")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'"{text}" is not a whole number of 0 or more')
    return int(text)


def _seconds(text: str) -> float:
    seconds = _number(text)
    if not 0 < seconds <= 86_400:
        raise ValueError(f'"{text}" is not a number of seconds above 0, a day at most')
    return seconds


def seconds_between(least: float, most: float) -> Callable[[str], float]:
    """Reads a number of seconds within these bounds."""

    def read(text: str) -> float:
        seconds = _number(text)
        if not least <= seconds <= most:
            raise ValueError(f'"{text}" is not a number of seconds from {least:g} to {most:,g}')
        return seconds

    return read


def _number(text: str) -> float:
    """The number; not a number (NaN), which is neither above nor below any, if it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _listen_address(text: str) -> ListenAddress:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if (
        not host
        or "/" in host
        or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536)
    ):
        raise ValueError(f'"{text}" is no host with a port; it looks like 127.0.0.1:9187')
    return ListenAddress(host, int(port))


def _log_format(text: str) -> LogFormat:
    if text not in list(LogFormat):
        raise ValueError(f'"{text}" is neither text nor json')
    return LogFormat(text)


def file_path(text: str) -> Path:
    """The file with these UTF-8 bytes for a name, also where the locale is not UTF-8."""
    refuse_other_than_utf_8(text)
    try:
        return Path(os.fsdecode(text.encode())).expanduser()
    except RuntimeError as error:
        raise ValueError(f'nobody knows whose folder "{text}" begins with; write it out') from error


def world_path(text: str) -> Path:
    """The file of a world: `example` is the one that ships with glaab, `./example` any other."""
    return example_world() if text == EXAMPLE else file_path(text)


def example_world() -> Path:
    """The world that ships with glaab."""
    return Path(str(resources.files("glaab").joinpath("example.toml")))


def is_file(path: Path) -> bool:
    """True if a file is seen there; to `Path.is_file` a folder that is closed is an error."""
    return os.path.isfile(path)  # noqa: PTH113


def is_loopback(host: str) -> bool:
    """True if *host* is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_PARSERS: Mapping[Any, Callable[[str], object]] = {
    str: str,
    Ascii: _ascii,
    Url: _url,
    Secret: Secret,
    SecretUrl: _secret_url,
    SecretUrls: SecretUrls,
    ListenAddress: _listen_address,
    bool: _boolean,
    int: _count,
    float: _seconds,
    LogFormat: _log_format,
    Path: file_path,
}
