"""Every system on loopback, as slow as is wished, and what it costs to run something on them."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from glaab.domain.errors import AUDIT_LOG, GITLAB, System
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from tests.benchmarks.slow_ldap import Watch, delayed
from tests.contract.gerrit import simulator as gerrit
from tests.contract.gerrit.simulator import GerritSimulator
from tests.contract.gitlab import simulator as gitlab
from tests.contract.gitlab.simulator import GitLabSimulator
from tests.contract.gitlab.simulator_listing import Query
from tests.contract.gitlab.simulator_state import User
from tests.contract.mediawiki.simulator import MediaWikiSimulator
from tests.contract.mediawiki.simulator_oauth import Consumer
from tests.contract.phabricator import simulator as phabricator
from tests.contract.phabricator.simulator import PhabricatorSimulator
from tests.contract.services.openldap import BASE, OpenLdap, Tree, openldap
from tests.contract.wire import Handler, Intervention, Recorder, Request, Response, served
from tests.worlds import World

MEASURED = Path(__file__).with_name("measured.py")
PROJECT = Path(__file__).parents[2]
_PAGE = "Tool:Gitlab-account-approval/Log"


@attrs.frozen(kw_only=True)
class Cost:
    """What a run took."""

    requests: Counter[System]
    waited_s: Mapping[System, float]
    """For each system's answers: the latency, and the time that it took itself."""
    start_s: float
    """From the start of the process to its first request."""
    wall_s: float
    cpu_s: float
    peak_mib: float


@attrs.define
class _BigGitLab(GitLabSimulator):
    """Does not look through a hundred thousand accounts for every page."""

    _found: dict[tuple[object, ...], list[User]] = attrs.field(factory=dict)

    def handle(self, request: Request) -> Response:
        if request.method != "GET":
            self._found.clear()
        return super().handle(request)

    def found(self, query: Query, is_admin: bool) -> list[User]:
        key = tuple(sorted(each for each in query.items() if each[0] != "cursor"))
        if key not in self._found:
            self._found[key] = super().found(query, is_admin)
        return self._found[key]


@attrs.frozen(kw_only=True)
class Systems:
    """What holds a world, and is asked for every request to wait."""

    http: dict[System, Recorder]
    ldap: OpenLdap
    watch: Watch
    folder: Path
    environ: dict[str, str]

    def run(self, *command: str) -> Cost:
        """
        What it took, start-up of the interpreter included; once only.

        Raises:
            RuntimeError: it failed, or the simulators did not expect what it asked.
        """
        result = self.folder / "cost.json"
        done = subprocess.run(
            [sys.executable, str(MEASURED), str(result), *command],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        errors = [error for each in self.http.values() for error in each.errors]
        if done.returncode or errors:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr} {errors}")
        taken = json.loads(result.read_text(encoding="utf-8"))
        return Cost(
            requests=self.requests(),
            waited_s=dict(self.watch.waited_s),
            start_s=(self.watch.first or 0) - taken.pop("started"),
            **taken,
        )

    def requests(self) -> Counter[System]:
        """How many each of them has seen."""
        operations = self.ldap.operations
        return Counter(
            {
                DIRECTORY: operations["SRCH"] + operations["BIND"],
                **{system: len(each.requests) for system, each in self.http.items()},
            }
        )


@contextmanager
def holding(world: World, latency_s: float) -> Iterator[Systems]:
    """Systems with *world* in them, each of which lets every request wait for so long."""
    handlers: dict[System, Handler] = {
        GITLAB: _BigGitLab.of(world.accounts),
        PHABRICATOR: PhabricatorSimulator.of(world.linked, world.projects),
        GERRIT: GerritSimulator.of(world.gerrit_accounts, world.gerrit_groups),
        AUDIT_LOG: MediaWikiSimulator.of(_PAGE, "Whom the bot let in.\n"),
    }
    tree = Tree(people=world.people, groups=world.directory_groups, disabled=world.locked)

    watch = Watch()
    http = {
        system: Recorder(each, always=late(watch, system, latency_s))
        for system, each in handlers.items()
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="glaab-benchmark-")))
        ldap = stack.enter_context(openldap(tree))
        port = stack.enter_context(delayed(ldap.port, watch, latency_s))
        urls = {system: stack.enter_context(served(each)) for system, each in http.items()}
        yield Systems(
            http=http,
            ldap=ldap,
            watch=watch,
            folder=folder,
            environ=_environ(folder, urls, ldap_port=port),
        )


def late(watch: Watch, system: System, latency_s: float) -> Intervention:
    """Has a request wait before it is handled, and notes how long both took."""

    def answer(_request: Request, handle: Callable[[], Response]) -> Response:
        with watch.answering(system):
            time.sleep(latency_s)
            return handle()

    return answer


def _environ(folder: Path, urls: dict[System, str], *, ldap_port: int) -> dict[str, str]:
    consumer = Consumer()
    return {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG"}} | {
        "PYTHONPATH": f"{PROJECT / 'src'}{os.pathsep}{PROJECT}",
        "GITLAB_URL": urls[GITLAB],
        "GITLAB_ACCESS_TOKEN": gitlab.TOKEN,
        "LDAP_SERVERS": f"ldap://127.0.0.1:{ldap_port}",
        "LDAP_BASE_DN": BASE,
        "PHABRICATOR_URL": urls[PHABRICATOR],
        "PHABRICATOR_USER": phabricator.USER,
        "PHABRICATOR_TOKEN": phabricator.TOKEN,
        "GERRIT_URL": f"{urls[GERRIT]}{gerrit.ROOT}",
        "GERRIT_USER": gerrit.USER,
        "GERRIT_PASSWORD": gerrit.PASSWORD,
        "MEDIAWIKI_URL": f"{urls[AUDIT_LOG]}/w/",
        "MEDIAWIKI_CONSUMER_TOKEN": consumer.consumer_token,
        "MEDIAWIKI_CONSUMER_SECRET": consumer.consumer_secret,
        "MEDIAWIKI_ACCESS_TOKEN": consumer.access_token,
        "MEDIAWIKI_ACCESS_SECRET": consumer.access_secret,
        "GLAAB_AUDIT_FILE": str(folder / "audit.jsonl"),
        "GLAAB_LOG_FORMAT": "json",
    }
