"""Who and what people are told of, each once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import attrs

from glaab.domain.accounts import AccountId
from glaab.domain.brake import Brake
from glaab.domain.errors import GITLAB, System
from glaab.domain.identity import Proven
from glaab.domain.outcome import Outcome
from glaab.domain.policy import Verdict
from glaab.domain.review import Case
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.watching import messages

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
    outage_after: timedelta
    """How long an outage lasts before it is told."""
    _accounts: set[AccountId] = attrs.field(factory=set, init=False)
    _brake_stands: bool = attrs.field(default=False, init=False)
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

    def brake_stopped(self, brake: Brake) -> Lines:
        """That it has, unless it stood already."""
        if self._brake_stands:
            return ()
        self._brake_stands = True
        return (messages.brake_stopped(brake),)

    def brake_released(self) -> Lines:
        """That it is, if it stood."""
        if not self._brake_stands:
            return ()
        self._brake_stands = False
        return (messages.brake_released(),)

    def outage(self, system: System, *, since: datetime, now: datetime) -> Lines:
        """That *system* has not answered since then, once that is long enough ago; both UTC."""
        if system in self._outages or now - since < self.outage_after:
            return ()
        self._outages.add(system)
        return (messages.outage(system, since),)

    def outage_over(self, system: System) -> Lines:
        """That *system* answers, if its outage was told."""
        if system not in self._outages:
            return ()
        self._outages.remove(system)
        return (messages.outage_over(system),)


def _is_vetoed(case: Case) -> bool:
    return case.judgement.verdict is Verdict.VETO
