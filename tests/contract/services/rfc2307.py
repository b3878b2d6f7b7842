"""A real OpenLDAP with people and groups as Unix knows them (RFC 2307), and no overlay at all."""

from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from tests.contract.services.entries import Attributes, Value, entry, ldif
from tests.contract.services.openldap import OpenLdap, openldap

BASE = "dc=nis,dc=example,dc=org"
PEOPLE = f"ou=people,{BASE}"
GROUPS = f"ou=groups,{BASE}"

PASSWORD = "reader's Passw0rd ½"
READER = f"cn=reader,{BASE}"
"""Who alone may read `shadowExpire`."""

RULES = f"""\
access to attrs=userPassword by anonymous auth by * none
access to attrs=shadowExpire by dn.exact="{READER}" read by * none
access to * by * read"""


@attrs.frozen
class Entries:
    """What is in the directory, parents before children."""

    entries: tuple[Attributes, ...]

    def ldif(self) -> str:
        return ldif(self.entries)


def person_dn(uid: str) -> str:
    return f"uid={uid},{PEOPLE}"


def group_dn(name: str) -> str:
    return f"cn={name},{GROUPS}"


def person(uid: str, cn: str = "", **values: Value | list[Value]) -> Attributes:
    """Somebody with a shell, and neither an expiration nor a type of employment."""
    cn = cn or uid
    common = {"uidNumber": "1000", "gidNumber": "500", "homeDirectory": f"/home/{uid}"}
    own = {"uid": uid, "cn": cn, "sn": cn.split()[-1], "loginShell": "/bin/bash"}
    classes = ("inetOrgPerson", "posixAccount", "shadowAccount")
    return entry(person_dn(uid), *classes, **(common | own | values))


def unix_group(name: str, number: int, *uids: str) -> Attributes:
    """A `posixGroup`; its members are names, which need not be anybody's."""
    return entry(group_dn(name), "posixGroup", cn=name, gidNumber=str(number), memberUid=uids)


def group(name: str, *members: str) -> Attributes:
    """A `groupOfNames` of these DNs."""
    return entry(group_dn(name), "groupOfNames", cn=name, member=members)


def unique_group(name: str, *members: str) -> Attributes:
    """A `groupOfUniqueNames`; each member is a DN, with `#'0101'B` after it or not."""
    return entry(group_dn(name), "groupOfUniqueNames", cn=name, uniqueMember=members)


def tree() -> Entries:
    return Entries((*_skeleton(), *_people(), *_groups()))


def _skeleton() -> tuple[Attributes, ...]:
    reader = {"cn": "reader", "userPassword": PASSWORD}
    return (
        entry(BASE, "dcObject", "organization", dc="nis", o="Example"),
        entry(PEOPLE, "organizationalUnit", ou="people"),
        entry(GROUPS, "organizationalUnit", ou="groups"),
        entry(READER, "organizationalRole", "simpleSecurityObject", **reader),
    )


def _people() -> tuple[Attributes, ...]:
    return (
        person("alice", "Alice Anders"),
        person("bob", "Bob Berg", loginShell="/bin/false"),
        person("carol", "Carol Czerny", shadowExpire="1"),
        person("dave", "Dave Dorn", shadowExpire="99999"),
        person("erin", "Erin Eber", shadowExpire="-1"),
        person("frank", "Frank Falk", employeeType="inactive"),
        person("gina", "Gina Gold", loginShell="/usr/sbin/nologin"),
        person(
            "holly", "Holly Holt", loginShell="/sbin/nologin", employeeType=["staff", "Inactive"]
        ),
        person("paul", "Paul Primary", gidNumber="501"),
    )


def _groups() -> tuple[Attributes, ...]:
    return (
        unix_group("devs", 600, "alice", "bob", "ghost"),
        unix_group("loud", 601, "ALICE", "carol"),
        unix_group("staff", 501),
        unique_group("unique", person_dn("alice"), f"{person_dn('carol')}#'0101'B"),
        group("names", person_dn("alice"), person_dn("bob")),
        group("allnames", group_dn("names"), person_dn("carol")),
        group("cycle1", group_dn("cycle2")),
        group("cycle2", group_dn("cycle1"), person_dn("erin")),
    )


@contextmanager
def rfc2307() -> Iterator[OpenLdap]:
    """OpenLDAP with the tree, on a plain port and one with TLS, until the block ends."""
    with openldap(
        tree(), tls=True, acl=RULES, memberof=False, ppolicy=False, suffix=BASE
    ) as server:
        yield server
