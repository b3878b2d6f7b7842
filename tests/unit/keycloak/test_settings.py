"""The variables of Keycloak."""

import pytest

from glaab.adapters.keycloak.settings import KeycloakSettings
from glaab.domain.sources.keycloak import KEYCLOAK
from glaab.settings.values import Secret
from tests.unit.settings.settings_contract import SettingsContract
from tests.variables import missing_in, problems_of, settings_of

pytestmark = pytest.mark.usefixtures("elsewhere")


TABLE = {
    "KEYCLOAK_URL": (None, "https://sso.example.org", "https://sso.example.org"),
    "KEYCLOAK_REALM": (None, "People", "People"),
    "KEYCLOAK_CLIENT_ID": (None, "glaab", "glaab"),
    "KEYCLOAK_CLIENT_SECRET": (None, "s", Secret("s")),
}


class TestKeycloakSettings(SettingsContract):
    group = KeycloakSettings
    table = TABLE


def test_a_policy_that_uses_keycloak_needs_all_of_them():
    problems = missing_in({"GITLAB_ACCESS_TOKEN": "glpat-1"}, {KEYCLOAK}, acting=False)

    assert (
        "KEYCLOAK_URL: needed by the policy; write the address of Keycloak as in the browser,"
        " without /admin or /realms",
        "KEYCLOAK_REALM: needed by the policy; write the name of the realm; case counts",
        "KEYCLOAK_CLIENT_ID: needed by the policy; create a confidential client with a service"
        " account in that realm",
        "KEYCLOAK_CLIENT_SECRET: needed by the policy; copy it from the client's tab Credentials",
    ) == problems


@pytest.mark.parametrize(
    "url",
    [
        "https://sso.example.org/",
        "https://sso.example.org/auth",
        "https://admin/auth",
        "https://realms",
        "http://127.0.0.1:8080",
    ],
)
def test_keycloak_may_live_below_a_path(url):
    assert url == settings_of(KEYCLOAK_URL=url).of(KeycloakSettings).keycloak_url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (
            "https://sso.example.org/admin/People/console/",
            "leave out /admin/People/console; write https://sso.example.org",
        ),
        (
            "https://sso.example.org/auth/realms/People",
            "leave out /realms/People; write https://sso.example.org/auth",
        ),
        *(
            (f"https://sso.example.org{end}", "leave out user, password, query and fragment")
            for end in ("?", "#", "/#/people")
        ),
        (
            "http://sso.example.org",
            "http://sso.example.org would send credentials unencrypted; use https",
        ),
    ],
)
def test_an_address_that_can_only_be_a_mistake_is_refused(url, why):
    assert (f"KEYCLOAK_URL: {why}",) == problems_of(KEYCLOAK_URL=url)


@pytest.mark.parametrize("realm", ["realms/People", "..", " "])
def test_what_can_be_no_realm_is_refused(realm):
    assert (
        f'KEYCLOAK_REALM: "{realm}" is no name of a realm, which stands behind /realms/',
    ) == problems_of(KEYCLOAK_REALM=realm)
