"""A file is replaced whole or not at all, and what cannot be written is known beforehand."""

import errno
import os
from pathlib import Path

import pytest

from glaab.entrypoints.runtime.atomic_write import append_problem, atomic_write, replace_problem

PROBES = pytest.mark.parametrize("problem", [append_problem, replace_problem])


@pytest.fixture(autouse=True)
def folder(elsewhere):
    """The current folder, with the file `old`."""
    (elsewhere / "old").write_text("old")
    return elsewhere


def names(folder):
    return {each.name for each in folder.iterdir()}


# -- writing


@pytest.mark.parametrize("name", ["new", "old"])
def test_the_file_has_the_text_and_nothing_else_is_left(folder, name):
    atomic_write(Path(name), "text\n\u00e9")

    assert "text\n\u00e9" == Path(name).read_text(encoding="utf-8")
    assert {"old", name} == names(folder)


def test_the_file_a_link_leads_to_is_replaced(folder):
    Path("link").symlink_to(folder / "old")

    atomic_write(Path("link"), "text")

    assert Path("link").is_symlink()
    assert "text" == Path("old").read_text()


def test_a_link_that_leads_round_in_a_circle_is_replaced(folder):
    Path("link").symlink_to(folder / "link")

    atomic_write(Path("link"), "text")

    assert not Path("link").is_symlink()
    assert "text" == Path("link").read_text()


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_who_may_read_a_new_file_is_up_to_the_umask(umask, mode):
    before = os.umask(umask)
    try:
        atomic_write(Path("new"), "text")
    finally:
        os.umask(before)

    assert mode == Path("new").stat().st_mode & 0o777


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o444])
def test_whoever_may_read_the_old_file_may_read_the_new_and_nobody_else(mode):
    """Whatever the umask: there are people's names in it."""
    Path("old").chmod(mode)

    atomic_write(Path("old"), "text")

    assert mode == Path("old").stat().st_mode & 0o777
    assert "text" == Path("old").read_text()


def test_what_was_there_stays_if_the_new_cannot_be_written(folder):
    with pytest.raises(UnicodeEncodeError):
        atomic_write(Path("old"), "\ud800")

    assert "old" == Path("old").read_text()
    assert {"old"} == names(folder)


@pytest.mark.parametrize("path", ["/dev/null", "."])
def test_a_device_or_a_folder_is_not_replaced(folder, path):
    with pytest.raises(OSError, match="it is no ordinary file"):
        atomic_write(Path(path), "text")

    assert not Path(path).is_file()
    assert {"old"} == names(folder)


# -- finding out


@PROBES
@pytest.mark.parametrize("name", ["new", "old", "dangling"])
def test_a_file_that_can_be_written_is_neither_made_nor_touched(folder, problem, name):
    Path("dangling").symlink_to("nothing")

    assert problem(Path(name)) is None
    assert {"old", "dangling"} == names(folder)
    assert "old" == Path("old").read_text()


@PROBES
@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("missing/file", "No such file or directory"),
        ("old/file", "Not a directory"),
        ("n" * 300, "File name too long"),
        ("/dev/null", "it is no ordinary file"),
        ("/", "it is no ordinary file"),
    ],
)
def test_a_file_that_cannot_be_written_is_a_problem(problem, path, why):
    """A device or folder is not replaced, and entries in it could not be looked for."""
    assert f"{path} cannot be written: {why}" == problem(Path(path))


@PROBES
@pytest.mark.parametrize("name", ["there", "new"])
def test_a_file_in_a_closed_folder_is_a_problem(closed, problem, name):
    path = closed / name

    assert f"{path} cannot be written: Permission denied" == problem(path)


@pytest.mark.parametrize("refused", [os.R_OK, os.W_OK])
def test_a_file_is_appended_to_only_if_it_may_be_read_and_written(monkeypatch, refused):
    """Entries that are there already must be found; to be replaced it needs neither."""

    def access(path, mode):  # a double: root may do everything whatever the mode is
        return not (Path(path).name == "old" and mode & refused)

    monkeypatch.setattr(os, "access", access)

    assert f"old cannot be written: {os.strerror(errno.EACCES)}" == append_problem(Path("old"))
    assert replace_problem(Path("old")) is None


def test_a_link_that_leads_round_in_a_circle_can_be_replaced_and_not_appended_to(folder):
    Path("link").symlink_to(folder / "link")

    assert replace_problem(Path("link")) is None
    assert f"link cannot be written: {os.strerror(errno.ELOOP)}" == append_problem(Path("link"))
