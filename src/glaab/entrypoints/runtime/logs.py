"""Messages on stderr: constant event names with fields, as text or JSON lines."""

import logging
import os
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.runtime.bootstrap import Options
from glaab.settings.values import LogFormat


def configure_logs(options: Options, run: str | None = None) -> None:
    """Log to stderr from a level up, with the *run* on each line; JSON where it is no terminal."""
    # libraries are silenced: they log addresses and headers
    logging.getLogger().addHandler(logging.NullHandler())
    log_format, is_terminal = options.settings.glaab_log_format, sys.stderr.isatty()
    as_text = log_format is LogFormat.TEXT or (log_format is None and is_terminal)
    colors = options.color and is_terminal and os.environ.get("TERM") != "dumb"
    text, lines = structlog.dev.ConsoleRenderer(colors=colors), structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _one_line,
            text if as_text else lines,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(options.level),
        # stderr as it is when a message is logged
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    structlog.contextvars.clear_contextvars()
    if run:
        structlog.contextvars.bind_contextvars(run_id=run)


def _one_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape text from outside, so that it can neither start a line nor move the cursor."""
    return {
        key: escape_control(value) if isinstance(value, str) else value
        for key, value in event.items()
    }
