"""Whether secrets can be told from what glaab and servers say anyway."""

import re
from collections.abc import Iterator
from importlib import resources

from glaab.adapters.redaction import SHORTEST
from glaab.domain.diagnostics import Finding, warning
from glaab.entrypoints.diagnostics.settings_checks import Titled
from glaab.entrypoints.runtime.bootstrap import App
from glaab.settings.values import Secret

_PATTERNS = (re.compile(r"\w+"), re.compile(r"[\w-]+"), re.compile(r'"[^"\n]+"'))
"""Of a word, of one with hyphens, and of a name in quotes."""
_SHORT = warning(
    f"it has fewer than {SHORTEST} characters, so it is not blacked out where a server repeats it",
    "have a longer one made",
)
_ORDINARY = warning(
    "it is a word that glaab prints, or a name in the settings or the policy: it is shown there,"
    " and that word is blacked out in what servers say",
    "have another one made at random",
)


def check_secrets(app: App) -> Iterator[Titled]:
    """Each secret that is short, a word or a name; none of them is shown."""
    ordinary = _ordinary_words(app)
    for name, value in app.settings.values.items():
        for secret in value.parts if isinstance(value, Secret) else ():
            if finding := _finding(secret, ordinary):
                yield name, finding


def _finding(secret: str, ordinary: set[str]) -> Finding | None:
    if len(secret) < SHORTEST:
        return _SHORT
    return _ORDINARY if secret.casefold() in ordinary else None


def _ordinary_words(app: App) -> set[str]:
    """Those of the JSON Schema, which has all that is printed, of the settings and the policy."""
    schema = resources.files("glaab.entrypoints.render").joinpath("schema.json")
    values = app.settings.values.values()
    names = [str(value) for value in values if not isinstance(value, Secret)]
    policy = app.policy_text.text if app.policy_text else ""
    text = "\n".join([schema.read_text("utf-8"), policy, *names]).casefold()
    words = {word.strip('"') for pattern in _PATTERNS for word in pattern.findall(text)}
    return words | {name.casefold() for name in names}
