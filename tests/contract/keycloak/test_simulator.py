"""What the simulator answers is what Keycloak 26.7.3 was recorded to answer."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import attrs
import pytest

from tests.contract.keycloak.comparing import in_order, masked, payload
from tests.contract.keycloak.recorded_realms import (
    Change,
    a_path_has_two_readings,
    a_service_account_is_a_member,
    a_user_id,
    disabled,
    fgap,
    https_is_required,
    its_user_is_disabled,
    lists_look_empty,
    realm_is_disabled,
    rig,
    somebody_is_hidden,
)
from tests.contract.keycloak.simulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    KeycloakSimulator,
    SimulatedGroup,
    SimulatedUser,
)
from tests.contract.wire import Request, Response

FOLDER = Path(__file__).parents[1] / "captures" / "keycloak"
CAPTURES = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}
HOST = "keycloak.rig.test:8080"
GRANT = {"grant_type": "client_credentials"}


def unchanged(_simulator: KeycloakSimulator) -> None: ...


@attrs.frozen(kw_only=True)
class Case:
    """Whose token a recorded request had, and what had been done by then."""

    client_id: str | None = "sa-view-users"
    """None: no token, or none that was issued."""
    before: Change = unchanged
    """The token is issued."""
    after: Change = unchanged
    world: Callable[[], KeycloakSimulator] = rig


NO_TOKEN = Case(client_id=None)
CASES = dict.fromkeys(CAPTURES, Case()) | {
    "007-token-disabled-client": Case(client_id=None, before=disabled(is_enabled=False)),
    "008-token-of-client-disabled-since": Case(
        client_id="sa-disabled", after=disabled(is_enabled=False)
    ),
    "009-token-service-account-user-disabled": Case(client_id=None, before=its_user_is_disabled),
    "011-role-withdrawn-old-token": Case(
        client_id="sa-disabled", after=disabled(roles=frozenset())
    ),
    "013-role-granted-old-token": Case(
        client_id="sa-disabled",
        before=disabled(roles=frozenset()),
        after=disabled(roles=frozenset({"view-users"})),
    ),
    "014-full-scope-off": Case(client_id="sa-disabled", before=disabled(has_full_scope=False)),
    "018-token-expired": Case(after=KeycloakSimulator.expire_tokens),
    "019-token-garbage": NO_TOKEN,
    "020-token-none": NO_TOKEN,
    "283-group-by-path-two-readings": Case(before=a_path_has_two_readings),
    "285-members-service-account": Case(before=a_service_account_is_a_member),
    "305-realm-disabled-old-token": Case(after=realm_is_disabled),
    "306-realm-disabled-token": Case(client_id=None, before=realm_is_disabled),
    "327-ssl-required-all-token": Case(client_id=None, before=https_is_required),
    "336-fgap-6-all-but-one": Case(world=fgap, before=somebody_is_hidden),
    "338-fgap-8-client-policy": Case(world=fgap, before=lists_look_empty),
}
"""All that is not said here was asked by `sa-view-users`, or by whom the recording names."""

CUT = {
    "126-ids-105": 105,
    "129-url-too-long-900-ids": 900,
}
"""How many ids there were in requests that the recorder has cut: user0001 and those after it."""


@attrs.frozen
class Exchange:
    """A request and its answer; several of a recording if several accounts asked."""

    request: Mapping[str, Any]
    answer: Mapping[str, Any]
    client_id: str | None = None
    """Who asked, if the recording says so."""


def exchanges(name: str) -> Iterator[Exchange]:
    content = json.loads(CAPTURES[name].read_text(encoding="utf-8"))
    if "answers" not in content:
        yield Exchange(content["request"], content, content["request"].get("as"))
        return
    for who, answer in content["answers"].items():
        request = answer.get("request") or content["request"]
        answer = content["answers"][answer.get("same_as", who)]
        yield Exchange(request, answer, request.get("as", who))


def token(simulator: KeycloakSimulator, client_id: str) -> str:
    form = {"client_id": client_id, "client_secret": CLIENT_SECRET}
    response = simulator.handle(a_token_request(simulator, form | GRANT))
    return json.loads(response.body)["access_token"]


def a_token_request(simulator: KeycloakSimulator, form: dict[str, str]) -> Request:
    path = f"/realms/{simulator.realm}/protocol/openid-connect/token"
    return a_request({"http": "POST", "path": path, "form": form})


def a_request(recorded: Mapping[str, Any], bearer: str | None = None) -> Request:
    """As it was recorded, but asking for brief lists where glaab does."""
    parts = urlsplit(recorded["path"])
    query = parse_qsl(parts.query, keep_blank_values=True)
    if asks_for_a_list(parts.path) and ("briefRepresentation", "true") not in query:
        query.append(("briefRepresentation", "true"))
    headers, body = {"host": HOST}, b""
    if bearer and not parts.path.endswith("/token"):
        headers["authorization"] = f"Bearer {bearer}"
    if "form" in recorded:
        headers["content-type"] = "application/x-www-form-urlencoded"
        body = urlencode(recorded["form"]).replace(
            "%3Csecret%3E", urlencode({"": CLIENT_SECRET})[1:]
        )
        body = body.encode()
    if "json" in recorded:
        headers["content-type"], body = "application/json", json.dumps(recorded["json"]).encode()
    return Request(
        method=recorded["http"],
        path=unquote(parts.path),
        raw_path=parts.path,
        query=tuple(query),
        headers=headers,
        body=body,
    )


def asks_for_a_list(path: str) -> bool:
    return path.endswith(("/users", "/members", "/children"))


def whole(name: str, recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request with what the recorder has cut."""
    if name not in CUT:
        return recorded
    ids = " ".join(a_user_id(1000 + number) for number in range(1, CUT[name] + 1))
    query = urlencode({"search": f"id:{ids}", "briefRepresentation": "true"})
    return {**recorded, "path": f"/admin/realms/rig/users?{query}"}


def claims(answer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the token of an answer says, if there is one; roles have no order."""
    if not isinstance(answer, dict) or "access_token" not in answer:
        return None
    return in_order(payload(answer["access_token"]))


def actual(response: Response, expected: Mapping[str, Any], shown: int) -> dict[str, Any]:
    """An answer of the simulator, cut as the recording is."""
    content = json.loads(response.body) if response.body else ""
    is_cut = isinstance(content, list) and "result_count" in expected
    return {
        "status": response.status,
        "content_type": response.headers.get("Content-Type"),
        "claims": claims(content),
        "count": len(content) if is_cut else None,
        "response": masked(content[:shown] if is_cut else content),
    }


def recorded(answer: Mapping[str, Any], *, is_brief: bool) -> dict[str, Any]:
    content = answer["response"]
    if isinstance(content, list):
        content = [each for each in content if not isinstance(each, str)]
    said = answer.get("access_token_claims")
    return {
        "status": answer["status"],
        "content_type": answer["content_type"],
        "claims": in_order(said) if said else None,
        "count": answer.get("result_count"),
        "response": masked(content, is_brief=is_brief and isinstance(content, list)),
    }


@pytest.mark.parametrize("name", CASES)
def test_answers_as_recorded(name):
    """By each of the accounts that asked."""
    case = CASES[name]
    for exchange in exchanges(name):
        simulator = case.world()
        case.before(simulator)
        asker = exchange.client_id or case.client_id
        bearer = None if asker in (None, "nobody") else token(simulator, asker)
        case.after(simulator)
        request = whole(name, exchange.request)

        response = simulator.handle(a_request(request, bearer))

        is_brief = asks_for_a_list(urlsplit(request["path"]).path)
        expected = recorded(exchange.answer, is_brief=is_brief)
        assert expected == actual(response, exchange.answer, len(expected["response"])), asker


def ask(simulator: KeycloakSimulator, path: str) -> Response:
    """With a new token of glaab's, and exactly these parameters."""
    recorded = {"http": "GET", "path": path}
    query = tuple(parse_qsl(urlsplit(path).query, keep_blank_values=True))
    request = a_request(recorded, token(simulator, CLIENT_ID))
    return simulator.handle(attrs.evolve(request, query=query))


@pytest.mark.parametrize(
    "path",
    [
        "/users?search=id:1",
        "/users?search=ada&briefRepresentation=true",
        "/users?search=id:1&max=5&briefRepresentation=true",
        "/users?username=ada&briefRepresentation=true",
        "/users?username=ada&exact=false&briefRepresentation=true",
        "/users?briefRepresentation=true&briefRepresentation=true",
        "/users?briefRepresentation=true&max=ten",
        "/users?briefRepresentation=true&max=-2",
        "/users?briefRepresentation=true&enabled=false",
        "/users/1?briefRepresentation=true",
        "/users/1/groups",
        "/users/count?search=id:1",
        "/groups?search=trusted",
        "/groups/g1/members",
        "/groups/g1/members?briefRepresentation=true&search=ada",
        "/groups/g1/children?max=10",
        "/group-by-path/trusted?briefRepresentation=true",
        "/roles",
        "?briefRepresentation=true",
    ],
)
def test_refuses_what_glaab_has_no_business_to_ask(path):
    simulator = KeycloakSimulator(groups={"g1": SimulatedGroup(id="g1", name="trusted")})

    with pytest.raises((AssertionError, LookupError, ValueError)):
        ask(simulator, f"/admin/realms/people{path}")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_refuses_to_change_anything(method):
    request = a_request({"http": method, "path": "/admin/realms/people/users/1"})

    with pytest.raises(AssertionError):
        KeycloakSimulator().handle(request)


HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("root", "asked", "status", "content_type"),
    [
        ("", "", 200, "application/json"),
        ("", "/auth", 404, "application/json"),
        ("/auth", "/auth", 200, "application/json"),
        ("/auth", "", 404, HTML),
        ("/auth", "/sso", 404, HTML),
    ],
)
def test_lives_below_its_root_alone(root, asked, status, content_type):
    """At its top since Keycloak 17; with `--http-relative-path` all else is a page of HTML."""
    simulator = KeycloakSimulator(root=root)
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **GRANT}
    path = f"{asked}/realms/people/protocol/openid-connect/token"

    response = simulator.handle(a_request({"http": "POST", "path": path, "form": form}))

    assert (status, content_type) == (response.status, response.headers["Content-Type"])


def test_a_token_lasts_as_long_as_it_says():
    now = [1000.0]
    simulator = KeycloakSimulator(token_lifetime=60, now=lambda: now[0])
    request = a_request(
        {"http": "GET", "path": "/admin/realms/people"}, token(simulator, CLIENT_ID)
    )

    now[0] = 1059.9
    last = simulator.handle(request)
    now[0] = 1060.0
    late = simulator.handle(request)

    assert (200, 401) == (last.status, late.status)


@pytest.mark.parametrize(("hostname", "expected"), [(None, 401), ("https://sso.example.org", 200)])
def test_a_token_counts_where_its_issuer_is_asked(hostname, expected):
    """Without `--hostname` the issuer is whatever name was asked."""
    simulator = KeycloakSimulator(hostname=hostname)
    request = a_request(
        {"http": "GET", "path": "/admin/realms/people"}, token(simulator, CLIENT_ID)
    )
    headers = {**request.headers, "host": "other.rig.test"}

    response = simulator.handle(attrs.evolve(request, headers=headers))

    assert expected == response.status


@pytest.mark.parametrize(
    ("realm", "changes", "expected"),
    [
        ("people", {}, {"realm-management"}),
        ("master", {}, {"master-realm"}),
        ("people", {"is_lightweight": True}, set()),
    ],
)
def test_a_token_says_its_roles_unless_it_is_lightweight(realm, changes, expected):
    simulator = KeycloakSimulator(realm=realm)
    simulator.change_client(**changes)

    said = payload(token(simulator, CLIENT_ID))

    assert expected == set(said.get("resource_access", {}))


def test_a_token_may_lack_its_owner():
    simulator = KeycloakSimulator()
    simulator.change_client(has_sub=False)

    assert "sub" not in payload(token(simulator, CLIENT_ID))


def test_the_users_of_clients_are_there():
    simulator = KeycloakSimulator(users={"u1": SimulatedUser(id="u1", username="Ada")})

    named = {simulator.user_named(each) for each in ("ADA", "service-account-glaab")}

    assert set(simulator.users.values()) == named
