"""The users of a realm: by id in batches, by username, and alone where an answer has a gap."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping

import attrs
import requests

from glaab.adapters.batching import in_batches
from glaab.adapters.integration import quoted, segment
from glaab.adapters.keycloak.api import KeycloakApi, NoUsableAnswer, User
from glaab.domain.errors import SystemUnavailable, Unreachable
from glaab.domain.evidence import Unknown
from glaab.domain.sources.keycloak import KEYCLOAK, KeycloakUser, Users

_IDS_A_BATCH = 100
_CHARACTERS_A_BATCH = 6_000
"""Web servers and proxies refuse addresses of more than 8 KiB."""
_BATCHED = re.compile(r"[0-9A-Za-z:_-]+")
"""An id that can stand among several, which spaces separate."""
_NAMES_ALONE = 100
"""Keycloak takes one username at a time: where more are wanted, the list of users is read."""


@attrs.frozen
class UserReader:
    """Finds users for a service account that may see all of them."""

    api: KeycloakApi

    def by_id(self, ids: Collection[str]) -> dict[str, Users]:
        """Who has which of these ids; see `Keycloak.users`."""
        batched = filter(_BATCHED.fullmatch, dict.fromkeys(ids))
        batches = in_batches(batched, _IDS_A_BATCH, _CHARACTERS_A_BATCH, lambda id_: len(id_) + 3)
        shown = [user for batch in [*batches] or [[]] for user in self._batch(batch)]
        return self._completed({user.id: (user,) for user in shown}, ids, self._with_id)

    def by_username(self, names: Collection[str]) -> dict[str, Users]:
        """Who has which of these usernames; see `Keycloak.users`."""
        self._batch([])  # an account that is shown nobody must not believe that nobody is there
        shown = self._among_all(names) if len(names) > _NAMES_ALONE else {}
        return self._completed(shown, names, self._with_username)

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
        return [row.to_user() for row in rows if row.id in ids]

    def _with_id(self, id_: str) -> Users:
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
        wanted: dict[str, list[KeycloakUser]] = {name.lower(): [] for name in names}
        for row in self.api.read_pages("users", User):
            if row.username.lower() in wanted:
                wanted[row.username.lower()].append(row.to_user())
        return {name: tuple(wanted[name.lower()]) for name in names}


_OF_OTHERS = 'Keycloak was asked for the user "{}" and told of others'
