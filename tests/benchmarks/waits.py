"""How long newcomers wait: for `glaab watch`, and for a schedule of `glaab approve`."""

import math
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

import attrs

from tests.benchmarks.costs import GLAAB
from tests.benchmarks.newcomers import LIMIT, Site, sign_up_at, site, wait_for, watched

CROWD, TRUSTED_IN_CROWD = 300, 50
_EVERY_S = 180
"""How often the scheduled job runs."""
_IDLE_LOOKS = 3
_MOMENT_S = 0.5
"""After it begins, a look at nobody new has ended."""


@attrs.frozen
class Waits:
    """How long each of some newcomers waited, in seconds."""

    seconds: Sequence[float]

    def percentile(self, percent: float) -> float:
        """By the nearest rank."""
        return sorted(self.seconds)[math.ceil(len(self.seconds) * percent / 100) - 1]


@attrs.frozen(kw_only=True)
class Watched:
    """What `glaab watch` made of newcomers."""

    waits: Waits
    requests_of_idle_look: float


@attrs.frozen(kw_only=True)
class Wave:
    """What became of a crowd that signed up at once."""

    seconds: float
    """Until the last of the trusted was in."""
    requests: int
    logged: int


@attrs.frozen(kw_only=True)
class ScheduledRun:
    """How many seconds a run of `approve` takes."""

    until_first_request: float
    until_first_approval: float
    per_approval: float


def of_watch(sign_ups: Sequence[float], **settings: str) -> Watched:
    """How long those waited who signed up at these seconds."""
    with site(len(sign_ups)) as here, watched(here, **settings):
        sign_up_at(here, sign_ups)
        wait_for(lambda: here.settled == len(sign_ups))
        found = Watched(waits=Waits(here.waits_s), requests_of_idle_look=_idle_requests(here))
    _tell(f"glaab watch {settings}", found.waits)
    return found


def _idle_requests(here: Site) -> float:
    """How many requests a look at nobody new is, to all systems together."""
    _wait_for_looks(here, 1)  # which comes after the one that found the last newcomer
    looks, before = here.looks, here.systems.requests()
    _wait_for_looks(here, _IDLE_LOOKS)
    return (here.systems.requests() - before).total() / (here.looks - looks)


def _wait_for_looks(here: Site, count: int) -> None:
    before = here.looks
    wait_for(lambda: here.looks >= before + count)
    time.sleep(_MOMENT_S)


def of_schedule(sign_ups: Sequence[float]) -> Waits:
    """
    How long they would wait for a job every three minutes, whatever the second it began at.

    Computed from one run that is measured, with all of them waiting.
    """
    run = _scheduled_run(len(sign_ups))
    seconds: list[float] = []
    for first_run in range(_EVERY_S):
        for begins in range(first_run, int(max(sign_ups)) + 2 * _EVERY_S, _EVERY_S):
            lists_at = begins + run.until_first_request
            served = [each for each in sign_ups if lists_at - _EVERY_S <= each < lists_at]
            done = begins + run.until_first_approval
            seconds += [done + run.per_approval * n - each for n, each in enumerate(served)]
    _tell("glaab approve", waits := Waits(seconds))
    return waits


def _scheduled_run(waiting: int) -> ScheduledRun:
    with site(waiting) as here:
        for number in range(waiting):
            here.sign_up(number)
        here.systems.environ.update(LIMIT)
        cost = here.systems.run(GLAAB, "approve")
    approved = sorted(here.approvals.moments.values())
    began = here.approvals.first_request - timedelta(seconds=cost.start_s)
    return ScheduledRun(
        until_first_request=cost.start_s,
        until_first_approval=(approved[0] - began).total_seconds(),
        per_approval=(approved[-1] - approved[0]).total_seconds() / (waiting - 1),
    )


def of_wave() -> Wave:
    """What became of it; every sixth is trusted."""
    share = CROWD // TRUSTED_IN_CROWD
    with site(CROWD, trusted=lambda number: number % share == 0) as here, watched(here, **LIMIT):
        before = here.systems.requests()
        for number in range(CROWD):
            here.sign_up(number)
        wait_for(lambda: here.settled >= TRUSTED_IN_CROWD)
        requests = (here.systems.requests() - before).total()
        return Wave(seconds=max(here.waits_s), requests=requests, logged=here.logged)


def _tell(name: str, waits: Waits) -> None:
    """As soon as it is known."""
    sys.stderr.write(
        f"{name}: {waits.percentile(50):.1f} s, 95 of 100 {waits.percentile(95):.1f} s,"
        f" longest {max(waits.seconds):.1f} s\n"
    )
