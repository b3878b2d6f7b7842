"""Puts the redaction of secrets in force for a command, also in the tracebacks of errors."""

import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from glaab.adapters.redaction import redacting
from glaab.settings.core import Settings


@contextmanager
def redacted(settings: Settings) -> Iterator[None]:
    """Keep secrets out of messages and tracebacks; also out of that of an error that leaves."""
    before = sys.excepthook, sys.unraisablehook, threading.excepthook
    with redacting(settings.secrets) as redact:

        def show(*error: Any) -> None:  # noqa: ANN401  # the type, the error and its traceback
            sys.stderr.write(redact("".join(traceback.format_exception(*error))))

        def show_aside(aside: Any) -> None:  # noqa: ANN401  # of a thread or a destructor
            show(aside.exc_type, aside.exc_value, aside.exc_traceback)

        sys.excepthook = show
        sys.unraisablehook = threading.excepthook = show_aside
        yield
    sys.excepthook, sys.unraisablehook, threading.excepthook = before
