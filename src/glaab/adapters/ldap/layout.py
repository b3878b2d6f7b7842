"""How a directory is laid out, as a value: where people and groups are, and what locks an entry."""

from collections.abc import Mapping
from enum import StrEnum

import attrs

from glaab.adapters.ldap.lock_tests import LockTest, LockTestKind
from glaab.domain.names import CN, DN, UID, NameKind
from glaab.domain.sources.directory import KRB_PRINCIPAL_NAME, OBJECT_GUID


class ServerKind(StrEnum):
    """What proves that an entry is not locked depends on it."""

    OPENLDAP = "openldap"
    DS_389 = "389-ds"
    """389 Directory Server, FreeIPA's too."""
    ACTIVE_DIRECTORY = "active-directory"
    """Samba, too."""


@attrs.frozen(kw_only=True)
class LdapLayout:
    """One kind of directory, of any base or of one."""

    server: ServerKind
    people: str
    """The branch: what comes before the base, empty for the base itself; or the whole DN."""
    people_filter: str = ""
    """Of all that bears a name below `people`; empty for any entry."""
    keys: tuple[NameKind, ...] = ()
    """What people can be asked for by, besides their cn, uid and dn."""
    uid: str = "uid"
    """The attribute that is somebody's uid to people and to other systems."""
    groups: str
    group_filter: str = ""
    group_name: str = "cn"
    member: str = "member"
    """Holds DNs, or uids if it is `memberUid`."""
    nested: bool = False
    """True if the members of groups in a group are its members."""
    locked: tuple[LockTest, ...]
    """Any one that holds means locked."""

    def below(self, base_dn: str) -> "LdapLayout":
        """The layout of one directory: its branches are whole DNs."""
        people, groups = (f"{each},{base_dn}" if each else base_dn for each in self.branches)
        return attrs.evolve(self, people=people, groups=groups)

    @property
    def branches(self) -> tuple[str, str]:
        """Where people are, and where groups are."""
        return self.people, self.groups

    def attribute(self, kind: NameKind) -> str:
        """The attribute that holds names of this kind; DNs are found by what they begin with."""
        return {UID: self.uid, DN: self.uid}.get(kind, kind)

    @property
    def lists_uids(self) -> bool:
        """True if groups list uids, not DNs."""
        return self.member == "memberUid"

    @property
    def all_keys(self) -> tuple[NameKind, ...]:
        """Everything that people can be asked for by."""
        return (CN, UID, DN, *self.keys)

    @property
    def is_active_directory(self) -> bool:
        """True if only values that were read prove anything, and other rules hold for filters."""
        return self.server is ServerKind.ACTIVE_DIRECTORY


# -- the presets

_PRESENT, _EQUALS = LockTestKind.PRESENT, LockTestKind.EQUALS
WIKIMEDIA = LdapLayout(
    server=ServerKind.OPENLDAP,
    people="ou=people",
    groups="ou=groups",
    locked=(
        LockTest("pwdPolicySubentry", _PRESENT, ()),
        LockTest("pwdAccountLockedTime", _PRESENT, ()),
    ),
)
PRESETS: Mapping[str, LdapLayout] = {
    "wikimedia": WIKIMEDIA,
    "freeipa": LdapLayout(
        server=ServerKind.DS_389,
        people="cn=users,cn=accounts",
        keys=(KRB_PRINCIPAL_NAME, NameKind("ipaUniqueID")),
        groups="cn=groups,cn=accounts",
        group_filter="(objectClass=ipausergroup)",
        nested=True,
        locked=(
            LockTest("nsAccountLock", _EQUALS, ("TRUE",)),
            LockTest("krbPrincipalExpiration", LockTestKind.BEFORE_NOW, ("generalized",)),
        ),
    ),
    "active-directory": LdapLayout(
        server=ServerKind.ACTIVE_DIRECTORY,
        people="",
        people_filter="(objectCategory=person)(objectClass=user)",
        keys=(NameKind("sAMAccountName"), NameKind("userPrincipalName"), OBJECT_GUID),
        uid="sAMAccountName",
        groups="",
        group_filter="(objectCategory=group)",
        group_name="sAMAccountName",
        nested=True,
        locked=(
            LockTest("userAccountControl", LockTestKind.BIT, ("2",)),
            LockTest("accountExpires", LockTestKind.BEFORE_NOW, ("filetime",)),
        ),
    ),
    "rfc2307": LdapLayout(
        server=ServerKind.OPENLDAP,
        people="ou=people",
        groups="ou=groups",
        group_filter="(objectClass=posixGroup)",
        member="memberUid",
        locked=(),
    ),
}
