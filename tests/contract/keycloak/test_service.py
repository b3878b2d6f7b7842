"""The contract against a real Keycloak."""

from collections.abc import Callable

import pytest

from tests.contract.keycloak.contract import KeycloakContract
from tests.contract.keycloak.simulator import KeycloakSimulator
from tests.contract.keycloak.test_client import a_keycloak
from tests.contract.services.keycloak import KeycloakService

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def hold(keycloak_server: KeycloakService) -> Callable[..., None]:
    """A function: users, groups -> the realm has them; to make one anew takes some seconds."""
    held: list[object] = []

    def hold(users: list, groups: list) -> None:
        if held != [users, groups]:
            keycloak_server.hold(KeycloakSimulator.of(users, groups))
            held[:] = [users, groups]

    return hold


class TestKeycloakService(KeycloakContract):
    rung = "service"

    @pytest.fixture
    def given(self, keycloak_server, hold):
        def given(users, groups):
            hold([*users], [*groups])
            return a_keycloak(keycloak_server.url)

        return given
