"""The options that every command takes, before it or after it, as each command shows them."""

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import click

import glaab as package

if TYPE_CHECKING:
    from glaab.entrypoints.runtime.bootstrap import Options


class Duration(click.ParamType[float]):
    """A time such as `90`, `90s`, `10m` or `2h`; in seconds."""

    name = "duration"
    _UNITS: ClassVar = {"": 1, "s": 1, "m": 60, "h": 3_600}

    def convert(
        self, value: str, parameter: click.Parameter | None, context: click.Context | None
    ) -> float:
        """The seconds."""
        match = re.fullmatch(r"([0-9]{1,9})([smh]?)", value)
        if not match or not int(match[1]):
            self.fail(f"{value!r} is no duration; write 90, 90s, 10m or 2h", parameter, context)
        return int(match[1]) * self._UNITS[match[2]]


class WorldFile(click.Path):
    """A file, as it was typed; `example` is no file but the world that ships with glaab."""

    def convert(
        self,
        value: "str | os.PathLike[str]",
        parameter: click.Parameter | None,
        context: click.Context | None,
    ) -> "str | bytes | os.PathLike[str]":
        """The text, for whoever reads `GLAAB_WORLD`."""
        return value if value == "example" else super().convert(value, parameter, context)


F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path, dir_okay=False)
WORLD = WorldFile(dir_okay=False)
FORMATS = click.Choice(["text", "json"])
DURATION = Duration()
_GIVEN = "glaab.common_options"
_WORLD_HELP = "Use in-memory systems filled from FILE; example is one that ships with glaab."


class CommonOption(click.Option):
    """One that every command takes; of two that are given the last one counts."""


def common_options(formats: click.Choice[str] = FORMATS) -> Callable[[F], F]:
    """Give a command all of them, its `--format` with its own *formats*."""
    option = functools.partial(
        click.option, cls=CommonOption, expose_value=False, callback=_remember
    )
    options = (
        option("--world", "GLAAB_WORLD", type=WORLD, help=_WORLD_HELP),
        option("--policy", "GLAAB_POLICY", type=FILE, help="Judge by the policy in FILE."),
        option("--env-file", type=FILE, help="Read FILE instead of .env."),
        option("--format", type=formats, help="The result on stdout."),
        option("--log-format", "GLAAB_LOG_FORMAT", type=FORMATS, help="The messages on stderr."),
        option("-v", "--verbose", "level", flag_value="DEBUG", help="Also say what is asked."),
        option("-q", "--quiet", "level", flag_value="WARNING", help="Say only what is wrong."),
        option("--no-color", is_flag=True, help="No colour (also NO_COLOR)."),
        click.version_option(package.__version__, prog_name="glaab", cls=CommonOption),
    )

    def decorate(command: F) -> F:
        return functools.reduce(lambda decorated, each: each(decorated), reversed(options), command)

    return decorate


def _remember(context: click.Context, option: click.Parameter, value: object) -> None:
    """Keep what was given, for all commands of one call: those after it are read later."""
    if value:
        _given(context)[str(option.name)] = value


def _given(context: click.Context) -> dict[str, Any]:
    given: dict[str, Any] = context.meta.setdefault(_GIVEN, {})
    return given


def read_options(context: click.Context) -> "Options":
    """The options that were given, and the settings that they lead to; read once, in the end."""
    import logging

    import attrs

    from glaab.entrypoints.runtime.bootstrap import Options
    from glaab.entrypoints.runtime.registry import INTEGRATIONS

    given = _given(context)
    variables = {name: str(given[name]) for name in given if name.startswith("GLAAB_")}
    options = Options.read(variables, given.get("env_file"), context.obj or INTEGRATIONS)
    return attrs.evolve(
        options,
        form=given.get("format", "text"),
        level=logging.getLevelNamesMapping()[given.get("level", "INFO")],
        color=not (given.get("no_color") or os.environ.get("NO_COLOR")),
    )
