"""Names and texts from outside, so that they mean nothing to a wiki."""

import re
import unicodedata

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9_.-]|(?<=_)_(?=.+__)")
"""The second alternative breaks up `__NOTOC__`, a magic word even inside a link."""
_MAGIC_LINK = re.compile(r"ISBN|PMID|RFC")


def printable(text: str) -> str:
    """*text* with U+FFFD for line breaks, controls, bidirectional marks and lone surrogates."""
    return "".join("\ufffd" if unicodedata.category(c) in _UNPRINTABLE else c for c in text)


def percent_encode(name: str) -> str:
    """A name for the address of a link."""
    return _UNSAFE_IN_NAME.sub(_percent, printable(name))


def escape_name(name: str) -> str:
    """A name for readers."""
    return _UNSAFE_IN_NAME.sub(lambda match: _entity(match[0]), printable(name))


def escape_text(text: str) -> str:
    """A text for readers, composed (NFC) as MediaWiki would save it."""
    composed = unicodedata.normalize("NFC", printable(text))
    escaped = "".join(c if _is_plain(c) else _entity(c) for c in composed)
    # `ISBN 1234567890` would be a link; with its N as an entity it is not
    return _MAGIC_LINK.sub(lambda match: match[0][:-1] + _entity(match[0][-1]), escaped)


def _is_plain(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("L") or category == "Nd" or character in " ().,-\ufffd"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def _entity(character: str) -> str:
    return f"&#{ord(character)};"
