"""Asking systems any of which may be down."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from glaab.domain.errors import System, SystemUnavailable
from glaab.domain.evidence import Unknown

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")
T = TypeVar("T")


class Questions:
    """Asks systems, and stops asking one that gave no usable answer."""

    def __init__(self) -> None:
        self.asked: set[System] = set()
        self.outages: dict[System, str] = {}

    def ask(self, system: System, question: Callable[[], T]) -> T | Unknown:
        """The answer, or Unknown with the reason of the first failure."""
        if system not in self.outages:
            self.asked.add(system)
            try:
                return question()
            except SystemUnavailable as error:
                self.outages[system] = error.reason
        return Unknown(str(SystemUnavailable(system, self.outages[system])))


def entry(found: Mapping[K, V] | Unknown, key: K, missing: D) -> V | D | Unknown:
    """What was found for *key*; Unknown if nothing could be looked up."""
    return found if isinstance(found, Unknown) else found.get(key, missing)
