"""The small world of the commands, and chat rooms without a network."""

from collections.abc import Iterator

import pytest

from tests.unit.commands.conftest import small_app, small_world
from tests.unit.watching.rooms import Rooms, open_rooms

__all__ = ["small_app", "small_world"]


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    with open_rooms() as rooms:
        yield rooms
