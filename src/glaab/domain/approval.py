"""Act: from a plan to approvals, audit entries and settled notes, so that nothing is lost."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import attrs

from glaab.domain.accounts import Account, AccountId, AccountState, AnyAccount, UnreadableAccount
from glaab.domain.brake import Brake, is_to_be_approved
from glaab.domain.errors import GITLAB, NoSuchAccount, NotConfirmed, PartlyLogged, SystemUnavailable
from glaab.domain.identity import Proven
from glaab.domain.outcome import LEFT_ALONE, NOTE_WITHDRAWN, Outcome, Outcomes, Result
from glaab.domain.ports import ApprovalAnswer, ApprovalRecord, AuditLog, GitLab, NoteStatus, RunId
from glaab.domain.recovery import notes_not_understood, stale_notes, unlogged_approvals
from glaab.domain.review import Case, Plan

T = TypeVar("T")

_Attempt = tuple[Result, ApprovalRecord | None]
"""What became of an approval, and the record if it happened."""

_NO_TIME = Result(Outcome.UNCHANGED, "there was no time left; the next run looks again")
_GONE = Result(Outcome.WITHDRAWN, "it does not exist any more")
_TOO_LATE = {
    ApprovalAnswer.ALREADY_ACTIVE: Result(Outcome.ALREADY_APPROVED, "somebody else was quicker"),
    ApprovalAnswer.NOT_PENDING: Result(Outcome.WITHDRAWN, "it is not pending any more"),
}


@attrs.frozen(kw_only=True)
class ApplyPlan:
    """Approve whom the plan trusts, log it, and settle the notes."""

    gitlab: GitLab
    audit_logs: tuple[AuditLog, ...]
    clock: Callable[[], datetime]
    """The time now; aware, UTC, whole seconds."""
    may_start: Callable[[], bool]
    """True if there is time for another account."""
    run: RunId
    policy: str
    """The policy's digest."""
    version: str
    """glaab's."""

    def __call__(self, plan: Plan, brake: Brake) -> Outcomes:
        """
        Finish what earlier runs left, then approve unless the brake stops it.

        Entries are logged and notes settled for whatever was approved, also when time is
        up; what fails is left for the next run, and reported.
        """
        brake = brake.applied_to(plan)
        recovered = unlogged_approvals(plan, self.clock)
        stale, stale_left = self._settle_all(sorted(stale_notes(plan)), self._withdraw_if_pending)
        attempts = {} if brake.stopped else self._approve_all(plan)
        unlogged = (*recovered, *(record for _, record in attempts.values() if record))
        log_failures, missing = self._log(unlogged)
        logged = [each.account_id for each in unlogged if each.account_id not in missing]
        _, logged_left = self._settle_all(
            logged, lambda account: self.gitlab.settle(account, NoteStatus.LOGGED)
        )
        done = {
            each.account_id: _not_logged(missing[each.account_id])
            if each.account_id in missing
            else Result(Outcome.RECOVERED, each.remark)
            for each in recovered
        }
        approvals = {account: result for account, (result, _) in attempts.items()}
        unchanged = {case.account.id: LEFT_ALONE for case in plan.cases}
        return Outcomes(
            results=unchanged | stale | approvals | done,
            recovered=recovered,
            brake=brake,
            unlogged=unlogged,
            log_failures=log_failures,
            notes_left_open=(*notes_not_understood(plan), *stale_left, *logged_left),
            cut_short=_NO_TIME in approvals.values(),
        )

    def _approve_all(self, plan: Plan) -> dict[AccountId, _Attempt]:
        return {
            case.account.id: self._approve(case) if self.may_start() else (_NO_TIME, None)
            for case in plan.cases
            if is_to_be_approved(case)
        }

    def _approve(self, case: Case) -> _Attempt:
        """One account: look again, note the intent, approve; the record if it was approved."""
        try:
            now = self.gitlab.find(case.account.id)
            if now is None:
                return _GONE, None
            account = _understood(now.account)
            if changed := _changed(case.account, account):
                return changed, None
            record = self._record(case, account)
            if isinstance(now.note, ApprovalRecord):
                return self._approve_under(now.note, record)
            self.gitlab.note(record)
            return self._approve_noted(record)
        except NoSuchAccount:
            return _GONE, None
        except (SystemUnavailable, NotConfirmed) as error:
            return Result(Outcome.FAILED, str(error)), None

    def _approve_noted(self, record: ApprovalRecord) -> _Attempt:
        try:
            answer = self.gitlab.approve(record.account_id)
        except SystemUnavailable:
            with suppress(SystemUnavailable):  # the next run looks at the note
                self._withdraw_own_note(record.account_id, if_in={AccountState.PENDING})
            raise
        if answer is ApprovalAnswer.APPROVED:
            return Result(Outcome.APPROVED), record
        self._withdraw_own_note(record.account_id, if_in=frozenset(AccountState))
        return _TOO_LATE[answer], None

    def _withdraw_own_note(self, account: AccountId, *, if_in: Collection[AccountState]) -> None:
        """Nothing came of it; what another run has noted since is left alone."""
        now = self.gitlab.find(account)
        if now is None or _understood(now.account).state not in if_in:
            return
        if isinstance(now.note, ApprovalRecord) and now.note.run == self.run:
            self.gitlab.settle(account, NoteStatus.WITHDRAWN)

    def _approve_under(self, standing: ApprovalRecord, record: ApprovalRecord) -> _Attempt:
        """
        Approve under the note of another run, which is left standing until it is done.

        Afterwards the note says that it was this run, so that the other, if it lives, leaves
        it alone. Time and username stay those that were noted first, as a log has them if
        the other run wrote it.
        """
        remark = f"approved later than it says: at that time run {standing.run} had noted it"
        record = attrs.evolve(record, at=standing.at, username=standing.username, remark=remark)
        answer = self.gitlab.approve(record.account_id)
        if answer is not ApprovalAnswer.APPROVED:
            return _TOO_LATE[answer], None
        with suppress(SystemUnavailable):  # the note that stands will do
            self.gitlab.note(record)
        return Result(Outcome.APPROVED), record

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

    def _log(
        self, records: tuple[ApprovalRecord, ...]
    ) -> tuple[tuple[str, ...], dict[int, list[str]]]:
        """Append to every log, each on its own; which failed, and whose entry is missing why."""
        failures: list[str] = []
        missing: dict[int, list[str]] = {}
        for audit_log in self.audit_logs if records else ():
            try:
                audit_log.append(records)
            except (SystemUnavailable, NotConfirmed) as error:
                failures.append(str(error))
                everybody = {each.account_id for each in records}
                for account in error.refused if isinstance(error, PartlyLogged) else everybody:
                    missing.setdefault(account, []).append(str(error))
        return tuple(failures), missing

    def _withdraw_if_pending(self, account: AccountId) -> Result:
        """If another run has approved it since the look, it will log that under the note."""
        now = self.gitlab.find(account)
        if now is None:
            return _GONE
        if changed := _not_pending(_understood(now.account)):
            return changed
        self.gitlab.settle(account, NoteStatus.WITHDRAWN)
        return NOTE_WITHDRAWN

    def _settle_all(
        self, accounts: Iterable[AccountId], settle: Callable[[AccountId], T]
    ) -> tuple[dict[AccountId, T], tuple[str, ...]]:
        """
        What came of each account when its note was settled, and which notes are still open.

        When time is up the first failure is the last: each may have taken as long as a
        request may last, and the next run closes what is left.
        """
        results: dict[AccountId, T] = {}
        left: list[str] = []
        for account in accounts:
            why = "there was no time left to try" if left and not self.may_start() else ""
            try:
                if not why:
                    results[account] = settle(account)
                    continue
            except SystemUnavailable as error:
                why = str(error)
            left.append(f"the note on account {account} is still open: {why}")
        return results, tuple(left)


def _not_logged(reasons: Iterable[str]) -> Result:
    return Result(Outcome.FAILED, f"approved earlier, not yet logged: {'; '.join(reasons)}")


def _understood(account: AnyAccount) -> Account:
    """The account; SystemUnavailable if nobody can tell what it is now."""
    if isinstance(account, UnreadableAccount):
        raise SystemUnavailable(GITLAB, account.trouble)
    return account


def _changed(judged: AnyAccount, now: Account) -> Result | None:
    """What became of an account that is not any more the one that was judged."""
    if changed := _not_pending(now):
        return changed
    if Counter(now.identities) != Counter(judged.identities):
        return Result(Outcome.WITHDRAWN, "it carries other identities now")
    if now.mark is not None:
        return Result(Outcome.WITHDRAWN, "an administrator has marked it since")
    return None


def _not_pending(now: Account) -> Result | None:
    if now.state is AccountState.ACTIVE:
        return _TOO_LATE[ApprovalAnswer.ALREADY_ACTIVE]
    if now.state is not AccountState.PENDING:
        return Result(Outcome.WITHDRAWN, f"it is {now.state} now")
    return None
