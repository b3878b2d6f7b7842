"""What one client gets of the server: one request without a body, and little time."""

import time
from collections.abc import Iterable

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import RequestEntityTooLarge


class OneRequestParser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no type hints
    """Reads the head of a request, refuses a body, and lets the answer end the connection."""

    def received(self, data: bytes) -> int:
        """How many bytes of *data* belong to the request."""
        consumed: int = super().received(data)
        # waitress 3.0.2 waits for the body if it comes in chunks, and says 100 Continue to a client
        # that asks whether to send one, also if it is too long
        if self.body_rcv is not None or "TRANSFER_ENCODING" in self.headers:
            self.error = RequestEntityTooLarge("No body is read here.")
            self.completed = True
        self.expect_continue = False
        self.headers["CONNECTION"] = "close"  # as if the client had asked for it
        return consumed


class OneRequestChannel(HTTPChannel):  # type: ignore[misc]  # waitress has no type hints
    """The connection of one client."""

    parser_class = OneRequestParser

    def handle_expt(self) -> None:
        """Close on urgent data: nobody reads it, and the loop would be told of it without end."""
        self.handle_close()


def close_slow(channels: Iterable[HTTPChannel], lifetime_s: float, most_idle: int) -> None:
    """
    Close what is older than *lifetime_s*, and the oldest idle ones beyond *most_idle*.

    *channels* begin with the oldest; idle is one for which no complete request waits. The
    `channel_timeout` of waitress 3.0.2 counts from the last byte, and a client that reads no
    answer keeps its connection for ever.
    """
    opened_before = time.time() - lifetime_s
    everybody = list(channels)
    idle = [each for each in everybody if not each.requests]
    overdue = [each for each in everybody if each.creation_time < opened_before]
    for each in (*overdue, *idle[:-most_idle]):
        each.handle_close()
