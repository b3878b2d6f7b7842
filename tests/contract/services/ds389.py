"""
A real 389 Directory Server on loopback ports, which is what FreeIPA keeps its people in.

It is configured as `dscreate` does it, from the package's own template, but with everything in
one file before it starts: that takes a second instead of half a minute.
"""

import os
import pwd
import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import split
from shutil import copy
from tempfile import TemporaryDirectory

import attrs

from tests.contract.services import freeipa
from tests.contract.services.entries import Attributes, Login, entry
from tests.contract.services.openldap import Certificates, free_port, listens

SERVER = Path("/usr/sbin/ns-slapd")
DATA = Path("/usr/share/dirsrv/data")
MANAGER = "cn=Directory Manager"
MANAGER_PASSWORD = "manager's Passw0rd"

_FOLDERS = ("lock", "tmp", "cert", "ldif", "bak", "run", "inst", "log", "db", "config")
_BACKEND = "cn=ipa,cn=ldbm database,cn=plugins,cn=config"
_SETTINGS = """\
nsslapd-listenhost: 127.0.0.1
nsslapd-securelistenhost: 127.0.0.1
nsslapd-security: on
nsslapd-securePort: {tls_port}
nsslapd-accesslog-logging-enabled: off
nsslapd-securitylog-logging-enabled: off
nsslapd-rootpwstoragescheme: CLEAR
passwordStorageScheme: CLEAR
"""


@attrs.define(kw_only=True)
class DirectoryServer389:
    """A 389 Directory Server of one's own."""

    folder: Path
    port: int
    tls_port: int
    certificates: Certificates
    suffix: str
    _process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path:
        return self.certificates.ca_file

    @property
    def manager(self) -> Login:
        """Whoever may do everything, past all access rules."""
        return self.login(MANAGER, MANAGER_PASSWORD)

    def login(self, user: str | None = None, password: str | None = None) -> Login:
        """Somebody over TLS; the readers' password unless another is given, nobody: anonymous."""
        return Login(
            url=f"ldaps://127.0.0.1:{self.tls_port}",
            user=user,
            password=(password or freeipa.PASSWORD) if user else None,
            ca_file=self.ca_file,
        )

    def load(self, entries: Iterable[Attributes]) -> None:
        """Hold these entries, the suffix first; a server can be loaded once."""
        backend = {"nsslapd-suffix": self.suffix, "cn": "ipa"}
        tree = {"cn": self.suffix, "nsslapd-state": "backend", "nsslapd-backend": "ipa"}
        mapping = f'cn="{self.suffix}",cn=mapping tree,cn=config'
        suffix = [
            entry(_BACKEND, "extensibleObject", "nsBackendInstance", **backend),
            entry(mapping, "extensibleObject", "nsMappingTree", **tree),
        ]
        self.manager.add([*suffix, *entries])

    def configure(self) -> None:
        """Write everything that the server reads before it listens."""
        for name in _FOLDERS:
            (self.folder / name).mkdir()
        schema = self.folder / "config" / "schema"
        schema.mkdir()
        copy(DATA / "60kerberos.ldif", schema)
        (schema / "99user.ldif").write_text(freeipa.SCHEMA)
        (self.folder / "config" / "slapd-collations.conf").touch()
        (self.folder / "config" / "dse.ldif").write_text(self._configuration())
        self._keep_certificates()

    def start(self) -> None:
        command = [SERVER, "-D", self.folder / "config", "-i", self.folder / "pid", "-d", "0"]
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        while not listens(self.tls_port):
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "output").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """End it, as an administrator would; it may be started again. Idempotent."""
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _configuration(self) -> str:
        values = {
            **{f"{name}_dir": str(self.folder / name) for name in _FOLDERS},
            "schema_dir": str(self.folder / "config" / "schema"),
            "db_home_dir": str(self.folder / "db"),
            "db_lib": "bdb",
            "fqdn": "localhost",
            "ds_port": str(self.port),
            "ds_user": pwd.getpwuid(os.geteuid()).pw_name,
            "rootdn": MANAGER,
            "ds_passwd": MANAGER_PASSWORD,
            "ds_suffix": self.suffix,
            "ldapi_enabled": "off",
            "ldapi": str(self.folder / "ldapi"),
            "ldapi_autobind": "off",
        }
        template = (DATA / "template-dse.ldif").read_text()
        text = re.sub("%([a-z_]+)%", lambda found: values[found[1]], template)
        settings = _SETTINGS.format(tls_port=self.tls_port)
        text = text.replace("cn: config\n", f"cn: config\n{settings}", 1)
        return re.sub(
            r"(cn: MemberOf Plugin\n(?:.+\n)*?nsslapd-pluginenabled:) off", r"\1 on", text
        )

    def _keep_certificates(self) -> None:
        """NSS has them in a database; its names are those of the template."""
        keep, own = self.folder / "cert", self.certificates.folder
        bundle = "-in server.pem -inkey server.key -name Server-Cert -passout pass:"
        for command in (
            f"openssl pkcs12 -export -out {keep}/server.p12 {bundle}",
            f"certutil -N -d {keep} --empty-password",
            f"pk12util -i {keep}/server.p12 -d {keep} -W ''",
            f"certutil -A -d {keep} -n CA -t CT,, -a -i ca.pem",
        ):
            subprocess.run(split(command), cwd=own, check=True, capture_output=True)


@contextmanager
def ds389(
    entries: Iterable[Attributes] | None = None, suffix: str = freeipa.BASE
) -> Iterator[DirectoryServer389]:
    """389-DS with these entries, or FreeIPA's tree, until the block ends."""
    if not SERVER.exists():
        raise RuntimeError(
            "389-DS is not installed: `make ds389` does it, or 389-ds-base (Debian 12)"
        )
    with TemporaryDirectory(prefix="glaab-389-") as name:
        folder = Path(name)
        server = DirectoryServer389(
            folder=folder,
            port=free_port(),
            tls_port=free_port(),
            certificates=Certificates.made(folder / "tls"),
            suffix=suffix,
        )
        server.configure()
        try:
            server.start()
            server.load(freeipa.tree() if entries is None else entries)
            yield server
        finally:
            server.stop()
