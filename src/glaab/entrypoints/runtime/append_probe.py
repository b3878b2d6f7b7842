"""Find out beforehand whether a file can be appended to, locked and synced."""

import errno
import fcntl
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import attrs

from glaab.entrypoints.runtime.atomic_write import append_problem

_NO_UNNAMED_FILES = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL})
"""What O_TMPFILE gets from file systems without such files: NFS, FUSE, old kernels."""
_REMEDY = "name a file on a file system that locks and syncs, such as a local disk"


def open_unnamed(folder: Path) -> int:
    """Open a new file in *folder* that has no name: it is gone when it is closed."""
    return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)


def open_removed(folder: Path, unnamed: Callable[[Path], int] = open_unnamed) -> int:
    """The same on every file system: where a file needs a name, it loses that at once."""
    try:
        return unnamed(folder)
    except OSError as error:
        if error.errno not in _NO_UNNAMED_FILES:
            raise
    path = folder / f".glaab-{uuid.uuid4().hex}"
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    path.unlink()
    return file


@attrs.frozen(kw_only=True)
class AppendProbe:
    """Tries all that an audit file needs but for writing; what is missing is not made."""

    open_new: Callable[[Path], int] = open_unnamed
    """Opens a file in a folder that stands in for one that is missing, and leaves nothing."""
    lock: Callable[[int, int], None] = fcntl.flock
    sync: Callable[[int], None] = os.fsync

    def problem(self, path: Path) -> str | None:
        """Why *path* cannot be appended to, with what to do; None if nothing speaks against it."""
        if found := append_problem(path):
            return found
        try:
            file = self._open(path)
        except OSError as error:
            is_known = error.errno not in _NO_UNNAMED_FILES
            return f"{path} cannot be written: {error.strerror}" if is_known else None
        try:
            return self._problem(path, file)
        finally:
            os.close(file)

    def is_certain(self, path: Path) -> bool:
        """False if *path* is missing and nothing can stand in for it: locks were not tried."""
        with suppress(OSError):
            os.close(self._open(path))
            return True
        return False

    def _open(self, path: Path) -> int:
        target = Path(os.path.realpath(path))
        if target.exists():
            return os.open(target, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        return self.open_new(target.parent)

    def _problem(self, path: Path, file: int) -> str | None:
        try:
            with suppress(BlockingIOError):  # another process has it locked: it can be locked
                self.lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return f"{path} cannot be locked: {error.strerror}; {_REMEDY}"
        try:
            self.sync(file)
        except OSError as error:
            return f"{path} cannot be synced: {error.strerror}; {_REMEDY}"
        return None
