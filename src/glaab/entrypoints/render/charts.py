"""Two small pictures of the queue: how long everybody has waited, and the verdicts."""

from collections.abc import Mapping

import attrs

from glaab.domain.policy import Verdict
from glaab.entrypoints.runtime.result import RunResult

_AGES = (
    ("today", 1),
    ("1 to 6 days", 7),
    ("1 to 4 weeks", 30),
    ("1 to 3 months", 91),
    ("3 to 12 months", 365),
)
"""Each with the first day that is too old for it."""
_OLDER = "over a year"
_WIDEST = 150
_NEAREST_FIRST = (Verdict.APPROVE, Verdict.WAIT, Verdict.VETO, Verdict.HOLD)


@attrs.frozen
class Bar:
    """One bar of a picture."""

    label: str
    count: int
    width: int
    """Of the bar, in the units of the picture; something that is there can be seen."""
    kind: str
    """What it is coloured by."""


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
    counts = result.counts
    verdicts = {verdict.value: counts[verdict] for verdict in _NEAREST_FIRST}
    ages = _ages(result)
    return (
        Chart(
            name="ages",
            title="How long they have waited",
            bars=_bars(ages, dict.fromkeys(ages, "age")),
        ),
        Chart(
            name="verdicts",
            title="What was decided",
            bars=_bars(verdicts, {each: each for each in verdicts}),
        ),
    )


def _ages(result: RunResult) -> dict[str, int]:
    counts = dict.fromkeys((*(label for label, _ in _AGES), _OLDER), 0)
    for case in result.plan.cases:
        days = (result.started_at - case.account.created_at).days
        counts[next((label for label, end in _AGES if days < end), _OLDER)] += 1
    return counts


def _bars(counts: Mapping[str, int], kinds: Mapping[str, str]) -> tuple[Bar, ...]:
    most = max(counts.values()) or 1
    return tuple(
        Bar(label, count, max(2, round(count * _WIDEST / most)) if count else 0, kinds[label])
        for label, count in counts.items()
    )
