"""Every system on loopback, simulators and a real OpenLDAP, and glaab as a process."""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import attrs

from glaab.domain.errors import AUDIT_LOG, GITLAB, System
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.settings.parsers import world_path
from tests.contract.services.openldap import OpenLdap
from tests.contract.wire import Recorder
from tests.e2e.systems import INTRODUCTION, fill, simulate
from tests.variables import WIKIMEDIAS
from tests.worlds import World

EXAMPLE = world_path("example")


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
    http: dict[System, Recorder]
    ldap: OpenLdap
    environ: dict[str, str]

    @property
    def gitlab(self) -> Recorder:
        return self.http[GITLAB]

    @property
    def phabricator(self) -> Recorder:
        return self.http[PHABRICATOR]

    @property
    def gerrit(self) -> Recorder:
        return self.http[GERRIT]

    @property
    def wiki(self) -> Recorder:
        return self.http[AUDIT_LOG]

    @property
    def audit_file(self) -> Path:
        return self.folder / "audit.jsonl"

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

    def sign_up(self, username: str, extern_uid: str) -> None:
        """Somebody signs up now, and waits for approval."""
        self.gitlab.simulator.sign_up(username, extern_uid, datetime.now(UTC))

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
    simulated = simulate(stack, world, {GITLAB, AUDIT_LOG, *WIKIMEDIAS}, page)
    settings = {"GLAAB_AUDIT_FILE": str(folder / "audit.jsonl"), "GLAAB_TIMEOUT_S": "5"}
    return Installation(
        folder=folder,
        http=simulated.http,
        ldap=slapd,
        environ=inherited() | simulated.settings | fill(slapd, world) | settings,
    )


def inherited() -> dict[str, str]:
    """What a process of a test has of this one's environment: none of glaab's settings."""
    return {
        key: value
        for key, value in os.environ.items()
        if key in {"PATH", "HOME", "LANG"} or key.startswith("COVERAGE_")
    }
