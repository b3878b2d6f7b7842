"""A tree in the shape of FreeIPA's, with its schema and who may read what; people are invented."""

from uuid import NAMESPACE_DNS, uuid5

from tests.contract.services.entries import Attributes, entry

BASE = "dc=ipa,dc=example,dc=org"
PEOPLE = f"cn=users,cn=accounts,{BASE}"
GROUPS = f"cn=groups,cn=accounts,{BASE}"
PRESERVED = f"cn=deleted users,cn=accounts,cn=provisioning,{BASE}"
STAGED = f"cn=staged users,cn=accounts,cn=provisioning,{BASE}"
REALM = "IPA.EXAMPLE.ORG"

PASSWORD = "reader's Passw0rd ½"
READER = f"uid=reader,cn=sysaccounts,cn=etc,{BASE}"
"""Sees of people and groups what every account of FreeIPA sees."""
BLIND = f"uid=blind,cn=sysaccounts,cn=etc,{BASE}"
"""Sees the same, but no lock and no expiration."""
READ_ALL = f"uid=readall,cn=sysaccounts,cn=etc,{BASE}"
"""Sees of people and groups every attribute, whatever it is called."""
PRIVILEGED = f"uid=privileged,cn=sysaccounts,cn=etc,{BASE}"
"""Sees staged, preserved and hidden people and groups as well."""

SCHEMA = """\
dn: cn=schema
attributeTypes: ( 1.3.6.1.4.1.4203.666.2.1 NAME 'ipaUniqueID' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectClasses: ( 1.3.6.1.4.1.4203.666.2.2 NAME 'ipaObject' AUXILIARY MUST ipaUniqueID )
objectClasses: ( 1.3.6.1.4.1.4203.666.2.3 NAME 'ipaUser' AUXILIARY MUST uid )
objectClasses: ( 1.3.6.1.4.1.4203.666.2.4 NAME 'nestedGroup' SUP groupOfNames STRUCTURAL
  MAY memberOf )
objectClasses: ( 1.3.6.1.4.1.4203.666.2.5 NAME 'ipaUserGroup' SUP nestedGroup STRUCTURAL )
"""
"""What the tree needs besides the server's own schema and its `60kerberos.ldif`."""

_NAMES = (
    "objectClass || cn || uid || sn || givenName || displayName || uidNumber || gidNumber"
    " || homeDirectory || loginShell || gecos || employeeNumber || dc || description"
)
_LINKS = "member || memberOf || mail || krbPrincipalName || ipaUniqueID"
_LOCKS = "nsAccountLock || krbPrincipalExpiration || krbPasswordExpiration"
_ANYBODY = 'userdn = "ldap:///anyone"'
_BOUND = 'userdn = "ldap:///all"'


def person_dn(uid: str) -> str:
    return f"uid={uid},{PEOPLE}"


def group_dn(name: str) -> str:
    return f"cn={name},{GROUPS}"


def person(
    uid: str, cn: str = "", *, rdn: str = "", parent: str = PEOPLE, **values: str
) -> Attributes:
    """Somebody who has an e-mail address, a principal and a unique identifier."""
    cn = cn or uid
    return entry(
        f"{rdn or f'uid={uid}'},{parent}",
        *("person", "organizationalPerson", "inetOrgPerson", "inetUser", "posixAccount"),
        *("krbPrincipalAux", "krbTicketPolicyAux", "ipaObject", "ipaUser"),
        uid=uid,
        cn=cn,
        sn=cn.split()[-1],
        uidNumber="5000",
        gidNumber="5000",
        homeDirectory=f"/home/{uid}",
        loginShell="/bin/sh",
        mail=f"{uid}@example.org",
        krbPrincipalName=f"{uid}@{REALM}",
        ipaUniqueID=str(uuid5(NAMESPACE_DNS, f"{uid}.example.org")),
        **values,
    )


def group(name: str, *members: str) -> Attributes:
    """A group of these DNs; it may be empty."""
    return entry(
        group_dn(name),
        *("groupOfNames", "nestedGroup", "ipaUserGroup", "ipaObject"),
        cn=name,
        member=members,
        ipaUniqueID=str(uuid5(NAMESPACE_DNS, f"{name}.groups.example.org")),
    )


def tree() -> list[Attributes]:
    """All entries, parents before children."""
    return [*_skeleton(), *_people(), *_groups()]


def _skeleton() -> list[Attributes]:
    containers = [
        f"cn=etc,{BASE}",
        f"cn=sysaccounts,cn=etc,{BASE}",
        f"cn=provisioning,{BASE}",
        f"cn=accounts,cn=provisioning,{BASE}",
        PRESERVED,
        STAGED,
    ]
    return [
        entry(BASE, "domain", dc="ipa", aci=_rules_of_everything()),
        entry(f"cn=accounts,{BASE}", "nsContainer", cn="accounts", aci=_rules_of_accounts()),
        entry(PEOPLE, "nsContainer", cn="users", aci=_hidden(person_dn("hilda"))),
        entry(GROUPS, "nsContainer", cn="groups", aci=_hidden(group_dn("hidden"))),
        *(entry(dn, "nsContainer", cn=dn[3:].split(",")[0]) for dn in containers),
        *(
            entry(
                dn,
                "account",
                "simpleSecurityObject",
                uid=dn[4:].split(",")[0],
                userPassword=PASSWORD,
            )
            for dn in (READER, BLIND, READ_ALL, PRIVILEGED)
        ),
    ]


def _people() -> list[Attributes]:
    return [
        person("alice", "Alice Anders"),
        person("bob", "Bob Berg", nsAccountLock="TRUE"),
        person("carol", "Carol Czerny", nsAccountLock="FALSE"),
        person("dave", "Dave Dorn", krbPrincipalExpiration="20200101000000Z"),
        person("erin", "Erin Eber", krbPrincipalExpiration="20991231235959Z"),
        person("hilda", "Hilda Hidden"),
        person("mia", "Mia Moor", rdn="mail=mia@example.org"),
        person("nora", "Nolan, Nora", rdn=r"cn=Nolan\, Nora"),
        person("max", "Max Moor", rdn="uid=max+employeeNumber=42", employeeNumber="42"),
        person("gina", "Gina Gone", parent=PRESERVED, nsAccountLock="TRUE"),
        person("hank", "Hank Hopeful", parent=STAGED, nsAccountLock="TRUE"),
    ]


def _groups() -> list[Attributes]:
    """Members need not exist when they are written, so that a cycle can be."""
    return [
        group("devs", person_dn("alice"), person_dn("bob"), person_dn("dave")),
        group("alldevs", group_dn("devs"), person_dn("carol")),
        group("cycle1", group_dn("cycle2")),
        group("cycle2", group_dn("cycle1"), person_dn("erin")),
        group("empty"),
        group("hidden", person_dn("alice"), person_dn("erin")),
    ]


def _rules_of_everything() -> list[str]:
    seen = f"{_NAMES} || {_LINKS} || {_LOCKS} || krbLoginFailedCount"
    return [
        _rule("everything for the privileged", seen, f'userdn = "ldap:///{PRIVILEGED}"'),
    ]


def _rules_of_accounts() -> list[str]:
    sighted = f'{_BOUND} and userdn != "ldap:///{BLIND}"'
    return [
        _rule("names for anybody", _NAMES, _ANYBODY),
        _rule("links for the bound", _LINKS, _BOUND),
        _rule("locks for the bound but the blind", _LOCKS, f"({sighted})"),
        _rule("all attributes for one reader", "*", f'userdn = "ldap:///{READ_ALL}"'),
    ]


def _rule(name: str, attributes: str, subject: str) -> str:
    allowed = f"allow (read, search, compare) {subject};"
    return f'(targetattr = "{attributes}")(version 3.0; acl "{name}"; {allowed})'


def _hidden(dn: str) -> str:
    refused = f'deny (all) userdn != "ldap:///{PRIVILEGED}";'
    return f'(target = "ldap:///{dn}")(targetattr = "*")(version 3.0; acl "hide"; {refused})'
