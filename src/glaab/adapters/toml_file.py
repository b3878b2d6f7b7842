"""Our own TOML files: read, checked for shape and sense, every problem reported at once."""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from glaab.adapters.http.structuring import STRUCTURE_ERRORS, problems, strict_converter
from glaab.domain.errors import SettingsInvalid

T = TypeVar("T")
Content = dict[str, Any]

UNIQUE = {"unique": True}
"""The metadata of a field of a table's class whose value no two tables of a kind may share."""

_converter = strict_converter(forbid_extra_keys=True)


def load_toml(
    text: str, source: str, shape: type[T], validate: Callable[[Content], Iterable[str]]
) -> T:
    """*text* as *shape*, an attrs class; raises SettingsInvalid, for what *validate* finds too."""
    try:
        content = tomllib.loads(text)
        wrong = [*validate(content)]
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid((f"{source} is not TOML: {error}",)) from error
    except (ValueError, RecursionError) as error:
        raise SettingsInvalid((f"{source} has a value that is too large or too deep",)) from error
    try:
        value = _converter.structure(content, shape)
    except STRUCTURE_ERRORS as error:
        wrong = problems(error) + wrong
    if wrong:
        raise SettingsInvalid(tuple(f"{source}: {each}" for each in wrong))
    return value


def table(content: Content, key: str) -> Content:
    """The table at *key*; empty if there is none."""
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def tables(content: Content, key: str) -> list[Content]:
    """The tables of the array at *key*, whatever else it holds left out."""
    value = content.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def version_problem(content: Content) -> Iterator[str]:
    """A problem if the file is of another version than this glaab reads; none if it has none."""
    version = content.get("version")
    if isinstance(version, int) and version != 1:
        yield f"version: this glaab reads version 1, not {version}"


def is_blank(value: object) -> bool:
    """True for a text of nothing but spaces."""
    return isinstance(value, str) and not value.strip()


def one_of(words: Iterable[str]) -> str:
    """*words* as a choice, in quotes: `"a", "b" or "c"`."""
    return either(f'"{word}"' for word in words)


def either(words: Iterable[str]) -> str:
    """*words* as a choice: `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def repeated(rows: Iterable[Content], key: str) -> Iterator[tuple[str, int]]:
    """Each value at *key* that several tables have, and how many have it."""
    counts = Counter(str(row[key]) for row in rows if key in row)
    return ((value, count) for value, count in counts.items() if count > 1)
