"""What monitoring is told when an approving run ends; failing to tell never fails the run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import attrs
import requests
import structlog

from glaab import __version__
from glaab.adapters.http.errors import describe_transport_error, normalize_requests_errors
from glaab.adapters.http.session import no_netrc
from glaab.domain.accounts import AccountState
from glaab.domain.policy import Verdict
from glaab.entrypoints.runtime.result import RunResult
from glaab.settings.core import Settings

log = structlog.get_logger()

_SIGNALLED = 128
_IN_A_HURRY_S = 3.0
_LAST_SUCCESS = "glaab_last_success_timestamp_seconds"


def write_metrics(path: Path, result: RunResult, code: int) -> None:
    """Replace the Prometheus text file at *path* by one about this run."""
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry = CollectorRegistry()

    def gauge(name: str, text: str, values: Mapping[str, float], label: str = "") -> None:
        family = Gauge(name, text, [label] if label else [], registry=registry)
        for key, value in values.items():
            (family.labels(key) if label else family).set(value)

    ended = result.finished_at.timestamp()
    counts = result.counts
    gauge("glaab_last_run_timestamp_seconds", "When the last run ended.", {"": ended})
    if (success := ended if code == 0 else _last_success(path)) is not None:
        gauge(_LAST_SUCCESS, "When a run last ended with exit code 0.", {"": success})
    gauge("glaab_exit_code", "Of the last run.", {"": code})
    duration = (result.finished_at - result.started_at).total_seconds()
    gauge("glaab_run_duration_seconds", "How long the last run took.", {"": duration})
    gauge("glaab_pending", "Accounts that waited.", {"": counts["pending"]})
    verdicts = {verdict.value: float(counts[verdict]) for verdict in Verdict}
    gauge("glaab_verdicts", "Accounts that waited, by verdict.", verdicts, "verdict")
    gauge("glaab_approvals", "Accounts that the last run approved.", {"": counts["approved"]})
    gauge("glaab_oldest_pending_age_seconds", "Since it signed up.", {"": _oldest_s(result)})
    requests_by = {each: float(result.requests.get(each, 0)) for each in result.systems}
    gauge("glaab_requests", "Sent by the last run.", requests_by, "system")
    failures = {each: float(result.outage(each) is not None) for each in result.systems}
    gauge("glaab_failures", "1 if it gave no usable answer.", failures, "system")
    try:
        write_to_textfile(str(path), registry)
    except OSError as error:
        log.warning("metrics_not_written", path=str(path), reason=error.strerror)


def _oldest_s(result: RunResult) -> float:
    ages = [
        (result.finished_at - case.account.created_at).total_seconds()
        for case in result.plan.cases
        if case.account.state is AccountState.PENDING
    ]
    return max(ages, default=0)


def _last_success(path: Path) -> float | None:
    """When a run last succeeded, by the file that is about to be replaced."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
            for sample in family.samples:
                if sample.name == _LAST_SUCCESS:
                    return float(sample.value)
    except (OSError, ValueError):
        pass  # there is none, or it is not ours: it will be replaced
    return None


@attrs.define
class Beats:
    """How a run ended: badly, unless it says otherwise."""

    code: int = 1


@contextmanager
def heartbeat(settings: Settings) -> Iterator[Beats]:
    """Tell the heartbeat's address how the block ended, if there is one to be told."""
    beats = Beats()
    try:
        yield beats
    finally:
        address = settings.glaab_heartbeat_url
        if address and not settings.glaab_world:
            _beat(address.reveal(), settings, beats.code)


def _beat(url: str, settings: Settings, code: int) -> None:
    """GET *url* when all is well, else the same with `/fail` after its path."""
    path, mark, query = url.partition("?")
    if code != 0:
        path = f"{path.rstrip('/')}/fail"
    timeout_s: float = settings.glaab_timeout_s
    if code >= _SIGNALLED:
        timeout_s = min(timeout_s, _IN_A_HURRY_S)
    told: list[str | None] = []

    def tell() -> None:
        told.append(_trouble_telling(f"{path}{mark}{query}", timeout_s, settings.glaab_contact))

    # A socket's own timeout counts anew with each byte: the process does not wait for those.
    telling = Thread(target=tell, daemon=True)
    telling.start()
    telling.join(timeout_s + 1)
    if reason := told[0] if told else "it did not answer in time":
        log.warning("heartbeat_not_sent", reason=reason)


def _trouble_telling(url: str, timeout_s: float, contact: str) -> str | None:
    """Why a GET was no success; None if it was."""
    try:
        with normalize_requests_errors():
            answer = requests.get(
                url,
                headers={"User-Agent": f"glaab/{__version__} ({contact})"},
                timeout=timeout_s,
                allow_redirects=False,
                auth=no_netrc,
                stream=True,
            )
        answer.close()  # its body says nothing, and may never end
    except requests.RequestException as error:
        return describe_transport_error(error)
    is_success = 200 <= answer.status_code < 300
    return None if is_success else f"it answered HTTP {answer.status_code}"
