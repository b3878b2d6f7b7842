"""The LDAP directory: it proves who people are, holds groups, and knows whose entry is locked."""

import re
from abc import abstractmethod
from collections.abc import Collection, Hashable, Mapping
from typing import ClassVar, Protocol

import attrs

from glaab.domain.accounts import Identity
from glaab.domain.errors import System
from glaab.domain.evidence import Answer, No, Profile, Unknown, Yes
from glaab.domain.identity import People, Proof, Proven, Unchecked, Unproven
from glaab.domain.names import (
    CN,
    DN,
    UID,
    Cn,
    Dn,
    NameKind,
    Uid,
    first_difference,
    fold,
    is_dn,
    name_key,
    same_name,
)
from glaab.domain.source import AnswerCache, Ask, Lookup, Source, Veto, get

DIRECTORY = System("directory")
LOCKED = Veto(DIRECTORY, "directory_locked", "Directory entry locked")
OBJECT_GUID, KRB_PRINCIPAL_NAME = NameKind("objectGUID"), NameKind("krbPrincipalName")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class Person:
    """An entry of the directory, with every name that it has."""

    dn: Dn
    cns: tuple[Cn, ...]
    uids: tuple[Uid, ...]
    keys: tuple[str, ...] = ()
    """Its names of the kind that it was asked for by, where that is another one."""

    def names(self, kind: NameKind) -> tuple[str, ...]:
        """Its names of this kind."""
        return {DN: (self.dn.text,), CN: self.cns, UID: self.uids}.get(kind, self.keys)


@attrs.frozen(cache_hash=True)
class Member:
    """Somebody, by the names that a group may list."""

    dn: Dn
    uid: Uid


class Directory(Protocol):
    """
    Who the developers are, and which groups they belong to.

    All may raise SystemUnavailable, and FailoverRestart when earlier answers of this run came
    from a server that failed.
    """

    @abstractmethod
    def people(
        self, names: Collection[str], kind: NameKind
    ) -> Mapping[str, tuple[Person, ...] | Unknown]:
        """
        Everyone in the directory who goes by one of *names*, which are all of one kind.

        A name that nobody has has no key, or is Unknown if the directory may hide it; one that
        several have has several people, ordered by DN. Matching is the directory's own (case,
        runs of spaces and look-alike letters do not count); telling look-alikes apart is the
        caller's business.
        """

    @abstractmethod
    def memberships(
        self, pairs: Collection[tuple[str, Member]]
    ) -> Mapping[tuple[str, Member], bool | Unknown]:
        """
        True for each group, by its name or full DN, and person who is a member of it.

        A group that is missing, unreadable or empty is Unknown, alone. Every pair asked for has
        a key.
        """

    @abstractmethod
    def size(self, group: str) -> int | Unknown:
        """How many members a group lists itself, whether people or groups; Unknown for none."""

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
    """A name, as the directory's layout takes it, or a full DN."""

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
    unseen = (
        "see that its name, and directory.groups and directory.member of the policy, are right,"
        " that it has members, and that whoever glaab binds as may see them and, where groups are"
        " nested, memberOf of people"
    )

    directory: Directory

    @classmethod
    def name_key(cls, name: str, kind: NameKind) -> Hashable | None:
        """See `Source`; a DN counts as GitLab has it, in lower case."""
        if kind == DN:
            return Dn(name).in_lower_case if is_dn(name) else None
        if kind == OBJECT_GUID and not _UUID.fullmatch(name):
            return None
        return name if kind == KRB_PRINCIPAL_NAME else name_key(name)

    def start(self, ask: Ask) -> Lookup:
        return DirectoryLookup(self.directory, ask)


# -- who people are


@attrs.frozen
class DirectoryPeople(People):
    """People are proven by exactly one entry that has exactly the name that was vouched for."""

    directory: Directory
    kind: NameKind
    needs_cn: bool = attrs.field(kw_only=True)
    """True if somebody with several values of cn cannot be asked about."""

    def prove(self, identities: Collection[Identity]) -> Mapping[Identity, Proof]:
        names = {each.extern_uid for each in identities if _has_form(each.extern_uid, self.kind)}
        people = self.directory.people(names, self.kind) if names else {}
        return {
            identity: self._proof(identity, people.get(identity.extern_uid, ()))
            for identity in identities
        }

    def _proof(self, identity: Identity, people: tuple[Person, ...] | Unknown) -> Proof:
        """Who is meant, if exactly one of *people*, whom the directory found, has the name."""
        wanted = f'{self.kind} "{identity.extern_uid}"'
        if not _has_form(identity.extern_uid, self.kind):
            return Unproven(
                f'its identity "{identity.extern_uid}" cannot be anybody\'s {self.kind}',
                "ask an administrator of GitLab what its sign-in provider hands on for you",
            )
        match people:
            case Unknown(detail):
                return Unchecked(detail)
            case ():
                return Unproven(
                    f"the directory has no entry with {wanted}",
                    "check that your developer account still exists under this name",
                )
            case (person,):
                return self._of_entry(person, identity, wanted)
            case several:
                return Unproven(
                    f"{len(several)} entries of the directory have {wanted}",
                    "ask an administrator of the directory to make the name unique",
                )

    def _of_entry(self, person: Person, identity: Identity, wanted: str) -> Proven | Unproven:
        cns, uids = len(person.cns), len(person.uids)
        if uids != 1 or (self.needs_cn and cns != 1):
            values = f"{uids} values of uid, where exactly one is needed"
            if self.needs_cn:
                values = (
                    f"{cns} values of cn and {uids} of uid, where exactly one of each is needed"
                )
            return Unproven(
                f"the directory's entry {person.dn} has {values}",
                "ask an administrator of the directory to leave one name",
            )
        names = person.names(self.kind)
        if not any(_same(identity.extern_uid, name, self.kind) for name in names):
            difference = _difference(identity.extern_uid, names, self.kind)
            return Unproven(
                f"the directory's entry {person.dn} only looks like {wanted}{difference}",
                "ask an administrator to look at this account: two names look alike",
            )
        cn = ((CN, person.cns[0]),) if len(person.cns) == 1 else ()
        return Proven(identity=identity, names=((DN, person.dn.text), *cn, (UID, person.uids[0])))


def _has_form(name: str, kind: NameKind) -> bool:
    """True if *name* can be a name of this kind: GitLab falls back to another field in silence."""
    return DirectorySource.name_key(name, kind) is not None


def _same(one: str, other: str, kind: NameKind) -> bool:
    """True if two names of this kind are one."""
    return DirectorySource.name_key(one, kind) == DirectorySource.name_key(other, kind)


def _difference(wanted: str, names: tuple[str, ...], kind: NameKind) -> str:
    """What nobody could see otherwise; a DN has too many spellings to tell, several names too."""
    if kind == DN or len(names) != 1:
        return ""
    if same_name(wanted, names[0]):
        return ": small and capital letters count"
    if fold("".join(wanted.split(" "))) == fold("".join(names[0].split(" "))):
        return ": their spaces differ"
    match first_difference(wanted, names[0]):
        case (ours, theirs):
            return f", which has {ours} where the directory has {theirs}"
    return ""


# -- what speaks for them and against them


class DirectoryLookup(Lookup):
    """One run's questions to the directory."""

    def __init__(self, directory: Directory, ask: Ask) -> None:
        self._directory = directory
        self._ask = ask
        self._memberships = AnswerCache(
            ask,
            directory.memberships,
            lambda pair: Unknown(f"no answer about {pair[1].uid} and group {pair[0]}"),
        )
        self._locks = AnswerCache(ask, directory.locked)

    def people(self, extern_uid: NameKind, needed: Collection[NameKind]) -> People:
        needs_cn = CN in (extern_uid, *needed)
        return DirectoryPeople(self._directory, extern_uid, needs_cn=needs_cn)

    def trust(
        self, people: Collection[Proven], conditions: Collection[InDirectoryGroup]
    ) -> Mapping[tuple[Proven, InDirectoryGroup], Answer]:
        """See `Lookup`; all groups are asked for together."""
        members = {person: Member(_dn(person), Uid(person.name(UID))) for person in people}
        answers = self._memberships.for_keys(
            {(each.value, member) for each in conditions for member in members.values()}
        )
        return {
            (person, each): _membership(member, each, answers[each.value, member])
            for person, member in members.items()
            for each in conditions
        }

    def vetoes(
        self, people: Collection[Proven], vetoes: Collection[Veto]
    ) -> Mapping[tuple[Proven, Veto], Answer]:
        dns = {person: _dn(person) for person in people} if vetoes else {}
        locks = self._locks.for_keys(set(dns.values()))
        return {(person, veto): locks[dn] for person, dn in dns.items() for veto in vetoes}

    def canary(self, veto: Veto, name: str, extern_uid: NameKind) -> Answer:  # noqa: ARG002  # one veto
        """See `Lookup`; *name* is an `extern_uid`."""
        if not _has_form(name, extern_uid):
            return Unknown(f"it cannot be anybody's {extern_uid}")
        people = self._ask(lambda: self._directory.people({name}, extern_uid))
        match get(people, name, ()):
            case Unknown() as unknown:
                return unknown
            case (Person(dn=dn),):
                return self._locks.for_keys({dn})[dn]
            case several:
                return Unknown(f"{len(several)} entries of the directory have this {extern_uid}")

    def members(self, condition: InDirectoryGroup) -> int | Unknown:
        """See `Lookup`; what the group lists itself."""
        return self._ask(lambda: self._directory.size(condition.value))

    def profiles(self, person: Proven) -> tuple[Profile, ...]:
        """See `Lookup`; everybody whom the directory proved has an entry."""
        return (Profile(DIRECTORY, person.name(DN), "LDAP entry", is_account=False),)


def _dn(person: Proven) -> Dn:
    return Dn(person.name(DN))


def _membership(
    person: Member,
    group: InDirectoryGroup,
    is_member: bool | Unknown,  # noqa: FBT001
) -> Answer:
    if isinstance(is_member, Unknown):
        return is_member
    if is_member:
        return Yes(f"{person.uid} is a member of {group.value}")
    return No(f"{person.uid} is not a member of {group.value}", f"become a member of {group.title}")
