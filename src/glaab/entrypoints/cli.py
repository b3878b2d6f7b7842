"""The commands; each imports what it needs, so that `glaab --help` is quick."""

import functools
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import glaab as package

if TYPE_CHECKING:
    from glaab.adapters.integration import Integrations
    from glaab.entrypoints.runtime.bootstrap import Form, Options

_FILE = click.Path(path_type=Path, dir_okay=False)
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_FORMATS = click.Choice(["text", "json"])
_format_option = functools.partial(click.option, "--format", "form", help="The result on stdout.")
_EXAMPLES = """\b
Examples:
  glaab dry-run                         what would happen, account by account
  glaab explain @somebody               why somebody was not let in
  glaab --policy mine.toml dry-run      what another policy would decide
  glaab --format json approve           the scheduled job, told to a program

Settings come from the environment and .env; docs/settings.md lists them.
"""


@click.group(context_settings=_CONTEXT, epilog=_EXAMPLES)
@click.option("--world", "GLAAB_WORLD", type=_FILE, help="Use in-memory systems filled from FILE.")
@click.option("--policy", "GLAAB_POLICY", type=_FILE, help="Trust whom FILE trusts.")
@click.option("--env-file", type=_FILE, help="Read FILE instead of .env.")
@_format_option(type=_FORMATS, default="text")
@click.option("--log-format", "GLAAB_LOG_FORMAT", type=_FORMATS, help="The messages on stderr.")
@click.option("-v", "--verbose", is_flag=True, help="Also say what is asked.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong.")
@click.option("--no-color", is_flag=True, help="No colour (also NO_COLOR).")
@click.version_option(package.__version__, prog_name="glaab")
@click.pass_context
def glaab(
    context: click.Context,
    /,
    *,
    env_file: Path | None,
    form: "Form",
    verbose: bool,
    quiet: bool,
    no_color: bool,
    **variables: Path | str | None,
) -> None:
    """Approve GitLab accounts that wait for approval and are trusted elsewhere."""
    import logging

    import attrs

    from glaab.entrypoints.runtime.bootstrap import Options
    from glaab.entrypoints.runtime.registry import INTEGRATIONS

    overrides = {name: str(value) for name, value in variables.items() if value}
    context.obj = attrs.evolve(
        Options.read(overrides, env_file, context.obj or INTEGRATIONS),
        form=form,
        level=logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO,
        color=not (no_color or os.environ.get("NO_COLOR")),
    )


def _command(run: Callable[..., int], formats: click.Choice[str] = _FORMATS) -> Callable[..., None]:
    """Give a command its --format, and its result as the exit code."""

    def command(options: "Options", /, *, form: "Form | None", **arguments: Any) -> None:  # noqa: ANN401
        from glaab.domain.errors import SettingsInvalid
        from glaab.entrypoints.render.escaping import escape_control
        from glaab.entrypoints.runtime.exit_code import ExitCode
        from glaab.entrypoints.runtime.redaction import redacted

        with redacted(options.settings):
            try:
                code = run(options.with_form(form), **arguments)
            except SettingsInvalid as error:
                for problem in error.problems:
                    click.echo(f"glaab: {escape_control(problem)}", err=True)
                code = ExitCode.INVALID
        sys.exit(code)

    return _format_option(type=formats)(click.pass_obj(functools.update_wrapper(command, run)))


@glaab.command(short_help="Approve the trusted and log it: the scheduled job.")
@click.option(
    "--max-approvals",
    type=click.IntRange(min=0),
    help="Override the safety brake (GLAAB_MAX_APPROVALS) for this run.",
)
@_command
def approve(options: "Options", *, max_approvals: int | None) -> int:
    """Review all pending accounts, approve the trusted, write the audit log."""
    from glaab.entrypoints.commands.approve import approve
    from glaab.entrypoints.runtime.bootstrap import bootstrap
    from glaab.entrypoints.runtime.heartbeat import with_heartbeat
    from glaab.entrypoints.runtime.logs import configure_logs

    chosen = options if max_approvals is None else options.with_brake(max_approvals)
    configure_logs(chosen)
    return with_heartbeat(chosen.settings, lambda: approve(bootstrap(chosen, mode="act")))


@glaab.command("dry-run", short_help="Tell what approve would do, changing nothing.")
@_command
def dry_run(options: "Options") -> int:
    """Review all pending accounts and tell everything, changing nothing anywhere."""
    from glaab.entrypoints.commands.dry_run import dry_run
    from glaab.entrypoints.runtime.bootstrap import bootstrap

    return dry_run(bootstrap(options, mode="look"))


@glaab.command(short_help="Tell all about one account, and what would help.")
@click.argument("account")
@_command
def explain(options: "Options", *, account: str) -> int:
    """
    Tell all about one ACCOUNT, pending or not, and what would change its verdict.

    ACCOUNT is a username, with or without @, a numeric id, or the address of a profile.
    """
    from glaab.entrypoints.commands.explain import explain
    from glaab.entrypoints.runtime.bootstrap import bootstrap

    return explain(bootstrap(options, mode="look"), account)


@glaab.command(short_help="Tell who stays pending, and why, for people who approve.")
@click.option("--output", type=_FILE, help="Write the result to FILE instead, whole or not at all.")
@functools.partial(_command, formats=click.Choice(["table", "text", "json", "html"]))
def report(options: "Options", *, output: Path | None) -> int:
    """
    Tell who stays pending, nearest to being trusted first, changing nothing anywhere.

    Of everybody: how long they wait, what is known, why it is not enough, and where to look.
    The format text is the same as table; html is one page that stands alone.
    """
    from glaab.entrypoints.commands.report import report

    return report(options, output)


@glaab.command(short_help="Say what is not as it should be, and what to do about it.")
@_command
def doctor(options: "Options") -> int:
    """
    Check settings, policy and every system, changing nothing anywhere.

    Each finding is ok, a warning or a problem, with what to do about it. The exit code is 3 if
    there is a problem.
    """
    from glaab.entrypoints.commands.doctor import doctor

    return doctor(options)


@glaab.group(invoke_without_command=True, short_help="Print the policy in force, or check one.")
@_format_option(type=_FORMATS)
@click.pass_context
def policy(context: click.Context, *, form: "Form | None") -> None:
    """Print the policy in force and where it came from."""
    context.obj = context.obj.with_form(form)
    if context.invoked_subcommand is None:
        from glaab.entrypoints.commands.policy import show

        context.invoke(_command(show), form=None)


@policy.command("check", short_help="Report every problem of a policy file.")
@click.argument("file", type=_FILE)
@_command
def check_policy(options: "Options", *, file: Path) -> int:
    """Report every problem of the policy in FILE at once; exit code 2 if there is one."""
    from glaab.entrypoints.commands.policy import check

    return check(options, file)


def main(integrations: "Integrations | None" = None) -> None:
    """Run it with the sources that exist; a signal before a run has begun ends it at once."""
    gc.set_threshold(100_000, 50, 50)  # else a sixth of a big run is looking for garbage
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    # whoever starts a program may close them (>&-); what is written there goes nowhere then
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115  # open to the end
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not when tests or programs replace it
            stream.reconfigure(errors="backslashreplace")
    glaab(prog_name="glaab", obj=integrations)
