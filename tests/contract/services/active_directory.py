"""People, groups and readers in an Active Directory; all are invented."""

from tests.contract.services.entries import Attributes, entry

BASE = "DC=ad,DC=example,DC=org"
PEOPLE = f"OU=Staff,{BASE}"
GROUPS = f"OU=Roles,{BASE}"
DOMAIN = "ad.example.org"

PASSWORD = "reader's Passw0rd ½"
READER = f"glaab@{DOMAIN}"
"""An ordinary account: it sees what "Authenticated Users" see."""
LOCKED_OUT = f"frank@{DOMAIN}"
"""Whom three wrong passwords lock out, once the server runs."""

AUTHENTICATED_USERS = f"CN=S-1-5-11,CN=ForeignSecurityPrincipals,{BASE}"
COMPATIBLE_ACCESS = f"CN=Pre-Windows 2000 Compatible Access,CN=Builtin,{BASE}"
"""The group through which ordinary accounts see the locks of others, unless it was hardened."""

_NORMAL = "512"
_NO_PASSWORD = "544"
_DISABLED = "514"
_IN_2020 = "132223104000000000"
_NEVER = "0"


def person_dn(cn: str) -> str:
    return f"CN={cn},{PEOPLE}"


def group_dn(name: str) -> str:
    return f"CN={name},{GROUPS}"


def person(
    name: str,
    cn: str = "",
    *,
    parent: str = PEOPLE,
    password: str | None = PASSWORD,
    **values: str,
) -> Attributes:
    """Somebody whose `sAMAccountName` is *name*; without a password four times as fast to add."""
    cn = cn or name
    control = _NORMAL if password else _NO_PASSWORD
    return entry(
        f"CN={cn},{parent}",
        "user",
        sAMAccountName=name,
        userPrincipalName=f"{name}@{DOMAIN}",
        mail=f"{name}@example.org",
        unicodePwd=[f'"{password}"'.encode("utf-16-le")] if password else [],
        **{"userAccountControl": control} | values,
    )


def group(name: str, *members: str) -> Attributes:
    """A group of these DNs, who must exist; it may be empty."""
    return entry(group_dn(name), "group", sAMAccountName=name, member=members)


def tree() -> list[Attributes]:
    """All entries, parents before children and members before groups."""
    return [
        *(
            entry(f"OU={name},{BASE}", "organizationalUnit")
            for name in ("Staff", "Roles", "Service")
        ),
        person("glaab", parent=f"OU=Service,{BASE}"),
        person("alice", "Alice Anders"),
        person("bob", "Bob Berg", userAccountControl=_DISABLED),
        person("carol", "Carol Czerny"),
        person("dave", "Dave Dorn", accountExpires=_IN_2020),
        person("erin", "Erin Eber", accountExpires=_NEVER),
        person("frank", "Frank Falk"),
        person("nora", r"Nolan\, Nora"),
        person("paul", "Paul Primary"),
        group("devs", *map(person_dn, ("Alice Anders", "Bob Berg", "Dave Dorn"))),
        group("alldevs", group_dn("devs"), person_dn("Carol Czerny")),
        group("cycle1"),
        group("cycle2", group_dn("cycle1"), person_dn("Erin Eber")),
        group("empty"),
        group("primary", person_dn("Paul Primary")),
    ]
