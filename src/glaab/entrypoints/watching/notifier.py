"""Messages to people, through apprise; one that is not delivered is a warning, never more."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import zip_longest

import attrs
import structlog

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.entrypoints.runtime.shutdown import enforce_deadlines
from glaab.entrypoints.watching.services import addresses_to_tell, is_delivered, silent_destructors
from glaab.settings.core import Settings
from glaab.settings.values import SecretUrls

log = structlog.get_logger()

_TROUBLES = {True: "", False: "it was not delivered", None: "time was up"}
"""By what a service answered; None if it did not, or was not asked."""


class _TimeIsUp(BaseException):
    """No `Exception`: apprise and its plugins catch those, and go on."""


@attrs.frozen
class Delivery:
    """What became of a message to one address."""

    address: str
    """Its place, `address 1 of 2`: nobody must be shown the address itself."""
    trouble: str = ""
    """Why it was not delivered; empty if it was."""


@attrs.frozen(kw_only=True)
class Notifier:
    """Tells people. Works in the main thread, where alarms arrive, and starts no other."""

    addresses: SecretUrls | None
    """Without any nothing is sent."""
    timeouts: TimeoutPolicy
    """That of the run, so that a signal shortens the sending, too."""
    limit_s: float = 10
    """For all addresses together, and a second more, as of every deadline."""

    @classmethod
    def of(cls, settings: Settings, timeouts: TimeoutPolicy) -> "Notifier":
        """Of those whom these settings name."""
        return cls(addresses=addresses_to_tell(settings), timeouts=timeouts)

    def __call__(self, lines: Iterable[str]) -> None:
        """Send *lines* as one message, if there are any; log where it was not delivered."""
        for delivery in self.send(lines):
            if delivery.trouble:
                reason = f"{delivery.address}: {delivery.trouble}"
                log.warning("notification_not_sent", reason=reason)

    def send(self, lines: Iterable[str]) -> tuple[Delivery, ...]:
        """What became of the message at each address, in their order; empty if there is none."""
        message = "\n".join(lines)
        addresses = self.addresses.parts if self.addresses and message else ()
        answers = self._answers(addresses, message) if addresses else []
        return tuple(
            Delivery(f"address {place} of {len(addresses)}", _TROUBLES[answer])
            for place, (_, answer) in enumerate(zip_longest(addresses, answers), 1)
        )

    def _answers(self, addresses: Iterable[str], message: str) -> list[bool]:
        """Whether each address took it, one after the other, until time is up."""
        answers: list[bool] = []
        with (
            suppress(_TimeIsUp),
            silent_destructors(),
            enforce_deadlines(self.timeouts),
            self.timeouts.deadline(self.limit_s, _TimeIsUp),
            suppress(_TimeIsUp),  # before the deadline ends: a service that is left may log out
        ):
            for address in addresses:
                answers.append(is_delivered(address, message))
        return answers
