"""KeycloakHealthCheck against the simulator: all well, and each thing broken in turn."""

import pytest

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.keycloak.api import MISSING_ROLE
from glaab.adapters.keycloak.diagnostics import KeycloakHealthCheck
from glaab.domain.sources.keycloak import KEYCLOAK_ID, KEYCLOAK_USERNAME
from tests.contract.keycloak.simulator import KeycloakSimulator, SimulatedClient
from tests.contract.keycloak.test_client import an_api
from tests.contract.told import told
from tests.contract.wire import Recorder, answers, disconnects, json_response, served

OWN = SimulatedClient().user_id
CREDENTIALS = [f"ok: the realm people knows the client glaab, as the user {OWN}"]
ALL_WELL = {
    "credentials": CREDENTIALS,
    "rights": ["ok: the service account may see users and groups, and no more (view-users)"],
}
GIVE = "give the service account of the client glaab the role view-users of"


@pytest.fixture
def recorder():
    recorder = Recorder(KeycloakSimulator())
    yield recorder
    assert [] == recorder.errors


@pytest.fixture
def health_check(recorder):
    """A function: what differs -> the health check."""
    with served(recorder) as url:

        def made(extern_uid=KEYCLOAK_ID, **changes):
            timeouts = TimeoutPolicy(timeout_s=30, retries=0)
            return KeycloakHealthCheck(api=an_api(url, timeouts, **changes), extern_uid=extern_uid)

        yield made


def test_all_is_well(health_check, recorder):
    assert ALL_WELL == told(health_check())
    assert ["POST", "GET", "GET"] == recorder.methods


MISSING = f"problem: {MISSING_ROLE} -> {GIVE} realm-management"
EXCESS = (
    "problem: the service account has roles of realm-management that glaab has no use for: {} ->"
    " take them away; view-users is enough"
)


@pytest.mark.parametrize(
    ("roles", "findings"),
    [
        ((), [MISSING]),
        (("query-users",), [MISSING]),
        (("manage-users",), [MISSING, EXCESS.format("manage-users")]),
        (
            ("view-users", "view-realm", "view-events"),
            [EXCESS.format("view-events, view-realm")],
        ),
    ],
)
def test_rights_that_are_too_few_or_too_many_are_named(health_check, recorder, roles, findings):
    recorder.simulator.change_client(roles=frozenset(roles))

    assert findings == told(health_check())["rights"]


def test_an_account_that_is_shown_nobody_is_told(health_check, recorder):
    """The role was withdrawn after the token was issued, or permissions are in the way."""
    recorder.faults += [None, answers(json_response([]))]

    assert [
        f"unavailable: it does not show the service account itself: {GIVE} realm-management"
        " (Keycloak before 26.2 shows nobody of several)"
    ] == told(health_check())["rights"]


def test_of_the_master_realm_roles_have_another_client(health_check, recorder):
    recorder.simulator.realm = "master"
    recorder.simulator.change_client(roles=frozenset())

    assert [f"problem: {MISSING_ROLE} -> {GIVE} master-realm"] == told(
        health_check(realm="master")
    )["rights"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_secret": "wrong"}, "it refused the credentials (HTTP 401: Invalid client or"),
        ({"client_id": "nobody"}, "it refused the credentials (HTTP 401: Invalid client or"),
        ({"realm": "nowhere"}, "it answered HTTP 404: Realm does not exist; see KEYCLOAK_URL"),
    ],
)
def test_credentials_that_are_not_good_are_told(health_check, changes, reason):
    (finding,) = told(health_check(**changes))["credentials"]

    assert finding.startswith(f"unavailable: {reason}")


def test_a_keycloak_that_is_down_is_told(health_check, recorder):
    recorder.always = disconnects

    (finding,) = told(health_check())["credentials"]

    assert finding.startswith("unavailable: the connection failed")


def test_usernames_as_proof_are_warned_of(health_check):
    """A name that is free again can be another person's."""
    (finding,) = told(health_check(KEYCLOAK_USERNAME))["extern_uid"]

    assert (
        "warning: people are proven by their username: when somebody is renamed or deleted, another"
        " person can take the name, and is that account to GitLab -> set uid_field to sub in"
        ' GitLab, and extern_uid of the policy to "keycloak_id"; identities that GitLab has already'
        " keep the username until they are changed"
    ) == finding
