"""Phabricator in memory, and its tables of the world file."""

from collections.abc import Collection, Iterator, Mapping

import attrs

from glaab.adapters.toml_file import UNIQUE
from glaab.domain.errors import SettingsInvalid
from glaab.domain.evidence import Unknown
from glaab.domain.names import Cn
from glaab.domain.sources.phabricator import Phabricator, PhabricatorAccount, Phid


class InMemoryPhabricator(Phabricator):
    """Linked accounts and projects."""

    def __init__(
        self,
        linked: Mapping[Cn, tuple[PhabricatorAccount, ...]],
        projects: Mapping[str, frozenset[Phid]],
    ) -> None:
        self._linked = linked
        self._projects = projects

    def accounts(self, names: Collection[Cn]) -> Mapping[Cn, tuple[PhabricatorAccount, ...]]:
        """See `Phabricator`."""
        shown = {  # an account that several names are linked to shows under the last of them
            account.phid: (name, account)
            for name in sorted(names)
            for account in self._linked.get(name, ())
        }
        found: dict[Cn, tuple[PhabricatorAccount, ...]] = {}
        for name, account in sorted(shown.values(), key=lambda each: each[1].username):
            found[name] = (*found.get(name, ()), account)
        return found

    def members(self, project: str) -> frozenset[Phid] | Unknown:
        """See `Phabricator`."""
        silent = Unknown(f"project #{project} is missing, not visible or empty")
        return self._projects.get(project) or silent


# -- the world file


@attrs.frozen
class _Account:
    username: str = attrs.field(metadata=UNIQUE)
    linked_to: str
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

    def problems(self) -> Iterator[str]:
        """Members that are no accounts."""
        accounts = {each.username for each in self.phabricator_account}
        for project in self.phabricator_project:
            for member in project.members:
                if member not in accounts:
                    yield (
                        f"phabricator_project {project.slug}: no phabricator_account is called"
                        f' "{member}"'
                    )


def in_memory(world: PhabricatorWorld) -> InMemoryPhabricator:
    """
    The Phabricator of a world.

    Raises:
        SettingsInvalid: with every problem.
    """
    if problems := tuple(world.problems()):
        raise SettingsInvalid(problems)
    linked: dict[Cn, tuple[PhabricatorAccount, ...]] = {}
    for each in world.phabricator_account:
        cn = Cn(each.linked_to)
        linked[cn] = (*linked.get(cn, ()), each.to_account())
    projects = {
        each.slug: frozenset(map(_phid, each.members)) for each in world.phabricator_project
    }
    return InMemoryPhabricator(linked, projects)


def _phid(username: str) -> Phid:
    return Phid(f"PHID-USER-{username}")
