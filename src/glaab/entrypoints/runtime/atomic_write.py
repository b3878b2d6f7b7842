"""A file that is written whole or not at all."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RIGHTS = 0o777
_WRITABLE = 0o200


def unwritable(path: Path) -> str | None:
    """Why no file can be put at *path*; None if one can. Leaves nothing behind."""
    try:
        if path.exists() and not path.is_file():  # a device would be replaced by a file
            return f"--output: {path} is no ordinary file"
        with _beside(path):
            return None
    except OSError as error:
        return f"--output: {path} cannot be written: {error.strerror}"


def atomic_write(path: Path, text: str) -> None:
    """
    Put *text* at *path* in one step: who reads it meanwhile sees the old file or the new.

    Whoever may read the old file may read the new; nobody else.

    Raises:
        OSError: it could not be written; what was there is still there.
    """
    with _beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        if path.exists():
            temporary.chmod(path.stat().st_mode & _RIGHTS)
        temporary.replace(_real(path))


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A new empty file in the same folder, gone afterwards unless it was moved away."""
    temporary = _real(path).with_name(f".glaab-{uuid.uuid4().hex}")
    rights = path.stat().st_mode | _WRITABLE if path.exists() else 0o666
    temporary.touch(mode=rights & _RIGHTS, exist_ok=False)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _real(path: Path) -> Path:
    """Where links lead; unlike `Path.resolve` no error if they lead round in a circle."""
    return Path(os.path.realpath(path))
