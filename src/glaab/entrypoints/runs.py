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
from glaab.domain.outcomes import Outcomes, foresee
from glaab.domain.review import Plan
from glaab.entrypoints.clock import exactly_now, now
from glaab.entrypoints.interruption import Interrupted, Interruption
from glaab.entrypoints.logs import configure_logs
from glaab.entrypoints.preparation import Composed, Options, Prepared
from glaab.entrypoints.progress import progress
from glaab.entrypoints.references import account_named
from glaab.entrypoints.render.as_json import as_json
from glaab.entrypoints.render.as_text import as_text, page_as_text
from glaab.entrypoints.render.printable import printable
from glaab.entrypoints.result import RunResult
from glaab.entrypoints.telemetry import write_metrics
from glaab.entrypoints.telling import UNWRITTEN, tell

log = structlog.get_logger()


def approve(prepared: Prepared, options: Options) -> int:
    """Approve whom the policy trusts; the exit code."""
    container = prepared.container

    def run(interruption: Interruption) -> int:
        started_at = exactly_now()
        with under_way(prepared, options):
            plan = container.review_pending()()
            interruption.begin_to_act()
            carry_out = container.carry_out(may_start=interruption.may_start)
            outcomes = carry_out(plan, prepared.settings.glaab_max_approvals)
        result = _result(prepared, "approve", started_at, plan, outcomes)
        tell(result, lambda result: _show(result, options))
        code = result.exit_code(interruption.received)
        if prepared.settings.glaab_world:
            if not options.as_json:
                page_as_text(container.audit_page().page, color=options.color)
        elif path := prepared.settings.glaab_metrics_file:
            write_metrics(path, result, code)
        return code

    return interruptible(prepared, options, prepared.settings.glaab_deadline_s, run)


def dry_run(prepared: Prepared, options: Options) -> int:
    """Tell what `approve` would do; the exit code."""
    return look(prepared, options, "dry-run", lambda result: _show(result, options))


def look(
    prepared: Prepared, options: Options, command: str, show: Callable[[RunResult], bool]
) -> int:
    """Review all, and *show* it, which answers whether it could; the exit code."""

    def run(_: Interruption) -> int:
        started_at = exactly_now()
        with under_way(prepared, options):
            plan = prepared.container.review_pending()()
        outcomes = foresee(plan, prepared.settings.glaab_max_approvals, now)
        result = _result(prepared, command, started_at, plan, outcomes)
        return result.exit_code() if tell(result, show) else UNWRITTEN

    return interruptible(prepared, options, math.inf, run)


def explain(prepared: Prepared, options: Options, reference: str) -> int:
    """Tell all about one account; the exit code."""
    who = account_named(reference, prepared.settings.gitlab_url)

    def run(_: Interruption) -> int:
        started_at = exactly_now()
        with under_way(prepared, options):
            plan = _plan_of_one(prepared, who)
        if not plan.cases and not plan.outages:
            click.echo(f"glaab: GitLab has no account {printable(reference)}", err=True)
            return 2
        outcomes = foresee(plan, prepared.settings.glaab_max_approvals, now)
        result = _result(prepared, "explain", started_at, plan, outcomes)
        shown = tell(result, lambda result: _show(result, options))
        return result.exit_code() if shown else UNWRITTEN

    return interruptible(prepared, options, math.inf, run)


def _plan_of_one(prepared: Prepared, who: AccountId | Username) -> Plan:
    asked = frozenset({System.GITLAB})
    try:
        found = prepared.container.gitlab().find(who)
    except SystemUnavailable as error:
        return Plan(outages={error.system: error.reason}, asked=asked)
    if found is None:
        return Plan(outages={}, asked=asked)
    plan = prepared.container.review_accounts()([found.account])
    return attrs.evolve(plan, asked=plan.asked | asked)


def under_way(made: Composed, options: Options) -> AbstractContextManager[None]:
    """Show on a terminal what is being asked, unless messages are not wanted."""
    is_wanted = options.level < logging.WARNING
    return progress(made.container.traffic(), wanted=is_wanted, color=options.color)


def interruptible(
    made: Composed, options: Options, deadline_s: float, run: Callable[[Interruption], int]
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
        with Interruption(made.container.patience(), deadline_s) as interruption:
            return run(interruption)
    except Interrupted as stopped:
        log.warning("run_interrupted", approved=0)
        return stopped.exit_code


def _result(
    prepared: Prepared, command: str, started_at: datetime, plan: Plan, outcomes: Outcomes
) -> RunResult:
    return RunResult(
        command=command,
        run=prepared.run,
        started_at=started_at,
        finished_at=exactly_now(),
        version=__version__,
        policy=prepared.policy.digest,
        plan=plan,
        outcomes=outcomes,
        requests=prepared.container.traffic(),
    )


def _show(result: RunResult, options: Options) -> bool:
    if options.as_json:
        click.echo(as_json(result))
    else:
        as_text(result, color=options.color)
    return True
