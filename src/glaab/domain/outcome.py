"""What became of each account in a run, or would become of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from glaab.domain.accounts import AccountId
from glaab.domain.brake import Brake, is_to_be_approved
from glaab.domain.ports import ApprovalRecord
from glaab.domain.recovery import notes_not_understood, stale_notes, unlogged_approvals
from glaab.domain.review import Case, Plan


class Outcome(StrEnum):
    """What became of an account."""

    APPROVED = "approved"
    WOULD_APPROVE = "would-approve"
    ALREADY_APPROVED = "already-approved"
    WITHDRAWN = "withdrawn"
    UNCHANGED = "unchanged"
    RECOVERED = "recovered"
    WOULD_RECOVER = "would-recover"
    FAILED = "failed"


@attrs.frozen
class Result:
    """An outcome, and what there is to say about it."""

    outcome: Outcome
    remark: str = ""


LEFT_ALONE = Result(Outcome.UNCHANGED)
NOTE_WITHDRAWN = Result(
    Outcome.UNCHANGED, "an earlier run was about to approve it, and its note on that is withdrawn"
)


@attrs.frozen(kw_only=True)
class Outcomes:
    """What a run did, or would do."""

    results: Mapping[AccountId, Result]
    recovered: tuple[ApprovalRecord, ...] = ()
    """The entries of approvals by earlier runs, as they are logged now."""
    brake: Brake
    unlogged: tuple[ApprovalRecord, ...] = ()
    """The entries that the audit logs were given, whether they took them or not."""
    log_failures: tuple[str, ...] = ()
    """Which audit logs failed, and why."""
    notes_left_open: tuple[str, ...] = ()
    """Which notes could not be settled, and why."""
    cut_short: bool = False
    """True if somebody was left for the next run, for lack of time."""

    @property
    def not_logged(self) -> tuple[ApprovalRecord, ...]:
        """Approvals by earlier runs that some log still lacks."""
        return tuple(
            record
            for record in self.recovered
            if self.results[record.account_id].outcome is Outcome.FAILED
        )


def preview(plan: Plan, limit: int, clock: Callable[[], datetime]) -> Outcomes:
    """What the next approving run would do with this plan."""
    brake = Brake(limit).applied_to(plan)
    stale = stale_notes(plan)

    def result(case: Case) -> Result:
        if is_to_be_approved(case) and not brake.stopped:
            return Result(Outcome.WOULD_APPROVE)
        return NOTE_WITHDRAWN if case.account.id in stale else LEFT_ALONE

    recovered = unlogged_approvals(plan, clock)
    return Outcomes(
        results={case.account.id: result(case) for case in plan.cases}
        | {record.account_id: Result(Outcome.WOULD_RECOVER) for record in recovered},
        recovered=recovered,
        brake=brake,
        notes_left_open=notes_not_understood(plan),
    )
