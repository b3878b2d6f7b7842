"""Looks for newcomers between full runs, and what is remembered of those that were judged."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import attrs

from glaab.domain.accounts import AccountId, AnyAccount
from glaab.domain.brake import Brake
from glaab.domain.errors import GITLAB, SystemUnavailable
from glaab.domain.identity import Proof, Proven, Unchecked
from glaab.domain.outcome import Outcome, Outcomes
from glaab.domain.ports import GitLab
from glaab.domain.review import Plan, ReviewAccounts

_MARGIN = timedelta(minutes=10)
"""How much clocks may differ, and how late GitLab may show an account."""
_APPROVED_PERHAPS = (Outcome.APPROVED, Outcome.FAILED)
_WAIT_NO_MORE = (Outcome.APPROVED, Outcome.ALREADY_APPROVED)
"""Who is withdrawn may wait still: marked, or with another identity."""


@attrs.frozen(kw_only=True)
class WatchMemory:
    """What is known since the last full run; another one takes its place with each cycle."""

    created_after: datetime
    """Aware, UTC: whoever is older was seen by the last full run."""
    judged: frozenset[AccountId] = frozenset()
    """Not judged again before the next full run."""
    people: Mapping[AnyAccount, Proven] = MappingProxyType({})
    """Who is behind the accounts that were judged and still wait."""
    unchecked: frozenset[AnyAccount] = frozenset()
    """Those of whom that could not be looked up."""
    approved_by_looks: int = 0
    brake_stands: bool = False
    """True from a stop of the brake until a full run counts at most the limit."""
    knows_queue: bool = False
    """True once a full run has read the queue: before that a look knows too little to approve."""

    @classmethod
    def at_start(cls, now: datetime) -> "WatchMemory":
        """That of a process which begins; *now* is aware."""
        return cls(created_after=now - _MARGIN)

    def newcomers(self, pending: Iterable[AnyAccount]) -> tuple[AnyAccount, ...]:
        """Those that were not judged yet, in the same order."""
        return tuple(account for account in pending if account.id not in self.judged)

    def as_it_is_now(
        self, pending: Iterable[AnyAccount]
    ) -> tuple[frozenset[AnyAccount], dict[AnyAccount, Proven]]:
        """Accounts that are not any more as they were judged, and who is behind the others."""
        now = {account.id: account for account in pending}
        known = {
            account: person
            for account, person in self.people.items()
            if now.get(account.id, account) == account
        }
        changed = (now[account.id] for account in self.people.keys() - known.keys())
        return frozenset(changed), known

    def brake_for_look(self, limit: int) -> Brake:
        """Nobody is approved while it stands."""
        return attrs.evolve(self.brake_for_full_run(limit), is_look=True)

    def brake_for_full_run(self, limit: int) -> Brake:
        """It counts afresh, together with what looks have approved."""
        return Brake(limit, approved_before=self.approved_by_looks, stood=self.brake_stands)

    def after_look(self, plan: Plan, outcomes: Outcomes) -> "WatchMemory":
        """With those whom a look has judged; the same as before if nobody was new."""
        if not plan.cases:
            return self
        approved = sum(each.outcome in _APPROVED_PERHAPS for each in outcomes.results.values())
        waiting = {*self.people, *self.unchecked, *_still_waiting(plan, outcomes)}
        proofs = {each.id: proof for each, proof in self.people.items()} | dict(plan.own_proofs)
        return attrs.evolve(
            self,
            judged=self.judged.union(case.account.id for case in plan.cases),
            people=_proven(waiting, proofs),
            unchecked=_unchecked(waiting, proofs),
            approved_by_looks=self.approved_by_looks + approved,
            brake_stands=self.brake_stands or outcomes.brake.stopped,
        )

    def after_full_run(self, plan: Plan, outcomes: Outcomes, started_at: datetime) -> "WatchMemory":
        """What counts from now on; the same as before if the run could not read the queue."""
        if GITLAB in plan.outages:
            return self
        waiting = set(_still_waiting(plan, outcomes))
        return WatchMemory(
            created_after=started_at - _MARGIN,
            judged=frozenset(case.account.id for case in plan.cases),
            people=_proven(waiting, plan.own_proofs),
            unchecked=_unchecked(waiting, plan.own_proofs),
            brake_stands=outcomes.brake.stopped,
            knows_queue=True,
        )


def _still_waiting(plan: Plan, outcomes: Outcomes) -> Iterator[AnyAccount]:
    for case in plan.cases:
        if outcomes.results[case.account.id].outcome not in _WAIT_NO_MORE:
            yield case.account


def _proven(
    accounts: Collection[AnyAccount], proofs: Mapping[AccountId, Proof]
) -> dict[AnyAccount, Proven]:
    pairs = ((account, proofs[account.id]) for account in accounts)
    return {account: proof for account, proof in pairs if isinstance(proof, Proven)}


def _unchecked(
    accounts: Collection[AnyAccount], proofs: Mapping[AccountId, Proof]
) -> frozenset[AnyAccount]:
    return frozenset(each for each in accounts if isinstance(proofs[each.id], Unchecked))


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
            pending = self.gitlab.pending(memory.created_after)
        except SystemUnavailable as error:
            plan = Plan(outages={GITLAB: error.reason}, asked=frozenset())
        else:
            if newcomers := memory.newcomers(pending):
                changed, known = memory.as_it_is_now(pending)
                plan = self.review()(newcomers, beside=memory.unchecked | changed, known=known)
        return attrs.evolve(plan, asked=plan.asked | {GITLAB})
