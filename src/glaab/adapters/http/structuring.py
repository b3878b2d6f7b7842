"""Gives data from outside its type with one strict converter: nothing is guessed or converted."""

from datetime import UTC, datetime
from enum import EnumType
from functools import partial
from typing import Any, TypeVar

import attrs
import cattrs
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn
from cattrs.v import format_exception as describe

from glaab.domain.errors import System, SystemUnavailable

T = TypeVar("T")


def _exact_type(kind: type) -> Any:  # noqa: ANN401  # cattrs hooks are untyped by nature
    def hook(value: object, shape: object) -> object:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return shape(value) if isinstance(shape, EnumType) else value

    return hook


def _utc_time(value: object, _: object) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise TypeError(f"expected a time, got {type(value).__name__}")
    if moment.tzinfo is None:
        raise ValueError(f"the time {value} has no zone")
    return moment.astimezone(UTC)


def strict_converter(*, forbid_extra_keys: bool = False) -> cattrs.Converter:
    """A converter that accepts a value only if it has exactly the type, and a list for a tuple."""
    converter = cattrs.Converter(forbid_extra_keys=forbid_extra_keys)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exact_type(kind))
    converter.register_structure_hook(datetime, _utc_time)
    converter.register_structure_hook_factory(
        lambda kind: getattr(kind, "__origin__", None) is tuple, partial(_tuple, converter)
    )
    converter.register_structure_hook_factory(
        attrs.has, partial(_object, converter, forbid_extra_keys)
    )
    return converter


def _tuple(converter: cattrs.Converter, kind: Any) -> Any:  # noqa: ANN401
    shape = list[kind.__args__[0]]
    elements = converter.get_structure_hook(shape)

    def hook(value: object, _: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise TypeError(f"expected a list, got {type(value).__name__}")
        return tuple(elements(value, shape))

    return hook


def _object(converter: cattrs.Converter, forbid_extra_keys: bool, kind: Any) -> Any:  # noqa: ANN401, FBT001
    fields = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=forbid_extra_keys)

    def hook(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise TypeError(f"expected an object, got {type(value).__name__}")
        return fields(value, kind)

    return hook


_converter = strict_converter()


def structure(system: System, payload: object, shape: type[T]) -> T:
    """
    *payload* as *shape*; unknown keys are ignored.

    Raises:
        SystemUnavailable: it has another shape.
    """
    try:
        return _converter.structure(payload, shape)
    except STRUCTURE_ERRORS as error:
        reason = f"its answer has an unexpected shape: {'; '.join(problems(error))}"
        raise SystemUnavailable(system, reason) from error


STRUCTURE_ERRORS = (cattrs.BaseValidationError, TypeError, ValueError)
"""What a converter raises if the data has another shape."""


def problems(error: BaseException) -> list[str]:
    """Every difference from the shape, as `path: what is wrong`."""
    lines = cattrs.transform_error(error, format_exception=_what_is_wrong)
    parts = [line.rpartition(" @ $") for line in lines]
    return [f"{path.lstrip('.') or 'top level'}: {what}" for what, _, path in parts]


def _what_is_wrong(error: BaseException, kind: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown key {', '.join(sorted(error.extra_fields))}"
    if isinstance(error, TypeError | ValueError) and not isinstance(error, UnicodeError):
        return str(error)
    return describe(error, kind)
