"""The users of a realm: by id in batches, by username, and alone where an answer has a gap."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping

import attrs
import requests

from glaab.adapters.batching import in_batches
from glaab.adapters.integration import quoted, segment
from glaab.adapters.keycloak.api import PAGE, KeycloakApi, NoUsableAnswer
from glaab.domain.errors import SystemUnavailable, Unreachable
from glaab.domain.evidence import Unknown
from glaab.domain.sources.keycloak import KEYCLOAK, KeycloakId, KeycloakUser, Users

_IDS_A_BATCH = 100
_CHARACTERS_A_BATCH = 6_000
"""Web servers and proxies refuse addresses of more than 8 KiB."""
_BATCHED = re.compile(r"[0-9A-Za-z:_-]{1,255}")
"""An id that can stand among several, which spaces separate."""
_PLACES = frozenset({"count", "profile"})
"""What stands below `users/` and is no user."""
_NAMES_ALONE = 100
"""Keycloak takes one username at a time: of more than these the list of users may cost less."""


@attrs.frozen(kw_only=True)
class User:
    """A user as the API shows one, also in lists."""

    id: str
    username: str
    enabled: bool

    def to_user(self) -> KeycloakUser:
        """What the domain knows of it."""
        return KeycloakUser(id=KeycloakId(self.id), username=self.username, is_enabled=self.enabled)


@attrs.frozen
class UserReader:
    """Finds users for a service account that may see all of them."""

    api: KeycloakApi

    def by_id(self, ids: Collection[str]) -> dict[str, Users]:
        """Who has which of these ids; see `Keycloak.users`."""
        batched = filter(_BATCHED.fullmatch, dict.fromkeys(ids))
        batches = in_batches(batched, _IDS_A_BATCH, _CHARACTERS_A_BATCH, _length)
        shown = [user for batch in [*batches] or [[]] for user in self._batch_or_nobody(batch)]
        by_id: dict[str, Users] = {key: (user,) for key, user in users_by_id(shown).items()}
        return self._completed(by_id, ids, self._with_id)

    def by_username(self, names: Collection[str]) -> dict[str, Users]:
        """Who has which of these usernames; see `Keycloak.users`."""
        self.api.require_rights()
        shown = self._among_all(names) if len(names) > _NAMES_ALONE else {}
        found = self._completed(shown, names, self._with_username)
        if len(found) < len({*names}):
            self._batch([])  # whoever is shown nobody must not believe that nobody is there
        return found

    def _completed(
        self, shown: Mapping[str, Users], names: Iterable[str], alone: Callable[[str], Users]
    ) -> dict[str, Users]:
        """*shown*, and whoever is missing there asked for *alone*; without those who are not."""
        found = {name: shown.get(name) or self._asked_for(name, alone) for name in names}
        return {name: users for name, users in found.items() if users != ()}

    def _asked_for(self, name: str, alone: Callable[[str], Users]) -> Users:
        """One odd name must not keep all others from being looked up."""
        try:
            return alone(name)
        except NoUsableAnswer as error:
            return Unknown(f'Keycloak gave no usable answer about "{name}": {error.reason}')

    def _batch_or_nobody(self, ids: list[str]) -> list[KeycloakUser]:
        """The users of a batch; nobody, if Keycloak refuses it for one of the ids."""
        try:
            return self._batch(ids)
        except NoUsableAnswer:
            self._batch([])  # raises if Keycloak is not well
            return []

    def _batch(self, ids: list[str]) -> list[KeycloakUser]:
        """
        The users with these ids, as far as Keycloak shows them.

        To an account without rights it shows nobody, with success: then its own user is missing.
        """
        own = self.api.require_rights().user_id
        search = quoted(f"id:{' '.join(dict.fromkeys([*ids, own]))}")
        rows = self.api.read(f"users?search={search}&briefRepresentation=true", tuple[User, ...])
        shown = {row.id for row in rows}
        if own not in shown:
            raise Unreachable(
                KEYCLOAK,
                f"it does not show the service account itself: {self.api.remedy} (Keycloak before"
                " 26.2 shows nobody of several)",
            )
        if not shown <= {*ids, own}:
            raise SystemUnavailable(KEYCLOAK, "it tells of users that nobody asked about")
        return [row.to_user() for row in rows]

    def _with_id(self, id_: str) -> Users:
        if id_ in _PLACES:
            return ()
        try:
            user = self.api.read(f"users/{segment(id_)}", User)
        except NoUsableAnswer as error:
            # a proxy's 404 says nothing of Keycloak's users
            if (error.status, error.message) == (requests.codes.not_found, "User not found"):
                return ()
            raise
        return (user.to_user(),) if user.id == id_ else Unknown(_OF_OTHERS.format(id_))

    def _with_username(self, name: str) -> Users:
        query = f"username={quoted(name)}&exact=true&briefRepresentation=true"
        rows = self.api.read(f"users?{query}", tuple[User, ...])
        if any(row.username.lower() != name.lower() for row in rows):
            return Unknown(_OF_OTHERS.format(name))
        return tuple(row.to_user() for row in rows)

    def _among_all(self, names: Collection[str]) -> dict[str, Users]:
        """Those of *names* that are in the list of users, if that costs less than each alone."""
        if self.api.read("users/count", int) // PAGE >= len(names):
            return {}
        wanted: dict[str, list[KeycloakUser]] = {name.lower(): [] for name in names}
        for row in self.api.read_pages("users", User):
            if row.username.lower() in wanted:
                wanted[row.username.lower()].append(row.to_user())
        return {name: tuple(wanted[name.lower()]) for name in names}


def users_by_id(users: Iterable[KeycloakUser]) -> dict[KeycloakId, KeycloakUser]:
    """Users by their ids; of somebody who comes twice what is disabled."""
    return {user.id: user for user in sorted(users, key=lambda user: not user.is_enabled)}


def _length(id_: str) -> int:
    """How many characters of an address an id takes, with the space before it."""
    return len(quoted(f" {id_}"))


_OF_OTHERS = 'Keycloak was asked for the user "{}" and told of others'
