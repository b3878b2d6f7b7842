"""What the core needs of the world."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

import attrs

from glaab.domain.accounts import Account, AccountId, AccountState, Username
from glaab.domain.evidence import (
    Answer,
    Evidence,
    GerritAccount,
    Person,
    PhabricatorAccount,
    Proven,
    Unknown,
)
from glaab.domain.names import Cn, Dn, NamedBy, Phid, Uid

RunId = NewType("RunId", str)


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

    @property
    def doubt(self) -> str:
        """That it is not known whether the approval happened, in words; empty if it did."""
        if self.found is AccountState.ACTIVE:
            return ""
        return f"may have been approved, found {self.found} later"


@attrs.frozen
class Unreadable:
    """A note that glaab left and cannot understand."""

    reason: str


@attrs.frozen
class AccountWithNote:
    """An account, and the open note that a run left on it, if one did."""

    account: Account
    note: ApprovalRecord | Unreadable | None


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
    """The accounts, who waits among them, and the bot's notes on them."""

    @abstractmethod
    def pending(self) -> tuple[Account, ...]:
        """
        Every person's account that waits for approval, ordered by id.

        Raises:
            SystemUnavailable: GitLab gave no usable answer, or hides identities.
        """

    @abstractmethod
    def open_notes(self) -> tuple[AccountWithNote, ...]:
        """
        Every account with an open note, in whatever state it is, ordered by id.

        Raises:
            SystemUnavailable: GitLab gave no usable answer, or hides notes.
        """

    @abstractmethod
    def find(self, who: AccountId | Username) -> AccountWithNote | None:
        """
        The account as it is now, by id or by username (without regard to case).

        Raises:
            SystemUnavailable: GitLab gave no usable answer, or hides identities or notes.
        """

    @abstractmethod
    def note(self, record: ApprovalRecord) -> None:
        """
        Note on the account that it is about to be approved; replaces an older note.

        Raises:
            SystemUnavailable: the note may not be there.
        """

    @abstractmethod
    def settle(self, account: AccountId, ending: NoteStatus) -> None:
        """
        Close the open note; the record stays on the account. Idempotent.

        Raises:
            SystemUnavailable: the note may still be open.
        """

    @abstractmethod
    def approve(self, account: AccountId) -> ApprovalAnswer:
        """
        Let the account in; a second time changes nothing.

        Raises:
            SystemUnavailable: GitLab refused: nothing happened.
            NotConfirmed: the answer was lost and reading did not show it approved.
        """


class Directory(Protocol):
    """Who the developers are, and which groups they belong to."""

    @abstractmethod
    def people(self, names: Collection[str], named_by: NamedBy) -> Mapping[str, tuple[Person, ...]]:
        """
        Everyone in the directory who goes by one of *names*.

        A name that nobody bears has no key; one that several bear has several people,
        ordered by DN. Matching is the directory's own (case, runs of spaces and look-alike
        letters do not count); telling look-alikes apart is the caller's business.

        Raises:
            SystemUnavailable: the directory gave no usable answer.
            StartOver: earlier answers of this run came from a server that failed.
        """

    @abstractmethod
    def members(self, groups: Collection[str]) -> Mapping[str, frozenset[Dn] | Unknown]:
        """
        The members of each group, by its name or full DN as asked.

        A group that is missing, unreadable or empty is Unknown, alone. Every group asked
        for has a key.

        Raises:
            SystemUnavailable: the directory gave no usable answer.
            StartOver: earlier answers of this run came from a server that failed.
        """

    @abstractmethod
    def locked(self, people: Collection[Dn]) -> Mapping[Dn, Answer]:
        """
        Whether each entry is locked: No only if the directory proved it.

        Every entry asked for has a key.

        Raises:
            SystemUnavailable: the directory gave no usable answer.
            StartOver: earlier answers of this run came from a server that failed.
        """


class Phabricator(Protocol):
    """The accounts that are linked to developers, and the members of projects."""

    @abstractmethod
    def accounts(self, names: Collection[Cn]) -> Mapping[Cn, tuple[PhabricatorAccount, ...]]:
        """
        The accounts that are linked to exactly these names, ordered by username.

        A name without an account has no key. An account that is linked to two of *names*
        appears under one of them only; asking again without that one shows it.

        Raises:
            SystemUnavailable: Phabricator gave no usable answer.
        """

    @abstractmethod
    def members(self, project: str) -> frozenset[Phid] | Unknown:
        """
        The members of the project with this slug, disabled ones included.

        Unknown if the project is missing, not visible, ambiguous or empty.

        Raises:
            SystemUnavailable: Phabricator gave no usable answer.
        """


class Gerrit(Protocol):
    """The members of groups, and the state of accounts."""

    @abstractmethod
    def members(self, group: str) -> frozenset[Uid] | Unknown:
        """
        The usernames of the group's members, nested groups included, folded for comparing.

        Unknown if the group is missing, not visible or empty.

        Raises:
            SystemUnavailable: Gerrit gave no usable answer.
        """

    @abstractmethod
    def accounts(self, uids: Collection[Uid]) -> Mapping[Uid, GerritAccount]:
        """
        The accounts of these people, inactive ones included; none has no key.

        Raises:
            SystemUnavailable: Gerrit gave no usable answer.
        """


class AuditLog(Protocol):
    """Where people read who was let in, and why."""

    @abstractmethod
    def append(self, records: Sequence[ApprovalRecord]) -> None:
        """
        Log approvals in one write; those that are there already are not written again.

        Raises:
            SystemUnavailable: some or all were not written.
            NotConfirmed: some or all may not have been written.
        """
