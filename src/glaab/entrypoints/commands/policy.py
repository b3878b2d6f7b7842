"""`glaab policy` and `glaab policy check`, for people and for programs."""

import json
import sys
from pathlib import Path

import attrs
import click

from glaab.domain.errors import SettingsInvalid
from glaab.domain.policy import Policy
from glaab.entrypoints.render.escaping import escape_control, policy_size
from glaab.entrypoints.runtime.bootstrap import Options, PolicyText, attempt
from glaab.entrypoints.runtime.exit_code import ExitCode
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.entrypoints.runtime.runner import write_safely


def show(options: Options) -> int:
    """Print the policy in force; raises SettingsInvalid with all problems of settings and it."""
    written, unread = attempt(lambda: PolicyText.in_force(options.settings.glaab_policy))
    policy, wrong = attempt(lambda: written.read_with(options.policy_reader) if written else None)
    if options.wrong_settings or not (written and policy):
        raise SettingsInvalid((*options.wrong_settings, *unread, *wrong))
    if options.form == "json":
        return _print(options, as_json(policy, written.source))
    return _print(options, as_text(policy, written, on_terminal=sys.stdout.isatty()))


def check(options: Options, file: Path) -> int:
    """Print that the policy in *file* is one; raises SettingsInvalid with all its problems."""
    policy = options.policy_reader.read(file)
    text = escape_control(f"{file} is a policy of {policy_size(policy)}, {policy.digest}.")
    return _print(options, as_json(policy, str(file)) if options.form == "json" else text)


def _print(options: Options, text: str) -> int:
    """Print *text*, which is all that the command does; the exit code."""
    configure_logs(options)
    return ExitCode.OK if write_safely(lambda: click.echo(text, sys.stdout)) else ExitCode.UNWRITTEN


def as_text(policy: Policy, written: PolicyText, *, on_terminal: bool) -> str:
    """The policy in force; it can be saved and used as a policy file, to the letter."""
    text = written.text
    if on_terminal:
        lines = ("\t".join(map(escape_control, line.split("\t"))) for line in text.splitlines())
        text = "\n".join(lines)
    head = f"# in force: {escape_control(written.source)}\n# {policy.digest}\n"
    return head + text.rstrip("\n")


def as_json(policy: Policy, source: str) -> str:
    """The policy, by rules and vetoes; text from outside is escaped to ASCII."""
    options = {str(source): attrs.asdict(value) for source, value in policy.options.items()}
    document: dict[str, object] = {
        "source": source,
        "digest": policy.digest,
        "identity": {"providers": sorted(policy.providers), "extern_uid": policy.extern_uid},
        **options,
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
    return json.dumps(document, indent=2, default=str)
