"""Gives data from outside its type with one strict converter: nothing is guessed or converted."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import EnumType
from typing import Any, TypeVar

import attrs
import cattrs
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.v import format_exception as describe

from glaab.adapters.redaction import redactor
from glaab.domain.errors import System, SystemUnavailable

T = TypeVar("T")


def _only(kind: type, name: str, make: Callable[[Any, Any], object]) -> Any:  # noqa: ANN401  # cattrs hooks are untyped by nature
    """A hook that takes data of one kind only; a bool is no int."""

    def hook(value: object, shape: object) -> object:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TypeError(f"expected {name}, got {type(value).__name__}")
        return make(value, shape)

    return hook


def _scalar(value: object, shape: object) -> object:
    return shape(value) if isinstance(shape, EnumType) else value


def _utc_time(value: object, _: object) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise TypeError(f"expected a time, got {type(value).__name__}")
    if moment.tzinfo is None:
        raise ValueError(f"the time {value} has no zone")
    return moment.astimezone(UTC)


def _date(value: object, _: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        expected = "expected a date like 2027-01-31, without quotes and time of day"
        raise TypeError(f"{expected}, got {type(value).__name__}")
    return value


def strict_converter(*, forbid_extra_keys: bool = False) -> cattrs.Converter:
    """A converter that accepts a value only if it has exactly the type, and a list for a tuple."""
    converter = cattrs.Converter(forbid_extra_keys=forbid_extra_keys)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _only(kind, kind.__name__, _scalar))
    converter.register_structure_hook(datetime, _utc_time)
    converter.register_structure_hook(date, _date)
    converter.register_structure_hook_factory(
        lambda kind: getattr(kind, "__origin__", None) is tuple, _tuple
    )
    converter.register_structure_hook_factory(attrs.has, _object)
    return converter


def _tuple(kind: Any, converter: cattrs.Converter) -> Any:  # noqa: ANN401
    shape = list[kind.__args__[0]]
    elements = converter.get_structure_hook(shape)
    return _only(list, "a list", lambda value, _: tuple(elements(value, shape)))


def _object(kind: Any, converter: cattrs.Converter) -> Any:  # noqa: ANN401
    fields = converter.gen_structure_attrs_fromdict(kind)
    return _only(dict, "an object", lambda value, _: fields(value, kind))


STRUCTURE_ERRORS = (
    cattrs.BaseValidationError,
    AttributeError,  # for what should be a mapping and is not
    OverflowError,  # for a time at the edge of time
    TypeError,
    ValueError,
)
"""What a converter (cattrs 26.2) raises."""

_converter = strict_converter()


def structure(system: System, payload: object, shape: type[T]) -> T:
    """*payload* as *shape*, unknown keys ignored; raises SystemUnavailable if it has another."""
    try:
        return _converter.structure(payload, shape)
    except STRUCTURE_ERRORS as error:
        reason = f"its answer has an unexpected shape: {'; '.join(problems(error))}"
        raise SystemUnavailable(system, reason) from error


def structure_json(system: System, text: str | bytes, shape: type[T]) -> T:
    """What is in *text* as *shape*; raises SystemUnavailable if it is no JSON, or has another."""
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SystemUnavailable(system, "its answer is not JSON") from error
    return structure(system, payload, shape)


def problems(error: BaseException) -> list[str]:
    """Every difference from the shape, as `path: what is wrong`."""
    lines = cattrs.transform_error(error, format_exception=_what_is_wrong)
    parts = [line.rpartition(" @ $") for line in lines]
    return [f"{_path(path) or 'top level'}: {what}" for what, _, path in parts]


def _path(path: str) -> str:
    """As people see it; keys in brackets are those of whoever sent it."""
    return re.sub(r"\[.*\]", lambda keys: redactor()(keys[0]), path.lstrip("."))


def _what_is_wrong(error: BaseException, kind: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown key {', '.join(sorted(error.extra_fields))}"
    if isinstance(error, OverflowError | TypeError | ValueError) and not isinstance(
        error, UnicodeError
    ):
        return redactor()(str(error))  # which may quote the value
    return describe(error, kind)
