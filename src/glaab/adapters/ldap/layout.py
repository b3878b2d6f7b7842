"""How a directory is laid out, as a value: where people and groups are, and what locks an entry."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import assert_never

import attrs

from glaab.adapters.ldap.filters import Term, none_of, present
from glaab.domain.names import CN, DN, UID, NameKind
from glaab.domain.sources.directory import KRB_PRINCIPAL_NAME, OBJECT_GUID


class ServerKind(StrEnum):
    """What proves that an entry is not locked depends on it."""

    OPENLDAP = "openldap"
    DS_389 = "389-ds"
    """389 Directory Server, FreeIPA's too."""
    ACTIVE_DIRECTORY = "active-directory"
    """Samba, too."""


class LockTestKind(StrEnum):
    """What about an attribute means that its entry is locked."""

    PRESENT = "present"
    EQUALS = "equals"
    IN = "in"
    BIT = "bit"
    BEFORE_NOW = "before_now"


@attrs.frozen
class LockTest:
    """An attribute, and what about its values means that the entry is locked."""

    attribute: str
    kind: LockTestKind
    operands: tuple[str, ...]
    """The values, the mask or the unit."""

    def negation(self) -> str:
        """A filter for entries without the attribute, or without a value that means locked."""
        if self.kind in (LockTestKind.EQUALS, LockTestKind.IN):
            return none_of(Term(self.attribute, each) for each in self.operands)
        return f"(!{present(self.attribute)})"

    def holds(self, value: str, now: datetime) -> bool:
        """True if this value means locked; raises ValueError if it cannot be understood."""
        match self.kind:
            case LockTestKind.PRESENT:
                return True
            case LockTestKind.EQUALS | LockTestKind.IN:
                return value.casefold() in map(str.casefold, self.operands)
            case LockTestKind.BIT:
                return bool(_number(value) & int(self.operands[0]))
            case LockTestKind.BEFORE_NOW:
                moment = TIME_UNITS[self.operands[0]](value)
                return moment is not None and moment < now
            case _:
                assert_never(self.kind)


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


# -- times

_NUMBER = re.compile(r"-?[0-9]+")
_DIGITS_OF_TIME = re.compile(r"[0-9]{10}(?:[0-9]{2}){0,2}(?:[.,][0-9]+)?")
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_FILETIME_NEVER = frozenset({0, 9_223_372_036_854_775_807})
_MOST_DAYS = 2_900_000
"""Until the year 9909: what counts more is no count of days."""
_DAYS_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _generalized(value: str) -> datetime:
    """As in RFC 4517: `20261127101500Z`; minutes, seconds and fractions may be missing."""
    digits, zone = value, "+0000"
    if value.endswith("Z"):
        digits = value[:-1]
    elif value[-5:-4] in ("+", "-"):
        digits, zone = value[:-5], value[-5:]
    else:
        raise ValueError(f"{value} has no zone")
    if not _DIGITS_OF_TIME.fullmatch(digits):
        raise ValueError(f"{value} is not a date and a time")
    whole = re.split("[.,]", digits)[0]
    return datetime.strptime(whole.ljust(14, "0") + zone, "%Y%m%d%H%M%S%z")


def _filetime(value: str) -> datetime | None:
    """In 100 ns since 1601, as Active Directory has it; None for never."""
    ticks = _number(value)
    if ticks in _FILETIME_NEVER:
        return None
    return _since(_FILETIME_EPOCH, microseconds=ticks // 10)


def _days(value: str) -> datetime | None:
    """In days since 1970, as `shadowExpire`; None for never, which is -1."""
    days = _number(value)
    if days > _MOST_DAYS:
        raise ValueError(f"{value} days are more than there are")
    return None if days == -1 else _since(_DAYS_EPOCH, days=days)


def _since(epoch: datetime, **span: int) -> datetime | None:
    """None for what is later than the last year that there is; what is too early is the epoch."""
    try:
        return epoch + timedelta(**span)
    except OverflowError:
        return None if all(each > 0 for each in span.values()) else epoch


def _number(value: str) -> int:
    """A whole number as LDAP has it, which is more narrow than Python's."""
    if not _NUMBER.fullmatch(value):
        raise ValueError(f"{value} is not a whole number")
    return int(value)


TIME_UNITS: Mapping[str, Callable[[str], datetime | None]] = {
    "generalized": _generalized,
    "filetime": _filetime,
    "days": _days,
}

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
