"""Where entries go on the wiki's log page, and which of them it has already."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from glaab.adapters.mediawiki.log_line import format_line, printable
from glaab.adapters.mediawiki.page_structure import Day, mask_hidden, parse_days
from glaab.domain.ports import ApprovalRecord

_CLOCK_TOLERANCE = timedelta(minutes=10)
_LEVEL = 3


def unlogged(page: str, records: Iterable[ApprovalRecord]) -> tuple[ApprovalRecord, ...]:
    """Those of *records* that have no entry on the page, each approval once, oldest first."""
    days = parse_days(mask_hidden(page))
    logged = {(entry.username, entry.at) for day in days for entry in day.entries.values()}
    new = []
    for record in sorted(records, key=lambda record: record.at):
        name, at, created_at = printable(record.username), _minute(record.at), record.created_at
        if not any(
            name == other and (at <= moment or _minute(created_at) - moment <= _CLOCK_TOLERANCE)
            for other, moment in logged
        ):
            logged.add((name, at))
            new.append(record)
    return tuple(new)


def add_entries(page: str, records: Iterable[ApprovalRecord], gitlab_url: str) -> str:
    """*page*, else byte for byte as it is, with the entries that *records* lack, newest first."""
    for day, group in groupby(unlogged(page, records), lambda record: _minute(record.at).date()):
        newest_first = tuple(group)[::-1]
        lines = [(_minute(record.at), format_line(record, gitlab_url)) for record in newest_first]
        page = _add_to_day(day, page, lines)
    return page


def _add_to_day(on: date, page: str, lines: Sequence[tuple[datetime, str]]) -> str:
    """*page* with lines of one day; it is parsed only once, since it may be long."""
    text = mask_hidden(page)
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    for position, added in sorted(_places(on, text, lines).items(), reverse=True):
        block = newline.join(added)
        line_is_open = position == len(text) and text and not text.endswith("\n")
        block = newline + block if line_is_open else block + newline
        page = page[:position] + block + page[position:]
    return page


def _places(on: date, text: str, lines: Sequence[tuple[datetime, str]]) -> dict[int, list[str]]:
    """Where to put which lines; always at the start of a line or at the end of the text."""
    days = parse_days(text)
    for day in days:
        if day.date == on:
            return _places_in(day, lines)
    mark = "=" * (days[0].level if days else _LEVEL)
    new_day = [f"{mark} {on} {mark}", *(line for _, line in lines)]
    for number, day in enumerate(days):
        if day.date < on:
            gap = _gap(text[: day.start]) if number else []
            return {day.start: [*gap, *new_day, ""]}
    end = days[-1].end if days else len(text)
    return {end: [*_gap(text[:end]), *new_day]}


def _places_in(day: Day, lines: Sequence[tuple[datetime, str]]) -> dict[int, list[str]]:
    """Each line goes above the first entry that is not newer."""
    places: dict[int, list[str]] = {}
    for at, line in lines:
        not_newer = (start for start, entry in day.entries.items() if entry.at <= at)
        places.setdefault(next(not_newer, day.end), []).append(line)
    return places


def _gap(before: str) -> list[str]:
    """The empty line that a heading after *before* needs, unless there is one."""
    last_line = before.removesuffix("\n").rpartition("\n")[2]
    return [""] if last_line.strip(" \t\r") else []


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)
