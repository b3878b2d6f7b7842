"""Keycloak over its admin API."""

from collections.abc import Collection, Mapping

import attrs

from glaab.adapters.keycloak.api import KeycloakApi
from glaab.adapters.keycloak.groups import GroupReader
from glaab.adapters.keycloak.users import UserReader
from glaab.domain.names import NameKind
from glaab.domain.sources.keycloak import KEYCLOAK_ID, Keycloak, Members, Users


@attrs.frozen(kw_only=True)
class KeycloakAdmin(Keycloak):
    """Keycloak, asked by the service account of a client that may see users."""

    _api: KeycloakApi

    def users(self, names: Collection[str], kind: NameKind) -> Mapping[str, Users]:
        reader = UserReader(self._api)
        return reader.by_id(names) if kind == KEYCLOAK_ID else reader.by_username(names)

    def members(self, group: str) -> Members:
        return GroupReader(self._api).members(group)
