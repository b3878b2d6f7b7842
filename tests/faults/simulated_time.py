"""A clock that moves only when somebody sleeps or waits, and what happens at which moment."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import attrs

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


@attrs.define
class SimulatedTime:
    """Seconds since the start, for the loop; the machine's clock may be set meanwhile."""

    now_s: float = 0
    machine_is_ahead_by_s: float = 0
    """Of the true time, which is GitLab's unless that is wrong, too."""
    gitlab_is_ahead_by_s: float = 0
    _due: list[tuple[float, int, Callable[[], None]]] = attrs.field(factory=list)
    _number: count = attrs.field(factory=count)

    def at(self, moment_s: float, happens: Callable[[], object]) -> None:
        """Have something happen when it is so late."""
        heapq.heappush(self._due, (moment_s, next(self._number), happens))

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Let time pass, and happen what is due."""
        until = self.now_s + seconds
        while self._due and self._due[0][0] <= until:
            moment_s, _, happens = heapq.heappop(self._due)
            self.now_s = max(self.now_s, moment_s)
            happens()
        self.now_s = max(self.now_s, until)

    def machine(self) -> datetime:
        """The time by the machine's clock, in whole seconds."""
        return self._moment(self.machine_is_ahead_by_s).replace(microsecond=0)

    def gitlab(self) -> datetime:
        """The time by GitLab's clock."""
        return self._moment(self.gitlab_is_ahead_by_s)

    def _moment(self, ahead_by_s: float) -> datetime:
        return START + timedelta(seconds=self.now_s + ahead_by_s)
