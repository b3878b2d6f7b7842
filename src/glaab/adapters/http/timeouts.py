"""How long the whole of a run waits for anybody, and how it gives up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

_GRACE_S = 1
"""How much longer than a socket's timeout the whole of a request may take."""


def _no_alarm(_: float) -> None:
    """Ring for nobody: without signals it is up to each socket to stop waiting."""


@attrs.define
class TimeoutPolicy:
    """How long to wait for anybody; shared by all clients of a run."""

    timeout_s: float
    retries: int = 2
    alarm: Callable[[float], None] = attrs.field(default=_no_alarm, repr=False, eq=False)
    """Has `give_up` called after so many seconds; 0 for never."""
    _waiting: bool = attrs.field(default=False, init=False, repr=False, eq=False)
    _shortened: bool = attrs.field(default=False, init=False, repr=False, eq=False)

    def shorten(self) -> None:
        """Wait for little and repeat nothing: the platform is about to kill the process."""
        self.timeout_s = min(self.timeout_s, 3)
        self.retries = 0
        self._shortened = True
        if self._waiting:
            self.alarm(self.timeout_s)

    @contextmanager
    def deadline(self, limit_s: float) -> Iterator[None]:
        """
        While it is entered, something is waited for: about so long in all, if there is an alarm.

        A socket's own timeout counts anew with each byte that arrives.

        Raises:
            TimeoutError: that was too long.
        """
        self._waiting = True
        self.alarm(limit_s + _GRACE_S)
        if self._shortened:  # perhaps since a moment ago
            self.alarm(self.timeout_s)
        try:
            yield
        finally:
            self._waiting = False
            self.alarm(0)

    def abort(self) -> None:
        """Raise what a socket raises when time is up, if anything is waited for."""
        if self._waiting:
            raise TimeoutError("it took too long")
