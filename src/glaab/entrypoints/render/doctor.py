"""An examination as text for people, and as a JSON document."""

import json
from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.text import Text

from glaab.adapters.record_json import moment
from glaab.domain.diagnostics import Health
from glaab.domain.errors import System
from glaab.entrypoints.diagnostics.check_runner import CheckResult, DoctorReport
from glaab.entrypoints.render.escaping import escape_control, pluralize
from glaab.entrypoints.render.wrapping import wrap_lines

_STYLES = {Health.OK: "green", Health.WARNING: "bold yellow", Health.PROBLEM: "bold red"}
_INDENT = 11


def as_text(report: DoctorReport, *, color: bool) -> None:
    """Print what was found, area by area, and how much of it is not well."""
    console = Console(color_system="auto" if color else None, highlight=False)
    console.file.write(wrap_lines(_lines(report), console))


def _lines(report: DoctorReport) -> Iterator[tuple[Text, int]]:
    """Each with the width of what stands before its text."""
    for area, results in groupby(report.results, lambda result: result.area):
        yield Text(area, style="bold"), 0
        for result in results:
            yield from ((line, _INDENT) for line in _result(result))
        yield Text(), 0
    yield _summary(report), 0


def _result(result: CheckResult) -> Iterator[Text]:
    """What is said, and what to do about it."""
    finding = result.finding
    said = f"{escape_control(result.check)}: {escape_control(finding.message)}"
    yield Text.assemble("  ", (f"{finding.health:<8}", _STYLES[finding.health]), " ", said)
    if finding.remedy:
        yield Text(f"{'':{_INDENT}}To do: {escape_control(finding.remedy)}")


def _summary(report: DoctorReport) -> Text:
    counts = report.counts
    problems, warnings = counts[Health.PROBLEM], counts[Health.WARNING]
    if not problems and not warnings:
        return Text(f"{pluralize(len(report.results), 'check')}: all is well.", _STYLES[Health.OK])
    worst = Health.PROBLEM if problems else Health.WARNING
    found = f"{pluralize(problems, 'problem')}, {pluralize(warnings, 'warning')}"
    return Text(f"{found}, {counts[Health.OK]} ok.", _STYLES[worst])


def as_json(report: DoctorReport) -> str:
    """One document; text from outside is escaped to ASCII."""
    document = {
        "run": {
            "id": report.run,
            "command": "doctor",
            "started_at": moment(report.started_at),
            "finished_at": moment(report.finished_at),
            "glaab": report.version,
            "policy": report.policy,
        },
        "systems": {system: _system(report, system) for system in report.systems},
        "checks": [_check(result) for result in report.results],
        "summary": report.counts,
    }
    return json.dumps(document, indent=2)


def _system(report: DoctorReport, system: System) -> dict[str, object]:
    requests = report.requests.get(system, 0)
    if reason := report.outages.get(system):
        return {"status": "unavailable", "reason": reason, "requests": requests}
    return {"status": "ok" if system in report.asked else "unused", "requests": requests}


def _check(result: CheckResult) -> dict[str, object]:
    return {
        "area": result.area,
        "check": result.check,
        "health": result.finding.health.value,
        "said": result.finding.message,
        "remedy": result.finding.remedy,
    }
