"""One strict converter for what comes from outside: no guessing, no silent conversion."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn
from cattrs.v import format_exception as _describe

from glaab.domain.errors import System, SystemUnavailable

T = TypeVar("T")


def _exactly(kind: type) -> Any:  # noqa: ANN401  # cattrs hooks are untyped by nature
    def hook(value: object, _: object) -> object:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return hook


def _moment(value: object, _: object) -> datetime:
    if not isinstance(value, str):
        raise TypeError(f"expected a time, got {type(value).__name__}")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"the time {value} has no zone")
    return moment.astimezone(UTC)


def strict_converter(*, forbid_extra_keys: bool = False) -> cattrs.Converter:
    """A converter that takes a value only for what it is, and lists only for sequences."""
    converter = cattrs.Converter(forbid_extra_keys=forbid_extra_keys)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(datetime, _moment)
    converter.register_structure_hook_factory(
        lambda kind: getattr(kind, "__origin__", None) is tuple, partial(_sequence, converter)
    )
    converter.register_structure_hook_factory(
        attrs.has, partial(_object, converter, forbid_extra_keys)
    )
    return converter


def _sequence(converter: cattrs.Converter, kind: Any) -> Any:  # noqa: ANN401
    def hook(value: object, _: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise TypeError(f"expected a list, got {type(value).__name__}")
        return tuple(converter.structure(element, kind.__args__[0]) for element in value)

    return hook


def _object(converter: cattrs.Converter, forbid_extra_keys: bool, kind: Any) -> Any:  # noqa: ANN401, FBT001
    fields = make_dict_structure_fn(
        kind, converter, _cattrs_forbid_extra_keys=forbid_extra_keys
    )

    def hook(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise TypeError(f"expected an object, got {type(value).__name__}")
        return fields(value, kind)

    return hook


_converter = strict_converter()


def structured(system: System, payload: object, shape: type[T]) -> T:
    """
    *payload* as *shape*; unknown keys are ignored.

    Raises:
        SystemUnavailable: it has another shape.
    """
    try:
        return _converter.structure(payload, shape)
    except (cattrs.BaseValidationError, TypeError, ValueError, KeyError) as error:
        problem = "; ".join(cattrs.transform_error(error, format_exception=_say))
        raise SystemUnavailable(system, f"its answer has an unexpected shape: {problem}") from error


def _say(error: BaseException, kind: type | None) -> str:
    return str(error) if isinstance(error, TypeError) else _describe(error, kind)
