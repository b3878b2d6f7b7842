"""
A real Keycloak on a loopback port, and who administers it.

It is release 26.7.3 as Maven has it, run by its own `kc.sh` in the mode for development with a
database in files (`keycloak_process.py`); `make keycloak` prepares it in `build/keycloak`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import requests

from tests.contract.keycloak.simulator import KeycloakSimulator
from tests.contract.services.keycloak_process import ADMIN, KeycloakProcess, copy_of_prepared
from tests.contract.services.keycloak_realm import KeycloakRealm, representation

_TOKEN_LASTS_S = 45
"""An administrator's lasts 60 seconds."""


@attrs.define
class KeycloakAdmin:
    """The administrator of all realms; paths are those below `/admin/realms`."""

    url: str
    _token: str = ""
    _got_at: float = float("-inf")

    def get(self, path: str, **parameters: str) -> object:
        return self._send("GET", path, params=parameters).json()

    def post(self, path: str, body: object) -> str:
        """Make something; gives its id, or nothing if it has none."""
        response = self._send("POST", path, json=body)
        return response.headers.get("Location", "").rpartition("/")[2]

    def put(self, path: str, body: object = None) -> None:
        self._send("PUT", path, json=body)

    def delete(self, path: str, body: object = None) -> None:
        self._send("DELETE", path, json=body)

    def has(self, path: str) -> bool:
        return self._answer("GET", path).status_code != requests.codes.not_found

    def renew(self) -> None:
        """Take a new token: an old one does not reach a realm that is younger."""
        username, password = ADMIN
        answer = requests.post(
            f"{self.url}/realms/master/protocol/openid-connect/token",
            data={
                "grant_type": "password",
                "client_id": "admin-cli",
                "username": username,
                "password": password,
            },
            timeout=60,
        )
        answer.raise_for_status()
        self._token, self._got_at = answer.json()["access_token"], time.monotonic()

    def _send(self, method: str, path: str, **options: object) -> requests.Response:
        response = self._answer(method, path, **options)
        if not response.ok:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        return response

    def _answer(self, method: str, path: str, **options: object) -> requests.Response:
        if time.monotonic() - self._got_at > _TOKEN_LASTS_S:
            self.renew()
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"{self.url}/admin/realms{path}"
        return requests.request(method, url, headers=headers, timeout=120, **options)


@attrs.define(kw_only=True)
class KeycloakService:
    """A Keycloak of one's own; `url` is its root."""

    process: KeycloakProcess
    admin: KeycloakAdmin

    @property
    def url(self) -> str:
        return self.process.url

    def hold(self, world: KeycloakSimulator, **more: object) -> KeycloakRealm:
        """
        Have the realm of this world, with *more* in its representation.

        An earlier realm of its name is gone. Ids of users are those of the world, and may be in
        one realm alone.
        """
        if self.admin.has(f"/{world.realm}"):
            self.admin.delete(f"/{world.realm}")
        self.admin.post("", representation(world, more))
        self.admin.renew()
        realm = KeycloakRealm(self.admin, world.realm)
        realm.add_members_of_groups_with_slashes(world)
        return realm


@contextmanager
def keycloak(*options: str) -> Iterator[KeycloakService]:
    """A Keycloak with no realm but its own, until the block ends; `--hostname=…` is an option."""
    with TemporaryDirectory(prefix="glaab-keycloak-") as name:
        home = Path(name)
        copy_of_prepared(home)
        process = KeycloakProcess(home=home, options=options)
        try:
            process.start()
            yield KeycloakService(process=process, admin=KeycloakAdmin(process.url))
        finally:
            process.stop()
