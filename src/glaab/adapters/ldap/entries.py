"""What an LDAP server answers: entries, or why there are none."""

import re
from collections.abc import Iterable, Mapping

import attrs

from glaab.adapters.ldap.settings import LdapServer
from glaab.domain.errors import GlaabError
from glaab.domain.names import Dn

_RANGE = re.compile(r"range=(\d+)-(\d+|\*)")
"""Active Directory gives 1,500 values at once, and calls them `member;range=0-1499`."""


@attrs.frozen
class ServerFailed(GlaabError):
    """This server gave no usable answer; another may."""

    server: LdapServer
    reason: str

    def __str__(self) -> str:
        return f"{self.server}: {self.reason}"


@attrs.frozen
class BindRefused(ServerFailed):
    """It knows neither this name and password, nor lets in whoever has none."""


@attrs.frozen
class NoSuchObject(ServerFailed):
    """The base of the search is missing, elsewhere, or not to be seen."""


@attrs.frozen
class SizeLimitExceeded(GlaabError):
    """The answer is cut off or mixed up; that to fewer names may not be."""

    reason: str


@attrs.frozen
class Entry:
    """An entry, with the values of the attributes that were asked for."""

    dn: Dn
    values: Mapping[str, tuple[bytes, ...]]
    """By lower-case attribute, without options (`cn;lang-de` is a `cn`)."""
    ranges: Mapping[str, tuple[int, int | None]]
    """By attribute of which a part came: where it begins, and the next one; None for the last."""

    @classmethod
    def read(cls, dn: bytes, attributes: Mapping[str, Iterable[bytes] | None]) -> "Entry":
        """
        The entry that was sent.

        Raises:
            UnicodeDecodeError: the DN is not UTF-8.
        """
        values: dict[str, tuple[bytes, ...]] = {}
        ranges: dict[str, tuple[int, int | None]] = {}
        for description, raw in attributes.items():
            attribute, *options = description.lower().split(";")
            values[attribute] = values.get(attribute, ()) + tuple(raw or ())
            for option in options:
                if part := _RANGE.fullmatch(option):
                    following = None if part[2] == "*" else int(part[2]) + 1
                    ranges[attribute] = int(part[1]), following
        return cls(Dn(dn.decode()), values, ranges)

    def of(self, attribute: str) -> tuple[str, ...]:
        """
        The attribute's values; none if it is missing.

        What is not UTF-8 is marked as such (U+FFFD).
        """
        return tuple(value.decode("utf-8", "replace") for value in self.raw(attribute))

    def raw(self, attribute: str) -> tuple[bytes, ...]:
        """The same, as they were sent."""
        return self.values.get(attribute.lower(), ())
