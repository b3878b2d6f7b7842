"""Write a file whole or not at all, and find out beforehand whether a file can be written."""

import errno
import os
import stat
import uuid
from pathlib import Path


def atomic_write(path: Path, text: str) -> None:
    """
    Replace the file at *path*, or what it links to, in one step: nobody ever sees a part of it.

    The permissions of the old file stay. If it raises OSError, the old file is still there.
    """
    mode, target = _mode(path), _target(path)
    temporary = target.with_name(f".glaab-{uuid.uuid4().hex}")
    temporary.touch(0o666 if mode is None else mode | stat.S_IWUSR, exist_ok=False)
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def replace_problem(path: Path) -> str | None:
    """Why `atomic_write` cannot write to *path*; None if it can. Changes nothing."""
    return _problem(path, _target(path).parent, os.W_OK | os.X_OK)


def append_problem(path: Path) -> str | None:
    """Why *path* cannot be read and appended to, or created; None if it can. Changes nothing."""
    target = _target(path)
    is_there = os.path.lexists(target)
    return _problem(path, target, os.R_OK | os.W_OK) if is_there else replace_problem(path)


def _problem(path: Path, needed: Path, access: int) -> str | None:
    """Why *path* cannot be written if that takes *access* to *needed*."""
    try:
        _mode(path)
        needed.stat()  # raises an error with the reason, where `os.access` answers False
        if not os.access(needed, access):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}"
    return None


def _mode(path: Path) -> int | None:
    """The permissions of the file at *path*; None if there is none, OSError if it is no file."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return None
        raise
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no ordinary file")
    return mode & 0o777


def _target(path: Path) -> Path:
    """The file that *path* leads to; unlike `Path.resolve` no error if links form a circle."""
    return Path(os.path.realpath(path))
