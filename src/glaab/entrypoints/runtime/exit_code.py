"""How a command ends, as a scheduler sees it; which of these it is, its result tells."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Of several that apply the first counts: 1 (a bug), 2, 5, 4, 128 + signal, 3."""

    OK = 0
    INVALID = 2
    """Usage, settings or policy are wrong: nothing was asked of any system."""
    WAITING = 3
    """Somebody has to wait; of doctor: something is not well; of policy test: not as expected."""
    UNWRITTEN = 4
    """An approval, an entry of an audit log or the result was not written."""
    BRAKE = 5
    """The safety brake stopped the run."""
