"""Unit tests touch no network: a socket that is opened fails the test."""

import logging

import pytest
import structlog
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def no_network():
    """Forbid sockets, loopback included."""
    disable_socket()
    yield
    enable_socket()


@pytest.fixture(autouse=True)
def logging_as_before():
    """A run configures logging for the whole process: put it back."""
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
