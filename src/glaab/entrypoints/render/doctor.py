"""An examination as text for people, and as a JSON document."""

import json
from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.text import Text

from glaab.adapters.record_json import moment
from glaab.domain.diagnostics import Health
from glaab.domain.errors import System
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.render.wrapping import wrap_lines
from glaab.entrypoints.runtime.check_runner import DoctorReport, Row

_STYLES = {Health.OK: "green", Health.WARNING: "bold yellow", Health.PROBLEM: "bold red"}
_INDENT = 11


def as_text(report: DoctorReport, *, color: bool) -> None:
    """Print what was found, area by area, and how much of it is not well."""
    console = Console(color_system="auto" if color else None, highlight=False)
    console.file.write(wrap_lines(_lines(report), console))


def _lines(report: DoctorReport) -> Iterator[tuple[Text, int]]:
    """Each with the width of what stands before its text."""
    for area, rows in groupby(report.rows, lambda row: row.area):
        yield Text(area, style="bold"), 0
        for row in rows:
            yield from ((line, _INDENT) for line in _row(row))
        yield Text(), 0
    yield _summary(report), 0


def _row(row: Row) -> Iterator[Text]:
    """What is said, and what to do about it."""
    finding = row.finding
    said = f"{escape_control(row.check)}: {escape_control(finding.said)}"
    yield Text.assemble("  ", (f"{finding.health:<8}", _STYLES[finding.health]), " ", said)
    if finding.remedy:
        yield Text(f"{'':{_INDENT}}To do: {escape_control(finding.remedy)}")


def _summary(report: DoctorReport) -> Text:
    counts = report.counts
    problems, warnings = counts[Health.PROBLEM], counts[Health.WARNING]
    if not problems and not warnings:
        return Text(f"{_number(len(report.rows), 'check')}: all is well.", _STYLES[Health.OK])
    worst = Health.PROBLEM if problems else Health.WARNING
    found = f"{_number(problems, 'problem')}, {_number(warnings, 'warning')}"
    return Text(f"{found}, {counts[Health.OK]} ok.", _STYLES[worst])


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


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
        "systems": {system.value: _system(report, system) for system in System},
        "checks": [_check(row) for row in report.rows],
        "summary": report.counts,
    }
    return json.dumps(document, indent=2)


def _system(report: DoctorReport, system: System) -> dict[str, object]:
    requests = report.requests.get(system, 0)
    if reason := report.outages.get(system):
        return {"status": "unavailable", "reason": reason, "requests": requests}
    return {"status": "ok" if system in report.asked else "unused", "requests": requests}


def _check(row: Row) -> dict[str, object]:
    return {
        "area": row.area,
        "check": row.check,
        "health": row.finding.health.value,
        "said": row.finding.said,
        "remedy": row.finding.remedy,
    }
