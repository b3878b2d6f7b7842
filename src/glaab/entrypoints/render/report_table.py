"""The report for a terminal, or for whatever reads it in its place."""

from collections.abc import Iterator
from typing import IO

from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from glaab.domain.errors import System
from glaab.entrypoints.render.as_text import VERDICT_STYLES, summary
from glaab.entrypoints.render.links import Link
from glaab.entrypoints.render.printable import NARROWEST, printable
from glaab.entrypoints.render.report import Line, Mark, Report, Row

_SIGNS = {
    Mark.FOR: ("+", "green"),
    Mark.AGAINST: ("!", "red"),
    Mark.UNKNOWN: ("?", "yellow"),
    Mark.MISSING: ("-", "dim"),
}
_UNFOLDED = 1_000_000
"""Wider than any line: what is no terminal gets each line whole."""


def as_table(report: Report, stream: IO[str] | None, *, color: bool) -> str:
    """
    The report as *stream* can show it: folded and with colours on a terminal alone.

    None stands for a file, which is no terminal whatever the environment says.
    """
    console = Console(file=stream, color_system="auto" if color else None, highlight=False)
    if stream is None or not console.is_terminal or console.width < NARROWEST:
        console = Console(
            file=stream,
            color_system=None,
            highlight=False,
            force_terminal=False,
            width=_UNFOLDED,
        )
    with console.capture() as capture:
        if report.rows:
            console.print(_table(report, is_linked=console.color_system is not None))
            console.print()
        for line in [*_nobody(report), *summary(report.result)]:
            console.print(line, soft_wrap=not console.is_terminal)
    return "\n".join(line.rstrip() for line in capture.get().split("\n"))


def _table(report: Report, *, is_linked: bool) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("age", justify="right", no_wrap=True, min_width=5)
    table.add_column("verdict", no_wrap=True)
    table.add_column("account, and why it stays pending", overflow="fold")
    for number, row in enumerate(report.rows):
        verdict = row.case.judgement.verdict
        lines = Text("\n").join(_story(row, is_linked=is_linked))
        if number < len(report.rows) - 1:
            lines.append("\n")
        table.add_row(f"{row.age_days} d", Text(verdict, VERDICT_STYLES[verdict]), lines)
    return table


def _story(row: Row, *, is_linked: bool) -> Iterator[Text]:
    account = row.case.account
    yield Text(f"@{printable(account.username)} ({account.id})", style="bold")
    yield Text(printable(row.reason))
    lacks = () if row.case.judgement.because else row.missing
    yield from map(_line, (*row.known, *lacks))
    if is_linked:
        yield Text(" · ").join(map(_linked, row.links))
    else:
        yield from (Text(f"{printable(link.title)} {printable(link.url)}") for link in row.links)


def _linked(link: Link) -> Text:
    """What a terminal can open; the place to act is written out, for one that cannot."""
    shown = link.url if link.kind == "gitlab_admin" else link.title
    return Text(printable(shown), Style(link=link.url, color="blue"))


def _line(line: Line) -> Text:
    sign, style = _SIGNS[line.mark]
    return Text.assemble((f"{sign} ", style), f"{printable(line.about)}: {printable(line.text)}")


def _nobody(report: Report) -> Iterator[Text]:
    """What there is to say of an empty report; the summary says if the queue was not read."""
    if not report.rows and System.GITLAB not in report.result.plan.outages:
        yield Text("Nobody stays pending.", style="bold green")
