"""`[directory]` of a policy file: a preset by name, and the fields that replace it."""

from collections.abc import Iterable, Iterator
from typing import Any, assert_never

import attrs

from glaab.adapters.integration import PolicyTable
from glaab.adapters.ldap.filters import is_attribute
from glaab.adapters.ldap.layout import PRESETS, WIKIMEDIA, LdapLayout, ServerKind
from glaab.adapters.ldap.lock_tests import TIME_UNITS, LockTest, LockTestKind
from glaab.adapters.toml_file import Content, one_of, table
from glaab.domain.names import CN, DN, UID, Dn, NameKind, is_dn
from glaab.domain.sources.directory import KRB_PRINCIPAL_NAME, LOCKED, OBJECT_GUID

_MEMBERS = ("member", "uniqueMember", "memberUid")
_ON_EVERYBODY = {
    "userAccountControl": LockTestKind.BIT,
    "msDS-User-Account-Control-Computed": LockTestKind.BIT,
    "accountExpires": LockTestKind.BEFORE_NOW,
}
"""The attributes of Active Directory that every account has, so that reading them proves."""
_SPELLING = {kind.lower(): kind for kind in (CN, UID, DN, KRB_PRINCIPAL_NAME, OBJECT_GUID)}
"""Of the keys that have an equality of their own."""
_MOST_BITS = 32
_DEFAULT = "wikimedia"


@attrs.frozen(kw_only=True)
class LayoutTable(PolicyTable):
    """What is None is as the preset has it."""

    layout: str = _DEFAULT
    server: str | None = None
    people: str | None = None
    people_filter: str | None = None
    keys: tuple[str, ...] | None = None
    uid: str | None = None
    groups: str | None = None
    group_filter: str | None = None
    group_name: str | None = None
    member: str | None = None
    nested: bool | None = None
    locked: tuple[dict[str, Any], ...] | None = None

    @classmethod
    def problems(cls, content: Content, policy: Content) -> Iterator[str]:
        layout = content.get("layout", _DEFAULT)
        if isinstance(layout, str) and layout not in PRESETS:
            yield f"directory.layout: it is {one_of(PRESETS)}, not {_quoted(layout)}"
        preset = _preset(content)
        yield from _wrong_words(content)
        yield from _wrong_branches(content)
        nested, member = content.get("nested", preset.nested), content.get("member", preset.member)
        if nested is True and member == "memberUid":
            yield "directory.nested: memberUid lists people alone, so set nested = false"
        server = content.get("server")
        kind = server if server in [*ServerKind] else preset.server
        locked, is_ad = content.get("locked"), kind == ServerKind.ACTIVE_DIRECTORY
        if is_ad and member in ("uniqueMember", "memberUid"):
            yield 'directory.member: on Active Directory groups have "member" alone'
        if isinstance(locked, list):
            for position, test in enumerate(locked):
                for problem in _wrong_test(test, on_active_directory=is_ad):
                    yield f"directory.locked[{position}]: {problem}"
        elif is_ad and preset.locked and kind != preset.server:
            yield "directory.locked: say what means locked there; the preset's tests prove nothing"
        if table(policy, "veto").get(LOCKED.key) and not content.get("locked", preset.locked):
            yield (
                f"veto.{LOCKED.key}: this layout has no test of what is locked; add"
                " directory.locked, or take the veto out"
            )

    @classmethod
    def kinds(cls, content: Content) -> tuple[NameKind, ...]:
        preset, keys = _preset(content), content.get("keys")
        if isinstance(keys, list | tuple):
            names = [each for each in keys if isinstance(each, str) and is_attribute(each)]
            preset = attrs.evolve(preset, keys=_keys(names))
        return preset.all_keys

    def value(self) -> LdapLayout:
        """The layout; of another `member` than the preset's, a group is whatever has one."""
        changes = {
            name: value
            for name, value in attrs.asdict(self, recurse=False).items()
            if value is not None and name != "layout"
        }
        if self.member and self.group_filter is None:
            changes["group_filter"] = f"({self.member}=*)"
        if self.server:
            changes["server"] = ServerKind(self.server)
        if self.keys is not None:
            changes["keys"] = _keys(self.keys)
        if self.locked is not None:
            changes["locked"] = tuple(map(_lock_test, self.locked))
        return attrs.evolve(PRESETS[self.layout], **changes)


def _preset(content: Content) -> LdapLayout:
    """The preset that is named; the default if that is none."""
    layout = content.get("layout", _DEFAULT)
    return PRESETS.get(layout, WIKIMEDIA) if isinstance(layout, str) else WIKIMEDIA


def _keys(names: Iterable[str]) -> tuple[NameKind, ...]:
    kinds = (_SPELLING.get(name.lower(), NameKind(name)) for name in names)
    return tuple(kind for kind in kinds if kind not in (CN, UID, DN))


def _lock_test(content: Content) -> LockTest:
    (kind,) = (each for each in LockTestKind if each in content)
    operand = content[kind]
    operands = operand if isinstance(operand, list) else [operand]
    if kind is LockTestKind.PRESENT:
        operands = []
    return LockTest(content["attribute"], kind, tuple(map(str, operands)))


def _wrong_words(content: Content) -> Iterator[str]:
    """Fields that hold one of several words, or the names of attributes."""
    for key, words in (("server", [*ServerKind]), ("member", _MEMBERS)):
        value = content.get(key)
        if isinstance(value, str) and value not in words:
            yield f"directory.{key}: it is {one_of(words)}, not {_quoted(value)}"
    keys = content.get("keys")
    names = {f"keys[{i}]": each for i, each in enumerate(keys)} if isinstance(keys, list) else {}
    for key, name in (names | {key: content.get(key) for key in ("uid", "group_name")}).items():
        if isinstance(name, str) and not is_attribute(name):
            yield f"directory.{key}: {_quoted(name)} cannot be the name of an attribute"


def _wrong_branches(content: Content) -> Iterator[str]:
    for key in ("people", "groups"):
        branch = content.get(key)
        if isinstance(branch, str) and branch and not _is_branch(branch):
            yield (
                f"directory.{key}: {_quoted(branch)} is no distinguished name; it looks like"
                " ou=people, or is empty for LDAP_BASE_DN itself"
            )
    for key in ("people_filter", "group_filter"):
        text = content.get(key)
        if isinstance(text, str) and text and not _is_filter(text):
            yield f"directory.{key}: {_quoted(text)} is no LDAP filter; it looks like (cn=x)"


def _is_branch(text: str) -> bool:
    """True if it is a DN to which a base can be added: no backslash at its end."""
    return is_dn(text) and Dn(f"{text},dc=x").is_below(Dn("dc=x"))


def _is_filter(text: str) -> bool:
    from ldap3.core.exceptions import LDAPInvalidFilterError
    from ldap3.operation.search import compile_filter, parse_filter

    try:
        parsed = parse_filter(f"(&{text})", None, False, False, None, False)  # noqa: FBT003  # ldap3's
        compile_filter(parsed.elements[0])
    except (LDAPInvalidFilterError, RecursionError):
        return False
    return text.startswith("(")


def _wrong_test(test: object, *, on_active_directory: bool) -> Iterator[str]:
    """What is wrong with one entry of `locked`."""
    if not isinstance(test, dict):
        return
    attribute = test.get("attribute")
    if not isinstance(attribute, str) or not is_attribute(attribute):
        yield "attribute: name an attribute of people's entries"
    elif on_active_directory and not _proves_on_active_directory(attribute, test):
        yield (
            "on Active Directory only what every account has proves anything: test a bit of"
            " userAccountControl or msDS-User-Account-Control-Computed, or accountExpires"
            ' by before_now = "filetime"'
        )
    kinds = [*LockTestKind]
    if unknown := test.keys() - {"attribute", *kinds}:
        yield f"unknown key {', '.join(sorted(unknown))}"
    given = [kind for kind in kinds if kind in test]
    if len(given) != 1:
        yield f"it needs one of {', '.join(kinds)}, and has {len(given)}"
    for kind in given:
        if problem := _wrong_operand(kind, test[kind]):
            yield f"{kind}: {problem}"


def _proves_on_active_directory(attribute: str, test: Content) -> bool:
    kind = _ON_EVERYBODY.get(attribute)
    return kind in test and test.get(LockTestKind.BEFORE_NOW, "filetime") == "filetime"


def _wrong_operand(kind: LockTestKind, operand: object) -> str:
    match kind:
        case LockTestKind.PRESENT:
            return "" if operand is True else "it can only be true"
        case LockTestKind.EQUALS:
            return "" if isinstance(operand, str) and operand else "give a value in quotes"
        case LockTestKind.IN:
            values = operand if isinstance(operand, list) else []
            is_well = values and all(isinstance(each, str) and each for each in values)
            return "" if is_well else "give a list of values in quotes"
        case LockTestKind.BIT:
            mask = operand if isinstance(operand, int) and operand is not True else 0
            is_mask = 0 < mask < 2**_MOST_BITS
            return "" if is_mask else "give a mask, as a whole number: 2 is the second bit"
        case LockTestKind.BEFORE_NOW:
            is_unit = isinstance(operand, str) and operand in TIME_UNITS
            return "" if is_unit else f"it is {one_of(TIME_UNITS)}"
        case _:
            assert_never(kind)


def _quoted(value: object) -> str:
    return f'"{value}"'
