"""Text for a terminal: made harmless if it is from outside, and numbers with their words."""

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LONGEST = 500


def escape_control(text: str) -> str:
    r"""
    *text* with everything that does not show written out: `\x1b`, `\u202e`.

    Longer than 500 characters it is cut, and says so.
    """
    shown = "".join(
        _escaped(character) if unicodedata.category(character) in _UNSEEN else character
        for character in text[:_LONGEST]
    )
    return shown if len(text) <= _LONGEST else f"{shown}… ({len(text)} characters)"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def pluralize(count: int, one: str, several: str = "") -> str:
    """How many there are, in words: `1 rule`, `2 rules`; *several* if it is not one and an s."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"
