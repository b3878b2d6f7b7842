"""The contract of `Keycloak`, for every adapter that claims to be one."""

from uuid import NAMESPACE_URL, uuid5

import pytest

from glaab.adapters.keycloak.memory import KeycloakGroup
from glaab.domain.evidence import Unknown
from glaab.domain.sources.keycloak import (
    KEYCLOAK_ID,
    KEYCLOAK_USERNAME,
    KeycloakId,
    KeycloakUser,
)


def uuid(number: int) -> KeycloakId:
    return KeycloakId(f"00000000-0000-4000-8000-{number:012}")


def a_user(number: int = 1, username: str = "", *, is_enabled: bool = True) -> KeycloakUser:
    """One whose id and name go by a number."""
    return KeycloakUser(
        id=uuid(number), username=username or f"user{number}", is_enabled=is_enabled
    )


def a_group(path: str, *members: KeycloakUser) -> KeycloakGroup:
    return KeycloakGroup(
        id=str(uuid5(NAMESPACE_URL, path)),
        path=path,
        members=frozenset(member.id for member in members),
    )


ADA, BOB = a_user(1, "ada"), a_user(2, "bob", is_enabled=False)


class KeycloakContract:
    """What every Keycloak must do. Subclass, provide `given`, name it Test...."""

    @pytest.fixture
    def given(self):
        """A function: users, groups -> the Keycloak under test."""
        raise NotImplementedError

    def test_shows_users_by_their_ids_whether_enabled_or_not(self, given):
        keycloak = given([ADA, BOB], [])

        found = keycloak.users([ADA.id, BOB.id, uuid(9)], KEYCLOAK_ID)

        assert {ADA.id: (ADA,), BOB.id: (BOB,)} == found

    @pytest.mark.parametrize("spelling", ["ada", "ADA", "Ada"])
    def test_shows_users_by_their_usernames_without_case(self, given, spelling):
        keycloak = given([ADA, BOB], [])

        found = keycloak.users([spelling, "nobody"], KEYCLOAK_USERNAME)

        assert {spelling: (ADA,)} == found

    @pytest.mark.parametrize("kind", [KEYCLOAK_ID, KEYCLOAK_USERNAME])
    def test_nobody_is_nobody(self, given, kind):
        assert {} == given([ADA], []).users([], kind)

    @pytest.mark.parametrize(
        "name",
        ["00000000-0000-4000-8000-00000000000A", "a b", "id:x", "a,b", "ada", "%", "*", "é", "?"],
    )
    def test_what_is_nobodys_id_has_no_key(self, given, name):
        """Neither a part of an id, nor a username, nor what a query might take for more."""
        keycloak = given([ADA, a_user(10)], [])

        assert {} == keycloak.users([name], KEYCLOAK_ID)

    def test_the_case_of_an_id_counts(self, given):
        user = KeycloakUser(
            id=KeycloakId("0000000a-0000-4000-8000-00000000000b"), username="x", is_enabled=True
        )
        keycloak = given([user], [])

        assert {} == keycloak.users([user.id.upper()], KEYCLOAK_ID)

    def test_difficult_usernames_are_found_and_no_others(self, given):
        names = ("with space", "a+b", "o'brien", "50%", "a&b=c", "ümlaut", "a_b", "star*", "a.b@c")
        users = {name: a_user(number, name) for number, name in enumerate(names, 10)}
        longer = [a_user(number, f"{name}x") for number, name in enumerate(names, 30)]
        keycloak = given([*users.values(), *longer], [])

        found = keycloak.users(names, KEYCLOAK_USERNAME)

        assert {name: (user,) for name, user in users.items()} == found

    def test_a_part_of_a_username_is_nobody(self, given):
        assert {} == given([ADA], []).users(["ad", "%", "*", "adaa"], KEYCLOAK_USERNAME)

    @pytest.mark.parametrize("kind", [KEYCLOAK_ID, KEYCLOAK_USERNAME])
    def test_many_are_found_together(self, given, kind):
        """More than a page, and more than a batch."""
        users = [a_user(number) for number in range(1, 221)]
        keycloak = given(users, [])

        found = keycloak.users([user.name(kind) for user in users], kind)

        assert {user.name(kind): (user,) for user in users} == found

    def test_shows_the_members_of_a_group_disabled_ones_too(self, given):
        keycloak = given([ADA, BOB], [a_group("/staff", ADA, BOB), a_group("/others", BOB)])

        assert {ADA.id: ADA, BOB.id: BOB} == keycloak.members("/staff")

    def test_members_of_groups_below_are_members(self, given):
        eve = a_user(3, "eve")
        groups = [
            a_group("/staff", ADA),
            a_group("/staff/developers/core", BOB),
            a_group("/staffed", eve),
        ]
        keycloak = given([ADA, BOB, eve], groups)

        assert {ADA.id: ADA, BOB.id: BOB} == keycloak.members("/staff")
        assert {BOB.id: BOB} == keycloak.members("/staff/developers")
        assert {BOB.id: BOB} == keycloak.members("/staff/developers/core")

    def test_a_group_is_found_by_its_id(self, given):
        group = a_group("/staff", ADA)
        keycloak = given([ADA], [group, a_group("/staff/developers", ADA)])

        assert {ADA.id: ADA} == keycloak.members(group.id)

    def test_groups_with_difficult_names_are_found(self, given):
        paths = ("/R&D", "/a b/c+d", "/Ä Ö/李雷", "/50%", "/a?b#c", "/a;b", "/~x", "/.a", "/a=b")
        members = {path: a_user(number) for number, path in enumerate(paths, 10)}
        keycloak = given(members.values(), [a_group(path, user) for path, user in members.items()])

        for path, user in members.items():
            assert {user.id: user} == keycloak.members(path)

    @pytest.mark.parametrize("group", ["/Staff", "/staff/x", "/x", "staff"])
    def test_a_missing_group_is_unknown(self, given, group):
        """The case counts, and a name is no id."""
        keycloak = given([ADA], [a_group("/staff", ADA)])

        assert isinstance(keycloak.members(group), Unknown)

    def test_a_group_without_members_is_unknown(self, given):
        keycloak = given([ADA], [a_group("/staff"), a_group("/staff/developers")])

        assert isinstance(keycloak.members("/staff"), Unknown)

    def test_many_members_are_shown(self, given):
        """More than Keycloak lists unasked, of a group and of groups below it."""
        users = [a_user(number) for number in range(1, 121)]
        below = [a_group(f"/staff/team{number}", users[number]) for number in range(12)]
        keycloak = given(users, [a_group("/staff", *users[12:]), *below])

        assert {user.id: user for user in users} == keycloak.members("/staff")
