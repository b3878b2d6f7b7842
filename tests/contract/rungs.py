"""
The table at the end of a run: every contract test by rung, passed or skipped with the reason.

A contract test is one that a class inherits from a contract: from a base class named
`…Contract`, or from one whose own attribute `suite` says to which contract it adds. The class
that inherits says by its attribute `rung` against what it runs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import attrs

RUNGS = ("memory", "simulator", "service", "live", "file")
"""In the order of the columns; `file` is for the audit log that needs nothing but a file."""

_ALWAYS_SHOWN = RUNGS[:4]
_WIDTH = 10


class Outcome(StrEnum):
    """How a test ended."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"


@attrs.frozen(kw_only=True)
class Place:
    """Where the ending of a test belongs."""

    suite: str
    test: str
    rung: str


@attrs.frozen
class Ending:
    """How one contract test ended on one rung."""

    place: Place
    outcome: Outcome
    reason: str = ""
    """Why it was skipped."""


def place_of(owner: type | None, test: str) -> Place | None:
    """The place of a class's test function; None if it belongs to no contract."""
    for base in owner.__mro__ if owner else ():
        if test in vars(base) and (suite := _suite_of(base)):
            return Place(suite=suite, test=test, rung=getattr(owner, "rung", "?"))
    return None


def _suite_of(base: type) -> str | None:
    if base.__name__.endswith("Contract"):
        return base.__name__.removesuffix("Contract")
    return vars(base).get("suite")


@attrs.frozen
class Table:
    """The endings of a run, as lines of text."""

    endings: Sequence[Ending]

    def lines(self, *, briefly: bool = False) -> Iterator[str]:
        """Suite by suite and test by test; *briefly* only suite by suite."""
        suites = _grouped(self.endings, "suite")
        for suite, endings in suites.items() if not briefly else ():
            yield self._header(suite)
            for test, ended in _grouped(endings, "test").items():
                yield self._row(test.removeprefix("test_"), ended)
            yield ""
        yield self._header("contract")
        yield from (self._row(suite, endings) for suite, endings in suites.items())
        yield ""
        yield "1/2: one of two passed    -: nothing to run on this rung    [1]: skipped, because"
        yield from (f"  [{number}] {reason}" for reason, number in self._notes.items())

    @property
    def _rungs(self) -> list[str]:
        """The columns, and at the end whatever else a class calls its rung."""
        found = {ending.place.rung for ending in self.endings}
        return [*_ALWAYS_SHOWN, *sorted(found - set(_ALWAYS_SHOWN))]

    @property
    def _notes(self) -> Mapping[str, int]:
        skipped = (each.reason for each in self.endings if each.outcome is Outcome.SKIPPED)
        return {reason: number for number, reason in enumerate(dict.fromkeys(skipped), 1)}

    def _header(self, title: str) -> str:
        return _columns(self._rungs, title)

    def _row(self, title: str, endings: Iterable[Ending]) -> str:
        by_rung = _grouped(endings, "rung")
        return _columns([self._cell(by_rung.get(rung, ())) for rung in self._rungs], title)

    def _cell(self, endings: Sequence[Ending]) -> str:
        """`-`, `48/48`, `[1]`, `46/48 [1]`, or `2 FAILED`."""
        if not endings:
            return "-"
        count = [each.outcome for each in endings].count
        if failed := count(Outcome.FAILED):
            return f"{failed} FAILED"
        reasons = {each.reason for each in endings if each.outcome is Outcome.SKIPPED}
        marks = "".join(f"[{number}]" for number in sorted(map(self._notes.get, reasons)))
        if count(Outcome.SKIPPED) == len(endings):
            return marks
        return f"{count(Outcome.PASSED)}/{len(endings)} {marks}".rstrip()


def _grouped(endings: Iterable[Ending], by: str) -> dict[str, list[Ending]]:
    groups: dict[str, list[Ending]] = {}
    for ending in endings:
        groups.setdefault(getattr(ending.place, by), []).append(ending)
    return groups


def _columns(cells: Iterable[str], title: str) -> str:
    return "".join(f" {cell:>{_WIDTH}}" for cell in cells) + f"   {title}"
