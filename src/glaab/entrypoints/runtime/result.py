"""What a run was, found and did, and with which exit code it ends."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import attrs

from glaab import __version__
from glaab.domain.accounts import AnyAccount, UnreadableAccount, may_wait
from glaab.domain.errors import AUDIT_LOG, GITLAB, System
from glaab.domain.outcome import Outcome, Outcomes
from glaab.domain.policy import Verdict
from glaab.domain.policy_diff import Change, PolicyDiff
from glaab.domain.ports import RunId
from glaab.domain.review import Plan
from glaab.entrypoints.runtime.exit_code import ExitCode

Kind = Literal["full-run", "look"]
_DAY = timedelta(days=1)


@attrs.frozen(kw_only=True)
class CommandResult:
    """What every command that asks systems tells of itself."""

    command: str
    kind: Kind | None = None
    """What of `watch` it is."""
    run: RunId
    started_at: datetime
    finished_at: datetime
    """Aware, UTC, exact; JSON shows whole seconds."""
    version: str = __version__
    policy: str | None
    """The policy's digest; None if there is no valid one."""
    policy_source: str = ""
    """What messages call the policy: `policy FILE`; empty if there is none."""
    systems: tuple[System, ...]
    """All, in the order in which to show them."""
    requests: Mapping[System, int]


@attrs.frozen(kw_only=True)
class RunResult(CommandResult):
    """Everything that text and JSON tell of a run."""

    plan: Plan
    outcomes: Outcomes

    @property
    def acted(self) -> bool:
        """True if the run was one that approves."""
        return self.command in ("approve", "watch")

    @property
    def outages(self) -> Mapping[System, str]:
        """Which systems gave no usable answer, and why."""
        if failures := "; ".join(self.outcomes.log_failures):
            return {**self.plan.outages, AUDIT_LOG: failures}
        return self.plan.outages

    @property
    def asked(self) -> frozenset[System]:
        """The systems that were needed at all."""
        return self.plan.asked | ({AUDIT_LOG} if self.outcomes.unlogged else set())

    @property
    def has_seen_accounts(self) -> bool:
        """False if nobody was looked at because GitLab did not show whom to look at."""
        return GITLAB not in self.plan.outages or bool(self.plan.cases)

    @property
    def summary(self) -> Mapping[str, int | bool]:
        """`counts`, and that they are of nobody if GitLab did not show whom to look at."""
        return self.counts if self.has_seen_accounts else self.counts | {"unread": True}

    @property
    def counts(self) -> dict[str, int]:
        """How many accounts there are, of each verdict, and what became of them."""
        verdicts = [case.judgement.verdict for case in self.plan.cases]
        outcomes = [result.outcome for result in self.outcomes.results.values()]
        recovered = {Outcome.RECOVERED, Outcome.WOULD_RECOVER}
        return {
            **({"checked": len(verdicts)} if self.command == "recheck" else {}),
            "pending": sum(may_wait(case.account) for case in self.plan.cases),
            **{verdict.value: verdicts.count(verdict) for verdict in Verdict},
            "approved": outcomes.count(Outcome.APPROVED),
            "recovered": sum(outcome in recovered for outcome in outcomes),
            "failed": outcomes.count(Outcome.FAILED),
        }

    def exit_code(self, signal: int | None = None) -> int:
        """The first that applies of: brake, something unwritten, interrupted, somebody waits."""
        outcomes = self.outcomes
        if self.acted and outcomes.brake.stopped:
            return ExitCode.BRAKE
        if self.acted and (
            outcomes.log_failures or outcomes.notes_left_open or self.counts["failed"]
        ):
            return ExitCode.UNWRITTEN
        if signal is not None:
            return 128 + signal
        if (
            somebody_waits(self.plan, self.started_at)
            or GITLAB in self.plan.outages
            or outcomes.cut_short
        ):
            return ExitCode.WAITING
        return ExitCode.OK


@attrs.frozen(kw_only=True)
class DiffResult(CommandResult):
    """Everything that text and JSON tell of two policies; `policy` is the old one."""

    policy_new: str
    sources: tuple[str, str]
    """What problems call the old policy and the new one."""
    diff: PolicyDiff

    @property
    def outages(self) -> Mapping[System, str]:
        """Which systems gave no usable answer, and why."""
        return {**self.diff.new.outages, **self.diff.old.outages}

    @property
    def asked(self) -> frozenset[System]:
        """The systems that were needed at all."""
        return self.diff.old.asked | self.diff.new.asked

    @property
    def has_seen_accounts(self) -> bool:
        """False if GitLab did not show who waits."""
        return GITLAB not in self.outages

    @property
    def summary(self) -> Mapping[str, int | bool]:
        """`counts`, and that they are of nobody if GitLab did not show who waits."""
        return self.counts if self.has_seen_accounts else self.counts | {"unread": True}

    @property
    def counts(self) -> dict[str, int]:
        """How many wait for approval, for how many something changes, and who was not seen."""
        comparisons = self.diff.comparisons
        changes = [each.change for each in comparisons]
        return {
            "pending": len(comparisons),
            **{change.value: changes.count(change) for change in Change},
            "wait": sum(each.waits for each in comparisons),
        }

    @property
    def exit_code(self) -> int:
        """Differences are no failure."""
        plans = (self.diff.old, self.diff.new)
        if GITLAB in self.outages or any(somebody_waits(each, self.started_at) for each in plans):
            return ExitCode.WAITING
        return ExitCode.OK


def somebody_waits(plan: Plan, now: datetime) -> bool:
    """True if somebody waits for a system, or for their own data and not for a day yet."""
    accounts = [case.account for case in plan.cases]
    newest_old = max((each.id for each in accounts if _is_old(each, now, 0)), default=0)
    return any(
        not isinstance(case.account, UnreadableAccount)
        or not _is_old(case.account, now, newest_old)
        for case in plan.cases
        if case.judgement.verdict is Verdict.WAIT
    )


def _is_old(account: AnyAccount, now: datetime, newest_old: int) -> bool:
    """True if it is older than a day, by its own time or, as ids count up, by another's."""
    if account.created_at:
        return now - account.created_at > _DAY
    return account.id < newest_old
