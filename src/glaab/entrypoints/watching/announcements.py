"""Who and what people are told of, each once."""

from collections.abc import Iterator
from datetime import datetime

import attrs

from glaab.domain.accounts import AccountId
from glaab.domain.errors import GITLAB, System
from glaab.domain.identity import Proven
from glaab.domain.outcome import Outcome
from glaab.domain.policy import Verdict
from glaab.domain.review import Case
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.watching import messages
from glaab.entrypoints.watching.outages import Outage

_MOST = 10
"""How many accounts of one result are named."""

Lines = tuple[str, ...]


@attrs.define(kw_only=True)
class Announcements:
    """The lines that are news since the last ones; it keeps what it gave."""

    gitlab_url: str
    started_at: datetime
    """Of the process: accounts that are older are not told, as their people were before."""
    holds: bool
    """True to tell of the held whose identity is proven, too."""
    approvals: bool
    """True to tell of the approved, too."""
    outage_after_s: float
    """How long an outage lasts before it is told."""
    _accounts: set[AccountId] = attrs.field(factory=set, init=False)
    _outages: set[System] = attrs.field(factory=set, init=False)

    def of_accounts(self, result: RunResult, *, is_whole_queue: bool) -> Lines:
        """
        Those who need a person, then those who were approved; ten, and how many more.

        After a result with the *whole queue* those who have left it are forgotten.
        """
        cases = result.plan.cases
        lines = [*self._who_need_a_person(cases), *self._approved(result)]
        if is_whole_queue and GITLAB not in result.plan.outages:
            self._accounts &= {case.account.id for case in cases}
        more = len(lines) - _MOST
        return (*lines[:_MOST], messages.others(more)) if more > 0 else tuple(lines)

    def _who_need_a_person(self, cases: tuple[Case, ...]) -> Iterator[str]:
        for case in cases:
            if case.account.id not in self._accounts and self._needs_a_person(case):
                self._accounts.add(case.account.id)
                tell = messages.vetoed if _is_vetoed(case) else messages.held
                yield tell(case, self.gitlab_url)

    def _needs_a_person(self, case: Case) -> bool:
        created_at = case.account.created_at
        is_new = created_at is not None and created_at >= self.started_at
        is_held = case.judgement.verdict is Verdict.HOLD and isinstance(case.proof, Proven)
        return is_new and (_is_vetoed(case) or (self.holds and is_held))

    def _approved(self, result: RunResult) -> Iterator[str]:
        outcomes = result.outcomes.results
        for case in result.plan.cases if self.approvals else ():
            if outcomes[case.account.id].outcome is Outcome.APPROVED:
                yield messages.approved(case, self.gitlab_url)

    def of_outage(self, outage: Outage, age_s: float) -> Lines:
        """That it is under way, once it is old enough."""
        if outage.system in self._outages or age_s < self.outage_after_s:
            return ()
        self._outages.add(outage.system)
        return (messages.outage(outage.system, outage.since),)

    def outage_over(self, system: System) -> Lines:
        """That *system* answers, if its outage was told."""
        if system not in self._outages:
            return ()
        self._outages.remove(system)
        return (messages.outage_over(system),)


def _is_vetoed(case: Case) -> bool:
    return case.judgement.verdict is Verdict.VETO
