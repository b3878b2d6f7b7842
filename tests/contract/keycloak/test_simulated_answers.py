"""What the simulator answers is what a real Keycloak answers, asked the same in the same realm."""

import json
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import attrs
import pytest
import requests

from tests.contract.keycloak.comparing import in_order, masked, payload
from tests.contract.keycloak.simulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    REALM,
    KeycloakSimulator,
    SimulatedClient,
    SimulatedGroup,
    SimulatedUser,
)
from tests.contract.services.keycloak import KeycloakService
from tests.contract.services.keycloak_realm import KeycloakRealm
from tests.contract.wire import Recorder, served

pytestmark = pytest.mark.timeout(300)

LIFETIME_S = 3600
BRIEF = "briefRepresentation=true"


def an_id(number: int) -> str:
    return f"0a0b0c0d-0000-4000-8000-{number:012}"


ADA, BOB, MAX, ODD = map(an_id, range(1, 5))
NOBODY = an_id(999)
GRETA = an_id(900)
"""Nobody asks about her but the tests that change her."""
OPS, CHILD, WIDE, BIG, EMPTY = map(an_id, range(501, 506))
DOOMED = an_id(599)
CLIENTS = {
    CLIENT_ID: {"view-users"},
    "manage-users": {"manage-users"},
    "realm-admin": {"realm-admin"},
    "query-users": {"query-users"},
    "query-groups": {"query-groups"},
    "query-both": {"query-users", "query-groups"},
    "view-realm": {"view-realm"},
    "none": set(),
}
LIGHTWEIGHT, UNSCOPED, DISABLED, NO_ACCOUNT = "lightweight", "unscoped", "disabled", "no-account"
CHANGED = "changed"
"""Nobody asks with it but the tests that change it."""


def people() -> Iterator[SimulatedUser]:
    """More than a page of them."""
    yield SimulatedUser(id=ADA, username="Ada")
    yield SimulatedUser(id=BOB, username="bob", is_enabled=False)
    yield SimulatedUser(id=MAX, username="max.müller")
    yield SimulatedUser(id=ODD, username="100%sure_x")
    yield SimulatedUser(id=GRETA, username="zz.greta")
    for number in range(100, 203):
        yield SimulatedUser(id=an_id(number), username=f"user{number}")


def groups() -> Iterator[SimulatedGroup]:
    """With all that is odd about paths: names with slashes, hidden by others and not."""
    everybody = tuple(an_id(number) for number in range(100, 203))
    yield SimulatedGroup(id=OPS, name="Ops", members=(BOB, ADA, client_user(1)))
    yield SimulatedGroup(id=CHILD, name="child é", parent_id=OPS, members=(MAX,))
    yield SimulatedGroup(id=WIDE, name="wide")
    yield SimulatedGroup(id=BIG, name="big", members=(ODD, *everybody))
    yield SimulatedGroup(id=EMPTY, name="empty")
    yield SimulatedGroup(id=DOOMED, name="doomed", members=(GRETA,))
    yield SimulatedGroup(id=an_id(510), name="R&D/ops", members=(ADA,))
    yield SimulatedGroup(id=an_id(511), name="Ops/hidden", members=(ADA,))
    yield SimulatedGroup(id=an_id(512), name="below/slash", parent_id=WIDE)
    for number in range(12):
        yield SimulatedGroup(id=an_id(520 + number), name=f"w{number:02}", parent_id=WIDE)


def client_user(number: int) -> str:
    return an_id(700 + number)


def clients() -> Iterator[SimulatedClient]:
    changes: dict[str, dict[str, object]] = {
        **{client_id: {"roles": frozenset(roles)} for client_id, roles in CLIENTS.items()},
        LIGHTWEIGHT: {"is_lightweight": True},
        UNSCOPED: {"has_full_scope": False},
        DISABLED: {"is_enabled": False},
        NO_ACCOUNT: {"has_service_account": False},
        CHANGED: {},
    }
    for number, (client_id, change) in enumerate(changes.items()):
        user_id = client_user(number)
        yield SimulatedClient(client_id=client_id, user_id=user_id, **change)


def a_world() -> KeycloakSimulator:
    """Its tokens last for all tests, however slow."""
    return KeycloakSimulator(
        token_lifetime=LIFETIME_S,
        users={user.id: user for user in people()},
        groups={group.id: group for group in groups()},
        clients={client.client_id: client for client in clients()},
    )


@attrs.frozen
class Side:
    """One of the two that are compared, by its URL."""

    url: str

    def ask(self, path: str, token: str | None, **headers: str) -> requests.Response:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.get(f"{self.url}{path}", headers=bearer | headers, timeout=60)

    def ask_for_token(
        self, client_id: str, realm: str = REALM, **form: str | None
    ) -> requests.Response:
        asked = {"grant_type": "client_credentials", "client_id": client_id}
        form = asked | {"client_secret": CLIENT_SECRET} | form
        form = {name: value for name, value in form.items() if value is not None}
        url = f"{self.url}/realms/{realm}/protocol/openid-connect/token"
        return requests.post(url, data=form, timeout=60)

    def token(self, client_id: str = CLIENT_ID) -> str:
        response = self.ask_for_token(client_id)
        assert response.ok, response.text
        return response.json()["access_token"]


@attrs.frozen(kw_only=True)
class Pair:
    """The same realm twice."""

    simulator: KeycloakSimulator
    simulated: Side
    realm: KeycloakRealm
    real: Side
    tokens: dict[str, tuple[str, str]] = attrs.field(factory=dict)
    """Of the simulator and of the real one, by who has them."""

    def new_tokens(self, client_id: str) -> tuple[str, str]:
        return self.simulated.token(client_id), self.real.token(client_id)

    def tokens_of(self, client_id: str) -> tuple[str, str]:
        if client_id not in self.tokens:
            self.tokens[client_id] = self.new_tokens(client_id)
        return self.tokens[client_id]

    def answers(self, path: str, tokens: tuple[object, object], **headers: str) -> list[object]:
        """That of the simulator, and that of the real one."""
        simulated, real = tokens
        responses = (
            self.simulated.ask(path, simulated, **headers),
            self.real.ask(path, real, **headers),
        )
        return [answer(each) for each in responses]


@pytest.fixture(scope="module")
def pair(keycloak_server: KeycloakService) -> Iterator[Pair]:
    simulator = a_world()
    recorder = Recorder(simulator)
    with served(recorder) as url:
        realm = keycloak_server.hold(simulator)
        yield Pair(
            simulator=simulator, simulated=Side(url), realm=realm, real=Side(keycloak_server.url)
        )
    assert [] == recorder.errors


def answer(response: requests.Response) -> dict[str, object]:
    """What of it is compared."""
    return {
        "status": response.status_code,
        "content_type": response.headers.get("Content-Type"),
        "body": masked(response.json()) if response.content else None,
    }


def said(response: requests.Response) -> dict[str, object]:
    """What of a token is compared: not whose address it was issued at and to."""
    claims = in_order(payload(response.json()["access_token"]))
    return {
        name: value
        for name, value in claims.items()
        if name not in {"iss", "clientHost", "clientAddress", "client_id"}
    }


IDS = f"search=id%3A{BOB}+{NOBODY}+{ADA}+{BOB}+{client_user(0)}"
QUESTIONS = (
    "",
    f"/users/{ADA}",
    f"/users/{BOB}",
    f"/users/{client_user(0)}",
    f"/users/{NOBODY}",
    f"/users/{ADA.upper()}",
    "/users/ada",
    "/users/",
    "/users/count",
    "/users/%20",
    "/users/a%2Fb",
    f"/users?{IDS}&{BRIEF}",
    f"/users?search=id%3A&{BRIEF}",
    f"/users?search=id%3A{ADA}%2C{BOB}&{BRIEF}",
    f"/users?username=ADA&exact=true&{BRIEF}",
    f"/users?username=ad&exact=true&{BRIEF}",
    f"/users?username=100%25sure_x&exact=true&{BRIEF}",
    f"/users?username=100%25&exact=true&{BRIEF}",
    f"/users?username=MAX.M%C3%9CLLER&exact=true&{BRIEF}",
    f"/users?username=max.mu%CC%88ller&exact=true&{BRIEF}",
    f"/users?username=%20ada&exact=true&{BRIEF}",
    f"/users?username=&exact=true&{BRIEF}",
    f"/users?username=service-account-glaab&exact=true&{BRIEF}",
    f"/users?username=nobody&exact=true&{BRIEF}",
    f"/users?{BRIEF}&first=0&max=5",
    f"/users?{BRIEF}&first=100&max=100",
    f"/users?{BRIEF}&first=900&max=100",
    f"/users?{BRIEF}",
    f"/users?{BRIEF}&max=-1",
    f"/users?{BRIEF}&max=0",
    "/group-by-path/Ops",
    "/group-by-path/ops",
    "/group-by-path/Ops/",
    "/group-by-path/%2FOps",
    "/group-by-path//Ops",
    "/group-by-path/Ops/child%20%C3%A9",
    "/group-by-path/Ops%2Fchild%20%C3%A9",
    "/group-by-path/Ops/child+%C3%A9",
    "/group-by-path/Ops/hidden",
    "/group-by-path/R%26D/ops",
    "/group-by-path/R%26D%2Fops",
    "/group-by-path/wide/below/slash",
    "/group-by-path/wide/w03",
    "/group-by-path/nosuch",
    "/group-by-path/",
    f"/groups/{OPS}",
    f"/groups/{CHILD}",
    f"/groups/{WIDE}",
    f"/groups/{NOBODY}",
    "/groups/Ops",
    f"/groups/{OPS}/children?{BRIEF}",
    f"/groups/{EMPTY}/children?{BRIEF}",
    f"/groups/{WIDE}/children?{BRIEF}",
    f"/groups/{WIDE}/children?{BRIEF}&first=10&max=5",
    f"/groups/{WIDE}/children?{BRIEF}&max=-1",
    f"/groups/{NOBODY}/children?{BRIEF}",
    f"/groups/{OPS}/members?{BRIEF}",
    f"/groups/{OPS}/members?{BRIEF}&first=1&max=1",
    f"/groups/{CHILD}/members?{BRIEF}",
    f"/groups/{EMPTY}/members?{BRIEF}",
    f"/groups/{BIG}/members?{BRIEF}",
    f"/groups/{BIG}/members?{BRIEF}&first=100&max=100",
    f"/groups/{BIG}/members?{BRIEF}&max=1000",
    f"/groups/{BIG}/members?{BRIEF}&max=-1",
    f"/groups/{BIG}/members?{BRIEF}&max=0",
    f"/groups/{an_id(510)}/members?{BRIEF}",
    f"/groups/{NOBODY}/members?{BRIEF}",
)


@pytest.mark.parametrize("client_id", [*CLIENTS, LIGHTWEIGHT, UNSCOPED])
def test_every_question_is_answered_alike_to(client_id, pair):
    tokens = pair.tokens_of(client_id)
    for question in QUESTIONS:
        simulated, real = pair.answers(f"/admin/realms/{REALM}{question}", tokens)

        is_shown_all = client_id in ("view-realm", "realm-admin") and not question
        if is_shown_all:  # a hundred fields, of which the simulator has those that others see
            real["body"] = {name: real["body"].get(name) for name in simulated["body"]}
        assert real == simulated, question


@pytest.mark.parametrize("tokens", [(None, None), ("garbage", "garbage")], ids=["no", "garbage"])
@pytest.mark.parametrize("path", ["", f"/users/{ADA}", "/group-by-path/Ops"])
@pytest.mark.parametrize("realm", [REALM, "nosuch"])
def test_nothing_is_answered_without_a_token(pair, tokens, path, realm):
    simulated, real = pair.answers(f"/admin/realms/{realm}{path}", tokens)

    assert real == simulated
    assert 401 == real["status"]


@pytest.mark.parametrize(
    "path",
    [
        "/admin/realms/nosuch/users?briefRepresentation=true",
        "/admin/realms/People",
        "/auth/admin/realms/people",
        "/admin//realms/people",
    ],
)
def test_a_wrong_address_is_answered_alike(pair, path):
    simulated, real = pair.answers(path, pair.tokens_of(CLIENT_ID))

    assert real == simulated


@pytest.mark.parametrize("length", [32_766, 32_767])
def test_a_long_question_is_refused_alike(pair, length):
    """The first has the greatest length that is answered."""
    path = f"/admin/realms/{REALM}/users?{BRIEF}&search=id%3A"
    path += "x" * (length - len(path))

    simulated, real = pair.answers(path, pair.tokens_of(CLIENT_ID))

    assert real == simulated


def test_a_token_counts_at_the_name_that_issued_it_alone(pair):
    tokens = pair.tokens_of(CLIENT_ID)

    simulated, real = pair.answers(f"/admin/realms/{REALM}", tokens, Host="other.example.org")

    assert real == simulated
    assert 401 == real["status"]


@pytest.mark.parametrize(
    ("client_id", "form"),
    [
        (CLIENT_ID, {"client_secret": "wrong"}),
        (CLIENT_ID, {"client_secret": None}),
        (CLIENT_ID, {"client_secret": ""}),
        (CLIENT_ID, {"client_id": None}),
        (CLIENT_ID, {"grant_type": None}),
        (CLIENT_ID, {"scope": "nosuch"}),
        (CLIENT_ID, {"realm": "nosuch"}),
        (CLIENT_ID, {"realm": "People"}),
        ("nosuch", {}),
        (CLIENT_ID.upper(), {}),
        (DISABLED, {}),
        (DISABLED, {"client_secret": "wrong"}),
        (NO_ACCOUNT, {}),
        (NO_ACCOUNT, {"client_secret": "wrong"}),
    ],
)
def test_a_token_is_refused_alike(pair, client_id, form):
    simulated, real = (
        answer(each.ask_for_token(**{"client_id": client_id, **form}))
        for each in (pair.simulated, pair.real)
    )

    assert real == simulated
    assert real["status"] >= 400


@pytest.mark.parametrize("client_id", [*CLIENTS, LIGHTWEIGHT, UNSCOPED])
def test_a_token_is_issued_alike(pair, client_id):
    simulated, real = (each.ask_for_token(client_id) for each in (pair.simulated, pair.real))

    assert answer(real) == answer(simulated)
    assert said(real) == said(simulated)
    assert LIFETIME_S == pytest.approx(real.json()["expires_in"], abs=1)


def test_a_role_counts_from_when_it_is_granted_until_it_is_withdrawn(pair):
    """Whatever was the case when the token was issued."""
    path, tokens = f"/admin/realms/{REALM}/users/{ADA}", pair.new_tokens(CHANGED)

    pair.simulator.change_client(CHANGED, roles=frozenset())
    pair.realm.withdraw(CHANGED, "view-users")
    without = pair.answers(path, tokens)
    pair.simulator.change_client(CHANGED, roles=frozenset({"view-users"}))
    pair.realm.grant(CHANGED, "view-users")
    again = pair.answers(path, tokens)

    assert [403, 403] == [each["status"] for each in without]
    assert [200, 200] == [each["status"] for each in again]
    assert (without[0], again[0]) == (without[1], again[1])


def test_the_token_of_a_client_that_was_disabled_since_is_refused(pair):
    tokens = pair.new_tokens(CHANGED)

    pair.simulator.change_client(CHANGED, is_enabled=False)
    pair.realm.change_client(CHANGED, enabled=False)
    simulated, real = pair.answers(f"/admin/realms/{REALM}", tokens)
    pair.simulator.change_client(CHANGED, is_enabled=True)
    pair.realm.change_client(CHANGED, enabled=True)

    assert real == simulated
    assert 401 == real["status"]


def test_the_user_of_a_client_may_be_disabled(pair):
    """Neither a token in hand counts then, nor is there a new one."""
    tokens, user_id = pair.new_tokens(CHANGED), pair.realm.service_account(CHANGED)

    pair.simulator.change_user(user_id, is_enabled=False)
    pair.realm.change_user(user_id, enabled=False)
    simulated, real = pair.answers(f"/admin/realms/{REALM}", tokens)
    refusals = [answer(each.ask_for_token(CHANGED)) for each in (pair.simulated, pair.real)]
    pair.simulator.change_user(user_id, is_enabled=True)
    pair.realm.change_user(user_id, enabled=True)

    assert real == simulated
    assert 401 == real["status"]
    assert refusals[0] == refusals[1]


def test_a_token_ends_when_it_says(pair):
    """Its life is counted in whole seconds."""
    pair.realm.shorten_tokens(CHANGED, 1)
    token = pair.real.token(CHANGED)
    time.sleep(2)

    response = pair.real.ask(f"/admin/realms/{REALM}", token)

    assert 401 == response.status_code


def everything_about(user_id: str, username: str, group_id: str) -> Iterator[str]:
    yield f"/users/{user_id}"
    yield f"/users?search=id%3A{user_id}+{ADA}&{BRIEF}"
    yield f"/users?username={username}&exact=true&{BRIEF}"
    yield f"/groups/{group_id}"
    yield f"/groups/{group_id}/members?{BRIEF}"
    yield "/group-by-path/doomed"


Changes = tuple[Callable[[KeycloakSimulator], None], Callable[[KeycloakRealm], None]]


def renamed() -> Changes:
    return (
        lambda simulator: simulator.change_user(GRETA, username="Zz.Other"),
        lambda realm: realm.change_user(GRETA, username="Zz.Other"),
    )


def left_the_group() -> Changes:
    group = attrs.evolve(next(each for each in groups() if each.id == DOOMED), members=())
    return (
        lambda simulator: simulator.groups.update({DOOMED: group}),
        lambda realm: realm.remove_member(DOOMED, GRETA),
    )


def disabled() -> Changes:
    return (
        lambda simulator: simulator.change_user(GRETA, is_enabled=False),
        lambda realm: realm.change_user(GRETA, enabled=False),
    )


def deleted() -> Changes:
    return (
        lambda simulator: simulator.users.pop(GRETA),
        lambda realm: realm.delete_user(GRETA),
    )


def group_deleted() -> Changes:
    return (
        lambda simulator: simulator.delete_group(DOOMED),
        lambda realm: realm.delete_group(DOOMED),
    )


def test_what_changes_is_seen_at_once(pair):
    """In the order in which it can happen to somebody."""
    tokens = pair.tokens_of(CLIENT_ID)
    for change in (renamed, disabled, left_the_group, deleted, group_deleted):
        in_simulator, in_realm = change()

        in_simulator(pair.simulator)
        in_realm(pair.realm)

        for question in everything_about(GRETA, "zz.other", DOOMED):
            simulated, real = pair.answers(f"/admin/realms/{REALM}{question}", tokens)
            assert real == simulated, (change.__name__, question)


def test_who_is_made_again_is_somebody_else(pair):
    """And so is a group: neither gets the id that it had, whatever id is asked for."""
    username = f"again{uuid4().hex[:8]}"
    first = pair.realm.create_user(username)
    group = pair.realm.create_group(username)
    pair.realm.add_member(group, first)
    pair.realm.delete_user(first)
    pair.realm.delete_group(group)

    second = pair.realm.create_user(username, id=first)
    another_group = pair.realm.create_group(username)

    assert first != second
    assert group != another_group
    members = f"/admin/realms/{REALM}/groups/{another_group}/members?{BRIEF}"
    assert [] == json.loads(pair.real.ask(members, pair.tokens_of(CLIENT_ID)[1]).content)
    pair.realm.delete_user(second)
    pair.realm.delete_group(another_group)
