"""The runs: review, carry out or foresee, and tell."""

import logging
import math
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from urllib.parse import unquote, urlsplit

import attrs
import click
import structlog

from glaab import __version__
from glaab.domain.accounts import AccountId, Username
from glaab.domain.errors import System, SystemUnavailable
from glaab.domain.outcomes import Outcome, Outcomes, foresee
from glaab.domain.review import Plan
from glaab.entrypoints.clock import now
from glaab.entrypoints.interruption import Interrupted, Interruption
from glaab.entrypoints.logs import configure_logs
from glaab.entrypoints.preparation import Composed, Options, Prepared
from glaab.entrypoints.progress import progress
from glaab.entrypoints.render.as_json import as_json
from glaab.entrypoints.render.as_text import as_text, page_as_text
from glaab.entrypoints.render.printable import printable
from glaab.entrypoints.result import RunResult
from glaab.entrypoints.telemetry import write_metrics

log = structlog.get_logger()

_DIGITS_OF_AN_ID = 18
"""A bigint has no more; a longer number may be anything, but nobody's id."""
_UNWRITTEN = 4


def approve(prepared: Prepared, options: Options) -> int:
    """Approve whom the policy trusts; the exit code."""
    container = prepared.container

    def run(interruption: Interruption) -> int:
        started_at = now()
        with under_way(prepared, options):
            plan = container.review_pending()()
            interruption.begin_to_act()
            carry_out = container.carry_out(may_start=interruption.may_start)
            outcomes = carry_out(plan, prepared.settings.glaab_max_approvals)
        result = _result(prepared, "approve", started_at, plan, outcomes)
        _tell(result, lambda result: _show(result, options))
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
        started_at = now()
        with under_way(prepared, options):
            plan = prepared.container.review_pending()()
        outcomes = foresee(plan, prepared.settings.glaab_max_approvals, now)
        result = _result(prepared, command, started_at, plan, outcomes)
        return result.exit_code() if _tell(result, show) else _UNWRITTEN

    return interruptible(prepared, options, math.inf, run)


def explain(prepared: Prepared, options: Options, reference: str) -> int:
    """Tell all about one account; the exit code."""
    who = account_named(reference, prepared.settings.gitlab_url)

    def run(_: Interruption) -> int:
        started_at = now()
        with under_way(prepared, options):
            plan = _plan_of_one(prepared, who)
        if not plan.cases and not plan.outages:
            click.echo(f"glaab: GitLab has no account {printable(reference)}", err=True)
            return 2
        outcomes = foresee(plan, prepared.settings.glaab_max_approvals, now)
        result = _result(prepared, "explain", started_at, plan, outcomes)
        _tell(result, lambda result: _show(result, options))
        return result.exit_code()

    return interruptible(prepared, options, math.inf, run)


def account_named(reference: str, gitlab_url: str) -> AccountId | Username:
    """
    Whom `name`, `@name`, a numeric id or the address of a profile means.

    Raises:
        click.UsageError: an address of another GitLab, or nothing at all.
    """
    if "://" in reference:
        if _host(reference) != _host(gitlab_url):
            raise click.UsageError(
                f"{printable(reference)} is no profile on {gitlab_url} (GITLAB_URL)"
            )
        below = urlsplit(reference).path.removeprefix(urlsplit(gitlab_url).path.rstrip("/"))
        reference = _named_by_path([unquote(part) for part in below.split("/") if part])
    if reference.isascii() and reference.isdigit() and len(reference) <= _DIGITS_OF_AN_ID:
        return AccountId(int(reference))
    name = reference.removeprefix("@")
    if not name:
        raise click.UsageError("name an account: NAME, @NAME, its id or its profile's address")
    return Username(name)


def _named_by_path(parts: list[str]) -> str:
    """The account in a profile's path: /NAME, /users/NAME, /admin/users/NAME or /-/u/ID."""
    match parts:
        case ["-", "u", account, *_]:
            return account
        case ["users", name, *_] | ["admin", "users", name, *_] | [name, *_]:
            return f"@{name.removeprefix('@')}"
        case _:
            return ""


def _host(url: str) -> str:
    """Where *url* leads, in lower case; empty if it is none."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


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
        finished_at=now(),
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


def _shown(result: RunResult, show: Callable[[RunResult], bool]) -> bool:
    """Whether it could be shown; a reader that goes away has seen enough."""
    try:
        shown = show(result)
        sys.stdout.flush()
    except OSError as error:
        log.error("result_not_shown", reason=error.strerror)
        _leave_stdout()
        return isinstance(error, BrokenPipeError)
    return shown


def _leave_stdout() -> None:
    """What is left over goes nowhere; else the interpreter would fail on it when it ends."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _tell(result: RunResult, show: Callable[[RunResult], bool]) -> bool:
    """Messages on stderr, the result as *show* does, and whether it could."""
    for system, reason in result.plan.outages.items():
        log.warning("system_unavailable", system=system, reason=reason)
    for account, done in result.outcomes.results.items():
        if done.outcome is Outcome.FAILED:
            log.error("approval_failed", account=account, reason=done.remark)
        elif done.outcome not in (Outcome.UNCHANGED, Outcome.WOULD_APPROVE):
            log.info("account_settled", account=account, outcome=done.outcome.value)
    for reason in (*result.outcomes.unlogged, *result.outcomes.open_notes):
        log.error("record_not_written", reason=reason)
    if result.outcomes.brake.stopped:
        log.error("brake_stopped", would_approve=result.outcomes.brake.would_approve)
    shown = _shown(result, show)
    log.log(
        logging.INFO if result.acted else logging.DEBUG,
        "run_finished",
        command=result.command,
        **result.counts,
    )
    return shown
