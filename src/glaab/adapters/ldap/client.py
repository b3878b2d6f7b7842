"""The directory, asked over LDAP."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial

from glaab.adapters.ldap.entries import Entry, NoSuchObject, SizeLimitExceeded
from glaab.adapters.ldap.failover import LdapServers
from glaab.adapters.ldap.filters import (
    LOCK_ATTRIBUTES,
    NOT_LOCKED,
    Term,
    any_of,
    can_be_asked,
    folded,
    group_dn,
)
from glaab.adapters.ldap.session import LdapSession
from glaab.domain.evidence import Answer, No, Unknown, Yes
from glaab.domain.names import DN, Cn, Dn, NameKind, Uid
from glaab.domain.sources.directory import Directory, Person


class LdapDirectory(Directory):
    """People below `ou=people`, groups below `ou=groups`; one server answers a whole run."""

    def __init__(self, sessions: Iterable[LdapSession], *, base_dn: str) -> None:
        self._people_dn = f"ou=people,{base_dn}"
        self._groups_dn = f"ou=groups,{base_dn}"
        self._servers = LdapServers(sessions)

    def people(self, names: Collection[str], kind: NameKind) -> Mapping[str, tuple[Person, ...]]:
        """See the port; nothing is sent about names that no entry can bear."""
        terms = {name: _term(name, kind) for name in names}
        asked = {name: term for name, term in terms.items() if term and can_be_asked(term.value)}
        found = self._servers.ask(asked, partial(self._entries_by_name, kind=kind))
        return {name: _people(entries) for name, entries in found.items() if entries}

    def members(self, groups: Collection[str]) -> Mapping[str, frozenset[Dn] | Unknown]:
        """See the port; each group is read whole, at exactly its DN."""
        if not groups:
            return {}
        return self._servers.answer(
            lambda session: {group: self._members(session, group) for group in groups}
        )

    def locked(self, people: Collection[Dn]) -> Mapping[Dn, Answer]:
        """See the port; each entry is asked for with its locks, and once more without any."""
        terms = {dn: _term_of_dn(dn) for dn in people}
        asked = {dn: term for dn, term in terms.items() if term and can_be_asked(term.value)}
        unread = {dn: _unread(dn) for dn in terms.keys() - asked.keys()}
        return unread | self._servers.ask(asked, self._locks)

    def _entries_by_name(
        self, session: LdapSession, asked: Mapping[str, Term], kind: NameKind
    ) -> dict[str, list[Entry]]:
        entries = session.entries(self._people_dn, any_of(asked.values()), ("cn", "uid"))
        if kind == DN:
            by_dn = {entry.dn: entry for entry in entries}
            return {name: [by_dn[dn]] for name in asked if (dn := Dn(name)) in by_dn}
        if len(asked) == 1:
            return {name: list(entries) for name in asked}
        return _attributed(entries, asked, kind)

    def _locks(self, session: LdapSession, asked: Mapping[Dn, Term]) -> dict[Dn, Answer]:
        terms = asked.values()
        present = {
            entry.dn: attribute
            for entry in session.entries(self._people_dn, any_of(terms), LOCK_ATTRIBUTES)
            for attribute in LOCK_ATTRIBUTES
            if entry.of(attribute)
        }
        proven = {
            entry.dn
            for entry in session.entries(self._people_dn, any_of(terms, *NOT_LOCKED), ("uid",))
        }
        return {dn: _lock(dn, present.get(dn), dn in proven) for dn in asked}

    def _members(self, session: LdapSession, group: str) -> frozenset[Dn] | Unknown:
        if not can_be_asked(group):
            return Unknown(f"no group can have the name {group!r}")
        dn = group_dn(group, self._groups_dn)
        try:
            entries = session.entry(dn, ("member",))
        except (NoSuchObject, SizeLimitExceeded) as error:
            return Unknown(f"group {group} cannot be read: {error.reason}")
        members = frozenset(
            Dn(text)
            for entry in entries
            if entry.dn == Dn(dn)
            for text in entry.of("member")
            if _is_dn(text)
        )
        return members or Unknown(f"group {group} shows no members")


def _term(name: str, kind: NameKind) -> Term | None:
    return _term_of_dn(Dn(name)) if kind == DN else Term(kind, name)


def _term_of_dn(dn: Dn) -> Term | None:
    """What the entry at *dn* can be searched for by; its DN is compared afterwards."""
    attribute, value = dn.name
    return Term(attribute, value) if attribute in ("cn", "uid") else None


def _attributed(
    entries: Collection[Entry], names: Collection[str], kind: NameKind
) -> dict[str, list[Entry]]:
    """
    Which name found which entry, by the server's matching as we know it.

    Raises:
        SizeLimitExceeded: an entry was found by none of *names*, so the server matches otherwise.
    """
    bearers: dict[str, list[str]] = {}
    for name in names:
        bearers.setdefault(folded(name), []).append(name)
    found: dict[str, list[Entry]] = {name: [] for name in names}
    for entry in entries:
        keys = {folded(value) for value in entry.of(kind)}
        by_names = [name for key in keys for name in bearers.get(key, ())]
        if not by_names:
            raise SizeLimitExceeded("it matches names in a way that cannot be told apart")
        for name in by_names:
            found[name].append(entry)
    return found


def _people(entries: Collection[Entry]) -> tuple[Person, ...]:
    people = (
        Person(
            dn=entry.dn, cns=tuple(map(Cn, entry.of("cn"))), uids=tuple(map(Uid, entry.of("uid")))
        )
        for entry in entries
    )
    return tuple(sorted(people, key=lambda person: person.dn.text))


def _lock(dn: Dn, attribute: str | None, proven: bool) -> Answer:  # noqa: FBT001
    if attribute:
        return Yes(f"{dn} is locked ({attribute})")
    return No(f"{dn} is not locked") if proven else _unread(dn)


def _unread(dn: Dn) -> Unknown:
    return Unknown(f"the lock attributes of {dn} cannot be read")


def _is_dn(text: str) -> bool:
    """Whether *text* may be somebody's DN; OpenLDAP's empty groups have the member ""."""
    return "=" in text and "\ufffd" not in text
