"""From options and environment to a run that is ready to start, or all that is wrong."""

import os
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import attrs

from glaab.adapters._toml import text_of
from glaab.adapters.policy_file import built_in_policy_text, parse_policy
from glaab.adapters.world_file import World, read_world
from glaab.domain.errors import SettingsInvalid, System
from glaab.domain.policy import Policy
from glaab.domain.ports import RunId
from glaab.settings import Settings, lacking, read_settings, unwritable

if TYPE_CHECKING:
    from glaab.entrypoints.container import Container

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Options:
    """What was said on the command line, before the command."""

    overrides: Mapping[str, str]
    """Options that stand in for variables, by the variable's name."""
    env_file: Path | None
    as_json: bool
    """Whether the result is JSON."""
    level: int
    """Of messages; a number as in `logging`."""
    color: bool

    def settings(self) -> tuple[Settings, tuple[str, ...]]:
        """The settings, and what is wrong with them."""
        return read_settings({**os.environ, **self.overrides}, self.env_file)

    def with_form(self, form: str | None) -> "Options":
        """The same, with the `--format` that was given after the command."""
        return attrs.evolve(self, as_json=form == "json") if form else self

    def overriding(self, **variables: str) -> "Options":
        """The same, with more options that stand in for variables."""
        return attrs.evolve(self, overrides={**self.overrides, **variables})


@attrs.frozen(kw_only=True)
class Prepared:
    """A run that is ready to start."""

    run: RunId
    settings: Settings
    policy: Policy
    container: "Container"


def prepare(options: Options, *, mode: str) -> Prepared:
    """
    Check everything that can be checked without asking anybody, and compose.

    Raises:
        SettingsInvalid: with every problem of settings, policy and world.
    """
    settings, found = options.settings()
    problems = list(found)
    policy = _tried(problems, lambda: policy_in_force(settings)[0])
    world: World | None = None
    if path := settings.glaab_world:
        world = _tried(problems, lambda: read_world(path))
    else:
        systems = policy.systems if policy else {System.DIRECTORY}
        problems += lacking(settings, systems, acting=mode == "act")
    if mode == "act" and settings.glaab_audit_file:
        problems += filter(None, [unwritable(settings.glaab_audit_file)])
    if problems or not policy:
        raise SettingsInvalid(tuple(problems))
    return _composed(settings, policy, world, mode)


def policy_in_force(settings: Settings) -> tuple[Policy, str, str]:
    """The policy, its text, and where it came from."""
    source, text = "the built-in policy", built_in_policy_text()
    if path := settings.glaab_policy:
        source = f"policy {path}"
        text = text_of(path, source)
    return parse_policy(text, source), text, source


def _tried(problems: list[str], step: Callable[[], T]) -> T | None:
    """What *step* gives; None if it is invalid, which goes to the *problems*."""
    try:
        return step()
    except SettingsInvalid as error:
        problems += error.problems
        return None


def _composed(settings: Settings, policy: Policy, world: World | None, mode: str) -> Prepared:
    from glaab.entrypoints.container import Container  # heavy: only for a run

    run = RunId(uuid.uuid4().hex[:12])
    container = Container(
        settings=settings,
        policy=policy,
        run=run,
        mode=mode,
        systems="memory" if world else "live",
    )
    if world:
        container.world.override(world)
    return Prepared(run=run, settings=settings, policy=policy, container=container)
