"""Keycloak in memory keeps what the port promises, as the real one does."""

import pytest

from glaab.adapters.keycloak.memory import InMemoryKeycloak
from tests.contract.keycloak.contract import KeycloakContract


class TestInMemoryKeycloak(KeycloakContract):
    rung = "memory"

    @pytest.fixture
    def given(self):
        return InMemoryKeycloak
