"""What runs have in common: signals, progress, messages on stderr, the result on stdout."""

import logging
import math
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from glaab.domain.accounts import UnreadableAccount
from glaab.domain.errors import System
from glaab.domain.evidence import Unknown
from glaab.domain.outcome import Outcome, preview
from glaab.domain.policy import Verdict
from glaab.domain.review import Plan
from glaab.entrypoints.render.as_json import as_json
from glaab.entrypoints.render.as_text import as_text
from glaab.entrypoints.runtime.bootstrap import App, Options
from glaab.entrypoints.runtime.clock import now
from glaab.entrypoints.runtime.exit_code import ExitCode
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.entrypoints.runtime.progress import progress
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.runtime.shutdown import Interrupted, Shutdown
from glaab.entrypoints.runtime.streams import drop_stdout

log = structlog.get_logger()

Show = Callable[[Options, RunResult], bool]
_CAUSES = 5
_NOTHING_CHANGED = (Outcome.UNCHANGED, Outcome.WOULD_APPROVE, Outcome.WOULD_RECOVER)


def interruptible(app: App, run: Callable[[Shutdown], int], deadline_s: float = math.inf) -> int:
    """The exit code of *run*, or of the signal that ended it before anything was done."""
    configure_logs(app.options, app.run)
    warn_of_exposed_env_file(app)
    try:
        with Shutdown(app.container.timeouts(), deadline_s) as shutdown:
            return run(shutdown)
    except Interrupted as stopped:
        log.warning("run_interrupted", approved=0)
        return stopped.exit_code


def warn_of_exposed_env_file(app: App) -> None:
    """Warn if others may read the secrets in the env file."""
    if exposed := app.settings.exposed_env_file:
        log.warning("env_file_readable_by_others", file=str(exposed), remedy=f"chmod 600 {exposed}")


def show_result(options: Options, result: RunResult) -> bool:
    """Print it as text or JSON; True: whatever stdout does not take is raised."""
    if options.form == "json":
        sys.stdout.writelines(as_json(result))
    else:
        as_text(result, color=options.color)
    return True


def look(app: App, command: str, review: Callable[[], Plan], show: Show = show_result) -> int:
    """Review without acting, *show* what the next run would do (True if it could); exit code."""

    def run(_: Shutdown) -> int:
        with progress(app.options, app.container.request_counter()):
            plan = review()
        outcomes = preview(plan, app.settings.glaab_max_approvals, now)
        result = RunResult(plan=plan, outcomes=outcomes, **common_fields(app, command))
        return (
            result.exit_code() if report_result(app.options, result, show) else ExitCode.UNWRITTEN
        )

    return interruptible(app, run)


def common_fields(app: App, command: str) -> dict[str, Any]:
    """Those of the `CommandResult` of a run that ends now."""
    return {
        "command": command,
        "run": app.run,
        "started_at": app.started_at,
        "finished_at": datetime.now(UTC),
        "policy": app.policy.digest if app.policy else None,
        "policy_source": app.policy_text.source if app.policy_text else "",
        "systems": app.options.systems,
        "requests": app.container.request_counter(),
    }


def report_result(options: Options, result: RunResult, show: Show = show_result) -> bool:
    """Log what happened and *show* the result; True if that succeeded."""
    if not _is_repeated(options, result):
        for system, reason in result.plan.outages.items():
            log.warning("system_unavailable", system=system, reason=reason)
        if result.outcomes.brake.stopped:
            log.error("brake_stopped", would_approve=result.outcomes.brake.would_approve)
    return report_accounts(options, result, show)


def report_accounts(options: Options, result: RunResult, show: Show = show_result) -> bool:
    """The same without outages and the brake, of which a service speaks once."""
    if not _is_repeated(options, result):
        _log_accounts(result)
    is_written = write_safely(lambda: show(options, result))
    level = logging.INFO if result.acted else logging.DEBUG
    kind = {"kind": result.kind} if result.kind else {}
    if not _is_repeated(options, result):
        log.log(level, "run_finished", command=result.command, **kind, **result.summary)
    return is_written


def _is_repeated(options: Options, result: RunResult) -> bool:
    """True if messages would say again, on the same terminal, what the result of a run says."""
    is_one_terminal = sys.stdout.isatty() and sys.stderr.isatty()
    return result.acted and is_one_terminal and options.level > logging.DEBUG


def _log_accounts(result: RunResult) -> None:
    for case in result.plan.cases:
        if isinstance(case.account, UnreadableAccount):
            log.warning("account_unreadable", account=case.account.id, reason=case.account.reason)
    for (system, rule, reason), count in _unknown_answers(result) if result.acted else ():
        log.warning("answer_unknown", system=system, rule=rule, reason=reason, accounts=count)
    not_logged = {record.account_id for record in result.outcomes.not_logged}
    for account, done in result.outcomes.results.items():
        if done.outcome is Outcome.FAILED and account not in not_logged:
            log.error("approval_failed", account=account, reason=done.remark)
        elif done.outcome not in (*_NOTHING_CHANGED, Outcome.FAILED):
            log.info("account_settled", account=account, outcome=done.outcome.value)
    unwritten = (*result.outcomes.log_failures, *result.outcomes.notes_left_open)
    for reason in unwritten if result.acted else ():
        log.error("record_not_written", reason=reason)


def _unknown_answers(result: RunResult) -> list[tuple[tuple[System, str, str], int]]:
    """What keeps people waiting although the system answers, the commonest first, at most five."""
    unknown = Counter(
        (each.system, each.rule, each.answer.detail)
        for case in result.plan.cases
        if case.judgement.verdict is Verdict.WAIT
        for each in case.evidence
        if isinstance(each.answer, Unknown) and each.system not in result.plan.outages
    )
    return unknown.most_common(_CAUSES)


def write_safely(write: Callable[[], bool | None]) -> bool:
    """False if *write* says so or stdout cannot be written; it can if its reader has left."""
    try:
        is_written = write()
        sys.stdout.flush()
    except BrokenPipeError:
        drop_stdout()
        return True
    except OSError as error:
        log.error("result_not_shown", reason=error.strerror or str(error))
        drop_stdout()
        return False
    return is_written is not False
