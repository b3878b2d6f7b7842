"""`glaab watch` in simulated time: who gets in when, and what holds whatever goes wrong."""

import gc
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from glaab.domain.accounts import AccountEvent, AccountState
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from tests.faults.harness import Killed
from tests.faults.service import Service
from tests.unit.watching.rooms import open_rooms

pytestmark = pytest.mark.usefixtures("socket_disabled")
MINUTE, HOUR = 60, 3_600


@pytest.fixture(scope="module", autouse=True)
def own_garbage() -> Iterator[None]:
    """Full runs collect garbage: what thousands of tests have left behind would take seconds."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def service(tmp_path) -> Service:
    return Service.healthy(tmp_path)


def assert_sound(service, *names):
    """These and nobody else were approved, each once, and stand once in each log."""
    expected = sorted(names)
    assert expected == service.approved()
    assert len(expected) == service.gitlab.mails
    assert expected == service.installation.wiki_entries() == service.installation.file_entries()
    assert [] == service.installation.notes_left_open()
    assert [] == service.installation.errors()


class TestNewcomers:
    def test_are_in_within_seconds(self, service):
        """30 at random moments of an hour: 95 % within 10 s, all within the next full run."""
        chance = random.Random(1)
        moments = [chance.uniform(10, HOUR - 3 * MINUTE) for _ in range(30)]
        for number, moment_s in enumerate(moments):
            service.time.at(moment_s, lambda number=number: service.sign_up(number))

        service.watch(HOUR)

        assert_sound(service, *(f"dev{number}" for number in range(30)))
        waits = sorted(service.waited_s.values())
        assert waits[28] < 10
        assert waits[-1] < 3 * MINUTE

    def test_are_in_sooner_if_it_looks_every_second(self, service):
        """30 at random moments of two minutes: 95 % within 3 s."""
        chance = random.Random(1)
        for number in range(30):
            moment_s = chance.uniform(10, 2 * MINUTE)
            service.time.at(moment_s, lambda number=number: service.sign_up(number))

        service.watch(3 * MINUTE, GLAAB_LOOK_EVERY_S="1", GLAAB_MAX_APPROVALS="100")

        assert_sound(service, *(f"dev{number}" for number in range(30)))
        assert sorted(service.waited_s.values())[28] < 3

    def test_who_are_not_trusted_are_judged_once_a_full_run(self, service):
        """A look leaves alone whom another has judged."""
        service.time.at(10, lambda: service.sign_up(0, trusted=False))

        service.watch(3 * MINUTE - 1)

        assert 1 == service.installation.directory.calls.count("people")
        assert_sound(service)

    def test_get_in_with_the_next_full_run_once_they_are_trusted(self, service):
        service.time.at(10, lambda: service.sign_up(0, trusted=False))
        service.time.at(MINUTE, lambda: service.trust(0))

        service.watch(4 * MINUTE)

        assert_sound(service, "dev0")
        assert 170 < service.waited_s[1001] < 171

    def test_who_wait_already_get_in_at_the_start(self, service):
        service.sign_up(0)

        service.watch(1)

        assert_sound(service, "dev0")

    def test_in_a_wave_slow_looks_down_and_nobody_is_lost(self, service):
        """300 at once, 250 of them untrusted; then one more."""

        def wave():
            for number in range(300):
                service.sign_up(number, trusted=number % 6 == 0)

        service.time.at(12, wave)
        service.time.at(20, lambda: service.sign_up(300))
        service.watch(2 * MINUTE, GLAAB_MAX_APPROVALS="100")

        assert_sound(service, *(f"dev{number}" for number in range(0, 301, 6)))
        assert len(service.looks()) < 20


class TestIdleLook:
    def test_is_one_request(self, service):
        """Of all systems together; beside the first full run, which is two of GitLab."""
        service.watch(MINUTE)

        requests = {name: len(each.requests) for name, each in service.installation.http.items()}
        assert 11 == len(service.looks())
        assert {GITLAB: 2 + 11} == {name: count for name, count in requests.items() if count}
        assert [] == service.installation.directory.calls

    def test_lists_who_was_created_since_ten_minutes_before_the_last_full_run(self, service):
        service.watch(4 * MINUTE)

        moments = [request.parameters["created_after"] for request in service.looks()]
        assert ["2026-11-22T11:50:00.000Z"] == sorted(set(moments[:35]))
        assert ["2026-11-22T11:53:00.000Z"] == sorted(set(moments[36:]))

    def test_says_nothing(self, service):
        run = service.watch(MINUTE)

        assert 1 == len(run.out.splitlines())
        assert ["run_finished"] == [each["event"] for each in run.messages]


class TestMetricsFile:
    def test_is_replaced_by_each_full_run(self, service):
        path = service.installation.folder / "glaab.prom"
        service.time.at(MINUTE, path.unlink)

        service.watch(2 * MINUTE, GLAAB_METRICS_FILE=str(path))
        assert not path.exists()
        service.watch(1, GLAAB_METRICS_FILE=str(path))

        assert "glaab_exit_code 0.0" in path.read_text()


class TestSoak:
    def test_an_hour_leaves_nothing_behind(self, service):
        """Somebody signs up every minute; what the simulators note of requests does not count."""
        kept: list[tuple[int, int, int]] = []

        def count():
            for recorder in service.installation.http.values():
                recorder.requests.clear()
            service.installation.directory.calls.clear()
            service.installation.slept_s.clear()
            gc.collect()
            files = len(list(Path("/proc/self/fd").iterdir()))
            kept.append((len(gc.get_objects()), files, threading.active_count()))

        for minute in range(1, 59):
            trusted = minute % 2 == 0
            service.time.at(
                60 * minute,
                lambda minute=minute, trusted=trusted: service.sign_up(minute, trusted=trusted),
            )
        for minute in (15, 30, 57):
            service.time.at(60 * minute + 30, count)

        service.watch(HOUR)

        (early, files, threads), _, (late, *rest) = kept
        assert 29 == len(service.approved())
        assert late - early < 1_000
        assert [files, threads] == rest
        assert len(service.loops[0].memory.judged) <= 60


class TestSamePerson:
    def test_as_somebody_who_waits_already_is_held(self, service):
        """As in a full run, although a look lists the newest alone."""
        service.sign_up(0, trusted=False)
        service.time.at(MINUTE, lambda: service.trust(0))
        service.time.at(MINUTE, lambda: service.sign_up(0, extern_uid="developer 0"))

        service.watch(2 * MINUTE)

        assert_sound(service)
        assert AccountState.PENDING == service.state(1002)

    def test_as_two_who_are_held_for_it_is_held(self, service):
        service.sign_up(0)
        service.sign_up(0, extern_uid="developer 0")
        service.time.at(MINUTE, lambda: service.sign_up(0, extern_uid="DEVELOPER 0"))

        service.watch(10 * MINUTE)

        assert_sound(service)

    def test_as_somebody_who_could_not_be_looked_up_is_held(self, service):
        service.sign_up(0)
        service.fail(DIRECTORY)
        service.time.at(MINUTE, service.heal)
        service.time.at(MINUTE, lambda: service.sign_up(0, extern_uid="developer 0"))

        service.watch(2 * MINUTE)

        assert_sound(service)

    def test_as_somebody_in_a_queue_that_was_not_read_yet_is_held(self, service):
        """Nobody is judged before a full run has read it: a look would not see whoever is older."""
        service.time.now_s = -HOUR
        service.sign_up(0)
        service.time.now_s = 0
        service.fail(GITLAB)
        service.time.at(20, service.heal)
        service.time.at(20, lambda: service.sign_up(0, extern_uid="developer 0"))
        service.time.at(20, lambda: service.sign_up(1))

        service.watch(MINUTE)

        assert_sound(service, "dev1")
        assert service.waited_s[1_003] < 20

    def test_as_somebody_whom_a_look_has_judged_is_held(self, service):
        service.time.at(MINUTE, lambda: service.sign_up(0, trusted=False))
        service.time.at(MINUTE + 20, lambda: service.trust(0))
        service.time.at(MINUTE + 20, lambda: service.sign_up(0, extern_uid="developer 0"))

        service.watch(2 * MINUTE)

        assert_sound(service)

    def test_as_somebody_who_was_marked_in_the_last_moment_is_held(self, service):
        """Who is withdrawn still waits."""
        service.time.at(20, lambda: service.sign_up(0))
        at_request(service, 8, lambda: service.mark(1001))
        service.time.at(MINUTE, lambda: service.sign_up(0, extern_uid="developer 0"))

        service.watch(2 * MINUTE)

        assert_sound(service)


SYSTEMS = (GITLAB, DIRECTORY, PHABRICATOR, GERRIT, AUDIT_LOG)


class TestOutage:
    @pytest.mark.parametrize("lasts_s", [15, 130])
    @pytest.mark.parametrize("begins_s", [0, 17, 58])
    @pytest.mark.parametrize("system", SYSTEMS)
    def test_of_one_system_loses_nobody(self, service, system, begins_s, lasts_s):
        """Somebody signs up every 10 s meanwhile; it is said once, and so is its end."""
        for number in range(15):
            service.time.at(2 + 10 * number, lambda number=number: service.sign_up(number))
        if begins_s:
            service.time.at(begins_s, lambda: service.fail(system))
        else:
            service.fail(system)
        service.time.at(begins_s + lasts_s, service.heal)

        run = service.watch(5 * MINUTE, GLAAB_RUN_EVERY_S="60")

        assert 0 == run.code
        assert_sound(service, *(f"dev{number}" for number in range(15)))
        assert [system] == [each["system"] for each in run.events("system_unavailable")]
        assert [system] == [each["system"] for each in run.events("system_available")]

    def test_is_over_when_nobody_waits_for_the_system_any_more(self, service):
        """An administrator approved them by hand; looks are as frequent as ever."""
        service.time.at(7, lambda: service.fail(DIRECTORY))
        service.time.at(8, lambda: service.sign_up(0))
        service.time.at(MINUTE, lambda: service.gitlab.users[1_001].undergo(AccountEvent.APPROVE))

        run = service.watch(4 * MINUTE)

        assert 1 == len(run.events("system_unavailable")) == len(run.events("system_available"))
        assert len(service.looks()) > 40

    def test_makes_looks_rarer_up_to_a_minute(self, service):
        """One before it, at 5 s; then at 10, 20, 40, 80 and 140 s, each tried three times."""
        service.time.at(7, lambda: service.fail(GITLAB))

        service.watch(175)

        assert 1 + 3 * 5 == len(service.looks())


class TestClocks:
    @pytest.mark.parametrize("jump_s", [-10 * MINUTE, 10 * MINUTE])
    @pytest.mark.parametrize("at_s", [3, 47, 178, 181])
    def test_of_the_machine_may_be_set(self, service, at_s, jump_s):
        def jump():
            service.time.machine_is_ahead_by_s = jump_s

        service.time.at(at_s, jump)
        for number in range(10):
            service.time.at(2 + 20 * number, lambda number=number: service.sign_up(number))

        service.watch(4 * MINUTE)

        assert_sound(service, *(f"dev{number}" for number in range(10)))
        assert max(service.waited_s.values()) < 10

    @pytest.mark.parametrize("ahead_s", [-10 * MINUTE, 10 * MINUTE])
    def test_of_gitlab_may_be_ten_minutes_off(self, service, ahead_s):
        service.time.gitlab_is_ahead_by_s = ahead_s
        for number in range(10):
            service.time.at(2 + 20 * number, lambda number=number: service.sign_up(number))

        service.watch(4 * MINUTE)

        assert_sound(service, *(f"dev{number}" for number in range(10)))
        assert max(service.waited_s.values()) < 10


class TestBrake:
    def test_stops_26_at_once_in_a_look(self, service):
        service.time.at(12, lambda: [service.sign_up(number) for number in range(26)])

        run = service.watch(10 * MINUTE)

        assert_sound(service)
        assert [(26, 25, 0)] == [
            (each["would_approve"], each["limit"], each["approved_before"])
            for each in run.events("brake_stopped")
        ]

    def test_stops_26_at_once_in_a_full_run(self, service):
        for number in range(26):
            service.sign_up(number)

        run = service.watch(10 * MINUTE)

        assert_sound(service)
        assert 1 == len(run.events("brake_stopped"))

    def test_counts_what_looks_have_approved(self, service):
        """Ten a minute: the first 25, and nobody by the next full run, which counts them too."""
        for number in range(60):
            service.time.at(2 + 6 * number, lambda number=number: service.sign_up(number))

        run = service.watch(3 * MINUTE + 2)

        assert_sound(service, *(f"dev{number}" for number in range(25)))
        assert [(1, 25)] == [
            (each["would_approve"], each["approved_before"]) for each in run.events("brake_stopped")
        ]

    def test_is_released_by_a_full_run_that_counts_at_most_the_limit(self, service):
        """A burst, of which an administrator blocks most."""
        service.time.at(12, lambda: [service.sign_up(number) for number in range(30)])
        service.time.at(MINUTE, lambda: self.block(service, range(1_003, 1_031)))
        service.time.at(4 * MINUTE, lambda: service.sign_up(40))

        run = service.watch(5 * MINUTE)

        assert_sound(service, "dev0", "dev1", "dev40")
        assert ["brake_stopped", "brake_released"] == [
            each["event"] for each in run.messages if each["event"].startswith("brake")
        ]

    def test_is_not_released_by_a_full_run_that_cannot_read_the_queue(self, service):
        service.time.at(12, lambda: [service.sign_up(number) for number in range(26)])
        service.time.at(3 * MINUTE - 1, lambda: service.fail(GITLAB))
        service.time.at(3 * MINUTE + 5, service.heal)
        service.time.at(3 * MINUTE + 6, lambda: service.sign_up(30))

        service.watch(6 * MINUTE - 5)

        assert_sound(service)

    @staticmethod
    def block(service, keys):
        for key in keys:
            service.gitlab.users[key].state = AccountState.BLOCKED


class TestTold:
    """Whom notifications tell of what, each once."""

    @pytest.fixture
    def rooms(self):
        with open_rooms() as rooms:
            yield rooms

    @staticmethod
    def watch(service, duration_s, **changes):
        return service.watch(duration_s, GLAAB_NOTIFY_URLS="room://admins", **changes)

    def test_of_newcomers_who_need_a_person(self, service, rooms):
        """Whoever signed up before the service began is left to those who were there."""
        service.time.now_s = -1
        service.mark(service.sign_up(0))
        service.time.now_s = 0
        service.time.at(20, lambda: service.mark(service.sign_up(1)))
        service.time.at(20, lambda: service.sign_up(2, trusted=False))

        self.watch(service, 10 * MINUTE)

        (message,) = rooms.bodies
        assert message.startswith("Veto: dev1 is trusted, but a veto is present: http")

    def test_of_the_held_and_the_approved_if_that_is_wanted(self, service, rooms):
        service.time.at(20, lambda: service.sign_up(1))
        service.time.at(40, lambda: service.sign_up(2, trusted=False))

        more = {"GLAAB_NOTIFY_HOLDS": "true", "GLAAB_NOTIFY_APPROVALS": "true"}
        self.watch(service, 10 * MINUTE, **more)

        assert ["Approved: dev1", "Hold: dev2 satisfies no rule"] == [
            each.split(" (")[0] for each in rooms.bodies
        ]

    def test_of_whoever_had_to_wait_first(self, service, rooms):
        service.time.at(10, lambda: service.fail(DIRECTORY))
        service.time.at(20, lambda: service.mark(service.sign_up(1)))
        service.time.at(MINUTE, service.heal)

        self.watch(service, 10 * MINUTE)

        assert ["Veto: dev1"] == [each[:10] for each in rooms.bodies]

    def test_of_the_brake_and_its_release(self, service, rooms):
        service.time.at(12, lambda: [service.sign_up(number) for number in range(26)])
        service.time.at(MINUTE, lambda: TestBrake.block(service, range(1_002, 1_027)))

        self.watch(service, 10 * MINUTE)

        assert [
            "The brake has stopped: 26 would be approved",
            "The brake is released: approvals go on",
        ] == [each.split(",")[0] for each in rooms.bodies]

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_of_an_outage_that_lasts_and_of_its_end(self, service, rooms, system):
        """One that is over within the period of full runs is not worth a message."""
        for number in range(20):
            service.time.at(5 + 30 * number, lambda number=number: service.sign_up(number))
        service.time.at(10, lambda: service.fail(system))
        service.time.at(20, service.heal)
        service.time.at(2 * MINUTE, lambda: service.fail(system))
        service.time.at(8 * MINUTE, service.heal)

        self.watch(service, 12 * MINUTE)

        assert [f"Outage: {system} gives no usable answer", f"Over: the outage of {system}"] == [
            each.split(" since")[0] for each in rooms.bodies
        ]

    def test_nobody_where_messages_do_not_arrive(self, service, rooms):
        """That is a warning, and keeps nobody waiting."""
        rooms.answer = lambda: False
        service.time.at(20, lambda: service.sign_up(1))

        run = self.watch(service, MINUTE, GLAAB_NOTIFY_APPROVALS="true")

        assert 0 == run.code
        assert_sound(service, "dev1")
        assert ["address 1 of 1: it was not delivered"] == [
            each["reason"] for each in run.events("notification_not_sent")
        ]

    def test_by_no_run_of_approve(self, service, rooms):
        service.mark(service.sign_up(1))

        service.installation.run(
            "approve",
            GLAAB_NOTIFY_URLS="room://admins",
            GLAAB_POLICY=str(service.installation.folder / "policy.toml"),
        )

        assert [] == rooms.bodies


class TestLists:
    """Lists of vetted people are read by each full run, and by each look with newcomers."""

    POLICY = """
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "itself"
[[trust]]
name = "Speaker"
vetted_list = "list.toml"
"""

    @pytest.fixture
    def listed(self, service):
        """A function: the names on the list from now on; None for a list that is broken."""
        (service.installation.folder / "policy.toml").write_text(self.POLICY)

        def listed(*numbers):
            people = "".join(
                f'[[person]]\nextern_uid = "Developer {number}"\n' for number in numbers
            )
            text = "nonsense" if None in numbers else f"version = 1\n{people}"
            (service.installation.folder / "list.toml").write_text(text)

        listed(0)
        return listed

    def test_are_used_as_they_are(self, service, listed):
        service.time.at(20, lambda: service.sign_up(0))
        service.time.at(30, lambda: listed(0, 1))
        service.time.at(40, lambda: service.sign_up(1))

        service.watch(MINUTE)

        assert_sound(service, "dev0", "dev1")

    def test_that_are_broken_are_an_outage(self, service, listed):
        """Nobody gets in by what was on them before, by a look or by a full run."""
        meanwhile = []
        service.time.at(10, lambda: listed(None))
        service.time.at(20, lambda: service.sign_up(0))
        service.time.at(200, lambda: meanwhile.extend(service.approved()))
        service.time.at(200, lambda: listed(0))

        run = service.watch(7 * MINUTE)

        assert [] == meanwhile
        assert_sound(service, "dev0")
        assert ["lists"] == [each["system"] for each in run.events("system_unavailable")]
        assert ["lists"] == [each["system"] for each in run.events("system_available")]


def a_story(service):
    """Of 20 s in which the process is killed or disturbed: two are trusted, one is not."""
    service.sign_up(0)
    service.time.at(3, lambda: service.sign_up(1))
    service.time.at(4, lambda: service.sign_up(2, trusted=False))


def requests_of_the_story(folder) -> int:
    service = Service.healthy(folder)
    a_story(service)
    service.watch(20, GLAAB_RUN_EVERY_S="12")
    return sum(len(each.requests) for each in service.installation.http.values())


@pytest.fixture(scope="module")
def length(tmp_path_factory) -> int:
    return requests_of_the_story(tmp_path_factory.mktemp("story"))


def at_request(service, wanted, happens, *, acted=False):
    """Have something happen at one request, of whatever system."""
    seen = [0]

    def intervene(request, handle):
        service._takes_time(request, handle)
        seen[0] += 1
        if seen[0] != wanted:
            return None
        response = handle() if acted else None
        happens()
        return response

    for recorder in service.installation.http.values():
        recorder.always = intervene


def killed():
    raise Killed


@pytest.mark.no_cover  # it would double the time, and what runs here runs elsewhere, too
class TestDisturbed:
    @pytest.mark.parametrize("acted", [False, True], ids=["before it", "after it"])
    def test_killed_at_any_request_and_started_again(self, tmp_path, length, acted):
        for number in range(1, length + 1):
            service = Service.healthy(tmp_path / str(number))
            a_story(service)
            at_request(service, number, killed, acted=acted)

            assert 137 == service.watch(20, GLAAB_RUN_EVERY_S="12").code
            service.heal()
            service.watch(10)

            assert_sound(service, "dev0", "dev1")

    def test_by_an_approving_run_beside_it(self, tmp_path, length):
        """At every second request, which is enough to meet each step."""
        for number in range(1, length + 1, 2):
            service = Service.healthy(tmp_path / str(number))
            a_story(service)
            policy = str(tmp_path / str(number) / "policy.toml")
            at_request(
                service,
                number,
                lambda: service.installation.run("approve", GLAAB_POLICY=policy),  # noqa: B023
            )

            service.watch(28, GLAAB_RUN_EVERY_S="12")

            assert_sound(service, "dev0", "dev1")

    def test_by_another_one_started_by_mistake(self, tmp_path, length):
        """At every second request, which is enough to meet each step."""
        for number in range(1, length + 1, 2):
            service = Service.healthy(tmp_path / str(number))
            a_story(service)
            at_request(service, number, lambda: service.watch(11))  # noqa: B023

            service.watch(28, GLAAB_RUN_EVERY_S="12")

            assert_sound(service, "dev0", "dev1")
