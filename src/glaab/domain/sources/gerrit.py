"""Gerrit: the members of groups, and which accounts are active."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from functools import cache, partial
from typing import ClassVar, Protocol, assert_never

import attrs

from glaab.domain.errors import System
from glaab.domain.evidence import Answer, No, Profile, Unknown, Yes
from glaab.domain.identity import Proven
from glaab.domain.names import UID, NameKind, Uid, fold
from glaab.domain.source import AnswerCache, Ask, Lookup, Source, Veto

GERRIT = System("gerrit")
INACTIVE = Veto(GERRIT, "gerrit_inactive", "Gerrit account inactive")


@attrs.frozen(kw_only=True)
class GerritAccount:
    """A Gerrit account, active or not."""

    username: str
    is_active: bool


class Gerrit(Protocol):
    """The members of groups, and the state of accounts; all may raise SystemUnavailable."""

    @abstractmethod
    def members(self, group: str) -> frozenset[Uid] | Unknown:
        """
        The usernames of the group's members, nested groups included, folded for comparing.

        Unknown if the group is missing, not visible or empty.
        """

    @abstractmethod
    def accounts(self, uids: Collection[Uid]) -> Mapping[Uid, GerritAccount]:
        """The accounts of these people, inactive ones included; who has none is left out."""


@attrs.frozen
class InGerritGroup:
    """The person's Gerrit account is a member of a group."""

    source: ClassVar = GERRIT
    key: ClassVar = "gerrit_group"
    value: str
    """A name or a UUID."""

    @property
    def title(self) -> str:
        return f"Gerrit group {self.value}"


@attrs.frozen
class GerritSource(Source):
    """Trust by groups, and a veto by inactive accounts."""

    name = GERRIT
    conditions = (InGerritGroup,)
    vetoes = (INACTIVE,)
    knows_by = UID
    in_every_digest = True

    gerrit: Gerrit

    def start(self, ask: Ask) -> Lookup:
        return GerritLookup(self.gerrit, ask)


_Account = GerritAccount | Unknown | None
"""Of one person: None if Gerrit shows no account."""


class GerritLookup(Lookup):
    """One run's questions to Gerrit; nobody is asked about twice."""

    def __init__(self, gerrit: Gerrit, ask: Ask) -> None:
        self._members_of = cache(lambda group: ask(partial(gerrit.members, group)))
        self._accounts = AnswerCache(ask, gerrit.accounts, lambda _: None)
        self._hidden: set[Uid] = set()
        """Members whose account Gerrit does not show; then a missing account proves nothing."""

    def trust(
        self, people: Collection[Proven], conditions: Collection[InGerritGroup]
    ) -> Mapping[tuple[Proven, InGerritGroup], Answer]:
        """See `Lookup`; only about members is it asked whether their accounts are active."""
        groups = {condition: self._members_of(condition.value) for condition in conditions}
        members = {
            uid for uid in map(_uid, people) if any(_is_in(uid, group) for group in groups.values())
        }
        accounts = self._accounts.for_keys(members)
        self._hidden |= {uid for uid in members if accounts[uid] is None}
        return {
            (person, condition): _member(_uid(person), condition, group, accounts.get(_uid(person)))
            for person in people
            for condition, group in groups.items()
        }

    def vetoes(
        self, people: Collection[Proven], vetoes: Collection[Veto]
    ) -> Mapping[tuple[Proven, Veto], Answer]:
        if vetoes:
            self._accounts.for_keys(set(map(_uid, people)))
        return {
            (person, veto): self._inactive(_uid(person)) for person in people for veto in vetoes
        }

    def canary(self, veto: Veto, name: str, extern_uid: NameKind) -> Answer:  # noqa: ARG002  # one veto
        """See `Lookup`; *name* is a uid."""
        self._accounts.for_keys({Uid(name)})
        return self._inactive(Uid(name))

    def members(self, condition: InGerritGroup) -> int | Unknown:
        members = self._members_of(condition.value)
        return members if isinstance(members, Unknown) else len(members)

    def profiles(self, person: Proven) -> tuple[Profile, ...]:
        account = self._accounts.get(_uid(person))
        if not isinstance(account, GerritAccount):
            return ()
        return (Profile(GERRIT, account.username, f"Gerrit: {account.username}"),)

    def _inactive(self, uid: Uid) -> Answer:
        account = self._accounts[uid]
        if account is None and self._hidden:
            return Unknown(
                f"Gerrit shows no account of {uid}, nor one of {min(self._hidden)}, whom it lists"
                " as a member: it hides accounts"
            )
        return inactive(uid, account)


def _uid(person: Proven) -> Uid:
    return Uid(person.name(UID))


def _is_in(uid: Uid, members: frozenset[Uid] | Unknown) -> bool:
    return not isinstance(members, Unknown) and fold(uid) in members


def _member(
    uid: Uid, group: InGerritGroup, members: frozenset[Uid] | Unknown, account: _Account
) -> Answer:
    """Yes if the uid is a member's whose account is active."""
    if isinstance(members, Unknown):
        return members
    if not _is_in(uid, members):
        return No(
            f"{uid} is not a member of {group.value}", f"ask a member of {group.title} to add you"
        )
    match account:
        case Unknown():
            return account
        case None:
            return Unknown(f"Gerrit lists {uid} in {group.value} but does not show the account")
        case GerritAccount(username=username, is_active=True):
            return Yes(f"Gerrit account {username} is a member of {group.value}")
        case GerritAccount(username=username):
            return No(f"Gerrit account {username} is a member of {group.value} but inactive")
        case _:
            assert_never(account)


def inactive(uid: Uid, account: _Account) -> Answer:
    """Yes if the Gerrit account with this uid is inactive."""
    match account:
        case Unknown():
            return account
        case None:
            return No(f"{uid} has no Gerrit account")
        case GerritAccount(username=username, is_active=True):
            return No(f"Gerrit account {username} is active")
        case GerritAccount(username=username):
            return Yes(f"Gerrit account {username} is inactive")
        case _:
            assert_never(account)
