"""PhabricatorCheckup against the simulator: all well, and each thing broken in turn."""

import json

import pytest

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.phabricator.conduit import Conduit
from glaab.adapters.phabricator.diagnostics import PhabricatorHealthCheck
from glaab.domain.sources.phabricator import PHABRICATOR
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
from tests.contract.told import told
from tests.contract.wire import Recorder, answers, json_response, served

ALL_WELL = {
    "token": ["ok: the token belongs to glaab"],
    "user.ldapquery": ["ok: accounts can be found by the LDAP name that is linked to them"],
    "project #trusted": ['ok: it is "Trusted People"'],
}


def an_owner(*roles, username=USER):
    return PhabricatorUser(phid="PHID-USER-glaab", username=username, roles=roles)


def a_project(**changes):
    values = {
        "phid": "PHID-PROJ-1",
        "name": "Trusted People",
        "slugs": ("trusted",),
        "edit": "PHID-PROJ-1",
        "join": "no-one",
    }
    return PhabricatorProject(**(values | changes))


def a_simulator(owner=None, projects=None):
    owner = owner or an_owner("agent", *ORDINARY)
    return PhabricatorSimulator(
        users=[owner],
        projects=[a_project()] if projects is None else projects,
        tokens={TOKEN: owner.username},
    )


@pytest.fixture
def recorder():
    """In front of a Phabricator where all is well; a strict one, at the end."""
    recorder = Recorder(a_simulator())
    yield recorder
    assert [] == recorder.errors


@pytest.fixture
def health_check(recorder):
    """A function: what differs -> the checkup of the project #trusted."""
    with served(recorder) as url:

        def made(token=TOKEN, user=USER, projects=("trusted",)):
            session = http_session(
                PHABRICATOR,
                url,
                timeouts=TimeoutPolicy(timeout_s=30, retries=0),
                reads=["POST"],
            )
            conduit = Conduit(url=url, token=token, session=session)
            return PhabricatorHealthCheck(conduit=conduit, user=user, projects=projects)

        yield made


def test_all_is_well(health_check):
    assert ALL_WELL == told(health_check())


def test_only_reading_methods_are_called(health_check, recorder):
    recorder.simulator = a_simulator(projects=[])

    told(health_check())

    asked = [
        (request.path, json.loads(request.form["params"]) | {"__conduit__": None})
        for request in recorder.requests
    ]
    slug = {"slugs": ["trusted"]}
    assert [
        ("/api/user.whoami", {"__conduit__": None}),
        (
            "/api/user.ldapquery",
            {
                "ldapnames": ["Nobody, asks glaab doctor"],
                "limit": 2,
                "offset": 0,
                "__conduit__": None,
            },
        ),
        ("/api/project.search", {"constraints": slug, "__conduit__": None}),
        ("/api/project.search", {"constraints": slug | {"status": "all"}, "__conduit__": None}),
    ] == asked


def test_nothing_is_asked_before_a_check_is_called(health_check, recorder):
    health_check().checks()

    assert [] == recorder.requests


def test_without_projects_none_is_asked_for(health_check):
    assert ["token", "user.ldapquery"] == list(health_check(projects=()).checks())


MISSING = (
    "problem: it is missing, or not visible to the token's owner"
    " -> correct the slug in the policy, or have the project shown to it"
)
ARCHIVED = (
    'problem: "Trusted People" is archived, so its members are not trusted'
    " -> have it activated, or name another project in the policy"
)
OPEN = [
    'ok: it is "Trusted People"',
    "warning: everybody who has an account can become a member, and by that be trusted"
    " -> have the project's policies for joining and editing narrowed",
]


@pytest.mark.parametrize(
    ("projects", "expected"),
    [
        ([], [MISSING]),
        ([a_project(is_visible=False)], [MISSING]),
        ([a_project(is_archived=True)], [ARCHIVED]),
        ([a_project(join="users")], OPEN),
        ([a_project(edit="public")], OPEN),
        (
            [a_project(), a_project(phid="PHID-PROJ-2")],
            [
                "problem: 2 projects bear this name, so none of them is trusted"
                " -> have #trusted taken from all of them but one"
            ],
        ),
    ],
    ids=["missing", "invisible", "archived", "joined by anybody", "edited by anybody", "two"],
)
def test_a_project_must_be_one_and_visible_and_not_open_to_all(
    health_check, recorder, projects, expected
):
    recorder.simulator = a_simulator(projects=projects)

    assert ALL_WELL | {"project #trusted": expected} == told(health_check())


def test_a_project_that_is_archived_is_told_wherever_it_is_listed_unasked(health_check, recorder):
    """Phacility's default is all projects, Phorge's the active ones."""
    data = {"phid": "PHID-PROJ-1", "fields": {"name": "Trusted People", "status": "archived"}}
    answer = {"result": {"data": [data]}, "error_code": None, "error_info": None}
    recorder.faults += [None, None, answers(json_response(answer))]

    assert ALL_WELL | {"project #trusted": [ARCHIVED]} == told(health_check())


def test_who_may_join_a_project_may_be_left_untold(health_check, recorder):
    data = {"phid": "PHID-PROJ-1", "fields": {"slug": "trusted"}}
    answer = {"result": {"data": [data]}, "error_code": None, "error_info": None}
    recorder.faults += [None, None, answers(json_response(answer))]

    assert ALL_WELL | {"project #trusted": ['ok: it is "trusted"']} == told(health_check())


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (an_owner(), ["ok: the token belongs to glaab"]),
        (an_owner("agent", *ORDINARY, username="Glaab"), ["ok: the token belongs to Glaab"]),
        (
            an_owner("agent", *ORDINARY, username="somebody"),
            [
                "problem: the token belongs to somebody, not to glaab -> set PHABRICATOR_USER to"
                " the token's owner, or PHABRICATOR_TOKEN to a token of glaab"
            ],
        ),
        (
            an_owner("agent", "admin", *ORDINARY),
            [
                "ok: the token belongs to glaab",
                "problem: glaab is an administrator of Phabricator, which glaab has no use for"
                " -> take that right away, or set PHABRICATOR_USER and PHABRICATOR_TOKEN to a"
                " bot's",
            ],
        ),
        (
            an_owner(*ORDINARY),
            [
                "ok: the token belongs to glaab",
                "warning: glaab is a person's account, not a bot's: the token can do all that"
                " this person can -> set PHABRICATOR_USER and PHABRICATOR_TOKEN to those of a bot"
                " account",
            ],
        ),
    ],
    ids=["roles not told", "other case", "somebody else", "administrator", "person"],
)
def test_the_tokens_owner_is_the_configured_bot_and_no_administrator(
    health_check, recorder, owner, expected
):
    recorder.simulator = a_simulator(owner)

    assert ALL_WELL | {"token": expected} == told(health_check())


def test_a_refused_token_is_named_by_its_setting_wherever_it_is_needed(health_check):
    refused = (
        "unavailable: it refused the token (ERR-INVALID-AUTH: API token … is not valid.):"
        " see PHABRICATOR_TOKEN"
    )

    assert {title: [refused] for title in ALL_WELL} == told(health_check(token="api-" + "x" * 28))


def test_a_name_that_is_linked_after_all_is_no_trouble(health_check, recorder):
    recorder.simulator.links.append(Link("Nobody, asks glaab doctor", "PHID-USER-glaab"))

    assert ALL_WELL == told(health_check())


@pytest.mark.parametrize(
    ("code", "info", "expected"),
    [
        (
            "ERR-CONDUIT-CALL",
            'Conduit API method "user.ldapquery" does not exist.',
            "problem: Phabricator has no user.ldapquery that takes names, so no account can be"
            " found -> have Wikimedia's extension installed, or take Phabricator out of the policy",
        ),
        (
            "ERR-CONDUIT-CORE",
            "It broke.",
            "unavailable: it answered ERR-CONDUIT-CORE: It broke.",
        ),
    ],
)
def test_the_method_of_wikimedia_must_be_there(health_check, recorder, code, info, expected):
    describe_http_status = json_response({"result": None, "error_code": code, "error_info": info})
    recorder.faults += [None, answers(describe_http_status)]

    assert ALL_WELL | {"user.ldapquery": [expected]} == told(health_check())


def test_the_token_is_not_in_its_repr(health_check):
    assert TOKEN not in repr(health_check())
