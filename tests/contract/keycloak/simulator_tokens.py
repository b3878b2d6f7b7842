"""Keycloak's token endpoint as far as glaab asks: who is refused, and what a token says."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import digest

from tests.contract.keycloak.simulator_state import SimulatedClient, SimulatedUser
from tests.contract.wire import Request, Response, json_response

SCOPE = "email profile"

_FIELDS = {"grant_type", "client_id", "client_secret", "scope"}
_FORM = "application/x-www-form-urlencoded"
_UNKNOWN = "Invalid client or Invalid client credentials"


def error(status: int, name: str, description: str | None = None) -> Response:
    described = {"error_description": description} if description else {}
    return json_response({"error": name, **described}, status)


def misuse(request: Request) -> Response | None:
    """What is said to a request that is none for a token, whoever sent it."""
    if request.method != "POST":
        return error(405, "HTTP 405 Method Not Allowed")
    assert not request.query, request.query
    assert "authorization" not in request.headers, request.headers
    is_form = request.headers.get("content-type", "").startswith(_FORM)
    if not is_form or "grant_type" not in request.form:
        return error(400, "invalid_request", "Missing form parameter: grant_type")
    assert request.form["grant_type"] == "client_credentials", request.form
    assert set(request.form) <= _FIELDS, request.form
    return None


def refusal(
    form: dict[str, str], client: SimulatedClient | None, user: SimulatedUser | None
) -> Response | None:
    """Why this client gets no token now; None: it gets one."""
    if client is None or not client.is_enabled:
        return error(401, "invalid_client", _UNKNOWN)
    if form.get("client_secret") != client.secret:
        return error(401, "unauthorized_client", _UNKNOWN)
    if not client.has_service_account or user is None:
        text = "Client not enabled to retrieve service account"
        return error(401, "unauthorized_client", text)
    if not user.is_enabled:
        return error(401, "invalid_request", f"User '{user.username}' disabled")
    if "scope" in form:  # glaab asks for none: any is answered as an unknown one
        return error(400, "invalid_scope", f"Invalid scopes: {form['scope']}")
    return None


def claims(client: SimulatedClient, user: SimulatedUser, realm: str) -> dict[str, object]:
    """What a token says of its owner; a lightweight one does not say its roles."""
    said: dict[str, object] = {"typ": "Bearer", "azp": client.client_id, "scope": SCOPE}
    if client.has_sub:
        said["sub"] = user.id
    if client.is_lightweight:
        return said
    if roles := client.effective_roles:
        audience = "master-realm" if realm == "master" else "realm-management"
        said["aud"] = audience
        said["resource_access"] = {audience: {"roles": sorted(roles)}}
    personal = {"email_verified": False, "preferred_username": user.username}
    return said | {"acr": "1"} | personal


def signed(said: dict[str, object]) -> str:
    """A JSON Web Token, by a key that nobody can check it with."""
    header = {"alg": "HS256", "typ": "JWT", "kid": "simulated"}
    text = ".".join(_encoded(json.dumps(each).encode()) for each in (header, said))
    return f"{text}.{_encoded(digest(b'made-up key', text.encode(), sha256))}"


def _encoded(content: bytes) -> str:
    """As JSON Web Signatures have it: without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()
