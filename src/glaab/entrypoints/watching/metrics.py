"""The metrics that `glaab watch` serves: of the last full run, and of the loop itself."""

from collections.abc import Collection

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from glaab.domain.errors import System
from glaab.domain.outcome import Outcome
from glaab.domain.policy import Verdict
from glaab.entrypoints.runtime.metrics import RunMetrics
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.watching.outages import Outage

_BUCKETS_S = (1, 2, 3, 5, 10, 20, 30, 60, 180, 600, 3_600, 86_400)


class WatchMetrics:
    """Filled by the loop, and read by another thread."""

    def __init__(self, systems: Collection[System]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # of the library
        self.registry = CollectorRegistry()
        self._last_run = RunMetrics()
        self.registry.register(self._last_run)
        self._looks = Counter("glaab_looks", "Looks for newcomers.", registry=self.registry)
        self._last_look = Gauge(
            "glaab_last_look_timestamp_seconds", "When one ended.", registry=self.registry
        )
        self._full_runs = Counter("glaab_full_runs", "Full runs.", registry=self.registry)
        self._newcomers = Counter(
            "glaab_newcomers", "Accounts that looks judged.", ["verdict"], registry=self.registry
        )
        self._waits = Histogram(
            "glaab_signup_to_approval_seconds",
            "From an account's creation to its approval.",
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self._outages = Gauge(
            "glaab_outage", "1 while it gives no usable answer.", ["system"], registry=self.registry
        )
        self._brake = Gauge(
            "glaab_brake_standing", "1 while looks approve nobody.", registry=self.registry
        )
        for verdict in Verdict:
            self._newcomers.labels(verdict.value)
        for system in systems:
            self._outages.labels(system)

    def note(self, result: RunResult, outages: Collection[Outage], *, is_standing: bool) -> None:
        """Count a look or full run, after which these outages are under way."""
        if result.kind == "full-run":
            self._full_runs.inc()
            self._last_run.note(result, result.exit_code())
        else:
            self._looks.inc()
            self._last_look.set(result.finished_at.timestamp())
            for case in result.plan.cases:
                self._newcomers.labels(case.judgement.verdict.value).inc()
        results = result.outcomes.results
        for record in result.outcomes.unlogged:
            if results[record.account_id].outcome is Outcome.APPROVED:
                wait_s = (record.at - record.created_at).total_seconds()
                self._waits.observe(max(0, wait_s))  # GitLab's clock may be ahead
        systems = {outage.system for outage in outages}
        for system in result.systems:
            self._outages.labels(system).set(system in systems)
        self._brake.set(is_standing)
