"""
`glaab watch` in this process and in simulated time, over the systems of an `Installation`.

    service = Service.healthy(tmp_path)
    service.time.at(30, lambda: service.sign_up("ada"))      # trusted, as everybody by default
    service.time.at(60, lambda: service.fail(GERRIT))
    run = service.watch(3_600)                               # an hour

Every request takes 20 ms. Nothing else takes time but what the loop sleeps.
"""

from contextlib import ExitStack
from pathlib import Path

import attrs
from click.testing import CliRunner
from dependency_injector import providers

from glaab.adapters.ldap.memory import InMemoryDirectory
from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.errors import System, SystemUnavailable
from glaab.domain.names import Uid
from glaab.domain.sources.directory import DIRECTORY
from glaab.entrypoints.commands.watch import compose_loop
from glaab.entrypoints.runtime.bootstrap import Options, bootstrap
from glaab.entrypoints.runtime.container import Container
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.entrypoints.runtime.redaction import redacted
from glaab.entrypoints.watching.loop import WatchLoop
from tests.builders import a_dn, a_gerrit_account, a_person, an_account, an_identity
from tests.contract.gitlab.simulator_state import User
from tests.contract.wire import Request, disconnects
from tests.faults.harness import Installation, Killed, Result
from tests.faults.simulated_time import SimulatedTime
from tests.worlds import World

REQUEST_S = 0.02
PEOPLE = 400
"""How many may sign up: `dev0`, `dev1` and so on."""
POLICY = """
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "cn"
[[trust]]
name = "Toolforge member"
directory_group = "project-tools"
[[trust]]
name = "Trusted contributor"
gerrit_group = "Trusted-Contributors"
[veto]
directory_locked = true
phabricator_disabled = true
gerrit_inactive = true
"""


@attrs.define(kw_only=True)
class Service:
    """Systems that are well, nobody who waits, and people who may sign up."""

    installation: Installation
    time: SimulatedTime = attrs.field(factory=SimulatedTime)
    loops: list[WatchLoop] = attrs.field(factory=list)
    """Every one that was started."""
    waited_s: dict[int, float] = attrs.field(factory=dict)
    """How long each account waited for GitLab's answer to its approval."""
    _signed_up_s: dict[int, float] = attrs.field(factory=dict)
    _next_id: int = 1_001

    @classmethod
    def healthy(cls, folder: Path) -> "Service":
        people = [a_person(f"dev{number}", f"Developer {number}") for number in range(PEOPLE)]
        members = frozenset(person.dn for person in people)
        world = World(
            people=tuple(people),
            directory_groups={"project-tools": members},
            gerrit_accounts=(a_gerrit_account("somebody"),),
            gerrit_groups={"Trusted-Contributors": frozenset({Uid("somebody")})},
        )
        installation = Installation.healthy(folder, world)
        (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        made = cls(installation=installation)
        for recorder in installation.http.values():
            recorder.always = made._takes_time
        return made

    # -- what happens

    def sign_up(self, number: int, *, trusted: bool = True, extern_uid: str = "") -> int:
        """Somebody signs up, of whom it is known whether they are trusted; the account's id."""
        if not trusted:
            self.distrust(number)
        key, self._next_id = self._next_id, self._next_id + 1
        account = an_account(
            id=AccountId(key),
            username=Username(f"dev{number}"),
            identities=(an_identity(extern_uid or f"Developer {number}"),),
            created_at=self.time.gitlab(),
        )
        self.gitlab.users[key] = User.of(account)
        self._signed_up_s[key] = self.time.now_s
        return key

    def mark(self, key: int) -> None:
        """An administrator keeps the account waiting."""
        self.gitlab.users[key].attributes["glaab_veto"] = "because of s3cret"

    def distrust(self, number: int) -> None:
        self._members(self._group - {a_dn(f"dev{number}")})

    def trust(self, number: int) -> None:
        self._members(self._group | {a_dn(f"dev{number}")})

    def fail(self, system: System) -> None:
        """From now on the system gives no answer at all."""
        if system == DIRECTORY:
            self.installation.directory.always = SystemUnavailable(DIRECTORY, "it is down")
        else:
            self.installation.http[system].always = self._takes_time_in_vain

    def heal(self) -> None:
        """Every system is well again."""
        self.installation.heal()
        for recorder in self.installation.http.values():
            recorder.always = self._takes_time

    # -- running it

    def watch(self, duration_s: float, **changes: str | None) -> Result:
        """What an in-process `glaab watch --for` leaves behind; code 137 if it was `Killed`."""
        installation = self.installation
        environ = installation._environ(
            {"GLAAB_POLICY": str(installation.folder / "policy.toml")} | changes
        )
        with ExitStack() as stack:
            stack.enter_context(installation._in_place())
            stack.enter_context(Container.clock.override(providers.Object(self.time.machine)))
            out, err, _ = stack.enter_context(CliRunner().isolation(env=environ))
            options = Options.read({}, installation.folder / "env", installation._integrations())
            app = bootstrap(attrs.evolve(options, form="json"), mode="act")
            configure_logs(options, app.run)
            stack.enter_context(redacted(app.settings))
            loop = compose_loop(app, self.time.monotonic, self.time.sleep)
            self.loops.append(loop)
            try:
                code = loop.run(duration_s)
            except Killed:
                code = 137
            return Result(code=code, out=out.getvalue().decode(), err=err.getvalue().decode())

    # -- looking at it

    @property
    def gitlab(self):
        return self.installation.gitlab.simulator

    def state(self, key: int) -> AccountState:
        return self.gitlab.state(key)

    def approved(self) -> list[str]:
        """Who is active, but the bot."""
        return sorted(self.gitlab.users[key].username for key in self.gitlab.approved)

    def looks(self) -> list[Request]:
        return [
            request
            for request in self.installation.gitlab.requests
            if "created_after" in request.parameters and "cursor" not in request.parameters
        ]

    # -- how it is made

    @property
    def _group(self) -> frozenset:
        return self._directory._groups["project-tools"]

    def _members(self, members: frozenset) -> None:
        groups = {"project-tools": members}
        self.installation.directory.inner = InMemoryDirectory(
            self._directory._people, groups, frozenset(), frozenset()
        )

    @property
    def _directory(self) -> InMemoryDirectory:
        return self.installation.directory.inner

    def _takes_time(self, request, _handle):
        self.time.sleep(REQUEST_S)
        if request.path.endswith("/approve"):
            key = int(request.path.split("/")[-2])
            self.waited_s[key] = self.time.now_s - self._signed_up_s[key]

    def _takes_time_in_vain(self, request, handle):
        self.time.sleep(REQUEST_S)
        return disconnects(request, handle)
