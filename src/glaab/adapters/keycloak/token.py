"""The access token of a service account: who it is and what it may do, as stands in it."""

import json
from base64 import urlsafe_b64decode

import attrs

from glaab.adapters.http.structuring import structure
from glaab.domain.errors import SystemUnavailable
from glaab.domain.sources.keycloak import KEYCLOAK


@attrs.frozen(kw_only=True)
class AccessToken:
    """A JSON Web Token (RFC 7519) that Keycloak issued."""

    text: str = attrs.field(repr=False)
    user_id: str
    """Of the service account's own user."""
    roles: frozenset[str]
    """Those of the admin API, roles within roles included."""


def client_of_roles(realm: str) -> str:
    """The client of Keycloak to which the roles of a realm's admin API belong."""
    return "master-realm" if realm == "master" else "realm-management"


def parse_token(text: str, realm: str, client_id: str) -> AccessToken:
    """What stands in a token that was issued to a client; raises SystemUnavailable."""
    try:
        payload = text.split(".")[1]
        content = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError) as error:
        raise SystemUnavailable(KEYCLOAK, "its access token cannot be read") from error
    claims = structure(KEYCLOAK, content, _Claims)
    if not claims.sub:
        raise SystemUnavailable(
            KEYCLOAK,
            "its access token does not name the service account (sub): give the client"
            f" {client_id} the client scope basic, and no lightweight access tokens",
        )
    access = claims.resource_access.get(client_of_roles(realm), _Access())
    return AccessToken(text=text, user_id=claims.sub, roles=frozenset(access.roles))


@attrs.frozen
class _Access:
    roles: tuple[str, ...] = ()


@attrs.frozen
class _Claims:
    sub: str = ""
    resource_access: dict[str, _Access] = attrs.field(factory=dict)
