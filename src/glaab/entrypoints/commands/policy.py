"""`glaab policy` and `glaab policy check`, for people and for programs."""

import json
import sys
from pathlib import Path

import click

from glaab.domain.errors import SettingsInvalid
from glaab.domain.policy import Policy
from glaab.entrypoints.render.escaping import escape_control, policy_size
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
    click.echo(show_policy(*in_force, as_json=options.form == "json", on_terminal=on_terminal))
    return 0


def check(options: Options, file: Path) -> int:
    """
    Print that the policy in *file* has no problem; the exit code.

    Raises:
        SettingsInvalid: with every problem of it.
    """
    policy = options.policy_reader.read(file)
    click.echo(show_check(policy, file, as_json=options.form == "json"))
    return 0


def show_policy(policy: Policy, text: str, source: str, *, as_json: bool, on_terminal: bool) -> str:
    """The policy in force; as text it can be saved and used as a policy file, to the letter."""
    if as_json:
        return json.dumps({"source": source, **_content(policy)}, indent=2)
    if on_terminal:
        lines = ("\t".join(map(escape_control, line.split("\t"))) for line in text.splitlines())
        text = "\n".join(lines)
    head = f"# in force: {escape_control(source)}\n# {policy.digest}\n"
    return head + text.rstrip("\n")


def show_check(policy: Policy, path: Path, *, as_json: bool) -> str:
    """A policy without problems."""
    if as_json:
        return json.dumps({"source": str(path), **_content(policy)}, indent=2)
    return escape_control(f"{path} is a policy of {policy_size(policy)}, {policy.digest}.")


def _content(policy: Policy) -> dict[str, object]:
    return {
        "digest": policy.digest,
        "identity": {"providers": sorted(policy.providers), "extern_uid": policy.extern_uid},
        "trust": [
            {
                "name": rule.name,
                "systems": [each.source for each in rule.conditions],
                **{each.key: each.value for each in rule.conditions},
            }
            for rule in policy.rules
        ],
        "veto": [veto.title for veto in policy.vetoes],
        "canary": {veto.title: name for veto, name in policy.canaries.items()},
    }
