"""Every system on loopback, simulators and a real OpenLDAP, and glaab as a process."""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import attrs

from glaab.adapters.gitlab.notes import encode
from tests.contract.gerrit import simulator as gerrit
from tests.contract.gerrit.simulator import GerritSimulator
from tests.contract.gitlab import simulator as gitlab
from tests.contract.gitlab.simulator import GitLabSimulator
from tests.contract.mediawiki.simulator import Consumer, MediaWikiSimulator
from tests.contract.phabricator import simulator as phabricator
from tests.contract.phabricator.simulator import PhabricatorSimulator
from tests.contract.services.openldap import OpenLdap, Tree
from tests.contract.wire import Recorder, served
from tests.log_lines import a_log_line
from tests.worlds import World

EXAMPLE = Path("examples/wikimedia.toml").resolve()
PAGE = "Tool:Gitlab-account-approval/Log"
BOB_ON_PAGE = a_log_line("bob", when="06:51")
INTRODUCTION = f"Whom the bot let in.\n\n=== 2024-12-21 ===\n{BOB_ON_PAGE}\n"


@attrs.frozen(kw_only=True)
class Run:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        return json.loads(self.out)

    @property
    def verdicts(self) -> dict[str, str]:
        return {each["username"]: each["verdict"] for each in self.document["accounts"]}

    @property
    def outcomes(self) -> dict[str, str]:
        return {each["username"]: each["outcome"] for each in self.document["accounts"]}


@attrs.frozen(kw_only=True)
class Installation:
    """Every system on loopback, and how to run glaab against them."""

    folder: Path
    gitlab: Recorder
    phabricator: Recorder
    gerrit: Recorder
    wiki: Recorder
    ldap: OpenLdap
    environ: dict[str, str]

    @property
    def audit_file(self) -> Path:
        return self.folder / "audit.jsonl"

    @property
    def http(self) -> dict[str, Recorder]:
        return {
            "gitlab": self.gitlab,
            "phabricator": self.phabricator,
            "gerrit": self.gerrit,
            "audit_log": self.wiki,
        }

    def run(self, *arguments: str, **changes: str | None) -> Run:
        """Run glaab with some settings changed; None takes one away."""
        return self.finish(self.start(*arguments, **changes))

    def start(self, *arguments: str, **changes: str | None) -> subprocess.Popen[str]:
        environ = {
            key: value for key, value in (self.environ | changes).items() if value is not None
        }
        command = [str(Path(sys.executable).parent / "glaab"), *arguments]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> Run:
        out, err = process.communicate(timeout=100)
        return Run(code=process.returncode, out=out, err=err)

    def approved(self) -> list[str]:
        return approved_by(self.gitlab)

    def logged(self) -> list[str]:
        """The usernames in the JSON Lines log."""
        if not self.audit_file.exists():
            return []
        lines = self.audit_file.read_text(encoding="utf-8").splitlines()
        return sorted(json.loads(line)["account"]["username"] for line in lines)

    def requests(self) -> Counter[str]:
        """How many requests each system saw."""
        pluralize = Counter({name: len(each.requests) for name, each in self.http.items()})
        operations = self.ldap.operations
        return pluralize + Counter(directory=operations["SRCH"] + operations["BIND"])

    def errors(self) -> list[Exception]:
        """What the simulators did not expect."""
        return [error for each in self.http.values() for error in each.errors]


def approved_by(gitlab: Recorder) -> list[str]:
    """Whom GitLab was asked to approve, each as often as it was."""
    return sorted(
        gitlab.simulator.users[int(request.path.split("/")[-2])].username
        for request in gitlab.requests
        if request.path.endswith("/approve")
    )


def heartbeat_trouble(run: Run) -> list[str]:
    """Why no heartbeat was sent, as often as it was said."""
    events = [json.loads(line) for line in run.err.splitlines()]
    return [each["reason"] for each in events if each["event"] == "heartbeat_not_sent"]


def installed(
    stack: ExitStack, folder: Path, slapd: OpenLdap, world: World, page: str = INTRODUCTION
) -> Installation:
    """The systems that hold *world*, running until *stack* ends."""
    systems = {
        "gitlab": GitLabSimulator.of(
            world.accounts, {key: encode(note) for key, note in world.notes.items()}
        ),
        "phabricator": PhabricatorSimulator.of(world.linked, world.projects),
        "gerrit": GerritSimulator.of(world.gerrit_accounts, world.gerrit_groups),
        "wiki": MediaWikiSimulator.of(PAGE, page),
    }
    recorders = {name: Recorder(system) for name, system in systems.items()}
    urls = {name: stack.enter_context(served(each)) for name, each in recorders.items()}
    slapd.load(_tree(world), hidden=world.lock_hidden)
    (slapd.folder / "log").write_bytes(b"")
    return Installation(
        folder=folder, ldap=slapd, environ=_environ(folder, slapd, urls), **recorders
    )


def _tree(world: World) -> Tree:
    return Tree(people=world.people, groups=world.directory_groups, disabled=world.locked)


def _environ(folder: Path, slapd: OpenLdap, urls: dict[str, str]) -> dict[str, str]:
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key in {"PATH", "HOME", "LANG"} or key.startswith("COVERAGE_")
    }
    consumer = Consumer()
    return inherited | {
        "GITLAB_URL": urls["gitlab"],
        "GITLAB_ACCESS_TOKEN": gitlab.TOKEN,
        "LDAP_SERVERS": f"ldap://127.0.0.1:{slapd.port}",
        "LDAP_BASE_DN": "dc=wikimedia,dc=org",
        "PHABRICATOR_URL": urls["phabricator"],
        "PHABRICATOR_USER": phabricator.USER,
        "PHABRICATOR_TOKEN": phabricator.TOKEN,
        "GERRIT_URL": f"{urls['gerrit']}{gerrit.ROOT}",
        "GERRIT_USER": gerrit.USER,
        "GERRIT_PASSWORD": gerrit.PASSWORD,
        "MEDIAWIKI_URL": f"{urls['wiki']}/w/",
        "GLAAB_AUDIT_FILE": str(folder / "audit.jsonl"),
        "GLAAB_TIMEOUT_S": "5",
        "MEDIAWIKI_CONSUMER_TOKEN": consumer.consumer_token,
        "MEDIAWIKI_CONSUMER_SECRET": consumer.consumer_secret,
        "MEDIAWIKI_ACCESS_TOKEN": consumer.access_token,
        "MEDIAWIKI_ACCESS_SECRET": consumer.access_secret,
    }
