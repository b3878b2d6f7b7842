"""Keycloak proves who people are, and every kind of request to it occurs."""

from collections.abc import Mapping

from glaab.domain.accounts import Account, AccountId, Username
from glaab.domain.sources.keycloak import KEYCLOAK
from tests.builders import an_account, an_identity
from tests.contract.keycloak.contract import a_group, a_user, uuid
from tests.contract.keycloak.simulator import CLIENT_ID, CLIENT_SECRET, REALM, KeycloakSimulator
from tests.faults import scenes

ADA, BEA, CYD, DAN, EVE, FORMER = (
    a_user(number, name, is_enabled=name not in ("cyd", "dan", "former"))
    for number, name in enumerate(("ada", "bea", "cyd", "dan", "eve", "former"), 1)
)
POLICY = f"""
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "keycloak_id"
[[trust]]
name = "Staff"
keycloak_group = "/org/staff/all"
[[trust]]
name = "Friends"
keycloak_group = "{a_group("/friends").id}"
[veto]
keycloak_disabled = true
[canary]
keycloak_disabled = "{FORMER.id}"
"""
IDS = {
    **{user.username: user.id for user in (ADA, BEA, CYD, DAN, EVE)},
    "nobody": uuid(99),
    "spaced": f"{ADA.id} {BEA.id}",
}
"""Of nobody, and of one that would be two to Keycloak, the ids are asked for alone."""


def waiting(names: Mapping[str, str]) -> tuple[Account, ...]:
    """Accounts by their usernames, and what GitLab has as their `extern_uid`."""
    return tuple(
        an_account(
            id=AccountId(number), username=Username(name), identities=(an_identity(extern_uid),)
        )
        for number, (name, extern_uid) in enumerate(names.items(), 101)
    )


def _keycloak() -> KeycloakSimulator:
    """Ada and bea are trusted, cyd and dan are so but disabled, eve is a stranger."""
    groups = (
        a_group("/org/staff/all", ADA, CYD),
        a_group("/org/staff/all/core", DAN),
        a_group("/friends", BEA),
    )
    return KeycloakSimulator.of((ADA, BEA, CYD, DAN, EVE, FORMER), groups)


SCENE = scenes.Scene(
    source=KEYCLOAK,
    policy=POLICY,
    accounts=waiting(IDS),
    trusted=("ada", "bea"),
    double=_keycloak,
    settings={
        "KEYCLOAK_URL": scenes.URL,
        "KEYCLOAK_REALM": REALM,
        "KEYCLOAK_CLIENT_ID": CLIENT_ID,
        "KEYCLOAK_CLIENT_SECRET": CLIENT_SECRET,
    },
)
