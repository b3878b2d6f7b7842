"""
glaab in this process, against all systems at once, without sockets and without waiting.

`Installation.healthy(folder)` holds the small world (see `world.py`) in strict simulators;
`installation.run("approve")` calls the command line as a user would: real settings, real
container, real adapters, real retries. Only these are replaced: the carrier under each HTTP
session (straight to the simulator's recorder), the sleep between retries (noted, not slept),
the audit file's fsync, and the directory (in memory, with faults; set `directory` to None and
run with `LDAP_SERVERS=…` to use a real one).

    installation = Installation.healthy(tmp_path)
    installation.gitlab.faults += [None, None, disconnects]  # the third request from now on
    installation.wiki.always = answers(text_response("<html>", 502))

    run = installation.run("approve", "--format", "json", GLAAB_MAX_APPROVALS="9")
    installation.heal()
    installation.run("approve")

    run.code, run.out, run.err, run.document       # what came of it; code 1 has the traceback
    installation.approved()                        # who was let in since it was installed
    installation.wiki_entries(), installation.file_entries()  # the logs, one name an entry
    installation.open_notes()

A fault may run anything, also another run (`installation.run` nests), and may raise: what it
raises goes through the session to the adapter, so `Killed` ends the run where it stands, as
SIGKILL would. `installation.prepared()` has the container for those who drive its parts
themselves, in threads say: commands need the main thread, because of their signal handlers.
"""

import json
import os
import traceback
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs
import requests
import structlog
from click.testing import CliRunner
from dependency_injector import providers
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from glaab.adapters.gitlab.notes import encode
from glaab.adapters.http.session import HttpSession
from glaab.adapters.integration import Env, Integrations
from glaab.domain.accounts import AccountState
from glaab.domain.diagnostics import Checks, HealthCheck
from glaab.domain.errors import AUDIT_LOG, GITLAB, System
from glaab.domain.evidence import Unknown
from glaab.domain.names import Dn, NameKind
from glaab.domain.ports import AuditLog
from glaab.domain.sources.directory import DIRECTORY, Directory, Member
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.cli import glaab
from glaab.entrypoints.runtime.bootstrap import App, Options, bootstrap
from glaab.entrypoints.runtime.clock import now
from glaab.entrypoints.runtime.connect import audit_files
from glaab.entrypoints.runtime.container import Container
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.settings.core import Settings
from tests.contract.gerrit import simulator as gerrit
from tests.contract.gerrit.simulator import GerritSimulator
from tests.contract.gitlab import simulator as gitlab
from tests.contract.gitlab.simulator import GitLabSimulator
from tests.contract.mediawiki.simulator import MediaWikiSimulator
from tests.contract.mediawiki.simulator_oauth import Consumer
from tests.contract.phabricator import simulator as phabricator
from tests.contract.phabricator.simulator import PhabricatorSimulator
from tests.contract.wire import Disconnect, Handler, Recorder, Request, Response
from tests.faults.scenes import SCENES, Scene
from tests.faults.world import ENTITLED, TRUSTED, small_world
from tests.log_lines import a_log_line, usernames_on
from tests.variables import VARIABLES
from tests.worlds import World

PAGE = "Tool:Gitlab-account-approval/Log"
_BOB = a_log_line("bob", when="06:51")
INTRODUCTION = f"Whom the bot let in.\n\n=== 2024-12-21 ===\n{_BOB}\n"
URLS = {
    GITLAB: "http://127.0.0.1:1",
    PHABRICATOR: "http://127.0.0.1:2",
    GERRIT: f"http://127.0.0.1:3{gerrit.ROOT}",
    AUDIT_LOG: "http://127.0.0.1:4/w/",
}


class Killed(BaseException):
    """Raised by a fault: the process ends here, and nothing more is carried out."""


# -- the carrier


class InProcess(HTTPAdapter):
    """Hands requests to a recorder, and its answers back as urllib3 would have read them."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Answer, or fail as a broken connection does."""
        assert options["timeout"], "a request without a timeout may last for ever"
        try:
            response = self._recorder.answer(_arrived(request))
        except Disconnect:
            gone = ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))
            raise requests.ConnectionError(gone, request=request) from None
        return self.build_response(request, _as_urllib3(response))


def _arrived(request: requests.PreparedRequest) -> Request:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    headers = {"host": parts.netloc, **request.headers}
    return Request(
        method=request.method or "",
        path=unquote(parts.path),
        raw_path=parts.path,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers={
            name.lower(): value.decode("latin-1") if isinstance(value, bytes) else value
            for name, value in headers.items()
        },
        body=body.encode() if isinstance(body, str) else bytes(body),
    )


def _as_urllib3(response: Response) -> HTTPResponse:
    headers = Message()
    for name, value in response.headers.items():
        headers[name] = value
    headers["Content-Length"] = str(len(response.body))
    return HTTPResponse(
        body=BytesIO(response.body[: response.cut_to]),
        headers=dict(headers),
        status=response.status,
        preload_content=False,
        original_response=_Original(headers),
    )


@attrs.frozen
class _Original:
    """As much of http.client's answer as is looked at for cookies."""

    msg: Message

    def isclosed(self) -> bool:
        return True

    def close(self) -> None: ...


# -- the directory


@attrs.define
class WatchedDirectory(Directory):
    """A directory in memory that notes what it is asked, and raises what it is told to."""

    inner: Directory
    calls: list[str] = attrs.field(factory=list)
    faults: deque[Exception | None] = attrs.field(factory=deque)
    """Used up one a call; None lets it pass."""
    always: Exception | None = None

    def people(self, names: Collection[str], kind: NameKind) -> Mapping[str, Any]:
        self._noted("people")
        return self.inner.people(names, kind)

    def memberships(self, pairs: Collection[tuple[str, Member]]) -> Mapping[Any, Any]:
        self._noted("memberships")
        return self.inner.memberships(pairs)

    def size(self, group: str) -> int | Unknown:
        self._noted("size")
        return self.inner.size(group)

    def locked(self, people: Collection[Dn]) -> Mapping[Dn, Any]:
        self._noted("locked")
        return self.inner.locked(people)

    def _noted(self, what: str) -> None:
        self.calls.append(what)
        if fault := self.faults.popleft() if self.faults else self.always:
            raise fault


# -- the installation


@attrs.frozen(kw_only=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str
    """Messages; after them the traceback, if there is one."""

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was logged, of `--log-format json`, which is the default."""
        return [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.messages if each["event"] == name]


@attrs.define(kw_only=True)
class Installation:
    """Every system, and how to run glaab against them."""

    folder: Path
    gitlab: Recorder
    phabricator: Recorder
    gerrit: Recorder
    wiki: Recorder
    directory: WatchedDirectory | None
    """None for the one that the settings name."""
    page: str
    """The wiki's log page as it was at first."""
    scene: Scene | None = None
    """Of another source than those of the small world, which nobody asks then."""
    others: dict[System, Recorder] = attrs.field(factory=dict)
    """The double of that source."""
    further_integrations: Integrations = ()
    """Sources beside those of the registry."""
    slept_s: list[float] = attrs.field(factory=list)
    """What would have been slept between retries."""
    _waiting: frozenset[int]
    """The ids of the accounts that were pending at first."""

    @classmethod
    def healthy(
        cls, folder: Path, world: World | None = None, page: str = INTRODUCTION
    ) -> "Installation":
        """*world* (else the small one) in systems that are well; files go to *folder*."""
        held = world or small_world()
        notes = {key: encode(note) for key, note in held.notes.items()}
        folder.mkdir(exist_ok=True)
        (folder / "env").touch()
        return cls(
            folder=folder,
            gitlab=_recorder(GitLabSimulator.of(held.accounts, notes)),
            phabricator=_recorder(PhabricatorSimulator.of(held.linked, held.projects)),
            gerrit=_recorder(GerritSimulator.of(held.gerrit_accounts, held.gerrit_groups)),
            wiki=_recorder(MediaWikiSimulator.of(PAGE, page)),
            directory=WatchedDirectory(held.directory),
            page=page,
            waiting=frozenset(
                each.id for each in held.accounts if each.state is AccountState.PENDING
            ),
        )

    @classmethod
    def of(cls, scene: Scene, folder: Path) -> "Installation":
        """A GitLab where these wait, the double of the source, and a policy that asks it alone."""
        made = cls.healthy(folder, World(accounts=scene.accounts))
        for name, text in {"policy.toml": scene.policy, **scene.files}.items():
            (folder / name).write_text(text, encoding="utf-8")
        made.scene = scene
        if scene.double:
            made.others = {scene.source: _recorder(scene.double())}
        return made

    # -- running it

    def run(self, *arguments: str, **changes: str | None) -> Result:
        """
        Call glaab with these arguments, and some settings changed; None takes one away.

        The code is 137, and there is no output, if it was `Killed`.
        """
        given = ["--env-file", str(self.folder / "env"), *arguments]
        try:
            with self._in_place():
                environ = self._environ(changes)
                done = CliRunner().invoke(glaab, given, env=environ, obj=self._integrations())
        except Killed:
            return Result(code=137, out="", err="")
        code = done.exit_code
        if done.exception is None or isinstance(done.exception, SystemExit):
            return Result(code=code, out=done.stdout, err=done.stderr)
        trace = "".join(traceback.format_exception(done.exception))
        return Result(code=code, out=done.stdout, err=done.stderr + trace)

    def app(self, mode: str = "act", **changes: str | None) -> App:
        """A run that is ready: its container with these systems in it, and its settings."""
        with self._in_place(), CliRunner().isolation(env=self._environ(changes)):
            options = Options.read({}, self.folder / "env", self._integrations())
            return bootstrap(attrs.evolve(options, form="json", level=10), mode=mode)

    def heal(self) -> None:
        """Make every system well again."""
        for recorder in self.http.values():
            recorder.faults.clear()
            recorder.always = None
        if self.directory:
            self.directory.faults.clear()
            self.directory.always = None

    # -- looking at it

    @property
    def http(self) -> dict[System, Recorder]:
        """Every system but the directory, by its name."""
        return {
            GITLAB: self.gitlab,
            PHABRICATOR: self.phabricator,
            GERRIT: self.gerrit,
            AUDIT_LOG: self.wiki,
            **self.others,
        }

    @property
    def trusted(self) -> list[str]:
        """Who waits and is to be approved."""
        return list(self.scene.trusted if self.scene else TRUSTED)

    @property
    def entitled(self) -> list[str]:
        """Who belongs in the logs in the end, once each."""
        return list(self.scene.trusted) if self.scene else sorted(ENTITLED)

    @property
    def audit_file(self) -> Path:
        return self.folder / "audit.jsonl"

    def approved(self) -> list[str]:
        """Who was pending and is active, however often GitLab was asked."""
        return sorted(
            user.username
            for user in self.gitlab.simulator.users.values()
            if user.state is AccountState.ACTIVE and user.id in self._waiting
        )

    def wiki_entries(self) -> list[str]:
        """Whose entries were added to the page, each name as often as it stands there."""
        text = self.wiki.simulator.text or ""
        new = Counter(usernames_on(text)) - Counter(usernames_on(self.page))
        return sorted(new.elements())

    def file_entries(self) -> list[str]:
        """Whose lines are in the file, each name as often as it stands there."""
        if not self.audit_file.exists():
            return []
        lines = self.audit_file.read_text(encoding="utf-8").splitlines()
        return sorted(json.loads(line)["account"]["username"] for line in lines)

    def notes_left_open(self) -> list[str]:
        """On whose accounts a note is open."""
        users = self.gitlab.simulator.users.values()
        return sorted(each.username for each in users if each.attributes.get("glaab") == "open")

    def errors(self) -> list[Exception]:
        """What the simulators did not expect: a test asserts that there is none."""
        return [error for each in self.http.values() for error in each.errors]

    # -- how it is put together

    def _environ(self, changes: Mapping[str, str | None]) -> dict[str, str | None]:
        foreign = {name: None for name in os.environ if name.removesuffix("_FILE") in VARIABLES}
        policy = {"GLAAB_POLICY": str(self.folder / "policy.toml")} if self.scene else {}
        return foreign | settings(self.folder) | policy | changes

    def _integrations(self) -> Integrations:
        """Those that exist, but for the directory if it is one in memory."""
        if not self.directory:
            return (*INTEGRATIONS, *self.further_integrations)
        directory = self.directory
        ldap, *others = INTEGRATIONS
        watched = attrs.evolve(
            ldap, connect=lambda *_: directory, health_check=lambda *_: _NothingToCheck()
        )
        return (watched, *others, *self.further_integrations)

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """Put these systems into every container that is made; logs are left as they were."""
        logs, context = structlog.get_config(), structlog.contextvars.get_contextvars()
        installation = self

        class Recorded(Env):
            """Sessions end at the recorders of this installation."""

            def session(self, system: System, url: str, **options: Any) -> HttpSession:
                session = HttpSession(
                    system,
                    url,
                    timeouts=self.timeouts,
                    request_counter=self.request_counter,
                    user_agent=self.user_agent,
                    sleep=installation.slept_s.append,
                    **options,
                )
                session.trust_env = False  # proxies of the machine: a third of a run's time
                for scheme in ("http://", "https://"):
                    session.mount(scheme, InProcess(installation.http[system]))
                return session

        env = providers.Singleton(
            Recorded,
            timeouts=Container.timeouts,
            request_counter=Container.request_counter,
            user_agent="glaab/tests",
            now=providers.Object(now),
        )
        files = providers.Singleton(_without_sync, Container.settings, Container.env)
        try:
            with Container.env.override(env), Container.audit_files.override(files):
                yield
        finally:
            structlog.configure(**logs)
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(**context)


def _without_sync(settings: Settings, env: Env) -> tuple[AuditLog, ...]:
    """Audit files, written as ever, but not waited for until they are on the disk."""
    return tuple(attrs.evolve(each, fsync=lambda _: None) for each in audit_files(settings, env))


def _recorder(system: Handler) -> Recorder:
    """A recorder whose faults may lead to further requests."""
    return Recorder(system, lock=RLock())  # type: ignore[arg-type]  # as good as a Lock


def settings(folder: Path) -> dict[str, str]:
    """What is in the environment of every run, also what its policy does not need."""
    consumer = Consumer()
    return {
        "GITLAB_URL": URLS[GITLAB],
        "GITLAB_ACCESS_TOKEN": gitlab.TOKEN,
        "LDAP_SERVERS": "ldap://127.0.0.1:5",
        "LDAP_BASE_DN": "dc=wikimedia,dc=org",
        "PHABRICATOR_URL": URLS[PHABRICATOR],
        "PHABRICATOR_USER": phabricator.USER,
        "PHABRICATOR_TOKEN": phabricator.TOKEN,
        "GERRIT_URL": URLS[GERRIT],
        "GERRIT_USER": gerrit.USER,
        "GERRIT_PASSWORD": gerrit.PASSWORD,
        "MEDIAWIKI_URL": URLS[AUDIT_LOG],
        "MEDIAWIKI_CONSUMER_TOKEN": consumer.consumer_token,
        "MEDIAWIKI_CONSUMER_SECRET": consumer.consumer_secret,
        "MEDIAWIKI_ACCESS_TOKEN": consumer.access_token,
        "MEDIAWIKI_ACCESS_SECRET": consumer.access_secret,
        "GLAAB_AUDIT_FILE": str(folder / "audit.jsonl"),
        "GLAAB_LOG_FORMAT": "json",
        **{name: text for scene in SCENES for name, text in scene.settings.items()},
    }


class _NothingToCheck(HealthCheck):
    """That of a directory in memory."""

    system = DIRECTORY
    settings = "LDAP_SERVERS"

    def checks(self) -> Checks:
        return {}
