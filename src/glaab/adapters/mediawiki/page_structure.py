"""The days of a log page in wikitext: their headings, and the entries of each."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import attrs

from glaab.adapters.mediawiki.log_line import LogLine, parse_line

_HEADING = re.compile(r"(={1,6})([^\n]+?)\1[ \t\r\0]*")
_DATE = re.compile(r"[ \t\0]*([0-9]{4})-([0-9]{2})-([0-9]{2})[ \t\0]*")
_LIST = ("*", ":", "#", ";")
_LEVELS_OF_DAYS = range(2, 5)

_OPENING = re.compile(
    r"<(?:(!--)|(nowiki|pre|source|syntaxhighlight)(?:\s[^<>]*)?(?<!/)>)", re.IGNORECASE
)


@attrs.frozen
class Entry:
    """A line of a day that begins with a time."""

    start: int
    at: datetime
    line: LogLine


@attrs.frozen(kw_only=True)
class Day:
    """A heading with a date, and what is below it up to the next day or a heading above it."""

    start: int
    date: date
    level: int
    entries: tuple[Entry, ...]
    end: int
    """Where the entries end; text may follow."""


@attrs.frozen
class _Line:
    start: int
    end: int
    text: str

    @property
    def heading(self) -> tuple[int, date | None] | None:
        """Its level, and the date if it is a day's."""
        if not (match := _HEADING.fullmatch(self.text)):
            return None
        level = len(match[1])
        return level, _parse_date(match[2]) if level in _LEVELS_OF_DAYS else None


def _parse_date(text: str) -> date | None:
    if not (match := _DATE.fullmatch(text)):
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def mask_hidden(page: str) -> str:
    """
    *page* with what wikitext hides masked, character for character.

    Comments become NUL, `<nowiki>`, `<pre>` and their like SOH. A comment that is never
    closed hides the rest of the page, which is left out; a tag that is never closed hides
    nothing (MediaWiki 1.39, Preprocessor_Hash).
    """
    parts: list[str] = []
    never_closed: set[str] = set()
    done = 0
    while opening := _OPENING.search(page, done):
        tag = (opening[2] or "").lower()
        closing = None if tag in never_closed else _closing(tag).search(page, opening.end())
        if not closing and not tag:
            return "".join(parts) + page[done : opening.start()]
        hidden_from, hidden_to = opening.span()
        if closing:
            hidden_to = closing.end()
        else:
            never_closed.add(tag)
            hidden_from = hidden_to
        parts += [page[done:hidden_from], ("\1" if tag else "\0") * (hidden_to - hidden_from)]
        done = hidden_to
    return "".join(parts) + page[done:]


def _closing(tag: str) -> re.Pattern[str]:
    return re.compile(rf"</{tag}\s*>" if tag else "-->", re.IGNORECASE)


def parse_days(text: str) -> tuple[Day, ...]:
    """The days on a page after `mask_hidden`, from top to bottom."""
    lines = tuple(_lines(text))
    headings = [(i, *heading) for i, line in enumerate(lines) if (heading := line.heading)]
    ends = [i for i, _, _ in headings[1:]] + [len(lines)]
    days = []
    for number, (i, level, day) in enumerate(headings):
        if day is None:
            continue
        end = number
        while end + 1 < len(headings) and headings[end + 1][1] > level and not headings[end + 1][2]:
            end += 1
        days.append(_day(lines[i : ends[end]], level, day))
    return tuple(days)


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    for line in text.split("\n"):
        end = min(start + len(line) + 1, len(text))
        yield _Line(start, end, line)
        start = end


def _day(lines: tuple[_Line, ...], level: int, day: date) -> Day:
    entries, last = [], 0
    for i, line in enumerate(lines):
        if parsed := parse_line(line.text):
            at = datetime.combine(day, parsed.time, UTC)
            entries.append(Entry(line.start, at, parsed))
            last = i
    while last + 1 < len(lines) and lines[last + 1].text.startswith(_LIST):
        last += 1
    return Day(
        start=lines[0].start, date=day, level=level, entries=tuple(entries), end=lines[last].end
    )
