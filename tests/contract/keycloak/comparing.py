"""What of two answers of Keycloak must be equal, wherever they come from."""

import json
from base64 import urlsafe_b64decode
from typing import Any

VOLATILE = frozenset(
    {
        *("access_token", "expires_in", "exp", "iat", "jti"),
        *("firstName", "lastName", "email", "emailVerified", "createdTimestamp"),
    }
)
BY_REALM = frozenset({"federatedIdentities"})
"""Only there in a realm with identity providers."""
FULL_ONLY = frozenset(
    {
        *("totp", "disableableCredentialTypes", "requiredActions", "notBefore"),
        *("attributes", "realmRoles", "clientRoles"),
    }
)
"""Not in brief lists, which are the only ones that glaab asks for."""


def masked(answer: object, *, is_brief: bool = False) -> object:
    """With what differs from one server to another blanked, and in one order."""
    left_out = BY_REALM | FULL_ONLY if is_brief else BY_REALM
    match answer:
        case dict():
            kept = {name: each for name, each in answer.items() if name not in left_out}
            return {name: _masked(name, each, is_brief=is_brief) for name, each in kept.items()}
        case list():
            return [masked(each, is_brief=is_brief) for each in answer]
        case _:
            return answer


def _masked(name: str, value: object, *, is_brief: bool) -> object:
    if name in VOLATILE:
        return "…"
    if name == "scope":
        return sorted(value.split())
    return masked(value, is_brief=is_brief)


def payload(text: str) -> dict[str, Any]:
    return json.loads(urlsafe_b64decode(text.split(".")[1] + "=="))


def in_order(said: dict[str, Any]) -> dict[str, Any]:
    for client in said.get("resource_access", {}).values():
        client["roles"].sort()
    return masked(said)
