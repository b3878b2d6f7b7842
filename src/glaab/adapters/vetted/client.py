"""The lists that a policy names, as they were when it was read."""

from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import date, datetime

import attrs

from glaab.adapters.vetted.list_file import ListFiles
from glaab.domain.accounts import Identity
from glaab.domain.names import NameKey
from glaab.domain.sources.vetted import VettedLists, VettedPerson


@attrs.frozen(kw_only=True)
class FileLists(VettedLists):
    """Looks people up by hash, so that long lists cost no more than short ones."""

    _lists: ListFiles
    _name_key: NameKey
    _now: Callable[[], datetime]
    """Aware, UTC."""
    _entries: Mapping[str, Mapping[Hashable, VettedPerson]] = attrs.field(init=False)

    @_entries.default
    def _by_key(self) -> Mapping[str, Mapping[Hashable, VettedPerson]]:
        return {
            name: {self._key(each.identity): each for each in people}
            for name, people in self._lists.files.items()
        }

    def entries(
        self, name: str, identities: Collection[Identity]
    ) -> Mapping[Identity, VettedPerson]:
        people = self._entries[name]
        keys = {identity: self._key(identity) for identity in identities}
        return {identity: people[key] for identity, key in keys.items() if key in people}

    def size(self, name: str) -> int:
        today = self.today()
        return sum(not each.has_run_out(today) for each in self._entries[name].values())

    def today(self) -> date:
        return self._now().date()

    def _key(self, identity: Identity) -> Hashable:
        return identity.provider, self._name_key(identity.extern_uid)
