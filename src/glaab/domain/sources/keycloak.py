"""Keycloak: it proves who people are, holds groups, and knows who is disabled."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping
from functools import partial
from typing import ClassVar, NewType, Protocol

import attrs

from glaab.domain.accounts import Identity
from glaab.domain.errors import System
from glaab.domain.evidence import Answer, No, Profile, Unknown, Yes
from glaab.domain.identity import People, Proof, Proven, Unchecked, Unproven
from glaab.domain.names import NameKind, name_key
from glaab.domain.source import AnswerCache, Ask, Lookup, Source, Veto

KEYCLOAK = System("keycloak")
DISABLED = Veto(KEYCLOAK, "keycloak_disabled", "Keycloak user disabled")
KEYCLOAK_ID, KEYCLOAK_USERNAME = NameKind("keycloak_id"), NameKind("keycloak_username")
KeycloakId = NewType("KeycloakId", str)
"""What the tokens of Keycloak call `sub`: it stays when somebody is renamed."""


@attrs.frozen(kw_only=True)
class KeycloakUser:
    """A user of the realm, enabled or not."""

    id: KeycloakId
    username: str
    is_enabled: bool

    def name(self, kind: NameKind) -> str:
        """Its id or its username."""
        return self.id if kind == KEYCLOAK_ID else self.username


Users = tuple[KeycloakUser, ...] | Unknown
"""Who goes by one name."""
Members = Mapping[KeycloakId, KeycloakUser] | Unknown


class Keycloak(Protocol):
    """The users of a realm, and who is in its groups; all may raise SystemUnavailable."""

    @abstractmethod
    def users(self, names: Collection[str], kind: NameKind) -> Mapping[str, Users]:
        """
        Everybody who goes by one of *names*, which are all ids or all usernames.

        A name that nobody has has no key; one that could not be looked up is Unknown, alone.
        Ids match to the letter; matching usernames is Keycloak's own (case does not count).
        """

    @abstractmethod
    def members(self, group: str) -> Members:
        """
        The members of the group with this path or id, and of all groups below it.

        Those who are disabled are among them. Unknown if the group is missing or unreadable, if
        its path can mean another one, or if nobody is in it.
        """


@attrs.frozen
class InKeycloakGroup:
    """The person is an enabled member of a group, or of a group below it."""

    source: ClassVar = KEYCLOAK
    key: ClassVar = "keycloak_group"
    value: str = attrs.field()
    """A path, which begins with a slash, or an id."""

    @value.validator
    def _names_one_group(self, _: object, value: str) -> None:
        names = value.removeprefix("/").split("/")
        if "~/" in value:
            raise ValueError("a group whose name has a slash is named by its id, not by its path")
        if not value.startswith("/") and len(names) > 1:
            raise ValueError(
                "a path begins with a slash; a group whose name has a slash is named by its id"
            )
        if not all(name.strip(" .") for name in names):
            raise ValueError("it is a path with an empty name; write /NAME, /NAME/NAME or an id")

    @property
    def title(self) -> str:
        return f"Keycloak group {self.value}"


@attrs.frozen
class KeycloakSource(Source):
    """Trust by groups, a veto by disabled users, and the proof of who people are."""

    name = KEYCLOAK
    conditions = (InKeycloakGroup,)
    vetoes = (DISABLED,)
    knows_by = KEYCLOAK_ID
    proves_by = (KEYCLOAK_ID, KEYCLOAK_USERNAME)
    gives_names = (KEYCLOAK_ID, KEYCLOAK_USERNAME)
    unseen = (
        "see that its path (case counts) or, safer, its id is right, and that it or a group below"
        " it has members"
    )
    unproven = (
        "see what GitLab has as their extern_uid: if it is a name, uid_field is not sub; if it is a"
        " UUID that Keycloak does not know, its client for GitLab has a mapper for a pairwise"
        " subject identifier, which must go"
    )

    keycloak: Keycloak

    @classmethod
    def name_key(cls, name: str, kind: NameKind) -> Hashable | None:
        """See `Source`; of an id every character counts."""
        if kind == KEYCLOAK_USERNAME:
            return name_key(name)
        can_be_id = name.isprintable() and "/" not in name and name.strip(" .")
        return name if can_be_id else None

    def start(self, ask: Ask) -> Lookup:
        return KeycloakLookup(self.keycloak, ask)


@attrs.frozen
class KeycloakPeople(People):
    """People are proven by exactly one user who has exactly the name that was vouched for."""

    find: Callable[[set[str]], Mapping[str, Users]]
    kind: NameKind

    def prove(self, identities: Collection[Identity]) -> Mapping[Identity, Proof]:
        users = self.find({each.extern_uid for each in identities if self._key(each.extern_uid)})
        return {each: self._proof(each, users.get(each.extern_uid, ())) for each in identities}

    def _key(self, name: str) -> Hashable | None:
        return KeycloakSource.name_key(name, self.kind)

    def _proof(self, identity: Identity, users: Users) -> Proof:
        wanted = f'{self.kind} "{identity.extern_uid}"'
        key = self._key(identity.extern_uid)
        if key is None:
            return Unproven(
                f'its identity "{identity.extern_uid}" cannot be anybody\'s {self.kind}',
                "ask an administrator of GitLab what its sign-in provider hands on for you",
            )
        match users:
            case Unknown(detail):
                return Unchecked(detail)
            case ():
                return Unproven(
                    f"Keycloak has no user with {wanted}",
                    "ask an administrator of GitLab which user of Keycloak it has for you: yours"
                    " may have been deleted and created again",
                )
            case (user,) if key == self._key(user.name(self.kind)):
                names = ((KEYCLOAK_USERNAME, user.username), (KEYCLOAK_ID, user.id))
                return Proven(identity=identity, names=names)
            case (user,):
                return Unproven(
                    f"the Keycloak user {user.username} only looks like {wanted}",
                    "ask an administrator to look at this account: two names look alike",
                )
            case several:
                return Unproven(
                    f"{len(several)} users of Keycloak have {wanted}",
                    "ask an administrator of Keycloak to make the name unique",
                )


class KeycloakLookup(Lookup):
    """One run's questions to Keycloak; nobody is asked about twice."""

    def __init__(self, keycloak: Keycloak, ask: Ask) -> None:
        self._keycloak = keycloak
        self._ask = ask
        self._users = {
            kind: AnswerCache[str, Users](ask, partial(keycloak.users, kind=kind), lambda _: ())
            for kind in KeycloakSource.proves_by
        }
        self._groups: dict[str, Members] = {}

    def people(self, extern_uid: NameKind, needed: Collection[NameKind]) -> People:  # noqa: ARG002  # both names are always there
        return KeycloakPeople(partial(self._find, kind=extern_uid), extern_uid)

    def _find(self, names: set[str], kind: NameKind) -> Mapping[str, Users]:
        """Who goes by each name; whoever is proven is not asked about again by id."""
        answers = self._users[kind].for_keys(names)
        found = [users for users in answers.values() if not isinstance(users, Unknown)]
        self._users[KEYCLOAK_ID].update({user.id: (user,) for users in found for user in users})
        return answers

    def trust(
        self, people: Collection[Proven], conditions: Collection[InKeycloakGroup]
    ) -> Mapping[tuple[Proven, InKeycloakGroup], Answer]:
        for each in conditions:
            if each.value not in self._groups:
                self._groups[each.value] = self._ask(partial(self._keycloak.members, each.value))
        return {
            (person, each): self._membership(person, each)
            for person in people
            for each in conditions
        }

    def _membership(self, person: Proven, group: InKeycloakGroup) -> Answer:
        """Yes for a member whom neither the group nor the user's own entry shows as disabled."""
        username, members = person.name(KEYCLOAK_USERNAME), self._groups[group.value]
        if isinstance(members, Unknown):
            return members
        if _id(person) not in members:
            return No(
                f"{username} is not a member of {group.value}", f"become a member of {group.title}"
            )
        match self._disabled(_id(person)):
            case Yes(detail):
                advice = "ask an administrator of Keycloak to enable your user"
                return No(f"{username} is a member of {group.value}, but {detail}", advice)
            case No():
                return Yes(f"{username} is a member of {group.value}")
            case unknown:
                return unknown

    def vetoes(
        self, people: Collection[Proven], vetoes: Collection[Veto]
    ) -> Mapping[tuple[Proven, Veto], Answer]:
        return {(person, veto): self._disabled(_id(person)) for person in people for veto in vetoes}

    def _disabled(self, user_id: KeycloakId) -> Answer:
        """Yes if the user was seen as disabled anywhere: two answers are of two moments."""
        answer = self._users[KEYCLOAK_ID].for_keys({user_id})[user_id]
        if isinstance(answer, Unknown):
            return answer
        listed = [
            group[user_id]
            for group in self._groups.values()
            if not isinstance(group, Unknown) and user_id in group
        ]
        for user in (*answer, *listed):
            if not user.is_enabled:
                return Yes(f"the Keycloak user {user.username} is disabled")
        if not answer:
            return Unknown(f"Keycloak shows no user with the id {user_id}")
        return No(f"the Keycloak user {answer[0].username} is enabled")

    def canary(self, veto: Veto, name: str, extern_uid: NameKind) -> Answer:  # noqa: ARG002  # one veto
        """See `Lookup`; *name* is an id, whatever proves people."""
        if KeycloakSource.name_key(name, KEYCLOAK_ID) is None:
            return Unknown("it cannot be anybody's keycloak_id")
        return self._disabled(KeycloakId(name))

    def members(self, condition: InKeycloakGroup) -> int | Unknown:
        members = self._ask(lambda: self._keycloak.members(condition.value))
        return members if isinstance(members, Unknown) else len(members)

    def profiles(self, person: Proven) -> tuple[Profile, ...]:
        """See `Lookup`; everybody whom Keycloak proved has a user."""
        return (Profile(KEYCLOAK, _id(person), "Keycloak user", is_account=False),)


def _id(person: Proven) -> KeycloakId:
    return KeycloakId(person.name(KEYCLOAK_ID))
