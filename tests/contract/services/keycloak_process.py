"""
A Keycloak process of one's own, and the preparation that all of them share.

`make keycloak` has Maven fetch the distribution into `build/keycloak` and runs this module: the
first start builds the server and makes its database, which takes half a minute. Every other start
works on a copy of what that left behind.
"""

import os
import signal
import subprocess
import time
from http import HTTPStatus
from pathlib import Path
from shutil import copy, copytree
from urllib.error import URLError
from urllib.request import urlopen

import attrs

from tests.contract.services.openldap import free_port

PREPARED = Path(__file__).parents[3] / "build" / "keycloak"
ADMIN = ("admin", "made-up admin's password")

_SHARED = ("lib", "providers", "themes")
"""Nothing writes there after the first start."""
_OPTIONS = ("--hostname=", "--proxy-headers=")
"""Others might have the server build itself anew, into what all share."""
# The options replace those of kc.sh, whose collector takes half as much memory again.
_JAVA = (
    *("-Xms64m", "-Xmx384m", "-XX:MaxMetaspaceSize=256m"),
    *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
    *("-Dfile.encoding=UTF-8", "-Djava.security.egd=file:/dev/urandom"),
)
_STARTS_WITHIN_S = 600
_STOPS_WITHIN_S = 60


@attrs.define(kw_only=True)
class KeycloakProcess:
    """Keycloak on a free port, with everything that it writes in one folder."""

    home: Path
    port: int = attrs.field(factory=free_port)
    options: tuple[str, ...] = attrs.field(default=())
    _process: subprocess.Popen[bytes] | None = None

    @options.validator
    def _takes_no_new_build(self, _attribute: object, options: tuple[str, ...]) -> None:
        assert all(each.startswith(_OPTIONS) for each in options), options

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return when it answers; a server that was stopped comes back with what it had."""
        listening = ("--http-host=127.0.0.1", f"--http-port={self.port}")
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.home / "bin" / "kc.sh", "start-dev", *listening, *self.options],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that Ctrl-C is ours alone
            )
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Keycloak did not start:\n{self.log}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it in order: `kc.sh` passes the signal on. Idempotent."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    @property
    def log(self) -> str:
        return (self.home / "log").read_text(errors="replace")

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/realms/master", timeout=30) as response:
                return response.status == HTTPStatus.OK
        except (URLError, ConnectionError, TimeoutError):
            return False


def copy_of_prepared(home: Path) -> None:
    """What a server needs in *home*; the 190 MB that none writes to are linked."""
    if not (PREPARED / "provisioned").exists():
        raise RuntimeError(f"There is no Keycloak in {PREPARED}: prepare it with `make keycloak`")
    for name in _SHARED:
        (home / name).symlink_to(PREPARED / name)
    for name in ("conf", "data"):
        copytree(PREPARED / name, home / name)
    (home / "bin").mkdir()
    copy(PREPARED / "bin" / "kc.sh", home / "bin")  # it looks for the rest from where it is


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KC_")}
    username, password = ADMIN
    return inherited | {
        "JAVA_OPTS": " ".join(_JAVA),
        "KC_BOOTSTRAP_ADMIN_USERNAME": username,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": password,
    }


def prepare() -> None:
    """Start for the first time what was unpacked, and stop it."""
    first = KeycloakProcess(home=PREPARED)
    try:
        first.start()
    finally:
        first.stop()


if __name__ == "__main__":
    prepare()
