"""The contract of the directory on 389-DS, on Samba, and on an OpenLDAP of RFC 2307."""

from collections.abc import Iterator

import attrs
import pytest

from glaab.adapters.ldap.layout import PRESETS, ServerKind
from glaab.adapters.ldap.lock_tests import LockTest, LockTestKind
from glaab.adapters.ldap.settings import LdapServer
from glaab.domain.names import CN, Dn
from tests.contract.ldap.contract import DirectoryContract
from tests.contract.services import active_directory as ad
from tests.contract.services.ds389 import ds389
from tests.contract.services.entries import Attributes, EntryStore, Login, entry
from tests.contract.services.openldap import BIND_DN, BIND_PASSWORD, openldap
from tests.contract.services.rfc2307 import Entries
from tests.contract.services.samba import SambaDomainController
from tests.contract.services.samba import samba as domain_controller
from tests.contract.sessions import an_ldap_directory, ldap_sessions

# pyasn1 0.6 warns of names that ldap3 2.9.1 imports.
pytestmark = pytest.mark.filterwarnings("ignore:(tag|type)Map is deprecated:DeprecationWarning")

BASE = DirectoryContract.base
DS_389 = attrs.evolve(
    PRESETS["wikimedia"],
    server=ServerKind.DS_389,
    locked=(LockTest("nsAccountLock", LockTestKind.EQUALS, ("TRUE",)),),
)
UNIX = attrs.evolve(
    PRESETS["rfc2307"], locked=(LockTest("loginShell", LockTestKind.IN, ("/bin/false",)),)
)
ACTIVE_DIRECTORY = attrs.evolve(PRESETS["active-directory"], people="OU=people", groups="OU=groups")


def branches(*more: Attributes) -> list[Attributes]:
    """The tree without anybody in it, but for who binds."""
    names = ("people", "groups", "servicegroups", "profile")
    return [
        *more,
        *(entry(f"ou={name},{BASE}", "organizationalUnit", ou=name) for name in names),
        entry(
            BIND_DN,
            *("organizationalRole", "simpleSecurityObject"),
            cn="proxyagent",
            userPassword=BIND_PASSWORD,
        ),
    ]


def a_posix_account(person, **values) -> Attributes:
    uid = person.uids[0]
    common = {"sn": "Somebody", "uidNumber": "2000", "gidNumber": "500"}
    own = {"cn": person.cns, "uid": uid, "homeDirectory": "/home/somebody"}
    classes = ("inetOrgPerson", "posixAccount")
    return entry(person.dn.text, *classes, **(common | own | values))


# -- 389-DS

READ = f'allow (read, search, compare) userdn = "ldap:///{BIND_DN}";'
READABLE = f'(targetattr = "*")(version 3.0; acl "all for the reader"; {READ})'
HIDE = f'deny (all) userdn = "ldap:///{BIND_DN}";'
LOCK_HIDDEN = f'(targetattr = "nsAccountLock")(version 3.0; acl "no lock"; {HIDE})'


@pytest.fixture(scope="module")
def store_389() -> Iterator[tuple[EntryStore, int]]:
    """What is in a 389-DS, and its port."""
    tree = branches(entry(BASE, "domain", dc="wikimedia", aci=READABLE))
    with ds389(tree, suffix=BASE) as server, server.manager.connection() as connection:
        yield EntryStore(connection), server.port


class TestDs389(DirectoryContract):
    """389 Directory Server 2.3.1, asked by a reader who is under access rules."""

    rung = "service"
    folds_compatibility_letters = False
    folds_recent_letters = False
    ends_values_at_nul = True
    skips_byte_order_marks = True
    no_group_names = frozenset({"wm\x00f"})

    @pytest.fixture
    def given(self, store_389):
        store, port = store_389

        def made(people, groups=None, locked=frozenset(), hidden=frozenset()):
            store.replace(
                [self.entry(each, each.dn in locked, each.dn in hidden) for each in people],
                [self.group(name, members) for name, members in (groups or {}).items()],
            )
            sessions = ldap_sessions(port, bind_dn=BIND_DN, password=BIND_PASSWORD)
            return an_ldap_directory(sessions, BASE, DS_389)

        return made

    def entry(self, person, is_locked, is_hidden) -> Attributes:
        values = {"nsAccountLock": ["TRUE"] * is_locked, "aci": [LOCK_HIDDEN] * is_hidden}
        return a_posix_account(person, **values)

    def group(self, name, members) -> Attributes:
        dn = self.group_dn(name)
        listed = [member.text for member in members]
        return entry(dn, "groupOfNames", cn=Dn(dn).name[1], member=listed)


# -- OpenLDAP of RFC 2307

ADMIN = f"cn=admin,ou=profile,{BASE}"
HIDDEN = "whose shell is hidden"
RULES = f"""\
access to attrs=userPassword by anonymous auth by * none
access to filter="(description={HIDDEN})" attrs=loginShell by * none
access to * by dn.exact="{ADMIN}" write by * read"""


@pytest.fixture(scope="module")
def store_rfc2307() -> Iterator[tuple[EntryStore, int]]:
    """What is in an OpenLDAP without overlays, and its port."""
    top = entry(BASE, "dcObject", "organization", dc="wikimedia", o="Wikimedia")
    role = ("organizationalRole", "simpleSecurityObject")
    admin = entry(ADMIN, *role, cn="admin", userPassword=BIND_PASSWORD)
    tree = Entries((*branches(top), admin))
    with openldap(tree, acl=RULES, memberof=False, ppolicy=False) as server:
        login = Login(url=f"ldap://127.0.0.1:{server.port}", user=ADMIN, password=BIND_PASSWORD)
        with login.connection() as connection:
            yield EntryStore(connection), server.port


class TestRfc2307(DirectoryContract):
    """OpenLDAP 2.5.13 without overlays: groups list uids, and a shell is what locks."""

    rung = "service"
    lists_members_by_uid = True

    @pytest.fixture
    def given(self, store_rfc2307):
        store, port = store_rfc2307

        def made(people, groups=None, locked=frozenset(), hidden=frozenset()):
            store.replace(
                [self.entry(each, each.dn in locked, each.dn in hidden) for each in people],
                [self.group(name, members) for name, members in (groups or {}).items()],
            )
            return an_ldap_directory(ldap_sessions(port), BASE, UNIX)

        return made

    def entry(self, person, is_locked, is_hidden) -> Attributes:
        shell = "/bin/false" if is_locked else "/bin/bash"
        return a_posix_account(person, loginShell=shell, description=[HIDDEN] * is_hidden)

    def group(self, name, members) -> Attributes:
        dn = self.group_dn(name)
        uids = [member.name[1] for member in members]
        return entry(dn, "posixGroup", cn=Dn(dn).name[1], gidNumber="600", memberUid=uids)


# -- Samba


@attrs.define
class Domain:
    """A domain controller, and what it holds and shows."""

    server: SambaDomainController
    store: EntryStore
    is_hardened: bool = False

    def show_locks(self, *, to_readers: bool) -> None:
        if self.is_hardened is to_readers:
            (self.server.soften if to_readers else self.server.harden)()
            self.is_hardened = not to_readers


@pytest.fixture(scope="module")
def domain() -> Iterator[Domain]:
    """
    A domain controller with two people who are in a group, as in every domain.

    Without them nobody's `memberOf` shows, which could be hidden as well.
    """
    names = ("people", "groups", "servicegroups", "others")
    inner = [f"OU={uid},OU=people" for uid in "abc"]
    others = [ad.person(uid, parent=f"OU=people,{ad.BASE}", password=None) for uid in ("y", "z")]
    group = f"CN=others,OU=others,{ad.BASE}"
    tree = [
        *(
            entry(f"{name},{ad.BASE}", "organizationalUnit")
            for name in (*(f"OU={each}" for each in names), *inner)
        ),
        ad.person("glaab", parent=f"OU=others,{ad.BASE}"),
        *others,
        entry(group, "group", sAMAccountName="others", member=[dn for dn, _ in others]),
    ]
    try:
        with domain_controller(tree) as server, server.administrator.connection() as connection:
            yield Domain(server, EntryStore(connection))
    except PermissionError:
        pytest.skip("Samba listens on ports 389 and 636, which takes root")


class TestSamba(DirectoryContract):
    """Samba 4.17.12, asked by an ordinary account."""

    rung = "service"
    base = ad.BASE
    people_branch = "OU=people"
    groups_branch = "OU=groups"
    servicegroups_branch = "OU=servicegroups"
    named_by = CN
    folds_compatibility_letters = False
    folds_recent_letters = False
    ends_values_at_nul = True
    compares_in_capitals = True
    holds_several_cns = False
    lists_who_has_no_entry = False
    no_group_names = frozenset({"q&a, (all)*", 'a+b\\"c"'})
    hides_single_entries = False
    many_members = 210

    @pytest.fixture
    def given(self, domain):
        def made(people, groups=None, locked=frozenset(), hidden=frozenset()):
            domain.show_locks(to_readers=not hidden)
            domain.store.replace(
                [self.entry(each, each.dn in locked) for each in people],
                [self.group(name, members) for name, members in (groups or {}).items()],
            )
            sessions = ldap_sessions(
                LdapServer(domain.server.host, domain.server.tls_port, tls=True),
                bind_dn=ad.READER,
                password=ad.PASSWORD,
                ca_file=domain.server.ca_file,
                is_active_directory=True,
            )
            return an_ldap_directory(sessions, ad.BASE, ACTIVE_DIRECTORY)

        return made

    def entry(self, person, is_locked) -> Attributes:
        control = "546" if is_locked else "544"
        values = {"sAMAccountName": person.uids[0], "userAccountControl": control}
        return entry(person.dn.text, "user", **values)

    def group(self, name, members) -> Attributes:
        dn = self.group_dn(name)
        listed = [member.text for member in members]
        return entry(dn, "group", sAMAccountName=Dn(dn).name[1], member=listed)
