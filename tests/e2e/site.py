"""A simulated GitLab, a real directory of any kind, and glaab as a process between them."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs

from glaab.domain.accounts import AccountId, Username
from tests.builders import an_account, an_identity
from tests.contract.gitlab import simulator as gitlab
from tests.contract.gitlab.simulator import GitLabSimulator
from tests.contract.gitlab.simulator_state import User
from tests.contract.services.entries import Login
from tests.contract.wire import Recorder, served
from tests.e2e.installation import Run, approved_by, inherited

_PROVIDERS = {"dn": "ldapmain"}
"""Whose `extern_uid` it is; of any other name a provider of OpenID Connect."""

_JSON = ("--format", "json")


@attrs.frozen
class Policy:
    """One that trusts members of groups, and nobody who is locked."""

    directory: str
    """The table of this name, as TOML."""
    groups: tuple[str, ...]
    extern_uid: str = "uid"

    @property
    def provider(self) -> str:
        return _PROVIDERS.get(self.extern_uid, "openid_connect")

    @property
    def text(self) -> str:
        rules = "".join(
            f"[[trust]]\nname = {json.dumps(f'In {each}')}\ndirectory_group = {json.dumps(each)}\n"
            for each in self.groups
        )
        return (
            f'version = 1\n[identity]\nproviders = ["{self.provider}"]\n'
            f'extern_uid = "{self.extern_uid}"\n[directory]\n{self.directory}\n{rules}'
            "[veto]\ndirectory_locked = true\n"
        )


@attrs.frozen
class Reader:
    """Somebody who looks at a directory, and what of it is theirs to look at."""

    login: Login
    base: str

    @property
    def settings(self) -> dict[str, str]:
        settings = {
            "LDAP_SERVERS": self.login.url,
            "LDAP_BASE_DN": self.base,
            "LDAP_CA_FILE": str(self.login.ca_file),
            "LDAP_BIND_DN": self.login.user,
            "LDAP_BIND_PASSWORD": self.login.password,
        }
        return {key: text for key, text in settings.items() if text}


@attrs.frozen(kw_only=True)
class Site:
    """GitLab, and the settings that do not depend on the directory."""

    folder: Path
    gitlab: Recorder
    environ: Mapping[str, str]

    def approve(
        self, policy: Policy, reader: Reader, names: Mapping[str, str] | Iterable[str]
    ) -> Run:
        """Let these wait, and run `glaab approve`."""
        self.wait(policy, names)
        return self.run(policy, reader, "approve", *_JSON)

    def wait(self, policy: Policy, names: Mapping[str, str] | Iterable[str]) -> None:
        """Let these accounts wait and no others: usernames, and what they are vouched for as."""
        names = names if isinstance(names, Mapping) else {each: each for each in names}
        users = self.gitlab.simulator.users
        for old in [each.id for each in users.values() if not each.bot]:
            del users[old]
        for number, (username, extern_uid) in enumerate(names.items(), 1):
            users[number] = User.of(
                an_account(
                    id=AccountId(number),
                    username=Username(username),
                    identities=(an_identity(extern_uid, policy.provider),),
                )
            )

    def run(self, policy: Policy, reader: Reader, *arguments: str) -> Run:
        """Run glaab with a policy, as somebody whom the directory knows or as nobody."""
        self._hold(policy)
        return _finish(self._start(reader, *arguments))

    def approve_and_examine(
        self, policy: Policy, reader: Reader, names: Mapping[str, str] | Iterable[str]
    ) -> tuple[Run, Run]:
        """What `approve` and `doctor` make of these who wait, run at the same time."""
        self.wait(policy, names)
        self._hold(policy)
        commands = [self._start(reader, each, *_JSON) for each in ("approve", "doctor")]
        approve, doctor = map(_finish, commands)
        return approve, doctor

    def _hold(self, policy: Policy) -> None:
        (self.folder / "policy.toml").write_text(policy.text, encoding="utf-8")

    def _start(self, reader: Reader, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(Path(sys.executable).parent / "glaab"), *arguments],
            cwd=self.folder,
            env={**self.environ, **reader.settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def approved(self) -> list[str]:
        return approved_by(self.gitlab)

    def logged(self) -> list[str]:
        """The usernames in the audit log."""
        lines = (self.folder / "audit.jsonl").read_text(encoding="utf-8").splitlines()
        return sorted(json.loads(line)["account"]["username"] for line in lines)


def _finish(process: subprocess.Popen[str]) -> Run:
    out, err = process.communicate(timeout=100)
    return Run(code=process.returncode, out=out, err=err)


@contextmanager
def site_in(folder: Path) -> Iterator[Site]:
    """A GitLab where nobody waits yet, until the block ends; checked for surprises then."""
    recorder = Recorder(GitLabSimulator.of())
    with served(recorder) as url:
        yield Site(
            folder=folder,
            gitlab=recorder,
            environ=inherited()
            | {
                "GITLAB_URL": url,
                "GITLAB_ACCESS_TOKEN": gitlab.TOKEN,
                "MEDIAWIKI_LOG_PAGE": "",
                "GLAAB_AUDIT_FILE": str(folder / "audit.jsonl"),
                "GLAAB_POLICY": str(folder / "policy.toml"),
                "GLAAB_MAX_APPROVALS": "1000",
            },
        )
    assert [] == recorder.errors
