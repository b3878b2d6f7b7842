"""KeycloakAdmin against the simulator: the contract, the wire, silences, and misbehaviour."""

import attrs
import pytest

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.integration import quoted
from glaab.adapters.keycloak.api import MISSING_ROLE, KeycloakApi
from glaab.adapters.keycloak.client import KeycloakAdmin
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.sources.keycloak import KEYCLOAK, KEYCLOAK_ID, KEYCLOAK_USERNAME
from tests.contract.keycloak.contract import ADA, BOB, KeycloakContract, a_group, a_user, uuid
from tests.contract.keycloak.simulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    REALM,
    KeycloakSimulator,
    SimulatedClient,
    SimulatedGroup,
)
from tests.contract.sessions import http_session
from tests.contract.wire import (
    Recorder,
    Response,
    answers,
    disconnects,
    is_silent,
    json_response,
    served,
    text_response,
)

NOBODY = uuid(999)


def an_api(origin, timeouts=None, **changes):
    session = http_session(KEYCLOAK, origin, timeouts=timeouts, reads={"POST"})
    values = {
        "url": origin,
        "realm": REALM,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "session": session,
    }
    return KeycloakApi(**(values | changes))


def a_keycloak(origin, timeouts=None, **changes):
    return KeycloakAdmin(api=an_api(origin, timeouts, **changes))


@pytest.fixture
def recorder():
    """In front of a Keycloak where Ada is staff, and Bob is disabled staff; strict at the end."""
    recorder = Recorder(KeycloakSimulator.of([ADA, BOB], [a_group("/staff", ADA, BOB)]))
    yield recorder
    assert [] == recorder.errors


@pytest.fixture
def simulator(recorder):
    return recorder.simulator


@pytest.fixture
def timeouts():
    return TimeoutPolicy(timeout_s=30)


@pytest.fixture
def url(recorder):
    with served(recorder) as url:
        yield url


@pytest.fixture
def keycloak(url, timeouts):
    return a_keycloak(url, timeouts)


class TestKeycloakAdmin(KeycloakContract):
    rung = "simulator"

    @pytest.fixture
    def given(self, recorder):
        with served(recorder) as url:

            def given(users, groups):
                recorder.simulator = KeycloakSimulator.of(users, groups)
                return a_keycloak(url)

            yield given


def asked(recorder):
    """The paths and parameters of what was asked below the realm, without the token."""
    below = f"/admin/realms/{REALM}/"
    return [
        (each.path.removeprefix(below), each.parameters)
        for each in recorder.requests
        if each.path.startswith(below)
    ]


class TestOnTheWire:
    def test_a_token_is_asked_for_once_and_shown_with_every_question(self, keycloak, recorder):
        keycloak.users([ADA.id], KEYCLOAK_ID)
        keycloak.members("/staff")

        token, *others = recorder.requests
        assert (
            "POST",
            f"/realms/{REALM}/protocol/openid-connect/token",
            {
                "grant_type": "client_credentials",
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
            },
        ) == (token.method, token.path, token.form)
        assert {"GET"} == {each.method for each in others}
        assert all(each.headers["authorization"].startswith("Bearer ") for each in others)

    def test_ids_are_asked_for_together_with_the_accounts_own(self, keycloak, recorder):
        keycloak.users([ADA.id, BOB.id, ADA.id], KEYCLOAK_ID)

        search = f"id:{ADA.id} {BOB.id} {SimulatedClient().user_id}"
        assert [("users", {"search": search, "briefRepresentation": "true"})] == asked(recorder)

    @pytest.mark.parametrize(("people", "requests"), [(1, 1), (100, 1), (101, 2), (250, 3)])
    def test_a_hundred_users_cost_one_request(self, keycloak, recorder, people, requests):
        users = [a_user(number) for number in range(1, people + 1)]
        recorder.simulator = KeycloakSimulator.of(users, [])

        keycloak.users([user.id for user in users], KEYCLOAK_ID)

        assert requests == len(asked(recorder))

    def test_who_does_not_come_back_is_asked_for_alone(self, keycloak, recorder):
        keycloak.users([ADA.id, NOBODY], KEYCLOAK_ID)

        assert ["users", f"users/{NOBODY}"] == [path for path, _ in asked(recorder)]

    @pytest.mark.parametrize("odd", ["a b", "ä", "a?b", "a,b", "x" * 256, "x" * 33_000])
    def test_an_id_that_cannot_stand_among_others_is_asked_for_alone(self, keycloak, recorder, odd):
        """A space would make two of it; the others are found all the same."""
        assert (ADA,) == keycloak.users([ADA.id, odd], KEYCLOAK_ID)[ADA.id]
        assert f"users/{odd}" in [path for path, _ in asked(recorder)]

    def test_long_ids_cost_more_requests(self, keycloak, recorder):
        """An address stays below the 8 KiB that servers and proxies take."""
        users = [attrs.evolve(a_user(n), id=f"f:{':' * 200}:{n:03}") for n in range(50)]
        recorder.simulator = KeycloakSimulator.of(users, [])

        assert 50 == len(keycloak.users([user.id for user in users], KEYCLOAK_ID))
        assert 7_000 > max(len(quoted(each["search"])) for _, each in asked(recorder))

    @pytest.mark.parametrize("place", ["count", "profile"])
    def test_what_is_no_user_below_users_is_nobody(self, keycloak, recorder, place):
        assert {ADA.id: (ADA,)} == keycloak.users([ADA.id, place], KEYCLOAK_ID)
        assert ["users"] == [path for path, _ in asked(recorder)]

    def test_a_group_costs_a_request_and_one_for_its_members(self, keycloak, recorder):
        keycloak.members("/staff")

        (found, members) = asked(recorder)
        assert ("group-by-path/staff", {}) == found
        assert {"briefRepresentation": "true", "first": "0", "max": "1000"} == members[1]

    @pytest.mark.parametrize(("people", "pages"), [(999, 1), (1000, 2), (2001, 3)])
    def test_a_thousand_members_cost_one_request(self, keycloak, recorder, people, pages):
        users = [a_user(number) for number in range(1, people + 1)]
        recorder.simulator = KeycloakSimulator.of(users, [a_group("/staff", *users)])

        assert people == len(keycloak.members("/staff"))
        assert 1 + pages == len(asked(recorder))

    def test_a_few_usernames_are_asked_for_one_by_one(self, keycloak, recorder):
        """Then for the account's own id: a Keycloak without rights shows nobody."""
        keycloak.users(["ada", "nobody"], KEYCLOAK_USERNAME)

        exact = {"exact": "true", "briefRepresentation": "true"}
        own = {"search": f"id:{SimulatedClient().user_id}", "briefRepresentation": "true"}
        assert [
            ("users", {"username": "ada"} | exact),
            ("users", {"username": "nobody"} | exact),
            ("users", own),
        ] == asked(recorder)

    def test_where_everybody_is_found_by_username_nothing_more_is_asked(self, keycloak, recorder):
        assert {"ada": (ADA,)} == keycloak.users(["ada"], KEYCLOAK_USERNAME)
        assert 1 == len(asked(recorder))

    def test_of_many_usernames_all_users_are_read(self, keycloak, recorder):
        """Keycloak takes one name at a time; those who are missing there are asked for alone."""
        users = [a_user(number) for number in range(1, 1201)]
        recorder.simulator = KeycloakSimulator.of(users, [])
        names = [user.username.upper() for user in users[:150]]

        found = keycloak.users([*names, "nobody"], KEYCLOAK_USERNAME)

        assert 150 == len(found)
        count, pages, nobody, own = 1, 2, 1, 1
        assert count + pages + nobody + own == len(asked(recorder))

    def test_of_a_realm_that_is_too_large_they_are_asked_for_one_by_one(self, keycloak, recorder):
        counted = answers(json_response(101_000))
        users = [a_user(number) for number in range(1, 102)]
        recorder.simulator = KeycloakSimulator.of(users, [])
        recorder.faults += [None, counted]

        found = keycloak.users([user.username for user in users], KEYCLOAK_USERNAME)

        assert (101, 1 + 101) == (len(found), len(asked(recorder)))

    def test_keycloak_may_live_below_a_path(self, recorder, simulator, url):
        """As all did until version 16."""
        simulator.root = "/auth"

        assert {ADA.id: (ADA,)} == a_keycloak(f"{url}/auth/").users([ADA.id], KEYCLOAK_ID)

    def test_of_the_master_realm_the_roles_belong_to_another_client(self, simulator, url):
        simulator.realm = "master"

        found = a_keycloak(url, realm="master").users([ADA.id], KEYCLOAK_ID)

        assert {ADA.id: (ADA,)} == found


class TestTokens:
    def test_a_token_that_runs_out_is_replaced(self, keycloak, recorder, simulator):
        keycloak.users([ADA.id], KEYCLOAK_ID)
        simulator.expire_tokens()

        assert {ADA.id: (ADA,)} == keycloak.users([ADA.id], KEYCLOAK_ID)
        assert ["POST", "GET", "GET", "POST", "GET"] == recorder.methods

    def test_a_new_token_that_is_refused_is_no_answer(self, keycloak, recorder):
        """As where Keycloak knows itself by another address: nothing is asked for ever."""
        refused = answers(json_response({"error": "HTTP 401 Unauthorized"}, 401))
        recorder.faults += [None, refused, None, refused]

        with pytest.raises(SystemUnavailable) as error:
            keycloak.users([ADA.id], KEYCLOAK_ID)

        assert (
            "it refuses the access token that it has just issued (HTTP 401): see that KEYCLOAK_URL"
            " is the address by which Keycloak knows itself, and that the client has the client"
            " scope kc-admin-api if Keycloak (26.8) has such a scope"
        ) == error.value.reason
        assert 4 == len(recorder.requests)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            (
                {"client_secret": "wrong"},
                "it refused the credentials (HTTP 401: Invalid client or Invalid client"
                " credentials): see KEYCLOAK_CLIENT_ID and KEYCLOAK_CLIENT_SECRET",
            ),
            (
                {"realm": "People"},
                "it answered HTTP 404: Realm does not exist; see KEYCLOAK_URL, and KEYCLOAK_REALM,"
                " whose case counts",
            ),
        ],
    )
    def test_why_there_is_no_token_is_told(self, url, changes, reason):
        with pytest.raises(SystemUnavailable) as error:
            a_keycloak(url, **changes).users([ADA.id], KEYCLOAK_ID)

        assert reason == error.value.reason

    def test_a_wrong_path_is_told_as_one(self, url):
        with pytest.raises(SystemUnavailable) as error:
            a_keycloak(f"{url}/auth").users([ADA.id], KEYCLOAK_ID)

        assert error.value.reason.startswith(
            "it answered HTTP 404: Unable to find matching target resource method; see KEYCLOAK_URL"
        )

    @pytest.mark.parametrize(
        "text",
        ["opaque", "a.b.c", "a.bm8.c", f"a.{'W1td' * 3}.c", "a.W10.c", f"a.{'W1tb' * 40_000}.c"],
        ids=["no JWT", "no base64", "no JSON", "several", "a list", "nested too deeply"],
    )
    def test_a_token_that_cannot_be_read_is_no_answer(self, keycloak, recorder, text):
        recorder.faults.append(answers(json_response({"access_token": text})))

        with pytest.raises(
            SystemUnavailable, match=r"access token cannot be read|unexpected shape"
        ):
            keycloak.users([ADA.id], KEYCLOAK_ID)

    def test_a_token_that_does_not_say_whose_it_is_is_no_answer(self, keycloak, simulator):
        simulator.change_client(has_sub=False)

        with pytest.raises(SystemUnavailable, match=r"\(sub\): give the client glaab the client"):
            keycloak.users([ADA.id], KEYCLOAK_ID)

    def test_a_token_that_a_server_repeats_is_not_told(self, keycloak, recorder):
        def repeats(request, _handle):
            token = request.headers["authorization"].removeprefix("Bearer ")
            return json_response({"error": f"bad {token}"}, 400)

        recorder.faults += [None, repeats, repeats]

        with pytest.raises(SystemUnavailable, match=r"^keycloak .*HTTP 400: bad \[secret\]$"):
            keycloak.users([ADA.id], KEYCLOAK_ID)

    def test_nor_is_one_that_was_replaced(self, keycloak, recorder):
        first = []

        def refuses(request, _handle):
            first.append(request.headers["authorization"].removeprefix("Bearer "))
            return json_response({"error": "HTTP 401 Unauthorized"}, 401)

        def repeats(_request, _handle):
            return json_response({"error": f"bad {first[0]}"}, 400)

        recorder.faults += [None, refuses, None, repeats, repeats]

        with pytest.raises(SystemUnavailable, match=r"^keycloak .*HTTP 400: bad \[secret\]$"):
            keycloak.users([ADA.id], KEYCLOAK_ID)

    def test_nothing_secret_is_shown(self, url):
        api = an_api(url)
        token = api.token.text

        assert CLIENT_SECRET not in repr(api)
        assert token not in repr(api)


TOO_FEW_ROLES = [
    (),
    ("query-users",),
    ("query-groups",),
    ("query-users", "query-groups"),
    ("view-realm",),
]


class TestSilences:
    """What looks like nobody and is none: `200 []`, 403, and rights that are withdrawn."""

    @pytest.mark.parametrize("roles", TOO_FEW_ROLES)
    @pytest.mark.parametrize("kind", [KEYCLOAK_ID, KEYCLOAK_USERNAME])
    def test_an_account_without_rights_has_seen_nobody(self, keycloak, simulator, roles, kind):
        simulator.change_client(roles=frozenset(roles))

        with pytest.raises(SystemUnavailable) as error:
            keycloak.users([ADA.name(kind)], kind)

        assert (
            f"{MISSING_ROLE}: give the service account of the client glaab the role view-users of"
            " realm-management"
        ) == error.value.reason

    @pytest.mark.parametrize("roles", TOO_FEW_ROLES)
    def test_an_account_without_rights_has_seen_no_group(self, keycloak, simulator, roles):
        simulator.change_client(roles=frozenset(roles))

        with pytest.raises(SystemUnavailable, match="does not show the role view-users"):
            keycloak.members("/staff")

    @pytest.mark.parametrize("changes", [{"has_full_scope": False}, {"is_lightweight": True}])
    def test_a_token_that_does_not_show_the_role_proves_nothing(self, keycloak, simulator, changes):
        simulator.change_client(**changes)

        with pytest.raises(SystemUnavailable, match="does not show the role view-users"):
            keycloak.users([ADA.id], KEYCLOAK_ID)

    @pytest.mark.parametrize("role", ["manage-users", "realm-admin"])
    def test_greater_rights_are_enough(self, keycloak, simulator, role):
        simulator.change_client(roles=frozenset({role}))

        assert {ADA.id: (ADA,)} == keycloak.users([ADA.id], KEYCLOAK_ID)
        assert {ADA.id: ADA, BOB.id: BOB} == keycloak.members("/staff")

    @pytest.mark.parametrize("kind", [KEYCLOAK_ID, KEYCLOAK_USERNAME])
    def test_rights_that_were_withdrawn_since_the_token_show_nobody(
        self, keycloak, simulator, kind
    ):
        """The token still shows the role; not even the account itself comes back."""
        keycloak.users([ADA.id], KEYCLOAK_ID)
        simulator.change_client(roles=frozenset({"query-users"}))

        with pytest.raises(SystemUnavailable) as error:
            keycloak.users([BOB.name(kind)], kind)

        assert (
            "it does not show the service account itself: give the service account of the client"
            " glaab the role view-users of realm-management (Keycloak before 26.2 shows nobody of"
            " several)"
        ) == error.value.reason

    def test_rights_that_vanish_between_two_names_hold_nobody(self, keycloak, recorder, simulator):
        def withdraws(_request, _handle):
            simulator.change_client(roles=frozenset({"query-users"}))

        recorder.faults += [None, None, withdraws]

        with pytest.raises(SystemUnavailable, match="it does not show the service account itself"):
            keycloak.users(["ada", "bob"], KEYCLOAK_USERNAME)

    def test_an_odd_id_alone_is_not_believed_to_be_nobody_without_rights(self, keycloak, simulator):
        keycloak.users([ADA.id], KEYCLOAK_ID)
        simulator.change_client(roles=frozenset({"query-users"}))

        with pytest.raises(SystemUnavailable, match="it does not show the service account itself"):
            keycloak.users(["a b"], KEYCLOAK_ID)

    def test_an_id_that_keycloak_stumbles_over_spoils_its_own_look_up_alone(
        self, keycloak, recorder
    ):
        """As a broken user storage provider does: the others of the batch are asked for alone."""
        broken = "f:broken:1"

        def stumbles(request, _handle):
            if broken in str(request.query) or broken in request.path:
                return json_response({"error": "unknown_error"}, 500)
            return None

        recorder.always = stumbles

        found = keycloak.users([ADA.id, broken, BOB.id], KEYCLOAK_ID)

        assert ((ADA,), (BOB,)) == (found[ADA.id], found[BOB.id])
        assert isinstance(found[broken], Unknown)

    def test_all_rights_withdrawn_say_which_is_missing(self, keycloak, simulator):
        keycloak.users([ADA.id], KEYCLOAK_ID)
        simulator.change_client(roles=frozenset())

        with pytest.raises(SystemUnavailable, match=r"HTTP 403.*the role view-users"):
            keycloak.users([BOB.id], KEYCLOAK_ID)
        assert isinstance(keycloak.members("/staff"), Unknown)

    def test_permissions_instead_of_the_role_prove_nothing(self, keycloak, simulator):
        """By a policy of type client lists are empty, and so said of nobody."""
        simulator.change_client(roles=frozenset({"query-users"}), is_permitted=True)
        simulator.members_look_empty = True

        with pytest.raises(SystemUnavailable, match="does not show the role view-users"):
            keycloak.members("/staff")

    def test_somebody_who_is_left_out_and_refused_alone_is_unknown_alone(self, keycloak, recorder):
        """As fine-grained permissions of others do it."""
        forbidden = answers(json_response({"error": "HTTP 403 Forbidden"}, 403))
        recorder.faults += [None, None, forbidden]

        found = keycloak.users([ADA.id, NOBODY], KEYCLOAK_ID)

        assert (ADA,) == found[ADA.id]
        assert (
            f'Keycloak gave no usable answer about "{NOBODY}": it answered HTTP 403: HTTP 403'
            " Forbidden; give the service account of the client glaab the role view-users of"
            " realm-management"
        ) == found[NOBODY].detail

    @pytest.mark.parametrize(
        "response",
        [
            text_response("<html>not found</html>", 404, "text/html"),
            json_response({"error": "HTTP 404 Not Found"}, 404),
            text_response("", 414),
            json_response({"error": "unknown_error"}, 500),
            json_response([]),
            json_response(600),
            json_response({"id": ADA.id, "username": "ada", "enabled": True}),
            json_response({"id": NOBODY, "username": "ada"}),
        ],
        ids=["a proxy's 404", "another 404", "414", "500", "a list", "a number", "others", "shape"],
    )
    def test_only_keycloaks_own_404_says_that_somebody_is_not_there(
        self, keycloak, recorder, response
    ):
        """Anything else spoils that one person's look-up alone."""
        recorder.faults += [None, None, answers(response)]

        found = keycloak.users([ADA.id, NOBODY], KEYCLOAK_ID)

        assert (ADA,) == found[ADA.id]
        assert isinstance(found[NOBODY], Unknown)

    def test_somebody_who_is_left_out_of_the_batch_and_shown_alone_is_there(
        self, keycloak, recorder
    ):
        own = json_response(
            [{"id": SimulatedClient().user_id, "username": "service", "enabled": True}]
        )
        recorder.faults += [None, answers(own)]

        assert {ADA.id: (ADA,)} == keycloak.users([ADA.id], KEYCLOAK_ID)

    def test_users_whom_nobody_asked_about_are_no_answer(self, keycloak, recorder):
        """A parameter that is ignored makes it the list of everybody."""
        users = [
            {"id": each, "username": "x", "enabled": True}
            for each in (SimulatedClient().user_id, BOB.id)
        ]
        recorder.faults += [None, answers(json_response(users))]

        with pytest.raises(SystemUnavailable, match="it tells of users that nobody asked about"):
            keycloak.users([ADA.id], KEYCLOAK_ID)

    def test_other_names_than_the_one_asked_for_are_unknown_alone(self, keycloak, recorder):
        others = json_response([{"id": "1", "username": "adam", "enabled": True}])
        recorder.faults += [None, answers(others)]

        found = keycloak.users(["ada", "bob"], KEYCLOAK_USERNAME)

        assert {
            "ada": Unknown('Keycloak was asked for the user "ada" and told of others'),
            "bob": (BOB,),
        } == found

    @pytest.mark.parametrize("order", [(True, False), (False, True)])
    def test_somebody_who_is_shown_twice_is_disabled_if_ever_shown_so(
        self, keycloak, recorder, order
    ):
        own = {"id": SimulatedClient().user_id, "username": "service", "enabled": True}
        twice = [{"id": ADA.id, "username": "ada", "enabled": enabled} for enabled in order]
        recorder.faults += [None, answers(json_response([own, *twice]))]

        ((user,),) = keycloak.users([ADA.id], KEYCLOAK_ID).values()

        assert not user.is_enabled

    def test_the_accounts_own_user_is_found_like_others(self, keycloak):
        own = SimulatedClient().user_id

        assert [own] == [*keycloak.users([own], KEYCLOAK_ID)]


def a_tree(*groups):
    """Groups as (id, name, parent)."""
    return {
        group_id: SimulatedGroup(id=group_id, name=name, parent_id=parent, members=(ADA.id,))
        for group_id, name, parent in groups
    }


class TestGroups:
    @pytest.mark.parametrize(
        ("path", "groups", "name"),
        [
            ("/R&D/ops", [("1", "R&D/ops", None)], "R&D/ops"),
            ("/a/b/c", [("1", "a/b", None), ("2", "c", "1")], "a/b"),
            ("/a/b/c", [("1", "a", None), ("2", "b/c", "1")], "b/c"),
            ("/a/b/c/d", [("1", "a", None), ("2", "b/c", "1"), ("3", "d", "2")], "b/c"),
            ("/a/b/c/d", [("1", "a/b/c", None), ("2", "d", "1")], "a/b/c"),
        ],
    )
    def test_a_path_through_a_name_with_a_slash_is_unknown(
        self, keycloak, simulator, path, groups, name
    ):
        """Another group can take the path over, by being made (Keycloak 26.7)."""
        simulator.groups = a_tree(*groups)

        assert Unknown(
            f'the path {path} leads by way of "{name}", whose slash lets it come to mean another'
            " group"
        ) == keycloak.members(path)

    def test_by_its_id_a_group_may_have_any_name(self, keycloak, simulator):
        simulator.groups = a_tree(("1", "R&D/ops", None))

        assert {ADA.id: ADA} == keycloak.members("1")

    def test_a_deep_path_is_looked_at_name_by_name(self, keycloak, simulator, recorder):
        simulator.groups = a_tree(("1", "a", None), ("2", "b", "1"), ("3", "c", "2"))

        assert {ADA.id: ADA} == keycloak.members("/a/b/c")
        assert ["group-by-path/a/b/c", "groups/2", "groups/3/members"] == [
            path for path, _ in asked(recorder)
        ]

    @pytest.mark.parametrize("group", ["/gone", "gone"])
    def test_why_a_group_is_unknown_is_told(self, keycloak, group):
        found = keycloak.members(group)

        assert found.detail.startswith(
            f"Keycloak group {group} cannot be read: it answered HTTP 404: "
        )

    def test_another_group_than_the_one_asked_for_is_unknown(self, keycloak, recorder):
        other = {"id": "other", "name": "é", "path": "/é"}
        recorder.faults += [None, answers(json_response(other))]

        assert Unknown("Keycloak shows another group for this") == keycloak.members("this")

    def test_a_path_of_which_another_form_is_shown_says_which(self, keycloak, recorder):
        other = {"id": "other", "name": "é", "path": "/é"}
        recorder.faults += [None, answers(json_response(other))]

        assert Unknown("Keycloak shows another group for /e\u0301: '/\\xe9'") == keycloak.members(
            "/e\u0301"
        )

    def test_groups_below_that_are_not_all_shown_are_unknown(self, keycloak, recorder, simulator):
        """The list is short without a word."""
        simulator.groups = a_tree(("1", "a", None), ("2", "b", "1"), ("3", "c", "1"))
        one = [{"id": "2", "name": "b", "path": "/a/b", "parentId": "1", "subGroupCount": 0}]
        recorder.faults += [None, None, None, answers(json_response(one))]

        assert Unknown("Keycloak does not show all groups below /a") == keycloak.members("/a")

    def test_a_group_that_is_shown_twice_is_one(self, keycloak, recorder, simulator):
        simulator.groups = a_tree(("1", "a", None), ("2", "b", "1"), ("3", "c", "1"))
        one = {"id": "2", "name": "b", "path": "/a/b", "parentId": "1", "subGroupCount": 0}
        recorder.faults += [None, None, None, answers(json_response([one, one]))]

        assert Unknown("Keycloak does not show all groups below /a") == keycloak.members("/a")

    @pytest.mark.parametrize("order", [(True, False), (False, True)])
    def test_a_member_who_is_shown_twice_is_disabled_if_ever_shown_so(
        self, keycloak, recorder, order
    ):
        twice = [{"id": ADA.id, "username": "ada", "enabled": enabled} for enabled in order]
        recorder.faults += [None, None, answers(json_response(twice))]

        assert not keycloak.members("/staff")[ADA.id].is_enabled

    def test_another_path_than_the_one_asked_for_is_unknown(self, keycloak, recorder):
        other = {"id": "1", "name": "staff", "path": "/other/staff"}
        recorder.faults += [None, answers(json_response(other))]

        assert isinstance(keycloak.members("/staff"), Unknown)

    def test_a_keycloak_that_does_not_count_groups_is_asked_for_them(self, keycloak, recorder):
        """As before version 23."""
        uncounted = {"id": "1", "name": "a", "path": "/a"}
        recorder.simulator.groups = a_tree(("1", "a", None), ("2", "b", "1"))
        recorder.faults += [None, answers(json_response(uncounted))]

        assert {ADA.id: ADA} == keycloak.members("/a")
        assert "groups/1/children" in [path for path, _ in asked(recorder)]

    def test_over_two_hundred_groups_are_not_read(self, keycloak, simulator):
        below = [(str(number), f"team{number}", "0") for number in range(1, 201)]
        simulator.groups = a_tree(("0", "a", None), *below)

        assert Unknown("over 200 groups are below Keycloak group /a") == keycloak.members("/a")

    def test_a_list_that_has_no_end_is_no_answer(self, keycloak, recorder):
        """As where `first` is ignored: the first page would come again and again."""
        page = [{"id": str(n), "username": str(n), "enabled": True} for n in range(1000)]
        recorder.faults += [None, None, *[answers(json_response(page))] * 2]

        with pytest.raises(SystemUnavailable, match="its list has no end: a page came twice"):
            keycloak.members("/staff")

    def test_a_member_without_a_state_is_unknown(self, keycloak, recorder):
        page = [{"id": ADA.id, "username": "ada"}]
        recorder.faults += [None, None, answers(json_response(page))]

        assert "unexpected shape" in keycloak.members("/staff").detail


HTML = "<!DOCTYPE html><html><title>Login</title></html>"
MISBEHAVIOURS = {
    "timeout": (is_silent, "it did not answer in time"),
    "disconnect": (disconnects, "the connection failed"),
    "cut-off body": (answers(Response(body=b"[{}]", cut_to=2)), "its answer was cut off"),
    "429": (answers(text_response("", 429)), "it asks for fewer requests (HTTP 429)"),
    "502": (answers(text_response(HTML, 502, "text/html")), "it answered HTTP 502"),
    "503": (answers(text_response("", 503)), "it answered HTTP 503"),
    "504": (answers(text_response("", 504)), "it answered HTTP 504"),
}


@pytest.mark.parametrize("misbehaviour", MISBEHAVIOURS)
@pytest.mark.parametrize("at", ["token", "question"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda k: k.users([ADA.id], KEYCLOAK_ID),
        lambda k: k.users(["ada"], KEYCLOAK_USERNAME),
        lambda k: k.members("/staff"),
    ],
    ids=["ids", "usernames", "members"],
)
def test_misbehaviour_is_never_an_answer(keycloak, timeouts, recorder, ask, at, misbehaviour):
    fault, reason = MISBEHAVIOURS[misbehaviour]
    timeouts.retries = 0
    recorder.faults += [fault] if at == "token" else [None, fault]
    if fault is is_silent:
        timeouts.timeout_s = 0.3

    with pytest.raises(SystemUnavailable) as error:
        ask(keycloak)

    assert (KEYCLOAK, True) == (error.value.system, reason in error.value.reason)


@pytest.mark.parametrize("misbehaviour", MISBEHAVIOURS)
def test_an_outage_while_somebody_is_asked_for_alone_ends_the_look(
    keycloak, timeouts, recorder, misbehaviour
):
    """Else each of thousands would be waited for."""
    fault, reason = MISBEHAVIOURS[misbehaviour]
    timeouts.retries = 0
    recorder.faults += [None, None, fault]
    if fault is is_silent:
        timeouts.timeout_s = 0.3

    with pytest.raises(SystemUnavailable) as error:
        keycloak.users([NOBODY, uuid(998)], KEYCLOAK_ID)

    assert reason in error.value.reason


@pytest.mark.parametrize(
    "response",
    [
        text_response(HTML, 200, "text/html"),
        Response(),
        Response(status=204),
        json_response({}),
        json_response(None),
        json_response(["ada"]),
        json_response([{"id": ADA.id, "username": "ada", "enabled": "true"}]),
        json_response([{"id": 7, "username": "ada", "enabled": True}]),
        Response(status=302, headers={"Location": "https://elsewhere.example/"}),
    ],
)
class TestAnotherShape:
    def test_if_keycloak_answers_nothing_else_nobody_was_looked_up(
        self, keycloak, recorder, response
    ):
        recorder.faults += [None, *[answers(response)] * 2]

        with pytest.raises(SystemUnavailable):
            keycloak.users([ADA.id], KEYCLOAK_ID)

    def test_of_one_batch_it_is_asked_for_one_by_one(self, keycloak, recorder, response):
        recorder.faults += [None, answers(response)]

        assert {ADA.id: (ADA,)} == keycloak.users([ADA.id], KEYCLOAK_ID)

    def test_of_one_name_it_spoils_that_name_alone(self, keycloak, recorder, response):
        recorder.faults += [None, answers(response)]

        found = keycloak.users(["ada", "bob"], KEYCLOAK_USERNAME)

        assert (True, (BOB,)) == (isinstance(found["ada"], Unknown), found["bob"])


def test_a_request_that_failed_in_transit_is_sent_again(keycloak, recorder):
    """For a token, too: to ask for one changes nothing."""
    recorder.faults += [disconnects, None, answers(text_response("", 503))]

    assert {ADA.id: (ADA,)} == keycloak.users([ADA.id], KEYCLOAK_ID)
