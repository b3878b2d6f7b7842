"""What an examination finds: whether a system is as glaab needs it, and what to do if not."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Protocol

import attrs

from glaab.domain.errors import System


class Health(StrEnum):
    """How something that was checked is."""

    OK = "ok"
    WARNING = "warning"
    """It works; somebody should know what it means."""
    PROBLEM = "problem"
    """Somebody has to act, or accounts wait."""


@attrs.frozen
class Finding:
    """What one check found."""

    health: Health
    message: str
    """What is the case; a sentence without its full stop."""
    remedy: str = ""
    """What to do about it; empty when all is well."""


Checks = Mapping[str, Callable[[], Iterable[Finding]]]
"""By title; a check that could not look raises `SystemUnavailable`, and the others go on."""


class HealthCheck(Protocol):
    """Examines one system for what glaab needs of it; writes nothing."""

    system: System
    settings: str
    """The variables to look at if it gives no usable answer, in words."""

    @abstractmethod
    def checks(self) -> Checks:
        """
        The checks in the order in which to show them; nothing is asked before one is called.

        The first tells whether the system answers and takes the credentials: if that one
        cannot look (raises `SystemUnavailable`), the others are not called.
        """


def ok(message: str) -> Finding:
    """All is well."""
    return Finding(Health.OK, message)


def warning(message: str, remedy: str) -> Finding:
    """It works, and somebody should know what it means."""
    return Finding(Health.WARNING, message, remedy)


def problem(message: str, remedy: str) -> Finding:
    """Somebody has to act."""
    return Finding(Health.PROBLEM, message, remedy)
