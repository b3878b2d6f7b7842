"""The wiki's log line, written and read back: no other module knows its wording."""

import re
from collections.abc import Sequence
from datetime import UTC, time
from urllib.parse import unquote

import attrs

from glaab.adapters.mediawiki.wikitext import escape_name, escape_text, percent_encode
from glaab.domain.accounts import AccountState, Username
from glaab.domain.ports import ApprovalRecord

_APPROVED = "was approved"
_PERHAPS_APPROVED = "may have been approved"
_NO_RULES = "unknown, the bot's note could not be read"
_SUMMARY_NAMES = 200
"""How many characters of an edit summary may be names; MediaWiki cuts it at 500."""

_SAFE_IN_TITLE = re.compile(r"[A-Za-z0-9.-]+(_[A-Za-z0-9.-]+)*")
_LINE = re.compile(
    r"\*[ \t]*([0-9]{2}):([0-9]{2})[ \t]+"
    r"(?:(?:\[\[gitlab:([^|\]\n]+)\|@[^\]\n]*\]\]|\[https?://\S+/([^\s/]+) @[^\]\n]*\])"
    rf"[ \t]+(?:{_APPROVED}|{_PERHAPS_APPROVED}))?"
)


@attrs.frozen
class LogLine:
    """What a line of the log says: when, and of whom."""

    time: time
    username: str | None
    """Whose approval it is, as `printable` shows the name; None if it is about something else."""


def format_line(record: ApprovalRecord, gitlab_url: str) -> str:
    """The line for an approval, without a line break: `* 19:00 [[gitlab:alice|@alice]] was …`."""
    outcome = _APPROVED
    if record.found is not AccountState.ACTIVE:
        outcome = f"{_PERHAPS_APPROVED}, found {record.found} later"
    link = _link(record.username, gitlab_url)
    rules = ", ".join(map(escape_text, record.because)) or _NO_RULES
    return f"* {record.at.astimezone(UTC):%H:%M} {link} {outcome}. Trusted as: {rules}."


def parse_line(text: str) -> LogLine | None:
    """A line that begins with a time of day, whoever wrote it; None if it does not."""
    if not (match := _LINE.match(text)):
        return None
    hour, minute, title, address = match.groups()
    if int(hour) > 23 or int(minute) > 59:
        return None
    name = title or address
    return LogLine(time(int(hour), int(minute)), unquote(name) if name else None)


def edit_summary(records: Sequence[ApprovalRecord]) -> str:
    """What an edit that adds *records* does, in plain ASCII of at most 500 bytes."""
    active = [record.username for record in records if record.found is AccountState.ACTIVE]
    others = [record.username for record in records if record.found is not AccountState.ACTIVE]
    parts = []
    if active:
        approved = _APPROVED if len(active) == 1 else _APPROVED.replace("was", "were")
        parts.append(f"{_list(active)} {approved}")
    if others:
        parts.append(f"{_list(others)} {_PERHAPS_APPROVED}")
    return "; ".join(parts)


def _link(username: Username, gitlab_url: str) -> str:
    """
    A link to the profile.

    MediaWiki trims and squeezes the underscores of an interwiki link, and takes other signs
    for something else (1.39, MediaWikiTitleCodec): such a name is linked by its address.
    """
    target, label = percent_encode(username), f"@{escape_name(username)}"
    if _SAFE_IN_TITLE.fullmatch(username):
        return f"[[gitlab:{target}|{label}]]"
    return f"[{gitlab_url.rstrip('/')}/{target} {label}]"


def _list(usernames: Sequence[Username]) -> str:
    names = [f"@{percent_encode(username)}" for username in usernames]
    while len(", ".join(names)) > _SUMMARY_NAMES:
        names.pop()
    if not names:
        return f"{len(usernames)} accounts"
    more = len(usernames) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
