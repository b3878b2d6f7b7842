"""The variables of Keycloak."""

import re
from typing import ClassVar

import attrs

from glaab.domain.sources.keycloak import KEYCLOAK
from glaab.settings.parsers import url_without
from glaab.settings.values import Secret, SourceSettings, Url, setting

_BEYOND_ROOT = re.compile(r"(?<!/)/(admin|realms)(/.*)?$")
"""Not behind the two slashes where the host begins."""


def _url(text: str) -> Url:
    """As in the browser, but for the part that Keycloak adds."""
    bare = text.rstrip("/")
    if beyond := _BEYOND_ROOT.search(bare):
        raise ValueError(f"leave out {beyond[0]}; write {bare.removesuffix(beyond[0])}")
    return url_without()(text)


def _realm(text: str) -> str:
    if "/" in text or not text.strip(" ."):
        raise ValueError(f'"{text}" is no name of a realm, which stands behind /realms/')
    return text


@attrs.frozen(kw_only=True)
class KeycloakSettings(SourceSettings):
    """See `SourceSettings`."""

    system: ClassVar = KEYCLOAK

    keycloak_url: Url | None = setting(
        required="write the address of Keycloak as in the browser, without /admin or /realms",
        parse=_url,
    )
    keycloak_realm: str | None = setting(
        required="write the name of the realm; case counts", parse=_realm
    )
    keycloak_client_id: str | None = setting(
        required="create a confidential client with a service account in that realm"
    )
    keycloak_client_secret: Secret | None = setting(
        required="copy it from the client's tab Credentials"
    )
