"""What the rest of glaab knows of Keycloak."""

import pytest

from glaab.adapters.keycloak import INTEGRATION
from glaab.adapters.keycloak.settings import KeycloakSettings
from glaab.domain.evidence import Profile
from glaab.domain.sources.keycloak import KEYCLOAK


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("0ecb-1", "https://sso.example.org/admin/master/console/#/A%20b/users/0ecb-1/settings"),
        (
            "f:x:y?",
            "https://sso.example.org/admin/master/console/#/A%20b/users/f%3Ax%3Ay%3F/settings",
        ),
    ],
)
def test_a_user_can_be_looked_at_in_the_admin_console(name, url):
    settings = KeycloakSettings(keycloak_url="https://sso.example.org/", keycloak_realm="A b")

    assert url == INTEGRATION.profile_url(settings, Profile(KEYCLOAK, name, "Keycloak user"))


def test_of_a_world_there_is_nothing_to_look_at():
    profile = Profile(KEYCLOAK, "1", "Keycloak user")

    assert not INTEGRATION.profile_url(KeycloakSettings(), profile)
