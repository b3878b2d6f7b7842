"""From options and environment to a run that is ready to start, or all that is wrong."""

import logging
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import attrs

from glaab.adapters.integration import Integrations
from glaab.adapters.policy_file import PolicyReader, built_in_policy_text
from glaab.adapters.world_file import World, read_world
from glaab.domain.errors import AUDIT_LOG, GITLAB, SettingsInvalid, System
from glaab.domain.policy import Policy
from glaab.domain.ports import RunId
from glaab.entrypoints.runtime.append_probe import AppendProbe, open_removed
from glaab.settings.core import Settings
from glaab.settings.loader import read_settings
from glaab.settings.missing import missing_settings
from glaab.settings.text_file import read_text

if TYPE_CHECKING:
    from glaab.entrypoints.runtime.container import Container

T = TypeVar("T")
Form = Literal["text", "json", "table", "html"]
"""Of the result on stdout; `table` is another name for `text`."""


@attrs.frozen(kw_only=True)
class Options:
    """The options of the command line, and the settings that they lead to."""

    integrations: Integrations
    settings: Settings
    wrong_settings: tuple[str, ...]
    form: Form = "text"
    level: int = logging.INFO
    """Of messages; a number as in `logging`."""
    color: bool = False

    @classmethod
    def read(
        cls, overrides: Mapping[str, str], env_file: Path | None, integrations: Integrations
    ) -> "Options":
        """Read the settings, this once; *overrides* are options that stand in for variables."""
        groups = [each.settings for each in integrations]
        given = {**os.environ, **overrides}
        texts = {name: _as_utf8(text) for name, text in given.items()}
        settings, wrong = read_settings(texts, env_file, groups)
        return cls(integrations=integrations, settings=settings, wrong_settings=wrong)

    @property
    def systems(self) -> tuple[System, ...]:
        """Every system, in the order in which to show them."""
        return (GITLAB, *(each.name for each in self.integrations), AUDIT_LOG)

    @property
    def policy_reader(self) -> PolicyReader:
        """Reads policies that may name every source."""
        return PolicyReader(self.integrations)

    def with_brake(self, limit: int) -> "Options":
        """The same, with `--max-approvals`, whatever the variable says."""
        wrong = (each for each in self.wrong_settings if about(each) != "GLAAB_MAX_APPROVALS")
        settings = attrs.evolve(self.settings, glaab_max_approvals=limit)
        return attrs.evolve(self, settings=settings, wrong_settings=tuple(wrong))

    def with_policy(self, path: Path) -> "Options":
        """The same, with this policy in force."""
        return attrs.evolve(self, settings=attrs.evolve(self.settings, glaab_policy=path))


@attrs.frozen
class PolicyText:
    """A policy as it was written."""

    text: str
    source: str
    """What problems call it."""
    folder: Path
    """Where the files lie that it names."""

    @classmethod
    def in_force(cls, path: Path | None) -> "PolicyText":
        """That of the file at *path*, or the built-in one; raises SettingsInvalid."""
        if not path:
            return cls(built_in_policy_text(), "the built-in policy", Path())
        source = f"policy {path}"
        return cls(read_text(path, source), source, path.parent)

    def read_with(self, reader: PolicyReader) -> Policy:
        """The policy, with the files that it names as they are now; raises SettingsInvalid."""
        return reader.parse(self.text, self.source, self.folder)


@attrs.frozen(kw_only=True)
class App:
    """A run as far as it could be composed, and what is wrong; nothing is if it is bootstrapped."""

    run: RunId
    started_at: datetime
    """Aware, UTC."""
    mode: str
    options: Options
    policy_text: PolicyText | None
    policy: Policy | None
    wrong_policy: tuple[str, ...]
    world: World | None
    wrong_world: tuple[str, ...]
    missing: tuple[str, ...]
    """What is not set, and is needed; a world needs nothing."""
    container: "Container"
    """Of what could be read; without a policy nothing that needs one can be made."""

    @property
    def settings(self) -> Settings:
        return self.options.settings


def _as_utf8(text: str) -> str:
    """What the environment holds, read as UTF-8 whatever the locale says."""
    return os.fsencode(text).decode("utf-8", "surrogateescape")


def bootstrap(options: Options, *, mode: str, besides: Iterable[str] = ()) -> App:
    """
    Check everything that can be checked without asking anybody, and compose.

    Raises SettingsInvalid with every problem of settings, policy and world, and those *besides*.
    """
    acting, path = mode == "act", options.settings.glaab_audit_file
    app = compose(options, mode=mode, acting=acting)
    wrong_files = (*app.wrong_policy, *app.wrong_world)
    problems = [*options.wrong_settings, *wrong_files, *app.missing, *besides]
    probe = AppendProbe(open_new=open_removed)
    if acting and path and (problem := probe.problem(path)):
        problems.append(f"GLAAB_AUDIT_FILE: {problem}")
    if problems:
        raise SettingsInvalid(tuple(problems))
    return app


def bootstrap_two_policies(options: Options, *, new: Path, old: Path | None) -> tuple[App, App]:
    """
    Two runs that only look, at the same systems: by the policy *old* (or in force), and by *new*.

    Raises SettingsInvalid with every problem of settings, world and both policies.
    """
    first = compose(options.with_policy(old) if old else options, mode="look", acting=False)
    text, unread = attempt(lambda: PolicyText.in_force(new))
    policy, wrong = attempt(lambda: text.read_with(options.policy_reader) if text else None)
    missing = () if options.settings.glaab_world else _missing(options, policy, acting=False)
    wrong_files = (*first.wrong_policy, *unread, *wrong, *first.wrong_world)
    problems = dict.fromkeys((*options.wrong_settings, *wrong_files, *first.missing, *missing))
    if problems or not policy:
        raise SettingsInvalid(tuple(problems))
    second = attrs.evolve(renew(first, first.options, policy), policy_text=text)
    second.container.env.override(first.container.env())
    return first, second


def compose(options: Options, *, mode: str, acting: bool) -> App:
    """Compose what can be read, asking nobody; an *acting* run needs an audit log besides."""
    path = options.settings.glaab_world
    text, wrong_text = attempt(lambda: PolicyText.in_force(options.settings.glaab_policy))
    policy, wrong_policy = attempt(lambda: text.read_with(options.policy_reader) if text else None)
    world, wrong_world = attempt(lambda: read_world(path, options.integrations) if path else None)
    return App(
        options=options,
        mode=mode,
        policy_text=text,
        policy=policy,
        wrong_policy=wrong_text + wrong_policy,
        world=world,
        wrong_world=wrong_world,
        missing=() if path else _missing(options, policy, acting=acting),
        **_fresh_run(options, policy, world, mode),
    )


def renew(app: App, options: Options, policy: Policy) -> App:
    """Another run of the same mode, with connections of its own; systems in memory stay."""
    fresh = attrs.evolve(
        app, options=options, policy=policy, **_fresh_run(options, policy, app.world, app.mode)
    )
    if app.world:
        for name in ("writable_gitlab", "audit_page"):
            kept = getattr(app.container, name)()
            getattr(fresh.container, name).override(kept)
    return fresh


def container_in_memory(options: Options, policy: Policy, world: World) -> "Container":
    """What looks at *world*, whatever the settings say of another one."""
    return _container(options, policy, world, RunId(""), mode="look", systems="memory")


def _fresh_run(
    options: Options, policy: Policy | None, world: World | None, mode: str
) -> dict[str, Any]:
    """The fields of an app that begins now."""
    run = RunId(uuid.uuid4().hex[:12])
    systems = "memory" if options.settings.glaab_world else "live"
    container = _container(options, policy, world, run, mode=mode, systems=systems)
    return {"run": run, "started_at": datetime.now(UTC), "container": container}


def _container(
    options: Options,
    policy: Policy | None,
    world: World | None,
    run: RunId,
    *,
    mode: str,
    systems: str,
) -> "Container":
    from glaab.entrypoints.runtime.container import Container  # heavy: only for a run

    return Container(
        integrations=options.integrations,
        settings=options.settings,
        policy=policy,
        world=world,
        run=run,
        mode=mode,
        systems=systems,
    )


def _missing(options: Options, policy: Policy | None, *, acting: bool) -> tuple[str, ...]:
    """What is not set, without settings that are wrong already."""
    systems = policy.systems if policy else ()
    used = [each.settings for each in options.integrations if each.name in systems]
    wrong = {about(problem) for problem in options.wrong_settings}
    missing = missing_settings(options.settings, used, acting=acting)
    return tuple(each for each in missing if wrong.isdisjoint(about(each).split(", ")))


def about(problem: str) -> str:
    """The variable that a problem begins with."""
    return problem.partition(":")[0]


def attempt(step: Callable[[], T]) -> tuple[T | None, tuple[str, ...]]:
    """The result of *step*, or None and what is wrong with it."""
    try:
        return step(), ()
    except SettingsInvalid as error:
        return None, error.problems
