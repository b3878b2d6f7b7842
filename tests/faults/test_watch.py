"""`glaab watch` in simulated time: who gets in when, and what holds whatever goes wrong."""

import random

import pytest

from glaab.domain.accounts import AccountState
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from tests.faults.harness import Killed
from tests.faults.service import Service

pytestmark = pytest.mark.usefixtures("socket_disabled")
MINUTE, HOUR = 60, 3_600


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

    def test_as_somebody_whom_a_look_has_judged_is_held(self, service):
        service.time.at(MINUTE, lambda: service.sign_up(0, trusted=False))
        service.time.at(MINUTE + 20, lambda: service.trust(0))
        service.time.at(MINUTE + 20, lambda: service.sign_up(0, extern_uid="developer 0"))

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

    def test_makes_looks_rarer_up_to_a_minute(self, service):
        service.time.at(7, lambda: service.fail(GITLAB))

        service.watch(175)

        moments = [5, 10, 20, 40, 80, 140]
        assert len(moments) == len({int(each) for each in moments})
        assert 1 + 3 * 5 == len(service.looks())  # each is tried three times


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
        for number in range(1, length + 1):
            service = Service.healthy(tmp_path / str(number))
            a_story(service)
            policy = str(tmp_path / str(number) / "policy.toml")
            at_request(
                service,
                number,
                lambda: service.installation.run("approve", GLAAB_POLICY=policy),  # noqa: B023
            )

            service.watch(40, GLAAB_RUN_EVERY_S="12")

            assert_sound(service, "dev0", "dev1")

    def test_by_another_one_started_by_mistake(self, tmp_path, length):
        for number in range(1, length + 1):
            service = Service.healthy(tmp_path / str(number))
            a_story(service)
            at_request(service, number, lambda: service.watch(11))  # noqa: B023

            service.watch(40, GLAAB_RUN_EVERY_S="12")

            assert_sound(service, "dev0", "dev1")
