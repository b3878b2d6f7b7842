"""GitLab in memory: it keeps the same promises as the real one."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import attrs

from glaab.domain.accounts import (
    Account,
    AccountEvent,
    AccountId,
    AccountState,
    AnyAccount,
    Username,
    advance,
    may_wait,
)
from glaab.domain.errors import GITLAB, NoSuchAccount
from glaab.domain.ports import (
    AccountWithNote,
    ApprovalAnswer,
    ApprovalRecord,
    GitLab,
    NoteStatus,
    Unreadable,
)

_Note = tuple[NoteStatus | None, ApprovalRecord | Unreadable]
"""How it ended, None if it is open, and its record."""


class InMemoryGitLab(GitLab):
    """Accounts and notes that live as long as the process."""

    def __init__(
        self,
        accounts: Iterable[AnyAccount],
        notes: Mapping[AccountId, ApprovalRecord | Unreadable] | None = None,
        logged: Mapping[AccountId, ApprovalRecord | Unreadable] | None = None,
    ) -> None:
        """The *notes* are open, those *logged* are closed."""
        self._accounts = {each.id: each for each in sorted(accounts, key=lambda each: each.id)}
        self._notes: dict[AccountId, _Note] = {
            key: (ending, record)
            for ending, records in ((None, notes), (NoteStatus.LOGGED, logged))
            for key, record in (records or {}).items()
        }

    def pending(self, created_after: datetime | None = None) -> tuple[AnyAccount, ...]:
        return tuple(
            each
            for each in self._accounts.values()
            if may_wait(each)
            if not (created_after and each.created_at) or each.created_at > created_after
        )

    def open_notes(self) -> tuple[AccountWithNote, ...]:
        noted = map(self._with_note, self._accounts.values())
        return tuple(each for each in noted if each.note)

    def logged_notes(self) -> tuple[AccountWithNote, ...]:
        noted = map(self._with_note, self._accounts.values())
        return tuple(each for each in noted if each.logged)

    def find(self, who: AccountId | Username) -> AccountWithNote | None:
        key = who.lower() if isinstance(who, str) else who
        for account in self._accounts.values():
            if key in (account.id, account.username.lower() or None):
                return self._with_note(account)
        return None

    def note(self, record: ApprovalRecord) -> None:
        self._require(record.account_id)
        self._notes[record.account_id] = None, record

    def settle(self, account: AccountId, ending: NoteStatus) -> None:
        self._require(account)
        _, record = self._notes.get(
            account, (None, Unreadable(f"it is {ending} and has no record"))
        )
        self._notes[account] = ending, record

    def approve(self, account: AccountId) -> ApprovalAnswer:
        match self._accounts.get(account):
            case Account(state=AccountState.PENDING) as waiting:
                state = advance(waiting.state, AccountEvent.APPROVE)
                self._accounts[account] = attrs.evolve(waiting, state=state)
                return ApprovalAnswer.APPROVED
            case Account(state=AccountState.ACTIVE):
                return ApprovalAnswer.ALREADY_ACTIVE
            case _:
                return ApprovalAnswer.NOT_PENDING

    def _with_note(self, account: AnyAccount) -> AccountWithNote:
        match self._notes.get(account.id):
            case None, record:
                return AccountWithNote(account, record)
            case NoteStatus.LOGGED, record:
                return AccountWithNote(account, None, logged=record)
            case _:
                return AccountWithNote(account, None)

    def _require(self, key: AccountId) -> None:
        if key not in self._accounts:
            raise NoSuchAccount(GITLAB, f"it has no account {key}")
