"""From options and environment to a run that is ready to start, or all that is wrong."""

import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import attrs

from glaab.adapters.policy_file import built_in_policy_text, parse_policy
from glaab.adapters.toml_file import read_text
from glaab.adapters.world_file import World, read_world
from glaab.domain.errors import SettingsInvalid, System
from glaab.domain.policy import Policy
from glaab.domain.ports import RunId
from glaab.settings import Count, Settings
from glaab.settings.loader import read_settings
from glaab.settings.missing import missing_settings, unwritable

if TYPE_CHECKING:
    from glaab.entrypoints.runtime.container import Container

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Options:
    """What was said on the command line, and the settings that it leads to."""

    settings: Settings
    wrong_settings: tuple[str, ...]
    as_json: bool
    """Whether the result is JSON."""
    as_html: bool = False
    """Whether it is a page."""
    level: int
    """Of messages; a number as in `logging`."""
    color: bool

    @classmethod
    def read(
        cls,
        overrides: Mapping[str, str],
        env_file: Path | None,
        *,
        as_json: bool,
        level: int,
        color: bool,
    ) -> "Options":
        """Read the settings, this once; *overrides* are options that stand in for variables."""
        settings, wrong = read_settings({**os.environ, **overrides}, env_file)
        return cls(
            settings=settings, wrong_settings=wrong, as_json=as_json, level=level, color=color
        )

    def with_form(self, form: str | None) -> "Options":
        """The same, with the `--format` that was given after the command."""
        if not form:
            return self
        return attrs.evolve(self, as_json=form == "json", as_html=form == "html")

    def with_brake(self, limit: int) -> "Options":
        """The same, with `--max-approvals`, whatever the variable says."""
        wrong = (each for each in self.wrong_settings if about(each) != "GLAAB_MAX_APPROVALS")
        settings = attrs.evolve(self.settings, glaab_max_approvals=Count(limit))
        return attrs.evolve(self, settings=settings, wrong_settings=tuple(wrong))


@attrs.frozen(kw_only=True)
class Composed:
    """What a run is made of."""

    run: RunId
    settings: Settings
    container: "Container"


@attrs.frozen(kw_only=True)
class App(Composed):
    """A run that is ready to start."""

    policy: Policy


@attrs.frozen(kw_only=True)
class LoadedConfig:
    """Settings, policy and world as far as they could be read, and what is wrong with each."""

    settings: Settings
    wrong_settings: tuple[str, ...]
    policy: Policy | None
    wrong_policy: tuple[str, ...]
    world: World | None
    wrong_world: tuple[str, ...]
    missing: tuple[str, ...]
    """What is not set, and is needed; a world needs nothing."""

    @property
    def problems(self) -> tuple[str, ...]:
        """All that is wrong."""
        return (*self.wrong_settings, *self.wrong_policy, *self.wrong_world, *self.missing)


def bootstrap(options: Options, *, mode: str, besides: Iterable[str] = ()) -> App:
    """
    Check everything that can be checked without asking anybody, and compose.

    Raises:
        SettingsInvalid: with every problem of settings, policy and world, and those *besides*.
    """
    given = load_config(options, acting=mode == "act")
    problems = [*given.problems, *besides]
    if mode == "act" and given.settings.glaab_audit_file:
        problems += filter(None, [unwritable(given.settings.glaab_audit_file)])
    if problems or not given.policy:
        raise SettingsInvalid(tuple(problems))
    made = compose(given, mode=mode)
    return App(run=made.run, settings=made.settings, policy=given.policy, container=made.container)


def load_config(options: Options, *, acting: bool) -> LoadedConfig:
    """Everything that a run is made from; an *acting* one needs an audit log besides."""
    settings = options.settings
    policy, wrong_policy = attempt(lambda: policy_in_force(settings)[0])
    world: World | None = None
    wrong_world: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    if path := settings.glaab_world:
        world, wrong_world = attempt(lambda: read_world(path))
    else:
        systems = policy.systems if policy else {System.DIRECTORY}
        wrong = {about(text) for text in options.wrong_settings}
        lacked = missing_settings(settings, systems, acting=acting)
        missing = tuple(text for text in lacked if about(text) not in wrong)
    return LoadedConfig(
        settings=settings,
        wrong_settings=options.wrong_settings,
        policy=policy,
        wrong_policy=wrong_policy,
        world=world,
        wrong_world=wrong_world,
        missing=missing,
    )


def about(problem: str) -> str:
    """The variable that a problem begins with."""
    return problem.partition(":")[0]


def policy_in_force(settings: Settings) -> tuple[Policy, str, str]:
    """The policy, its text, and where it came from."""
    source, text = "the built-in policy", built_in_policy_text()
    if path := settings.glaab_policy:
        source = f"policy {path}"
        text = read_text(path, source)
    return parse_policy(text, source), text, source


def compose(given: LoadedConfig, *, mode: str) -> Composed:
    """A container of what could be read; without a policy nothing that needs one can be made."""
    from glaab.entrypoints.runtime.container import Container

    run = RunId(uuid.uuid4().hex[:12])
    container = Container(
        settings=given.settings,
        run=run,
        mode=mode,
        systems="memory" if given.settings.glaab_world else "live",
    )
    if given.policy:
        container.policy.override(given.policy)
    if given.world:
        container.world.override(given.world)
    return Composed(run=run, settings=given.settings, container=container)


def attempt(step: Callable[[], T]) -> tuple[T | None, tuple[str, ...]]:
    """What *step* gives, or None and what is wrong with it."""
    try:
        return step(), ()
    except SettingsInvalid as error:
        return None, error.problems
