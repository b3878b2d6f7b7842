"""`glaab report`: who stays pending, on stdout or in a file, as `recheck` shows its own, too."""

import sys
from pathlib import Path
from typing import IO

import click
import structlog

from glaab.entrypoints.render.as_json import report_as_json
from glaab.entrypoints.render.report import Report
from glaab.entrypoints.render.report_table import as_table
from glaab.entrypoints.runtime.atomic_write import atomic_write, replace_problem
from glaab.entrypoints.runtime.bootstrap import App, Options, bootstrap
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.runtime.runner import Show, look

log = structlog.get_logger()


def report(options: Options, output: Path | None) -> int:
    """Show who stays pending, or write it to *output*; SettingsInvalid with every problem."""
    app = bootstrap_for(options, output)
    review = app.container.review_pending(review__confirm_at_most=0)
    return look(app, "report", review, shown_in(app, output))


def bootstrap_for(options: Options, output: Path | None) -> App:
    """What looks and then writes *output*; SettingsInvalid with every problem, its own besides."""
    problem = output and replace_problem(output)
    return bootstrap(options, mode="look", besides=[f"--output: {problem}"] if problem else ())


def shown_in(app: App, output: Path | None) -> Show:
    """What shows a result as a report, on stdout or in *output*."""

    def show(options: Options, result: RunResult) -> bool:
        report = Report.of(result, options.integrations, app.settings)
        text = _text(report, options, None if output else sys.stdout)
        if output is None:
            click.echo(text, sys.stdout, nl=False, color=True)
            return True
        try:
            atomic_write(output, text)
        except OSError as error:
            log.error("report_not_written", file=str(output), reason=error.strerror)
            return False
        log.info("report_written", file=str(output), accounts=len(report.rows))
        return True

    return show


def _text(report: Report, options: Options, stream: IO[str] | None) -> str:
    if options.form == "html":
        from glaab.entrypoints.render.report_html import as_html

        return as_html(report)
    if options.form == "json":
        return "".join(report_as_json(report))
    return as_table(report, stream, color=options.color)
