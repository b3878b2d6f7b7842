"""Signals and the deadline: when a run stops, and how it stops in good order."""

import signal
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glaab.adapters._http import Patience


class Interrupted(BaseException):
    """A signal came before anything was approved: nothing is left to finish."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


class Interruption:
    """
    SIGINT and SIGTERM while it is entered, and the deadline of the run.

    Before `begin_to_act` a signal ends the run at once. Afterwards the account in hand is
    finished and what was approved is logged, in a hurry.
    """

    def __init__(self, patience: "Patience", deadline_s: float) -> None:
        self.received: int | None = None
        self._patience = patience
        self._ends_at = time.monotonic() + deadline_s
        self._acting = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Interruption":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave back

    def begin_to_act(self) -> None:
        """From now on a signal must not end the run in the middle."""
        self._acting = True

    def may_start(self) -> bool:
        """Whether there is time for another account."""
        return self.received is None and time.monotonic() < self._ends_at

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self.received = number
        self._patience.hurry()
        if not self._acting:
            raise Interrupted(number)
