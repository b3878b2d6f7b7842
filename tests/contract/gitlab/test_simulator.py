"""The simulator itself: the shapes and answers that GitLab documents, and those of its source."""

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import attrs
import pytest

from glaab.domain.accounts import AccountEvent, AccountId, AccountState, Username
from glaab.domain.errors import IllegalTransition
from tests.builders import an_account
from tests.contract.gitlab.simulator import TOKEN, GitLabSimulator, Unexpected
from tests.contract.gitlab.simulator_state import Token, User, a_bot, an_identity
from tests.contract.wire import Request, Response

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

# Field -> the types that GitLab 19.5 gives it (OpenAPI document, lib/api/entities); a pattern is a
# text of that form.
USER_BASIC: Mapping[str, object] = {
    "id": int,
    "username": str,
    "public_email": str,
    "name": str,
    "state": str,
    "locked": bool,
    "avatar_url": (str, None),
    "web_url": str,
}
USER: Mapping[str, object] = USER_BASIC | {
    "created_at": TIME,
    "bio": str,
    "location": (str, None),
    "linkedin": str,
    "twitter": str,
    "discord": str,
    "website_url": str,
    "github": str,
    "job_title": str,
    "pronouns": (str, None),
    "organization": str,
    "bot": bool,
    "work_information": (str, None),
    "followers": int,
    "following": int,
    "is_followed": bool,
    "local_time": (str, None),
}
USER_WITH_ADMIN: Mapping[str, object] = USER | {
    "last_sign_in_at": (str, None),
    "confirmed_at": TIME,
    "last_activity_on": (str, None),
    "email": str,
    "theme_id": int,
    "color_scheme_id": int,
    "projects_limit": int,
    "current_sign_in_at": (str, None),
    "identities": list,
    "can_create_group": bool,
    "can_create_project": bool,
    "two_factor_enabled": bool,
    "external": bool,
    "private_profile": bool,
    "commit_email": str,
    "preferred_language": str,
    "is_admin": bool,
    "note": (str, None),
    "namespace_id": int,
    "created_by": (dict, None),
}
USER_DETAILS_WITH_ADMIN: Mapping[str, object] = USER_WITH_ADMIN | {
    "highest_role": int,
    "current_sign_in_ip": (str, None),
    "last_sign_in_ip": (str, None),
}
IDENTITY: Mapping[str, object] = {
    "provider": str,
    "extern_uid": (str, None),
    "saml_provider_id": (int, None),
}
ATTRIBUTE: Mapping[str, object] = {"key": str, "value": str}


def differences(shown: object, shape: Mapping[str, object]) -> list[str]:
    """How an object differs from the shape: fields missing, fields too many, types."""
    if not isinstance(shown, dict):
        return [f"no object: {shown!r}"]
    missing = [f"{name} is missing" for name in shape.keys() - shown.keys()]
    surplus = [f"{name} is too many" for name in shown.keys() - shape.keys()]
    wrong = [
        f"{name} is {shown[name]!r}"
        for name in shape.keys() & shown.keys()
        if not _fits(shown[name], shape[name])
    ]
    return sorted(missing + surplus + wrong)


def _fits(value: object, wanted: object) -> bool:
    if isinstance(wanted, re.Pattern):
        return isinstance(value, str) and bool(wanted.fullmatch(value))
    options = wanted if isinstance(wanted, tuple) else (wanted,)
    return (None if value is None else type(value)) in options


ADA = an_account()


@pytest.fixture
def gitlab() -> GitLabSimulator:
    """Ada (41) waits; Eve (5) is an ordinary active user with a token of her own."""
    simulator = GitLabSimulator.of([ADA])
    eve = User(id=5, username="eve", state=AccountState.ACTIVE)
    simulator.users[5] = eve
    simulator.tokens["eve"] = Token(owner=eve)
    return simulator


def ask(
    gitlab: GitLabSimulator, target: str, *, token: str | None = TOKEN, body: object = None
) -> Response:
    """The answer to `METHOD /path?query` below `/api/v4`."""
    method, _, address = target.partition(" ")
    parts = urlsplit(address)
    headers = {"content-type": "application/json"} | ({"private-token": token} if token else {})
    return gitlab.handle(
        Request(
            method=method,
            path=f"/api/v4{parts.path}",
            raw_path=f"/api/v4{parts.path}",
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers=headers,
            body=b"" if body is None else json.dumps(body).encode(),
        )
    )


def said(response: Response) -> tuple[int, object]:
    return response.status, json.loads(response.body)


def ids(response: Response) -> list[int]:
    assert 200 == response.status
    return [each["id"] for each in json.loads(response.body)]


# Shapes.


def test_an_administrator_is_listed_user_with_admin(gitlab):
    _, shown = said(ask(gitlab, "GET /users"))

    assert [[]] * 3 == [differences(each, USER_WITH_ADMIN) for each in shown]
    assert [[]] == [differences(each, IDENTITY) for one in shown for each in one["identities"]]


def test_custom_attributes_come_when_asked_for(gitlab):
    gitlab.users[41].attributes["glaab"] = "open"

    _, shown = said(ask(gitlab, "GET /users?username=ada&with_custom_attributes=true"))

    assert [] == differences(shown[0], USER_WITH_ADMIN | {"custom_attributes": list})
    assert [{"key": "glaab", "value": "open"}] == shown[0]["custom_attributes"]
    assert [] == differences(shown[0]["custom_attributes"][0], ATTRIBUTE)


def test_an_administrator_is_shown_user_details_with_admin(gitlab):
    _, shown = said(ask(gitlab, "GET /users/41"))

    assert [] == differences(shown, USER_DETAILS_WITH_ADMIN)


def test_anybody_else_is_listed_user_basic(gitlab):
    """Not even the custom attributes that were asked for."""
    _, shown = said(ask(gitlab, "GET /users?with_custom_attributes=true", token="eve"))

    assert [[]] * 3 == [differences(each, USER_BASIC) for each in shown]


def test_anybody_else_is_shown_user(gitlab):
    _, shown = said(ask(gitlab, "GET /users/41", token="eve"))

    assert [] == differences(shown, USER)


def test_the_shape_is_really_compared():
    shown = {"key": 3, "more": 1}

    assert ["key is 3", "more is too many", "value is missing"] == differences(shown, ATTRIBUTE)
    assert ["no object: []"] == differences([], ATTRIBUTE)


# Who may.

EXPIRED = "Token is expired. You can either do re-authorization or token refresh."
REVOKED = "Token was revoked. You have to re-authorize from the user."
SCOPE = {
    "error": "insufficient_scope",
    "error_description": "The request requires higher privileges than provided by the access"
    " token.",
    "scope": "api",
}


def test_an_unknown_token_is_unauthorized(gitlab):
    answer = ask(gitlab, "GET /users", token="glpat-nobody")

    assert (401, {"message": "401 Unauthorized"}) == said(answer)


@pytest.mark.parametrize(("flaw", "why"), [("expired", EXPIRED), ("revoked", REVOKED)])
def test_a_token_that_is_over_is_invalid(gitlab, flaw, why):
    setattr(gitlab.token, flaw, True)

    assert (401, {"error": "invalid_token", "error_description": why}) == said(
        ask(gitlab, "GET /users")
    )


def test_a_reading_token_may_not_write(gitlab):
    gitlab.token.scopes = frozenset({"read_user"})

    assert 200 == ask(gitlab, "GET /users").status
    assert (403, SCOPE) == said(ask(gitlab, "POST /users/41/approve"))
    assert (403, SCOPE) == said(ask(gitlab, "PUT /users/41/custom_attributes/x", body={}))


def test_a_blocked_owners_token_is_forbidden(gitlab):
    gitlab.token.owner.state = AccountState.BLOCKED

    assert (403, {"message": "403 Forbidden - Your account has been blocked."}) == said(
        ask(gitlab, "GET /users")
    )


@pytest.mark.parametrize(
    "target",
    [
        "POST /users/41/approve",
        "GET /user",
        "GET /version",
        "GET /personal_access_tokens/self",
        "GET /users/41/custom_attributes",
        "PUT /users/41/custom_attributes/x",
    ],
)
def test_without_token_one_is_unauthorized(gitlab, target):
    answer = ask(gitlab, target, token=None)

    assert (401, {"message": "401 Unauthorized"}) == said(answer)


def test_without_token_accounts_are_hidden_but_by_username(gitlab):
    assert (403, {"message": "403 Forbidden - Not authorized to access /api/v4/users"}) == said(
        ask(gitlab, "GET /users", token=None)
    )
    assert (403, {"message": "403 Forbidden - Not authorized!"}) == said(
        ask(gitlab, "GET /users/41", token=None)
    )
    assert [41] == ids(ask(gitlab, "GET /users?username=ada", token=None))


def test_a_bearer_token_is_as_good(gitlab):
    request = Request(
        method="GET",
        path="/api/v4/version",
        raw_path="/api/v4/version",
        headers={"authorization": f"Bearer {TOKEN}"},
    )

    assert (200, {"version": "19.5.0", "revision": "abc123"}) == said(gitlab.handle(request))


@pytest.mark.parametrize("state", ["blocked", "banned", "ldap_blocked"])
def test_forbidden_states_are_hidden_from_others(gitlab, state):
    gitlab.users[41].state = AccountState(state)

    assert 41 in ids(ask(gitlab, "GET /users"))
    assert 41 not in ids(ask(gitlab, "GET /users", token="eve"))


def test_others_get_neither_order_nor_the_search_for_attributes(gitlab):
    """The parameters are taken no notice of, with 200."""
    listed = ids(
        ask(gitlab, "GET /users?order_by=id&sort=asc&custom_attributes[glaab]=open", token="eve")
    )

    assert [a_bot().id, 41, 5] == listed


def test_admin_mode_makes_an_administrator_ordinary(gitlab):
    """`GET /user` still says is_admin; only the scope admin_mode helps."""
    gitlab.admin_mode = True

    _, shown = said(ask(gitlab, "GET /users?username=ada"))
    _, me = said(ask(gitlab, "GET /user"))

    assert [] == differences(shown[0], USER_BASIC)
    assert (403, {"message": "You are not allowed to approve a user"}) == said(
        ask(gitlab, "POST /users/41/approve")
    )
    assert me["is_admin"] is True
    gitlab.token.scopes = frozenset({"api", "admin_mode"})
    assert [] == differences(said(ask(gitlab, "GET /users/41"))[1], USER_DETAILS_WITH_ADMIN)


def test_a_token_tells_about_itself(gitlab):
    gitlab.token.scopes = frozenset({"api", "admin_mode"})

    _, shown = said(ask(gitlab, "GET /personal_access_tokens/self"))

    assert {
        "id": 9,
        "name": "approval-bot",
        "revoked": False,
        "created_at": "2026-01-01T00:00:00.000Z",
        "description": "approves newcomers",
        "scopes": ["admin_mode", "api"],
        "user_id": a_bot().id,
        "last_used_at": "2026-11-22T00:00:00.000Z",
        "active": True,
        "expires_at": "2999-12-31",
    } == shown


def test_settings_are_for_administrators(gitlab):
    """As for every route that is guarded by `authenticated_as_admin!`."""
    status, shown = said(ask(gitlab, "GET /application/settings"))
    gitlab.admin_mode = True

    assert (200, False, True) == (
        status,
        shown["signup_enabled"],
        shown["require_admin_approval_after_user_signup"],
    )
    assert (403, {"message": "403 Forbidden"}) == said(ask(gitlab, "GET /application/settings"))


# Filters.


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ("blocked=true", {"blocked", "ldap_blocked"}),
        ("active=true", {"active"}),
        ("exclude_active=true", set(AccountState) - {AccountState.ACTIVE}),
        ("exclude_active=True", set(AccountState) - {AccountState.ACTIVE}),
        ("exclude_active=false", set(AccountState)),
        ("active=false&blocked=0", set(AccountState)),
        ("exclude_active=1&blocked=t", {"blocked", "ldap_blocked"}),
    ],
)
def test_filters_of_state(query, states):
    gitlab = GitLabSimulator.of(
        an_account(id=AccountId(number), username=Username(state.value), state=state)
        for number, state in enumerate(AccountState, start=1)
    )
    del gitlab.users[a_bot().id]

    _, shown = said(ask(gitlab, f"GET /users?{query}"))

    assert set(states) == {each["state"] for each in shown}


@pytest.mark.parametrize(
    ("query", "usernames"),
    [
        ("humans=true", {"human"}),
        ("exclude_humans=true", {"project_bot", "service_account", "ghost", "support_bot"}),
        ("exclude_internal=true", {"human", "project_bot", "service_account"}),
        ("active=true", {"human", "project_bot", "service_account"}),
        ("without_project_bots=true", {"human", "service_account", "ghost", "support_bot"}),
        ("external=true", set()),
        ("admins=true", {"human"}),
        ("search=BOT", {"project_bot", "support_bot"}),
        ("username=Ghost", {"ghost"}),
        ("created_after=2026-11-20T10:00:00.000Z", set()),
        ("created_before=2026-11-20T10:00:00.000Z", set()),
        ("custom_attributes[kind]=human", {"human"}),
        ("custom_attributes[kind]=HUMAN", set()),
        ("custom_attributes[kind]=human&custom_attributes[x]=y", set()),
        ("provider=openid_connect&extern_uid=GHOST", {"ghost"}),
        ("provider=cas3&extern_uid=ghost", set()),
    ],
)
def test_filters_of_everything_else(query, usernames):
    gitlab = GitLabSimulator.of()
    for number, kind in enumerate(
        ("human", "project_bot", "service_account", "ghost", "support_bot"), start=1
    ):
        gitlab.users[number] = User(
            id=number,
            username=kind,
            user_type=kind,
            state=AccountState.ACTIVE,
            is_admin=kind == "human",
            attributes={"kind": kind},
            identities=[an_identity("openid_connect", kind)],
        )
    del gitlab.users[a_bot().id]

    _, shown = said(ask(gitlab, f"GET /users?{query}"))

    assert usernames == {each["username"] for each in shown}


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("active=ACTIVE", "active is invalid"),
        ("order_by=email", "order_by does not have a valid value"),
        ("sort=up", "sort does not have a valid value"),
        ("per_page=0", "per_page has a value not allowed"),
        ("provider=x", "extern_uid, provider provide all or none of parameters"),
    ],
)
def test_bad_values_are_refused(gitlab, query, error):
    assert (400, {"error": error}) == said(ask(gitlab, f"GET /users?{query}"))


def test_identities_are_searched_by_administrators_alone(gitlab):
    answer = ask(gitlab, "GET /users?provider=x&extern_uid=y", token="eve")

    assert (403, {"message": "403 Forbidden"}) == said(answer)


@pytest.mark.parametrize(
    "target",
    [
        "GET /users?state=blocked_pending_approval",
        "GET /users?id_after=3",
        "GET /users/41?username=x",
        "POST /users/41/approve?sudo=1",
        "POST /users/41/unblock",
        "DELETE /users/41",
        "GET /projects",
        "PUT /users",
    ],
)
def test_what_glaab_has_no_business_to_ask_is_an_error(gitlab, target):
    with pytest.raises(Unexpected):
        ask(gitlab, target)


def test_a_lenient_server_ignores_unknown_parameters(gitlab):
    """As the real one does."""
    gitlab.strict = False

    assert [a_bot().id, 41, 5] == ids(ask(gitlab, "GET /users?state=blocked"))


def test_old_servers_ignore_exclude_active(gitlab):
    gitlab.knows_exclude_active = False

    assert [a_bot().id, 41, 5] == ids(ask(gitlab, "GET /users?exclude_active=true&humans=true"))


# Pages.

KEYSET = "pagination=keyset&order_by=id&sort=asc"


@pytest.fixture
def crowd() -> GitLabSimulator:
    """Newcomers 1 to 45, and nobody else but the bot."""
    simulator = GitLabSimulator.of()
    simulator.queue(45)
    return simulator


def next_of(response: Response) -> str | None:
    """The path and query of the next page, as a target."""
    match = re.search(
        r'<https://[^/]+/api/v4([^>]+)>; rel="next"', response.headers.get("Link", "")
    )
    return f"GET {match[1]}" if match else None


def test_keyset_pages_have_a_link_alone_and_only_if_more_follow(crowd):
    """A last page that is exactly full has none."""
    query = f"exclude_active=true&{KEYSET}&per_page=15"

    first = ask(crowd, f"GET /users?{query}")
    second = ask(crowd, next_of(first))
    third = ask(crowd, next_of(second))

    assert ([*range(1, 16)], [*range(16, 31)]) == (ids(first), ids(second))
    assert [*range(31, 46)] == ids(third)
    assert {"Content-Type", "Link"} == set(first.headers)
    assert {"Content-Type"} == set(third.headers)
    assert f"?exclude_active=true&{KEYSET}&per_page=15&cursor=" in first.headers["Link"].replace(
        "%3D", "="
    )


@pytest.mark.parametrize("order", ["id", "name", "username", "created_at", "updated_at"])
@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_keyset_pages_are_whole_in_every_order(crowd, order, sort):
    target = f"GET /users?humans=1&pagination=keyset&order_by={order}&sort={sort}&per_page=10"
    found = []
    while target:
        answer = ask(crowd, target)
        found += ids(answer)
        target = next_of(answer)

    assert 46 == len(found) == len(set(found))


def test_keyset_pages_do_not_shift(crowd):
    query = f"GET /users?exclude_active=true&{KEYSET}&per_page=10"
    first = ask(crowd, query)

    ask(crowd, "POST /users/3/approve")

    assert [*range(11, 21)] == ids(ask(crowd, next_of(first)))


def test_offset_pages_shift(crowd):
    query = "GET /users?exclude_active=true&order_by=id&sort=asc&per_page=10"
    first = ask(crowd, query)

    ask(crowd, "POST /users/3/approve")

    assert [*range(12, 22)] == ids(ask(crowd, next_of(first)))


def test_offset_pages_count(crowd):
    """Twenty a page by default, the newest first."""
    answer = ask(crowd, "GET /users?exclude_active=true&page=2")

    assert [*range(25, 5, -1)] == ids(answer)
    assert {
        "X-Page": "2",
        "X-Per-Page": "20",
        "X-Next-Page": "3",
        "X-Prev-Page": "1",
        "X-Total": "45",
        "X-Total-Pages": "3",
    } == {name: value for name, value in answer.headers.items() if name.startswith("X-")}
    assert ["prev", "next", "first", "last"] == re.findall('rel="(.*?)"', answer.headers["Link"])


def test_the_last_offset_page_has_no_next(crowd):
    answer = ask(crowd, "GET /users?exclude_active=true&page=3")

    assert "" == answer.headers["X-Next-Page"]
    assert next_of(answer) is None


def test_a_page_has_a_hundred_elements_at_most():
    gitlab = GitLabSimulator.of()
    gitlab.queue(101)

    assert 100 == len(ids(ask(gitlab, "GET /users?per_page=500")))


def test_totals_are_left_out_above_ten_thousand():
    gitlab = GitLabSimulator.of()
    gitlab.queue(10_001)

    headers = ask(gitlab, "GET /users?per_page=1").headers

    assert not {"X-Total", "X-Total-Pages"} & set(headers)
    assert 'rel="last"' not in headers["Link"]


def test_offset_pages_end_at_fifty_thousand(crowd):
    assert 200 == ask(crowd, "GET /users?page=500&per_page=100").status
    assert (
        405,
        {
            "error": "Offset pagination has a maximum allowed offset of 50000 for requests that"
            " return objects of type User. Remaining records can be retrieved using keyset"
            " pagination."
        },
    ) == said(ask(crowd, "GET /users?page=501&per_page=100"))


def test_servers_before_16_5_ignore_keyset(crowd):
    crowd.knows_keyset = False

    assert "1" == ask(crowd, f"GET /users?{KEYSET}").headers["X-Page"]


def test_an_empty_list_is_a_list(gitlab):
    answer = ask(gitlab, f"GET /users?{KEYSET}&username=nobody")

    assert (200, []) == said(answer)
    assert "Link" not in answer.headers


# Approving.


def test_approving_activates_and_sends_a_mail(gitlab):
    answer = ask(gitlab, "POST /users/41/approve", body={})

    assert (201, {"message": "Success"}) == said(answer)
    assert (AccountState.ACTIVE, 1, [5, 41]) == (gitlab.state(41), gitlab.mails, gitlab.approved)


@pytest.mark.parametrize("state", sorted(set(AccountState) - {AccountState.PENDING}))
def test_only_who_waits_can_be_approved(gitlab, state):
    gitlab.users[41].state = state

    assert (
        409,
        {"message": "The user you are trying to approve is not pending approval"},
    ) == said(ask(gitlab, "POST /users/41/approve"))
    assert (state, 0) == (gitlab.state(41), gitlab.mails)


def test_states_move_by_the_table_alone(gitlab):
    gitlab.users[41].undergo(AccountEvent.BLOCK)

    assert AccountState.BLOCKED is gitlab.state(41)
    with pytest.raises(IllegalTransition):
        gitlab.users[41].undergo(AccountEvent.APPROVE)


def test_the_order_of_refusals(gitlab):
    """Unknown before not allowed, not allowed before not pending, not pending before invalid."""
    unknown = (404, {"message": "404 User Not Found"})
    not_allowed = (403, {"message": "You are not allowed to approve a user"})
    gitlab.users[41].valid = False

    assert unknown == said(ask(gitlab, "POST /users/42/approve", token="eve"))
    assert not_allowed == said(ask(gitlab, "POST /users/5/approve", token="eve"))
    assert 409 == ask(gitlab, "POST /users/5/approve").status
    assert (422, {"message": "Email is invalid"}) == said(ask(gitlab, "POST /users/41/approve"))
    assert AccountState.PENDING is gitlab.state(41)


def test_an_id_is_a_number(gitlab):
    assert (404, {"error": "404 Not Found"}) == said(ask(gitlab, "POST /users/ada/approve"))
    assert (404, {"error": "404 Not Found"}) == said(ask(gitlab, "GET /users/ada"))


def test_nobody_is_not_found(gitlab):
    assert (404, {"message": "404 User Not Found"}) == said(ask(gitlab, "GET /users/42"))


def test_approving_takes_no_parameters(gitlab):
    with pytest.raises(Unexpected):
        ask(gitlab, "POST /users/41/approve", body={"sudo": "root"})


# Custom attributes.


def test_attributes_are_put_listed_shown_and_deleted(gitlab):
    path = "/users/41/custom_attributes"
    pair = {"key": "glaab", "value": "open"}

    assert (200, []) == said(ask(gitlab, f"GET {path}"))
    assert (200, pair) == said(ask(gitlab, f"PUT {path}/glaab", body={"value": "open"}))
    assert (200, [pair]) == said(ask(gitlab, f"GET {path}"))
    assert (200, pair) == said(ask(gitlab, f"GET {path}/glaab"))
    assert {"glaab": "open"} == gitlab.attributes(41)
    assert 204 == ask(gitlab, f"DELETE {path}/glaab").status
    assert 404 == ask(gitlab, f"DELETE {path}/glaab").status
    assert 404 == ask(gitlab, f"GET {path}/glaab").status


def test_an_attribute_may_come_as_a_form(gitlab):
    request = Request(
        method="PUT",
        path="/api/v4/users/41/custom_attributes/glaab",
        raw_path="/api/v4/users/41/custom_attributes/glaab",
        headers={
            "private-token": TOKEN,
            "content-type": "application/x-www-form-urlencoded",
        },
        body=b"value=op%65n",
    )

    assert (200, {"key": "glaab", "value": "open"}) == said(gitlab.handle(request))


@pytest.mark.parametrize("body", [{}, {"value": 3}])
def test_an_attribute_needs_a_value(gitlab, body):
    answer = ask(gitlab, "PUT /users/41/custom_attributes/glaab", body=body)

    assert (400, {"error": "value is missing"}) == said(answer)


def test_an_attribute_takes_nothing_else(gitlab):
    with pytest.raises(Unexpected):
        ask(gitlab, "PUT /users/41/custom_attributes/glaab", body={"value": "x", "key": "y"})


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_attributes_are_the_administrators_alone(gitlab, method):
    target = "/users/41/custom_attributes" + ("/glaab" if method == "PUT" else "")

    answer = ask(gitlab, f"{method} {target}", token="eve", body={"value": "open"})

    assert (403, {"message": "403 Forbidden"}) == said(answer)
    assert {} == gitlab.attributes(41)


# Making worlds.


def test_a_world_is_made_of_accounts_and_notes():
    marked = attrs.evolve(ADA, mark="")

    gitlab = GitLabSimulator.of([marked], {ADA.id: "a record"})

    assert {"glaab_veto": "", "glaab": "open", "glaab_approval": "a record"} == gitlab.attributes(
        41
    )
    assert ADA.state is gitlab.state(41)


def test_a_queue_is_made_cheaply():
    gitlab = GitLabSimulator.of()

    gitlab.queue(2, first=10)

    _, shown = said(ask(gitlab, f"GET /users?exclude_active=true&{KEYSET}"))
    assert [
        (10, "newcomer-10", "Newcomer 10"),
        (11, "newcomer-11", "Newcomer 11"),
    ] == [(each["id"], each["username"], each["identities"][0]["extern_uid"]) for each in shown]
