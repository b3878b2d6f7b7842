"""A chat room in this process, as a service that apprise knows: `room://…`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
from apprise import NotifyBase
from apprise.manager_plugins import NotificationManager


@attrs.frozen
class Message:
    """What somebody in the room reads."""

    room: str
    title: str
    body: str


def takes_it() -> bool:
    return True


@attrs.define
class Rooms:
    """What arrived, in which room, and what becomes of the next message."""

    messages: list[Message] = attrs.field(factory=list)
    answer: Callable[[], bool] = takes_it
    log_out: Callable[[], None] = lambda: None
    """What the service does when it is given up."""

    @property
    def bodies(self) -> list[str]:
        return [each.body for each in self.messages]


@contextmanager
def open_rooms(longest: int = 1_000) -> Iterator[Rooms]:
    """Have apprise know them until the end; a room takes messages of so many characters."""
    rooms = Rooms()

    class NotifyRoom(NotifyBase):
        service_name = "Room"
        protocol = "room"
        body_maxlen = longest
        request_rate_per_sec = 0

        def send(self, body, title="", **_):
            rooms.messages.append(Message(self.host, title, body))
            return rooms.answer()

        def __del__(self):
            rooms.log_out()

    plugins = NotificationManager()
    plugins.add(NotifyRoom)
    try:
        yield rooms
    finally:
        plugins.remove("room", unload=False)
