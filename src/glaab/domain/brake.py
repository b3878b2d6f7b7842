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
    """The limit, and how many a run would approve."""

    limit: int
    would_approve: int

    @classmethod
    def for_plan(cls, plan: Plan, limit: int) -> "Brake":
        """How the brake stands to this plan."""
        return cls(limit, sum(map(is_to_be_approved, plan.cases)))

    @property
    def stopped(self) -> bool:
        """True if the brake holds everybody back."""
        return self.would_approve > self.limit
