"""What earlier runs left open: notes that are stale, and approvals that are not yet logged."""

from collections.abc import Callable
from datetime import datetime

import attrs

from glaab.domain.accounts import Account, AccountId, AccountState, UnreadableAccount
from glaab.domain.policy import Verdict
from glaab.domain.ports import ApprovalRecord, RunId, Unreadable
from glaab.domain.review import Plan


def stale_notes(plan: Plan) -> frozenset[AccountId]:
    """Who still waits under the note of an earlier run, and is not to be approved any more."""
    verdicts = {case.account.id: case.judgement.verdict for case in plan.cases}
    return frozenset(
        noted.account.id
        for noted in plan.open_notes
        if verdicts.get(noted.account.id) in (Verdict.HOLD, Verdict.VETO)
    )


def unlogged_approvals(plan: Plan, clock: Callable[[], datetime]) -> tuple[ApprovalRecord, ...]:
    """The entries that earlier runs owe: for open notes on accounts that wait no more."""
    return tuple(
        _unlogged(noted.account, noted.note, clock)
        for noted in plan.open_notes
        if isinstance(noted.account, Account)
        if noted.account.state is not AccountState.PENDING
    )


def notes_not_understood(plan: Plan) -> tuple[str, ...]:
    """Which notes stay open because of what GitLab shows of accounts that wait no more, and why."""
    waiting = {case.account.id for case in plan.cases}
    return tuple(
        f"the note on account {account.id} is still open: {account.trouble}"
        for account in (noted.account for noted in plan.open_notes)
        if isinstance(account, UnreadableAccount)
        if account.state is not AccountState.PENDING and account.id not in waiting
    )


def _unlogged(
    account: Account, note: ApprovalRecord | Unreadable | None, clock: Callable[[], datetime]
) -> ApprovalRecord:
    if isinstance(note, ApprovalRecord):
        later = (
            f"logged by a later run than {note.run}, which noted the approval and did not log it; a"
            " person may have approved the account in the same moment"
        )
        remark = "; ".join(filter(None, (later, note.remark)))
        return attrs.evolve(note, found=account.state, remark=remark)
    why = note.reason if note else "there is none"
    return ApprovalRecord(
        at=clock(),
        account_id=account.id,
        username=account.username,
        created_at=account.created_at,
        because=(),
        proof=None,
        evidence=(),
        run=RunId("unknown"),
        policy="unknown",
        version="unknown",
        found=account.state,
        remark=f"the note of the run that approved it could not be read: {why}",
    )
