"""Signals and deadlines: when a run stops, and how it finishes what it has begun."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glaab.adapters.http.timeouts import TimeoutPolicy


class Interrupted(BaseException):
    """A signal came before the run changed anything: there is nothing to finish."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


class Shutdown:
    """
    Handles SIGINT and SIGTERM while it is entered, and knows the deadline of the run.

    Before `begin_to_act` a signal ends the run at once. After it, the current account is
    finished and everything approved is logged, with short timeouts: an awaited answer gets a
    few seconds and then counts as lost.
    """

    def __init__(self, timeouts: "TimeoutPolicy", deadline_s: float) -> None:
        self.received: int | None = None
        self._timeouts = timeouts
        self._ends_at = time.monotonic() + deadline_s
        self._acting = False
        self._handlers = ExitStack()

    def __enter__(self) -> "Shutdown":
        self._handlers.enter_context(enforce_deadlines(self._timeouts))
        for number in (signal.SIGINT, signal.SIGTERM):
            previous = signal.signal(number, self._on_signal)
            self._handlers.callback(signal.signal, number, previous)
        return self

    def __exit__(self, *_: object) -> None:
        self._handlers.close()

    def begin_to_act(self) -> None:
        """Finish in good order from now on, instead of ending at once."""
        self._acting = True

    def may_start(self) -> bool:
        """True if there is time for another account: no signal came, the deadline is ahead."""
        return self.received is None and time.monotonic() < self._ends_at

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        is_first, self.received = self.received is None, number
        if not self._acting:
            raise Interrupted(number)
        if is_first:
            self._timeouts.shorten()


@contextmanager
def enforce_deadlines(timeouts: "TimeoutPolicy") -> Iterator[None]:
    """Have SIGALRM enforce the deadlines of *timeouts* while it is entered."""
    handler = signal.signal(signal.SIGALRM, lambda *_: timeouts.abort())
    timer = signal.getitimer(signal.ITIMER_REAL)
    timeouts.alarm = _set_alarm
    try:
        yield
    finally:
        _set_alarm(0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def _set_alarm(seconds: float) -> None:
    """SIGALRM after *seconds*, then every second, in case the first one is lost; 0 for none."""
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
