"""A decorator that passes reads and refuses writes: a run that only looks can do nothing else."""

import attrs

from glaab.domain.accounts import Account, AccountId, Username
from glaab.domain.errors import WriteRefused
from glaab.domain.ports import (
    ApprovalAnswer,
    ApprovalRecord,
    GitLab,
    Noted,
    Settled,
)


@attrs.frozen
class ReadOnlyGitLab(GitLab):
    """A GitLab that shows everything and changes nothing."""

    _gitlab: GitLab

    def pending(self) -> tuple[Account, ...]:
        """See `GitLab`."""
        return self._gitlab.pending()

    def unfinished(self) -> tuple[Noted, ...]:
        """See `GitLab`."""
        return self._gitlab.unfinished()

    def find(self, who: AccountId | Username) -> Noted | None:
        """See `GitLab`."""
        return self._gitlab.find(who)

    def note(self, record: ApprovalRecord) -> None:
        """Refuse."""
        raise WriteRefused(f"note the approval of account {record.account_id}")

    def settle(self, account: AccountId, ending: Settled) -> None:
        """Refuse."""
        raise WriteRefused(f"mark the note on account {account} as {ending}")

    def approve(self, account: AccountId) -> ApprovalAnswer:
        """Refuse."""
        raise WriteRefused(f"approve account {account}")
