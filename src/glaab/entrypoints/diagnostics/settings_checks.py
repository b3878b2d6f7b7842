"""What is right and wrong with the settings, without asking anybody and without writing."""

import re
from collections.abc import Iterator
from pathlib import Path

from glaab.domain.diagnostics import Finding, ok, problem, warning
from glaab.domain.errors import AUDIT_LOG, GITLAB, System
from glaab.entrypoints.render.escaping import pluralize
from glaab.entrypoints.runtime.append_probe import AppendProbe
from glaab.entrypoints.runtime.atomic_write import replace_problem
from glaab.entrypoints.runtime.bootstrap import App
from glaab.entrypoints.watching.services import notify_problems
from glaab.settings.core import Settings, fields_by_variable, owners
from glaab.settings.missing import addresses

Titled = tuple[str, Finding]
"""What a finding is about, and the finding."""

_CORE_OWNERS = {"GITLAB": GITLAB, "MEDIAWIKI": AUDIT_LOG}
_VARIABLES = re.compile(r"\w+(, \w+)*")
"""What a problem of variables begins with; one of the env file may be about any of them."""


def check_settings(app: App) -> Iterator[Titled]:
    """Every setting that is wrong or missing, and the files that settings name."""
    settings = app.settings
    wrong = (
        *app.options.wrong_settings,
        *app.wrong_world,
        *app.missing,
        *notify_problems(settings),
    )
    yield from (as_titled_problem(text, "set it as docs/settings.md says") for text in wrong)
    if not wrong:
        are_set = pluralize(len(settings.are_set), "is", "are")
        yield "variables", ok(f"{are_set} set, and nothing is wrong or missing")
    if exposed := settings.exposed_env_file:
        yield "env file", warning(f"others may read {exposed}", f"chmod 600 {exposed}")
    if path := settings.glaab_audit_file:
        yield check_audit_file(path, AppendProbe())
    if path := settings.glaab_metrics_file:
        remedy = "name a file in a folder that glaab may write to"
        yield "GLAAB_METRICS_FILE", _file(path, replace_problem(path), remedy)
    if app.world:
        yield "systems", ok(f"all are in memory, as {settings.glaab_world} describes them")
    elif doubt := _doubt(app):
        yield "systems", problem(f"no system is asked, because {doubt}", "mend that first")


def check_audit_file(path: Path, probe: AppendProbe) -> Titled:
    """Whether it can be appended to, locked and synced, as far as *probe* can tell."""
    title = "GLAAB_AUDIT_FILE"
    if why := probe.problem(path):
        remedy = "name a file that glaab may read and write, in a folder that is there"
        return as_titled_problem(f"{title}: {why}", remedy)
    if not probe.is_certain(path):
        return title, warning(
            f"{path} can be written; whether it can be locked and synced is not known before it"
            " is there",
            f"make it (touch {path}), and ask again",
        )
    return title, ok(f"{path} can be written, locked and synced")


def as_titled_problem(text: str, remedy: str) -> Titled:
    """`TITLE: message; remedy` in its parts; *remedy* if the text has none."""
    title, _, rest = text.partition(": ")
    message, _, own_remedy = rest.rpartition("; ")
    return title, problem(message, own_remedy) if message else problem(rest, remedy)


def closed_systems(app: App) -> dict[System, str]:
    """The systems that must not be asked, and why."""
    if doubt := _doubt(app):
        return dict.fromkeys(app.options.systems, doubt)
    by_source = owners(app.settings.sources)
    reasons: dict[System, str] = {}
    for text in (*app.options.wrong_settings, *app.missing):
        for name in _variables_in(text, app):
            source = by_source.get(name)
            owner = source.system if source else _CORE_OWNERS.get(name.partition("_")[0])
            if owner:
                reasons.setdefault(owner, f"{name} is wrong or missing")
    return reasons


def _doubt(app: App) -> str:
    """Why nobody may be asked, lest a token goes to Wikimedia by mistake; empty if they may."""
    settings = app.settings
    if path := settings.glaab_world:
        return "" if app.world else f"the world {path} is wrong"
    whom_to_ask = {*addresses((Settings, *settings.sources)), "GLAAB_WORLD", "GLAAB_POLICY"}
    for text in (*app.options.wrong_settings, *app.missing):
        title = text.partition(": ")[0]
        if not _VARIABLES.fullmatch(title) or whom_to_ask & {*_variables_in(text, app)}:
            return f"{title} is wrong or missing: it is in doubt whom to ask"
    return ""


def _variables_in(text: str, app: App) -> list[str]:
    """The variables that a problem is about, or may have meant."""
    variables = fields_by_variable(Settings, *app.settings.sources)
    return re.findall(rf"\b(?:{'|'.join(variables)})\b", text)


def _file(path: Path, why: str | None, remedy: str) -> Finding:
    """A problem if there is a reason *why* the file cannot be written."""
    return problem(why, remedy) if why else ok(f"{path} can be written")
