"""A builder of reports, so that a test names only what it is about."""

from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.ports import RunId
from glaab.domain.sources.gerrit import GERRIT
from glaab.entrypoints.diagnostics.check_runner import CheckResult, DoctorReport
from tests.builders import NOON


def a_report(*results: CheckResult, **changes: object) -> DoctorReport:
    values: dict[str, object] = {
        "command": "doctor",
        "run": RunId("run-1"),
        "started_at": NOON,
        "finished_at": NOON,
        "version": "1.0.0",
        "policy": "sha256:0123",
        "results": results,
        "outages": {},
        "systems": (GITLAB, GERRIT, AUDIT_LOG),
        "asked": frozenset(),
        "requests": {},
    }
    return DoctorReport(**(values | changes))
