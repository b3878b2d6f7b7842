"""An examination as text for people, and as a JSON document."""

import json
from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

from glaab.domain.diagnostics import Health
from glaab.entrypoints.diagnostics.check_runner import DoctorReport
from glaab.entrypoints.render.as_json import envelope
from glaab.entrypoints.render.escaping import escape_control, pluralize
from glaab.entrypoints.render.wrapping import print_lines

_STYLES = {Health.OK: "green", Health.WARNING: "bold yellow", Health.PROBLEM: "bold red"}
_INDENT = 11


def as_text(report: DoctorReport, *, color: bool) -> None:
    """Print what was found, area by area, and how much of it is not well."""
    print_lines(_lines(report), _INDENT, color=color)


def _lines(report: DoctorReport) -> Iterator[Text]:
    for area, results in groupby(report.results, lambda result: result.area):
        yield Text(area, style="bold")
        for result in results:
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
