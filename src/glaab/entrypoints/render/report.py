"""Whom a person has to look at: who stays pending, or was approved and would not be today."""

from datetime import datetime
from functools import partial

import attrs

from glaab.adapters.integration import Integrations
from glaab.domain.accounts import AccountId
from glaab.domain.policy import Verdict
from glaab.entrypoints.render.causes import Causes, shared_causes
from glaab.entrypoints.render.links import account_links
from glaab.entrypoints.render.report_row import Nearness, Row, report_row
from glaab.entrypoints.runtime.result import RunResult
from glaab.settings.core import Settings


@attrs.frozen(kw_only=True)
class Report:
    """A run, and everybody whom the next one leaves pending, or who would not be approved today."""

    result: RunResult
    rows: tuple[Row, ...]
    causes: Causes
    gitlab_url: str

    @classmethod
    def of(cls, result: RunResult, integrations: Integrations, settings: Settings) -> "Report":
        """The nearest to being trusted first, those who wait for a system last; then the oldest."""
        cases = [
            case
            for case in result.plan.cases
            if result.outcomes.brake.stopped or case.judgement.verdict is not Verdict.APPROVE
        ]
        causes = shared_causes(result.plan, cases)
        rows = [
            report_row(result, case, tuple(account_links(case, integrations, settings)), causes)
            for case in cases
        ]
        key = _recheck_order if result.command == "recheck" else partial(_order, result.started_at)
        rows.sort(key=key)
        return cls(result=result, rows=tuple(rows), causes=causes, gitlab_url=settings.gitlab_url)

    @property
    def is_recheck(self) -> bool:
        """True if it is about those who were approved."""
        return self.result.command == "recheck"


def _order(now: datetime, row: Row) -> tuple[Nearness, datetime, AccountId]:
    account = row.case.account
    return row.nearness, account.created_at or now, account.id


def _recheck_order(row: Row) -> tuple[int, AccountId]:
    """What speaks against somebody first, and what could not be looked up last."""
    worst_first = (Verdict.VETO, Verdict.HOLD, Verdict.WAIT)
    return worst_first.index(row.case.judgement.verdict), row.case.account.id
