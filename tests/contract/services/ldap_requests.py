"""What a client searches for, read from its message (RFC 4511, 4.5.1)."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Self

import attrs

_COMPARISONS = {0xA3: "=", 0xA5: ">=", 0xA6: "<="}
_PRESENT, _EXTENSIBLE = 0x87, 0xA9
_SETS = {0xA0: "&", 0xA1: "|", 0xA2: "!"}
_RULE, _TYPE, _VALUE = 0x81, 0x82, 0x83


class Purpose(StrEnum):
    """What glaab wants to know."""

    PEOPLE = "people"
    NAME = "name of a group"
    GROUP = "group"
    """What it lists, or has instead."""
    MEMBERS = "members"
    """Who says so in their entries; or whether anybody can be seen."""
    MEMBER_OF = "member of"
    """Whether people show what they are in."""
    NOT_LOCKED = "not locked"
    """By a filter; else by values."""
    LOCKS = "locks"
    ROOT_DSE = "root DSE"
    SCHEMA = "schema"


@attrs.frozen
class Search:
    """A search request."""

    base: str
    matching: str
    """The filter, with its values as they are: nothing is escaped."""
    attributes: tuple[str, ...]

    @classmethod
    def read(cls, message: bytes) -> Self:
        """Of a whole message."""
        ((_, inner),) = _items(message)
        _, (_, request), *_ = _items(inner)
        (_, base), *_, matching, (_, attributes) = _items(request)
        return cls(
            base=base.decode(),
            matching=_filter(*matching),
            attributes=tuple(name.decode() for _, name in _items(attributes)),
        )

    @property
    def purpose(self) -> Purpose:
        match self.attributes:
            case ("attributeTypes",):
                return Purpose.SCHEMA
            case ("sAMAccountName",):
                return Purpose.NAME
            case ("objectClass",):
                shows = "(memberOf=*)" in self.matching
                return Purpose.MEMBER_OF if shows else Purpose.MEMBERS
            case ("vendorName", *_):
                return Purpose.ROOT_DSE
            case ("cn", *_):
                return Purpose.PEOPLE
            case (description, *_) if description.startswith("member"):
                return Purpose.GROUP
        return Purpose.NOT_LOCKED if "(!(" in self.matching else Purpose.LOCKS


def _filter(tag: int, value: bytes) -> str:
    if tag in _SETS:
        return f"({_SETS[tag]}{''.join(_filter(*each) for each in _items(value))})"
    if tag in _COMPARISONS:
        attribute, assertion = (_text(each) for _, each in _items(value))
        return f"({attribute}{_COMPARISONS[tag]}{assertion})"
    if tag == _PRESENT:
        return f"({_text(value)}=*)"
    if tag == _EXTENSIBLE:
        parts = {key: _text(each) for key, each in _items(value)}
        return f"({parts[_TYPE]}:{parts[_RULE]}:={parts[_VALUE]})"
    raise ValueError(f"no test needs a filter with the tag {tag:#x}")


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and the value of each element."""
    while data:
        tag, length, start = data[0], data[1], 2
        if length > 127:
            start += length - 128
            length = int.from_bytes(data[2:start], "big")
        yield tag, data[start : start + length]
        data = data[start + length :]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
