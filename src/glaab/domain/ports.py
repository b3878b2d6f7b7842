"""What the core needs of the world."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

import attrs

from glaab.domain.accounts import AccountId, AccountState, AnyAccount, Username
from glaab.domain.evidence import Evidence
from glaab.domain.identity import Proven

RunId = NewType("RunId", str)
_NOT_LOGGED = "not yet logged; the next run writes the entry"


@attrs.frozen(kw_only=True)
class ApprovalRecord:
    """One approval: what is noted on the account before it, and logged after it."""

    at: datetime
    """Just before the approval; aware, UTC, whole seconds."""
    account_id: AccountId
    username: Username
    """As it was then, whatever the account is called now."""
    created_at: datetime
    because: tuple[str, ...]
    proof: Proven | None
    """None only when a note could not be read."""
    evidence: tuple[Evidence, ...]
    run: RunId
    policy: str
    """The policy's digest."""
    version: str
    """glaab's."""
    found: AccountState = AccountState.ACTIVE
    """The state that a later run found; anything but active: it *may* have been approved."""
    remark: str = ""
    """What a reader of the log must know besides; empty for an ordinary approval."""
    is_shortened: bool = False
    """True if it was read from a note that had no room for all of it."""


@attrs.frozen
class Unreadable:
    """A note that glaab left and cannot understand."""

    reason: str


@attrs.frozen
class AccountWithNote:
    """An account, and what the note says that a run left on it, if one did."""

    account: AnyAccount
    note: ApprovalRecord | Unreadable | None
    """The record of an open note; None if there is no note, or it is closed."""
    logged: ApprovalRecord | Unreadable | None = None
    """The record of a note that is closed as logged; nothing is left to be done about it."""

    @property
    def approval(self) -> ApprovalRecord | Unreadable | None:
        """How glaab approved the account; None if no note says that it did."""
        if self.note is None or self.account.state is not AccountState.ACTIVE:
            return self.logged
        if isinstance(self.note, Unreadable):
            return self.note
        remark = "; ".join(filter(None, (_NOT_LOGGED, self.note.remark)))
        return attrs.evolve(self.note, remark=remark)


class NoteStatus(StrEnum):
    """How a note ends."""

    LOGGED = "logged"
    WITHDRAWN = "withdrawn"


class ApprovalAnswer(StrEnum):
    """What GitLab made of an approval; all three are ordinary."""

    APPROVED = "approved"
    ALREADY_ACTIVE = "already active"
    NOT_PENDING = "not pending"


class GitLab(Protocol):
    """
    The accounts, who waits among them, and the bot's notes on them.

    All may raise SystemUnavailable: GitLab gave no usable answer, or hides identities or notes.
    A note may be written or closed all the same; an approval was refused, and nothing happened.
    What is wrong with one account alone makes that one an UnreadableAccount, and no error.
    """

    @abstractmethod
    def pending(self, created_after: datetime | None = None) -> tuple[AnyAccount, ...]:
        """
        Every person's account that waits for approval, or may, ordered by id.

        With *created_after* (aware) only those that are newer, by GitLab's clock.
        """

    @abstractmethod
    def open_notes(self) -> tuple[AccountWithNote, ...]:
        """Every account with an open note, in whatever state it is, ordered by id."""

    @abstractmethod
    def logged_notes(self) -> tuple[AccountWithNote, ...]:
        """Every account with a note that is logged, in whatever state it is, ordered by id."""

    @abstractmethod
    def find(self, who: AccountId | Username) -> AccountWithNote | None:
        """
        The account as it is now, by id or by username (without regard to case).

        With the record of its note, open or logged; a withdrawn one is as good as none.
        """

    @abstractmethod
    def note(self, record: ApprovalRecord) -> None:
        """
        Note on the account that it is about to be approved; replaces an older note.

        Raises NoSuchAccount if it is gone, as `settle` does.
        """

    @abstractmethod
    def settle(self, account: AccountId, ending: NoteStatus) -> None:
        """Close the open note; the record stays on the account. Idempotent."""

    @abstractmethod
    def approve(self, account: AccountId) -> ApprovalAnswer:
        """
        Let the account in; a second time changes nothing.

        Raises NotConfirmed if the answer was lost and reading did not show it approved.
        """


class AuditLog(Protocol):
    """Where people read who was let in, and why."""

    @abstractmethod
    def append(self, records: Sequence[ApprovalRecord]) -> None:
        """
        Log approvals in one write; those that are there already are not written again.

        Raises SystemUnavailable if some or all were not written, NotConfirmed if some or all
        may not have been.
        """
