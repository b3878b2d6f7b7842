"""Messages on stderr: constant event names with fields, as text or JSON lines."""

import logging
import os
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

from glaab.entrypoints.render.escaping import escape_control
from glaab.settings.values import LogFormat


def configure_logs(
    log_format: LogFormat | None, *, level: int, color: bool, run: str | None = None
) -> None:
    """
    Send messages of *level* and above to stderr, with the id of the *run* on every line.

    The default format is text on a terminal, else JSON. The loggers of libraries are silenced,
    because they log addresses and headers.
    """
    logging.getLogger().addHandler(logging.NullHandler())
    as_text = log_format is LogFormat.TEXT or (log_format is None and sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _one_line,
            structlog.dev.ConsoleRenderer(colors=color and _shows_colors())
            if as_text
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(
            sys.stderr
        ),  # as it is when a message is logged
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    if run:
        structlog.contextvars.bind_contextvars(run_id=run)


def _shows_colors() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _one_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape text from outside, so that it can neither start a line nor move the cursor."""
    return {
        key: escape_control(value) if isinstance(value, str) else value
        for key, value in event.items()
    }
