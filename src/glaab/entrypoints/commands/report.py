"""`glaab report`: who stays pending, on stdout or in a file."""

import sys
from pathlib import Path
from typing import IO

import click
import structlog

from glaab.entrypoints.render.as_json import report_as_json
from glaab.entrypoints.render.report import Report
from glaab.entrypoints.render.report_table import as_table
from glaab.entrypoints.runtime.atomic_write import atomic_write, replace_problem
from glaab.entrypoints.runtime.bootstrap import Options, bootstrap
from glaab.entrypoints.runtime.redaction import Redactor
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.runtime.runner import look

log = structlog.get_logger()


def report(options: Options, output: Path | None) -> int:
    """Show who stays pending, or write it to *output*; SettingsInvalid with every problem."""
    problem = output and replace_problem(output)
    app = bootstrap(options, mode="look", besides=[f"--output: {problem}"] if problem else ())
    review = app.container.review_pending(review__confirm_at_most=0)

    def show(options: Options, result: RunResult) -> bool:
        report = Report.of(result, options.integrations, app.settings)
        text = _text(report, options, None if output else sys.stdout)
        if output is None:
            click.echo(text, nl=False, color=True)
            return True
        try:
            atomic_write(output, Redactor(app.settings)(text))
        except OSError as error:
            log.error("report_not_written", file=str(output), reason=error.strerror)
            return False
        log.info("report_written", file=str(output), accounts=len(report.rows))
        return True

    return look(app, "report", review, show)


def _text(report: Report, options: Options, stream: IO[str] | None) -> str:
    if options.form == "html":
        from glaab.entrypoints.render.report_html import as_html

        return as_html(report)
    if options.form == "json":
        return "".join(report_as_json(report))
    return as_table(report, stream, color=options.color)
