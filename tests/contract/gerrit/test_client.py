"""GerritRest against the simulator: the contract, the wire, and every misbehaviour."""

import json
import socket
from urllib.parse import quote_plus

import attrs
import pytest

from glaab.adapters.gerrit.client import GerritApi, GerritRest
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.names import Uid
from glaab.domain.sources.gerrit import GERRIT
from tests.contract.gerrit.contract import TRUSTED, GerritContract, an_account
from tests.contract.gerrit.simulator import (
    PASSWORD,
    ROOT,
    USER,
    GerritGroup,
    GerritSimulator,
    GerritUser,
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

ADA = Uid("ada")


def a_gerrit(origin, timeouts=None, **changes):
    session = http_session(GERRIT, origin, timeouts=timeouts)
    values = {"url": f"{origin}{ROOT}", "user": USER, "password": PASSWORD, "session": session}
    return GerritRest(api=GerritApi(**(values | changes)))


@pytest.fixture
def recorder():
    """In front of a Gerrit where Ada is active and trusted; a strict one, at the end."""
    recorder = Recorder(GerritSimulator.of([an_account()], {TRUSTED: frozenset({ADA})}))
    yield recorder
    assert [] == recorder.errors


@pytest.fixture
def timeouts():
    return TimeoutPolicy(timeout_s=30)


@pytest.fixture
def gerrit(recorder, timeouts):
    with served(recorder) as url:
        yield a_gerrit(url, timeouts)


def protected(payload):
    return Response(body=b")]}'\n" + json.dumps(payload).encode())


class TestGerritRest(GerritContract):
    rung = "simulator"

    @pytest.fixture
    def given(self, recorder):
        with served(recorder) as url:

            def given(accounts, groups):
                recorder.simulator = GerritSimulator.of(accounts, groups)
                return a_gerrit(url)

            yield given


class TestOnTheWire:
    def test_one_account_is_asked_for_as_documented(self, gerrit, recorder):
        gerrit.accounts([ADA])

        (request,) = recorder.requests
        expected = {"q": "username:ada (is:active OR is:inactive)", "o": "DETAILS", "n": "2"}
        assert ("/r/a/accounts/", expected) == (request.raw_path, request.parameters)

    def test_several_accounts_are_asked_for_at_once(self, gerrit, recorder):
        gerrit.accounts([ADA, Uid("Bob"), Uid("bob")])

        (request,) = recorder.requests
        query = "(username:ada OR username:bob) (is:active OR is:inactive)"
        assert {"q": query, "o": "DETAILS", "n": "4"} == request.parameters

    @pytest.mark.parametrize(("uids", "requests"), [(0, 0), (1, 1), (50, 1), (51, 2), (200, 4)])
    def test_fifty_accounts_cost_one_request(self, gerrit, recorder, uids, requests):
        gerrit.accounts([Uid(f"user{n}") for n in range(uids)])

        assert requests == len(recorder.requests)

    def test_long_names_cost_more_requests(self, gerrit, recorder):
        """An address stays below the 8 KiB that servers and proxies take."""
        gerrit.accounts([Uid(f"{'a&' * 124}{n}") for n in range(50)])

        sent = [each.parameters["q"] for each in recorder.requests]
        assert 5 == len(sent)
        assert all(len(quote_plus(each)) < 7_000 for each in sent)

    def test_nothing_is_asked_about_what_can_be_no_username(self, gerrit, recorder):
        gerrit.accounts([Uid('quo"te'), Uid("spa ce"), Uid("bäck"), Uid("")])

        assert [] == recorder.requests

    def test_a_group_costs_one_request(self, gerrit, recorder):
        gerrit.members(TRUSTED)

        assert ["/r/a/groups/Trusted-Contributors/members/"] == [
            request.raw_path for request in recorder.requests
        ]

    def test_a_slash_in_a_groups_name_is_part_of_it(self, gerrit, recorder):
        gerrit.members("tools/x y")

        assert "/r/a/groups/tools%2Fx%20y/members/" == recorder.requests[0].raw_path

    def test_an_address_may_end_in_a_slash(self, recorder):
        with served(recorder) as url:
            assert {ADA} == a_gerrit(url, url=f"{url}{ROOT}/").members(TRUSTED)

    def test_credentials_travel_as_utf8(self, recorder):
        recorder.simulator.credentials = ("glääb", "пароль")

        with served(recorder) as url:
            assert {ADA} == a_gerrit(url, user="glääb", password="пароль").members(TRUSTED)

    def test_the_password_is_not_in_its_repr(self):
        assert PASSWORD not in repr(a_gerrit("http://localhost"))


class TestGroups:
    @pytest.fixture
    def simulator(self, recorder):
        recorder.simulator = GerritSimulator(
            users={
                1: GerritUser(id=1, username="Ada"),
                2: GerritUser(id=2, username="bob", is_active=False),
                3: GerritUser(id=3, username=None),
                4: GerritUser(id=4, username="hidden"),
            }
        )
        return recorder.simulator

    def test_members_of_included_groups_are_members(self, gerrit, simulator):
        """But not those of LDAP's groups, nor of groups that glaab may not see."""
        simulator.groups = {
            TRUSTED: GerritGroup(members=(1,), includes=("inner", "ldap:cn=wmf", "secret", "far")),
            "inner": GerritGroup(members=(2, 1), includes=(TRUSTED,)),
            "secret": GerritGroup(members=(4,), is_visible=False),
            "far": GerritGroup(members=(4,), is_external=True),
        }

        assert frozenset({"ada", "bob"}) == gerrit.members(TRUSTED)

    def test_members_without_a_username_are_left_out(self, gerrit, simulator):
        simulator.groups = {TRUSTED: GerritGroup(members=(1, 3))}

        assert frozenset({"ada"}) == gerrit.members(TRUSTED)

    def test_a_group_of_members_without_usernames_is_unknown(self, gerrit, simulator):
        simulator.groups = {TRUSTED: GerritGroup(members=(3,))}

        assert Unknown(f"Gerrit shows no member of group {TRUSTED}") == gerrit.members(TRUSTED)

    @pytest.mark.parametrize(
        ("group", "reason"),
        [
            (None, "is missing or not visible to glaab"),
            (
                GerritGroup(members=(1,), is_visible=False),
                "is missing or not visible to glaab",
            ),
            (
                GerritGroup(members=(1,), is_external=True),
                "is kept outside Gerrit, which cannot list it",
            ),
        ],
    )
    def test_a_group_that_shows_no_members_is_unknown(self, gerrit, simulator, group, reason):
        simulator.groups = {TRUSTED: group} if group else {}

        assert Unknown(f"Gerrit group {TRUSTED} {reason}") == gerrit.members(TRUSTED)

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (403, "is not visible to glaab"),
            (409, "is kept outside Gerrit, which cannot list it"),
        ],
    )
    def test_a_group_that_gerrit_refuses_is_unknown(self, gerrit, recorder, status, reason):
        recorder.always = answers(text_response("no", status))

        assert Unknown(f"Gerrit group {TRUSTED} {reason}") == gerrit.members(TRUSTED)


class TestAccounts:
    def test_an_account_that_glaab_may_not_see_has_no_key(self, gerrit, recorder):
        """Gerrit has no other sign of it; the policy's canary is there to tell."""
        (user,) = recorder.simulator.users.values()
        recorder.simulator.users = {user.id: attrs.evolve(user, is_visible=False)}

        assert {} == gerrit.accounts([ADA])

    @pytest.mark.parametrize("order", [(True, False), (False, True)])
    def test_of_two_usernames_that_differ_in_case_the_inactive_counts(
        self, gerrit, recorder, order
    ):
        recorder.simulator.users = {
            number: GerritUser(id=number, username=username, is_active=is_active)
            for number, (username, is_active) in enumerate(zip(("ada", "Ada"), order, strict=True))
        }

        assert not gerrit.accounts([ADA])[ADA].is_active

    def test_a_list_that_is_cut_off_is_no_answer(self, gerrit, recorder):
        recorder.simulator.users = {
            number: GerritUser(id=number, username=username)
            for number, username in enumerate(["ada", "Ada", "aDa"])
        }

        with pytest.raises(SystemUnavailable, match="its list of accounts is cut off"):
            gerrit.accounts([ADA])

    def test_somebody_whom_nobody_asked_about_is_no_answer(self, gerrit, recorder):
        recorder.always = answers(protected([{"_account_id": 1, "username": "adam"}]))

        with pytest.raises(SystemUnavailable, match="nobody asked about"):
            gerrit.accounts([ADA])


HTML = "<!DOCTYPE html><html><title>Login</title></html>"
MISBEHAVIOURS = {
    "timeout": (is_silent, "it did not answer in time"),
    "disconnect": (disconnects, "the connection failed"),
    "cut-off body": (
        answers(Response(body=b")]}'\n[{}]", cut_to=8)),
        "its answer was cut off",
    ),
    "401": (
        answers(text_response("Unauthorized", 401)),
        "it refused the credentials (HTTP 401: Unauthorized): see GERRIT_USER and GERRIT_PASSWORD",
    ),
    "400": (answers(text_response("no viable alternative", 400)), "HTTP 400: no viable"),
    "429": (answers(text_response("", 429)), "it asks for fewer requests (HTTP 429)"),
    "429, shortly": (
        answers(Response(status=429, headers={"Retry-After": "1"})),
        "it asks for fewer requests (HTTP 429)",
    ),
    "429, for long": (
        answers(Response(status=429, headers={"Retry-After": "3600"})),
        "it asks for fewer requests (HTTP 429)",
    ),
    "429, in words": (
        answers(Response(status=429, headers={"Retry-After": "tomorrow"})),
        "it asks for fewer requests (HTTP 429)",
    ),
    "500": (answers(text_response("Internal server error", 500)), "HTTP 500: Internal"),
    "502": (answers(text_response(HTML, 502, "text/html")), "it answered HTTP 502"),
    "HTML for JSON": (
        answers(text_response(HTML, 200, "text/html")),
        "its answer is not JSON as Gerrit writes it",
    ),
    "empty": (answers(Response()), "its answer is not JSON as Gerrit writes it"),
    "no content": (answers(Response(status=204)), "it answered HTTP 204"),
    "no prefix": (answers(Response(body=b"[]")), "its answer is not JSON as Gerrit writes it"),
    "prefix alone": (answers(Response(body=b")]}'\n")), "its answer is not JSON"),
    "not UTF-8": (answers(Response(body=b")]}'\n\xff\xfe\xfd")), "its answer is not JSON"),
    "an object": (answers(protected({})), "unexpected shape"),
    "null": (answers(protected(None)), "unexpected shape"),
    "names alone": (answers(protected(["ada"])), "unexpected shape"),
    "a number for a name": (answers(protected([{"username": 7}])), "unexpected shape"),
    "redirect": (
        answers(Response(status=302, headers={"Location": "https://elsewhere.example/"})),
        "it redirects elsewhere (HTTP 302)",
    ),
}


@pytest.mark.parametrize("misbehaviour", MISBEHAVIOURS)
@pytest.mark.parametrize(
    "ask",
    [lambda g: g.accounts([ADA]), lambda g: g.members(TRUSTED)],
    ids=["accounts", "members"],
)
def test_misbehaviour_is_never_an_answer(gerrit, timeouts, recorder, ask, misbehaviour):
    recorder.always, reason = MISBEHAVIOURS[misbehaviour]
    if recorder.always is is_silent:
        timeouts.timeout_s = 0.3

    with pytest.raises(SystemUnavailable) as error:
        ask(gerrit)

    assert GERRIT == error.value.system
    assert reason in error.value.reason


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (text_response("no entry\nsecond line", 400), "it answered HTTP 400: no entry"),
        (json_response({"token": "x"}, 400), "it answered HTTP 400"),
        (text_response("<html>", 400, "text/html"), "it answered HTTP 400"),
    ],
)
def test_of_an_error_the_first_line_is_quoted_if_it_is_gerrits(gerrit, recorder, response, reason):
    """Gerrit's are plain text."""
    recorder.always = answers(response)

    with pytest.raises(SystemUnavailable) as error:
        gerrit.accounts([ADA])

    assert reason == error.value.reason


@pytest.mark.parametrize("status", [403, 404, 405, 409])
def test_accounts_that_gerrit_refuses_to_show_are_no_answer(gerrit, recorder, status):
    recorder.always = answers(text_response("no", status))

    with pytest.raises(SystemUnavailable, match=f"it answered HTTP {status}: no"):
        gerrit.accounts([ADA])


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"_account_id": 1},
        {"username": None},
        {"username": "ada", "inactive": "true"},
        {"username": "ada", "inactive": None},
        {"username": "ada", "_more_accounts": 1},
    ],
)
def test_accounts_of_another_shape_are_no_answer(gerrit, recorder, row):
    recorder.always = answers(protected([row]))

    with pytest.raises(SystemUnavailable, match="unexpected shape"):
        gerrit.accounts([ADA])


@pytest.mark.parametrize(
    "credentials", [{"user": "somebody"}, {"password": "wrong"}, {"password": ""}]
)
def test_wrong_credentials_are_no_answer(recorder, credentials):
    with served(recorder) as url:
        gerrit = a_gerrit(url, **credentials)

        for ask in (lambda: gerrit.accounts([ADA]), lambda: gerrit.members(TRUSTED)):
            with pytest.raises(SystemUnavailable, match="refused the credentials"):
                ask()


def test_a_passing_fault_is_outlived(gerrit, recorder):
    recorder.faults.extend([disconnects, answers(text_response("", 503))])

    assert frozenset({ADA}) == gerrit.members(TRUSTED)


def test_a_server_that_is_not_there_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(SystemUnavailable, match="the connection failed"):
        a_gerrit(f"http://127.0.0.1:{port}").members(TRUSTED)
