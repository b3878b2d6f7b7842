"""The directory in memory, and its tables of the world file."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import partial

import attrs

from glaab.adapters.ldap.filters import folded
from glaab.adapters.toml_file import UNIQUE
from glaab.domain.errors import SettingsInvalid
from glaab.domain.evidence import Answer, No, Unknown, Yes
from glaab.domain.names import CN, DN, UID, Cn, Dn, NameKind, Uid, fold
from glaab.domain.sources.directory import Directory, Member, Person


class InMemoryDirectory(Directory):
    """People and groups; look-alike letters are one to it, as to OpenLDAP."""

    def __init__(
        self,
        people: Iterable[Person],
        groups: Mapping[str, frozenset[Dn]],
        locked: frozenset[Dn] = frozenset(),
        hidden: frozenset[Dn] = frozenset(),
        keys: Mapping[Dn, Mapping[str, str]] | None = None,
    ) -> None:
        """*keys* are further names by kind, as `userPrincipalName`."""
        self._people = sorted(people, key=lambda person: person.dn.text)
        self._keys = keys or {}
        self._groups = {_group_key(group): frozenset(groups[group]) for group in groups}
        self._locked = locked
        self._hidden = hidden

    def people(self, names: Collection[str], kind: NameKind) -> Mapping[str, tuple[Person, ...]]:
        bearers: dict[Dn | str, list[Person]] = {}
        for person in map(partial(self._with_keys, kind=kind), self._people):
            for name in person.names(kind):
                bearers.setdefault(_name_key(name, kind), []).append(person)
        keys = {name: _name_key(name, kind) for name in names}
        return {name: tuple(bearers[key]) for name, key in keys.items() if key in bearers}

    def _with_keys(self, person: Person, kind: NameKind) -> Person:
        if kind in (CN, UID, DN):
            return person
        return attrs.evolve(
            person, keys=tuple(filter(None, [self._keys.get(person.dn, {}).get(kind)]))
        )

    def memberships(
        self, pairs: Collection[tuple[str, Member]]
    ) -> Mapping[tuple[str, Member], bool | Unknown]:
        members = {group: self._members(group) for group, _ in pairs}
        return {
            (group, person): listed
            if isinstance(listed := members[group], Unknown)
            else person.dn in listed
            for group, person in pairs
        }

    def size(self, group: str) -> int | Unknown:
        members = self._members(group)
        return members if isinstance(members, Unknown) else len(members)

    def _members(self, group: str) -> frozenset[Dn] | Unknown:
        missing = Unknown(f"group {group} is missing, empty or unreadable")
        return self._groups.get(_group_key(group)) or missing

    def locked(self, people: Collection[Dn]) -> Mapping[Dn, Answer]:
        known = {person.dn for person in self._people}

        def answer(dn: Dn) -> Answer:
            if dn in self._hidden or dn not in known:
                return Unknown("the lock attributes of the entry cannot be read")
            return Yes(f"{dn} is locked") if dn in self._locked else No(f"{dn} is not locked")

        return {dn: answer(dn) for dn in people}


def _name_key(name: str, kind: NameKind) -> Dn | str:
    """What is equal for two names of this kind that the directory takes for one."""
    return Dn(name).in_lower_case if kind == DN else folded(name)


def _group_key(group: str) -> Dn | str:
    """What is equal for two spellings of one group, by name or by full DN."""
    return Dn(group) if "=" in group else fold(group)


# -- the world file


@attrs.frozen
class _Person:
    uid: str = attrs.field(metadata=UNIQUE)
    cn: str
    more_cn: tuple[str, ...] = ()
    keys: dict[str, str] = attrs.field(factory=dict)
    """Further names, by what `identity.extern_uid` calls them."""
    locked: bool = False
    lock_hidden: bool = False


@attrs.frozen
class _Group:
    name: str = attrs.field(metadata=UNIQUE)
    members: tuple[str, ...]


@attrs.frozen
class LdapWorld:
    """The directory's keys of a world file."""

    base_dn: str = ""
    person: tuple[_Person, ...] = ()
    directory_group: tuple[_Group, ...] = ()

    def dn(self, uid: str) -> Dn:
        """The DN of the person with this uid."""
        escaped = re.sub(r'[,+"\\<>;=]', r"\\\g<0>", uid)
        return Dn(f"uid={escaped},ou=people,{self.base_dn}")


def in_memory(world: LdapWorld) -> InMemoryDirectory:
    """The directory of a world; only one that holds anything needs a base."""
    if not world.base_dn and (world.person or world.directory_group):
        problem = 'base_dn: needed where people or groups are; add one, as "dc=example,dc=org"'
        raise SettingsInvalid((problem,))
    people = (
        Person(
            dn=world.dn(each.uid),
            cns=tuple(map(Cn, (each.cn, *each.more_cn))),
            uids=(Uid(each.uid),),
        )
        for each in world.person
    )
    return InMemoryDirectory(
        people,
        {each.name: frozenset(map(world.dn, each.members)) for each in world.directory_group},
        locked=frozenset(world.dn(each.uid) for each in world.person if each.locked),
        hidden=frozenset(world.dn(each.uid) for each in world.person if each.lock_hidden),
        keys={world.dn(each.uid): each.keys for each in world.person},
    )
