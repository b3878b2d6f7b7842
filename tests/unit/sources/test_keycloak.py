"""Keycloak: who is proven, members who are enabled, and what a silent Keycloak tells."""

import pytest

from glaab.adapters.keycloak.memory import InMemoryKeycloak, KeycloakGroup
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import No, Profile, Unknown, Yes
from glaab.domain.identity import Proven, Unchecked, Unproven
from glaab.domain.names import NameKind
from glaab.domain.source import CircuitBreaker
from glaab.domain.sources.keycloak import (
    DISABLED,
    KEYCLOAK,
    KEYCLOAK_ID,
    KEYCLOAK_USERNAME,
    InKeycloakGroup,
    Keycloak,
    KeycloakSource,
    KeycloakUser,
)
from tests.builders import an_identity

REFUSED = "HTTP 503"
DOWN = Unknown(f"keycloak gave no usable answer: {REFUSED}")
DISABLED_MEMBER = No(
    "ada is a member of /staff, but the Keycloak user ada is disabled",
    "ask an administrator of Keycloak to enable your user",
)
STAFF, DEVELOPERS = InKeycloakGroup("/staff"), InKeycloakGroup("/staff/developers")


def a_user(name="ada", *, is_enabled=True, user_id=None):
    return KeycloakUser(id=user_id or f"id-{name}", username=name, is_enabled=is_enabled)


def a_group(path, *members):
    return KeycloakGroup(id=f"id{path}", path=path, members=frozenset(f"id-{m}" for m in members))


ADA, BOB = a_user("ada"), a_user("bob")


def a_person(name="ada"):
    return Proven(
        identity=an_identity(f"id-{name}"),
        names=((KEYCLOAK_ID, f"id-{name}"), (KEYCLOAK_USERNAME, name)),
    )


class AttentiveKeycloak(InMemoryKeycloak):
    """Notes what it is asked."""

    def __init__(self, users, groups=()):
        super().__init__(users, groups)
        self.asked = []

    def users(self, names, kind):
        self.asked.append((kind, sorted(names)))
        return super().users(names, kind)

    def members(self, group):
        self.asked.append(group)
        return super().members(group)


class ScriptedKeycloak(Keycloak):
    """Answers as it is told to."""

    def __init__(self, users=None, members=None):
        self._users = users or {}
        self._members = members

    def users(self, names, kind):
        return {name: self._users[name] for name in names if name in self._users}

    def members(self, group):
        return self._members


class UnreachableKeycloak(Keycloak):
    def users(self, names, kind):
        raise SystemUnavailable(KEYCLOAK, REFUSED)

    def members(self, group):
        raise SystemUnavailable(KEYCLOAK, REFUSED)


def look_up(keycloak):
    return KeycloakSource(keycloak).start(CircuitBreaker(KEYCLOAK))


def proof_of(keycloak, extern_uid, kind=KEYCLOAK_ID):
    people = look_up(keycloak).people(kind, ())
    (proof,) = people.prove([an_identity(extern_uid)]).values()
    return proof


# -- who people are


@pytest.mark.parametrize(
    ("kind", "extern_uid"), [(KEYCLOAK_ID, "id-ada"), (KEYCLOAK_USERNAME, "ada")]
)
def test_whoever_is_proven_has_an_id_and_a_username(kind, extern_uid):
    proof = proof_of(InMemoryKeycloak([ADA, BOB], ()), extern_uid, kind)

    names = ((KEYCLOAK_USERNAME, "ada"), (KEYCLOAK_ID, "id-ada"))
    assert Proven(identity=an_identity(extern_uid), names=names) == proof


def test_a_username_is_the_same_in_capitals():
    """Keycloak keeps names in lower case, whatever somebody signed in with."""
    keycloak = ScriptedKeycloak({"Ada": (ADA,)})

    assert isinstance(proof_of(keycloak, "Ada", KEYCLOAK_USERNAME), Proven)


def test_an_id_may_be_any_letter():
    assert isinstance(proof_of(InMemoryKeycloak([a_user(user_id="X")], ()), "X"), Proven)


def test_whoever_is_missing_in_the_answer_is_nobody():
    proof = proof_of(ScriptedKeycloak(), "id-ada")

    assert 'Keycloak has no user with keycloak_id "id-ada"' == proof.reason


def test_a_disabled_user_is_proven_all_the_same():
    """That speaks against the person, not against who it is."""
    keycloak = InMemoryKeycloak([a_user(is_enabled=False)], ())

    assert isinstance(proof_of(keycloak, "id-ada"), Proven)


@pytest.mark.parametrize("extern_uid", ["a/b", "", " ", ".", "..", "a\nb", "a\x00b", "a\u200bb"])
def test_what_can_be_no_id_is_held_and_not_asked_about(extern_uid):
    """GitLab falls back to another field in silence; an empty id is the list of everybody."""
    keycloak = AttentiveKeycloak([ADA])

    proof = proof_of(keycloak, extern_uid)

    assert (
        Unproven(
            f'its identity "{extern_uid}" cannot be anybody\'s keycloak_id',
            "ask an administrator of GitLab what its sign-in provider hands on for you",
        )
        == proof
    )
    assert [] == [names for _, names in keycloak.asked if names]


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        (KEYCLOAK_ID, ("id-a", "ID-A"), False),
        (KEYCLOAK_ID, ("id-a", "id-a"), True),
        (KEYCLOAK_USERNAME, ("Ada", "ada"), True),
        (KEYCLOAK_USERNAME, ("\uff21da", "ada"), False),
    ],
)
def test_of_an_id_every_character_counts_and_of_a_username_not_the_case(one, other, are_one):
    first, second = (KeycloakSource.name_key(name, one) for name in other)

    assert are_one == (first == second)


@pytest.mark.parametrize(
    ("users", "proof"),
    [
        (
            None,
            Unproven(
                'Keycloak has no user with keycloak_username "ada"',
                "ask an administrator of GitLab which user of Keycloak it has for you: yours may"
                " have been deleted and created again",
            ),
        ),
        (Unknown("HTTP 403"), Unchecked("HTTP 403")),
        (
            (a_user("\uff41da"),),
            Unproven(
                'the Keycloak user \uff41da only looks like keycloak_username "ada"',
                "ask an administrator to look at this account: two names look alike",
            ),
        ),
        (
            (ADA, a_user("ada", user_id="other")),
            Unproven(
                '2 users of Keycloak have keycloak_username "ada"',
                "ask an administrator of Keycloak to make the name unique",
            ),
        ),
    ],
    ids=["nobody", "not shown", "look-alike", "two"],
)
def test_whoever_is_not_exactly_one_user_is_not_proven(users, proof):
    keycloak = ScriptedKeycloak({"ada": users} if users else {})

    assert proof == proof_of(keycloak, "ada", KEYCLOAK_USERNAME)


def test_a_user_with_another_id_is_not_proven_by_its_username():
    """Somebody may call themselves what another's id is."""
    keycloak = ScriptedKeycloak({"id-ada": (a_user("id-ada", user_id="mallory"),)})

    assert isinstance(proof_of(keycloak, "id-ada"), Unproven)


def test_a_keycloak_that_is_down_proves_nobody_and_holds_nobody():
    assert Unchecked(DOWN.detail) == proof_of(UnreachableKeycloak(), "id-ada")


@pytest.mark.parametrize("kind", [KEYCLOAK_ID, KEYCLOAK_USERNAME])
def test_everybody_is_asked_about_once(kind):
    """The proof, the trust and the veto of a person take one look at the user."""
    keycloak = AttentiveKeycloak([ADA, BOB], [a_group("/staff", "ada")])
    lookup = look_up(keycloak)
    names = ["id-ada", "id-bob"] if kind == KEYCLOAK_ID else ["ada", "bob"]

    proofs = lookup.people(kind, ()).prove([an_identity(name) for name in names])
    people = list(proofs.values())
    lookup.trust(people, [STAFF])
    lookup.trust(people, [STAFF])
    lookup.vetoes(people, [DISABLED])

    assert [(kind, names), "/staff"] == keycloak.asked


# -- trust


@pytest.mark.parametrize(
    ("keycloak", "answer"),
    [
        (InMemoryKeycloak([ADA], [a_group("/staff", "ada")]), Yes("ada is a member of /staff")),
        (
            InMemoryKeycloak([ADA], [a_group("/staff/developers", "ada")]),
            Yes("ada is a member of /staff"),
        ),
        (
            InMemoryKeycloak([ADA, BOB], [a_group("/staff", "bob"), a_group("/staffed", "ada")]),
            No("ada is not a member of /staff", "become a member of Keycloak group /staff"),
        ),
        (
            InMemoryKeycloak([a_user(is_enabled=False)], [a_group("/staff", "ada")]),
            DISABLED_MEMBER,
        ),
        (
            InMemoryKeycloak([ADA], []),
            Unknown("group /staff is missing, not visible or empty"),
        ),
        (UnreachableKeycloak(), DOWN),
    ],
    ids=["member", "below", "stranger", "disabled", "no group", "down"],
)
def test_keycloak_vouches_for_an_enabled_member(keycloak, answer):
    answers = look_up(keycloak).trust([a_person()], [STAFF])

    assert {(a_person(), STAFF): answer} == answers


def test_a_member_whose_user_cannot_be_seen_is_unknown():
    keycloak = ScriptedKeycloak({"id-ada": Unknown("HTTP 403")}, {"id-ada": ADA})

    assert [Unknown("HTTP 403")] == [*look_up(keycloak).trust([a_person()], [STAFF]).values()]


def test_a_member_who_is_shown_as_nobody_elsewhere_is_unknown():
    keycloak = ScriptedKeycloak({}, {"id-ada": ADA})

    (answer,) = look_up(keycloak).trust([a_person()], [STAFF]).values()

    assert Unknown("Keycloak shows no user with the id id-ada") == answer


def test_somebody_who_is_disabled_between_two_answers_is_disabled():
    """The group's list is of a later moment than the look at the user, or of an earlier one."""
    keycloak = ScriptedKeycloak({"id-ada": (ADA,)}, {"id-ada": a_user(is_enabled=False)})
    lookup = look_up(keycloak)

    (trust,) = lookup.trust([a_person()], [STAFF]).values()
    (veto,) = lookup.vetoes([a_person()], [DISABLED]).values()

    assert DISABLED_MEMBER == trust
    assert Yes("the Keycloak user ada is disabled") == veto


def test_a_group_is_named_as_in_the_policy():
    assert ("keycloak_group", "/staff", "Keycloak group /staff") == (
        STAFF.key,
        STAFF.value,
        STAFF.title,
    )


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("/R&D~/ops", "a group whose name has a slash is named by its id, not by its path"),
        (
            "staff/developers",
            "a path begins with a slash; a group whose name has a slash is named by its id",
        ),
        *(
            (value, "it is a path with an empty name; write /NAME, /NAME/NAME or an id")
            for value in ("/", "//a", "/a//b", "/a/", "/a/../b", "/.", "..")
        ),
    ],
)
def test_what_may_name_several_groups_or_none_is_refused(value, why):
    with pytest.raises(ValueError, match=rf"^{why}$"):
        InKeycloakGroup(value)


@pytest.mark.parametrize(
    "value", ["/staff", "/staff/developers", "/a b/~c", "/Ä/李", "0ecb01be-b472-4a31-b6d6-bb19deea"]
)
def test_a_path_or_an_id_is_taken(value):
    assert value == InKeycloakGroup(value).value


# -- the veto


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        ((ADA,), No("the Keycloak user ada is enabled")),
        ((a_user(is_enabled=False),), Yes("the Keycloak user ada is disabled")),
        (Unknown("HTTP 403"), Unknown("HTTP 403")),
        ((), Unknown("Keycloak shows no user with the id id-ada")),
    ],
    ids=["enabled", "disabled", "not shown", "gone"],
)
def test_a_disabled_user_is_a_veto(user, answer):
    lookup = look_up(ScriptedKeycloak({"id-ada": user}))

    assert {(a_person(), DISABLED): answer} == lookup.vetoes([a_person()], [DISABLED])


def test_without_a_veto_nobody_is_asked_about():
    keycloak = AttentiveKeycloak([ADA])

    assert {} == look_up(keycloak).vetoes([a_person()], [])
    assert [] == keycloak.asked


@pytest.mark.parametrize("kind", [KEYCLOAK_ID, KEYCLOAK_USERNAME])
def test_a_canary_is_named_by_its_id_whatever_proves_people(kind):
    lookup = look_up(InMemoryKeycloak([a_user("former", is_enabled=False)], ()))

    answer = lookup.canary(DISABLED, "id-former", kind)

    assert Yes("the Keycloak user former is disabled") == answer


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone", "Keycloak shows no user with the id gone"),
        ("a/b", "it cannot be anybody's keycloak_id"),
    ],
)
def test_a_canary_that_is_nobody_is_unknown(name, reason):
    lookup = look_up(InMemoryKeycloak([ADA], ()))

    assert Unknown(reason) == lookup.canary(DISABLED, name, KEYCLOAK_ID)


# -- for doctor and the report


def test_a_group_has_as_many_members_as_it_and_those_below_have_together():
    groups = [a_group("/staff", "ada"), a_group("/staff/developers", "ada", "bob")]
    lookup = look_up(InMemoryKeycloak([ADA, BOB], groups))

    assert (2, 2) == (lookup.members(STAFF), lookup.members(DEVELOPERS))
    assert isinstance(lookup.members(InKeycloakGroup("/gone")), Unknown)


def test_everybody_who_is_proven_has_a_user_to_look_at():
    profile = Profile(KEYCLOAK, "id-ada", "Keycloak user", is_account=False)

    assert (profile,) == look_up(InMemoryKeycloak([ADA], ())).profiles(a_person())


def test_keycloak_proves_by_ids_and_usernames():
    kinds = (NameKind("keycloak_id"), NameKind("keycloak_username"))
    assert (kinds, kinds) == (KeycloakSource.proves_by, KeycloakSource.gives_names)
