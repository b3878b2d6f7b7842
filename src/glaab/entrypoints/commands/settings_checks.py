"""What is right and wrong with the settings, without asking anybody and without writing."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from glaab.domain.diagnostics import Finding, ok, problem, warning
from glaab.domain.errors import System
from glaab.entrypoints.runtime.bootstrap import LoadedConfig
from glaab.settings import ADDRESSES, VARIABLES

Found = Iterator[tuple[str, Finding]]
"""What each finding is about, and the finding."""

_OWNERS = {
    "GITLAB": System.GITLAB,
    "LDAP": System.DIRECTORY,
    "PHABRICATOR": System.PHABRICATOR,
    "GERRIT": System.GERRIT,
    "MEDIAWIKI": System.AUDIT_LOG,
}
_WHOM_TO_ASK = frozenset({*ADDRESSES, "GLAAB_WORLD", "GLAAB_POLICY"})
"""With one of these wrong, anything might be sent to anybody."""
_VARIABLES = re.compile(r"\w+(, \w+)*")
"""What a problem of variables begins with; one of the env file may be about any of them."""


def settings_found(given: LoadedConfig) -> Found:
    """Every setting that is wrong or missing, and what the files that they name are like."""
    settings = given.settings
    wrong = (*given.wrong_settings, *given.wrong_world, *given.missing)
    yield from (told_apart(text, "set it as docs/settings.md says") for text in wrong)
    if not wrong:
        number = len(settings.given)
        are_set = "1 is set" if number == 1 else f"{number} are set"
        yield "variables", ok(f"{are_set}, and nothing is wrong or missing")
    if exposed := settings.exposed_env_file:
        yield "env file", warning(f"others may read {exposed}", f"chmod 600 {exposed}")
    if path := settings.glaab_audit_file:
        yield "GLAAB_AUDIT_FILE", _appendable(path)
    if path := settings.glaab_metrics_file:
        yield "GLAAB_METRICS_FILE", _replaceable(path)
    if given.world:
        yield "systems", ok(f"all are in memory, as {settings.glaab_world} describes them")
    elif doubt := _doubt(given):
        yield "systems", problem(f"none is asked anything, because {doubt}", "mend that first")


def told_apart(text: str, otherwise: str) -> tuple[str, Finding]:
    """What *text* is about, what is wrong, and what to do: *otherwise*, if it does not say."""
    title, _, rest = text.partition(": ")
    said, _, remedy = rest.rpartition("; ")
    return title, problem(said, remedy) if said else problem(rest, otherwise)


def unasked(given: LoadedConfig) -> dict[System, str]:
    """The systems that must not be asked, and why."""
    if doubt := _doubt(given):
        return dict.fromkeys(System, doubt)
    reasons: dict[System, str] = {}
    for text in (*given.wrong_settings, *given.missing):
        for name in _named(text):
            if owner := _OWNERS.get(name.partition("_")[0]):
                reasons.setdefault(owner, f"{name} is not right")
    return reasons


def _doubt(given: LoadedConfig) -> str:
    """
    Why nobody may be asked anything; empty if somebody may.

    Where an address is in doubt, its default is Wikimedia's, and no token must go there by
    mistake.
    """
    if path := given.settings.glaab_world:
        return "" if given.world else f"the world {path} is not right"
    for text in (*given.wrong_settings, *given.missing):
        title = text.partition(": ")[0]
        if not _VARIABLES.fullmatch(title) or _WHOM_TO_ASK.intersection(_named(text)):
            return f"{title} is not right: who is to be asked is in doubt"
    return ""


def _named(text: str) -> list[str]:
    """The variables that a problem is about, or may have meant."""
    return re.findall(rf"\b(?:{'|'.join(VARIABLES)})\b", text)


def _appendable(path: Path) -> Finding:
    """Whether the audit log could be written; nothing is made, unlike by `unwritable`."""
    remedy = "name a file that glaab may read and write, in a folder that is there"
    folder_is_open = os.access(path.parent, os.X_OK)
    exists = folder_is_open and path.exists()
    if exists and not path.is_file():
        return problem(f"{path} is no file that can be read again", remedy)
    where = path if exists else path.parent
    if not os.access(where, os.R_OK | os.W_OK if exists else os.W_OK | os.X_OK):
        return problem(f"{path} cannot be written", remedy)
    return ok(f"{path} can be written")


def _replaceable(path: Path) -> Finding:
    """Whether another file could be put in its place."""
    if not os.access(path.parent, os.W_OK | os.X_OK) or path.is_dir():
        remedy = "name a file in a folder that glaab may write to"
        return problem(f"{path} cannot be replaced", remedy)
    return ok(f"{path} can be replaced")
