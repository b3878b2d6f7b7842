"""Whether the loop goes on, for whoever asks at /healthz; read by another thread."""

from collections.abc import Callable

import attrs

_INTERVALS = 3
"""After this many without the end of a look the loop is taken for stuck."""


@attrs.frozen
class _Beat:
    ended: float
    interval_s: float


@attrs.define
class Health:
    """When the last look or full run ended, and how soon the next one is to end."""

    _clock: Callable[[], float]
    """Seconds; nobody sets it."""
    _last: _Beat | None = attrs.field(default=None, init=False)

    def note(self, ended: float, interval_s: float) -> None:
        """Note that a look or full run has ended, and the interval until the next look."""
        self._last = _Beat(ended, interval_s)

    @property
    def problem(self) -> str | None:
        """Why it is not well, in words for people; None if it is."""
        last = self._last
        if last is None:
            return "the first full run has not ended yet"
        age_s = self._clock() - last.ended
        if age_s <= _INTERVALS * last.interval_s:
            return None
        return (
            f"the last look ended {age_s:.0f} s ago, and one is due every {last.interval_s:.0f} s"
        )
