"""How long a run waits for an answer, and how it stops waiting."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

_GRACE_S = 1
"""How much longer than a socket's timeout a whole request may take."""


@attrs.define
class TimeoutPolicy:
    """Timeout and number of retries, shared by all clients of a run."""

    timeout_s: float
    retries: int = 2
    alarm: Callable[[float], None] = attrs.field(default=lambda _: None, repr=False, eq=False)
    """Has `abort` called after this many seconds; 0 cancels that. By default nothing does."""
    _error: type[BaseException] | None = attrs.field(default=None, init=False, repr=False, eq=False)
    """What `abort` raises; None while no block with a deadline runs."""
    _shortened: bool = attrs.field(default=False, init=False, repr=False, eq=False)

    def shorten(self) -> None:
        """Wait at most 3 s from now on, and retry nothing: the process is about to be killed."""
        self.timeout_s = min(self.timeout_s, 3)
        self.retries = 0
        self._shortened = True
        if self._error:
            self.alarm(self.timeout_s)

    @contextmanager
    def deadline(self, limit_s: float, error: type[BaseException] = TimeoutError) -> Iterator[None]:
        """
        Have *error* raised after *limit_s* and a second of the block, if there is an alarm.

        A socket's own timeout does not do that: it starts anew with each byte that arrives.
        """
        self._error = error
        self.alarm(limit_s + _GRACE_S)
        if self._shortened:  # perhaps by a signal since *limit_s* was read
            self.alarm(self.timeout_s)
        try:
            yield
        finally:
            self._error = None
            self.alarm(0)

    def abort(self) -> None:
        """End a block with a deadline, if one runs: by default as a socket whose time is over."""
        if self._error:
            raise self._error("it took too long")
