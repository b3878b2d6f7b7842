"""The metrics that `glaab watch` serves, for what is told and shown of them."""

from collections.abc import Iterable

import attrs
from prometheus_client import Metric

from glaab.domain.policy import Verdict
from glaab.entrypoints.watching.metrics import WatchMetrics
from tests.unit.results import SYSTEMS, a_case, a_run


def exposed_metrics() -> tuple[Metric, ...]:
    """All of them, after a full run and a look."""
    metrics = WatchMetrics(SYSTEMS)
    for kind in ("full-run", "look"):
        run = attrs.evolve(a_run(a_case(1, Verdict.HOLD), command="watch"), kind=kind)
        metrics.note(run, (), is_standing=False)
    return tuple(metrics.registry.collect())


def told_names(metrics: Iterable[Metric]) -> set[str]:
    """The names by which people speak of them: a histogram has one."""
    return {
        f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in metrics
    }
