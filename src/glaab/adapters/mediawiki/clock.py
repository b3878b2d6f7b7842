"""How far this machine's clock is from the wiki's."""

from datetime import datetime, timedelta

import attrs
import structlog

from glaab.adapters.http.structuring import structure
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

log = structlog.get_logger()

SET_CLOCK = "have this machine's clock set by NTP; if it is right, the wiki's is wrong"
_TOLERANCE = timedelta(minutes=1)


def clock_difference(wiki: datetime, *, sent_at: datetime, received_at: datetime) -> timedelta:
    """
    How far this machine is ahead of the wiki; nothing if that is a minute at most.

    *wiki* is the wiki's time between sending a request and receiving its answer, which may take
    long: what lies between the two moments is no difference.
    """
    nearest = min(max(wiki, sent_at), received_at)
    difference = nearest - wiki
    return difference if abs(difference) > _TOLERANCE else timedelta()


def describe_difference(difference: timedelta) -> str:
    """For people, in hours, minutes and seconds."""
    direction = "ahead of" if difference > timedelta() else "behind"
    return f"this machine's clock is {abs(difference)} {direction} the wiki's"


@attrs.frozen
class _Stamped:
    curtimestamp: datetime | None = None


def warn_of_clock(answer: object, *, sent_at: datetime, received_at: datetime) -> None:
    """Warn if the `curtimestamp` of an *answer*, if it has one, is not this machine's time."""
    try:
        wiki = structure(AUDIT_LOG, answer, _Stamped).curtimestamp
    except SystemUnavailable:  # no run needs it
        return
    if wiki is None:
        return
    if difference := clock_difference(wiki, sent_at=sent_at, received_at=received_at):
        reason = f"{describe_difference(difference)}, and entries have this machine's time"
        log.warning("clock_difference_found", system=AUDIT_LOG, reason=reason, remedy=SET_CLOCK)
