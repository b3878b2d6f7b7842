"""What every system holds, as plain values: to fill adapters in memory and simulators alike."""

from collections.abc import Mapping
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import attrs

from glaab.adapters import world_file
from glaab.adapters.gerrit.memory import InMemoryGerrit
from glaab.adapters.keycloak.memory import InMemoryKeycloak, KeycloakGroup
from glaab.adapters.ldap.memory import InMemoryDirectory
from glaab.adapters.phabricator.memory import InMemoryPhabricator
from glaab.domain.accounts import Account, AccountId
from glaab.domain.names import Cn, Dn, Uid
from glaab.domain.ports import ApprovalRecord
from glaab.domain.sources.directory import Person
from glaab.domain.sources.gerrit import GerritAccount
from glaab.domain.sources.keycloak import KeycloakUser
from glaab.domain.sources.phabricator import PhabricatorAccount, Phid
from glaab.entrypoints.runtime.registry import INTEGRATIONS


@attrs.frozen(kw_only=True)
class World:
    accounts: tuple[Account, ...] = ()
    notes: Mapping[AccountId, ApprovalRecord] = attrs.field(factory=dict)
    people: tuple[Person, ...] = ()
    directory_groups: Mapping[str, frozenset[Dn]] = attrs.field(factory=dict)
    locked: frozenset[Dn] = frozenset()
    lock_hidden: frozenset[Dn] = frozenset()
    linked: Mapping[Cn, tuple[PhabricatorAccount, ...]] = attrs.field(factory=dict)
    projects: Mapping[str, frozenset[Phid]] = attrs.field(factory=dict)
    gerrit_accounts: tuple[GerritAccount, ...] = ()
    gerrit_groups: Mapping[str, frozenset[Uid]] = attrs.field(factory=dict)
    keycloak_users: tuple[KeycloakUser, ...] = ()
    keycloak_groups: tuple[KeycloakGroup, ...] = ()

    @property
    def directory(self) -> InMemoryDirectory:
        return InMemoryDirectory(self.people, self.directory_groups, self.locked, self.lock_hidden)

    @property
    def in_memory(self) -> world_file.World:
        """The same as a world file is read into."""
        return world_file.World(
            accounts=self.accounts,
            notes=self.notes,
            ports={
                "directory": self.directory,
                "phabricator": InMemoryPhabricator(self.linked, self.projects),
                "gerrit": InMemoryGerrit(self.gerrit_accounts, self.gerrit_groups),
                "keycloak": InMemoryKeycloak(self.keycloak_users, self.keycloak_groups),
            },
        )


def read_world(path: Path) -> World:
    """The world in a file; what the adapters in memory were filled with is taken out again."""
    world = world_file.read_world(path, INTEGRATIONS)
    directory, phabricator, gerrit, keycloak = (
        world.ports[name] for name in ("directory", "phabricator", "gerrit", "keycloak")
    )
    return World(
        accounts=world.accounts,
        notes=world.notes,
        people=tuple(directory._people),
        directory_groups=directory._groups,
        locked=directory._locked,
        lock_hidden=directory._hidden,
        linked=phabricator._linked,
        projects=phabricator._projects,
        gerrit_accounts=tuple(gerrit._accounts.values()),
        gerrit_groups=gerrit._groups,
        keycloak_users=tuple(keycloak._users.values()),
        keycloak_groups=tuple(map(_with_id, keycloak._groups)),
    )


def _with_id(group: KeycloakGroup) -> KeycloakGroup:
    """A world file may leave it out; a Keycloak has one for each."""
    return attrs.evolve(group, id=group.id or str(uuid5(NAMESPACE_URL, group.path)))
