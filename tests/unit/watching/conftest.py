"""Chat rooms without a network."""

from collections.abc import Iterator

import pytest

from tests.unit.watching.rooms import Rooms, open_rooms


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    with open_rooms() as rooms:
        yield rooms
