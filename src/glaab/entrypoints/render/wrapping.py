"""Long lines, wrapped to the width of the terminal."""

import re
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

_WITH_ANSWER = re.compile(r"  (?:trust|veto)  {4,}(?:yes|no|unknown|not-asked) +")
_MIN_COLUMNS = 24
"""A narrower terminal gets lines that are not wrapped."""


def can_wrap(console: Console) -> bool:
    """True if *console* is a terminal that is wide enough to wrap lines."""
    return console.is_terminal and console.width >= _MIN_COLUMNS


def print_lines(lines: Iterable[Text], indent: int, *, color: bool) -> None:
    """
    Print *lines* on stdout; *indent* is for what continues a line that begins with spaces.

    One whose text begins further right, after an answer, is continued there.
    """
    console = Console(color_system="auto" if color else None, highlight=False)
    placed = ((line, _indent(line.plain, indent)) for line in lines)
    console.file.write(wrap_lines(placed, console))


def _indent(line: str, usual: int) -> int:
    if match := _WITH_ANSWER.match(line):
        return match.end()
    return usual if line.startswith("  ") else 0


def wrap_lines(lines: Iterable[tuple[Text, int]], console: Console) -> str:
    """The text for *console* of *lines*, each with the indent of its continuation lines."""
    if not console.is_terminal:  # plain and not wrapped: rich would take several times as long
        return "".join(f"{line.plain}\n" for line, _ in lines)
    is_wrapped = can_wrap(console)
    with console.capture() as capture:
        for line, indent in lines:
            for each in _wrapped(line, indent, console) if is_wrapped else [line]:
                console.print(each, soft_wrap=True)
    return capture.get()


def _wrapped(line: Text, indent: int, console: Console) -> Iterator[Text]:
    margin, text = line.divide([indent])
    first, *others = text.wrap(console, console.width - indent)
    for each in (margin + first, *(Text(" " * indent) + other for other in others)):
        each.rstrip()
        yield each
