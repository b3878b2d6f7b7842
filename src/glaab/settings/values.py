"""The kinds of values that settings have, and how a source describes its own."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, ClassVar, NewType

import attrs

from glaab.domain.errors import System

Url = NewType("Url", str)
Ascii = NewType("Ascii", str)


@attrs.frozen
class Secret:
    """A value that shows itself to nobody who does not ask for it."""

    _value: str = attrs.field(repr=False)

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    @property
    def parts(self) -> tuple[str, ...]:
        """Everything in it that nobody must be shown."""
        return (self._value,)


@attrs.frozen
class SecretUrl(Secret):
    """An address that somebody who knows it can use."""


@attrs.frozen
class SecretUrls(Secret):
    """Several of them, separated by spaces."""

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self._value.split())


@attrs.frozen
class ListenAddress:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def reveal(secret: Secret | None) -> str:
    """The secret's value; empty if it is not set."""
    return secret.reveal() if secret else ""


class LogFormat(StrEnum):
    """How messages look."""

    TEXT = "text"
    JSON = "json"


class SourceSettings:
    """Base of a source's settings: attrs fields made by `setting`; capitals make the variable."""

    system: ClassVar[System]

    def problems(self) -> Iterator[str]:
        """What is wrong with settings that do not go together, as `VARIABLE: what; what to do`."""
        yield from ()

    def derived_secrets(self) -> Iterator[str]:
        """What is as secret as the secrets that it is made from, such as a Basic header."""
        yield from ()


def is_other_url(value: str, default: str) -> bool:
    """True if two addresses are not the same."""
    return value.rstrip("/") != default.rstrip("/")


def setting(
    default: Any = None,  # noqa: ANN401
    *,
    required: str = "",
    is_moved: Callable[[Any, Any], bool] | None = None,
    parse: Callable[[str], object] | None = None,
) -> Any:  # noqa: ANN401  # as attrs.field
    """
    A field of a source's settings.

    *required* says how to get the value, if a policy that uses the source needs one. An address
    with a default has *is_moved*: value, default -> True if it is another, so that all addresses
    must be set. *parse* makes the value of the text, or raises ValueError.
    """
    return attrs.field(
        default=default, metadata={"required": required, "is_moved": is_moved, "parse": parse}
    )
