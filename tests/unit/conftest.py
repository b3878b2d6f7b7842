"""Unit tests touch no network, and know nothing of the machine that they run on."""

import errno
import logging
import os
import re
from pathlib import Path

import pytest
import structlog
from pytest_socket import disable_socket, enable_socket

from tests.unit.doubles import Terminal

_HEEDED = re.compile(
    "(GLAAB|GITLAB|LDAP|PHABRICATOR|GERRIT|MEDIAWIKI)_|NO_COLOR|FORCE_COLOR|TTY_|COLORTERM"
)


@pytest.fixture(autouse=True)
def no_network():
    """Forbid sockets, loopback included."""
    disable_socket()
    yield
    enable_socket()


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty current folder, and an environment without settings."""
    for name in filter(_HEEDED.match, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def closed(tmp_path, monkeypatch) -> Path:
    """
    A folder with the file `there`, in which nobody may look at or open anything.

    The mode of a folder keeps root out of nothing, so the system calls are doubled.
    """
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "there").touch()
    access = os.access

    def absolute(path):
        return Path(os.fsdecode(path)).absolute()

    def is_kept_out(path):
        return not isinstance(path, int) and folder in absolute(path).parents

    def keeping_out(call):
        def kept_out(path, *arguments, **options):
            if is_kept_out(path):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return call(path, *arguments, **options)

        return kept_out

    def may(path, mode, **options):
        is_closed = folder == absolute(path) or is_kept_out(path)
        return not is_closed and access(path, mode, **options)

    monkeypatch.setattr(os, "stat", keeping_out(os.stat))
    monkeypatch.setattr(os, "lstat", keeping_out(os.lstat))
    monkeypatch.setattr(os, "open", keeping_out(os.open))
    monkeypatch.setattr(os, "access", may)
    return folder


@pytest.fixture
def terminal(elsewhere, monkeypatch):
    """A terminal of 60 columns that can show colours."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    return Terminal()


@pytest.fixture(autouse=True)
def logging_as_before():
    """A run configures logging for the whole process: put it back."""
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
