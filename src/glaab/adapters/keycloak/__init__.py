"""Keycloak: it proves who people are, and is a source of trust."""

from glaab.adapters.integration import Env, Integration, segment
from glaab.adapters.keycloak.api import KeycloakApi
from glaab.adapters.keycloak.client import KeycloakAdmin
from glaab.adapters.keycloak.diagnostics import KeycloakHealthCheck
from glaab.adapters.keycloak.memory import KeycloakWorld, in_memory
from glaab.adapters.keycloak.settings import KeycloakSettings
from glaab.domain.evidence import Profile
from glaab.domain.sources.keycloak import KEYCLOAK, Keycloak, KeycloakSource
from glaab.settings.values import reveal

_READS = frozenset({"GET", "POST"})
"""Only an access token is asked for by POST, and nothing changes by that."""


def _api(settings: KeycloakSettings, env: Env) -> KeycloakApi:
    url = settings.keycloak_url or ""
    return KeycloakApi(
        url=url,
        realm=settings.keycloak_realm or "",
        client_id=settings.keycloak_client_id or "",
        client_secret=reveal(settings.keycloak_client_secret),
        session=env.session(KEYCLOAK, url, reads=_READS),
    )


def _profile_url(settings: KeycloakSettings, profile: Profile) -> str:
    """In the admin console of the master realm, whose administrators see every realm."""
    realm = segment(settings.keycloak_realm or "")
    console = f"{(settings.keycloak_url or '').rstrip('/')}/admin/master/console"
    return f"{console}/#/{realm}/users/{segment(profile.name)}/settings" if realm else ""


INTEGRATION: Integration[Keycloak, KeycloakSettings] = Integration(
    source=KeycloakSource,
    settings=KeycloakSettings,
    connect=lambda settings, env, _policy: KeycloakAdmin(api=_api(settings, env)),
    world=KeycloakWorld,
    in_memory=in_memory,
    health_check=lambda settings, env, policy: KeycloakHealthCheck(
        api=_api(settings, env), extern_uid=policy.extern_uid
    ),
    profile_url=_profile_url,
)
