"""glaab as a process where a real Keycloak proves who people are, and there is no directory."""

from collections.abc import Mapping
from math import ceil

import attrs
import pytest

from tests.contract.keycloak.contract import a_group, a_user, uuid
from tests.contract.keycloak.simulator import CLIENT_SECRET, KeycloakSimulator, SimulatedClient
from tests.contract.services.keycloak import KeycloakService
from tests.contract.services.keycloak_realm import KeycloakRealm
from tests.e2e.installation import Run
from tests.e2e.site import Site
from tests.faults.harness import Installation
from tests.faults.scenes import keycloak as scene

pytestmark = pytest.mark.timeout(300)

ANN, BEN, CYD, DAN, EVE, FAY, GUS, FORMER = (
    a_user(number, name, is_enabled=name not in ("dan", "former"))
    for number, name in enumerate(
        ("ann", "ben", "cyd", "dan", "eve", "fay", "gus", "former"), start=301
    )
)
TEXT = f"""
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "keycloak_id"
[[trust]]
name = "Staff"
keycloak_group = "/staff"
[[trust]]
name = "Speaker"
vetted_list = "speakers.toml"
[veto]
keycloak_disabled = true
[canary]
keycloak_disabled = "{FORMER.id}"
"""
SPEAKERS = f"""
version = 1
[[person]]
extern_uid = "{DAN.id}"
[[person]]
extern_uid = "{GUS.id}"
vouched_by = "@admin"
note = "keynote"
"""
ROLES = {
    "none": (),
    "query-users": ("query-users",),
    "query-groups": ("query-groups",),
    "queries": ("query-users", "query-groups"),
    "view-realm": ("view-realm",),
}
"""The clients beside `glaab`, and the roles of realm-management that their accounts have."""


@attrs.frozen
class Policy:
    text: str = TEXT
    provider: str = "openid_connect"


@attrs.frozen
class Client:
    """Who asks Keycloak."""

    url: str
    client_id: str = "glaab"

    @property
    def settings(self) -> Mapping[str, str]:
        return {
            "KEYCLOAK_URL": self.url,
            "KEYCLOAK_REALM": "people",
            "KEYCLOAK_CLIENT_ID": self.client_id,
            "KEYCLOAK_CLIENT_SECRET": CLIENT_SECRET,
        }


def a_world() -> KeycloakSimulator:
    """Ann is staff, ben in a group below, cyd in another, dan disabled; gus is on a list alone."""
    world = KeycloakSimulator.of(
        (ANN, BEN, CYD, DAN, EVE, FAY, GUS, FORMER),
        (
            a_group("/staff", ANN, FAY),
            a_group("/staff/developers/core", BEN),
            a_group("/friends/staff", CYD),
        ),
    )
    for number, (client_id, roles) in enumerate(ROLES.items(), 700):
        world.add_client(
            SimulatedClient(client_id=client_id, user_id=uuid(number), roles=frozenset(roles))
        )
    return world


@pytest.fixture(scope="module")
def realm(keycloak_server: KeycloakService) -> KeycloakRealm:
    return keycloak_server.hold(a_world())


@pytest.fixture
def client(keycloak_server: KeycloakService, realm: KeycloakRealm) -> Client:
    return Client(keycloak_server.url)


@pytest.fixture
def here(site: Site) -> Site:
    """Everybody waits, with the list of speakers beside the policy."""
    (site.folder / "speakers.toml").write_text(SPEAKERS)
    people = (ANN, BEN, CYD, DAN, EVE, GUS)
    names = {each.username: each.id for each in people}
    site.wait(Policy(), names | {"stranger": uuid(399), "slash": "a/b", "name": "ann"})
    users = site.gitlab.simulator.users
    number = max(users) + 1
    users[number] = attrs.evolve(
        next(each for each in users.values() if each.username == "stranger"),
        id=number,
        username="unproven",
        identities=[],
    )
    return site


def reasons(run: Run) -> dict[str, str]:
    return {each["username"]: each["explanation"] for each in run.document["accounts"]}


VERDICTS = {
    "ann": "approve",
    "ben": "approve",
    "gus": "approve",
    "dan": "veto",
    **dict.fromkeys(("cyd", "eve", "stranger", "slash", "name", "unproven"), "hold"),
}


class TestCommands:
    def test_a_dry_run_tells_of_everybody_and_changes_nothing(self, here, client):
        run = here.run(Policy(), client, "--format", "json", "dry-run")

        assert (0, VERDICTS) == (run.code, run.verdicts)
        assert [] == here.approved()
        (ann,) = (each for each in run.document["accounts"] if each["username"] == "ann")
        assert {
            "provider": "openid_connect",
            "extern_uid": ANN.id,
            "keycloak_id": ANN.id,
            "keycloak_username": "ann",
        } == ann["identity"]
        assert {"keycloak": "ok", "lists": "ok", "directory": "unused"}.items() <= {
            name: each["status"] for name, each in run.document["systems"].items()
        }.items()

    def test_approve_lets_the_trusted_in_and_logs_them(self, here, client):
        run = here.run(Policy(), client, "approve")

        assert 0 == run.code
        assert ["ann", "ben", "gus"] == here.approved() == here.logged()
        assert "vouched for by @admin (keynote)" in (here.folder / "audit.jsonl").read_text()

    def test_explain_and_report_say_why(self, here, client):
        explained = here.run(Policy(), client, "explain", "dan")
        report = here.run(Policy(), client, "report", "--format", "json")

        assert "the Keycloak user dan is disabled" in explained.out
        told = reasons(report)
        assert told.keys() == VERDICTS.keys() - {"ann", "ben", "gus"}
        assert told["stranger"].startswith(f'Keycloak has no user with keycloak_id "{uuid(399)}"')
        assert told["slash"].startswith('Its identity "a/b" cannot be anybody\'s keycloak_id')
        assert "become a member of Keycloak group /staff" in told["cyd"]

    def test_doctor_is_content(self, here, client):
        run = here.run(Policy(), client, "doctor")

        assert 0 == run.code
        assert "ok       Keycloak group /staff: it has 3 members" in run.out
        assert "the service account may see users and groups, and no more" in run.out


class TestChanges:
    def test_whoever_is_deleted_and_made_anew_is_another(self, here, client, realm):
        """The name is the same, the id is not; and an id is never given twice."""
        here.wait(Policy(), {"fay": FAY.id})
        realm.delete_user(FAY.id)
        realm.create_user("fay")

        run = here.run(Policy(), client, "--format", "json", "approve")

        assert {"fay": "hold"} == run.verdicts
        assert reasons(run)["fay"].startswith(f'Keycloak has no user with keycloak_id "{FAY.id}"')

    def test_a_freed_name_is_another_persons_where_names_prove(self, here, client, realm):
        """Which is why doctor warns of it."""
        policy = Policy(TEXT.replace('"keycloak_id"', '"keycloak_username"', 1))
        here.wait(policy, {"ann": "ann", "x": "nobody.at.all", "up": "BEN"})

        run = here.run(policy, client, "--format", "json", "dry-run")
        doctor = here.run(policy, client, "doctor")

        assert {"ann": "approve", "x": "hold", "up": "approve"} == run.verdicts
        assert "warning  extern_uid: people are proven by their username" in doctor.out

    def test_a_token_that_runs_out_in_the_middle_is_replaced(self, here, client, realm):
        realm.shorten_tokens("glaab", 1)
        try:
            run = here.run(Policy(), client, "--format", "json", "dry-run")
        finally:
            realm.shorten_tokens("glaab", 300)

        assert VERDICTS == run.verdicts


@pytest.mark.parametrize("client_id", ROLES)
def test_too_few_rights_make_everybody_wait_and_are_named(here, client, client_id):
    """Whatever such an account is shown instead: 403, or 200 and nobody."""
    poor = attrs.evolve(client, client_id=client_id)

    run = here.run(Policy(), poor, "--format", "json", "approve")
    doctor = here.run(Policy(), poor, "doctor")

    unproven = {"unproven": "hold", "slash": "hold"}
    assert (3, dict.fromkeys(VERDICTS, "wait") | unproven) == (run.code, run.verdicts)
    assert [] == here.approved()
    role = f"give the service account of the client {client_id} the role view-users"
    assert role in run.document["systems"]["keycloak"]["reason"]
    assert (3, True) == (doctor.code, role in doctor.out)


# -- what it costs


@pytest.mark.parametrize("waiting", [10, 500, 5_000])
def test_requests_grow_with_batches_and_pages_and_not_with_people(tmp_path, waiting):
    """A token, one for each group, one for a hundred people, one for a thousand members."""
    people = [a_user(number) for number in range(10_001, 10_001 + waiting)]
    members = [a_user(number) for number in range(6_000, 7_500)]
    groups = (a_group("/friends", people[0], *members), a_group("/org/staff", people[1]))
    installation = Installation.of(
        attrs.evolve(
            scene.SCENE,
            policy=scene.POLICY.replace("/org/staff/all", "/org/staff"),
            accounts=scene.waiting({user.username: user.id for user in people}),
            double=lambda: KeycloakSimulator.of((*people, *members, scene.FORMER), groups),
        ),
        tmp_path / "it",
    )

    run = installation.run("--format", "json", "approve")

    assert (0, ["user10001", "user10002"]) == (run.code, installation.approved())
    token, canary, pages = 1, 1, 2 + 1
    expected = token + len(groups) + ceil(waiting / 100) + pages + canary
    assert expected == run.document["systems"]["keycloak"]["requests"]
