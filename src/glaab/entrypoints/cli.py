"""The commands; each imports what it needs, so that `glaab --help` is quick."""

import functools
import gc
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaab.entrypoints.common_options import (
    DURATION,
    FILE,
    FORMATS,
    WORLD,
    common_options,
    read_options,
)
from glaab.entrypoints.runtime.streams import prepare_streams
from glaab.entrypoints.usage import Group

if TYPE_CHECKING:
    from glaab.adapters.integration import Integrations
    from glaab.entrypoints.runtime.bootstrap import Options

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_EXAMPLES = """\b
Examples:
  glaab dry-run                     what would happen
  glaab explain @somebody           why somebody waits
  glaab dry-run --policy mine.toml  with another policy
  glaab approve --format json       told to a program

Settings come from the environment and .env; docs/settings.md lists them.
"""
_REPORT_FORMATS = click.Choice(["table", "text", "json", "html"])
_SYNONYMS = {
    **dict.fromkeys(("who", "why"), "explain"),
    **dict.fromkeys(("run", "start"), "approve"),
    **dict.fromkeys(("plan", "preview", "review", "simulate"), "dry-run"),
    **dict.fromkeys(("list", "pending", "queue", "waiting"), "report"),
    **dict.fromkeys(("audit", "recertify"), "recheck"),
    **dict.fromkeys(("check", "health", "status", "test"), "doctor"),
    **dict.fromkeys(("lint", "validate"), "policy check"),
    **{word: f"--{word}" for word in ("help", "version")},
}
_POLICY_SYNONYMS = {
    **dict.fromkeys(("lint", "validate"), "check"),
    **dict.fromkeys(("cat", "get", "print", "view"), "show"),
    **dict.fromkeys(("expect", "verify"), "test"),
    **dict.fromkeys(("compare", "impact"), "diff"),
}


@click.group(cls=Group, synonyms=_SYNONYMS, context_settings=_CONTEXT, epilog=_EXAMPLES)
@common_options()
def glaab() -> None:
    """Approve GitLab accounts that wait for approval and are trusted elsewhere."""


def _command(run: Callable[..., int], formats: click.Choice[str] = FORMATS) -> Callable[..., None]:
    """Give a command the common options, and its result as the exit code."""
    return common_options(formats)(functools.update_wrapper(_exit_with(run), run))


def _exit_with(run: Callable[..., int]) -> Callable[..., None]:
    """Call *run* with all options, and end with what it returns."""

    @click.pass_context
    def command(context: click.Context, /, **arguments: Any) -> None:  # noqa: ANN401
        from glaab.domain.errors import SettingsInvalid
        from glaab.entrypoints.render.escaping import escape_control
        from glaab.entrypoints.runtime.exit_code import ExitCode
        from glaab.entrypoints.runtime.redaction import redacted

        options = read_options(context)
        with redacted(options.settings):
            try:
                code = run(options, **arguments)
            except SettingsInvalid as error:
                for problem in error.problems:
                    click.echo(f"glaab: {escape_control(problem)}", sys.stderr)
                code = ExitCode.INVALID
        sys.exit(code)

    return command


@glaab.command(short_help="Approve the trusted and log it: the scheduled job.")
@click.option(
    "--max-approvals",
    type=click.IntRange(min=0),
    metavar="N",
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


@glaab.command(short_help="Let newcomers in within seconds: the service.")
@click.option("--for", "duration_s", type=DURATION, help="End by itself, after 90, 90s, 10m or 2h.")
@_command
def watch(options: "Options", *, duration_s: float | None) -> int:
    """
    Look for newcomers every few seconds and approve the trusted at once, until it is ended.

    Every few minutes it does all that glaab approve does. GLAAB_LOOK_EVERY_S and
    GLAAB_RUN_EVERY_S say how often.
    """
    from glaab.entrypoints.commands.watch import watch

    return watch(options) if duration_s is None else watch(options, duration_s)


@glaab.command("dry-run", short_help="Tell what approve would do, changing nothing.")
@click.option(
    "--verdict",
    "verdicts",
    type=click.Choice(["approve", "hold", "veto", "wait"]),
    multiple=True,
    help="Tell of those with this verdict alone; may be given several times.",
)
@_command
def dry_run(options: "Options", *, verdicts: tuple[str, ...]) -> int:
    """
    Review all pending accounts and tell everything, changing nothing anywhere.

    It begins with the summary and whom it would approve, and then tells of everybody.
    """
    from glaab.domain.policy import Verdict
    from glaab.entrypoints.commands.dry_run import dry_run
    from glaab.entrypoints.runtime.bootstrap import bootstrap

    return dry_run(bootstrap(options, mode="look"), tuple(map(Verdict, verdicts or Verdict)))


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
@click.option("--output", type=FILE, help="Write the result to FILE instead, whole or not at all.")
@functools.partial(_command, formats=_REPORT_FORMATS)
def report(options: "Options", *, output: Path | None) -> int:
    """
    Tell who stays pending, nearest to being trusted first, changing nothing anywhere.

    Of everybody: how long they wait, what is known, why it is not enough, and where to look.
    The format text is the same as table; html is one page that stands alone.
    """
    from glaab.entrypoints.commands.report import report

    return report(options, output)


@glaab.command(short_help="Tell who was approved, and would not be today.")
@click.option("--because", metavar="RULE", help="Look only at those whom this rule let in.")
@click.option("--output", type=FILE, help="Write the result to FILE instead, whole or not at all.")
@functools.partial(_command, formats=_REPORT_FORMATS)
def recheck(options: "Options", *, because: str | None, output: Path | None) -> int:
    """
    Judge everybody afresh whom glaab ever approved and who is active, changing nothing anywhere.

    Those who would not be approved today are told, and why: held, vetoed, another person than at
    the approval, or not to be looked up. With --policy it is what another policy makes of them.
    """
    from glaab.entrypoints.commands.recheck import recheck

    return recheck(options, output, because)


@glaab.command(short_help="Say what is not as it should be, and what to do about it.")
@click.option(
    "--notify",
    is_flag=True,
    help="Send one test message to each address of GLAAB_NOTIFY_URLS.",
)
@_command
def doctor(options: "Options", *, notify: bool) -> int:
    """
    Check settings, policy and every system, changing nothing anywhere.

    Each finding is ok, a warning or a problem, with what to do about it. The exit code is 3 if
    there is a problem. With --notify it also sends a test message to those whom glaab watch tells.
    """
    from glaab.entrypoints.commands.doctor import doctor

    return doctor(options, notify=notify)


@glaab.group(
    invoke_without_command=True,
    synonyms=_POLICY_SYNONYMS,
    short_help="Print the policy in force; check, test or compare one.",
)
@common_options()
@click.pass_context
def policy(context: click.Context) -> None:
    """Print the policy in force and where it came from, as glaab policy show does."""
    if context.invoked_subcommand is None:
        from glaab.entrypoints.commands.policy import show

        context.invoke(_exit_with(show))


@policy.command("show", short_help="Print the policy in force.")
@_command
def show_policy(options: "Options") -> int:
    """Print the policy in force and where it came from; glaab policy alone does the same."""
    from glaab.entrypoints.commands.policy import show

    return show(options)


@policy.command("check", short_help="Report every problem of a policy file.")
@click.argument("file", type=FILE)
@_command
def check_policy(options: "Options", *, file: Path) -> int:
    """Report every problem of the policy in FILE at once; exit code 2 if there is one."""
    from glaab.entrypoints.commands.policy import check

    return check(options, file)


@policy.command("test", short_help="Test the policy on worlds that say what is expected.")
@click.argument("files", metavar="FILE...", type=WORLD, nargs=-1, required=True)
@_command
def test_policy(options: "Options", *, files: tuple[str, ...]) -> int:
    """
    Judge the accounts of each world in FILE..., and tell who is not judged as expected.

    An account says what is expected of it: expect = "hold", and because = ["..."] if the rules
    matter. The exit code is 3 if somebody is judged otherwise. Nothing is contacted.
    """
    from glaab.entrypoints.commands.policy_test import test

    return test(options, files)


@policy.command("diff", short_help="Tell what another policy would change.")
@click.argument("new", type=FILE)
@click.argument("old", type=FILE, required=False)
@_command
def diff_policies(options: "Options", *, new: Path, old: Path | None) -> int:
    """
    Tell whose verdict changes if the policy in NEW replaces the one in OLD, changing nothing.

    Without OLD it is compared to the policy in force. Everybody who waits is looked at once, and
    judged by both: who gains approval, who loses it, whose satisfied rules change.
    """
    from glaab.entrypoints.commands.policy_diff import diff

    return diff(options, new, old)


def main(integrations: "Integrations | None" = None) -> None:
    """Run it with the sources that exist; a signal before a run has begun ends it at once."""
    warnings.simplefilter("ignore")  # they are for whoever writes programs, not who runs them
    gc.set_threshold(100_000, 50, 50)  # else a sixth of a big run is looking for garbage
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    prepare_streams()
    glaab(prog_name="glaab", obj=integrations)
