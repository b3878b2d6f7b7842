"""What a checkup tells, as the lines that tests compare."""

from glaab.domain.diagnostics import Finding, HealthCheck
from glaab.domain.errors import SystemUnavailable


def told(health_check: HealthCheck) -> dict[str, list[str]]:
    """By the title of each check what it found, or why it could not look."""
    return {title: _lines(check) for title, check in health_check.checks().items()}


def _lines(check) -> list[str]:
    try:
        return [_line(finding) for finding in check()]
    except SystemUnavailable as error:
        return [f"unavailable: {error.reason}"]


def _line(finding: Finding) -> str:
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{finding.health}: {finding.message}{remedy}"
