"""Act: from a plan to approvals, audit entries and settled notes, so that nothing is lost."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from glaab.domain.accounts import Account, AccountId, AccountState
from glaab.domain.errors import NotConfirmed, SystemUnavailable
from glaab.domain.evidence import Proven
from glaab.domain.policy import Verdict
from glaab.domain.ports import (
    ApprovalAnswer,
    ApprovalRecord,
    AuditLog,
    GitLab,
    Noted,
    RunId,
    Settled,
)
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


_QUICKER = Result(Outcome.ALREADY_APPROVED, "somebody else was quicker")


@attrs.frozen
class Brake:
    """The safety brake: if more than *limit* would be approved, nobody is."""

    limit: int
    would_approve: int

    @property
    def stopped(self) -> bool:
        """Whether the brake holds everybody back."""
        return self.would_approve > self.limit


@attrs.frozen(kw_only=True)
class Outcomes:
    """What a run did, or would do."""

    results: Mapping[AccountId, Result]
    recovered: tuple[ApprovalRecord, ...] = ()
    """The entries of approvals by earlier runs, as they are logged now."""
    brake: Brake
    logged: tuple[ApprovalRecord, ...] = ()
    """What was given to the audit logs."""
    unlogged: tuple[str, ...] = ()
    """Which audit logs failed, and why."""
    open_notes: tuple[str, ...] = ()
    """Which notes could not be settled, and why."""
    cut_short: bool = False
    """Whether somebody was left for the next run, for lack of time."""


def brake(plan: Plan, limit: int) -> Brake:
    """How the brake stands to this plan."""
    return Brake(limit, sum(map(_is_to_be_approved, plan.cases)))


def _is_to_be_approved(case: Case) -> bool:
    return case.account.state is AccountState.PENDING and case.judgement.verdict is Verdict.APPROVE


def foresee(plan: Plan, limit: int, clock: Callable[[], datetime]) -> Outcomes:
    """What the next approving run would do with this plan."""
    stands = brake(plan, limit)

    def result(case: Case) -> Result:
        if _is_to_be_approved(case) and not stands.stopped:
            return Result(Outcome.WOULD_APPROVE)
        return Result(Outcome.UNCHANGED)

    recovered = _recovered(plan, clock)
    return Outcomes(
        results={case.account.id: result(case) for case in plan.cases}
        | {record.account_id: Result(Outcome.WOULD_RECOVER) for record in recovered},
        recovered=recovered,
        brake=stands,
    )


@attrs.frozen(kw_only=True)
class CarryOut:
    """Approve whom the plan trusts, log it, and settle the notes."""

    gitlab: GitLab
    audit_logs: tuple[AuditLog, ...]
    clock: Callable[[], datetime]
    """The time now; aware, UTC, whole seconds."""
    may_start: Callable[[], bool]
    """Whether there is time for another account."""
    run: RunId
    policy: str
    """The policy's digest."""
    version: str
    """glaab's."""

    def __call__(self, plan: Plan, limit: int) -> Outcomes:
        """
        Finish what earlier runs left, then approve unless the brake stops it.

        Entries are logged and notes settled for whatever was approved, also when time is
        up; what fails is left for the next run, and said.
        """
        stands = brake(plan, limit)
        recovered = _recovered(plan, self.clock)
        open_notes = self._withdraw_stale_notes(plan)
        results: dict[AccountId, Result] = {}
        records: list[ApprovalRecord] = []
        cut_short = False
        for case in plan.cases:
            results[case.account.id] = Result(Outcome.UNCHANGED)
            if stands.stopped or not _is_to_be_approved(case):
                continue
            if not self.may_start():
                cut_short = True
                continue
            results[case.account.id], record = self._approve(case)
            records += [record] if record else []
        owed = (*recovered, *records)
        unlogged = self._log(owed)
        if not unlogged:
            open_notes += self._settle(owed)
        done = {each.account_id: Result(Outcome.RECOVERED, each.remark) for each in recovered}
        return Outcomes(
            results=results | done,
            recovered=recovered,
            brake=stands,
            logged=owed,
            unlogged=unlogged,
            open_notes=open_notes,
            cut_short=cut_short,
        )

    def _approve(self, case: Case) -> tuple[Result, ApprovalRecord | None]:
        """One account: look again, note the intent, approve; the record if it was approved."""
        try:
            now = self.gitlab.find(case.account.id)
            if now is None:
                return Result(Outcome.WITHDRAWN, "it does not exist any more"), None
            if changed := _changed(case.account, now.account):
                return changed, None
            record, mine = self._noted(case, now)
            answer = self.gitlab.approve(case.account.id)
            if answer is ApprovalAnswer.APPROVED:
                return Result(Outcome.APPROVED), record
            if mine:
                self.gitlab.settle(case.account.id, Settled.WITHDRAWN)
        except (SystemUnavailable, NotConfirmed) as error:
            return Result(Outcome.FAILED, str(error)), None
        if answer is ApprovalAnswer.ALREADY_ACTIVE:
            return _QUICKER, None
        return Result(Outcome.WITHDRAWN, "it is not pending any more"), None

    def _noted(self, case: Case, now: Noted) -> tuple[ApprovalRecord, bool]:
        """The record to log, and whether the note on the account is this run's own."""
        record = self._record(case, now.account)
        if isinstance(now.note, ApprovalRecord):
            return attrs.evolve(record, at=now.note.at), False
        self.gitlab.note(record)
        return record, True

    def _record(self, case: Case, now: Account) -> ApprovalRecord:
        return ApprovalRecord(
            at=self.clock(),
            account_id=now.id,
            username=now.username,
            created_at=now.created_at,
            because=case.judgement.because,
            proof=case.proof if isinstance(case.proof, Proven) else None,
            evidence=case.evidence,
            run=self.run,
            policy=self.policy,
            version=self.version,
        )

    def _withdraw_stale_notes(self, plan: Plan) -> tuple[str, ...]:
        """Close the notes on accounts that still wait and are not to be approved any more."""
        verdicts = {case.account.id: case.judgement.verdict for case in plan.cases}
        stale = [
            noted.account.id
            for noted in plan.unfinished
            if verdicts.get(noted.account.id, Verdict.APPROVE) is not Verdict.APPROVE
        ]
        return tuple(said for key in stale if (said := self._close(key, Settled.WITHDRAWN)))

    def _log(self, records: tuple[ApprovalRecord, ...]) -> tuple[str, ...]:
        """Append to every log, each on its own; says which failed."""
        failures = []
        for audit_log in self.audit_logs if records else ():
            try:
                audit_log.append(records)
            except (SystemUnavailable, NotConfirmed) as error:
                failures.append(str(error))
        return tuple(failures)

    def _settle(self, records: tuple[ApprovalRecord, ...]) -> tuple[str, ...]:
        """Close the notes of what is in every log; says which are still open."""
        closed = (self._close(record.account_id, Settled.LOGGED) for record in records)
        return tuple(said for said in closed if said)

    def _close(self, account: AccountId, ending: Settled) -> str:
        try:
            self.gitlab.settle(account, ending)
        except SystemUnavailable as error:
            return f"the note on account {account} is still open: {error}"
        return ""


def _changed(judged: Account, now: Account) -> Result | None:
    """What became of an account that is not any more the one that was judged."""
    if now.state is AccountState.ACTIVE:
        return _QUICKER
    if now.state is not AccountState.PENDING:
        return Result(Outcome.WITHDRAWN, f"it is {now.state} now")
    if set(now.identities) != set(judged.identities):
        return Result(Outcome.WITHDRAWN, "it carries other identities now")
    if now.mark is not None:
        return Result(Outcome.WITHDRAWN, "an administrator has marked it since")
    return None


def _recovered(plan: Plan, clock: Callable[[], datetime]) -> tuple[ApprovalRecord, ...]:
    """The entries that earlier runs owe: for open notes on accounts that wait no more."""
    return tuple(
        _owed(noted, clock)
        for noted in plan.unfinished
        if noted.account.state is not AccountState.PENDING
    )


def _owed(noted: Noted, clock: Callable[[], datetime]) -> ApprovalRecord:
    account, note = noted.account, noted.note
    if isinstance(note, ApprovalRecord):
        return attrs.evolve(
            note,
            found=account.state,
            remark=f"logged by a later run than {note.run}, which noted the approval and did not"
            " log it; a person may have approved the account in the same moment",
        )
    why = note.reason if note else "there is none"
    return ApprovalRecord(
        at=clock(),
        account_id=account.id,
        username=account.username,
        created_at=account.created_at,
        because=(),
        proof=None,
        evidence=(),
        run=RunId("unknown"),
        policy="unknown",
        version="unknown",
        found=account.state,
        remark=f"the note of the run that approved it could not be read: {why}",
    )
