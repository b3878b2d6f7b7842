"""Signals and the deadline: when a run stops, and how it stops in good order."""

import signal
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glaab.adapters.http.timeouts import TimeoutPolicy


class Interrupted(BaseException):
    """A signal came before anything was approved: nothing is left to finish."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


class Shutdown:
    """
    SIGINT and SIGTERM while it is entered, and the deadline of the run.

    Before `begin_to_act` a signal ends the run at once. Afterwards the account in hand is
    finished and what was approved is logged, in a hurry: the answer that was waited for when
    the signal came has little time left, too, and is then taken for lost. SIGALRM is used to
    limit how long anything is waited for in all.
    """

    def __init__(self, timeouts: "TimeoutPolicy", deadline_s: float) -> None:
        self.received: int | None = None
        self._timeouts = timeouts
        self._ends_at = time.monotonic() + deadline_s
        self._acting = False
        self._before: dict[int, object] = {}
        self._rang_before = (0.0, 0.0)

    def __enter__(self) -> "Shutdown":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
        self._rang_before = signal.getitimer(signal.ITIMER_REAL)
        self._timeouts.alarm = _ring_after
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _ring_after(0)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave back
        signal.setitimer(signal.ITIMER_REAL, *self._rang_before)

    def begin_to_act(self) -> None:
        """From now on a signal must not end the run in the middle."""
        self._acting = True

    def may_start(self) -> bool:
        """Whether there is time for another account."""
        return self.received is None and time.monotonic() < self._ends_at

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        is_first, self.received = self.received is None, number
        if not self._acting:
            raise Interrupted(number)
        if is_first:
            self._timeouts.shorten()

    def _on_alarm(self, _: int, __: FrameType | None) -> None:
        self._timeouts.abort()


def _ring_after(seconds: float) -> None:
    """SIGALRM after *seconds*, and every second from then on, should the first one be lost."""
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
