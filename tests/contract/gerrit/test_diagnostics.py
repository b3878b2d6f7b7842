"""GerritCheckup against the simulator: all well, and each thing broken in turn."""

import json
from itertools import count

import pytest

from glaab.adapters.gerrit.client import GerritApi
from glaab.adapters.gerrit.diagnostics import GerritHealthCheck
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.domain.sources.gerrit import GERRIT
from tests.contract.gerrit.simulator import PASSWORD, ROOT, USER, GerritGroup, GerritSimulator, uuid
from tests.contract.sessions import http_session
from tests.contract.told import told
from tests.contract.wire import Recorder, disconnects, served, text_response

ALL_WELL = {
    "credentials": ["ok: the credentials of glaab are good"],
    "rights": ["ok: glaab has no rights of an administrator"],
    "groups in Trusted": ["ok: Gerrit lists the members of every group that it includes"],
}
STAFF = "ldap:cn=wmf,ou=groups"


def left_out(*names):
    return [
        f"warning: it includes {', '.join(names)}, whose members Gerrit does not list:"
        " glaab does not trust them by Trusted -> let a rule of the"
        " policy name their group in the system that keeps it"
    ]


@pytest.fixture
def recorder():
    """In front of a Gerrit where all is well; a strict one, at the end."""
    recorder = Recorder(GerritSimulator(groups={"Trusted": GerritGroup()}))
    yield recorder
    assert [] == recorder.errors


@pytest.fixture
def health_check(recorder):
    """A function: what differs -> the checkup of the group Trusted."""
    with served(recorder) as url:

        def made(password=PASSWORD, groups=("Trusted",)):
            session = http_session(GERRIT, url, timeouts=TimeoutPolicy(timeout_s=30, retries=0))
            api = GerritApi(url=f"{url}{ROOT}", user=USER, password=password, session=session)
            return GerritHealthCheck(api=api, groups=groups)

        yield made


def test_all_is_well(health_check):
    assert ALL_WELL == told(health_check())


def test_everything_is_only_read(health_check, recorder):
    told(health_check())

    assert [
        ("GET", "/r/a/accounts/self"),
        ("GET", "/r/a/accounts/self/capabilities"),
        ("GET", "/r/a/groups/Trusted/groups/"),
    ] == [(request.method, request.raw_path) for request in recorder.requests]


def test_nothing_is_asked_before_a_check_is_called(health_check, recorder):
    health_check().checks()

    assert [] == recorder.requests


def untold(reason):
    """Of every check but that of the credentials."""
    whats = {"rights": "what glaab may do", "groups in Trusted": "which groups it includes"}
    return {
        title: [
            f"warning: it cannot be told {what}: {reason}"
            " -> ask an administrator of Gerrit about it"
        ]
        for title, what in whats.items()
    }


def test_refused_credentials_are_told_of_wherever_they_are_needed(health_check):
    reason = (
        "it refused the credentials (HTTP 401: Unauthorized): see GERRIT_USER and GERRIT_PASSWORD"
    )

    expected = {"credentials": [f"unavailable: {reason}"], **untold(reason)}
    assert expected == told(health_check(password="wrong"))


def test_rights_of_an_administrator_are_too_many(health_check, recorder):
    recorder.simulator.capabilities |= {"runAs", "administrateServer", "viewAllAccounts"}

    expected = (
        "problem: glaab has rights that glaab has no use for: administrateServer, runAs"
        " -> take them away, or set GERRIT_USER and GERRIT_PASSWORD to an account without them"
    )
    assert ALL_WELL | {"rights": [expected]} == told(health_check())


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({"Trusted": GerritGroup(includes=(STAFF,))}, left_out(STAFF)),
        (
            {
                "Trusted": GerritGroup(includes=("Inner", "global:Registered-Users")),
                "Inner": GerritGroup(includes=("Trusted", "Innermost", STAFF)),
                "Innermost": GerritGroup(includes=(STAFF,)),
            },
            left_out("global:Registered-Users", STAFF),
        ),
        (
            {
                "Trusted": GerritGroup(includes=("Inner", "Hidden")),
                "Inner": GerritGroup(includes=("Trusted",)),
                "Hidden": GerritGroup(includes=(STAFF,), is_visible=False),
            },
            ALL_WELL["groups in Trusted"],
        ),
    ],
    ids=["LDAP's", "nested", "all Gerrit's own"],
)
def test_included_groups_that_gerrit_does_not_list_are_named(
    health_check, recorder, groups, expected
):
    recorder.simulator.groups = groups

    assert ALL_WELL | {"groups in Trusted": expected} == told(health_check())


def test_each_group_is_asked_about_once(health_check, recorder):
    """Whatever includes what: by UUID, after the first."""
    recorder.simulator.groups = {
        "Trusted": GerritGroup(includes=("A", "B")),
        "A": GerritGroup(includes=("B",)),
        "B": GerritGroup(includes=("A",)),
    }

    told(health_check())

    asked = [request.path.split("/")[4] for request in recorder.requests[2:]]
    assert ["Trusted", *sorted([uuid("A"), uuid("B")])] == [asked[0], *sorted(asked[1:])]


@pytest.mark.parametrize("name", ["Ünïcode & more", "a/b", uuid("Trusted")])
def test_a_group_may_have_any_name(health_check, recorder, name):
    recorder.simulator.groups = {"Trusted": GerritGroup(), name: GerritGroup()}

    expected = ["ok: Gerrit lists the members of every group that it includes"]
    assert expected == told(health_check(groups=(name,)))[f"groups in {name}"]


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (GerritGroup(is_visible=False), "HTTP 404: Trusted"),
        (GerritGroup(is_external=True), "HTTP 405: not a Gerrit internal group"),
    ],
)
def test_a_group_that_does_not_show_what_it_includes_is_only_a_warning(
    health_check, recorder, group, said
):
    """Whether it can be used at all is another check's business."""
    recorder.simulator.groups = {"Trusted": group}

    expected = (
        f"warning: it cannot be told which groups it includes: it answered {said}"
        " -> ask an administrator of Gerrit about it"
    )
    assert ALL_WELL | {"groups in Trusted": [expected]} == told(health_check())


def test_what_no_run_asks_for_may_go_without_any_answer(health_check, recorder):
    """A broken connection is a warning as well, where Gerrit answers what a run asks."""
    recorder.always = lambda request, handle: (
        None if request.path.endswith("/self") else disconnects(request, handle)
    )

    said = told(health_check())

    assert ALL_WELL["credentials"] == said["credentials"]
    assert all(line.startswith("warning: ") for title in untold("") for line in said[title])


def test_a_server_that_names_ever_new_groups_is_not_asked_for_ever(health_check, recorder):
    numbers = count()
    recorder.always = lambda request, _: (
        gerrit_json([{"id": f"{next(numbers)}"}]) if request.path.endswith("/groups/") else None
    )

    assert (
        untold("there are over 100")["groups in Trusted"]
        == told(health_check())["groups in Trusted"]
    )
    assert 102 == len(recorder.requests)


def test_a_group_whose_id_is_no_unicode_is_asked_about_all_the_same(health_check, recorder):
    recorder.faults += [None, None, lambda *_: gerrit_json([{"id": "\ud800"}])]
    recorder.always = lambda request, _: (
        gerrit_json([]) if "%ED%A0%80" in request.raw_path else None
    )

    assert ALL_WELL == told(health_check())


def gerrit_json(payload):
    return text_response(f")]}}'\n{json.dumps(payload)}", 200, "application/json")


@pytest.mark.parametrize("status", [403, 404, 501])
@pytest.mark.parametrize(
    ("path", "title", "what"),
    [
        ("accounts/self", "credentials", "whether the credentials are good"),
        ("accounts/self/capabilities", "rights", "what glaab may do"),
    ],
)
def test_what_gerrit_does_not_tell_is_only_a_warning(
    health_check, recorder, path, title, what, status
):
    recorder.always = lambda request, _: (
        text_response("No", status) if request.path == f"{ROOT}/a/{path}" else None
    )

    expected = (
        f"warning: it cannot be told {what}: it answered HTTP {status}: No"
        " -> ask an administrator of Gerrit about it"
    )
    assert ALL_WELL | {title: [expected]} == told(health_check())


def test_an_answer_of_another_shape_is_none(health_check, recorder):
    recorder.always = lambda *_: gerrit_json(["glaab"])

    reason = "its answer has an unexpected shape: top level: expected a mapping"
    said = told(health_check())
    assert [f"unavailable: {reason}"] == said["credentials"]
    assert untold(reason)["rights"] == said["rights"]


def test_an_outage_is_one(health_check, recorder):
    recorder.always = lambda *_: text_response("Down", 503)

    reason = "it answered HTTP 503: Down"
    assert {"credentials": [f"unavailable: {reason}"], **untold(reason)} == told(health_check())


def test_the_password_is_not_in_its_repr(health_check):
    assert PASSWORD not in repr(health_check())
