"""Every system without sockets, and whole approving runs against them, request by request."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs
import requests
import urllib3
from requests.adapters import HTTPAdapter

from glaab.adapters._http import CarefulSession
from glaab.adapters._notes import encode
from glaab.adapters.file_audit_log import FileAuditLog
from glaab.adapters.memory import InMemoryDirectory
from glaab.adapters.policy_file import parse_policy
from glaab.domain.accounts import Account, AccountId, AccountState
from glaab.domain.errors import System
from glaab.domain.outcomes import Outcomes
from glaab.domain.policy import Policy
from glaab.domain.ports import ApprovalRecord, AuditLog, RunId
from glaab.entrypoints.container import Container
from glaab.entrypoints.interruption import Interruption
from glaab.entrypoints.live import Live
from glaab.entrypoints.result import RunResult
from glaab.settings import Secret, Settings, Url
from tests.builders import NOON, a_dn, a_gerrit_account, a_person, a_phabricator_account
from tests.contract.simulators import gerrit, gitlab, phabricator
from tests.contract.simulators.gerrit import GerritSimulator
from tests.contract.simulators.gitlab import GitLabSimulator
from tests.contract.simulators.mediawiki import Consumer, MediaWikiSimulator
from tests.contract.simulators.phabricator import PhabricatorSimulator
from tests.contract.simulators.wire import Disconnect, Handler, Recorder, Request, Response
from tests.unit.scenes import a_newcomer

BEFORE = "=== 2024-12-21 ===\n* 06:51 [[gitlab:bob|@bob]] was approved.\n"
DIRECTORY_ALONE = """\
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "cn"
[[trust]]
name = "Toolforge member"
directory_group = "project-tools"
[veto]
directory_locked = true
"""
EVERY_SYSTEM = f"""\
{DIRECTORY_ALONE}phabricator_disabled = true
gerrit_inactive = true
[[trust]]
name = "Trusted (Phabricator)"
phabricator_project = "trusted"
[[trust]]
name = "Trusted (Gerrit)"
gerrit_group = "Trusted"
"""


@attrs.frozen(kw_only=True)
class Step:
    """Something that a run is about to do where others see it."""

    system: System
    request: Request | None
    """None: the file is appended to."""

    def __str__(self) -> str:
        if self.request is None:
            return "append to the file"
        asked = self.request.parameters | self.request.form
        return f"{self.request.method} {self.request.path} {asked.get('action', '')}".strip()


Doing = Callable[[Step, Callable[[], Response]], Response]
"""What becomes of a step, given a way to have it done."""


def does(_: Step, do: Callable[[], Response]) -> Response:
    """Nothing special."""
    return do()


@attrs.frozen(kw_only=True)
class Ended:
    """How a run ended."""

    outcomes: Outcomes
    code: int

    @property
    def of(self) -> dict[AccountId, str]:
        return {key: each.outcome.value for key, each in self.outcomes.results.items()}


@attrs.define(kw_only=True)
class Systems:
    """What several runs share, and where it can be seen what they did."""

    gitlab: Recorder
    phabricator: Recorder
    gerrit: Recorder
    wiki: Recorder
    directory: InMemoryDirectory
    file: Path
    policy: Policy
    runs: int = 0

    @property
    def of(self) -> dict[System, Recorder]:
        return {
            System.GITLAB: self.gitlab,
            System.PHABRICATOR: self.phabricator,
            System.GERRIT: self.gerrit,
            System.AUDIT_LOG: self.wiki,
        }

    def run(
        self,
        doing: Doing = does,
        *,
        name: str = "",
        limit: int = 25,
        stop: Interruption | None = None,
    ) -> Ended:
        """One approving run to its end, as `runs.approve` makes it."""
        self.runs += 1
        run, started_at = RunId(name or f"run-{self.runs}"), NOON + timedelta(minutes=self.runs)
        container = self._container(run, doing)
        plan = container.review_pending()()
        if stop:
            stop._patience = container.patience()
            stop.begin_to_act()
        outcomes = container.carry_out(
            may_start=stop.may_start if stop else lambda: True, clock=lambda: started_at
        )(plan, limit)
        result = RunResult(
            command="approve",
            run=run,
            started_at=started_at,
            finished_at=started_at,
            version="1.0.0",
            policy=self.policy.digest,
            plan=plan,
            outcomes=outcomes,
            requests=container.traffic(),
        )
        return Ended(outcomes=outcomes, code=result.exit_code(stop.received if stop else None))

    def _container(self, run: RunId, doing: Doing) -> Container:
        settings = _settings(self.file)
        container = Container(
            settings=settings, policy=self.policy, run=run, mode="act", systems="live"
        )
        container.directory.override(self.directory)
        container.live.override(
            LiveWithoutSockets(
                settings, container.patience(), container.traffic(), recorders=self.of, doing=doing
            )
        )
        return container

    # what can be seen afterwards

    @property
    def approved(self) -> list[int]:
        return self.gitlab.simulator.approved

    @property
    def approvals(self) -> int:
        """How many approvals GitLab has ever made."""
        return self.gitlab.simulator.mails

    @property
    def on_page(self) -> Counter[str]:
        """The usernames on the log page, but for those of long ago."""
        return Counter(re.findall(r"\|@(user\d+)]]", self.wiki.simulator.text))

    @property
    def in_file(self) -> Counter[str]:
        """The usernames in the lines of the file that are whole."""
        return Counter(entry["account"]["username"] for entry in self.entries)

    @property
    def entries(self) -> list[dict]:
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return [entry for line in lines if (entry := _parsed(line)) is not None]

    @property
    def notes(self) -> dict[int, str]:
        users = self.gitlab.simulator.users
        return {
            key: user.attributes["glaab"]
            for key, user in sorted(users.items())
            if "glaab" in user.attributes
        }

    @property
    def errors(self) -> list[Exception]:
        return [error for each in self.of.values() for error in each.errors]


def _parsed(line: str) -> dict | None:
    try:
        return json.loads(line)
    except ValueError:
        return None


def systems_with(
    folder: Path,
    accounts: Sequence[Account],
    *,
    trusted: Collection[str],
    notes: Sequence[ApprovalRecord] = (),
    policy: str = EVERY_SYSTEM,
) -> Systems:
    """Everybody's name is the extern_uid; the trusted ones are members of Toolforge."""
    names = [account.identities[0].extern_uid for account in accounts]
    linked = {name: (a_phabricator_account(name.lower()),) for name in names}
    people = [a_person(name.lower(), name) for name in names]
    group = frozenset(a_dn(name.lower()) for name in trusted)
    others = frozenset({"somebody-else"})

    def recorded(simulator: Handler) -> Recorder:
        return Recorder(simulator)

    return Systems(
        gitlab=recorded(
            GitLabSimulator.of(accounts, {each.account_id: encode(each) for each in notes})
        ),
        phabricator=recorded(
            PhabricatorSimulator.of(
                linked | {"Else": (a_phabricator_account("else"),)},
                {"trusted": frozenset({a_phabricator_account("else").phid})},
            )
        ),
        gerrit=recorded(
            GerritSimulator.of(
                [a_gerrit_account(each) for each in [*map(str.lower, names), *others]],
                {"Trusted": others},
            )
        ),
        wiki=recorded(MediaWikiSimulator.of(text=BEFORE)),
        directory=InMemoryDirectory(people, {"project-tools": group}),
        file=folder / "audit.jsonl",
        policy=parse_policy(policy, "the test's policy"),
    )


def waiting(*names: str) -> tuple[Account, ...]:
    """Newcomers `user1`, `user2` … with these names."""
    return tuple(a_newcomer(number, name) for number, name in enumerate(names, start=1))


def active(account: Account) -> Account:
    return attrs.evolve(account, state=AccountState.ACTIVE)


class Carrier(HTTPAdapter):
    """Hands requests straight to a simulator."""

    def __init__(self, system: System, recorder: Recorder, doing: Doing) -> None:
        super().__init__()
        self._system, self._recorder, self._doing = system, recorder, doing

    def send(self, request, *_, **__) -> requests.Response:
        arrived = _arrived(request)
        step = Step(system=self._system, request=arrived)
        try:
            answer = self._doing(step, lambda: self._recorder.answer(arrived))
        except Disconnect as error:
            raise requests.ConnectionError("closed", request=request) from error
        sent = urllib3.HTTPResponse(
            BytesIO(answer.body),
            headers=dict(answer.headers),
            status=answer.status,
            preload_content=False,
        )
        return self.build_response(request, sent)


def _arrived(request: requests.PreparedRequest) -> Request:
    parts = urlsplit(request.url)
    body = request.body or b""
    return Request(
        method=request.method,
        path=unquote(parts.path),
        raw_path=parts.path,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers={"host": parts.netloc}
        | {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        },
        body=body.encode() if isinstance(body, str) else body,
    )


class LiveWithoutSockets(Live):
    """The real adapters over carriers; what is done to the file is a step, too."""

    def __init__(self, *made, recorders: dict[System, Recorder], doing: Doing) -> None:
        super().__init__(*made)
        self._recorders, self._doing = recorders, doing

    def _session(self, system, url, **more) -> CarefulSession:
        session = super()._session(system, url, **more)
        session._sleep = lambda _: None
        session.mount(url, Carrier(system, self._recorders[system], self._doing))
        return session

    def _audit_files(self) -> tuple[AuditLog, ...]:
        return tuple(SteppingLog(log, self._doing) for log in super()._audit_files())


@attrs.frozen
class SteppingLog(AuditLog):
    log: FileAuditLog
    doing: Doing

    def append(self, records) -> None:
        def append() -> Response:
            self.log.append(records)
            return Response()

        self.doing(Step(system=System.AUDIT_LOG, request=None), append)


def _settings(file: Path) -> Settings:
    consumer = Consumer()
    return Settings(
        gitlab_url=Url("https://gitlab.test"),
        gitlab_access_token=Secret(gitlab.TOKEN),
        phabricator_url=Url("https://phabricator.test"),
        phabricator_user=phabricator.USER,
        phabricator_token=Secret(phabricator.TOKEN),
        gerrit_url=Url(f"https://gerrit.test{gerrit.ROOT}"),
        gerrit_user=gerrit.USER,
        gerrit_password=Secret(gerrit.PASSWORD),
        mediawiki_url=Url("http://wiki.test/w/"),
        mediawiki_consumer_token=Secret(consumer.consumer_token),
        mediawiki_consumer_secret=Secret(consumer.consumer_secret),
        mediawiki_access_token=Secret(consumer.access_token),
        mediawiki_access_secret=Secret(consumer.access_secret),
        glaab_audit_file=file,
    )


def now_of(systems: Systems) -> datetime:
    return NOON + timedelta(minutes=systems.runs)
