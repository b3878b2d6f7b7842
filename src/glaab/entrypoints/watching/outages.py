"""Which systems give no usable answer, since when, and what is new about that."""

from collections.abc import Collection, Mapping
from datetime import datetime

import attrs

from glaab.domain.errors import System


@attrs.frozen
class Outage:
    """A system that gives no usable answer."""

    system: System
    reason: str
    """The first one."""
    began: float
    """Seconds of a clock that nobody sets."""
    since: datetime
    """The same for people; UTC."""


@attrs.frozen
class Changes:
    """What a look or full run has shown."""

    began: tuple[Outage, ...] = ()
    ended: tuple[Outage, ...] = ()


class Outages:
    """Those that are under way: from the first failure until the system is asked with success."""

    def __init__(self) -> None:
        self._under_way: dict[System, Outage] = {}

    @property
    def under_way(self) -> tuple[Outage, ...]:
        """The oldest first."""
        return tuple(self._under_way.values())

    def update(
        self,
        failures: Mapping[System, str],
        over: Collection[System],
        now: float,
        time: datetime,
    ) -> Changes:
        """
        Those that began and ended with a look or full run.

        Those of the systems *over* have ended, unless they fail again. *now* is in seconds of a
        clock that nobody sets, *time* is the same for people, in UTC.
        """
        ended = [
            outage
            for system, outage in self._under_way.items()
            if system in over and system not in failures
        ]
        began = [
            Outage(system, reason, now, time)
            for system, reason in failures.items()
            if system not in self._under_way
        ]
        for outage in ended:
            del self._under_way[outage.system]
        self._under_way |= {outage.system: outage for outage in began}
        return Changes(tuple(began), tuple(ended))
