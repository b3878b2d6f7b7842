"""What a checkup tells, as the lines that tests compare."""

from glaab.domain.checkups import Checkup, Finding
from glaab.domain.errors import SystemUnavailable


def told(checkup: Checkup) -> dict[str, list[str]]:
    """By the title of each check what it found, or why it could not look."""
    return {title: _lines(check) for title, check in checkup.checks().items()}


def _lines(check) -> list[str]:
    try:
        return [_line(finding) for finding in check()]
    except SystemUnavailable as error:
        return [f"unavailable: {error.reason}"]


def _line(finding: Finding) -> str:
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{finding.health}: {finding.said}{remedy}"
