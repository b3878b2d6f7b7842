"""Text that is safe to print on a terminal, and counted nouns."""

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MAX_LENGTH = 500


def escape_control(text: str) -> str:
    r"""
    *text* with invisible characters as escape sequences: `\x1b`, `\u202e`.

    After 500 characters it is cut, and the full length is added.
    """
    escaped = "".join(
        _escaped(character) if unicodedata.category(character) in _INVISIBLE else character
        for character in text[:_MAX_LENGTH]
    )
    return escaped if len(text) <= _MAX_LENGTH else f"{escaped}… ({len(text)} characters)"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def pluralize(count: int, one: str, several: str = "") -> str:
    """The number with the fitting noun: `1 rule`, `2 vetoes`; *several* if an s is not enough."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"
