"""The time."""

from datetime import UTC, datetime


def exactly_now() -> datetime:
    """The time; aware, UTC, for telling how long something took."""
    return datetime.now(UTC)


def now() -> datetime:
    """The time; aware, UTC, whole seconds."""
    return exactly_now().replace(microsecond=0)
