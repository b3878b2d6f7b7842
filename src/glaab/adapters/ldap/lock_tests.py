"""What about an attribute means that its entry is locked, and the times that are compared."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import assert_never

import attrs

from glaab.adapters.ldap.filters import Term, none_of, present


class LockTestKind(StrEnum):
    """What about an attribute means that its entry is locked."""

    PRESENT = "present"
    EQUALS = "equals"
    IN = "in"
    BIT = "bit"
    BEFORE_NOW = "before_now"


@attrs.frozen
class LockTest:
    """An attribute, and what about its values means that the entry is locked."""

    attribute: str
    kind: LockTestKind
    operands: tuple[str, ...]
    """The values, the mask or the unit."""

    def negation(self) -> str:
        """A filter for entries without the attribute, or without a value that means locked."""
        if self.kind in (LockTestKind.EQUALS, LockTestKind.IN):
            return none_of(Term(self.attribute, each) for each in self.operands)
        return f"(!{present(self.attribute)})"

    def holds(self, value: str, now: datetime) -> bool:
        """True if this value means locked; raises ValueError if it cannot be understood."""
        match self.kind:
            case LockTestKind.PRESENT:
                return True
            case LockTestKind.EQUALS | LockTestKind.IN:
                return value.casefold() in map(str.casefold, self.operands)
            case LockTestKind.BIT:
                return bool(_number(value) & int(self.operands[0]))
            case LockTestKind.BEFORE_NOW:
                moment = TIME_UNITS[self.operands[0]](value)
                return moment is not None and moment < now
            case _:
                assert_never(self.kind)


# -- times

_NUMBER = re.compile(r"-?[0-9]+")
_DIGITS_OF_TIME = re.compile(r"[0-9]{10}(?:[0-9]{2}){0,2}(?:[.,][0-9]+)?")
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_FILETIME_NEVER = frozenset({0, 9_223_372_036_854_775_807})
_MOST_DAYS = 2_900_000
"""Until the year 9909: what counts more is no count of days."""
_DAYS_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _generalized(value: str) -> datetime:
    """As in RFC 4517: `20261127101500Z`; minutes, seconds and fractions may be missing."""
    digits, zone = value, "+0000"
    if value.endswith("Z"):
        digits = value[:-1]
    elif value[-5:-4] in ("+", "-"):
        digits, zone = value[:-5], value[-5:]
    else:
        raise ValueError(f"{value} has no zone")
    if not _DIGITS_OF_TIME.fullmatch(digits):
        raise ValueError(f"{value} is not a date and a time")
    whole = re.split("[.,]", digits)[0]
    return datetime.strptime(whole.ljust(14, "0") + zone, "%Y%m%d%H%M%S%z")


def _filetime(value: str) -> datetime | None:
    """In 100 ns since 1601, as Active Directory has it; None for never."""
    ticks = _number(value)
    if ticks in _FILETIME_NEVER:
        return None
    return _since(_FILETIME_EPOCH, microseconds=ticks // 10)


def _days(value: str) -> datetime | None:
    """In days since 1970, as `shadowExpire`; None for never, which is -1."""
    days = _number(value)
    if days > _MOST_DAYS:
        raise ValueError(f"{value} days are more than there are")
    return None if days == -1 else _since(_DAYS_EPOCH, days=days)


def _since(epoch: datetime, **span: int) -> datetime | None:
    """None for what is later than the last year that there is; what is too early is the epoch."""
    try:
        return epoch + timedelta(**span)
    except OverflowError:
        return None if all(each > 0 for each in span.values()) else epoch


def _number(value: str) -> int:
    """A whole number as LDAP has it, which is more narrow than Python's."""
    if not _NUMBER.fullmatch(value):
        raise ValueError(f"{value} is not a whole number")
    return int(value)


TIME_UNITS: Mapping[str, Callable[[str], datetime | None]] = {
    "generalized": _generalized,
    "filetime": _filetime,
    "days": _days,
}
