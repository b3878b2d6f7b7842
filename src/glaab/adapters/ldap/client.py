"""The directory, asked over LDAP."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from glaab.adapters.ldap.entries import Entry, SizeLimitExceeded
from glaab.adapters.ldap.failover import LdapServers
from glaab.adapters.ldap.filters import Term, any_of, can_be_asked, folded, present
from glaab.adapters.ldap.groups import Groups
from glaab.adapters.ldap.layout import LdapLayout
from glaab.adapters.ldap.locks import Locks
from glaab.adapters.ldap.people_by_dn import terms_by_dn, terms_by_lower_case_dn
from glaab.adapters.ldap.session import LdapSession
from glaab.domain.evidence import Answer, Unknown
from glaab.domain.names import DN, Cn, Dn, NameKind, Uid
from glaab.domain.sources.directory import OBJECT_GUID, Directory, Member, Person


class LdapDirectory(Directory):
    """People and groups where the layout has them; one server answers a whole run."""

    def __init__(
        self,
        sessions: Iterable[LdapSession],
        *,
        base_dn: str,
        layout: LdapLayout,
        clock: Callable[[], datetime],
    ) -> None:
        self._servers = LdapServers(sessions)
        self._layout = layout.below(base_dn)
        self._clock = clock

    def people(
        self, names: Collection[str], kind: NameKind
    ) -> Mapping[str, tuple[Person, ...] | Unknown]:
        """See the port; nothing is sent about names that no entry can bear."""
        terms = self._terms(names, kind)
        entries = self._servers.ask(terms, partial(self._entries_by_name, kind=kind))
        people: dict[str, tuple[Person, ...] | Unknown] = {
            name: self._people(bearers, kind) for name, bearers in entries.items() if bearers
        }
        missing = (set(names) if kind == DN else terms.keys()) - people.keys()
        if missing:
            attribute = self._layout.attribute(kind)
            why = partial(self._why_hidden, attribute=attribute, nobody_found=not people)
            if reason := self._servers.answer(why):
                people |= dict.fromkeys(missing, Unknown(reason))
        return people

    def memberships(
        self, pairs: Collection[tuple[str, Member]]
    ) -> Mapping[tuple[str, Member], bool | Unknown]:
        """See the port; what a group lists is read whole, at exactly its DN."""
        by_group: dict[str, list[Member]] = {}
        for group, person in pairs:
            by_group.setdefault(group, []).append(person)
        if not by_group:
            return {}

        def memberships(session: LdapSession) -> Mapping[tuple[str, Member], bool | Unknown]:
            groups = self._groups(session)
            return {
                (group, person): is_member
                for group, people in by_group.items()
                for person, is_member in groups.memberships(group, people).items()
            }

        return self._servers.answer(memberships)

    def size(self, group: str) -> int | Unknown:
        return self._servers.answer(lambda session: self._groups(session).size(group))

    def locked(self, people: Collection[Dn]) -> Mapping[Dn, Answer]:
        def look_up(session: LdapSession, terms: Mapping[Dn, Term]) -> Mapping[Dn, Answer]:
            locks = Locks(session=session, layout=self._layout, now=self._clock())
            return locks.look_up(terms)

        locks = self._servers.ask(terms_by_dn(people, self._layout), look_up)
        return {
            dn: locks.get(dn) or Unknown("the lock attributes of the entry cannot be read")
            for dn in people
        }

    def _groups(self, session: LdapSession) -> Groups:
        return Groups(session=session, layout=self._layout)

    def _terms(self, names: Collection[str], kind: NameKind) -> dict[str, Term]:
        """What to search for, without what no entry can bear."""
        if kind == DN:
            terms = terms_by_lower_case_dn([Dn(name) for name in names], self._layout)
            return {name: terms[dn] for name in names if (dn := Dn(name)) in terms}
        attribute = self._layout.attribute(kind)
        if kind == OBJECT_GUID:
            return {name: Term(attribute, UUID(name).bytes_le) for name in names}
        return {name: Term(attribute, name) for name in names if can_be_asked(name)}

    def _entries_by_name(
        self, session: LdapSession, terms: Mapping[str, Term], kind: NameKind
    ) -> dict[str, list[Entry]]:
        attributes = dict.fromkeys(("cn", self._layout.uid, self._layout.attribute(kind)))
        matching = any_of(terms.values(), self._layout.people_filter)
        entries = session.entries(self._layout.people, matching, tuple(attributes))
        if kind == DN:
            by_dn: dict[Dn, list[Entry]] = {}
            for entry in entries:
                by_dn.setdefault(entry.dn.in_lower_case, []).append(entry)
            return {name: by_dn.get(Dn(name).in_lower_case, []) for name in terms}
        if len(terms) == 1:
            return {name: list(entries) for name in terms}
        return _group_by_name(entries, terms, partial(self._values, kind=kind))

    def _why_hidden(self, session: LdapSession, *, attribute: str, nobody_found: bool) -> str:
        """Why somebody who was not found may be there all the same; empty if nobody is."""
        if session.referred:
            return "the directory refers to other servers, which are not asked"
        somebody = f"(&{self._layout.people_filter}{present(attribute)})"
        if nobody_found and not session.some(self._layout.people, somebody):
            return f"nobody below {self._layout.people} can be seen with a {attribute}"
        return ""

    def _people(self, entries: Collection[Entry], kind: NameKind) -> tuple[Person, ...]:
        people = (
            Person(
                dn=entry.dn,
                cns=tuple(map(Cn, entry.of("cn"))),
                uids=tuple(map(Uid, entry.of(self._layout.uid))),
                keys=self._values(entry, kind) if kind in self._layout.keys else (),
            )
            for entry in entries
        )
        return tuple(sorted(people, key=lambda person: person.dn.text))

    def _values(self, entry: Entry, kind: NameKind) -> tuple[str, ...]:
        """The entry's names of a kind."""
        if kind == OBJECT_GUID:
            return tuple(str(UUID(bytes_le=each)) for each in entry.raw(kind) if len(each) == 16)
        return entry.of(self._layout.attribute(kind))


def _group_by_name(
    entries: Collection[Entry],
    names: Collection[str],
    names_of: Callable[[Entry], tuple[str, ...]],
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
        keys = {folded(value) for value in names_of(entry)}
        matching = [name for key in keys for name in bearers.get(key, ())]
        if not matching:
            raise SizeLimitExceeded("it matches names in a way that cannot be told apart")
        for name in matching:
            by_name[name].append(entry)
    return by_name
