"""`glaab policy` and `glaab policy check`."""

import sys
from pathlib import Path

import click

from glaab.domain.errors import SettingsInvalid
from glaab.entrypoints.render.policy import show_check, show_policy
from glaab.entrypoints.runtime.bootstrap import Options, attempt, policy_in_force


def show(options: Options) -> int:
    """
    Print the policy in force; the exit code.

    Raises:
        SettingsInvalid: with every problem of settings and policy.
    """
    in_force, problems = attempt(lambda: policy_in_force(options))
    if options.wrong_settings or not in_force:
        raise SettingsInvalid((*options.wrong_settings, *problems))
    on_terminal = sys.stdout.isatty()
    click.echo(show_policy(*in_force, as_json=options.as_json, on_terminal=on_terminal))
    return 0


def check(options: Options, file: Path) -> int:
    """
    Print that the policy in *file* has no problem; the exit code.

    Raises:
        SettingsInvalid: with every problem of it.
    """
    policy = options.policy_reader.read(file)
    click.echo(show_check(policy, file, as_json=options.as_json))
    return 0
