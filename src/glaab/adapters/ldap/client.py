"""The directory, asked over LDAP."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import TypeVar

from glaab.adapters.ldap.entries import Entry, NoSuchObject, SizeLimitExceeded
from glaab.adapters.ldap.failover import LdapServers
from glaab.adapters.ldap.filters import Term, any_of, can_be_asked, folded, group_dn
from glaab.adapters.ldap.locks import look_up_locks
from glaab.adapters.ldap.session import LdapSession
from glaab.domain.evidence import Answer, Unknown
from glaab.domain.names import DN, Cn, Dn, NameKind, Uid
from glaab.domain.sources.directory import Directory, Person

K = TypeVar("K")


class LdapDirectory(Directory):
    """People below `ou=people`, groups below `ou=groups`; one server answers a whole run."""

    def __init__(self, sessions: Iterable[LdapSession], *, base_dn: str) -> None:
        self._people_dn = f"ou=people,{base_dn}"
        self._groups_dn = f"ou=groups,{base_dn}"
        self._servers = LdapServers(sessions)

    def people(self, names: Collection[str], kind: NameKind) -> Mapping[str, tuple[Person, ...]]:
        """See the port; nothing is sent about names that no entry can bear."""
        values = {name: Dn(name).name if kind == DN else (kind, name) for name in names}
        entries = self._servers.ask(_terms(values), partial(self._entries_by_name, kind=kind))
        return {name: _people(bearers) for name, bearers in entries.items() if bearers}

    def members(self, groups: Collection[str]) -> Mapping[str, frozenset[Dn] | Unknown]:
        """See the port; each group is read whole, at exactly its DN."""
        if not groups:
            return {}
        return self._servers.answer(
            lambda session: {group: self._members(session, group) for group in groups}
        )

    def locked(self, people: Collection[Dn]) -> Mapping[Dn, Answer]:
        terms = _terms({dn: dn.name for dn in people})
        locks = self._servers.ask(terms, partial(look_up_locks, below=self._people_dn))
        return {
            dn: locks.get(dn) or Unknown(f"the lock attributes of {dn} cannot be read")
            for dn in people
        }

    def _entries_by_name(
        self, session: LdapSession, terms: Mapping[str, Term], kind: NameKind
    ) -> dict[str, list[Entry]]:
        entries = session.entries(self._people_dn, any_of(terms.values()), ("cn", "uid"))
        if kind == DN:
            by_dn = {entry.dn: entry for entry in entries}
            return {name: [by_dn[dn]] for name in terms if (dn := Dn(name)) in by_dn}
        if len(terms) == 1:
            return {name: list(entries) for name in terms}
        return _group_by_name(entries, terms, kind)

    def _members(self, session: LdapSession, group: str) -> frozenset[Dn] | Unknown:
        if not can_be_asked(group):
            return Unknown(f"no group can have the name {group!r}")
        dn = group_dn(group, self._groups_dn)
        try:
            entries = session.entry(dn, ("member",))
        except (NoSuchObject, SizeLimitExceeded) as error:
            return Unknown(f"group {group} cannot be read: {error.reason}")
        if any(entry.is_cut_off for entry in entries):
            return Unknown(f"group {group} has more members than the directory gives at once")
        members = frozenset(
            Dn(text)
            for entry in entries
            if entry.dn == Dn(dn)
            for text in entry.of("member")
            if _is_dn(text)
        )
        return members or Unknown(f"group {group} shows no members")


def _terms(values: Mapping[K, tuple[str, str]]) -> dict[K, Term]:
    """What to search for, without what no entry can bear; whole DNs are compared afterwards."""
    return {
        name: Term(attribute, value)
        for name, (attribute, value) in values.items()
        if attribute in ("cn", "uid") and can_be_asked(value)
    }


def _group_by_name(
    entries: Collection[Entry], names: Collection[str], kind: NameKind
) -> dict[str, list[Entry]]:
    """
    The entries that each name found, by the server's matching as we know it.

    Raises:
        SizeLimitExceeded: an entry was found by none of *names*, so the server matches otherwise.
    """
    bearers: dict[str, list[str]] = {}
    for name in names:
        bearers.setdefault(folded(name), []).append(name)
    by_name: dict[str, list[Entry]] = {name: [] for name in names}
    for entry in entries:
        keys = {folded(value) for value in entry.of(kind)}
        matching = [name for key in keys for name in bearers.get(key, ())]
        if not matching:
            raise SizeLimitExceeded("it matches names in a way that cannot be told apart")
        for name in matching:
            by_name[name].append(entry)
    return by_name


def _people(entries: Collection[Entry]) -> tuple[Person, ...]:
    people = (
        Person(
            dn=entry.dn, cns=tuple(map(Cn, entry.of("cn"))), uids=tuple(map(Uid, entry.of("uid")))
        )
        for entry in entries
    )
    return tuple(sorted(people, key=lambda person: person.dn.text))


def _is_dn(text: str) -> bool:
    """True if *text* may be somebody's DN; OpenLDAP's empty groups have the member ""."""
    return "=" in text and "\ufffd" not in text
