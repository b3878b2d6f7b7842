"""Phabricator: accounts that are linked to developers, and the members of projects."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from functools import cache, partial
from typing import ClassVar, NewType, Protocol

import attrs

from glaab.domain.errors import System
from glaab.domain.evidence import Answer, No, Profile, Unknown, Yes
from glaab.domain.identity import Proven
from glaab.domain.names import CN, Cn, NameKind
from glaab.domain.source import AnswerCache, Ask, Lookup, Source, Veto

Phid = NewType("Phid", str)

PHABRICATOR = System("phabricator")
DISABLED = Veto(PHABRICATOR, "phabricator_disabled", "Phabricator account disabled")


@attrs.frozen(kw_only=True)
class PhabricatorAccount:
    """A Phabricator account that is linked to somebody's name in the directory."""

    phid: Phid
    username: str
    is_person: bool
    """Neither a bot nor a mailing list."""
    is_activated: bool
    is_disabled: bool

    @property
    def is_usable(self) -> bool:
        """True if it is a person's, and open to that person."""
        return self.is_person and self.is_activated and not self.is_disabled


class Phabricator(Protocol):
    """Developers' linked accounts, and members of projects; all may raise SystemUnavailable."""

    @abstractmethod
    def accounts(self, names: Collection[Cn]) -> Mapping[Cn, tuple[PhabricatorAccount, ...]]:
        """
        The accounts that are linked to exactly these names, ordered by username.

        A name without an account has no key. An account that is linked to two of *names*
        appears under one of them only; asking again without that one shows it.
        """

    @abstractmethod
    def members(self, project: str) -> frozenset[Phid] | Unknown:
        """
        The members of the project with this slug, disabled ones included.

        Unknown if the project is missing, not visible, ambiguous or empty.
        """


@attrs.frozen
class InPhabricatorProject:
    """The person's linked Phabricator account is a member of a project."""

    source: ClassVar = PHABRICATOR
    key: ClassVar = "phabricator_project"
    value: str
    """The slug."""

    @property
    def title(self) -> str:
        return f"Phabricator project #{self.value}"


@attrs.frozen
class PhabricatorSource(Source):
    """Trust by projects, and a veto by disabled accounts."""

    name = PHABRICATOR
    conditions = (InPhabricatorProject,)
    vetoes = (DISABLED,)
    knows_by = CN
    in_every_digest = True

    phabricator: Phabricator

    def start(self, ask: Ask) -> Lookup:
        return PhabricatorLookup(self.phabricator, ask)


_Accounts = tuple[PhabricatorAccount, ...] | Unknown


class PhabricatorLookup(Lookup):
    """
    One run's questions to Phabricator.

    Of the names that are asked about together an account shows under one only, however many
    it is linked to. So members may hide an account from others, who are asked about again
    without them; and whoever would be approved is asked about alone.
    """

    def __init__(self, phabricator: Phabricator, ask: Ask) -> None:
        self._members_of = cache(lambda project: ask(partial(phabricator.members, project)))
        self._projects: dict[InPhabricatorProject, frozenset[Phid] | Unknown] = {}
        self._accounts = AnswerCache(ask, phabricator.accounts, lambda _: ())
        self._asked_alone: set[Cn] = set()

    def trust(
        self, people: Collection[Proven], conditions: Collection[InPhabricatorProject]
    ) -> Mapping[tuple[Proven, InPhabricatorProject], Answer]:
        self._projects |= {each: self._members_of(each.value) for each in conditions}
        if conditions:
            self._look_up_accounts(set(map(_cn, people)))
        return {
            (person, condition): _member(
                _cn(person), self._accounts[_cn(person)], condition, self._projects[condition]
            )
            for person in people
            for condition in conditions
        }

    def vetoes(
        self, people: Collection[Proven], vetoes: Collection[Veto]
    ) -> Mapping[tuple[Proven, Veto], Answer]:
        if vetoes:
            self._look_up_accounts(set(map(_cn, people)))
        return {
            (person, veto): disabled(_cn(person), self._accounts[_cn(person)])
            for person in people
            for veto in vetoes
        }

    def confirm(self, people: Collection[Proven]) -> None:
        """See `Lookup`: each is asked about alone, so that no account shows under another name."""
        for cn in map(_cn, people):
            self._ask_alone(cn)

    def canary(self, veto: Veto, name: str, extern_uid: NameKind) -> Answer:  # noqa: ARG002  # one veto
        """See `Lookup`; *name* is a cn."""
        cn = Cn(name)
        self._ask_alone(cn)
        return disabled(cn, self._accounts[cn])

    def members(self, condition: InPhabricatorProject) -> int | Unknown:
        members = self._members_of(condition.value)
        return members if isinstance(members, Unknown) else len(members)

    def profiles(self, person: Proven) -> tuple[Profile, ...]:
        return tuple(
            Profile(PHABRICATOR, account.username, f"Phabricator: {account.username}")
            for account in self._shown(_cn(person))
        )

    def _look_up_accounts(self, cns: set[Cn]) -> None:
        """Ask about all at once, then about those without an account while members may hide one."""
        names = cns - self._accounts.keys()
        while names:
            self._ask_about(names)
            accounts = [account for cn in names for account in self._shown(cn)]
            shows_member = any(map(self._may_be_member, accounts))
            names = {cn for cn in cns if self._accounts[cn] == ()} if shows_member else set()

    def _ask_alone(self, cn: Cn) -> None:
        if cn not in self._asked_alone:
            self._ask_about({cn})

    def _ask_about(self, names: set[Cn]) -> None:
        self._accounts.ask_about(names)
        if len(names) == 1:
            self._asked_alone |= names

    def _shown(self, cn: Cn) -> tuple[PhabricatorAccount, ...]:
        """The accounts that came to light so far."""
        accounts = self._accounts.get(cn, ())
        return () if isinstance(accounts, Unknown) else accounts

    def _may_be_member(self, account: PhabricatorAccount) -> bool:
        return account.is_usable and any(
            isinstance(members, Unknown) or account.phid in members
            for members in self._projects.values()
        )


def _cn(person: Proven) -> Cn:
    return Cn(person.name(CN))


def _member(
    cn: Cn, accounts: _Accounts, project: InPhabricatorProject, members: frozenset[Phid] | Unknown
) -> Answer:
    """Yes if the one account that is linked to the name is usable, and a member."""
    if isinstance(accounts, Unknown):
        return accounts
    match accounts:
        case ():
            return No(
                f'no Phabricator account is linked to "{cn}"',
                "link your Phabricator account to your developer account",
            )
        case (account,):
            return _account_is_member(account, project, members)
        case several:
            return No(
                f'{len(several)} Phabricator accounts are linked to "{cn}"',
                "unlink all but one of your Phabricator accounts",
            )


def _account_is_member(
    account: PhabricatorAccount, project: InPhabricatorProject, members: frozenset[Phid] | Unknown
) -> Answer:
    if not account.is_person:
        return No(f"Phabricator account {account.username} is not a person's")
    if not account.is_usable:
        return No(
            f"Phabricator account {account.username} is not activated",
            "have your Phabricator account activated",
        )
    if isinstance(members, Unknown):
        return members
    if account.phid in members:
        return Yes(f"Phabricator account {account.username} is a member of #{project.value}")
    return No(
        f"Phabricator account {account.username} is not a member of #{project.value}",
        f"ask a member of {project.title} to add you",
    )


def disabled(cn: Cn, accounts: _Accounts) -> Answer:
    """Yes if any account that is linked to this name is disabled."""
    if isinstance(accounts, Unknown):
        return accounts
    for account in accounts:
        if account.is_disabled:
            return Yes(f"Phabricator account {account.username} is disabled")
    match accounts:
        case ():
            return No(f'no Phabricator account is linked to "{cn}"')
        case (account,):
            return No(f"Phabricator account {account.username} is not disabled")
        case several:
            names = ", ".join(account.username for account in several)
            return No(f"Phabricator accounts {names} are not disabled")
