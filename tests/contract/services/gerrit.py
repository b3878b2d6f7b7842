"""
A real Gerrit on a loopback port, and worlds laid out in it over its REST API.

It is release 3.10.2 as Maven has it (`gerrit.pom.xml` beside this file), initialised and run
headless by its own launcher; `make gerrit` fetches it into `build/gerrit`.
"""

import json
import os
import subprocess
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import attrs
import requests

from glaab.domain.names import Uid
from glaab.domain.sources.gerrit import GerritAccount
from tests.contract.services.openldap import free_port

JARS = Path(__file__).parents[3] / "build" / "gerrit"
ROOT = "/r"
USER = "glaab"
PASSWORD = "made-up http password"
EVERYBODY = "global:Registered-Users"

_ADMIN = ("admin", "secret")
"""Whom `init --batch` makes where anybody may become any account (InitAdminUser.java of 3.10)."""
_ADMIN_ID = 1000000
_MAGIC = ")]}'"

# Where accounts are hidden, the capability `viewAllAccounts` shows them: both can be tested.
_CONFIGURATION = """\
[gerrit]
  basePath = git
  canonicalWebUrl = http://127.0.0.1:{port}{root}/
[auth]
  type = DEVELOPMENT_BECOME_ANY_ACCOUNT
[httpd]
  listenUrl = proxy-http://127.0.0.1:{port}{root}/
[sshd]
  listenAddress = off
[index]
  type = lucene
[accounts]
  visibility = NONE
"""
_LOGGING = """\
log4j.rootLogger = INFO, console
log4j.appender.console = org.apache.log4j.ConsoleAppender
log4j.appender.console.layout = org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern = %d %p %c: %m%n
"""
_FLOGGER = "-Dflogger.backend_factory=com.google.common.flogger.backend.log4j"


@attrs.define(kw_only=True)
class GerritService:
    """A Gerrit process of one's own, and the accounts and groups that were made in it."""

    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None
    _accounts: dict[int, str] = attrs.field(factory=dict)
    _groups: list[str] = attrs.field(factory=list)
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1))

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Initialise a site, run it, and give glaab an account that sees all accounts."""
        (self.folder / "etc").mkdir()
        (self.folder / "log4j.properties").write_text(_LOGGING)
        configuration = _CONFIGURATION.format(port=self.port, root=ROOT)
        (self.folder / "etc" / "gerrit.config").write_text(configuration)
        self._launch("init", "--batch", "--no-auto-start", "--skip-plugins")
        if self._process.wait():
            raise RuntimeError((self.folder / "log").read_text())
        self._launch("daemon", "--headless", "--console-log")
        while not self._listens():
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.1)
        self.administer("PUT", f"accounts/{USER}", {"http_password": PASSWORD})
        self.allow("viewAllAccounts")

    def stop(self) -> None:
        """End it at once: nobody will miss what is in it."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def hold(
        self, accounts: Collection[GerritAccount], groups: Mapping[str, Iterable[Uid]]
    ) -> None:
        """Have these accounts and groups; those of earlier worlds are out of the way."""
        self.clear()
        ids = {account.username: self.account(account.username) for account in accounts}
        for name, members in groups.items():
            self.group(name, [ids[uid] for uid in members])
        for account in accounts:
            if not account.is_active:
                self.deactivate(ids[account.username])

    def clear(self) -> None:
        """Free all names: Gerrit 3.10 deletes neither accounts, but one's own, nor groups."""
        for number in list(self._accounts):
            self.take_username(number)
        for group in self._groups:
            self.rename(group, f"gone {next(self._numbers)}")
        self._groups.clear()

    def account(self, username: str) -> int:
        """Make an account; gives its number."""
        made = self.administer("PUT", f"accounts/{quote(username, safe='')}", {})
        self._accounts[made["_account_id"]] = username
        return made["_account_id"]

    def another_account(self, username: str) -> int:
        """Make an account whose username differs from somebody else's in case alone."""
        number = self.account("unnamed")
        self.take_username(number)
        self.administer("PUT", f"accounts/{number}/username", {"username": username})
        self._accounts[number] = username
        return number

    def take_username(self, number: int) -> None:
        username = f"username:{self._accounts.pop(number)}"
        self.administer("POST", f"accounts/{number}/external.ids:delete", [username])

    def deactivate(self, number: int) -> None:
        """Which a group refuses as a new member, but keeps as an old one."""
        self.administer("DELETE", f"accounts/{number}/active")

    def group(
        self,
        name: str,
        members: Iterable[int] = (),
        *,
        includes: Iterable[str] = (),
        is_visible: bool = True,
    ) -> str:
        """Make a group, of accounts by number and groups by UUID or name; gives its UUID."""
        wanted = {"visible_to_all": is_visible, "members": [_ADMIN_ID, *members]}
        made = self.administer("PUT", f"groups/{quote(name, safe='')}", wanted)
        self._groups.append(made["id"])
        self.administer("DELETE", f"groups/{made['id']}/members/{_ADMIN_ID}")
        for included in includes:
            self.include(made["id"], included)
        return made["id"]

    def include(self, group: str, included: str) -> None:
        self.administer("PUT", f"groups/{group}/groups/{quote(included, safe='')}")

    def rename(self, group: str, name: str) -> None:
        self.administer("PUT", f"groups/{group}/name", {"name": name})

    def allow(self, capability: str, **rule: int) -> None:
        """Give everybody a capability."""
        self._access("add", capability, rule | {"action": "ALLOW"})

    def forbid(self, capability: str) -> None:
        """Take from everybody a capability."""
        self._access("remove", capability, {})

    def _access(self, change: str, capability: str, rule: Mapping[str, object]) -> None:
        section = {"permissions": {capability: {"rules": {EVERYBODY: rule}}}}
        wanted = {change: {"GLOBAL_CAPABILITIES": section}}
        self.administer("POST", "projects/All-Projects/access", wanted)

    def administer(self, method: str, what: str, body: object = None) -> dict[str, object]:
        """Have an administrator do something; gives what Gerrit says of it."""
        response = self.send(method, f"{ROOT}/a/{what}", _ADMIN, json=body)
        if not response.ok:
            raise RuntimeError(f"{method} {what}: {response.status_code} {response.text}")
        return content(response.content)

    def send(self, method: str, path: str, who: tuple[str, str], **options) -> requests.Response:
        return requests.request(method, f"{self.origin}{path}", auth=who, timeout=30, **options)

    def _listens(self) -> bool:
        try:
            return requests.get(f"{self.origin}{ROOT}/config/server/version", timeout=30).ok
        except requests.ConnectionError:
            return False

    def _launch(self, *program: str) -> None:
        options = [
            "-XX:TieredStopAtLevel=1",  # it lives for a minute
            f"-Duser.home={self.folder}",
            f"-Dlog4j.configuration=file:{self.folder}/log4j.properties",
            f"{_FLOGGER}.Log4jBackendFactory#getInstance",
        ]
        launcher = ["-cp", f"{JARS}/*", "com.google.gerrit.launcher.GerritLauncher"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["java", *options, *launcher, *program, "-d", str(self.folder)],
                env=os.environ | {"HOME": str(self.folder)},
                stdout=log,
                stderr=log,
            )


def content(body: bytes) -> object:
    """The JSON of an answer, or the text that it is instead."""
    text = body.decode()
    return json.loads(text.removeprefix(_MAGIC)) if text.startswith(_MAGIC) else text.strip()


@contextmanager
def gerrit() -> Iterator[GerritService]:
    """A Gerrit with nobody in it but an administrator and glaab, until the block ends."""
    if not list(JARS.glob("gerrit-*.jar")):
        raise RuntimeError(f"There is no Gerrit in {JARS}: fetch it with `make gerrit`")
    with TemporaryDirectory(prefix="glaab-gerrit-") as name:
        service = GerritService(folder=Path(name), port=free_port())
        try:
            service.start()
            yield service
        finally:
            service.stop()
