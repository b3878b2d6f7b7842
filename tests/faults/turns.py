"""Runs at the same time, of which one at a time goes on by one request, as a scheduler says."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Condition, Thread
from typing import Any

import attrs

from glaab.adapters.gerrit.memory import InMemoryGerrit
from glaab.adapters.http.session import HttpSession
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.integration import Env
from glaab.adapters.phabricator.memory import InMemoryPhabricator
from glaab.domain.approval import ApplyPlan
from glaab.domain.brake import Brake
from glaab.domain.outcome import Outcomes
from glaab.domain.policy import Policy
from glaab.domain.ports import AuditLog, RunId
from glaab.domain.review import ReviewAccounts, ReviewPending, Scope
from glaab.entrypoints.runtime import connect
from glaab.settings.core import Settings
from tests.builders import NOON, sources
from tests.contract.wire import Recorder, Request, Response
from tests.faults.harness import InProcess, Installation, Killed, settings
from tests.variables import read_settings


@attrs.define(eq=False)
class Turns:
    """Lets each of several threads go on only when it is its turn."""

    names: tuple[str, ...]
    _changed: Condition = attrs.field(factory=Condition)
    _standing: dict[str, str] = attrs.field(factory=dict)
    """Before which step each one stands."""
    _ended: set[str] = attrs.field(factory=set)
    _turn: str = ""
    _over: bool = False

    def standing(self) -> Mapping[str, str]:
        """Who can go on, and with what, once nobody is on the way."""
        with self._changed:
            count = len(self.names)
            settled = self._changed.wait_for(
                lambda: not self._turn and len(self._standing) + len(self._ended) == count, 30
            )
            assert settled, "a run neither ends nor comes to its next step"
            return dict(sorted(self._standing.items()))

    def let(self, name: str) -> None:
        """Let one do what it stands before."""
        with self._changed:
            del self._standing[name]
            self._turn = name
            self._changed.notify_all()

    def stop(self) -> None:
        """Let nobody do anything any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def arrive(self, name: str, step: str) -> None:
        """
        Stand before a step until it may be done.

        Raises:
            Killed: it never may.
        """
        with self._changed:
            self._turn = ""
            self._standing[name] = step
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._turn == name or self._over)
            if self._over:
                raise Killed

    def leave(self, name: str) -> None:
        """Come to no more steps."""
        with self._changed:
            self._turn = ""
            self._ended.add(name)
            self._changed.notify_all()


@attrs.define(eq=False)
class Race:
    """Runs at the same time over one installation; those that have not ended are killed."""

    installation: Installation
    policy: Policy
    names: tuple[str, ...] = ("A", "B")
    outcomes: dict[str, Outcomes] = attrs.field(factory=dict)
    path: list[str] = attrs.field(factory=list)
    """What was done by whom."""
    learned: dict[str, list[object]] = attrs.field(init=False)
    """All that each run was told, as far as it is read."""
    _turns: Turns = attrs.field(init=False)
    _threads: list[Thread] = attrs.field(factory=list)
    _broken: list[BaseException] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self._turns = Turns(self.names)
        self.learned = {name: [] for name in self.names}

    def __enter__(self) -> "Race":
        self._threads += [
            Thread(target=self._live, args=(name, self._run(name))) for name in self.names
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._turns.stop()
        for thread in self._threads:
            thread.join()
        assert [] == self._broken

    def standing(self) -> Mapping[str, str]:
        return self._turns.standing()

    def let(self, name: str) -> None:
        self._turns.let(name)

    def to_the_end(self) -> None:
        """Let everybody who is left go on, one after the other."""
        while standing := self.standing():
            self.let(next(iter(standing)))

    def step(self, name: str, what: str, do: Callable[[], Response]) -> Response:
        self._turns.arrive(name, what)
        self.path.append(f"{name}: {what}")
        answer = do()
        self.learned[name].append(_learned(what, answer))
        return answer

    def state(self) -> tuple[str, ...]:
        """
        All that decides what can happen from here on.

        It is the same for two states that differ only in the names of the runs.
        """
        world, *runs = self.world(), *(repr(self.learned[name]) for name in self.names)
        return min((world, *runs), tuple(map(_swapped, (world, *reversed(runs)))))

    def world(self) -> str:
        """What the runs have done to the systems and the file."""
        users = self.installation.gitlab.simulator.users.items()
        wiki, file = self.installation.wiki.simulator, self.installation.audit_file
        accounts = [(key, user.state, *sorted(user.attributes.items())) for key, user in users]
        lines = file.read_text() if file.exists() else ""
        return repr((accounts, wiki.text, len(wiki.revisions), lines))

    def _run(self, name: str) -> Callable[[], Outcomes]:
        settings = _settings(self.installation)
        env = _TurnTaking(
            timeouts=TimeoutPolicy(timeout_s=1),
            request_counter=Counter(),
            user_agent="glaab/tests",
            now=lambda: NOON,
            race=self,
            name=name,
        )
        gitlab = connect.gitlab(settings, env)
        (file,) = connect.audit_files(settings, env)
        unused = InMemoryPhabricator({}, {}), InMemoryGerrit((), {})
        review = ReviewAccounts(
            sources=sources(self.installation.directory.inner, *unused),
            policy=self.policy,
            scope=Scope.MINIMAL,
            confirm_at_most=25,
        )
        apply_plan = ApplyPlan(
            gitlab=gitlab,
            audit_logs=connect.audit_logs(settings, env, (_WaitingLog(file, self, name),)),
            clock=lambda: NOON,
            may_start=lambda: True,
            run=RunId(f"run-{name}"),
            policy=self.policy.digest,
            version="1.0.0",
        )
        return lambda: apply_plan(ReviewPending(gitlab=gitlab, review=review)(), Brake(25))

    def _live(self, name: str, run: Callable[[], Outcomes]) -> None:
        try:
            self.outcomes[name] = run()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001  # raised again in the test's own thread
            self._broken.append(error)
        finally:
            self._turns.leave(name)


def _swapped(text: str) -> str:
    return re.sub("run-[AB]", lambda run: {"run-A": "run-B", "run-B": "run-A"}[run[0]], text)


def _learned(what: str, answer: Response) -> object:
    """What a run makes of an answer; the rest of it cannot decide what happens next."""
    if "/api/v4/users" not in what or answer.status != 200:
        return what, answer.status, answer.body if "/w/api.php" in what else b""
    told = json.loads(answer.body)
    if isinstance(told, list):
        return what, [_user(each) for each in told]
    return what, _user(told) if "id" in told else None


def _user(shown: dict[str, Any]) -> object:
    return shown["id"], shown["state"], _note(shown["custom_attributes"])


def _note(attributes: list[dict[str, str]]) -> str | None:
    """The record of an open note; any other is nothing to a run."""
    held = {each["key"]: each["value"] for each in attributes}
    return held.get("glaab_approval") if held.get("glaab") == "open" else None


@attrs.frozen(kw_only=True)
class _TurnTaking(Env):
    """Sessions of one run, each of whose requests waits for its turn."""

    race: Race
    name: str

    def session(self, system, url, **reads) -> HttpSession:
        session = super().session(system, url, **reads)
        recorder = self.race.installation.http[system]
        session.mount("http://", InProcess(_Waiting(recorder, self.race, self.name)))
        return session


def _settings(installation: Installation) -> Settings:
    read, problems = read_settings(settings(installation.folder), installation.folder / "env")
    assert () == problems
    return read


@attrs.frozen
class _Waiting:
    """A recorder whose requests wait for their turn."""

    recorder: Recorder
    race: Race
    name: str

    def answer(self, request: Request) -> Response:
        if request.parameters.get("meta") == "tokens":  # as good at any other time
            return self.recorder.answer(request)
        what = f"{request.method} {request.path} {request.form.get('action', '')}".strip()
        return self.race.step(self.name, what, lambda: self.recorder.answer(request))


@attrs.frozen
class _WaitingLog(AuditLog):
    """A file, to which is appended when it is the run's turn."""

    log: AuditLog
    race: Race
    name: str

    def append(self, records) -> None:
        def append() -> Response:
            self.log.append(records)
            return Response()

        self.race.step(self.name, "append to the file", append)
