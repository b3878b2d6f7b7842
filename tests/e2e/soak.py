"""`python -m tests.e2e.soak [SECONDS]`: does `glaab watch` grow, whoever comes and what fails?"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

import attrs
import requests

from glaab.domain.accounts import AccountState
from tests.builders import a_dn, a_person
from tests.contract.gitlab.simulator_state import User
from tests.contract.services.openldap import free_port, openldap
from tests.contract.wire import answers, disconnects, is_silent, text_response
from tests.e2e.installation import EXAMPLE, Installation, installed
from tests.log_lines import usernames_on
from tests.worlds import World, read_world

_SETTINGS = {"GLAAB_LOOK_EVERY_S": "1", "GLAAB_RUN_EVERY_S": "10", "GLAAB_TIMEOUT_S": "2"}
_NEWCOMER_EVERY_S = 2
_WELL_FOR_S, _FAILS_FOR_S = (10, 30), (2, 8)
_SAMPLE_EVERY_S = 1
_TO_CATCH_UP_S = 90
_MAY_GROW_MIB = 4
_HOPELESS = 10
"""How many who are not trusted wait at most; whoever has waited longest gives up."""
_FAULTS = (disconnects, is_silent, answers(text_response("", 503)), answers(text_response("", 401)))


@attrs.frozen(kw_only=True)
class Sample:
    """What a process holds (Linux)."""

    rss_mib: float
    threads: int
    files: int
    sockets: int

    @classmethod
    def of(cls, pid: int) -> "Sample":
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        targets = [_target(each) for each in Path(f"/proc/{pid}/fd").iterdir()]
        return cls(
            rss_mib=int(status["VmRSS"].split()[0]) / 1024,
            threads=int(status["Threads"]),
            files=len(targets),
            sockets=sum(each.startswith("socket:") for each in targets),
        )


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed since it was listed
        return ""


@attrs.frozen
class Tenth:
    """The samples of a tenth of the time."""

    samples: Sequence[Sample]

    @property
    def rss_mib(self) -> float:
        return median(each.rss_mib for each in self.samples)

    @property
    def held(self) -> tuple[int, ...]:
        """Threads, open files and sockets that there were at each moment, at least."""
        counts = ((each.threads, each.files, each.sockets) for each in self.samples)
        return tuple(map(min, zip(*counts, strict=True)))

    def __str__(self) -> str:
        threads, files, sockets = self.held
        most = max(each.files for each in self.samples)
        return (
            f"{self.rss_mib:.1f} MiB, {threads} threads, {files} to {most} open files,"
            f" at least {sockets} sockets"
        )


@attrs.define
class Life:
    """People who sign up and give up, and systems of which one fails now and then."""

    systems: Installation
    chance: Random
    trusted: list[str] = attrs.field(factory=list)
    _signed_up: int = 0
    _mend: Callable[[], object] | None = None
    """Ends what is wrong, if anything is."""

    def sign_up(self) -> None:
        """One more, who may be trusted; one who is not gives up if there are many."""
        number, self._signed_up = self._signed_up, self._signed_up + 1
        self.systems.sign_up(f"dev{number}", f"Developer {number}")
        if is_trusted(number):
            self.trusted.append(f"dev{number}")
        simulator = self.systems.gitlab.simulator
        hopeless = [key for key, user in simulator.users.items() if self._is_hopeless(user)]
        gone = hopeless[:-_HOPELESS]
        simulator.users = {key: user for key, user in simulator.users.items() if key not in gone}

    def _is_hopeless(self, user: User) -> bool:
        return user.state is AccountState.PENDING and user.username not in self.trusted

    def fail_or_mend(self) -> None:
        """Some system fails, or, if one does, it is mended."""
        if self._mend:
            self.mend()
            return
        system = self.chance.choice(["directory", *self.systems.http])
        if system == "directory":
            self.systems.ldap.stop()
            self._mend = self.systems.ldap.start
        else:
            recorder = self.systems.http[system]
            recorder.always = self.chance.choice(_FAULTS)
            self._mend = lambda: setattr(recorder, "always", None)

    def mend(self) -> None:
        """Every system is well."""
        if self._mend:
            self._mend()
            self._mend = None

    def change_after_s(self) -> float:
        """How long it stays as it is."""
        return self.chance.uniform(*(_FAILS_FOR_S if self._mend else _WELL_FOR_S))

    @property
    def is_settled(self) -> bool:
        """True if all the trusted are in both logs, each once."""
        on_page = list(usernames_on(self.systems.wiki.simulator.text))
        return sorted(self.trusted) == self.systems.logged() == on_page


def is_trusted(number: int) -> bool:
    return number % 3 != 0


def a_world(people: int) -> World:
    """Nobody waits, and so many are known who may sign up."""
    world = read_world(EXAMPLE)
    known = tuple(a_person(f"dev{each}", f"Developer {each}") for each in range(people))
    members = frozenset(a_dn(f"dev{each}") for each in range(people) if is_trusted(each))
    return attrs.evolve(
        world,
        accounts=(),
        notes={},
        people=(*world.people, *known),
        directory_groups={**world.directory_groups, "project-tools": members},
    )


@contextmanager
def running(systems: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """`glaab watch` as a process, which tells everything to files."""
    with (systems.folder / "out").open("wb") as out, (systems.folder / "err").open("wb") as err:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("glaab")), "watch", "--format", "json"],
            cwd=systems.folder,
            env=systems.environ,
            stdout=out,
            stderr=err,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def live(life: Life, pid: int, seconds: float) -> list[Sample]:
    """Let it all happen for so long; what the process held meanwhile."""
    samples: list[Sample] = []

    def sample() -> None:
        for path in ("metrics", "healthz"):
            requests.get(f"http://{life.systems.environ['GLAAB_LISTEN']}/{path}", timeout=5)
        samples.append(Sample.of(pid))

    acts: dict[Callable[[], None], Callable[[], float]] = {
        life.sign_up: lambda: life.chance.expovariate(1 / _NEWCOMER_EVERY_S),
        life.fail_or_mend: life.change_after_s,
        sample: lambda: _SAMPLE_EVERY_S,
    }
    due = dict.fromkeys(acts, 5.0)
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        for act, pause_s in acts.items():
            if now >= due[act]:
                act()
                due[act] = now + pause_s()
        time.sleep(0.05)
    return samples


def problems(tenths: Sequence[Tenth], life: Life, code: int) -> Iterator[str]:
    """What is not as it should be at the end."""
    _, second, *others, last = tenths
    if last.rss_mib > second.rss_mib + _MAY_GROW_MIB:
        yield f"it grew by {last.rss_mib - second.rss_mib:.1f} MiB"
    held = tuple(map(max, zip(*(each.held for each in (second, *others)), strict=True)))
    if any(later > earlier for earlier, later in zip(held, last.held, strict=True)):
        yield f"threads, files, sockets: {last.held} in the end, at most {held} before"
    if not life.is_settled:
        yield "an approval is missing in a log, or stands there twice"
    if code != 143:
        yield f"it ended with {code}"
    messages = (life.systems.folder / "err").read_text(encoding="utf-8").splitlines()
    yield from (f"it said: {line}" for line in messages if not line.startswith("{"))
    yield from (f"not expected: {error!r}" for error in life.systems.errors())


def main(seconds: float) -> int:
    """Print what it held in each tenth of the time, and what is wrong; 1 if anything is."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="glaab-soak-")))
        slapd = stack.enter_context(openldap())
        people = int(2 * seconds / _NEWCOMER_EVERY_S) + 20
        systems = installed(stack, folder, slapd, a_world(people), "Whom the bot let in.\n")
        systems.environ.update(_SETTINGS, GLAAB_LISTEN=f"127.0.0.1:{free_port()}")
        life = Life(systems, Random(1))
        with running(systems) as process:
            samples = live(life, process.pid, seconds)
            life.mend()
            ends_at = time.monotonic() + _TO_CATCH_UP_S
            while not life.is_settled and time.monotonic() < ends_at:
                time.sleep(0.5)
        size = len(samples) // 10
        tenths = [Tenth(samples[each * size : (each + 1) * size]) for each in range(10)]
        wrong = list(problems(tenths, life, process.returncode))
        for number in (0, 1, 9):
            sys.stdout.write(f"tenth {number + 1:>2}: {tenths[number]}\n")
        sys.stdout.write(f"{len(life.trusted)} were let in. {'; '.join(wrong) or 'All is well.'}\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(float((*sys.argv[1:], "600")[0])))
