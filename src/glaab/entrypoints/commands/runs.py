"""The runs: review, carry out or foresee, and tell."""

import logging
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import attrs
import click
import structlog

from glaab import __version__
from glaab.domain.accounts import AccountId, Username
from glaab.domain.errors import System, SystemUnavailable
from glaab.domain.outcome import Outcomes, preview
from glaab.domain.review import Plan
from glaab.entrypoints.commands.account_ref import parse_account_ref
from glaab.entrypoints.render.as_json import as_json
from glaab.entrypoints.render.as_text import as_text, page_as_text
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.runtime.bootstrap import App, Composed, Options
from glaab.entrypoints.runtime.clock import exactly_now, now
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.entrypoints.runtime.metrics import write_metrics
from glaab.entrypoints.runtime.progress import progress
from glaab.entrypoints.runtime.reporter import UNWRITTEN, report_result
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.runtime.shutdown import Interrupted, Shutdown

log = structlog.get_logger()


def approve(app: App, options: Options) -> int:
    """Approve whom the policy trusts; the exit code."""
    container = app.container

    def run(shutdown: Shutdown) -> int:
        started_at = exactly_now()
        with under_way(app, options):
            plan = container.review_pending()()
            shutdown.begin_to_act()
            apply_plan = container.apply_plan(may_start=shutdown.may_start)
            outcomes = apply_plan(plan, app.settings.glaab_max_approvals)
        result = _result(app, "approve", started_at, plan, outcomes)
        report_result(result, lambda result: _show(result, options))
        code = result.exit_code(shutdown.received)
        if app.settings.glaab_world:
            if not options.as_json:
                page_as_text(container.audit_page().page, color=options.color)
        elif path := app.settings.glaab_metrics_file:
            write_metrics(path, result, code)
        return code

    return interruptible(app, options, app.settings.glaab_deadline_s, run)


def dry_run(app: App, options: Options) -> int:
    """Tell what `approve` would do; the exit code."""
    return look(app, options, "dry-run", lambda result: _show(result, options))


def look(app: App, options: Options, command: str, show: Callable[[RunResult], bool]) -> int:
    """Review all, and *show* it, which answers whether it could; the exit code."""

    def run(_: Shutdown) -> int:
        started_at = exactly_now()
        with under_way(app, options):
            plan = app.container.review_pending()()
        outcomes = preview(plan, app.settings.glaab_max_approvals, now)
        result = _result(app, command, started_at, plan, outcomes)
        return result.exit_code() if report_result(result, show) else UNWRITTEN

    return interruptible(app, options, math.inf, run)


def explain(app: App, options: Options, reference: str) -> int:
    """Tell all about one account; the exit code."""
    who = parse_account_ref(reference, app.settings.gitlab_url)

    def run(_: Shutdown) -> int:
        started_at = exactly_now()
        with under_way(app, options):
            plan = _plan_of_one(app, who)
        if not plan.cases and not plan.outages:
            click.echo(f"glaab: GitLab has no account {escape_control(reference)}", err=True)
            return 2
        outcomes = preview(plan, app.settings.glaab_max_approvals, now)
        result = _result(app, "explain", started_at, plan, outcomes)
        shown = report_result(result, lambda result: _show(result, options))
        return result.exit_code() if shown else UNWRITTEN

    return interruptible(app, options, math.inf, run)


def _plan_of_one(app: App, who: AccountId | Username) -> Plan:
    asked = frozenset({System.GITLAB})
    try:
        found = app.container.gitlab().find(who)
    except SystemUnavailable as error:
        return Plan(outages={error.system: error.reason}, asked=asked)
    if found is None:
        return Plan(outages={}, asked=asked)
    plan = app.container.review_accounts()([found.account])
    return attrs.evolve(plan, asked=plan.asked | asked)


def under_way(made: Composed, options: Options) -> AbstractContextManager[None]:
    """Show on a terminal what is being asked, unless messages are not wanted."""
    is_wanted = options.level < logging.WARNING
    return progress(made.container.request_counter(), wanted=is_wanted, color=options.color)


def interruptible(
    made: Composed, options: Options, deadline_s: float, run: Callable[[Shutdown], int]
) -> int:
    """The exit code of *run*, or of the signal that ended it before anything was done."""
    configure_logs(
        made.settings.glaab_log_format,
        level=options.level,
        run=made.run,
        color=options.color,
    )
    if exposed := made.settings.exposed_env_file:
        log.warning("env_file_readable_by_others", file=str(exposed), remedy=f"chmod 600 {exposed}")
    try:
        with Shutdown(made.container.timeouts(), deadline_s) as shutdown:
            return run(shutdown)
    except Interrupted as stopped:
        log.warning("run_interrupted", approved=0)
        return stopped.exit_code


def _result(
    app: App, command: str, started_at: datetime, plan: Plan, outcomes: Outcomes
) -> RunResult:
    return RunResult(
        command=command,
        run=app.run,
        started_at=started_at,
        finished_at=exactly_now(),
        version=__version__,
        policy=app.policy.digest,
        plan=plan,
        outcomes=outcomes,
        requests=app.container.request_counter(),
    )


def _show(result: RunResult, options: Options) -> bool:
    if options.as_json:
        click.echo(as_json(result))
    else:
        as_text(result, color=options.color)
    return True
