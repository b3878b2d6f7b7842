"""What another policy would change: the queue, looked at once and judged by two policies."""

from collections.abc import Collection
from enum import StrEnum

import attrs

from glaab.domain.accounts import AnyAccount
from glaab.domain.errors import GITLAB, FailoverRestart, SystemUnavailable
from glaab.domain.evidence_collector import RunLookups
from glaab.domain.policy import Verdict
from glaab.domain.ports import GitLab
from glaab.domain.review import Case, Plan, ReviewAccounts


class Change(StrEnum):
    """What the new policy means for an account."""

    GAINS = "gains"
    """It would be approved, and would not by the old one."""
    LOSES = "loses"
    REASONS = "reasons"
    """It is approved by both or by neither, and other rules are satisfied."""


@attrs.frozen(kw_only=True)
class Comparison:
    """An account, judged by both policies."""

    old: Case
    new: Case

    @property
    def account(self) -> AnyAccount:
        return self.old.account

    @property
    def change(self) -> Change | None:
        """None if nothing changes."""
        match (self.old.judgement.verdict, self.new.judgement.verdict):
            case (Verdict.APPROVE, verdict) if verdict is not Verdict.APPROVE:
                return Change.LOSES
            case (verdict, Verdict.APPROVE) if verdict is not Verdict.APPROVE:
                return Change.GAINS
        old, new = set(self.old.judgement.because), set(self.new.judgement.because)
        return Change.REASONS if old != new else None

    @property
    def waits(self) -> bool:
        """True if something could not be looked up that matters to one of the policies."""
        return Verdict.WAIT in (self.old.judgement.verdict, self.new.judgement.verdict)


@attrs.frozen
class PolicyDiff:
    """What looking came to by the old policy and by the new one; the accounts are the same."""

    old: Plan
    new: Plan

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Everybody who waits for approval."""
        pairs = zip(self.old.cases, self.new.cases, strict=True)
        return tuple(Comparison(old=old, new=new) for old, new in pairs)


@attrs.frozen(kw_only=True)
class ComparePolicies:
    """
    Look at everybody who waits, by two policies; changes nothing anywhere.

    A source that both reviews have, the same object, is asked each thing once.
    """

    gitlab: GitLab
    old: ReviewAccounts
    new: ReviewAccounts

    def __call__(self) -> PolicyDiff:
        """The two plans; without cases if GitLab did not show the queue."""
        try:
            pending = self.gitlab.pending()
        except SystemUnavailable as error:
            nobody = Plan(outages={GITLAB: error.reason}, asked=frozenset({GITLAB}))
            return PolicyDiff(nobody, nobody)
        while True:
            try:
                return self._review(pending)
            except FailoverRestart:
                continue

    def _review(self, pending: Collection[AnyAccount]) -> PolicyDiff:
        lookups = RunLookups()
        plans = [review.by(lookups, pending) for review in (self.old, self.new)]
        return PolicyDiff(*(attrs.evolve(each, asked=each.asked | {GITLAB}) for each in plans))
