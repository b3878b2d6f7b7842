"""What runs have in common: signals, messages, progress, and the result."""

import logging
import math
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import structlog

from glaab import __version__
from glaab.domain.outcome import Outcomes, preview
from glaab.domain.review import Plan
from glaab.entrypoints.render.as_json import as_json
from glaab.entrypoints.render.as_text import as_text
from glaab.entrypoints.runtime.bootstrap import App, Options
from glaab.entrypoints.runtime.clock import exactly_now, now
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.entrypoints.runtime.progress import progress
from glaab.entrypoints.runtime.reporter import UNWRITTEN, report_result
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.runtime.shutdown import Interrupted, Shutdown

log = structlog.get_logger()


def interruptible(app: App, deadline_s: float, run: Callable[[Shutdown], int]) -> int:
    """The exit code of *run*, or of the signal that ended it before anything was done."""
    options = app.options
    configure_logs(
        options.settings.glaab_log_format, level=options.level, run=app.run, color=options.color
    )
    if exposed := options.settings.exposed_env_file:
        log.warning("env_file_readable_by_others", file=str(exposed), remedy=f"chmod 600 {exposed}")
    try:
        with Shutdown(app.container.timeouts(), deadline_s) as shutdown:
            return run(shutdown)
    except Interrupted as stopped:
        log.warning("run_interrupted", approved=0)
        return stopped.exit_code


def under_way(app: App) -> AbstractContextManager[None]:
    """Show on a terminal what is being asked, unless messages are not wanted."""
    is_wanted = app.options.level < logging.WARNING
    counter = app.container.request_counter()
    return progress(counter, wanted=is_wanted, color=app.options.color)


def show_result(options: Options, result: RunResult) -> bool:
    """Print it as text or JSON; True: whatever stdout does not take is raised."""
    if options.as_json:
        sys.stdout.writelines(as_json(result))
    else:
        as_text(result, color=options.color)
    return True


def look(
    app: App, command: str, review: Callable[[], Plan], show: Callable[[RunResult], bool]
) -> int:
    """Review without acting, *show* what the next run would do (True if it could); exit code."""

    def run(_: Shutdown) -> int:
        started_at = exactly_now()
        with under_way(app):
            plan = review()
        outcomes = preview(plan, app.settings.glaab_max_approvals, now)
        result = run_result(app, command, started_at, plan, outcomes)
        return result.exit_code() if report_result(result, show) else UNWRITTEN

    return interruptible(app, math.inf, run)


def run_result(
    app: App, command: str, started_at: datetime, plan: Plan, outcomes: Outcomes
) -> RunResult:
    """Everything that is shown of a run which has just ended."""
    return RunResult(
        command=command,
        run=app.run,
        started_at=started_at,
        finished_at=exactly_now(),
        version=__version__,
        policy=app.policy_digest,
        systems=app.options.systems,
        plan=plan,
        outcomes=outcomes,
        requests=app.container.request_counter(),
    )
