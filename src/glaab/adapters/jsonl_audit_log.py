"""The audit log as a file of JSON Lines."""

import errno
import fcntl
import json
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import attrs

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.record_json import record_json
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable
from glaab.domain.ports import ApprovalRecord, AuditLog

_NO_SYNC_OF_FOLDERS = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM})
"""What fsync says on file systems that sync no folders, and open of a folder not to be read."""


@attrs.frozen
class FileAuditLog(AuditLog):
    """One line per approval, on the disk before it counts; other processes may append too."""

    path: Path
    _fsync: Callable[[int], None] = attrs.field(default=os.fsync, repr=False)
    _timeouts: TimeoutPolicy = attrs.field(factory=lambda: TimeoutPolicy(timeout_s=30), repr=False)
    """How long to wait for another process that keeps the file locked."""

    def append(self, records: Sequence[ApprovalRecord]) -> None:
        """See `AuditLog`; an approval is there already if a line has its account's id."""
        if not records:
            return
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(self.path, flags, 0o644), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # reading might never end
                    raise OSError(errno.EINVAL, "it is no ordinary file any more")
                self._lock(file)
                self._append(file, records)
        except OSError as error:
            raise SystemUnavailable(AUDIT_LOG, f"{self.path}: {error.strerror or error}") from error

    def _lock(self, file: BinaryIO) -> None:
        try:
            with self._timeouts.deadline(self._timeouts.timeout_s):
                fcntl.flock(file, fcntl.LOCK_EX)
        except TimeoutError as error:
            raise OSError(errno.EWOULDBLOCK, "another process keeps it locked") from error

    def _append(self, file: BinaryIO, records: Sequence[ApprovalRecord]) -> None:
        ids, torn = _read(file)
        new: dict[int, str] = {}
        for record in records:
            if record.account_id not in ids:
                new.setdefault(record.account_id, line(record) + "\n")
        if new:
            self._write(file.fileno(), ("\n" * torn + "".join(new.values())).encode())

    def _write(self, file: int, data: bytes) -> None:
        """All of *data*, or nothing."""
        size = os.fstat(file).st_size
        try:
            if os.write(file, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._fsync(file)
            if not size:
                self._sync_folder()
        except OSError:
            os.ftruncate(file, size)
            raise

    def _sync_folder(self) -> None:
        """A new file survives a crash only when its folder is on the disk, too."""
        try:
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                self._fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            if error.errno not in _NO_SYNC_OF_FOLDERS:
                raise


def line(record: ApprovalRecord) -> str:
    """An approval as one line of ASCII, without the line break."""
    return json.dumps(record_json(record))


def _read(file: BinaryIO) -> tuple[set[int], bool]:
    """The ids of the accounts that have a line, and whether the last line was cut off."""
    ids, last = set(), b"\n"
    for last in file:
        with suppress(ValueError, RecursionError):  # a line of somebody else's
            match json.loads(last):
                case {"account": {"id": int(account_id)}}:
                    ids.add(account_id)
    return ids, not last.endswith(b"\n")
