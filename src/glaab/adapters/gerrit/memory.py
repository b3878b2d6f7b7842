"""Gerrit in memory, and its tables of the world file."""

from collections.abc import Collection, Iterable, Mapping

import attrs

from glaab.adapters.toml_file import UNIQUE
from glaab.domain.evidence import Unknown
from glaab.domain.names import Uid, fold
from glaab.domain.sources.gerrit import Gerrit, GerritAccount


class InMemoryGerrit(Gerrit):
    """Accounts and groups."""

    def __init__(
        self, accounts: Iterable[GerritAccount], groups: Mapping[str, frozenset[Uid]]
    ) -> None:
        inactive_last = sorted(accounts, key=lambda account: not account.is_active)
        self._accounts = {fold(account.username): account for account in inactive_last}
        self._groups = groups

    def members(self, group: str) -> frozenset[Uid] | Unknown:
        members = frozenset(Uid(fold(uid)) for uid in self._groups.get(group, ()))
        return members or Unknown(f"group {group} is missing, not visible or empty")

    def accounts(self, uids: Collection[Uid]) -> Mapping[Uid, GerritAccount]:
        return {uid: self._accounts[fold(uid)] for uid in uids if fold(uid) in self._accounts}


@attrs.frozen
class _Account:
    username: str = attrs.field(metadata=UNIQUE)
    active: bool = True


@attrs.frozen
class _Group:
    name: str = attrs.field(metadata=UNIQUE)
    members: tuple[str, ...]


@attrs.frozen
class GerritWorld:
    """Gerrit's keys of a world file."""

    gerrit_account: tuple[_Account, ...] = ()
    gerrit_group: tuple[_Group, ...] = ()


def in_memory(world: GerritWorld) -> InMemoryGerrit:
    """The Gerrit of a world."""
    accounts = (
        GerritAccount(username=each.username, is_active=each.active)
        for each in world.gerrit_account
    )
    groups = {each.name: frozenset(map(Uid, each.members)) for each in world.gerrit_group}
    return InMemoryGerrit(accounts, groups)
