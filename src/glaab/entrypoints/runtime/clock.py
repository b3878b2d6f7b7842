"""The current time."""

from datetime import UTC, datetime


def now() -> datetime:
    """Aware, in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
