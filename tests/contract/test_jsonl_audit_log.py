"""FileAuditLog on a real file system."""

import errno
import json
import math
import multiprocessing
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.jsonl_audit_log import FileAuditLog
from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import Evidence, Kind, No, NotAsked, Unknown, Yes
from glaab.domain.sources.gerrit import GERRIT
from glaab.entrypoints.runtime.shutdown import Shutdown
from tests.builders import NOON, a_record
from tests.contract.mediawiki.contract import AuditLogContract, a_record_of
from tests.locks import kept_locked

ADA = a_record_of(1, "ada")
BOB = a_record_of(2, "bob")


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "audit.jsonl"


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


class TestFileAuditLog(AuditLogContract):
    rung = "file"

    @pytest.fixture
    def given(self, path):
        return lambda: FileAuditLog(path)

    @pytest.fixture
    def entries(self, path):
        def read(_log):
            lines = lines_of(path) if path.exists() else []
            return tuple(sorted(line["account"]["username"] for line in lines))

        return read


class TestLines:
    def test_a_line_is_what_is_promised(self, path):
        """One line of JSON, with its keys in the documented order."""
        FileAuditLog(path).append([a_record(at=NOON + timedelta(seconds=4))])

        assert (
            '{"at": "2026-11-22T12:00:04Z", "account": {"id": 41, "username": "ada"},'
            ' "because": ["Toolforge member"],'
            ' "identity": {"provider": "openid_connect", "extern_uid": "Ada Example",'
            ' "dn": "uid=ada,ou=people,dc=wikimedia,dc=org", "cn": "Ada Example", "uid": "ada"},'
            ' "evidence": [{"rule": "Toolforge member", "kind": "trust", "system": "directory",'
            ' "answer": "yes", "detail": "a member of it"}],'
            ' "run": "run-1", "policy": "sha256:0123", "glaab": "1.0.0"}\n'
        ) == path.read_text()

    def test_every_answer_has_its_word(self, path):
        answers = (Yes("a"), No("b", "advice"), Unknown("c"), NotAsked())
        evidence = tuple(Evidence("r", Kind.VETO, GERRIT, answer) for answer in answers)

        FileAuditLog(path).append([a_record(evidence=evidence)])

        [line] = lines_of(path)
        assert [
            ("yes", "a"),
            ("no", "b"),
            ("unknown", "c"),
            ("not-asked", "not needed for the verdict"),
        ] == [(one["answer"], one["detail"]) for one in line["evidence"]]

    def test_nobody_proven_is_null(self, path):
        FileAuditLog(path).append([a_record(proof=None)])

        assert None is lines_of(path)[0]["identity"]

    @pytest.mark.parametrize(
        ("changes", "note"),
        [
            ({"remark": "by a later run"}, "by a later run"),
            (
                {"found": AccountState.BLOCKED},
                "may have been approved, found blocked later",
            ),
            (
                {"found": AccountState.PENDING, "remark": "by a later run"},
                "may have been approved, found blocked_pending_approval later; by a later run",
            ),
        ],
    )
    def test_what_is_out_of_the_ordinary_is_noted(self, path, changes, note):
        FileAuditLog(path).append([a_record(**changes)])

        assert note == lines_of(path)[0]["note"]

    def test_lines_are_ascii(self, path):
        """Neither a terminal nor a program that knows more line breaks can be misled."""
        FileAuditLog(path).append([a_record(username=Username("é\n\u2028\u202e\x1b\ud800"))])

        assert path.read_bytes().isascii()
        assert 1 == len(path.read_text().splitlines())


class TestFiles:
    def test_building_it_opens_nothing(self, path):
        FileAuditLog(path)

        assert not path.exists()

    def test_logging_nothing_opens_nothing(self, path):
        FileAuditLog(path).append([])

        assert not path.exists()

    def test_a_torn_line_is_ended_and_left(self, path):
        """A crash in the middle of a line costs neither that approval nor the next."""
        path.write_bytes(b'{"account": {"id": 1, "user')

        FileAuditLog(path).append([ADA])

        torn, line = path.read_bytes().splitlines()
        assert b'{"account": {"id": 1, "user' == torn
        assert 1 == json.loads(line)["account"]["id"]

    def test_a_line_that_only_lacks_its_end_counts(self, path):
        FileAuditLog(path).append([ADA])
        path.write_bytes(path.read_bytes().rstrip(b"\n"))

        FileAuditLog(path).append([ADA, BOB])

        assert [1, 2] == [line["account"]["id"] for line in lines_of(path)]

    @pytest.mark.parametrize(
        "line",
        [
            b"no JSON",
            b"\xff\xfe",
            b"",
            b"[1]",
            b"5",
            b"{}",
            b'{"account": 1}',
            b'{"account": {"id": "1"}}',
            b"[" * 100_000,
        ],
    )
    def test_lines_that_are_not_ours_are_left(self, path, line):
        path.write_bytes(line + b"\n")

        FileAuditLog(path).append([ADA])

        assert path.read_bytes().startswith(line + b'\n{"at"')

    def test_what_is_there_already_leaves_the_file_alone(self, path):
        FileAuditLog(path).append([ADA])
        path.write_bytes(path.read_bytes().rstrip(b"\n"))
        before = path.read_bytes()

        FileAuditLog(path).append([ADA])

        assert before == path.read_bytes()

    def test_the_first_of_two_records_of_an_account_counts(self, path):
        FileAuditLog(path).append([ADA, BOB, a_record_of(1, "later")])

        assert ["ada", "bob"] == [line["account"]["username"] for line in lines_of(path)]

    def test_the_file_and_then_its_new_folder_entry_are_synced(self, path):
        synced = []
        log = FileAuditLog(path, synced.append)

        log.append([ADA])
        log.append([BOB])

        assert 3 == len(synced)

    def test_a_folder_that_may_be_written_to_and_not_read_is_not_synced(self, path, monkeypatch):
        """The line is there all the same, and on the disk."""
        opened, synced = os.open, []

        def opens_files(name, *flags):  # a double: root may read every folder
            if Path(name) == path.parent:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return opened(name, *flags)

        monkeypatch.setattr(os, "open", opens_files)

        FileAuditLog(path, synced.append).append([ADA])

        assert [1] == [line["account"]["id"] for line in lines_of(path)]
        assert 1 == len(synced)


class TestTrouble:
    def test_a_missing_folder_is_told(self, tmp_path):
        log = FileAuditLog(tmp_path / "missing" / "audit.jsonl")

        with pytest.raises(SystemUnavailable, match=r"audit\.jsonl: No such file or directory"):
            log.append([ADA])

    def test_a_folder_is_not_a_file(self, tmp_path):
        with pytest.raises(SystemUnavailable, match="Is a directory"):
            FileAuditLog(tmp_path).append([ADA])

    @pytest.mark.parametrize("before", [b"", b"torn"])
    def test_what_could_not_be_synced_is_taken_back(self, path, before):
        """Either all of it is on the disk, or the file is as it was."""
        path.write_bytes(before)

        def failing(_file):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        with pytest.raises(SystemUnavailable, match=r"audit\.jsonl: Input/output error"):
            FileAuditLog(path, failing).append([ADA])

        assert before == path.read_bytes()

    def test_a_new_file_whose_folder_could_not_be_synced_is_empty(self, path):
        def failing_for_folders(file):
            if stat.S_ISDIR(os.fstat(file).st_mode):
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        with pytest.raises(SystemUnavailable, match="Input/output error"):
            FileAuditLog(path, failing_for_folders).append([ADA])

        assert b"" == path.read_bytes()

    def test_a_new_file_is_never_writable_for_others(self, path):
        """Whatever the umask: it is a record of who was let in."""
        before = os.umask(0)
        try:
            FileAuditLog(path).append([ADA])
        finally:
            os.umask(before)

        assert 0o644 == path.stat().st_mode & 0o777

    @pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
    def test_a_folder_that_knows_no_sync_keeps_nobody_out(self, path, number):
        """As on some network file systems."""

        def failing_for_folders(file):
            if stat.S_ISDIR(os.fstat(file).st_mode):
                raise OSError(number, os.strerror(number))

        FileAuditLog(path, failing_for_folders).append([ADA])

        assert [1] == [line["account"]["id"] for line in lines_of(path)]

    @pytest.mark.parametrize("room", [0, 50])
    def test_a_full_disk_takes_back_what_fitted(self, path, room):
        """A limit on the size of files cuts a write off as a full disk does."""
        FileAuditLog(path).append([ADA])
        before = path.read_bytes()

        with (
            files_of_at_most(len(before) + room),
            pytest.raises(SystemUnavailable, match=r"No space left|File too large"),
        ):
            FileAuditLog(path).append([BOB])

        assert before == path.read_bytes()


class TestLocked:
    def test_a_lock_that_is_never_released_is_told_when_patience_is_over(self, path):
        """Nothing is written; it is by the next try after the lock is gone."""
        timeouts = TimeoutPolicy(timeout_s=0.1)
        log = FileAuditLog(path, timeouts=timeouts)

        with (
            kept_locked(path),
            Shutdown(timeouts, math.inf),
            pytest.raises(
                SystemUnavailable, match=r"audit\.jsonl: another process keeps it locked"
            ),
        ):
            log.append([ADA])

        assert b"" == path.read_bytes()
        log.append([ADA])
        assert [1] == [line["account"]["id"] for line in lines_of(path)]

    def test_a_file_that_was_given_up_is_closed(self, path):
        """However often it is tried, no file stays open."""
        timeouts = TimeoutPolicy(timeout_s=0.1)
        log = FileAuditLog(path, timeouts=timeouts)

        with kept_locked(path), Shutdown(timeouts, math.inf):
            before = open_files()
            with pytest.raises(SystemUnavailable):
                log.append([ADA])

            assert before == open_files()


def open_files() -> set[str]:
    """The numbers of those of this process."""
    return {each.name for each in Path("/proc/self/fd").iterdir()}


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _append_many(path: Path, first: int) -> None:
    log = FileAuditLog(path, lambda _file: None)
    for number in range(40):
        shared = a_record(account_id=AccountId(number))
        own = a_record(account_id=AccountId(first + number))
        log.append([shared, own])


def test_two_processes_append_at_once(path):
    """The file is locked: every line is whole, and nobody is logged twice."""
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_append_many, args=(path, n * 1000)) for n in (1, 2, 3)]

    for process in processes:
        process.start()
    for process in processes:
        process.join()

    ids = [line["account"]["id"] for line in lines_of(path)]
    own = [n * 1000 + number for n in (1, 2, 3) for number in range(40)]
    assert sorted([*range(40), *own]) == sorted(ids)
    assert [0, 0, 0] == [process.exitcode for process in processes]


def test_a_pipe_that_took_its_place_is_not_read(path):
    """That would last for ever, and no signal would end it."""
    os.mkfifo(path)

    with pytest.raises(SystemUnavailable, match="it is no ordinary file any more"):
        FileAuditLog(path).append([ADA])
