"""A realm of a real Keycloak: the world of a simulator as one import, and what changes later."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

import attrs

from tests.contract.keycloak.simulator import (
    KeycloakSimulator,
    SimulatedClient,
    SimulatedGroup,
    SimulatedUser,
)
from tests.contract.keycloak.simulator_state import brief_user

Representation = dict[str, Any]


class Admin(Protocol):
    """Who may change everything; paths are those below `/admin/realms`."""

    def get(self, path: str, **parameters: str) -> Any: ...

    def post(self, path: str, body: object) -> str: ...

    def put(self, path: str, body: object = None) -> None: ...

    def delete(self, path: str, body: object = None) -> None: ...


@attrs.frozen
class KeycloakRealm:
    """What an administrator does in a realm."""

    admin: Admin
    name: str

    def create_user(self, username: str, **more: object) -> str:
        """Gives the id, which Keycloak chooses."""
        made = {"username": username, "enabled": True, **more}
        return self.admin.post(f"/{self.name}/users", made)

    def change_user(self, user_id: str, **changes: object) -> None:
        """`username="…"` renames, `enabled=False` disables."""
        self._change(f"/{self.name}/users/{quote(user_id, safe='')}", changes)

    def delete_user(self, user_id: str) -> None:
        self.admin.delete(f"/{self.name}/users/{quote(user_id, safe='')}")

    def create_group(self, name: str, parent_id: str | None = None) -> str:
        """Gives the id, which Keycloak chooses."""
        below = f"/{parent_id}/children" if parent_id else ""
        return self.admin.post(f"/{self.name}/groups{below}", {"name": name})

    def delete_group(self, group_id: str) -> None:
        """And all below it."""
        self.admin.delete(f"/{self.name}/groups/{group_id}")

    def add_member(self, group_id: str, user_id: str) -> None:
        self.admin.put(self._membership(group_id, user_id))

    def remove_member(self, group_id: str, user_id: str) -> None:
        self.admin.delete(self._membership(group_id, user_id))

    def grant(self, client_id: str, role: str) -> None:
        """Give a role of `realm-management` to a client's service account."""
        self.admin.post(*self._role_mapping(client_id, role))

    def withdraw(self, client_id: str, role: str) -> None:
        self.admin.delete(*self._role_mapping(client_id, role))

    def change_client(self, client_id: str, **changes: object) -> None:
        """In the words of Keycloak: `enabled=False`, `secret="…"`, `serviceAccountsEnabled=…`."""
        self._change(f"/{self.name}/clients/{self._client(client_id)['id']}", changes)

    def shorten_tokens(self, client_id: str, lifetime_s: int) -> None:
        """Those that it gets from now on."""
        attributes = self._client(client_id)["attributes"]
        lifespan = {"access.token.lifespan": str(lifetime_s)}
        self.change_client(client_id, attributes=attributes | lifespan)

    def change(self, **changes: object) -> None:
        """The realm itself: `enabled=False`, `sslRequired="all"`."""
        self._change(f"/{self.name}", changes)

    def service_account(self, client_id: str) -> str:
        """The id of its user."""
        client = self._client(client_id)["id"]
        return self.admin.get(f"/{self.name}/clients/{client}/service-account-user")["id"]

    def add_members_of_groups_with_slashes(self, world: KeycloakSimulator) -> None:
        """For whom an import has no name."""
        for group in world.groups.values():
            if not _has_a_path(world, group):
                for member in group.members:
                    self.add_member(group.id, member)

    def _change(self, path: str, changes: Mapping[str, object]) -> None:
        """What a change does not name would be lost."""
        self.admin.put(path, self.admin.get(path) | dict(changes))

    def _membership(self, group_id: str, user_id: str) -> str:
        return f"/{self.name}/users/{quote(user_id, safe='')}/groups/{group_id}"

    def _role_mapping(self, client_id: str, role: str) -> tuple[str, list[Representation]]:
        management = self._client("realm-management")["id"]
        wanted = self.admin.get(f"/{self.name}/clients/{management}/roles/{role}")
        user = f"/{self.name}/users/{self.service_account(client_id)}"
        return f"{user}/role-mappings/clients/{management}", [wanted]

    def _client(self, client_id: str) -> Representation:
        (client,) = self.admin.get(f"/{self.name}/clients", clientId=client_id)
        return client


def representation(world: KeycloakSimulator, more: Mapping[str, object]) -> Representation:
    """What `POST /admin/realms` takes; all people have their ids, and groups theirs."""
    return {
        "realm": world.realm,
        "enabled": world.is_enabled,
        "accessTokenLifespan": world.token_lifetime,
        "bruteForceProtected": True,
        "editUsernameAllowed": True,  # without it not even an administrator renames anybody
        "groups": [_tree(world, group) for group in _below(world, None)],
        "clients": [_client(each) for each in world.clients.values()],
        "users": [*_people(world), *_service_accounts(world)],
        **more,
    }


def _below(world: KeycloakSimulator, parent_id: str | None) -> Iterator[SimulatedGroup]:
    return (group for group in world.groups.values() if group.parent_id == parent_id)


def _tree(world: KeycloakSimulator, group: SimulatedGroup) -> Representation:
    children = [_tree(world, child) for child in _below(world, group.id)]
    return {"id": group.id, "name": group.name, "subGroups": children}


def _client(client: SimulatedClient) -> Representation:
    assert not client.is_permitted, "permissions are made by hand"
    assert client.has_sub, "Keycloak 26.7.3 always says it"
    lightweight = str(client.is_lightweight).lower()
    return {
        "clientId": client.client_id,
        "secret": client.secret,
        "enabled": client.is_enabled,
        "serviceAccountsEnabled": client.has_service_account,
        "standardFlowEnabled": False,
        "publicClient": False,
        "fullScopeAllowed": client.has_full_scope,
        "attributes": {"client.use.lightweight.access.token.enabled": lightweight},
    }


def _people(world: KeycloakSimulator) -> Iterator[Representation]:
    accounts = {client.user_id for client in world.clients.values()}
    for user in world.users.values():
        if user.id not in accounts:
            yield _user(world, user)


def _service_accounts(world: KeycloakSimulator) -> Iterator[Representation]:
    for client in world.clients.values():
        if client.has_service_account:
            roles = {"realm-management": sorted(client.roles)}
            account = {"serviceAccountClientId": client.client_id, "clientRoles": roles}
            yield _user(world, world.users[client.user_id]) | account


def _user(world: KeycloakSimulator, user: SimulatedUser) -> Representation:
    shown = brief_user(user)
    del shown["createdTimestamp"]
    mine = (group for group in world.groups.values() if user.id in group.members)
    return shown | {"groups": [world.path_of(each) for each in mine if _has_a_path(world, each)]}


def _has_a_path(world: KeycloakSimulator, group: SimulatedGroup) -> bool:
    """True if an import may name it: neither its name nor one above has a slash."""
    return "/" not in group.name and (
        group.parent_id is None or _has_a_path(world, world.groups[group.parent_id])
    )
