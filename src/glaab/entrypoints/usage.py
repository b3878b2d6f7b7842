"""How commands show their options, and what they say to an unknown one."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from glaab.entrypoints.common_options import CommonOption
from glaab.entrypoints.runtime.exit_code import ExitCode
from glaab.entrypoints.runtime.streams import drop_stdout

_OPTIONS = {
    "--config": "--env-file",
    "--debug": "--verbose",
    "--dry-run": "glaab dry-run",
    "--silent": "--quiet",
    "-V": "--version",
}
"""What somebody who knows other programs may type -> what it is called here."""


class NotPrinted(click.ClickException):
    """Help or version were asked for, and stdout does not take them."""

    exit_code = ExitCode.UNWRITTEN


class Command(click.Command):
    """A command of the program."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its own options first, and those that it shares with all others last."""
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        help_option = self.get_help_option(context)
        for parameter in self.get_params(context):
            if isinstance(parameter, click.Option) and (row := parameter.get_help_record(context)):
                is_common = isinstance(parameter, CommonOption) or parameter is help_option
                (common if is_common else own).append(row)
        if own:
            with formatter.section("Options"):
                formatter.write_dl(own)
        self.format_commands(context, formatter)
        with formatter.section("Common options, before the command or after it"):
            formatter.write_dl(common)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing: only a group has commands."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """See `click.Command`; a refused option is told with the one that was probably meant."""
        try:
            return super().parse_args(context, args)
        except BrokenPipeError:  # whoever read the help has seen enough
            drop_stdout()
            context.exit()
        except OSError as error:
            drop_stdout()
            raise NotPrinted(f"nothing could be printed: {error.strerror}") from error
        except click.NoSuchOption as error:
            meant = self._meant_option(context, error.option_name)
            if meant is None:
                raise
            message = f"{error.message} Did you mean '{meant}'?"
            raise click.NoSuchOption(error.option_name, message, ctx=context) from None

    def _meant_option(self, context: click.Context, name: str) -> str | None:
        """What to type instead of the option *name*; None if that cannot be told."""
        root = context.find_root()
        word = name.lstrip("-")
        if word in _formats(self):
            return f"--format {word}"
        for path, command in _below(root.command_path, root.command):
            if word in _formats(command):
                return f"{path} --format {word}"
            if isinstance(self, Group) and name in _own_options(command):
                return f"{path} {name}"
        return _OPTIONS.get(name)


class Group(Command, click.Group):
    """A command with commands below it, and what those may be taken for."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, synonyms: Mapping[str, str], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._synonyms = synonyms

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with what it does."""
        click.Group.format_commands(self, context, formatter)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group`; an unknown command is told with the one that was probably meant."""
        try:
            return super().resolve_command(context, args)
        except click.NoSuchCommand as error:
            name = error.command_name
            account = f"explain {name}" if name.startswith("@") else None
            meant = self._synonyms.get(name.lower(), account)
            if meant is None:
                raise
            message = f"{error.message} Did you mean '{context.command_path} {meant}'?"
            raise click.NoSuchCommand(name, message, ctx=context) from None


def _below(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Every command below *command*, by what to type."""
    for name, each in command.commands.items() if isinstance(command, click.Group) else ():
        yield f"{path} {name}", each
        yield from _below(f"{path} {name}", each)


def _formats(command: click.Command) -> tuple[str, ...]:
    """What its `--format` takes."""
    types = (option.type for option in command.params if option.name == "format")
    return tuple(each for kind in types if isinstance(kind, click.Choice) for each in kind.choices)


def _own_options(command: click.Command) -> list[str]:
    """The options that it has for itself, as they are typed."""
    own = (each for each in command.params if not isinstance(each, CommonOption))
    return [name for each in own if isinstance(each, click.Option) for name in each.opts]
