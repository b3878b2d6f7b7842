"""World files that are written for one test."""

from pathlib import Path

import pytest

from glaab.adapters.integration import Integrations
from glaab.adapters.world_file import World, read_world
from glaab.domain.errors import SettingsInvalid


def world_in(folder: Path, text: str, integrations: Integrations) -> World:
    """The world that *text* describes, in a file in *folder*."""
    path = folder / "world.toml"
    path.write_text(text)
    return read_world(path, integrations)


def problems_in(folder: Path, text: str, integrations: Integrations) -> list[str]:
    """What is wrong with the world that *text* describes, without the name of the file."""
    with pytest.raises(SettingsInvalid) as raised:
        world_in(folder, text, integrations)
    source = f"world {folder / 'world.toml'}: "
    assert all(problem.startswith(source) for problem in raised.value.problems)
    return [problem.removeprefix(source) for problem in raised.value.problems]
