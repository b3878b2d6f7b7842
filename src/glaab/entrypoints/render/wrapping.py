"""Lines of text, folded as a terminal has room for them."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

_NARROWEST = 24
"""Columns that a terminal must have for lines to be folded."""


def can_wrap(console: Console) -> bool:
    """Whether it is a terminal, and one that has room enough to fold lines."""
    return console.is_terminal and console.width >= _NARROWEST


def wrap_lines(lines: Iterable[tuple[Text, int]], console: Console) -> str:
    """
    What *console* is to be sent for *lines*.

    Where a line is folded, what follows stands below what is after its so many first letters.
    What is no terminal gets them whole and plain: rich would take several times as long.
    """
    if not console.is_terminal:
        return "".join(f"{line.plain}\n" for line, _ in lines)
    may_fold = can_wrap(console)
    with console.capture() as capture:
        for line, indent in lines:
            for each in _folded(line, indent, console) if may_fold else [line]:
                console.print(each, soft_wrap=True)
    return capture.get()


def _folded(line: Text, indent: int, console: Console) -> Iterator[Text]:
    margin, text = line.divide([indent])
    first, *others = text.wrap(console, console.width - indent)
    for each in (margin + first, *(Text(" " * indent) + other for other in others)):
        each.rstrip()
        yield each
