"""The checks of `glaab doctor`: one after the other, each alone, and what came of them."""

from collections.abc import Iterable, Mapping

import attrs

from glaab.domain.diagnostics import Checks, Finding, Health, problem
from glaab.domain.errors import FailoverRestart, System, SystemUnavailable, Unreachable
from glaab.entrypoints.diagnostics.settings_checks import Titled
from glaab.entrypoints.runtime.exit_code import ExitCode
from glaab.entrypoints.runtime.result import CommandResult

_THAT_FIRST = "mend that first, then run glaab doctor again"
_REMEDY = "see that it is up, and that {} are right; then run glaab doctor again"


@attrs.frozen
class CheckResult:
    """One thing that a check found."""

    area: str
    """`settings`, `policy`, `notifications`, or the system that it is about."""
    check: str
    finding: Finding


@attrs.frozen(kw_only=True)
class DoctorReport(CommandResult):
    """Everything that text and JSON tell of an examination."""

    results: tuple[CheckResult, ...]
    outages: Mapping[System, str]
    """Which systems gave no usable answer to some check, and why."""
    asked: frozenset[System]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        found = [result.finding.health for result in self.results]
        return {health.value: found.count(health) for health in Health}

    @property
    def exit_code(self) -> int:
        """3 if somebody has to act, else 0."""
        return ExitCode.WAITING if self.counts[Health.PROBLEM] else ExitCode.OK


class CheckRunner:
    """Runs checks and keeps what they found; asks nobody who must not be, or does not answer."""

    def __init__(self, closed: Mapping[System, str], settings: Mapping[System, str]) -> None:
        """*closed*: systems not to ask, and why; *settings*: where to look if one is silent."""
        self.results: list[CheckResult] = []
        self.asked: set[System] = set()
        self.outages: dict[System, str] = {}
        self._closed = dict(closed)
        self._settings = settings

    def note(self, area: str, findings: Iterable[Titled]) -> None:
        """Keep what was found."""
        self.results += [CheckResult(area, title, finding) for title, finding in findings]

    def look(self, area: str, system: System, checks: Checks) -> None:
        """Run the checks of *system* until its first one fails or one gets no answer at all."""
        for position, (title, check) in enumerate(checks.items()):
            if reason := self._closed.get(system):
                left_out = ", ".join([*checks][position:])
                failure = problem(f"not checked, because {reason}", _THAT_FIRST)
                self.note(area, [(left_out, failure)])
                return
            is_first = system not in self.asked
            self.asked.add(system)
            try:
                self.note(area, [(title, finding) for finding in check()])
            except (SystemUnavailable, FailoverRestart) as error:
                self.outages.setdefault(system, error.reason)
                if is_first or isinstance(error, Unreachable):
                    self._closed[system] = f"{system} gave no usable answer"
                remedy = _REMEDY.format(self._settings[system])
                failure = problem(f"it could not be checked: {error.reason}", remedy)
                self.note(area, [(title, failure)])
