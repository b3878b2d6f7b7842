"""When the next look and the next full run are due."""

import math

import attrs

_REST = 5
"""After a look that asked other systems this many times as long as it took."""
_LONGEST_BACKOFF_S = 60
_MOST_DOUBLINGS = 6
"""Of the interval: from a second to more than a minute."""


@attrs.define(kw_only=True)
class Schedule:
    """Times are seconds of a clock that nobody sets."""

    look_every_s: float
    run_every_s: float
    _next_look_at: float = attrs.field(default=math.inf, init=False)
    _next_run_at: float = attrs.field(default=-math.inf, init=False)
    """The first one is due at once."""
    _interval_s: float = attrs.field(init=False)
    _failures: int = attrs.field(default=0, init=False)

    @_interval_s.default
    def _look_every_s(self) -> float:
        return self.look_every_s

    def wait_s(self, now: float) -> float:
        """How long there is nothing to do."""
        return max(0, min(self._next_look_at, self._next_run_at) - now)

    def is_full_run_due(self, now: float) -> bool:
        """True if a full run comes next, false if it is a look."""
        return now >= self._next_run_at

    @property
    def interval_s(self) -> float:
        """The present one, from one look to the next."""
        return self._interval_s

    def after_full_run(self, began: float, ended: float, *, is_outage: bool) -> None:
        """Plan what comes next."""
        self._next_run_at = max(began + self.run_every_s, ended)
        self._plan_look(began, ended, is_outage=is_outage, rest_s=0)

    def after_look(
        self, began: float, ended: float, *, is_outage: bool, asked_others: bool
    ) -> None:
        """Plan what comes next; systems that were asked beside GitLab are given a rest."""
        rest_s = _REST * (ended - began) if asked_others else 0
        self._plan_look(began, ended, is_outage=is_outage, rest_s=rest_s)

    def _plan_look(self, began: float, ended: float, *, is_outage: bool, rest_s: float) -> None:
        """Looks are rarer while a system gives no usable answer."""
        self._failures = min(self._failures + 1, _MOST_DOUBLINGS) if is_outage else 0
        longest_s = max(self.look_every_s, _LONGEST_BACKOFF_S)
        backoff_s = min(self.look_every_s * 2**self._failures, longest_s)
        self._next_look_at = max(began + backoff_s, ended + rest_s)
        self._interval_s = max(backoff_s, rest_s)
