"""What an LDAP server answers: entries, or why there are none."""

from collections.abc import Iterable, Mapping

import attrs

from glaab.adapters.ldap.settings import LdapServer
from glaab.domain.errors import GlaabError
from glaab.domain.names import Dn


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
    values: Mapping[str, tuple[str, ...]]
    """By lower-case attribute, without options (`cn;lang-de` is a `cn`)."""
    is_cut_off: bool
    """True if there are more values: Active Directory gives 1,500, as `member;range=0-1499`."""

    @classmethod
    def read(cls, dn: bytes, attributes: Mapping[str, Iterable[bytes] | None]) -> "Entry":
        """
        The entry that was sent; letters that are not UTF-8 are marked as such (U+FFFD).

        Raises:
            UnicodeDecodeError: the DN is not UTF-8.
        """
        values: dict[str, tuple[str, ...]] = {}
        for description, raw in attributes.items():
            attribute = description.lower().partition(";")[0]
            read = tuple(value.decode("utf-8", "replace") for value in raw or ())
            values[attribute] = values.get(attribute, ()) + read
        return cls(Dn(dn.decode()), values, any(";range=" in each.lower() for each in attributes))

    def of(self, attribute: str) -> tuple[str, ...]:
        """The attribute's values; none if it is missing."""
        return self.values.get(attribute.lower(), ())
