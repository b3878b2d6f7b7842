"""The days of a log page in wikitext: their headings, and the entries of each."""

import re
from datetime import date

import attrs

from glaab.adapters.mediawiki.log_line import LogLine, parse_line

_HEADING = re.compile(r"(={1,6})([^\n]+?)\1[ \t\r\0]*")
_DATE = re.compile(r"[ \t\0]*([0-9]{4}-[0-9]{2}-[0-9]{2})[ \t\0]*")
_LIST = ("*", ":", "#", ";")
_LEVELS_OF_DAYS = range(2, 5)

_OPENING = re.compile(
    r"<(?:(!--)|(nowiki|pre|source|syntaxhighlight)(?:\s[^<>]*)?(?<!/)>)", re.IGNORECASE
)


@attrs.define(kw_only=True)
class Day:
    """A heading with a date, and what is below it up to the next day or a heading above it."""

    start: int
    date: date
    level: int
    entries: dict[int, LogLine] = attrs.field(factory=dict)
    """By where they start, from top to bottom."""
    end: int
    """Where the entries end; text may follow."""


def mask_hidden(page: str) -> str:
    """
    *page* with what wikitext hides masked, character for character.

    Comments become NUL, `<nowiki>`, `<pre>` and their like SOH. A comment that is never
    closed hides the rest of the page, which is left out; a tag that is never closed hides
    nothing (MediaWiki 1.39, Preprocessor_Hash).
    """
    parts: list[str] = []
    never_closed: set[str] = set()
    done = position = 0
    while opening := _OPENING.search(page, position):
        start, position = opening.span()
        tag = (opening[2] or "").lower()
        if tag in never_closed:
            continue
        end = re.compile(rf"</{tag}\s*>" if tag else "-->", re.IGNORECASE)
        if closing := end.search(page, position):
            position = closing.end()
            parts += [page[done:start], ("\1" if tag else "\0") * (position - start)]
            done = position
        elif tag:
            never_closed.add(tag)
        else:
            return "".join(parts) + page[done:start]
    return "".join(parts) + page[done:]


def parse_days(text: str) -> list[Day]:
    """The days on a page after `mask_hidden`, from top to bottom."""
    days: list[Day] = []
    day, in_list, end = None, False, 0
    for line in text.split("\n"):
        start, end = end, min(end + len(line) + 1, len(text))
        if heading := _HEADING.fullmatch(line):
            level = len(heading[1])
            on = _parse_date(heading[2]) if level in _LEVELS_OF_DAYS else None
            if on:
                day = Day(start=start, date=on, level=level, end=end)
                days.append(day)
            elif day and level <= day.level:
                day = None
            in_list = on is not None
        elif day and (parsed := parse_line(line, day.date)):
            day.entries[start] = parsed
            day.end, in_list = end, True
        elif day and in_list and line.startswith(_LIST):
            day.end = end
        else:
            in_list = False
    return days


def _parse_date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
