"""Keycloak in memory, and its tables of the world file."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import attrs

from glaab.adapters.toml_file import UNIQUE
from glaab.domain.errors import SettingsInvalid
from glaab.domain.evidence import Unknown
from glaab.domain.names import NameKind
from glaab.domain.sources.keycloak import (
    KEYCLOAK_ID,
    InKeycloakGroup,
    Keycloak,
    KeycloakId,
    KeycloakUser,
    Members,
    Users,
)


@attrs.frozen(kw_only=True)
class KeycloakGroup:
    """A group and who is directly in it."""

    id: str
    path: str
    members: frozenset[KeycloakId]


class InMemoryKeycloak(Keycloak):
    """Users and groups."""

    def __init__(self, users: Iterable[KeycloakUser], groups: Iterable[KeycloakGroup]) -> None:
        self._users = {user.id: user for user in users}
        self._groups = tuple(groups)

    def users(self, names: Collection[str], kind: NameKind) -> Mapping[str, Users]:
        found = {
            name: tuple(
                user
                for user in self._users.values()
                if (user.id == name if kind == KEYCLOAK_ID else user.username == name.lower())
            )
            for name in names
        }
        return {name: users for name, users in found.items() if users}

    def members(self, group: str) -> Members:
        top = next((each.path for each in self._groups if each.id == group), group)
        members = {
            member: self._users[member]
            for each in self._groups
            if each.path == top or each.path.startswith(f"{top}/")
            for member in each.members
        }
        return members or Unknown(f"group {group} is missing, not visible or empty")


@attrs.frozen
class _User:
    id: str = attrs.field(metadata=UNIQUE)
    username: str = attrs.field(metadata=UNIQUE)
    enabled: bool = True


@attrs.frozen
class _Group:
    path: str = attrs.field(metadata=UNIQUE)
    members: tuple[str, ...]
    """Their usernames."""
    id: str = ""


@attrs.frozen
class KeycloakWorld:
    """Keycloak's keys of a world file."""

    keycloak_user: tuple[_User, ...] = ()
    keycloak_group: tuple[_Group, ...] = ()

    def problems(self) -> Iterator[str]:
        """Paths that can be none, and members who are no users."""
        names = {each.username for each in self.keycloak_user}
        for group in self.keycloak_group:
            try:
                InKeycloakGroup(group.path)
            except ValueError as error:
                yield f'keycloak_group "{group.path}": {error}'
            if not group.path.startswith("/"):
                yield f'keycloak_group "{group.path}": a path begins with a slash'
            for member in group.members:
                if member not in names:
                    yield f'keycloak_group "{group.path}": no keycloak_user is called "{member}"'


def in_memory(world: KeycloakWorld) -> InMemoryKeycloak:
    """The Keycloak of a world."""
    if problems := tuple(world.problems()):
        raise SettingsInvalid(problems)
    ids = {each.username: KeycloakId(each.id) for each in world.keycloak_user}
    users = (
        KeycloakUser(id=ids[each.username], username=each.username.lower(), is_enabled=each.enabled)
        for each in world.keycloak_user
    )
    groups = (
        KeycloakGroup(
            id=each.id, path=each.path, members=frozenset(ids[name] for name in each.members)
        )
        for each in world.keycloak_group
    )
    return InMemoryKeycloak(users, groups)
