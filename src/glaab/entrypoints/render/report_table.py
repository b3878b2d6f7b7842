"""The report for a terminal, or for whatever reads it in its place."""

from collections.abc import Iterator
from itertools import chain
from typing import IO

from rich.console import Console
from rich.style import Style
from rich.text import Text

from glaab.domain.errors import GITLAB
from glaab.entrypoints.render.as_text import VERDICT_STYLES, summary
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.render.links import Link
from glaab.entrypoints.render.report import Line, Mark, Report, Row
from glaab.entrypoints.render.wrapping import can_wrap, wrap_lines

_SIGNS = {
    Mark.FOR: ("+", "green"),
    Mark.AGAINST: ("!", "red"),
    Mark.UNKNOWN: ("?", "yellow"),
    Mark.MISSING: ("-", "dim"),
}
_INDENT = 14


def as_table(report: Report, stream: IO[str] | None, *, color: bool) -> str:
    """
    The report as *stream* can show it: folded and with colours on a terminal alone.

    None stands for a file, which is no terminal whatever the environment says.
    """
    console = Console(file=stream, color_system="auto" if color else None, highlight=False)
    if stream is None or not can_wrap(console):
        console = Console(color_system=None, highlight=False, force_terminal=False)
    table = _table(report, is_linked=console.color_system is not None)
    below = (*_nobody(report), *summary(report.result))
    lines = chain(((line, _INDENT) for line in table), ((line, 0) for line in below))
    return wrap_lines(lines, console)


def _table(report: Report, *, is_linked: bool) -> Iterator[Text]:
    if report.rows:
        yield Text("  age verdict account, and why it stays pending", style="bold")
    for row in report.rows:
        verdict = row.case.judgement.verdict
        first, *others = _story(row, is_linked=is_linked)
        age = f"{row.age_days} d"
        yield Text.assemble(f"{age:>5} ", (f"{verdict:<8}", VERDICT_STYLES[verdict]), first)
        yield from (Text(" " * _INDENT) + other for other in others)
        yield Text()


def _story(row: Row, *, is_linked: bool) -> Iterator[Text]:
    account = row.case.account
    yield Text(f"@{escape_control(account.username)} ({account.id})", style="bold")
    yield Text(escape_control(row.reason))
    lacks = () if row.case.judgement.because else row.missing
    yield from map(_line, (*row.known, *lacks))
    if is_linked:
        yield Text(" · ").join(map(_linked, row.links))
    else:
        yield from (
            Text(f"{escape_control(link.title)} {escape_control(link.url)}") for link in row.links
        )


def _linked(link: Link) -> Text:
    """What a terminal can open; the place to act is written out, for one that cannot."""
    shown = link.url if link.kind == "gitlab_admin" else link.title
    return Text(escape_control(shown), Style(link=link.url, color="blue"))


def _line(line: Line) -> Text:
    sign, style = _SIGNS[line.mark]
    return Text.assemble(
        (f"{sign} ", style), f"{escape_control(line.about)}: {escape_control(line.text)}"
    )


def _nobody(report: Report) -> Iterator[Text]:
    """What there is to say of an empty report; the summary says if the queue was not read."""
    if not report.rows and GITLAB not in report.result.plan.outages:
        yield Text("Nobody stays pending.", style="bold green")
