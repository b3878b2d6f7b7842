"""The time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time; aware, UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
