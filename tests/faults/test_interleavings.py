"""
Two approving runs at the same time end as one would, however their requests fall.

A schedule says whose request is next. What is not a step of its own cannot be seen by the other
run: the systems that are only read, and the wiki's token. States that were seen before are not
gone on from again, so that all schedules are tried by trying one for each way to each state.
Over two accounts that takes long: every_interleaving.py tries them all, this file a part.
"""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
import structlog

from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.outcome import Outcome, Outcomes
from tests.builders import a_dn, a_person, a_record, an_account, an_identity
from tests.faults.harness import Installation
from tests.faults.turns import Race
from tests.policies import parse_policy
from tests.worlds import World

POLICY = parse_policy(
    """\
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "cn"
[[trust]]
name = "Toolforge member"
directory_group = "project-tools"
[veto]
directory_locked = true
""",
    "the policy of these tests",
)
ADA, DORA = (
    an_account(id=AccountId(number), username=Username(name), identities=(an_identity(name),))
    for number, name in enumerate(("ada", "dora"), 101)
)
Schedule = Callable[[list[str], list[str]], str]
"""Who goes on, of those who can, after those who did."""

pytestmark = [
    pytest.mark.usefixtures("socket_disabled", "bare"),
    pytest.mark.no_cover,  # it would double the time, and what runs here runs elsewhere, too
]


@pytest.fixture
def bare(monkeypatch):
    """No messages, and a small environment: requests looks through all of it at each request."""
    for name in set(os.environ) - {"PATH", "HOME", "TMPDIR", "PYTEST_CURRENT_TEST"}:
        monkeypatch.delenv(name)
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


@attrs.frozen(kw_only=True)
class Start:
    """How things stand when two runs begin."""

    accounts: tuple
    noted: tuple = ()
    """On whom a run that was killed left an open note."""
    trusted: tuple[str, ...] = ("ada", "dora")

    def installed(self, folder: Path) -> Installation:
        """Its own systems; those of an earlier race are forgotten."""
        (folder / "audit.jsonl").unlink(missing_ok=True)
        notes = {
            each.id: a_record(account_id=each.id, username=each.username, run="run-0")
            for each in self.noted
        }
        names = [each.username for each in self.accounts]
        world = World(
            accounts=self.accounts,
            notes=notes,
            people=tuple(a_person(name, name) for name in names),
            directory_groups={"project-tools": frozenset(map(a_dn, self.trusted))},
            locked=frozenset(),
            lock_hidden=frozenset(),
            linked={},
            projects={},
            gerrit_accounts=(),
            gerrit_groups={},
        )
        return Installation.healthy(folder, world)

    @property
    def entitled(self) -> list[str]:
        """Who is in the logs in the end."""
        return sorted(
            each.username
            for each in self.accounts
            if each.state is AccountState.ACTIVE or each.username in self.trusted
        )

    @property
    def waiting(self) -> int:
        """How many approvals there will be."""
        trusted = [each for each in self.accounts if each.username in self.trusted]
        return sum(each.state is AccountState.PENDING for each in trusted)


def active(account):
    return attrs.evolve(account, state=AccountState.ACTIVE)


NEW = Start(accounts=(ADA,))
STARTS = {
    "new": NEW,
    "noted by a run that was killed": Start(accounts=(ADA,), noted=(ADA,)),
    "approved by a run that was killed": Start(accounts=(active(ADA),), noted=(ADA,)),
    "noted and not trusted any more": Start(accounts=(ADA,), noted=(ADA,), trusted=("dora",)),
}
TWO = Start(accounts=(ADA, DORA))
TWO_STARTS = {
    "both new": TWO,
    "one noted by a run that was killed": Start(accounts=(ADA, DORA), noted=(DORA,)),
    "one approved by a run that was killed": Start(accounts=(active(ADA), DORA), noted=(ADA,)),
}


def all_schedules(folder: Path, start: Start) -> Iterator[Race]:
    """Every race that ends in its own way; depth first, each state gone on from once."""
    seen: set[tuple[str, ...]] = set()
    ahead: list[list[str]] = [[]]
    while ahead:
        path = ahead.pop()
        with Race(start.installed(folder), POLICY) as race:
            for name in path:
                race.standing()
                race.let(name)
            while (standing := list(race.standing())) and (state := race.state()) not in seen:
                seen.add(state)
                first, *others = sorted(standing, key=lambda name: name not in path[-1:])
                ahead += [[*path, other] for other in others]
                path.append(first)
                race.let(first)
            ended = not race.standing()
        if ended:
            yield race


def scheduled(installation: Installation, schedule: Schedule) -> Race:
    done: list[str] = []
    with Race(installation, POLICY) as race:
        while standing := list(race.standing()):
            done.append(schedule(standing, done))
            race.let(done[-1])
    return race


def switching_after(*counts: int) -> Schedule:
    """A goes on for so many steps, then B for so many, then A to its end."""

    def schedule(standing: list[str], done: list[str]) -> str:
        a, b = done.count("A"), done.count("B")
        wanted = "A" if a < counts[0] or b >= counts[1] else "B"
        return wanted if wanted in standing else standing[0]

    return schedule


def assert_as_one_run(start: Start, race: Race, seen: set[str]) -> None:
    """Both ended well, and after one more run everything is there once and settled."""
    installation = race.installation
    ending = race.world()
    assert {"A", "B"} == set(race.outcomes)
    for outcomes in race.outcomes.values():
        assert_well(outcomes)
    assert_each_once(start, installation)
    if ending not in seen:
        seen.add(ending)
        another_run(installation)
        assert_each_once(start, installation)
        assert [] == installation.notes_left_open()


def another_run(installation: Installation) -> None:
    with Race(installation, POLICY, names=("C",)) as race:
        race.to_the_end()
    assert_well(race.outcomes["C"])


def assert_well(outcomes: Outcomes) -> None:
    """What ends with exit code 0."""
    failed = [each for each in outcomes.results.values() if each.outcome is Outcome.FAILED]
    assert ([], (), ()) == (failed, outcomes.log_failures, outcomes.notes_left_open)


def assert_each_once(start: Start, installation: Installation) -> None:
    assert start.waiting == installation.gitlab.simulator.mails
    assert start.entitled == installation.wiki_entries()
    assert start.entitled == installation.file_entries()
    assert [] == installation.errors()


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_all_schedules_of_two_runs_over_one_account(tmp_path, start):
    """Every interleaving that there is."""
    seen: set[str] = set()
    for race in all_schedules(tmp_path, start):
        assert_as_one_run(start, race, seen)


@pytest.mark.parametrize("start", TWO_STARTS.values(), ids=TWO_STARTS)
def test_two_runs_over_two_accounts_interrupting_each_other(tmp_path, start):
    """B comes in anywhere, and is interrupted anywhere, until A has ended."""
    steps = len(scheduled(start.installed(tmp_path), switching_after(99, 0)).learned["A"])
    seen: set[str] = set()
    stride = 2 if start is TWO else 4
    for before in range(steps):
        for after in range(1 + before % stride, steps + 1, stride):
            race = scheduled(start.installed(tmp_path), switching_after(before, after))

            assert_as_one_run(start, race, seen)


@pytest.mark.parametrize("seed", range(40))
def test_two_runs_over_two_accounts_in_any_order(tmp_path, seed):
    """A schedule by chance; each is the same at every repetition."""
    chance = random.Random(seed)
    start = list(TWO_STARTS.values())[seed % 3]

    race = scheduled(start.installed(tmp_path), lambda standing, _: chance.choice(standing))

    assert_as_one_run(start, race, set())


@pytest.mark.parametrize("dead", ["A", "B"])
def test_one_of_two_runs_is_killed(tmp_path, dead):
    """
    Nothing is lost, whatever the other run did by then and does from then on.

    But for the window that is documented: a run that found no note left its own, and after
    GitLab's "not pending" finds it still there; it cannot tell that another run, which is dead
    by now, was quicker, and not a person.
    """
    seen: set[tuple[str, ...]] = set()
    for before in range(1, 12):
        for after in range(1 + before % 2, 12, 2):
            installation = NEW.installed(tmp_path)
            schedule, done = switching_after(before, after), []
            with Race(installation, POLICY) as race:
                while dead in (standing := list(race.standing())) and len(done) < before + after:
                    done.append(schedule(standing, done))
                    race.let(done[-1])
                if race.state() in seen:
                    continue
                seen.add(race.state())
                while alive := [name for name in race.standing() if name != dead]:
                    race.let(alive[0])
            another_run(installation)

            if not any(was_in_the_window(race, name) for name in race.names):
                assert_each_once(NEW, installation)
                assert [] == installation.notes_left_open()


def was_in_the_window(race: Race, name: str) -> bool:
    """Whether a run left a note where it had found none, and found it again when it was late."""
    match [shown for what, shown, *_ in race.learned[name] if what.endswith("/users/101")]:
        case [(_, _, None), *_, (_, _, str(note))]:
            return f'"run-{name}"' in note
        case _:
            return False
