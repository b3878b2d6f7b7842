"""Lines of text, folded as a terminal has room for them."""

from rich.console import Console
from rich.text import Text

_NARROWEST = 24
"""Columns that a terminal must have for lines to be folded."""


def folds(console: Console) -> bool:
    """Whether it is a terminal, and one that has room enough to fold lines."""
    return console.is_terminal and console.width >= _NARROWEST


def folded(line: Text, indent: int, console: Console) -> list[Text]:
    """*line*; where it is folded, what follows stands below what is after *indent* letters."""
    if not folds(console):
        return [line]
    margin, text = line.divide([indent])
    first, *others = text.wrap(console, console.width - indent)
    lines = [margin + first, *(Text(" " * indent) + other for other in others)]
    for each in lines:
        each.rstrip()
    return lines
