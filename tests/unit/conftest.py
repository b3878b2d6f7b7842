"""Unit tests touch no network: a socket that is opened fails the test."""

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def no_network():
    """Forbid sockets, loopback included."""
    disable_socket()
    yield
    enable_socket()
