"""A real Samba Active Directory domain controller on a loopback address of its own."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import attrs
from ldap3.core.exceptions import LDAPInvalidCredentialsResult

from tests.contract.services import active_directory as ad
from tests.contract.services.entries import Attributes, Login
from tests.contract.services.openldap import Certificates, free_port, listens

SERVER = Path("/usr/sbin/samba")
PROVISIONED = Path(__file__).parents[3] / "build" / "samba"
ADMINISTRATOR = r"EXAMPLE\Administrator"
ADMINISTRATOR_PASSWORD = "administrator's Passw0rd"
PORT, TLS_PORT = 389, 636

_SETTINGS = """\
	interfaces = {host}/8
	bind interfaces only = yes
	server services = ldap
	tls keyfile = {tls}/server.key
	tls certfile = {tls}/server.pem
	tls cafile = {tls}/ca.pem
"""


@attrs.define(kw_only=True)
class SambaDomainController:
    """A domain controller of one's own."""

    folder: Path
    host: str
    certificates: Certificates
    port: int = PORT
    tls_port: int = TLS_PORT
    _process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path:
        return self.certificates.ca_file

    @property
    def administrator(self) -> Login:
        return self.login(ADMINISTRATOR, ADMINISTRATOR_PASSWORD)

    def login(self, user: str | None = None, password: str | None = None) -> Login:
        """Somebody over TLS; the readers' password unless another is given, nobody: anonymous."""
        return Login(
            url=f"ldaps://{self.host}:{self.tls_port}",
            user=user,
            password=(password or ad.PASSWORD) if user else None,
            ca_file=self.ca_file,
        )

    # who may read what

    def harden(self) -> None:
        """Take from ordinary accounts what shows that others are disabled, expired or locked."""
        self.administrator.change(ad.COMPATIBLE_ACCESS, {"member": []})

    def soften(self) -> None:
        """Give it back to them, as it is in a new domain."""
        self.administrator.change(ad.COMPATIBLE_ACCESS, {"member": [ad.AUTHENTICATED_USERS]})

    @contextmanager
    def hardened(self) -> Iterator[None]:
        """Hardened until the block ends."""
        self.harden()
        try:
            yield
        finally:
            self.soften()

    # its machinery

    def configure(self) -> None:
        """Be a copy of the domain that was provisioned, with an address of its own."""
        copytree(PROVISIONED, self.folder / "dc")
        configuration = self.folder / "dc" / "smb.conf"
        text = configuration.read_text()
        old = re.search("private dir = (.+)/private\n", text)[1]
        text = text.replace(old, str(self.folder / "dc"))
        settings = _SETTINGS.format(host=self.host, tls=self.certificates.folder)
        configuration.write_text(text.replace("[global]\n", f"[global]\n{settings}", 1))

    def load(self) -> None:
        """Hold the tree, with one person locked out; a domain can be loaded once."""
        self._allow_wrong_passwords(3, pwdProperties="0")
        self.administrator.add(ad.tree())
        self.administrator.change(ad.group_dn("cycle1"), {"member": [ad.group_dn("cycle2")]})
        for _ in range(3):
            with suppress(LDAPInvalidCredentialsResult):
                self.login(ad.LOCKED_OUT, "wrong").search("", "(cn=*)")
        self._allow_wrong_passwords(0)
        self._make_primary("primary", "Paul Primary")

    def _allow_wrong_passwords(self, number: int, **more: str) -> None:
        """0: any number of them, so that no test locks out a reader."""
        values = {"lockoutThreshold": str(number)} | more
        self.administrator.change(ad.BASE, {name: [value] for name, value in values.items()})

    def _make_primary(self, group: str, cn: str) -> None:
        dn = ad.group_dn(group)
        number = self.administrator.search(dn, "(cn=*)", "primaryGroupToken")[dn]
        self.administrator.change(ad.person_dn(cn), {"primaryGroupID": number["primaryGroupToken"]})

    def start(self) -> None:
        command = [SERVER, "-s", self.folder / "dc" / "smb.conf", "-i", "-M", "single"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--debug-stdout"],
                env=os.environ | {"TDB_NO_FSYNC": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not listens(self.tls_port, self.host):
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """End it, as an administrator would; it may be started again. Idempotent."""
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None


@contextmanager
def samba(entries: Iterable[Attributes] | None = None) -> Iterator[SambaDomainController]:
    """
    Samba with a domain of its own, with these entries or the tree, until the block ends.

    Its ports are fixed and low: that takes an address that nobody else has, and root.

    Raises:
        PermissionError: who runs this may not listen on low ports.
    """
    if not (PROVISIONED / "provisioned").exists():
        raise RuntimeError(f"There is no domain in {PROVISIONED}: provision it with `make samba`")
    number = free_port()
    host = f"127.77.{number >> 8}.{number & 255}"
    socket.create_server((host, PORT)).close()
    with TemporaryDirectory(prefix="glaab-samba-") as name:
        folder = Path(name)
        server = SambaDomainController(
            folder=folder, host=host, certificates=Certificates.made(folder / "tls", f"IP:{host}")
        )
        server.configure()
        try:
            server.start()
            if entries is None:
                server.load()
            else:
                server.administrator.add(entries)
            yield server
        finally:
            server.stop()
