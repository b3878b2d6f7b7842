"""Keycloak's admin API as the service account of a client sees it: tokens, GET, and pages."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

import attrs
import requests

from glaab.adapters.http.errors import describe_http_status, translate_http_errors
from glaab.adapters.http.session import HttpSession
from glaab.adapters.http.structuring import structure_json
from glaab.adapters.integration import segment
from glaab.adapters.keycloak.token import AccessToken, client_of_roles, parse_token
from glaab.adapters.redaction import redactor
from glaab.domain.errors import SystemUnavailable, Unreachable
from glaab.domain.sources.keycloak import KEYCLOAK

VIEW_USERS = "view-users"
"""The role that glaab needs; it contains `query-users` and `query-groups`."""
MISSING_ROLE = (
    f"its access token does not show the role {VIEW_USERS}, as where it is not assigned, where the"
    " client has full scope off, or with lightweight access tokens"
)
_SUFFICIENT_ROLES = frozenset({VIEW_USERS, "manage-users", "realm-admin"})
_OUTAGES = frozenset({429, 502, 503, 504})
PAGE = 1_000
"""How many entries of a list are asked for at once."""


class Row(Protocol):
    """One of a list's entries."""

    @property
    def id(self) -> str: ...


T = TypeVar("T")
R = TypeVar("R", bound=Row)


@attrs.frozen
class NoUsableAnswer(SystemUnavailable):
    """To one question; Keycloak is there, and may answer others."""

    status: int
    message: str = ""
    """Keycloak's own words."""


@attrs.define(kw_only=True)
class KeycloakApi:
    """The admin API of one realm."""

    url: str
    realm: str
    client_id: str
    _client_secret: str = attrs.field(repr=False)
    _session: HttpSession = attrs.field(repr=False)
    _token: AccessToken | None = attrs.field(default=None, init=False, repr=False)

    @property
    def token(self) -> AccessToken:
        """The token in hand, or a new one; raises SystemUnavailable."""
        if not self._token:
            self._token = self._new_token()
        return self._token

    def require_rights(self) -> AccessToken:
        """The token; raises SystemUnavailable if it does not show that everybody can be seen."""
        token = self.token
        if token.roles.isdisjoint(_SUFFICIENT_ROLES):
            raise Unreachable(KEYCLOAK, f"{MISSING_ROLE}: {self.remedy}")
        return token

    @property
    def remedy(self) -> str:
        """What to do where rights are missing."""
        return (
            f"give the service account of the client {self.client_id} the role {VIEW_USERS} of"
            f" {client_of_roles(self.realm)}"
        )

    def read(self, path: str, shape: type[T]) -> T:
        """What a GET below the realm answers; raises `NoUsableAnswer`, or Unreachable."""
        response = self._get(path)
        if response.status_code in _OUTAGES:
            raise Unreachable(KEYCLOAK, self._describe(response))
        if response.status_code != requests.codes.ok:
            reason, message = self._describe(response), _error_message(response)
            raise NoUsableAnswer(KEYCLOAK, reason, response.status_code, message)
        try:
            return structure_json(KEYCLOAK, response.content, shape)
        except SystemUnavailable as error:
            raise NoUsableAnswer(KEYCLOAK, error.reason, response.status_code) from error

    def read_pages(self, path: str, shape: type[R]) -> Iterator[R]:
        """Every entry of a list, a thousand at a time until a page is shorter than that."""
        seen: set[str] = set()
        first = 0
        while True:
            parameters = f"briefRepresentation=true&first={first}&max={PAGE}"
            rows: tuple[R, ...] = self.read(f"{path}?{parameters}", tuple[shape, ...])  # type: ignore[valid-type]
            yield from rows
            if len(rows) < PAGE:
                return
            if not (new := {row.id for row in rows} - seen):
                raise SystemUnavailable(KEYCLOAK, "its list has no end: a page came twice")
            seen |= new
            first += len(rows)

    def _get(self, path: str) -> requests.Response:
        """The response; a token that is refused, as one that has run out is, is replaced once."""
        response = self._send(path)
        if response.status_code == requests.codes.unauthorized:
            self._token = None
            response = self._send(path)
        if response.status_code == requests.codes.unauthorized:
            raise Unreachable(
                KEYCLOAK,
                "it refuses the access token that it has just issued (HTTP 401): see that"
                " KEYCLOAK_URL is the address by which Keycloak knows itself, and that the client"
                " has the client scope kc-admin-api if Keycloak (26.8) has such a scope",
            )
        return response

    def _send(self, path: str) -> requests.Response:
        url = f"{self._root}/admin/realms/{segment(self.realm)}/{path}"
        headers = {"Authorization": f"Bearer {self.token.text}"}
        with translate_http_errors(KEYCLOAK):
            return self._session.get(url, headers=headers)

    def _new_token(self) -> AccessToken:
        url = f"{self._root}/realms/{segment(self.realm)}/protocol/openid-connect/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self._client_secret,
        }
        with translate_http_errors(KEYCLOAK):
            response = self._session.post(url, data=form)
        if response.status_code != requests.codes.ok:
            reason = self._describe(response)
            if response.status_code == requests.codes.not_found:
                reason += "; see KEYCLOAK_URL, and KEYCLOAK_REALM, whose case counts"
            raise Unreachable(KEYCLOAK, reason)
        token = structure_json(KEYCLOAK, response.content, _Issued).access_token
        redactor().learn(token)
        return parse_token(token, self.realm, self.client_id)

    @property
    def _root(self) -> str:
        return self.url.rstrip("/")

    def _describe(self, response: requests.Response) -> str:
        credentials = "KEYCLOAK_CLIENT_ID and KEYCLOAK_CLIENT_SECRET"
        reason = describe_http_status(response.status_code, _error_message(response), credentials)
        is_forbidden = self._token and response.status_code == requests.codes.forbidden
        return f"{reason}; {self.remedy}" if is_forbidden else reason


def _error_message(response: requests.Response) -> str:
    """Keycloak's own words; empty if the answer is no error of Keycloak's form."""
    try:
        error = structure_json(KEYCLOAK, response.content, _Error)
    except SystemUnavailable:
        return ""
    return error.error_description or error.errorMessage or error.error or ""


@attrs.frozen
class _Issued:
    access_token: str = attrs.field(repr=False)


@attrs.frozen
class _Error:
    error: str | None = None
    error_description: str | None = None
    errorMessage: str | None = None  # noqa: N815  # Keycloak's key
