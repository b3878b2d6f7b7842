"""The LDAP directory: it proves who people are, holds groups, and knows whose entry is locked."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from typing import ClassVar, Protocol

import attrs

from glaab.domain.accounts import Identity
from glaab.domain.errors import System
from glaab.domain.evidence import Answer, No, Profile, Unknown, Yes
from glaab.domain.identity import People, Proof, Proven, Unproven
from glaab.domain.names import CN, DN, UID, Cn, Dn, NameKind, Uid, first_difference, fold, same_name
from glaab.domain.source import AnswerCache, Ask, Lookup, Source, Veto, get

DIRECTORY = System("directory")
LOCKED = Veto(DIRECTORY, "directory_locked", "Directory entry locked")


@attrs.frozen(kw_only=True)
class Person:
    """An entry of the directory, with every name that it has."""

    dn: Dn
    cns: tuple[Cn, ...]
    uids: tuple[Uid, ...]


class Directory(Protocol):
    """
    Who the developers are, and which groups they belong to.

    All may raise SystemUnavailable, and FailoverRestart when earlier answers of this run came
    from a server that failed.
    """

    @abstractmethod
    def people(self, names: Collection[str], kind: NameKind) -> Mapping[str, tuple[Person, ...]]:
        """
        Everyone in the directory who goes by one of *names*, which are all of one kind.

        A name that nobody has has no key; one that several have has several people,
        ordered by DN. Matching is the directory's own (case, runs of spaces and look-alike
        letters do not count); telling look-alikes apart is the caller's business.
        """

    @abstractmethod
    def members(self, groups: Collection[str]) -> Mapping[str, frozenset[Dn] | Unknown]:
        """
        The members of each group, by its name or full DN as asked.

        A group that is missing, unreadable or empty is Unknown, alone. Every group asked
        for has a key.
        """

    @abstractmethod
    def locked(self, people: Collection[Dn]) -> Mapping[Dn, Answer]:
        """
        Yes for each entry that is locked; No only if the directory proved that it is not.

        Every entry asked for has a key.
        """


@attrs.frozen
class InDirectoryGroup:
    """The person's entry is a member of an LDAP group."""

    source: ClassVar = DIRECTORY
    key: ClassVar = "directory_group"
    value: str
    """A name (cn=NAME,ou=groups,BASE) or a full DN."""

    @property
    def title(self) -> str:
        return f"LDAP group {self.value}"


@attrs.frozen
class DirectorySource(Source):
    """Trust by groups, a veto by locks, and the proof of who people are."""

    name = DIRECTORY
    conditions = (InDirectoryGroup,)
    vetoes = (LOCKED,)
    knows_by = DN
    proves_by = (CN, UID, DN)
    gives_names = (DN, CN, UID)
    in_every_digest = True

    directory: Directory

    def people(self, extern_uid: NameKind) -> People:
        return DirectoryPeople(self.directory, extern_uid)

    def start(self, ask: Ask) -> Lookup:
        return DirectoryLookup(self.directory, ask)


# -- who people are


@attrs.frozen
class DirectoryPeople(People):
    """People are proven by exactly one entry that has exactly the name that was vouched for."""

    directory: Directory
    kind: NameKind

    def prove(self, identities: Collection[Identity]) -> Mapping[Identity, Proof]:
        names = {identity.extern_uid for identity in identities}
        people = self.directory.people(names, self.kind) if names else {}
        return {
            identity: prove(identity, self.kind, people.get(identity.extern_uid, ()))
            for identity in identities
        }


def prove(identity: Identity, kind: NameKind, people: Collection[Person]) -> Proven | Unproven:
    """Who is meant, if exactly one of *people*, whom the directory found, has the name."""
    wanted = f'{kind} "{identity.extern_uid}"'
    match tuple(people):
        case ():
            return Unproven(
                f"the directory has no entry with {wanted}",
                "check that your developer account still exists under this name",
            )
        case (Person(dn=dn, cns=(cn,), uids=(uid,)),):
            proven = Proven(identity=identity, names=((DN, dn.text), (CN, cn), (UID, uid)))
            if _has_name(proven, kind):
                return proven
            return Unproven(
                f"the directory's entry {dn} only looks like {wanted}{_difference(proven, kind)}",
                "ask an administrator to look at this account: two names look alike",
            )
        case (Person(dn=dn) as person,):
            return Unproven(
                f"the directory's entry {dn} has {len(person.cns)} values of cn and"
                f" {len(person.uids)} of uid, where exactly one of each is needed",
                "ask an administrator of the directory to leave one name",
            )
        case several:
            return Unproven(
                f"{len(several)} entries of the directory have {wanted}",
                "ask an administrator of the directory to make the name unique",
            )


def _has_name(person: Proven, kind: NameKind) -> bool:
    wanted, name = person.identity.extern_uid, person.name(kind)
    return Dn(wanted) == Dn(name) if kind == DN else same_name(wanted, name)


def _difference(person: Proven, kind: NameKind) -> str:
    """What nobody could see otherwise; a DN has too many spellings to tell."""
    if kind == DN:
        return ""
    wanted, name = person.identity.extern_uid, person.name(kind)
    if fold("".join(wanted.split(" "))) == fold("".join(name.split(" "))):
        return ": their spaces differ"
    match first_difference(wanted, name):
        case (ours, theirs):
            return f", which has {ours} where the directory has {theirs}"
    return ""


# -- what speaks for them and against them


class DirectoryLookup(Lookup):
    """One run's questions to the directory."""

    def __init__(self, directory: Directory, ask: Ask) -> None:
        self._directory = directory
        self._ask = ask
        self._groups = AnswerCache(ask, directory.members)
        self._locks = AnswerCache(ask, directory.locked)

    def trust(
        self, people: Collection[Proven], conditions: Collection[InDirectoryGroup]
    ) -> Mapping[tuple[Proven, InDirectoryGroup], Answer]:
        """See `Lookup`; all groups are asked for together."""
        groups = self._groups.for_keys({condition.value for condition in conditions})
        return {
            (person, condition): _member(person, dn, condition, groups[condition.value])
            for person, dn in _by_dn(people).items()
            for condition in conditions
        }

    def vetoes(
        self, people: Collection[Proven], vetoes: Collection[Veto]
    ) -> Mapping[tuple[Proven, Veto], Answer]:
        dns = _by_dn(people) if vetoes else {}
        locks = self._locks.for_keys(set(dns.values()))
        return {(person, veto): locks[dn] for person, dn in dns.items() for veto in vetoes}

    def canary(self, veto: Veto, name: str) -> Answer:  # noqa: ARG002  # there is only one
        """See `Lookup`; *name* is a cn."""
        people = self._ask(lambda: self._directory.people({name}, CN))
        match get(people, name, ()):
            case Unknown() as unknown:
                return unknown
            case (Person(dn=dn),):
                return self._locks.for_keys({dn})[dn]
            case several:
                return Unknown(f"{len(several)} entries of the directory have this cn")

    def members(self, condition: InDirectoryGroup) -> int | Unknown:
        members = self._groups.for_keys({condition.value})[condition.value]
        return members if isinstance(members, Unknown) else len(members)

    def profiles(self, person: Proven) -> tuple[Profile, ...]:
        """See `Lookup`; everybody whom the directory proved has an entry."""
        return (Profile(DIRECTORY, person.name(DN), "LDAP entry", is_account=False),)


def _by_dn(people: Collection[Proven]) -> dict[Proven, Dn]:
    return {person: Dn(person.name(DN)) for person in people}


def _member(
    person: Proven, dn: Dn, group: InDirectoryGroup, members: frozenset[Dn] | Unknown
) -> Answer:
    """Yes if the person's entry is a member, compared as DNs."""
    if isinstance(members, Unknown):
        return members
    uid = person.name(UID)
    if dn in members:
        return Yes(f"{uid} is a member of {group.value}")
    return No(f"{uid} is not a member of {group.value}", f"become a member of {group.title}")
