"""PhabricatorConduit against the simulator: the contract, the wire, and every misbehaviour."""

import json
import socket

import attrs
import pytest

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.phabricator.client import PhabricatorConduit
from glaab.adapters.phabricator.conduit import Conduit
from glaab.adapters.redaction import redacting
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.names import Cn
from glaab.domain.sources.phabricator import PHABRICATOR
from tests.contract.phabricator.contract import ADA, BOB, PhabricatorContract, an_account
from tests.contract.phabricator.simulator import (
    ORDINARY,
    TOKEN,
    USER,
    Link,
    PhabricatorProject,
    PhabricatorSimulator,
    PhabricatorUser,
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

MEMBERS = frozenset({an_account().phid})


def a_phabricator(url, timeouts=None, user=USER, token=TOKEN):
    session = http_session(PHABRICATOR, url, timeouts=timeouts, reads=["POST"])
    conduit = Conduit(url=url, token=token, session=session)
    return PhabricatorConduit(conduit=conduit, user=user)


@pytest.fixture
def recorder():
    """In front of a Phabricator where Ada is linked and trusted; a strict one, at the end."""
    recorder = Recorder(PhabricatorSimulator.of({ADA: (an_account(),)}, {"trusted": MEMBERS}))
    yield recorder
    assert [] == recorder.errors


@pytest.fixture
def timeouts():
    return TimeoutPolicy(timeout_s=30)


@pytest.fixture
def phabricator(recorder, timeouts):
    with served(recorder) as url:
        yield a_phabricator(url, timeouts)


@pytest.fixture
def ready(phabricator):
    """One that has seen whose token it has."""
    phabricator.accounts([ADA])
    return phabricator


def methods(recorder):
    return [request.path.removeprefix("/api/") for request in recorder.requests]


def parameters(request):
    return json.loads(request.form["params"])


def an_error(code, info):
    return json_response({"result": None, "error_code": code, "error_info": info})


def a_result(result):
    return json_response({"result": result, "error_code": None, "error_info": None})


def a_row(**changes):
    row = {"phid": "PHID-USER-1", "userName": "ada", "roles": ["activated"], "ldap_username": ADA}
    return row | changes


def a_project(phid="PHID-PROJ-1", **fields):
    members = {"members": {"members": [{"phid": "PHID-USER-1"}]}}
    return {"phid": phid, "fields": {"slug": "trusted"} | fields, "attachments": members}


def projects(*data, slug_map=None):
    return a_result({"data": list(data), "maps": {"slugMap": slug_map}})


class TestPhabricatorConduit(PhabricatorContract):
    rung = "simulator"

    @pytest.fixture
    def given(self, recorder):
        with served(recorder) as url:

            def given(linked, projects):
                recorder.simulator = PhabricatorSimulator.of(linked, projects)
                return a_phabricator(url)

            yield given


class TestOnTheWire:
    def test_whose_the_token_is_is_asked_once(self, phabricator, recorder):
        phabricator.accounts([ADA])
        phabricator.members("trusted")
        phabricator.accounts([BOB])

        expected = ["user.whoami", "user.ldapquery", "project.search", "user.ldapquery"]
        assert expected == methods(recorder)

    def test_nothing_is_asked_about_nobody(self, phabricator, recorder):
        phabricator.accounts([])
        phabricator.accounts([Cn("no \udcff text")])

        assert [] == recorder.requests

    def test_a_hundred_names_with_an_account_each_cost_one_request(self, ready, recorder):
        linked = {Cn(f"Name {n}"): (an_account(f"user{n}"),) for n in range(100)}
        recorder.simulator = PhabricatorSimulator.of(linked, {})
        recorder.requests.clear()

        ready.accounts(linked.keys())

        assert ["user.ldapquery"] == methods(recorder)
        asked = parameters(recorder.requests[0]) | {"__conduit__": None}
        assert {
            "ldapnames": list(linked),
            "limit": 210,
            "offset": 0,
            "__conduit__": None,
        } == asked

    def test_the_token_travels_in_the_body_alone(self, ready, recorder):
        for request in recorder.requests:
            assert {"token": TOKEN} == parameters(request)["__conduit__"]
            assert TOKEN not in request.raw_path + str(request.headers)

    def test_a_project_is_asked_for_by_its_slug(self, ready, recorder):
        ready.members("trusted")

        expected = {"constraints": {"slugs": ["trusted"]}, "attachments": {"members": True}}
        assert expected | {"__conduit__": {"token": TOKEN}} == parameters(recorder.requests[-1])

    def test_an_address_may_end_in_a_slash(self, recorder):
        with served(recorder) as url:
            assert MEMBERS == a_phabricator(f"{url}/").members("trusted")

    def test_the_token_is_not_in_its_repr(self):
        assert TOKEN not in repr(a_phabricator("http://localhost"))


class TestTheTokensOwner:
    def test_case_does_not_count_in_a_username(self, recorder):
        """Phabricator tells apart no two usernames by case."""
        with served(recorder) as url:
            assert MEMBERS == a_phabricator(url, user="Glaab").members("trusted")

    @pytest.mark.parametrize("ask", [lambda p: p.accounts([ADA]), lambda p: p.members("trusted")])
    def test_somebody_elses_token_is_refused(self, recorder, ask):
        with served(recorder) as url, pytest.raises(SystemUnavailable) as error:
            ask(a_phabricator(url, user="somebody"))

        assert (
            "the token belongs to glaab, not to somebody:"
            " PHABRICATOR_USER and PHABRICATOR_TOKEN do not go together"
        ) == error.value.reason
        assert ["user.whoami"] == methods(recorder)

    @pytest.mark.parametrize(
        ("token", "reason"),
        [
            ("api-" + "x" * 28, "ERR-INVALID-AUTH: API token … is not valid."),
            (
                "api-short",
                "ERR-INVALID-AUTH: API token … has the wrong length."
                " API tokens should be 32 characters long.",
            ),
            (
                'api-with" a "quote',
                "ERR-INVALID-AUTH: API token … has the wrong length."
                " API tokens should be 32 characters long.",
            ),
            (
                "api-" + "e" * 28,
                "ERR-INVALID-AUTH: API token … was previously valid, but has expired.",
            ),
            (
                "api-" + "d" * 28,
                "ERR-INVALID-AUTH: User account is not permitted to use the API.",
            ),
            ("", "ERR-INVALID-SESSION: Session key is not present."),
        ],
    )
    def test_a_refused_token_is_named_by_its_setting_and_never_shown(self, recorder, token, reason):
        recorder.simulator.expired.add("api-" + "e" * 28)
        recorder.simulator.tokens["api-" + "d" * 28] = "former"
        former = PhabricatorUser(phid="PHID-USER-former", username="former", roles=("disabled",))
        recorder.simulator.users.append(former)

        with (
            redacting([token]),
            served(recorder) as url,
            pytest.raises(SystemUnavailable) as error,
        ):
            a_phabricator(url, token=token).members("trusted")

        assert f"it refused the token ({reason}): see PHABRICATOR_TOKEN" == error.value.reason

    @pytest.mark.parametrize(
        "answer",
        [
            an_error("ERR-INVALID-AUTH", f'token "{TOKEN[:20]}'),
            an_error("ERR-CONDUIT-CORE", f"exception about {TOKEN}"),
            text_response(f"you sent {TOKEN}", 500),
        ],
    )
    def test_an_error_that_quotes_the_token_otherwise_does_not_show_it(
        self, recorder, phabricator, answer
    ):
        recorder.always = answers(answer)

        with redacting([TOKEN]), pytest.raises(SystemUnavailable) as error:
            phabricator.members("trusted")

        assert TOKEN[4:20] not in str(error.value)

    def test_a_failed_check_is_made_again(self, recorder, phabricator):
        recorder.faults.append(answers(an_error("ERR-CONDUIT-CORE", "database is away")))
        with pytest.raises(SystemUnavailable, match="ERR-CONDUIT-CORE: database is away"):
            phabricator.members("trusted")

        assert MEMBERS == phabricator.members("trusted")


class TestLinkedAccounts:
    def test_a_name_whose_account_is_gone_has_no_key(self, ready, recorder):
        """user.ldapquery has an empty list for it, not the error for unknown names."""
        recorder.simulator.links.append(Link("Orphan Account", None))

        assert {} == ready.accounts([Cn("Orphan Account")])

    def test_another_invalid_parameter_is_no_answer(self, ready, recorder):
        recorder.always = answers(an_error("ERR-INVALID-PARAMETER", "Must pass names."))

        with pytest.raises(SystemUnavailable, match="ERR-INVALID-PARAMETER: Must pass names"):
            ready.accounts([ADA])

    def test_unknown_names_under_another_code_are_no_answer(self, ready, recorder):
        recorder.always = answers(an_error("ERR-CONDUIT-CORE", "Unknown or missing ldap names: A"))

        with pytest.raises(SystemUnavailable):
            ready.accounts([ADA])

    def test_an_invalid_parameter_without_a_text_is_no_answer(self, ready, recorder):
        recorder.always = answers(an_error("ERR-INVALID-PARAMETER", None))

        with pytest.raises(SystemUnavailable):
            ready.accounts([ADA])

    def test_one_account_twice_is_one(self, ready, recorder):
        recorder.faults.append(answers(a_result([a_row(), a_row()])))
        recorder.faults.append(answers(a_result([])))

        assert ["ada"] == [account.username for account in ready.accounts([ADA])[ADA]]

    @pytest.mark.parametrize(
        "page",
        [
            [a_row(phid=f"PHID-USER-{n}") for n in range(13)],
            [a_row(phid=f"PHID-USER-{n}") for n in range(12)],
        ],
        ids=["more than the limit", "the same page for ever"],
    )
    def test_who_keeps_to_no_limit_gives_no_usable_answer(self, ready, recorder, page):
        recorder.always = answers(a_result(page))

        with pytest.raises(SystemUnavailable, match="limit and offset"):
            ready.accounts([ADA])

    @pytest.mark.parametrize("role", ["agent", "bot", "list"])
    def test_bots_and_lists_are_no_people(self, ready, recorder, role):
        recorder.always = answers(a_result([a_row(roles=["activated", role])]))

        (account,) = ready.accounts([ADA])[ADA]

        assert (False, True) == (account.is_person, account.is_activated)


class TestProjects:
    @pytest.mark.parametrize(
        "slug", ["trusted", "#trusted", "Trusted", "second-slug", "Second-Slug"]
    )
    def test_every_slug_and_spelling_of_a_project_finds_it(self, ready, recorder, slug):
        recorder.simulator.projects[:] = [
            PhabricatorProject(
                phid="PHID-PROJ-1",
                name="Trusted",
                slugs=("trusted", "second-slug"),
                members=("PHID-USER-1",),
            )
        ]

        assert frozenset({"PHID-USER-1"}) == ready.members(slug)

    @pytest.mark.parametrize("change", [{"is_archived": True}, {"is_visible": False}])
    def test_an_archived_or_invisible_project_is_unknown(self, ready, recorder, change):
        (trusted,) = recorder.simulator.projects
        recorder.simulator.projects[:] = [attrs.evolve(trusted, **change)]

        expected = Unknown(
            "Phabricator project #trusted is missing, archived or not visible to glaab"
        )
        assert expected == ready.members("trusted")

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (
                projects(a_project("PHID-PROJ-1"), a_project("PHID-PROJ-2")),
                "2 Phabricator projects bear #trusted",
            ),
            (
                projects(a_project(slug="other"), slug_map=[]),
                "Phabricator answered with another project than #trusted",
            ),
            (
                projects(a_project(), slug_map={"trusted": {"projectPHID": "PHID-PROJ-2"}}),
                "Phabricator answered with another project than #trusted",
            ),
            (projects(a_project(status="archived")), "Phabricator project #trusted is archived"),
        ],
    )
    def test_an_answer_about_another_project_is_unknown(self, ready, recorder, answer, reason):
        recorder.always = answers(answer)

        assert Unknown(reason) == ready.members("trusted")

    @pytest.mark.parametrize("slug_map", [{}, [], None])
    def test_without_a_map_of_slugs_the_projects_own_slug_counts(self, ready, recorder, slug_map):
        recorder.always = answers(
            projects(a_project(slug="trusted_people"), slug_map=slug_map),
        )

        assert frozenset({"PHID-USER-1"}) == ready.members("#Trusted People")

    def test_one_project_twice_is_one(self, ready, recorder):
        recorder.always = answers(projects(a_project(), a_project()))

        assert frozenset({"PHID-USER-1"}) == ready.members("trusted")

    def test_the_first_wrong_slug_is_told_in_words(self, ready):
        expected = Unknown(
            "Phabricator project #nobody is missing, archived or not visible to glaab"
        )

        assert expected == ready.members("nobody")

    def test_an_empty_project_is_told_in_words(self, ready, recorder):
        (trusted,) = recorder.simulator.projects
        recorder.simulator.projects[:] = [attrs.evolve(trusted, members=())]

        assert Unknown("Phabricator shows no member of project #trusted") == ready.members(
            "trusted"
        )


HTML = "<!DOCTYPE html><html><title>Login</title></html>"
MISBEHAVIOURS = {
    "timeout": (is_silent, "it did not answer in time"),
    "disconnect": (disconnects, "the connection failed"),
    "cut-off body": (
        answers(Response(body=b'{"result": [], "error_code": null}', cut_to=10)),
        "its answer was cut off",
    ),
    "401": (
        answers(text_response("who?", 401)),
        "it refused the credentials (HTTP 401): see PHABRICATOR_TOKEN",
    ),
    "403": (answers(text_response("no", 403)), "it answered HTTP 403"),
    "404": (answers(text_response("", 404)), "it answered HTTP 404"),
    "409": (answers(text_response("", 409)), "it answered HTTP 409"),
    "429": (
        answers(text_response("TOO MANY REQUESTS", 429)),
        "it asks for fewer requests (HTTP 429)",
    ),
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
    "500": (answers(text_response(HTML, 500, "text/html")), "it answered HTTP 500"),
    "502": (answers(text_response(HTML, 502, "text/html")), "it answered HTTP 502"),
    "HTML for JSON": (answers(text_response(HTML, 200, "text/html")), "its answer is not JSON"),
    "empty": (answers(Response()), "its answer is not JSON"),
    "not UTF-8": (answers(Response(body=b"\xff\xfe\xfd")), "its answer is not JSON"),
    "a list": (answers(json_response([])), "unexpected shape"),
    "null": (answers(json_response(None)), "unexpected shape"),
    "no error_code": (answers(json_response({"result": []})), "unexpected shape"),
    "no result": (answers(json_response({"error_code": None})), "unexpected shape"),
    "a number for a code": (
        answers(json_response({"result": [], "error_code": 1, "error_info": ""})),
        "unexpected shape",
    ),
    "an error": (
        answers(an_error("ERR-CONDUIT-CORE", "read-only mode")),
        "it answered ERR-CONDUIT-CORE: read-only mode",
    ),
    "result null": (answers(a_result(None)), "unexpected shape"),
    "result of another type": (answers(a_result("x")), "unexpected shape"),
    "redirect": (
        answers(Response(status=302, headers={"Location": "https://elsewhere.example/"})),
        "it redirects elsewhere (HTTP 302)",
    ),
}


@pytest.mark.parametrize("misbehaviour", MISBEHAVIOURS)
@pytest.mark.parametrize(
    "ask",
    [lambda p: p.accounts([ADA]), lambda p: p.members("trusted")],
    ids=["accounts", "members"],
)
def test_misbehaviour_is_never_an_answer(ready, timeouts, recorder, ask, misbehaviour):
    recorder.always, reason = MISBEHAVIOURS[misbehaviour]
    if recorder.always is is_silent:
        timeouts.timeout_s = 0.3

    with pytest.raises(SystemUnavailable) as error:
        ask(ready)

    assert PHABRICATOR == error.value.system
    assert reason in error.value.reason


@pytest.mark.parametrize(
    "response",
    [text_response("no", 500), json_response({"result": {"token": "x"}}, 500)],
    ids=["text", "JSON"],
)
def test_what_is_no_error_of_conduit_is_not_quoted(ready, recorder, response):
    """Those of Conduit come with 200."""
    recorder.always = answers(response)

    with pytest.raises(SystemUnavailable) as error:
        ready.members("trusted")

    assert "it answered HTTP 500" == error.value.reason


@pytest.mark.parametrize("misbehaviour", MISBEHAVIOURS)
def test_misbehaviour_about_the_tokens_owner_is_never_an_answer(
    phabricator, timeouts, recorder, misbehaviour
):
    recorder.always, reason = MISBEHAVIOURS[misbehaviour]
    if recorder.always is is_silent:
        timeouts.timeout_s = 0.3

    with pytest.raises(SystemUnavailable) as error:
        phabricator.members("trusted")

    assert reason in error.value.reason


@pytest.mark.parametrize(
    "result",
    [
        {},
        [None],
        ["PHID-USER-1"],
        [a_row(phid=None)],
        [a_row(userName=1)],
        [a_row(roles="disabled")],
        [a_row(roles=[None])],
        [a_row(roles={"0": "disabled"})],
        [a_row(ldap_username=None)],
        [{key: value for key, value in a_row().items() if key != "roles"}],
        [{key: value for key, value in a_row().items() if key != "ldap_username"}],
    ],
)
def test_rows_of_another_shape_are_no_answer(ready, recorder, result):
    recorder.always = answers(a_result(result))

    with pytest.raises(SystemUnavailable, match="unexpected shape"):
        ready.accounts([ADA])


@pytest.mark.parametrize(
    "result",
    [
        {"maps": {}},
        {"data": {}, "maps": {}},
        {"data": [{"phid": "PHID-PROJ-1", "fields": {"slug": "trusted"}}]},
        {"data": [a_project() | {"attachments": {}}]},
        {"data": [a_project() | {"attachments": {"members": {"members": ["PHID-USER-1"]}}}]},
        {"data": [a_project()], "maps": {"slugMap": {"trusted": "PHID-PROJ-1"}}},
    ],
)
def test_projects_of_another_shape_are_no_answer(ready, recorder, result):
    recorder.always = answers(a_result(result))

    with pytest.raises(SystemUnavailable, match="unexpected shape"):
        ready.members("trusted")


def test_a_passing_fault_is_outlived(ready, recorder):
    recorder.faults.extend([disconnects, answers(text_response("", 503))])

    assert MEMBERS == ready.members("trusted")


def test_a_server_that_is_not_there_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(SystemUnavailable, match="the connection failed"):
        a_phabricator(f"http://127.0.0.1:{port}").members("trusted")


def test_ordinary_roles_are_those_of_a_usable_account(recorder):
    """What the simulator calls ordinary is what was recorded of an ordinary account."""
    assert ORDINARY == recorder.simulator.users[1].roles
