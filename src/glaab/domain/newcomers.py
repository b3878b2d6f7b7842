"""Looks for newcomers between full runs, and what is remembered of those that were judged."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import attrs

from glaab.domain.accounts import AccountId, AnyAccount
from glaab.domain.brake import Brake
from glaab.domain.errors import GITLAB, SystemUnavailable
from glaab.domain.identity import Proven
from glaab.domain.outcome import Outcome, Outcomes
from glaab.domain.ports import GitLab
from glaab.domain.review import Plan, ReviewAccounts

_MARGIN = timedelta(minutes=10)
"""How much clocks may differ, and how late GitLab may show an account."""
_APPROVED_PERHAPS = (Outcome.APPROVED, Outcome.FAILED)
_STILL_WAITING = (Outcome.UNCHANGED, Outcome.FAILED)


@attrs.frozen(kw_only=True)
class WatchMemory:
    """What is known since the last full run; another one takes its place with each cycle."""

    created_after: datetime
    """Aware, UTC: whoever is older was seen by the last full run."""
    judged: frozenset[AccountId] = frozenset()
    """Not judged again before the next full run."""
    people: Mapping[AnyAccount, Proven] = MappingProxyType({})
    """Who is behind the accounts that were judged and still wait."""
    approved_by_looks: int = 0
    brake_stands: bool = False
    """True from a stop of the brake until a full run counts at most the limit."""

    @classmethod
    def at_start(cls, now: datetime) -> "WatchMemory":
        """That of a process which begins; *now* is aware."""
        return cls(created_after=now - _MARGIN)

    def newcomers(self, pending: Iterable[AnyAccount]) -> tuple[AnyAccount, ...]:
        """Those that were not judged yet, in the same order."""
        return tuple(account for account in pending if account.id not in self.judged)

    def brake_for_look(self, limit: int) -> Brake:
        """Nobody is approved while it stands."""
        return attrs.evolve(self.brake_for_full_run(limit), is_look=True)

    def brake_for_full_run(self, limit: int) -> Brake:
        """It counts afresh, together with what looks have approved."""
        return Brake(limit, approved_before=self.approved_by_looks, stood=self.brake_stands)

    def after_look(self, plan: Plan, outcomes: Outcomes) -> "WatchMemory":
        """With those whom a look has judged."""
        approved = sum(each.outcome in _APPROVED_PERHAPS for each in outcomes.results.values())
        return attrs.evolve(
            self,
            judged=self.judged.union(case.account.id for case in plan.cases),
            people={**self.people, **_people(plan, outcomes)},
            approved_by_looks=self.approved_by_looks + approved,
            brake_stands=self.brake_stands or outcomes.brake.stopped,
        )

    def after_full_run(self, plan: Plan, outcomes: Outcomes, started_at: datetime) -> "WatchMemory":
        """What counts from now on; the same as before if the run could not read the queue."""
        if GITLAB in plan.outages:
            return self
        return WatchMemory(
            created_after=started_at - _MARGIN,
            judged=frozenset(case.account.id for case in plan.cases),
            people=_people(plan, outcomes),
            brake_stands=outcomes.brake.stopped,
        )


def _people(plan: Plan, outcomes: Outcomes) -> dict[AnyAccount, Proven]:
    """Who is behind those of the plan that still wait."""
    return {
        case.account: person
        for case in plan.cases
        if (person := plan.people.get(case.account.id))
        if outcomes.results[case.account.id].outcome in _STILL_WAITING
    }


@attrs.frozen(kw_only=True)
class ReviewNewcomers:
    """Look at whoever waits and was not judged since the last full run."""

    gitlab: GitLab
    review: Callable[[], ReviewAccounts]
    """Makes the review of a run, which is needed only if somebody is new."""

    def __call__(self, memory: WatchMemory) -> Plan:
        """The plan; without cases if nobody is new, or if GitLab did not show who waits."""
        plan = Plan(outages={}, asked=frozenset())
        try:
            newcomers = memory.newcomers(self.gitlab.pending(memory.created_after))
        except SystemUnavailable as error:
            plan = Plan(outages={GITLAB: error.reason}, asked=frozenset())
        else:
            if newcomers:
                plan = self.review()(newcomers, known=memory.people)
        return attrs.evolve(plan, asked=plan.asked | {GITLAB})
