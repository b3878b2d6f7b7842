"""`glaab watch` as a process, against every system, while people sign up."""

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from threading import Event

import attrs
import pytest
import requests
from jsonschema import Draft202012Validator

from glaab.domain.accounts import AccountState
from tests.contract.gitlab.simulator import TOKEN
from tests.contract.gitlab.simulator_state import BOT_ID, Token
from tests.contract.services.openldap import free_port
from tests.contract.wire import Recorder, Request, Response, answers, json_response, served
from tests.e2e.installation import EXAMPLE, Installation, Run
from tests.log_lines import usernames_on
from tests.worlds import read_world

NAMES = {
    "ada": "Ada Example",
    "bruno": "bruno beispiel",
    "chiara": "Chiara Esempio",
    "dora": "Dora Exemple",
    "emil": "Emil Eksempel",
    "finn": "Finn Esimerkki",
}
"""The trusted of the example: usernames, and what the directory calls them."""
SCHEMA = Draft202012Validator(
    json.loads(resources.files("glaab.entrypoints.render").joinpath("schema.json").read_text())
)
GERRIT_GROUP = "Trusted-Contributors"
NEW_TOKEN = "glpat-of-tomorrow"
POLICY = """\
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "itself"
[[trust]]
name = "Hackathon"
vetted_list = "people.toml"
"""


@attrs.frozen
class Told:
    """What a service that has ended left behind."""

    run: Run

    @property
    def documents(self) -> list[dict]:
        """One a line, each as the schema says."""
        documents = [json.loads(line) for line in self.run.out.splitlines()]
        assert [] == [error.message for each in documents for error in SCHEMA.iter_errors(each)]
        return documents

    @property
    def verdicts(self) -> list[tuple[str, dict[str, str]]]:
        """Of each full run and of each look that told anything: which of both, and who was what."""
        return [
            (each["run"]["kind"], {one["username"]: one["verdict"] for one in each["accounts"]})
            for each in self.documents
        ]

    def events(self, *names: str) -> list[dict]:
        events = [json.loads(line) for line in self.run.err.splitlines()]
        return [each for each in events if each["event"] in names]


@attrs.frozen
class Service:
    """`glaab watch` as a process."""

    systems: Installation
    process: subprocess.Popen[str]

    def end(self) -> Told:
        """What it told, once it has ended."""
        return Told(self.systems.finish(self.process))

    def stop(self) -> Told:
        """The same, after it was asked to."""
        self.process.terminate()
        return self.end()


@attrs.frozen
class Late:
    """Does what it is asked to, and answers a POST to such a path only once it is released."""

    ending: str
    reached: Event = attrs.field(factory=Event)
    released: Event = attrs.field(factory=Event)

    def __call__(self, request: Request, handle: Callable[[], Response]) -> Response | None:
        if request.method != "POST" or not request.path.endswith(self.ending):
            return None
        response = handle()
        self.reached.set()
        assert self.released.wait(30)
        return response

    def wait(self) -> None:
        """Until the first such request is carried out."""
        assert self.reached.wait(30)

    def kill(self, process: subprocess.Popen[str]) -> None:
        """End *process* before it has the answer; everything else is answered again."""
        self.wait()
        process.kill()
        process.communicate()
        self.released.set()


@pytest.fixture
def systems(install) -> Installation:
    """The example's people, of whom nobody has signed up yet."""
    world = attrs.evolve(read_world(EXAMPLE), accounts=(), notes={})
    return install(world, page="Whom the bot let in.\n")


@pytest.fixture
def watch(systems) -> Iterator[Callable[..., Service]]:
    """
    A function: changed settings -> a service that looks every second.

    Its first full run has ended. It is killed after the test, if it has not ended.
    """
    started: list[subprocess.Popen[str]] = []

    def start(**changes: str | None) -> Service:
        changes = {"GLAAB_LOOK_EVERY_S": "1"} | changes
        started.append(systems.start("watch", "--format", "json", **changes))
        wait_for_looks(systems, 1)
        return Service(systems, started[-1])

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(happened: Callable[[], object], timeout_s: float = 20) -> None:
    ends_at = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < ends_at, "it has not happened in time"
        time.sleep(0.02)


def looks_at(systems: Installation) -> list[dict[str, str]]:
    """The parameters of each request that lists newcomers alone."""
    queries = [each.parameters for each in systems.gitlab.requests]
    return [query for query in queries if "created_after" in query]


def wait_for_looks(systems: Installation, count: int) -> None:
    """Until so many have begun from now on; those before the last of them have ended."""
    before = len(looks_at(systems))
    wait_for(lambda: len(looks_at(systems)) >= before + count)


def replace(path: Path, text: str) -> None:
    """Let a file be another one at once, as careful editors do."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def a_list(*usernames: str) -> str:
    """A list of vetted people."""
    people = (f'[[person]]\nextern_uid = "{NAMES[each]}"\n' for each in usernames)
    return f"version = 1\n{''.join(people)}"


def sign_up(systems: Installation, *usernames: str) -> None:
    for username in usernames:
        systems.sign_up(username, NAMES[username])


def active(systems: Installation) -> list[str]:
    users = systems.gitlab.simulator.users.values()
    return sorted(
        each.username for each in users if each.state is AccountState.ACTIVE and each.id != BOT_ID
    )


def is_recorded(systems: Installation, *usernames: str) -> bool:
    """True if exactly these are approved, both logs have each once, and their notes say so."""
    users = systems.gitlab.simulator.users.values()
    notes = {each.attributes["glaab"] for each in users if "glaab" in each.attributes}
    on_page = list(usernames_on(systems.wiki.simulator.text))
    is_logged = active(systems) == systems.logged() == on_page == sorted(usernames)
    return is_logged and {"logged"} == notes


class TestLooks:
    def test_a_trusted_newcomer_is_let_in_and_logged_by_a_look(self, systems, watch):
        """Long before the second full run, and with the record that belongs to it."""
        service = watch()

        sign_up(systems, "ada")
        wait_for(lambda: is_recorded(systems, "ada"))

        told = service.stop()
        look, record = told.documents[-1]["run"], json.loads(systems.audit_file.read_text())
        assert [("full-run", {}), ("look", {"ada": "approve"})] == told.verdicts
        assert (look["id"], look["policy"]) == (record["run"], record["policy"])

    def test_a_look_that_finds_nobody_new_is_one_request(self, systems, watch):
        """No other system hears of it."""
        watch()
        before = systems.requests()

        wait_for(lambda: systems.requests() != before)
        time.sleep(0.5)  # less than there is between two looks

        last = systems.gitlab.requests[-1]
        assert Counter(gitlab=1) == systems.requests() - before
        assert ("GET", "/api/v4/users") == (last.method, last.path)
        assert looks_at(systems)[-1] == last.parameters

    def test_who_is_held_and_gains_trust_is_let_in_by_the_next_full_run(self, systems, watch):
        """Looks leave them alone until then."""
        gerrit = systems.gerrit.simulator
        trusted = gerrit.groups[GERRIT_GROUP]
        others = tuple(each for each in trusted.members if gerrit.users[each].username != "emil")
        gerrit.groups[GERRIT_GROUP] = attrs.evolve(trusted, members=others)
        service = watch(GLAAB_RUN_EVERY_S="5")

        sign_up(systems, "emil")
        wait_for(lambda: systems.gerrit.requests)
        gerrit.groups[GERRIT_GROUP] = trusted
        wait_for(lambda: is_recorded(systems, "emil"))

        told = service.stop()
        assert [
            ("full-run", {}),
            ("look", {"emil": "hold"}),
            ("full-run", {"emil": "approve"}),
        ] == told.verdicts


class TestItsEnd:
    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
    def test_a_signal_ends_it_at_once_when_there_is_nothing_to_do(self, watch, number, code):
        service = watch(GLAAB_LOOK_EVERY_S="2")
        began = time.monotonic()

        service.process.send_signal(number)
        told = service.end()

        assert code == told.run.code, told.run.err
        assert time.monotonic() - began < 1.5

    def test_at_a_signal_the_account_in_hand_is_finished_and_logged(self, systems, watch):
        """Whoever else is trusted waits."""
        service, approval = watch(), Late("/approve")
        systems.gitlab.always = approval
        sign_up(systems, "ada", "chiara")
        approval.wait()

        service.process.terminate()
        approval.released.set()
        told = service.end()

        assert 143 == told.run.code, told.run.err
        assert is_recorded(systems, "ada")

    def test_it_ends_by_itself_when_its_time_is_over(self, systems):
        run = systems.run("watch", "--for", "1s")

        assert 0 == run.code, run.err
        assert {"gitlab": 2} == dict(systems.requests())

    def test_wrong_settings_are_found_before_anything_is_asked(self, systems):
        run = systems.run("watch", GLAAB_RUN_EVERY_S="2", GLAAB_LOOK_EVERY_S="3")

        assert 2 == run.code
        assert "glaab: GLAAB_RUN_EVERY_S: full runs cannot be more frequent than looks" in run.err
        assert {} == systems.requests()


class TestKilled:
    def test_the_next_start_finishes_what_it_had_begun(self, systems, watch):
        """Killed between two approvals, and again when it had written one log."""
        service, approval = watch(), Late("/users/2/approve")
        systems.gitlab.always = approval
        sign_up(systems, "ada", "bruno", "dora")
        approval.kill(service.process)
        assert ["ada", "bruno"] == active(systems)
        assert [] == systems.logged()

        edit = systems.wiki.always = Late("/w/api.php")
        edit.kill(systems.start("watch"))
        assert ("ada", "bruno", "dora") == usernames_on(systems.wiki.simulator.text)
        assert [] == systems.logged()

        watch()
        assert is_recorded(systems, "ada", "bruno", "dora")


class TestSeveral:
    def test_two_services_and_a_scheduled_run_log_each_approval_once(self, systems, watch):
        services = [watch(GLAAB_RUN_EVERY_S="2") for _ in range(2)]

        sign_up(systems, "ada", "bruno", "chiara")
        scheduled = systems.start("approve")
        sign_up(systems, "dora", "emil", "finn")
        wait_for(lambda: is_recorded(systems, *NAMES))

        code = systems.finish(scheduled).code
        told = [each.stop() for each in services]
        assert [0, 143, 143] == [code, *(each.run.code for each in told)]
        assert is_recorded(systems, *NAMES)


class TestSecrets:
    def test_a_token_that_was_replaced_in_its_file_is_read_again(self, systems, watch):
        """Neither the old one nor the new one is told, even where GitLab quotes it."""
        file = systems.folder / "token"
        file.write_text(TOKEN)
        service = watch(GITLAB_ACCESS_TOKEN=None, GITLAB_ACCESS_TOKEN_FILE=str(file))
        tokens = systems.gitlab.simulator.tokens

        systems.gitlab.simulator.tokens = {NEW_TOKEN: Token(owner=tokens[TOKEN].owner)}
        replace(file, NEW_TOKEN)
        sign_up(systems, "ada")
        wait_for(lambda: is_recorded(systems, "ada"))
        quoted = json_response({"message": f"{TOKEN} or {NEW_TOKEN}"}, 403)
        systems.gitlab.faults.append(answers(quoted))
        wait_for_looks(systems, 2)

        told = service.stop()
        changes = told.events("system_unavailable", "secrets_read_again", "system_available")[:4]
        assert [
            "system_unavailable",
            "secrets_read_again",
            "system_available",
            "system_unavailable",
        ] == [each["event"] for each in changes]
        assert "[secret] or [secret]" in changes[-1]["reason"]
        assert TOKEN not in told.run.out + told.run.err
        assert NEW_TOKEN not in told.run.out + told.run.err


class TestLists:
    def test_a_list_is_read_again_by_each_look_with_a_newcomer(self, systems, watch):
        """Broken, it is an outage that lets nobody in, until it is mended."""
        (systems.folder / "policy.toml").write_text(POLICY)
        people = systems.folder / "people.toml"
        people.write_text(a_list("ada"))
        service = watch(GLAAB_POLICY=str(systems.folder / "policy.toml"), GLAAB_RUN_EVERY_S="7")

        replace(people, a_list("ada", "bruno"))
        sign_up(systems, "bruno")
        wait_for(lambda: is_recorded(systems, "bruno"))
        replace(people, "version = ")
        sign_up(systems, "ada")
        wait_for_looks(systems, 2)
        replace(people, a_list("ada", "chiara"))
        sign_up(systems, "chiara")
        wait_for(lambda: is_recorded(systems, "ada", "bruno", "chiara"))

        told = service.stop()
        changes = told.events("system_unavailable", "system_available")
        assert ["system_unavailable", "system_available"] == [each["event"] for each in changes]
        assert {"lists"} == {each["system"] for each in changes}
        assert {"ada": "wait"} in [verdicts for _, verdicts in told.verdicts]


class TestTelling:
    """Where it listens, and whom it tells."""

    def test_it_serves_its_metrics_and_how_it_is(self, systems, watch):
        port = free_port()
        address = f"127.0.0.1:{port}"

        service = watch(GLAAB_LISTEN=address)
        sign_up(systems, "ada")
        wait_for(lambda: is_recorded(systems, "ada"))
        wait_for_looks(systems, 2)
        health = requests.get(f"http://{address}/healthz", timeout=5)
        metrics = requests.get(f"http://{address}/metrics", timeout=5).text
        second = systems.run("watch", GLAAB_LISTEN=address)
        told = service.stop()

        assert (200, "ok\n") == (health.status_code, health.text)
        assert "glaab_signup_to_approval_seconds_count 1.0\n" in metrics
        assert 'glaab_newcomers_total{verdict="approve"} 1.0\n' in metrics
        assert 2 == second.code
        assert f"glaab: GLAAB_LISTEN: {address} is in use; choose another port" in second.err
        assert [address] == [each["listen"] for each in told.events("watch_started")]

    def test_a_veto_is_told_once(self, systems, watch):
        """Whose directory entry is locked; the address of the room is in no output."""
        room = Recorder(Room())
        with served(room) as url:
            address = f"{url.replace('http', 'json', 1)}/s3cret-room"
            service = watch(GLAAB_NOTIFY_URLS=address, GLAAB_RUN_EVERY_S="2")
            systems.sign_up("pavel", "Pavel Priklad")
            wait_for(lambda: room.requests)
            wait_for_looks(systems, 4)
            told = service.stop()

        (request,) = room.requests
        said = json.loads(request.body)["message"]
        assert said.startswith("Veto: pavel is trusted, but a veto is present: http://127.0.0.1:")
        assert "uid=pavel" not in said
        assert "s3cret-room" not in told.run.out + told.run.err


class Room:
    """Somewhere that people read."""

    def handle(self, request: Request) -> Response:
        assert "POST" == request.method
        return Response()
