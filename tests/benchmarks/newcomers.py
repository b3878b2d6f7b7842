"""People who sign up while systems run that are slow, and how long each waits for approval."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random

import attrs

from glaab.domain.errors import AUDIT_LOG, GITLAB
from tests.benchmarks.costs import GLAAB
from tests.benchmarks.systems import Systems, holding
from tests.builders import a_dn, a_person
from tests.contract.gitlab.simulator import GitLabSimulator
from tests.contract.wire import Intervention, Request, Response
from tests.crowd import a_crowd
from tests.log_lines import usernames_on
from tests.worlds import World

LATENCY_S = 0.02
LIMIT = {"GLAAB_MAX_APPROVALS": "100"}
"""Where more are to be approved at once than the brake lets in by default."""
_PATIENCE_S = 300


def moments(count: int, over_s: float) -> list[float]:
    """When somebody signs up: the same random seconds each time."""
    chance = Random(1)
    return sorted(chance.uniform(0, over_s) for _ in range(count))


@attrs.define
class Approvals:
    """When GitLab answered that an account is approved, by its id."""

    _late: Intervention
    moments: dict[int, datetime] = attrs.field(factory=dict)
    first_request: datetime | None = None

    def __call__(self, request: Request, handle: Callable[[], Response]) -> Response | None:
        self.first_request = self.first_request or datetime.now(UTC)
        response = self._late(request, handle)
        if request.path.endswith("/approve") and response and response.status == 201:
            self.moments[int(request.path.split("/")[-2])] = datetime.now(UTC)
        return response


@attrs.frozen(kw_only=True)
class Site:
    """Every system, the people whom it knows, and who of them was approved."""

    systems: Systems
    approvals: Approvals

    def sign_up(self, number: int) -> None:
        self._gitlab.sign_up(f"newcomer{number}", _name(number), datetime.now(UTC))

    def wait_for_approvals(self, count: int) -> None:
        wait_for(lambda: len(self.approvals.moments) >= count)

    @property
    def waits_s(self) -> list[float]:
        """How long each of the approved waited, from `created_at` to GitLab's 201."""
        return [
            (moment - self._gitlab.users[key].created_at).total_seconds()
            for key, moment in self.approvals.moments.items()
        ]

    @property
    def looks(self) -> int:
        """How many there were: requests for newcomers alone."""
        requests = self.systems.http[GITLAB].requests
        return sum("created_after" in each.parameters for each in requests)

    @property
    def logged(self) -> int:
        """How many approvals both logs have, each of them once; 0 while they differ."""
        file = self.systems.folder / "audit.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else ()
        in_file = {json.loads(line)["account"]["username"] for line in lines}
        on_page = usernames_on(self.systems.http[AUDIT_LOG].simulator.text)
        return len(in_file) if len(lines) == len(in_file) and in_file == {*on_page} else 0

    @property
    def settled(self) -> int:
        """How many notes say that all is done."""
        users = self._gitlab.users.values()
        return sum(each.attributes.get("glaab") == "logged" for each in users)

    @property
    def _gitlab(self) -> GitLabSimulator:
        return self.systems.http[GITLAB].simulator


@contextmanager
def site(people: int, *, trusted: Callable[[int], bool] = lambda _: True) -> Iterator[Site]:
    """So many people who may sign up, of whom these are trusted, by their numbers."""
    with holding(_a_world(people, trusted), LATENCY_S) as systems:
        recorder = systems.http[GITLAB]
        recorder.simulator = GitLabSimulator.of()  # the one for big queues keeps what it has shown
        recorder.always = approvals = Approvals(recorder.always)
        yield Site(systems=systems, approvals=approvals)
        errors = [error for each in systems.http.values() for error in each.errors]
        if errors:
            raise RuntimeError(f"the simulators did not expect this: {errors}")


def _a_world(people: int, trusted: Callable[[int], bool]) -> World:
    crowd = a_crowd(10)
    known = tuple(a_person(f"newcomer{each}", _name(each)) for each in range(people))
    members = frozenset(a_dn(f"newcomer{each}") for each in range(people) if trusted(each))
    groups = {**crowd.directory_groups, "project-tools": members}
    everybody = (*crowd.people, *known)
    return attrs.evolve(crowd, accounts=(), people=everybody, directory_groups=groups)


def _name(number: int) -> str:
    return f"Newcomer {number}"


@contextmanager
def watched(at: Site, **settings: str) -> Iterator[None]:
    """`glaab watch`, whose first full run has ended, until the block ends."""
    with (at.systems.folder / "messages").open("w+") as messages:
        process = subprocess.Popen(
            [GLAAB, "watch"],
            cwd=at.systems.folder,
            env={**at.systems.environ, **settings},
            stdout=subprocess.DEVNULL,
            stderr=messages,
        )
        try:
            wait_for(lambda: at.looks)
            yield
        finally:
            process.terminate()
            if process.wait() != 143:
                raise RuntimeError((at.systems.folder / "messages").read_text(encoding="utf-8"))


def wait_for(happened: Callable[[], object]) -> None:
    """Raises TimeoutError if it does not happen for five minutes."""
    ends_at = time.monotonic() + _PATIENCE_S
    while not happened():
        if time.monotonic() > ends_at:
            raise TimeoutError("it has not happened in time")
        time.sleep(0.01)


def sign_up_at(at: Site, seconds: Sequence[float]) -> None:
    """Let them sign up one after the other, and wait until all are approved."""
    began = time.monotonic()
    for number, moment in enumerate(seconds):
        time.sleep(max(0, began + moment - time.monotonic()))
        at.sign_up(number)
    at.wait_for_approvals(len(seconds))
