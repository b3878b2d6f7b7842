"""Unit tests touch no network, and know nothing of the machine that they run on."""

import logging
import os
import re

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
