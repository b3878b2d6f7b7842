"""stdout and stderr, which may be closed, full, or left by whoever read them."""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class LossyFile(io.FileIO):
    """A file to which writing never fails: what it does not take is lost."""

    def write(self, data: "ReadableBuffer", /) -> int:
        """See `io.FileIO`; the length of *data*, or how much of it the file took."""
        size = memoryview(data).nbytes
        try:
            return super().write(data) or size
        except OSError:
            return size


def prepare_streams() -> None:
    """
    Have both take every letter, and stderr never fail: no message is worth the run.

    What is printed must be told to go there (`click.echo(text, sys.stdout)`): where the encoding
    is ASCII, click 8 otherwise writes UTF-8.

    Whoever starts a program may close them (>&-); what is written there goes nowhere then.
    """
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115  # open to the end
    sys.stderr = _lossy(sys.stderr) if sys.stderr else Path(os.devnull).open("w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):  # not when tests or programs replace it
        sys.stdout.reconfigure(errors="backslashreplace")


def _lossy(stream: TextIO) -> TextIO:
    """The same stream, but that writing to it never fails; as it is if it leads to no file."""
    try:
        file = LossyFile(stream.fileno(), "w", closefd=False)
    except OSError:
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(file),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=True,
    )


def drop_stdout() -> None:
    """Let what is still to be written go nowhere: the interpreter would fail on it at its end."""
    with suppress(OSError), Path(os.devnull).open("w") as null:
        os.dup2(null.fileno(), sys.stdout.fileno())
