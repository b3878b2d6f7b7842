"""`python -m tests.benchmarks.watch [--quick] [--write]`: how soon newcomers are let in."""

import argparse
import sys
from collections.abc import Iterator, Sequence

import attrs

from tests.benchmarks import waits
from tests.benchmarks.newcomers import moments
from tests.benchmarks.report import Target, machine, table, write
from tests.benchmarks.waits import CROWD, TRUSTED_IN_CROWD, Waits, Watched, Wave

_WATCH, _OFTEN = "`glaab watch`", "`glaab watch` with `GLAAB_LOOK_EVERY_S=1`"


@attrs.frozen(kw_only=True)
class Findings:
    """What was measured, and for the schedule computed."""

    schedule: Waits
    watch: Watched
    often: Watched
    busy: Watched
    """As often, when people sign up twice as fast."""
    wave: Wave


def main() -> int:
    """Print the tables; 0 even if a target is missed, for other work on the machine counts too."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.watch", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="let fewer sign up")
    parser.add_argument("--write", action="store_true", help="also put them into the docs")
    chosen = parser.parse_args()
    text = report(measure(moments(8, 30) if chosen.quick else moments(30, 600)))
    sys.stdout.write(f"\n{text}")
    if chosen.write:
        write(text, "measured: watch")
    return 0


def measure(sign_ups: Sequence[float]) -> Findings:
    """Everything, with people who sign up at these seconds."""
    return Findings(
        schedule=waits.of_schedule(sign_ups),
        watch=waits.of_watch(sign_ups),
        often=waits.of_watch(sign_ups, GLAAB_LOOK_EVERY_S="1"),
        busy=waits.of_watch([each / 2 for each in sign_ups], GLAAB_LOOK_EVERY_S="1"),
        wave=waits.of_wave(),
    )


def report(found: Findings) -> str:
    """What is to hold, then how long each way took."""
    wave = found.wave
    return "\n".join(
        [
            f"Measured on {machine()}.\n",
            table(("", "wanted", "found"), (each.cells for each in _targets(found))),
            "",
            "### Seconds from sign-up to approval\n",
            table(
                ("", "50 of 100", "95 of 100", "longest", "sooner", "95 of 100 sooner"),
                [
                    _cells("`glaab approve` every three minutes †", found.schedule),
                    _cells(_WATCH, found.watch.waits, found.schedule),
                    _cells(_OFTEN, found.often.waits, found.schedule),
                    _cells(f"{_OFTEN}, when people sign up twice as fast", found.busy.waits),
                ],
            ),
            "",
            "### A wave\n",
            f"{CROWD} sign up at once, {TRUSTED_IN_CROWD} of them trusted. After"
            f" {wave.seconds:.0f} s all the trusted were in, by {wave.requests:,} requests to all"
            f" systems together; {wave.logged} of them stand in both logs.\n",
        ]
    )


def _targets(found: Findings) -> Iterator[Target]:
    for name, watched, bound in ((_WATCH, found.watch, 10), (_OFTEN, found.often, 3)):
        seconds = watched.waits.percentile(95)
        says = f"seconds until 95 of 100 are in, {name}"
        yield Target(says=says, found=seconds, bound=bound, digits=1)
    requests = max(each.requests_of_idle_look for each in (found.watch, found.often))
    says = "requests of a look that finds nobody new"
    yield Target(says=says, found=requests, bound=1, digits=1)


def _cells(name: str, waited: Waits, beside: Waits | None = None) -> tuple[str, ...]:
    seconds = (waited.percentile(50), waited.percentile(95), max(waited.seconds))
    sooner = (beside.percentile(each) / waited.percentile(each) for each in (50, 95) if beside)
    times = tuple(f"**{each:.0f} ×**" for each in sooner) or ("", "")
    return (name, *(f"{each:.1f}" for each in seconds), *times)


if __name__ == "__main__":
    sys.exit(main())
