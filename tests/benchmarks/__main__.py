"""`python -m tests.benchmarks [--quick] [--write]`: what a run costs, and what it would cost."""

import argparse
import sys
from collections.abc import Iterator

from tests.benchmarks import costs
from tests.benchmarks.costs import Row, Usual, a_world
from tests.benchmarks.report import Target, report, write

SIZES = (10, 100, 1_000, 10_000)
LATENCIES_S = (0, 0.02, 0.1)
_LONGEST_S = 400
"""What would take longer is computed."""


def main() -> int:
    """Print the tables; 0 even if a target is missed, for other work on the machine counts too."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="compute whatever takes over 30 s")
    parser.add_argument("--write", action="store_true", help="also put them into the docs")
    chosen = parser.parse_args()
    rows = list(_rows(30 if chosen.quick else _LONGEST_S))
    growth = [
        (1_000, blocked, costs.of_glaab(a_world(1_000, blocked), 0))
        for blocked in (0, 10_000, 100_000)
    ]
    text = report(_targets(rows), rows, growth)
    sys.stdout.write(f"\n{text}")
    if chosen.write:
        write(text)
    return 0


def _rows(longest_s: float) -> Iterator[Row]:
    """Every size with every latency; each is told as soon as it is known."""
    at_once = {
        size: costs.of_the_usual_way(a_world(size), latency_s=0) for size in SIZES if size <= 1_000
    }
    for pending in SIZES:
        for latency_s in LATENCIES_S:
            row = costs.row(pending, latency_s, _usual(at_once, pending, latency_s, longest_s))
            sys.stderr.write(
                f"{pending:>6,} pending, {1000 * latency_s:>3.0f} ms: {row.requests:>4,} requests,"
                f" {row.glaab.wall_s:.1f} s; {row.fewer:.0f} x fewer, {row.faster:.1f} x faster\n"
            )
            yield row


def _usual(at_once: dict[int, Usual], pending: int, latency_s: float, longest_s: float) -> Usual:
    """Measured if that takes no longer than it may."""
    if not latency_s and pending in at_once:
        return at_once[pending]
    expected = costs.computed(at_once, pending, latency_s)
    if expected.wall_s > longest_s or pending not in at_once:
        return expected
    return costs.of_the_usual_way(a_world(pending), latency_s)


def _targets(rows: list[Row]) -> list[Target]:
    by_size = {(each.pending, each.latency_s): each for each in rows}
    usual, most = by_size[1_000, 0.02], by_size[10_000, 0]
    at = "at 1,000 pending and 20 ms"
    of = "with 10,000 pending of 100,000 users"
    return [
        Target(says=f"times fewer requests {at}", found=usual.fewer, bound=50, is_least=True),
        Target(says=f"times less time {at}", found=usual.faster, bound=30, is_least=True),
        Target(
            says=f"times the unavoidable round trips {at}, once started",
            found=usual.beside_waiting_once_started,
            bound=1.3,
            digits=2,
        ),
        Target(
            says=f"times less CPU {of}",
            found=most.usual.cpu_s / most.glaab.cpu_s,
            bound=25,
            is_least=True,
        ),
        Target(says=f"MiB at the peak {of}", found=most.glaab.peak_mib, bound=150),
        *_targets_of_json(of, most.glaab.cpu_s),
    ]


def _targets_of_json(of: str, plain_cpu_s: float) -> Iterator[Target]:
    """Beside plain `approve`, for machines differ."""
    for command in ("approve", "dry-run"):
        cost = costs.of_glaab(a_world(SIZES[-1]), 0, command, "--format", "json")
        by = f"by `{command} --format json` {of}"
        times = cost.cpu_s / plain_cpu_s
        yield Target(says=f"times the CPU of `approve` {by}", found=times, bound=1.7, digits=1)
        yield Target(says=f"MiB at the peak {by}", found=cost.peak_mib, bound=150)


if __name__ == "__main__":
    sys.exit(main())
