"""The policy, for people and for programs."""

import json
from pathlib import Path

from glaab.domain.policy import Policy
from glaab.entrypoints.render.escaping import escape_control, policy_size


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
