"""The report for a terminal, or for whatever reads it in its place."""

from collections.abc import Iterator
from typing import IO

from rich.console import Console
from rich.style import Style
from rich.text import Text

from glaab.domain.errors import GITLAB
from glaab.entrypoints.render.as_text import VERDICT_STYLES, request_counts, summary
from glaab.entrypoints.render.escaping import account_in_words, escape_control
from glaab.entrypoints.render.links import Link
from glaab.entrypoints.render.report import Report
from glaab.entrypoints.render.report_row import Line, Mark, Row
from glaab.entrypoints.render.wrapping import can_wrap, wrap_lines
from glaab.entrypoints.runtime.result import RunResult

_SIGNS = {
    Mark.FOR: ("+", "green"),
    Mark.AGAINST: ("!", "red"),
    Mark.UNKNOWN: ("?", "yellow"),
    Mark.MISSING: ("-", "dim"),
}
_LEGEND = "+ speaks for it, ! against it, - not found, ? could not be looked up"
_INDENT = 14
_WHY = {False: "stays pending", True: "would not be approved today"}


def as_table(report: Report, stream: IO[str] | None, *, color: bool) -> str:
    """The report as *stream* can show it; None is a file, whatever the environment says."""
    console = Console(file=stream, color_system="auto" if color else None, highlight=False)
    if stream is None or not can_wrap(console):
        console = Console(color_system=None, highlight=False, force_terminal=False)
    table = [(line, _INDENT) for line in _table(report, is_linked=console.color_system is not None)]
    if not report.rows and GITLAB not in report.result.plan.outages:  # else the summary tells
        table = [(Text(_nobody(report), style="bold green"), 0)]
    summarize = _recheck_summary if report.is_recheck else summary
    return wrap_lines((*table, *((line, 0) for line in summarize(report.result))), console)


def _table(report: Report, *, is_linked: bool) -> Iterator[Text]:
    if report.rows:
        yield Text(f"  age verdict account, and why it {_WHY[report.is_recheck]}", style="bold")
        yield Text(f"{' ' * _INDENT}{_LEGEND}\n", style="dim")
    for row in report.rows:
        verdict = row.case.judgement.verdict
        first, *others = _story(row, is_linked=is_linked)
        age = f"{'?' if row.age_days is None else f'{row.age_days} d':>5} "
        yield Text.assemble(age, (f"{verdict:<8}", VERDICT_STYLES[verdict]), first)
        yield from (Text(" " * _INDENT) + other for other in others)
        yield Text()
    shared = [cause for cause in report.causes if cause.system is None]  # the summary has outages
    for cause in shared:
        yield Text(f"{cause.name}, of {cause.count} accounts: {escape_control(cause.reason)}")
    if shared:
        yield Text()


def _nobody(report: Report) -> str:
    if not report.is_recheck:
        return "Nobody stays pending."
    if report.result.plan.cases:
        return "Everybody would be approved today."
    return "No active account has a note that glaab approved it, or none that was asked for."


def _recheck_summary(result: RunResult) -> Iterator[Text]:
    """How many there are of each verdict, and who gave no answer."""
    counted = (
        "{checked} checked: {approve} would be approved today, {hold} held, {veto} vetoed,"
        " {wait} could not be looked up."
    )
    if not result.has_seen_accounts:
        counted = "Nobody was looked at."
    yield Text(f"Judged by {escape_control(result.policy_source)}.")
    yield Text(counted.format_map(result.counts), style="bold")
    for system, reason in result.plan.outages.items():
        effect = "; whom glaab approved could not be read" if system == GITLAB else ""
        failure = f"{system} gave no usable answer: {escape_control(reason)}{effect}."
        yield Text(failure, style="yellow")
    yield request_counts(result)


def _story(row: Row, *, is_linked: bool) -> Iterator[Text]:
    account = row.case.account
    yield Text(account_in_words(account.username, account.id), style="bold")
    yield Text(escape_control(row.reason))
    lacks = () if row.case.judgement.because else row.missing
    yield from map(_line, (*row.known, *lacks))
    if is_linked:
        yield Text(" · ").join(map(_terminal_link, row.links))
        return
    for link in row.links:
        yield Text(f"{escape_control(link.title)} {escape_control(link.url)}")


def _terminal_link(link: Link) -> Text:
    """What a terminal can open; the place to act is written out, for one that cannot."""
    label = link.url if link.kind == "gitlab_admin" else link.title
    return Text(escape_control(label), Style(link=link.url, color="blue"))


def _line(line: Line) -> Text:
    sign, style = _SIGNS[line.mark]
    text = f"{escape_control(line.about)}: {escape_control(line.text)}"
    return Text.assemble((f"{sign} ", style), text)
