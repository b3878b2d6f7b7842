"""Phabricator in memory, and its tables of the world file."""

from collections.abc import Collection, Mapping

import attrs

from glaab.adapters.toml_file import UNIQUE
from glaab.domain.errors import SettingsInvalid
from glaab.domain.evidence import Unknown
from glaab.domain.names import Cn
from glaab.domain.sources.phabricator import Phabricator, PhabricatorAccount, Phid


@attrs.define
class InMemoryPhabricator(Phabricator):
    """Linked accounts and projects."""

    _linked: Mapping[Cn, tuple[PhabricatorAccount, ...]]
    _projects: Mapping[str, frozenset[Phid]]

    def accounts(self, names: Collection[Cn]) -> Mapping[Cn, tuple[PhabricatorAccount, ...]]:
        last_names = {  # an account that several names are linked to is under the last of them
            account.phid: (name, account)
            for name in sorted(names)
            for account in self._linked.get(name, ())
        }
        accounts: dict[Cn, tuple[PhabricatorAccount, ...]] = {}
        for name, account in sorted(last_names.values(), key=lambda each: each[1].username):
            accounts[name] = (*accounts.get(name, ()), account)
        return accounts

    def members(self, project: str) -> frozenset[Phid] | Unknown:
        members = self._projects.get(project)
        return members or Unknown(f"project #{project} is missing, not visible or empty")


@attrs.frozen
class _Account:
    username: str = attrs.field(metadata=UNIQUE)
    linked_to: Cn
    activated: bool = True
    disabled: bool = False
    bot: bool = False

    def to_account(self) -> PhabricatorAccount:
        return PhabricatorAccount(
            phid=_phid(self.username),
            username=self.username,
            is_person=not self.bot,
            is_activated=self.activated and not self.disabled,
            is_disabled=self.disabled,
        )


@attrs.frozen
class _Project:
    slug: str = attrs.field(metadata=UNIQUE)
    members: tuple[str, ...]


@attrs.frozen
class PhabricatorWorld:
    """Phabricator's keys of a world file."""

    phabricator_account: tuple[_Account, ...] = ()
    phabricator_project: tuple[_Project, ...] = ()


def in_memory(world: PhabricatorWorld) -> InMemoryPhabricator:
    """The Phabricator of a world; SettingsInvalid if a project has members without account."""
    usernames = {each.username for each in world.phabricator_account}
    if problems := [
        f'phabricator_project {project.slug}: no phabricator_account is called "{member}"'
        for project in world.phabricator_project
        for member in project.members
        if member not in usernames
    ]:
        raise SettingsInvalid(tuple(problems))
    linked: dict[Cn, tuple[PhabricatorAccount, ...]] = {}
    for each in world.phabricator_account:
        linked[each.linked_to] = (*linked.get(each.linked_to, ()), each.to_account())
    projects = {
        each.slug: frozenset(map(_phid, each.members)) for each in world.phabricator_project
    }
    return InMemoryPhabricator(linked, projects)


def _phid(username: str) -> Phid:
    return Phid(f"PHID-USER-{username}")
