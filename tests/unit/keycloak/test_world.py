"""Keycloak's tables of a world file."""

import pytest

from glaab.adapters import keycloak
from glaab.domain.sources.keycloak import KEYCLOAK, KEYCLOAK_ID, KEYCLOAK_USERNAME, KeycloakUser
from tests.unit.world_files import problems_in, world_in

USERS = """
    [[keycloak_user]]
    id = "1"
    username = "ada"
    [[keycloak_user]]
    id = "2"
    username = "bob"
    enabled = false
"""
ADA = KeycloakUser(id="1", username="ada", is_enabled=True)
BOB = KeycloakUser(id="2", username="bob", is_enabled=False)


@pytest.fixture
def keycloak_of(tmp_path):
    """A function: tables -> the Keycloak that they describe."""
    return lambda text: world_in(tmp_path, text, (keycloak.INTEGRATION,)).ports[KEYCLOAK]


def test_a_keycloak_may_be_empty(keycloak_of):
    assert {} == keycloak_of("").users({"1"}, KEYCLOAK_ID)


def test_users_are_enabled_unless_told_otherwise(keycloak_of):
    found = keycloak_of(USERS).users({"1", "2", "3"}, KEYCLOAK_ID)

    assert {"1": (ADA,), "2": (BOB,)} == found


@pytest.mark.parametrize("group", ["/staff", "/staff/admins", "group-1"])
def test_groups_have_a_path_an_id_if_that_matters_and_members_by_username(keycloak_of, group):
    found = keycloak_of(
        USERS + '[[keycloak_group]]\npath = "/staff/admins"\nid = "group-1"\nmembers = ["bob"]\n'
    )

    assert {"2": BOB} == found.members(group)


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    text = """
        [[keycloak_user]]
        id = 1
        username = "ada"
        [[keycloak_user]]
        id = "2"
        username = "ada"
        [[keycloak_group]]
        path = "/a"
        [[keycloak_group]]
        path = "/a"
        members = []
    """

    assert {
        "keycloak_user[0].id: expected str, got int",
        'keycloak_user: 2 of them have the username "ada"',
        "keycloak_group[0].members: required field missing",
        'keycloak_group: 2 of them have the path "/a"',
    } == set(problems_in(tmp_path, text, (keycloak.INTEGRATION,)))


def test_usernames_are_in_lower_case_as_keycloak_keeps_them(keycloak_of):
    found = keycloak_of(USERS.replace('"ada"', '"Ada"')).users({"Ada"}, KEYCLOAK_USERNAME)

    assert {"Ada": (ADA,)} == found


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("staff", "a path begins with a slash"),
        ("/staff/", "it is a path with an empty name; write /NAME, /NAME/NAME or an id"),
    ],
)
def test_what_can_be_no_path_is_told(tmp_path, path, why):
    text = f'[[keycloak_group]]\npath = "{path}"\nmembers = []\n'

    assert [f'keycloak_group "{path}": {why}'] == problems_in(
        tmp_path, text, (keycloak.INTEGRATION,)
    )


def test_a_member_who_is_no_user_is_named(tmp_path):
    text = '[[keycloak_group]]\npath = "/a"\nmembers = ["ada", "bob"]\n'

    assert [
        'keycloak_group "/a": no keycloak_user is called "ada"',
        'keycloak_group "/a": no keycloak_user is called "bob"',
    ] == problems_in(tmp_path, text, (keycloak.INTEGRATION,))
