"""The wiki's log page: what an entry looks like, and the page with entries added."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from glaab.adapters.mediawiki.page_structure import days, visible
from glaab.domain.accounts import AccountState, Username
from glaab.domain.ports import ApprovalRecord

_CLOCKS_DIFFER = timedelta(minutes=10)
_SUMMARY_NAMES = 200
_LEVEL = 3
_NOTE_UNREADABLE = "unknown, the bot's note could not be read"

_NEVER = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_UNSAFE_OR_DOUBLED = re.compile(r"[^A-Za-z0-9_.-]|(?<=_)_")
_MAGIC_WORD = re.compile(r"__.+__")
_MAGIC_LINK = re.compile(r"ISBN|PMID|RFC")


def entry(record: ApprovalRecord) -> str:
    """The line for an approval, without a line break: `* 19:00 [[gitlab:alice|@alice]] was …`."""
    what = record.doubt or "was approved"
    trust = ", ".join(map(_text, record.because)) or _NOTE_UNREADABLE
    return f"* {_minute(record.at):%H:%M} {_link(record.username)} {what}. Trusted as: {trust}."


def summary(records: Sequence[ApprovalRecord]) -> str:
    """What an edit that adds *records* says of itself, in plain ASCII of at most 500 bytes."""
    active = [record.username for record in records if record.found is AccountState.ACTIVE]
    others = [record.username for record in records if record.found is not AccountState.ACTIVE]
    were = "was" if len(active) == 1 else "were"
    said = [f"{_some(active)} {were} approved"] if active else []
    said += [f"{_some(others)} may have been approved"] if others else []
    return "; ".join(said)


def missing(page: str, records: Iterable[ApprovalRecord]) -> tuple[ApprovalRecord, ...]:
    """Those of *records* that the page lacks, each approval once, oldest first."""
    logged = {(line.link, line.at) for day in days(visible(page)) for line in day.entries}
    lacking = []
    for record in sorted(records, key=lambda record: record.at):
        link, at, created_at = _link(record.username), _minute(record.at), record.created_at
        if not any(
            link == other and (at <= moment or _minute(created_at) - moment <= _CLOCKS_DIFFER)
            for other, moment in logged
        ):
            logged.add((link, at))
            lacking.append(record)
    return tuple(lacking)


def with_entries(page: str, records: Iterable[ApprovalRecord]) -> str:
    """
    *page* with an entry for each of *records* that is not there yet.

    Days and entries are put newest first. Everything else stays byte for byte.
    """
    for day, of_day in groupby(missing(page, records), lambda record: _minute(record.at).date()):
        page = _with_entries_on(day, page, tuple(of_day)[::-1])
    return page


def _with_entries_on(on: date, page: str, records: Sequence[ApprovalRecord]) -> str:
    """*page* with entries of one day, newest first; it is read only once, since it may be long."""
    text = visible(page)
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    for position, lines in sorted(_places(on, text, records).items(), reverse=True):
        if position == len(text) and text and not text.endswith("\n"):
            added = "".join(newline + line for line in lines)
        else:
            added = "".join(line + newline for line in lines)
        page = page[:position] + added + page[position:]
    return page


def _places(on: date, text: str, records: Sequence[ApprovalRecord]) -> dict[int, list[str]]:
    """Where to put which lines; always at the start of a line or at the end of the text."""
    on_page = days(text)
    entries = [entry(record) for record in records]
    for day in on_page:
        if day.date == on:
            places: dict[int, list[str]] = {}
            for record, line in zip(records, entries, strict=True):
                at = _minute(record.at)
                not_newer = (other.start for other in day.entries if other.at <= at)
                places.setdefault(next(not_newer, day.end), []).append(line)
            return places
    mark = "=" * (on_page[0].level if on_page else _LEVEL)
    heading = f"{mark} {on} {mark}"
    for number, day in enumerate(on_page):
        if day.date < on:
            gap = [""] if number and _needs_gap(text[: day.start]) else []
            return {day.start: [*gap, heading, *entries, ""]}
    end = on_page[-1].end if on_page else len(text)
    gap = [""] if _needs_gap(text[:end]) else []
    return {end: [*gap, heading, *entries]}


def _needs_gap(before: str) -> bool:
    """Whether a heading after *before* needs an empty line in between."""
    last_line = before.removesuffix("\n").rpartition("\n")[2]
    return bool(last_line.strip(" \t\r"))


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _link(username: Username) -> str:
    label = _unsafe_in(username).sub(_entities, _printable(username))
    return f"[[gitlab:{_target(username)}|@{label}]]"


def _target(username: Username) -> str:
    return _unsafe_in(username).sub(_percent, _printable(username))


def _unsafe_in(username: Username) -> re.Pattern[str]:
    """A name like `__NOTOC__` would be a magic word, even inside a link."""
    return _UNSAFE_OR_DOUBLED if _MAGIC_WORD.search(username) else _UNSAFE


def _text(rule: str) -> str:
    """A rule's text for people that means nothing to the wiki."""
    composed = unicodedata.normalize("NFC", _printable(rule))
    return _MAGIC_LINK.sub(_split, "".join(c if _is_plain(c) else _entity(c) for c in composed))


def _is_plain(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("L") or category == "Nd" or character in " ().,-\ufffd"


def _printable(text: str) -> str:
    """*text* without line breaks, controls, bidirectional marks and lone surrogates."""
    return "".join("\ufffd" if unicodedata.category(c) in _NEVER else c for c in text)


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _entities(found: re.Match[str]) -> str:
    return "".join(map(_entity, found[0]))


def _entity(character: str) -> str:
    return f"&#{ord(character)};"


def _split(word: re.Match[str]) -> str:
    """`ISBN 1234567890` would be a link; with its N as an entity it is not."""
    return word[0][:-1] + _entity(word[0][-1])


def _some(usernames: Sequence[Username]) -> str:
    shown = [f"@{_target(username)}" for username in usernames]
    while len(", ".join(shown)) > _SUMMARY_NAMES:
        shown.pop()
    if not shown:
        return f"{len(usernames)} accounts"
    more = len(usernames) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
