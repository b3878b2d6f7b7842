"""A decorator that passes reads and refuses writes: a run that only looks can do nothing else."""

from datetime import datetime

import attrs

from glaab.domain.accounts import AccountId, AnyAccount, Username
from glaab.domain.errors import WriteRefused
from glaab.domain.ports import AccountWithNote, ApprovalAnswer, ApprovalRecord, GitLab, NoteStatus


@attrs.frozen
class ReadOnlyGitLab(GitLab):
    """A GitLab that shows everything and refuses to change anything."""

    _gitlab: GitLab

    def pending(self, created_after: datetime | None = None) -> tuple[AnyAccount, ...]:
        return self._gitlab.pending(created_after)

    def open_notes(self) -> tuple[AccountWithNote, ...]:
        return self._gitlab.open_notes()

    def logged_notes(self) -> tuple[AccountWithNote, ...]:
        return self._gitlab.logged_notes()

    def find(self, who: AccountId | Username) -> AccountWithNote | None:
        return self._gitlab.find(who)

    def note(self, record: ApprovalRecord) -> None:
        raise WriteRefused(f"note the approval of account {record.account_id}")

    def settle(self, account: AccountId, ending: NoteStatus) -> None:
        raise WriteRefused(f"mark the note on account {account} as {ending}")

    def approve(self, account: AccountId) -> ApprovalAnswer:
        raise WriteRefused(f"approve account {account}")
