"""The safety brake: if more accounts would be approved than the limit, nobody is."""

import attrs

from glaab.domain.accounts import AccountState
from glaab.domain.policy import Verdict
from glaab.domain.review import Case, Plan


def is_to_be_approved(case: Case) -> bool:
    """True if it waits, and is trusted."""
    return case.account.state is AccountState.PENDING and case.judgement.verdict is Verdict.APPROVE


@attrs.frozen
class Brake:
    """The limit, and what is counted against it."""

    limit: int
    would_approve: int = 0
    approved_before: int = 0
    """By looks for newcomers, since the last full run began."""
    stood: bool = False
    """True if it has stopped an earlier look or full run, and was not released since."""
    is_look: bool = False
    """Looks approve nobody while it stands; a full run counts afresh."""

    def applied_to(self, plan: Plan) -> "Brake":
        """The same, with those whom *plan* would approve."""
        return attrs.evolve(self, would_approve=sum(map(is_to_be_approved, plan.cases)))

    @property
    def stopped(self) -> bool:
        """True if the brake holds somebody back."""
        return self.would_approve > self.allowed

    @property
    def allowed(self) -> int:
        """How many may still be approved."""
        if self.is_look and self.stood:
            return 0
        return max(0, self.limit - self.approved_before)
