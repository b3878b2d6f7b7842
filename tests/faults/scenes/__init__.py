"""
Who waits under a policy that trusts by one source, for sources that the small world has not.

There is one module for each, named as the source's folder, whose `SCENE` it holds: the suites find
it by the registry.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

import attrs

from glaab.domain.accounts import Account
from glaab.domain.errors import System
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.contract.wire import Handler
from tests.variables import WIKIMEDIAS

URL = "http://127.0.0.1:6"
"""Where the double of the source is."""


@attrs.frozen(kw_only=True, eq=False)
class Scene:
    """A policy, who waits, and what they are waited for by."""

    source: System
    policy: str
    """As TOML."""
    files: Mapping[str, str] = attrs.field(factory=dict)
    """Beside the policy, by name."""
    accounts: tuple[Account, ...]
    trusted: tuple[str, ...]
    """The usernames of those who are to be approved, sorted."""
    double: Callable[[], Handler] | None = None
    """A strict simulator, new and filled; None for a source that asks no server."""
    settings: Mapping[str, str] = attrs.field(factory=dict)

    def __str__(self) -> str:
        return self.source


SCENES: tuple[Scene, ...] = tuple(
    import_module(f"tests.faults.scenes.{each.settings.__module__.split('.')[-2]}").SCENE
    for each in INTEGRATIONS
    if each.name not in WIKIMEDIAS
)
