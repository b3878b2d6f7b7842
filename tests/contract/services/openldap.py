"""A real OpenLDAP on a loopback port, with a tree in the shape of Wikimedia's."""

import re
import socket
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import attrs

from glaab.domain.names import Dn
from glaab.domain.sources.directory import Person
from tests.contract.services.entries import Attributes, entry, ldif

BASE = "dc=wikimedia,dc=org"
BIND_DN = f"cn=proxyagent,ou=profile,{BASE}"
BIND_PASSWORD = "proxy agent's secret ½"

READ_ALL = "access to * by * read"
HIDE_LOCKS = f"access to attrs=pwdPolicySubentry,pwdAccountLockedTime by * none\n{READ_ALL}"
HIDE_ALL = "access to attrs=userPassword by anonymous auth\naccess to * by * none"

_LOCKS = ("pwdPolicySubentry", "pwdAccountLockedTime")
#: An attribute of Active Directory's root DSE, which OpenLDAP does not know.
_CAPABILITIES = (
    "attributetype ( 1.3.6.1.4.1.4203.666.1.1 NAME 'supportedCapabilities'"
    " EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )"
)
_OPERATION = re.compile(rb" op=\d+ (?:(SRCH) base|(BIND) .*method=|(ADD|MOD|DEL|MODRDN|CMP|EXT) )")


@attrs.frozen(kw_only=True)
class Tree:
    """What is in the directory; groups go by name (below `ou=groups`) or by full DN."""

    people: Collection[Person] = ()
    groups: Mapping[str, Collection[Dn]] = attrs.field(factory=dict)
    disabled: Collection[Dn] = ()
    """Whose `pwdPolicySubentry` is Wikimedia's `cn=disabled`."""
    locked_out: Collection[Dn] = ()
    """Who have a `pwdAccountLockedTime`."""

    def ldif(self) -> str:
        groups_of: dict[Dn, list[str]] = defaultdict(list)
        for group, members in self.groups.items():
            for dn in members:
                groups_of[dn].append(group)
        entries = [
            *_SKELETON,
            *(_person(self, person, groups_of[person.dn]) for person in self.people),
            *(_group(group, dns) for group, dns in self.groups.items()),
        ]
        return ldif(entries)


_SKELETON = (
    entry(BASE, "dcObject", "organization", dc="wikimedia", o="Wikimedia"),
    *(
        entry(f"ou={name},{BASE}", "organizationalUnit", ou=name)
        for name in ("people", "groups", "servicegroups", "ppolicies", "profile")
    ),
    entry(f"cn=disabled,ou=ppolicies,{BASE}", "device", cn="disabled"),
    entry(
        BIND_DN,
        "organizationalRole",
        "simpleSecurityObject",
        cn="proxyagent",
        userPassword=BIND_PASSWORD,
    ),
)


def _person(tree: Tree, person: Person, groups: Iterable[str]) -> Attributes:
    dn, values = entry(
        person.dn.text,
        "inetOrgPerson",
        "posixAccount",
        sn="Somebody",
        uidNumber="2000",
        gidNumber="500",
        homeDirectory="/home/somebody",
    )
    values += [("cn", cn) for cn in person.cns] + [("uid", uid) for uid in person.uids]
    values += [("memberOf", group_dn(group)) for group in groups]
    if person.dn in tree.disabled:
        values.append(("pwdPolicySubentry", f"cn=disabled,ou=ppolicies,{BASE}"))
    if person.dn in tree.locked_out:
        values.append(("pwdAccountLockedTime", "000001010000Z"))
    return dn, values


def _group(group: str, members: Collection[Dn]) -> Attributes:
    """`groupOfNames` must have a member: an empty one has the empty DN."""
    dn = group_dn(group)
    _, values = entry(dn, "groupOfNames", cn=Dn(dn).name[1])
    return dn, [*values, *(("member", member.text) for member in members or [Dn("")])]


def group_dn(group: str) -> str:
    """The DN of a group that is named as in a policy: by name or by DN."""
    return group if "=" in group else f"cn={_escaped(group)},ou=groups,{BASE}"


def _escaped(value: str) -> str:
    """A value as a DN shows it (RFC 4514)."""
    escaped = re.sub(r'([\\,+"<>;#]|^ | $)', r"\\\1", value)
    return escaped.replace("\0", r"\00")


@attrs.frozen
class Certificates:
    """A certificate authority of one's own, and a server's certificate from it."""

    folder: Path

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @classmethod
    def made(cls, folder: Path, names: str = "IP:127.0.0.1,DNS:localhost") -> "Certificates":
        folder.mkdir()
        ca = "-keyout ca.key -out ca.pem -subj /CN=CA"
        server = (
            "-keyout server.key -out server.pem -subj /CN=server -CA ca.pem -CAkey ca.key"
            f" -addext subjectAltName={names} -addext basicConstraints=critical,CA:FALSE"
        )
        for arguments in (ca, server):
            keys = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            command = f"openssl req -x509 {keys} -days 30"
            subprocess.run(
                [*command.split(), *arguments.split()], cwd=folder, check=True, capture_output=True
            )
        return cls(folder)

    @property
    def settings(self) -> str:
        return (
            f"TLSCACertificateFile {self.ca_file}\n"
            f"TLSCertificateFile {self.folder}/server.pem\n"
            f"TLSCertificateKeyFile {self.folder}/server.key\n"
        )


@attrs.define(kw_only=True)
class OpenLdap:
    """A slapd process of one's own: port, database, log and end."""

    folder: Path
    port: int
    tls_port: int
    size_limit: int
    acl: str
    certificates: Certificates | None
    modules: tuple[str, ...]
    suffix: str = BASE
    root_dse: str | None
    """Attributes of the root DSE besides those that OpenLDAP has; None hides it."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path | None:
        return self.certificates.ca_file if self.certificates else None

    @property
    def operations(self) -> Counter[str]:
        """How many operations it was asked for: `SRCH`, `BIND`, `MOD`, ... since it was made."""
        log = (self.folder / "log").read_bytes()
        return Counter(next(filter(None, found)).decode() for found in _OPERATION.findall(log))

    def load(
        self, tree: Tree, *, hidden: Collection[Dn] = (), rewrite: tuple[str, str] = ("", "")
    ) -> None:
        """
        Hold *tree* and nothing else; the locks of *hidden* cannot be read. Restarts it.

        *rewrite* is a piece of the tree's LDIF (values in Base64), and what to load instead.
        """
        self.stop()
        rmtree(self.folder / "db", ignore_errors=True)
        (self.folder / "db").mkdir()
        (self.folder / "slapd.conf").write_text(self._configuration(hidden))
        (self.folder / "root.ldif").write_text(f"dn:\n{self.root_dse or ''}")
        (self.folder / "tree.ldif").write_text(tree.ldif().replace(*rewrite))
        command = ["/usr/sbin/slapadd", "-q", "-f", "slapd.conf", "-l", "tree.ldif"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        self.start()

    def start(self) -> None:
        urls = [f"ldap://127.0.0.1:{self.port}/"]
        if self.certificates:
            urls.append(f"ldaps://127.0.0.1:{self.tls_port}/")
        command = ["/usr/sbin/slapd", "-d", "stats", "-f", "slapd.conf", "-h", " ".join(urls)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self.folder, stderr=log)
        while not listens(self.port):
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.01)

    def stop(self) -> None:
        """End it, as an administrator would; it may be started again. Idempotent."""
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _configuration(self, hidden: Iterable[Dn]) -> str:
        schemas = ("core", "cosine", "nis", "inetorgperson")
        own = [
            f'access to dn.exact="{dn}" attrs={",".join(_LOCKS)} by * none'.replace("\\", "\\\\")
            for dn in hidden
        ]
        return "\n".join(
            [
                *(f"include /etc/ldap/schema/{name}.schema" for name in schemas),
                "modulepath /usr/lib/ldap",
                *(f"moduleload {name}" for name in ("back_mdb", *self.modules)),
                self.certificates.settings if self.certificates else "",
                _CAPABILITIES,
                f"rootDSE {self.folder}/root.ldif",
                'access to dn.base="" by * none' if self.root_dse is None else "",
                f"sizelimit {self.size_limit}",
                "threads 4",
                "database mdb",
                f'suffix "{self.suffix}"',
                f"directory {self.folder}/db",
                "maxsize 67108864",
                "dbnosync",
                "index objectClass,cn,uid,member eq",
                *own,
                self.acl,
                *(f"overlay {name}" for name in self.modules),
                "",
            ]
        )


@contextmanager
def openldap(
    tree: Tree | None = None,
    *,
    tls: bool = False,
    size_limit: int = 500,
    acl: str = READ_ALL,
    hidden: Collection[Dn] = (),
    memberof: bool = True,
    ppolicy: bool = True,
    suffix: str = BASE,
    root_dse: str | None = "",
    certified_for: str = "IP:127.0.0.1,DNS:localhost",
) -> Iterator[OpenLdap]:
    """OpenLDAP with *tree*, until the block ends; `load` gives it another tree."""
    with TemporaryDirectory(prefix="glaab-openldap-") as name:
        folder = Path(name)
        server = OpenLdap(
            folder=folder,
            port=free_port(),
            tls_port=free_port(),
            size_limit=size_limit,
            acl=acl,
            modules=("memberof",) * memberof + ("ppolicy",) * ppolicy,
            suffix=suffix,
            root_dse=root_dse,
            certificates=Certificates.made(folder / "tls", certified_for) if tls else None,
        )
        try:
            server.load(tree or Tree(), hidden=hidden)
            yield server
        finally:
            server.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
