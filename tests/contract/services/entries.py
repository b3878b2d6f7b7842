"""Entries of a directory, as LDIF or written over LDAP by whoever administers it."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs
import ldap3

from glaab.adapters.ldap.tls import VerifyingTls

Value = str | bytes
Attributes = tuple[str, list[tuple[str, Value]]]
"""A DN, and the attributes of its entry."""
Found = dict[str, dict[str, list[Value]]]
"""Entries by DN: the values of each attribute that shows."""


def entry(dn: str, *classes: str, **values: Value | Iterable[Value]) -> Attributes:
    """An entry of these object classes; an attribute has one value or several, or none."""
    pairs: list[tuple[str, Value]] = [("objectClass", name) for name in classes]
    for name, value in values.items():
        pairs += [(name, each) for each in ([value] if isinstance(value, Value) else value)]
    return dn, pairs


def ldif(entries: Iterable[Attributes]) -> str:
    """Entries as LDIF, values in Base64."""
    return "\n".join(map(_ldif, entries))


def _ldif(one: Attributes) -> str:
    dn, values = one
    lines = [("dn", dn), *values]
    return "".join(
        f"{name}:: {b64encode(_octets(value)).decode()}\n" if value else f"{name}:\n"
        for name, value in lines
    )


def _octets(value: Value) -> bytes:
    return value.encode() if isinstance(value, str) else value


@attrs.frozen(kw_only=True)
class Login:
    """An LDAP server, and somebody who is known there; no user is anonymous."""

    url: str
    user: str | None = None
    password: str | None = None
    ca_file: Path | None = None

    @contextmanager
    def connection(self) -> Iterator[ldap3.Connection]:
        """A bound connection of ldap3's, until the block ends; refusals are raised."""
        tls = VerifyingTls(self.ca_file)
        connection = ldap3.Connection(
            ldap3.Server(self.url, tls=tls, get_info=ldap3.NONE),
            self.user,
            self.password and self.password.encode(),  # text would be normalised
            auto_referrals=False,
            check_names=False,
            raise_exceptions=True,
        )
        try:
            connection.bind()
            yield connection
        finally:
            connection.strategy.close()  # which ldap3 does not do by itself after a refusal

    def add(self, entries: Iterable[Attributes]) -> None:
        """Add entries, parents before children."""
        with self.connection() as connection:
            for each in entries:
                _add(connection, each)

    def change(self, dn: str, values: Mapping[str, Iterable[Value]]) -> None:
        """Replace all values of these attributes; none at all takes the attribute away."""
        changes = {name: [(ldap3.MODIFY_REPLACE, list(new))] for name, new in values.items()}
        with self.connection() as connection:
            connection.modify(dn, changes)

    def delete(self, dn: str) -> None:
        with self.connection() as connection:
            connection.delete(dn)

    def search(self, base: str, query: str, *attributes: str, scope: str = ldap3.SUBTREE) -> Found:
        """The entries below *base* that match, by DN, with the attributes that show."""
        with self.connection() as connection:
            connection.search(base, query, scope, attributes=list(attributes))
            return {
                found["dn"]: {
                    name: values for name, values in found["attributes"].items() if values
                }
                for found in connection.response
                if found["type"] == "searchResEntry"
            }


@attrs.define
class EntryStore:
    """The people and groups of a running directory, which are none at first."""

    _connection: ldap3.Connection
    _people: dict[str, Attributes] = attrs.field(factory=dict, init=False)
    _groups: list[str] = attrs.field(factory=list, init=False)

    def replace(self, people: Iterable[Attributes], groups: Iterable[Attributes]) -> None:
        """
        Have these and no others.

        Of people only what differs is deleted and added; groups are all made anew, as Active
        Directory takes out of them whoever is deleted.
        """
        wanted = {each[0]: each for each in people}
        differing = [dn for dn, each in self._people.items() if wanted.get(dn) != each]
        while self._groups:
            self._delete(self._groups.pop())
        for dn in differing:
            self._delete(dn)
            del self._people[dn]
        for dn in [dn for dn in wanted if dn not in self._people]:
            _add(self._connection, wanted[dn])
            self._people[dn] = wanted[dn]
        for each in groups:
            _add(self._connection, each)
            self._groups.append(each[0])

    def _delete(self, dn: str) -> None:
        """Samba 4.17.12 keeps what is deleted, and two of it are one that are equal up to a NUL."""
        if "\\00" in dn:
            name, (_, parent) = "cn=to be deleted", dn.split(",", 1)
            self._connection.modify_dn(dn, name)
            dn = f"{name},{parent}"
        self._connection.delete(dn)


def _add(connection: ldap3.Connection, one: Attributes) -> None:
    dn, pairs = one
    values: dict[str, list[Value]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    connection.add(dn, attributes=values)
