"""Files that somebody else keeps locked."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def kept_locked(path: Path) -> Iterator[None]:
    """As another process does it: a lock belongs to whoever opened the file."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
