"""What can go wrong, as far as a caller acts differently on it."""

from typing import NewType

import attrs

System = NewType("System", str)
"""An outside system, by the name that people see; each source of trust has its own."""
GITLAB = System("gitlab")
AUDIT_LOG = System("audit_log")


class GlaabError(Exception):
    """The root of everything that glaab raises on purpose."""


@attrs.frozen
class SystemUnavailable(GlaabError):
    """A system gave no usable answer; the next run asks again."""

    system: System
    reason: str

    def __str__(self) -> str:
        return f"{self.system} gave no usable answer: {self.reason}"


@attrs.frozen
class Unreachable(SystemUnavailable):
    """It gave no answer at all, and would give none to another question either."""


@attrs.frozen
class NoSuchAccount(SystemUnavailable):
    """GitLab says that the account is gone."""


@attrs.frozen
class PartlyLogged(SystemUnavailable):
    """An audit log refused the entries of some accounts; it holds the others."""

    refused: frozenset[int]
    """The accounts' ids."""


@attrs.frozen
class FailoverRestart(GlaabError):
    """One server of a system failed, another takes over: ask everything again."""

    reason: str

    def __str__(self) -> str:
        return f"another server takes over: {self.reason}"


@attrs.frozen
class NotConfirmed(GlaabError):
    """A write was sent and its answer lost: it may or may not have happened."""

    system: System
    reason: str

    def __str__(self) -> str:
        return f"{self.system} may or may not have done it: {self.reason}"


@attrs.frozen
class WriteRefused(GlaabError):
    """A read-only adapter was asked to write: a bug in glaab."""

    what: str

    def __str__(self) -> str:
        return f"refused to {self.what}: this run only looks"


@attrs.frozen
class IllegalTransition(GlaabError):
    """GitLab knows no such change of an account's state."""

    state: str
    event: str

    def __str__(self) -> str:
        return f"an account that is {self.state} cannot {self.event}"


@attrs.frozen
class SettingsInvalid(GlaabError):
    """Settings, policy, world or an argument is wrong; every problem says what to do about it."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.problems)
