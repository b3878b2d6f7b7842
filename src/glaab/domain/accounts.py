"""GitLab accounts, and the states that GitLab moves them through."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NewType, TypeGuard

import attrs

from glaab.domain.errors import IllegalTransition

AccountId = NewType("AccountId", int)
Username = NewType("Username", str)


class AccountState(StrEnum):
    """Where an account can be, by GitLab's names."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    LDAP_BLOCKED = "ldap_blocked"
    PENDING = "blocked_pending_approval"
    BANNED = "banned"
    DEACTIVATED = "deactivated"
    UNKNOWN = "unknown"
    """One that only another version of GitLab has."""


class AccountEvent(StrEnum):
    """What can happen to an account; glaab only ever causes `approve`."""

    APPROVE = "approve"
    ACTIVATE = "activate"
    BLOCK = "block"
    LDAP_BLOCK = "ldap_block"
    BLOCK_PENDING_APPROVAL = "block_pending_approval"
    BAN = "ban"
    UNBAN = "unban"
    DEACTIVATE = "deactivate"


_S = AccountState
_MOVES = {
    AccountEvent.APPROVE: ({_S.PENDING}, _S.ACTIVE),
    AccountEvent.ACTIVATE: (
        {_S.DEACTIVATED, _S.BLOCKED, _S.LDAP_BLOCKED, _S.PENDING, _S.BANNED},
        _S.ACTIVE,
    ),
    AccountEvent.BLOCK: ({_S.ACTIVE, _S.DEACTIVATED, _S.LDAP_BLOCKED, _S.PENDING}, _S.BLOCKED),
    AccountEvent.LDAP_BLOCK: ({_S.ACTIVE, _S.DEACTIVATED}, _S.LDAP_BLOCKED),
    AccountEvent.BLOCK_PENDING_APPROVAL: ({_S.ACTIVE}, _S.PENDING),
    AccountEvent.BAN: ({_S.ACTIVE}, _S.BANNED),
    AccountEvent.UNBAN: ({_S.BANNED}, _S.ACTIVE),
    AccountEvent.DEACTIVATE: ({_S.ACTIVE}, _S.DEACTIVATED),
}
#: Every move that GitLab makes (app/models/user.rb of 17.9; approve is activate, from pending).
TRANSITIONS: Mapping[tuple[AccountState, AccountEvent], AccountState] = MappingProxyType(
    {(start, event): end for event, (starts, end) in _MOVES.items() for start in starts}
)


def advance(state: AccountState, event: AccountEvent) -> AccountState:
    """The state that *event* leads to; IllegalTransition if GitLab knows no such move."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(state, event) from None


@attrs.frozen
class Identity:
    """Who a sign-in provider says that somebody is."""

    provider: str
    extern_uid: str


@attrs.frozen(kw_only=True)
class SelfDescription:
    """What newcomers wrote about themselves, for people to read; it proves nothing."""

    name: str = ""
    """The display name; empty if there is none."""
    email_domain: str = ""
    """What stands behind the @ of the e-mail address; empty if it cannot be read."""


@attrs.frozen(kw_only=True)
class Account:
    """A GitLab account, as an administrator sees it."""

    id: AccountId
    username: Username
    state: AccountState
    created_at: datetime
    """Aware, UTC."""
    identities: tuple[Identity, ...] = ()
    mark: str | None = None
    """The reason for which an administrator keeps it waiting (`glaab_veto`), if one does."""
    self_description: SelfDescription = attrs.field(factory=SelfDescription, eq=False, repr=False)
    """No part of what accounts are compared by."""


@attrs.frozen(kw_only=True)
class UnreadableAccount:
    """An account of which GitLab shows something that nobody understands; it is left alone."""

    id: AccountId
    username: Username = Username("")
    """Empty if it cannot be read."""
    state: AccountState = AccountState.UNKNOWN
    created_at: datetime | None = None
    """Aware, UTC; None if it cannot be read."""
    identities: tuple[Identity, ...] = ()
    """Those that can be read: nobody else is approved as the same person."""
    self_description: SelfDescription = attrs.field(factory=SelfDescription, eq=False, repr=False)
    reason: str

    @property
    def trouble(self) -> str:
        """What is the matter with it, in words."""
        return f"its data from GitLab cannot be understood: {self.reason}"


AnyAccount = Account | UnreadableAccount


def may_wait(account: AnyAccount) -> bool:
    """True if it waits for approval, or might, for all that can be read of it."""
    return account.state is AccountState.PENDING or _is_doubtful(account)


def may_be_active(account: AnyAccount) -> bool:
    """True if it is active, or might be, for all that can be read of it."""
    return account.state is AccountState.ACTIVE or _is_doubtful(account)


def _is_doubtful(account: AnyAccount) -> bool:
    return isinstance(account, UnreadableAccount) and account.state is AccountState.UNKNOWN


def is_marked(account: AnyAccount) -> TypeGuard[Account]:
    """True if an administrator keeps it waiting, for all that can be read of it."""
    return isinstance(account, Account) and account.mark is not None


def name_of(account: AnyAccount) -> str:
    """What people call it: `@ada`, or `id 41` if its username cannot be read."""
    return f"@{account.username}" if account.username else f"id {account.id}"
