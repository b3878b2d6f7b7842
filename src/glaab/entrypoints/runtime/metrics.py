"""The metrics file: Prometheus gauges about the last run."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from glaab.domain.accounts import AccountState
from glaab.domain.policy import Verdict
from glaab.entrypoints.runtime.atomic_write import atomic_write
from glaab.entrypoints.runtime.result import RunResult
from glaab.settings.parsers import is_file

if TYPE_CHECKING:
    from prometheus_client import Metric

log = structlog.get_logger()

_LAST_SUCCESS = "glaab_last_success_timestamp_seconds"


def write_metrics(path: Path, result: RunResult, code: int) -> None:
    """Replace the file at *path*; a failure to do so is a warning."""
    from prometheus_client import CollectorRegistry, generate_latest

    metrics, registry = RunMetrics(_last_success(path)), CollectorRegistry()
    metrics.note(result, code)
    registry.register(metrics)
    try:
        atomic_write(path, generate_latest(registry).decode())
    except OSError as error:
        log.warning("metrics_not_written", path=str(path), reason=error.strerror)


class RunMetrics:
    """The gauges about the last run, as a collector of prometheus-client; none before one."""

    def __init__(self, last_success: float | None = None) -> None:
        self._last_success = last_success
        """As seconds since 1970; None if no run ever succeeded."""
        self._families: tuple[Metric, ...] = ()

    def note(self, result: RunResult, code: int) -> None:
        """Take the place of the run before."""
        if code == 0:
            self._last_success = result.finished_at.timestamp()
        self._families = tuple(_families(result, code, self._last_success))

    def collect(self) -> Iterable["Metric"]:
        """See `prometheus_client.registry.Collector`; another thread may call it."""
        return self._families


def _families(result: RunResult, code: int, last_success: float | None) -> Iterator["Metric"]:
    from prometheus_client.core import GaugeMetricFamily

    ended_at, counts = result.finished_at, result.counts
    duration_s = (ended_at - result.started_at).total_seconds()
    accounts = [case.account for case in result.plan.cases]
    waiting = [each for each in accounts if each.state is AccountState.PENDING]
    waiting_since = [each.created_at for each in waiting if each.created_at]
    oldest_age_s = (ended_at - min(waiting_since, default=ended_at)).total_seconds()
    verdicts = {verdict.value: counts[verdict] for verdict in Verdict}
    requests = {system: result.requests.get(system, 0) for system in result.systems}
    failures = {system: system in result.outages for system in result.systems}
    known = result.has_seen_accounts
    gauges = [
        ("glaab_last_run_timestamp_seconds", "When the last run ended.", ended_at.timestamp()),
        (_LAST_SUCCESS, "When a run last ended with exit code 0.", last_success),
        ("glaab_exit_code", "Of the last run.", code),
        ("glaab_run_duration_seconds", "How long the last run took.", duration_s),
        ("glaab_pending", "Accounts that waited.", counts["pending"] if known else None),
        ("glaab_approvals", "Accounts that the last run approved.", counts["approved"]),
        (
            "glaab_oldest_pending_age_seconds",
            "Since it signed up.",
            oldest_age_s if known else None,
        ),
    ]
    families: list[tuple[str, str, str, Mapping[Any, float]]] = [
        (
            "glaab_verdicts",
            "Accounts that waited, by verdict.",
            "verdict",
            verdicts if known else {},
        ),
        ("glaab_requests", "Sent by the last run.", "system", requests),
        ("glaab_failures", "1 if it gave no usable answer.", "system", failures),
    ]
    for name, text, value in gauges:
        if value is not None:
            yield GaugeMetricFamily(name, text, value=value)
    for name, text, label, values in families:
        family = GaugeMetricFamily(name, text, labels=[label])
        for key, value in values.items():
            family.add_metric([key], value)
        yield family


def _last_success(path: Path) -> float | None:
    """When a run last succeeded, as the file at *path* has it; None if it does not."""
    from prometheus_client.parser import text_string_to_metric_families

    if not is_file(path):  # a pipe would be read for ever
        return None
    with suppress(LookupError, OSError, ValueError):  # not a file of ours: it is to be replaced
        for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
            for sample in family.samples:
                if sample.name == _LAST_SUCCESS:
                    return float(sample.value)
    return None
