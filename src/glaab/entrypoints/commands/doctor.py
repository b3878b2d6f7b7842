"""`glaab doctor`: look at settings, policy and every system, and say what is not well."""

import math

import click
import structlog

from glaab import __version__
from glaab.domain.diagnostics import HealthCheck
from glaab.domain.errors import System
from glaab.entrypoints.commands.policy_checks import PolicyChecks, policy_found
from glaab.entrypoints.commands.runs import interruptible, under_way
from glaab.entrypoints.commands.settings_checks import settings_found, unasked
from glaab.entrypoints.render.doctor import as_json, as_text
from glaab.entrypoints.runtime.bootstrap import (
    Composed,
    LoadedConfig,
    Options,
    compose,
    load_config,
)
from glaab.entrypoints.runtime.check_runner import CheckRunner, DoctorReport
from glaab.entrypoints.runtime.clock import now
from glaab.entrypoints.runtime.reporter import UNWRITTEN, shown
from glaab.entrypoints.runtime.shutdown import Shutdown

log = structlog.get_logger()


def doctor(options: Options) -> int:
    """Examine everything and tell; the exit code."""
    given = load_config(options, acting=True)
    made = compose(given, mode="look")

    def run(_: Shutdown) -> int:
        with under_way(made, options):
            report = _examination(given, made)
        for system, reason in report.outages.items():
            log.warning("system_unavailable", system=system, reason=reason)
        was_shown = shown(lambda: _show(report, options))
        log.debug("run_finished", command="doctor", **report.counts)
        return report.exit_code if was_shown else UNWRITTEN

    return interruptible(made, options, math.inf, run)


def _show(report: DoctorReport, options: Options) -> bool:
    if options.as_json:
        click.echo(as_json(report))
    else:
        as_text(report, color=options.color)
    return True


def _examination(given: LoadedConfig, made: Composed) -> DoctorReport:
    started_at = now()
    runner = CheckRunner(unasked(given))
    for title, finding in settings_found(given):
        runner.note("settings", title, [finding])
    if runner.may_ask:
        for health_check in _checkups(given, made):
            runner.look(health_check.system, health_check.system, health_check.checks())
    for title, finding in policy_found(given):
        runner.note("policy", title, [finding])
    if runner.may_ask and given.policy:
        checks = PolicyChecks(
            policy=given.policy,
            gitlab=made.container.gitlab(),
            sources=made.container.sources(),
        )
        for system in System:
            runner.look("policy", system, checks.of(system))
    return DoctorReport(
        run=made.run,
        started_at=started_at,
        finished_at=now(),
        version=__version__,
        policy=given.policy.digest if given.policy else None,
        rows=tuple(runner.rows),
        outages=runner.outages,
        asked=frozenset(runner.asked),
        requests=made.container.request_counter(),
    )


def _checkups(given: LoadedConfig, made: Composed) -> tuple[HealthCheck, ...]:
    """Of all systems that are used; of GitLab alone while it is not known which others are."""
    if given.policy:
        return made.container.health_checks()
    return () if given.world else (made.container.live().gitlab_health_check(),)
