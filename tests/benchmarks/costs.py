"""What runs cost: glaab's own, measured; those of the usual way, measured or computed."""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import attrs

from glaab.domain.errors import GITLAB, System
from tests.benchmarks.fewest import fewest
from tests.benchmarks.slow_ldap import Watch
from tests.benchmarks.systems import Cost, holding, late
from tests.contract.wire import Recorder, Request, Response, served
from tests.crowd import a_crowd
from tests.worlds import World

GLAAB = str(Path(sys.executable).with_name("glaab"))
_LONG_LATENCY_S = 0.05
ONE_BY_ONE = (sys.executable, "-m", "tests.benchmarks.one_by_one")


@attrs.frozen(kw_only=True)
class Usual:
    """What the usual way costs."""

    requests: int
    wall_s: float
    cpu_s: float
    is_computed: bool = False


@attrs.frozen(kw_only=True)
class Row:
    """One size, one latency: glaab, and beside it the usual way."""

    pending: int
    latency_s: float
    glaab: Cost
    fewest: Counter[System]
    usual: Usual

    @property
    def requests(self) -> int:
        return self.glaab.requests.total()

    @property
    def fewer(self) -> float:
        """How many times fewer requests glaab sends."""
        return self.usual.requests / self.requests

    @property
    def faster(self) -> float:
        """How many times less time it takes."""
        return self.usual.wall_s / self.glaab.wall_s

    @property
    def unavoidable_s(self) -> float:
        """The time of the fewest round trips: latency, the systems' own work, the loopback."""
        return sum(
            count
            * (
                self.glaab.waited_s[system] / self.glaab.requests[system]
                + carrier_s(self.latency_s)
            )
            for system, count in self.fewest.items()
        )

    @property
    def beside_waiting(self) -> float:
        """How many times the unavoidable the whole process took."""
        return self.glaab.wall_s / self.unavoidable_s

    @property
    def beside_waiting_once_started(self) -> float:
        """The same, from its first request on."""
        return (self.glaab.wall_s - self.glaab.start_s) / self.unavoidable_s


@cache
def a_world(pending: int, blocked: int | None = None) -> World:
    """As many blocked as pending and eight times as many active, unless told otherwise."""
    if blocked is None:
        return a_crowd(pending, blocked=pending, active=8 * pending)
    return a_crowd(pending, blocked=blocked)


def of_glaab(world: World, latency_s: float, *arguments: str) -> Cost:
    """
    What `glaab` with *arguments* costs, as a process of its own; `glaab approve` without any.

    Of three runs the shortest counts, as the least disturbed, where they do not take long.
    """
    turns = 1 if latency_s > _LONG_LATENCY_S else 3
    return min(
        (_once(world, latency_s, arguments or ("approve",)) for _ in range(turns)),
        key=lambda cost: cost.wall_s,
    )


def _once(world: World, latency_s: float, arguments: tuple[str, ...]) -> Cost:
    with holding(world, latency_s) as systems:
        return systems.run(GLAAB, *arguments)


def of_the_usual_way(world: World, latency_s: float) -> Usual:
    """What one by one costs, as a process of its own."""
    with holding(world, latency_s) as systems:
        cost = systems.run(*ONE_BY_ONE)
    return Usual(requests=cost.requests.total(), wall_s=cost.wall_s, cpu_s=cost.cpu_s)


def computed(measured: Mapping[int, Usual], pending: int, latency_s: float) -> Usual:
    """
    What one by one would cost, from what two sizes cost without latency.

    Every account costs the same, and every request waits for as long as it is told to.
    """
    (small, one), (large, other) = sorted(measured.items())[-2:]

    def along(of_one: float, of_other: float) -> float:
        return of_one + (of_other - of_one) * (pending - small) / (large - small)

    requests = round(along(one.requests, other.requests))
    return Usual(
        requests=requests,
        wall_s=along(one.wall_s, other.wall_s) + requests * latency_s,
        cpu_s=along(one.cpu_s, other.cpu_s),
        is_computed=True,
    )


def row(pending: int, latency_s: float, usual: Usual) -> Row:
    """Measure glaab, and put the usual way beside it."""
    world = a_world(pending)
    return Row(
        pending=pending,
        latency_s=latency_s,
        glaab=of_glaab(world, latency_s),
        fewest=fewest(world),
        usual=usual,
    )


# -- the loopback


_TURNS = 50
_HEADERS = {"User-Agent": "nobody", "Accept": "*/*", "Connection": "keep-alive"}


class _Nothing:
    def handle(self, _: Request) -> Response:
        return Response()


@cache
def carrier_s(latency_s: float) -> float:
    """
    What a round trip takes besides the wait, by a client that does nothing: the loopback.

    After a wait it takes longer than without, as both sides have to wake up.
    """
    watch = Watch()
    nothing = Recorder(_Nothing(), always=late(watch, GITLAB, latency_s))
    with served(nothing) as url:
        connection = HTTPConnection(urlsplit(url).netloc)
        took_s = [_round_trip_s(connection) for _ in range(_TURNS)]
        connection.close()
    return median(took_s) - watch.waited_s[GITLAB] / _TURNS


def _round_trip_s(connection: HTTPConnection) -> float:
    started = time.perf_counter()
    connection.request("GET", "/", headers=_HEADERS)
    connection.getresponse().read()
    return time.perf_counter() - started
