"""The health check of Keycloak."""

from collections.abc import Iterator

import attrs

from glaab.adapters.keycloak.api import MISSING_ROLE, VIEW_USERS, KeycloakApi
from glaab.adapters.keycloak.token import client_of_roles
from glaab.adapters.keycloak.users import UserReader
from glaab.adapters.redaction import quote
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.names import NameKind
from glaab.domain.sources.keycloak import KEYCLOAK, KEYCLOAK_USERNAME

_NEEDED_ROLES = frozenset({VIEW_USERS, "query-users", "query-groups"})
"""`view-users` contains the two others."""
_NOBODY = "00000000-0000-0000-0000-000000000000"
"""Asked for together with the service account's own id."""


@attrs.frozen(kw_only=True)
class KeycloakHealthCheck(HealthCheck):
    """The credentials, the rights of the service account, and how people are proven."""

    system = KEYCLOAK
    settings = "KEYCLOAK_URL, KEYCLOAK_REALM, KEYCLOAK_CLIENT_ID and KEYCLOAK_CLIENT_SECRET"

    _api: KeycloakApi
    _extern_uid: NameKind

    def checks(self) -> Checks:
        checks = {"credentials": self._credentials, "rights": self._rights}
        if self._extern_uid == KEYCLOAK_USERNAME:
            checks["extern_uid"] = self._changing_names
        return checks

    def _credentials(self) -> Iterator[Finding]:
        user = self._api.token.user_id
        client, realm = self._api.client_id, self._api.realm
        yield ok(f"the realm {realm} knows the client {client}, as the user {user}")

    def _rights(self) -> Iterator[Finding]:
        roles = self._api.token.roles
        of = client_of_roles(self._api.realm)
        if VIEW_USERS not in roles:
            yield problem(MISSING_ROLE, self._api.remedy)
        if excess := sorted(roles - _NEEDED_ROLES):
            yield problem(
                f"the service account has roles of {of} that glaab has no use for:"
                f" {quote(', '.join(excess))}",
                f"take them away; {VIEW_USERS} is enough",
            )
        if VIEW_USERS in roles:
            UserReader(self._api).by_id([_NOBODY])
            if not excess:
                yield ok(
                    f"the service account may see users and groups, and no more ({VIEW_USERS})"
                )

    def _changing_names(self) -> Iterator[Finding]:
        yield warning(
            "people are proven by their username: when somebody is renamed or deleted, another"
            " person can take the name, and is that account to GitLab",
            'set uid_field to sub in GitLab, and extern_uid of the policy to "keycloak_id";'
            " identities that GitLab has already keep the username until they are changed",
        )
