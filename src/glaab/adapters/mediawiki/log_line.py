"""The wiki's log line, written and read back: no other module knows its wording."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from urllib.parse import unquote

import attrs

from glaab.domain.accounts import AccountState, Username
from glaab.domain.ports import ApprovalRecord

_APPROVED = "was approved"
_PERHAPS_APPROVED = "may have been approved"
_NO_RULES = "unknown, the bot's note could not be read"
_SUMMARY_NAMES = 200
"""How many characters of an edit summary may be names; MediaWiki cuts it at 500."""

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9_.-]|(?<=_)_(?=.+__)")
"""The second alternative breaks up `__NOTOC__`, a magic word even inside a link."""
_SAFE_IN_TITLE = re.compile(r"[A-Za-z0-9.-]+(_[A-Za-z0-9.-]+)*")
_LINE = re.compile(
    r"\*[ \t]*((?:[01][0-9]|2[0-3]):[0-5][0-9])[ \t]+"
    r"(?:(?:\[\[gitlab:([^|\]\n]+)\|@[^\]\n]*\]\]|\[https?://\S+/([^\s/]+) @[^\]\n]*\])"
    rf"[ \t]+(?:{_APPROVED}|{_PERHAPS_APPROVED}))?"
)


@attrs.frozen
class LogLine:
    """What a line of the log says: when, and of whom."""

    at: datetime
    """To the minute; aware, UTC."""
    username: str | None
    """Whose approval it is, as `printable` shows the name; None if it is about something else."""


def format_line(record: ApprovalRecord, gitlab_url: str) -> str:
    """The line for an approval, without a line break: `* 19:00 [[gitlab:alice|@alice]] was …`."""
    outcome = _APPROVED
    if record.found is not AccountState.ACTIVE:
        outcome = f"{_PERHAPS_APPROVED}, found {record.found} later"
    link = _link(record.username, gitlab_url)
    rules = ", ".join(map(_escape_text, record.because)) or _NO_RULES
    return f"* {record.at.astimezone(UTC):%H:%M} {link} {outcome}. Trusted as: {rules}."


def parse_line(text: str, on: date) -> LogLine | None:
    """A line of the day *on* that begins with a time, whoever wrote it; None if it does not."""
    if not (match := _LINE.match(text)):
        return None
    name = match[2] or match[3]
    at = datetime.combine(on, time.fromisoformat(match[1]), UTC)
    return LogLine(at, unquote(name) if name else None)


def edit_summary(records: Sequence[ApprovalRecord]) -> str:
    """What an edit that adds *records* does, in plain ASCII of at most 500 bytes."""
    active = [record.username for record in records if record.found is AccountState.ACTIVE]
    others = [record.username for record in records if record.found is not AccountState.ACTIVE]
    approved = _APPROVED if len(active) == 1 else _APPROVED.replace("was", "were")
    parts = ((active, approved), (others, _PERHAPS_APPROVED))
    return "; ".join(f"{_list(names)} {outcome}" for names, outcome in parts if names)


def _link(username: Username, gitlab_url: str) -> str:
    """
    A link to the profile.

    MediaWiki trims and squeezes the underscores of an interwiki link, and takes other signs
    for something else (1.39, MediaWikiTitleCodec): such a name is linked by its address.
    """
    if _SAFE_IN_TITLE.fullmatch(username):
        return f"[[gitlab:{username}|@{username}]]"
    label = _UNSAFE_IN_NAME.sub(lambda match: _entity(match[0]), printable(username))
    return f"[{gitlab_url.rstrip('/')}/{_percent_encode(username)} @{label}]"


def _list(usernames: Sequence[Username]) -> str:
    names = [f"@{_percent_encode(username)}" for username in usernames]
    while len(", ".join(names)) > _SUMMARY_NAMES:
        names.pop()
    if not names:
        return f"{len(usernames)} accounts"
    more = len(usernames) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def printable(text: str) -> str:
    """*text* with U+FFFD for line breaks, controls, bidirectional marks and lone surrogates."""
    return "".join("\ufffd" if unicodedata.category(c) in _UNPRINTABLE else c for c in text)


def _percent_encode(name: str) -> str:
    """A name for the address of a link."""
    return _UNSAFE_IN_NAME.sub(
        lambda match: "%" + match[0].encode().hex("%").upper(), printable(name)
    )


def _escape_text(text: str) -> str:
    """A text for readers, composed (NFC) as MediaWiki would save it."""
    composed = unicodedata.normalize("NFC", printable(text))
    escaped = "".join(c if _is_plain(c) else _entity(c) for c in composed)
    # `ISBN 1234567890` would be a link; with its N as an entity it is not
    return re.sub("ISBN|PMID|RFC", lambda match: match[0][:-1] + _entity(match[0][-1]), escaped)


def _is_plain(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("L") or category == "Nd" or character in " ().,-\ufffd"


def _entity(character: str) -> str:
    return f"&#{ord(character)};"
