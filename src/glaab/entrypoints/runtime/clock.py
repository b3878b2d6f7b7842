"""The current time, aware and in UTC."""

from datetime import UTC, datetime


def exactly_now() -> datetime:
    """With microseconds, to measure durations."""
    return datetime.now(UTC)


def now() -> datetime:
    """In whole seconds."""
    return exactly_now().replace(microsecond=0)
