"""Whether a file can be appended to, locked and synced is found out without leaving a trace."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from glaab.domain.diagnostics import ok, problem, warning
from glaab.entrypoints.diagnostics.settings_checks import check_audit_file
from glaab.entrypoints.runtime.append_probe import AppendProbe, open_removed, open_unnamed
from tests.locks import kept_locked
from tests.unit.commands.small_world import EXAMPLE

REMEDY = "name a file on a file system that locks and syncs, such as a local disk"
AUDIT = Path("audit.jsonl")


@pytest.fixture(autouse=True)
def folder(elsewhere):
    Path("link").symlink_to(AUDIT)
    return elsewhere


def failing(number):
    """A lock, a sync or a way to open that fails so, as some file systems do."""

    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail


def contents(folder):
    """What is in each file of it; None of a link that leads nowhere."""
    return {each.name: each.read_bytes() if each.exists() else None for each in folder.iterdir()}


@pytest.mark.parametrize("open_new", [open_unnamed, open_removed])
@pytest.mark.parametrize("content", [None, b"", b'{"torn'])
@pytest.mark.parametrize("path", [AUDIT, Path("link")])
def test_a_file_on_a_local_disk_is_well_and_stays_as_it_is(folder, open_new, content, path):
    if content is not None:
        AUDIT.write_bytes(content)
    before = contents(folder)
    probe = AppendProbe(open_new=open_new)

    assert probe.problem(path) is None
    assert probe.is_certain(path)
    assert before == contents(folder)


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_that_cannot_be_locked_is_a_problem(is_there, number):
    if is_there:
        AUDIT.touch()

    found = AppendProbe(lock=failing(number)).problem(AUDIT)

    assert f"audit.jsonl cannot be locked: {os.strerror(number)}; {REMEDY}" == found


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_a_file_that_cannot_be_synced_is_a_problem(is_there, number):
    if is_there:
        AUDIT.touch()

    found = AppendProbe(sync=failing(number)).problem(AUDIT)

    assert f"audit.jsonl cannot be synced: {os.strerror(number)}; {REMEDY}" == found


def test_a_file_that_another_process_has_locked_can_be_locked():
    """And is not waited for."""
    AUDIT.touch()

    with kept_locked(AUDIT):
        assert AppendProbe().problem(AUDIT) is None


def test_no_lock_is_left():
    AUDIT.touch()

    AppendProbe().problem(AUDIT)

    with AUDIT.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_folder_that_takes_no_files_is_a_problem():
    """As on a disk that became read-only: permissions do not tell."""
    found = AppendProbe(open_new=failing(errno.EROFS)).problem(AUDIT)

    assert "audit.jsonl cannot be written: Read-only file system" == found


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EISDIR])
def test_where_a_file_needs_a_name_nothing_is_known_before_it_is_there(folder, number):
    """NFS has no files without names."""
    probe = AppendProbe(open_new=failing(number), lock=failing(errno.ENOLCK))
    before = contents(folder)

    assert probe.problem(AUDIT) is None
    assert not probe.is_certain(AUDIT)
    assert before == contents(folder)


# -- standing in for a missing file


def test_a_file_that_stands_in_is_gone_when_it_is_closed(folder):
    before = contents(folder)

    os.close(open_removed(folder))

    assert before == contents(folder)


def test_a_file_that_needs_a_name_loses_it_at_once(folder):
    before = contents(folder)

    file = open_removed(folder, unnamed=failing(errno.EOPNOTSUPP))
    os.write(file, b"text")
    os.close(file)

    assert before == contents(folder)


def test_nothing_stands_in_where_no_file_can_be(folder):
    with pytest.raises(FileNotFoundError):
        open_removed(folder / "missing")


# -- what is said


def test_the_doctor_says_what_a_file_lacks():
    title, finding = check_audit_file(AUDIT, AppendProbe(lock=failing(errno.ENOLCK)))

    assert "GLAAB_AUDIT_FILE" == title
    assert problem("audit.jsonl cannot be locked: No locks available", REMEDY) == finding


def test_the_doctor_says_what_cannot_be_known():
    _, finding = check_audit_file(AUDIT, AppendProbe(open_new=failing(errno.EOPNOTSUPP)))

    said = "audit.jsonl can be written; whether it can be locked and synced is not known before"
    assert warning(f"{said} it is there", "make it (touch audit.jsonl), and ask again") == finding


def test_the_doctor_says_that_all_is_well():
    _, finding = check_audit_file(AUDIT, AppendProbe())

    assert ok("audit.jsonl can be written, locked and synced") == finding


def test_a_run_does_not_begin_with_a_file_that_cannot_be_synced():
    """As a process, on Linux's own file system /proc, which locks and does not sync."""
    done = subprocess.run(
        [sys.executable, "-m", "glaab", "--world", EXAMPLE, "approve"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"GLAAB_AUDIT_FILE": "/proc/self/comm"},
    )

    why = f"/proc/self/comm cannot be synced: Invalid argument; {REMEDY}"
    assert f"glaab: GLAAB_AUDIT_FILE: {why}" in done.stderr.splitlines()
    assert (2, "") == (done.returncode, done.stdout)
