"""Two small pictures of the queue: how long everybody has waited, and the verdicts."""

from collections import Counter
from collections.abc import Mapping

import attrs

from glaab.domain.policy import Verdict
from glaab.entrypoints.runtime.result import RunResult

_AGES = {
    "today": 1,
    "1 to 6 days": 7,
    "1 to 4 weeks": 30,
    "1 to 3 months": 91,
    "3 to 12 months": 365,
    "over a year": float("inf"),
}
"""Each with the first day that is too old for it."""
_MAX_WIDTH = 150
_NEAREST_FIRST = (Verdict.APPROVE, Verdict.WAIT, Verdict.VETO, Verdict.HOLD)


@attrs.frozen
class Bar:
    """One bar of a picture."""

    label: str
    count: int
    width: int
    """Of the bar, in the units of the picture; something that is there can be seen."""
    kind: str
    """Its colour."""


@attrs.frozen(kw_only=True)
class Chart:
    """A picture, and the same in words."""

    name: str
    title: str
    bars: tuple[Bar, ...]

    @property
    def words(self) -> str:
        """What the picture shows."""
        return ", ".join(f"{bar.label}: {bar.count}" for bar in self.bars)


def charts(result: RunResult) -> tuple[Chart, Chart]:
    """About everybody who is pending, also those whom the next run lets in."""
    waits = [(result.started_at - case.account.created_at).days for case in result.plan.cases]
    ages = Counter(next(age for age, end in _AGES.items() if days < end) for days in waits)
    by_age = _bars({age: ages[age] for age in _AGES}, "age")
    by_verdict = _bars({verdict.value: result.counts[verdict] for verdict in _NEAREST_FIRST})
    return (
        Chart(name="ages", title="How long they have waited", bars=by_age),
        Chart(name="verdicts", title="What was decided", bars=by_verdict),
    )


def _bars(counts: Mapping[str, int], kind: str = "") -> tuple[Bar, ...]:
    most = max(counts.values()) or 1
    return tuple(
        Bar(label, count, max(2, round(count * _MAX_WIDTH / most)) if count else 0, kind or label)
        for label, count in counts.items()
    )
