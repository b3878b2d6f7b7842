"""`glaab doctor`: check settings, policy and every system, and say what is wrong."""

import json
import sys
from collections.abc import Iterator
from itertools import groupby

import click
import structlog
from rich.text import Text

from glaab.domain.diagnostics import Health, HealthCheck
from glaab.entrypoints.diagnostics.check_runner import CheckRunner, DoctorReport
from glaab.entrypoints.diagnostics.notification_checks import check_notifications
from glaab.entrypoints.diagnostics.policy_checks import PolicyChecks, check_policy
from glaab.entrypoints.diagnostics.secret_checks import check_secrets
from glaab.entrypoints.diagnostics.settings_checks import check_settings, closed_systems
from glaab.entrypoints.render.as_json import envelope
from glaab.entrypoints.render.escaping import escape_control, pluralize
from glaab.entrypoints.render.wrapping import print_lines
from glaab.entrypoints.runtime.bootstrap import App, Options, compose
from glaab.entrypoints.runtime.exit_code import ExitCode
from glaab.entrypoints.runtime.progress import progress
from glaab.entrypoints.runtime.runner import common_fields, interruptible, write_safely
from glaab.entrypoints.runtime.shutdown import Shutdown

log = structlog.get_logger()

_STYLES = {Health.OK: "green", Health.WARNING: "bold yellow", Health.PROBLEM: "bold red"}
_INDENT = 11


def doctor(options: Options, *, notify: bool) -> int:
    """Check everything, with a test message to people if *notify*, and show it; the exit code."""
    app = compose(options, mode="look", acting=True)

    def run(_: Shutdown) -> int:
        with progress(options, app.container.request_counter()):
            report = _check(app, notify=notify)
        for system, reason in report.outages.items():
            log.warning("system_unavailable", system=system, reason=reason)
        is_written = write_safely(lambda: _show(report, options))
        log.debug("run_finished", command="doctor", **report.counts)
        return report.exit_code if is_written else ExitCode.UNWRITTEN

    return interruptible(app, run)


def _show(report: DoctorReport, options: Options) -> bool:
    if options.form == "json":
        click.echo(as_json(report), sys.stdout)
    else:
        as_text(report, color=options.color)
    return True


def _check(app: App, *, notify: bool) -> DoctorReport:
    systems = app.options.systems
    closed = closed_systems(app)
    may_ask = len(closed) < len(systems)
    health_checks: tuple[HealthCheck, ...] = ()
    if may_ask and app.policy:
        health_checks = app.container.health_checks()
    elif may_ask and not app.world:  # it is not known which other systems are used
        health_checks = (app.container.gitlab_health_check(),)
    runner = CheckRunner(closed, {each.system: each.settings for each in health_checks})
    runner.note("settings", check_settings(app))
    runner.note("settings", check_secrets(app))
    for health_check in health_checks:
        runner.look(health_check.system, health_check.system, health_check.checks())
    runner.note("policy", check_policy(app))
    if may_ask and app.policy:
        checks = PolicyChecks(
            policy=app.policy, gitlab=app.container.gitlab(), sources=app.container.sources()
        )
        for system in systems:
            runner.look("policy", system, checks.of(system))
    if notify:
        runner.note("notifications", check_notifications(app))
    return DoctorReport(
        results=tuple(runner.results),
        outages=runner.outages,
        asked=frozenset(runner.asked),
        **common_fields(app, "doctor"),
    )


def as_text(report: DoctorReport, *, color: bool) -> None:
    """Print how much is not well, first and last, and what was found, problems at the end."""
    print_lines(_lines(report), _INDENT, color=color)


def _lines(report: DoctorReport) -> Iterator[Text]:
    severity = [*Health]
    results = sorted(report.results, key=lambda each: severity.index(each.finding.health))
    if results and results[-1].finding.health is not Health.OK:
        yield _summary(report)
        yield Text()
    for (_, area), group in groupby(results, lambda each: (each.finding.health, each.area)):
        yield Text(area, style="bold")
        for result in group:
            finding = result.finding
            text = f"{escape_control(result.check)}: {escape_control(finding.message)}"
            yield Text.assemble("  ", (f"{finding.health:<8}", _STYLES[finding.health]), " ", text)
            if finding.remedy:
                yield Text(f"{'':{_INDENT}}To do: {escape_control(finding.remedy)}")
        yield Text()
    yield _summary(report)


def _summary(report: DoctorReport) -> Text:
    counts = report.counts
    problems, warnings = counts[Health.PROBLEM], counts[Health.WARNING]
    if not problems and not warnings:
        return Text(f"{pluralize(len(report.results), 'check')}: all is well.", _STYLES[Health.OK])
    worst = Health.PROBLEM if problems else Health.WARNING
    unwell = f"{pluralize(problems, 'problem')}, {pluralize(warnings, 'warning')}"
    return Text(f"{unwell}, {counts[Health.OK]} ok.", _STYLES[worst])


def as_json(report: DoctorReport) -> str:
    """One document; text from outside is escaped to ASCII."""
    checks = [
        {
            "area": result.area,
            "check": result.check,
            "health": result.finding.health.value,
            "said": result.finding.message,
            "remedy": result.finding.remedy,
        }
        for result in report.results
    ]
    document = {**envelope(report), "checks": checks, "summary": report.counts}
    return json.dumps(document, indent=2)
