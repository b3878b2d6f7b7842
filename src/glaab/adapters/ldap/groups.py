"""Who is in a group: by its list, by the groups in it, or by what people's entries say."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

import attrs

from glaab.adapters.ldap.entries import Entry, NoSuchObject, SizeLimitExceeded
from glaab.adapters.ldap.failover import in_batches
from glaab.adapters.ldap.filters import (
    Term,
    any_of,
    can_be_asked,
    escaped,
    escaped_in_dn,
)
from glaab.adapters.ldap.layout import LdapLayout, ServerKind
from glaab.adapters.ldap.people_by_dn import terms_by_dn
from glaab.adapters.ldap.session import LdapSession
from glaab.adapters.ldap.silent_groups import explained
from glaab.domain.evidence import Unknown
from glaab.domain.names import Dn, same_name
from glaab.domain.sources.directory import Member

_MOST_GROUPS = 200
"""In one group, directly or not."""
_IN_CHAIN = "1.2.840.113556.1.4.1941"
"""The matching rule of Active Directory and Samba that follows groups in groups."""


@attrs.frozen(kw_only=True)
class Groups:
    """The groups of one server."""

    session: LdapSession
    layout: LdapLayout
    """Of this directory."""

    def memberships(
        self, group: str, people: Collection[Member]
    ) -> Mapping[Member, bool | Unknown]:
        """True for each of *people* who is in the group, by its name or full DN."""
        dn = self._dn(group)
        if isinstance(dn, Unknown):
            return dict.fromkeys(people, dn)
        keeps_it = self.layout.server is not ServerKind.OPENLDAP and self.layout.member == "member"
        if self.layout.nested and keeps_it:
            by_entries = self._by_entries(dn, people)
            if by_entries is not None:
                return by_entries
        return self._by_lists(dn, people)

    def size(self, group: str) -> int | Unknown:
        """How many values the group's own list has, if it can be told who is in it."""
        dn = self._dn(group)
        values = dn if isinstance(dn, Unknown) else self._list(dn)
        if isinstance(values, Unknown):
            return values if isinstance(dn, Unknown) else self._explained(values, dn)
        if self.layout.nested and self.layout.is_active_directory and not self._shows_member_of:
            return _hidden(group)
        return len(values)

    def _dn(self, group: str) -> str | Unknown:
        """Where the group is; Active Directory finds it by its name, as nobody else can have it."""
        if not can_be_asked(group):
            return Unknown(f"no group can have the name {group!r}")
        if "=" in group:
            return group
        if self.layout.is_active_directory:
            return self._dn_by_search(group)
        return f"{self.layout.group_name}={escaped_in_dn(group)},{self.layout.groups}"

    def _dn_by_search(self, group: str) -> str | Unknown:
        name = self.layout.group_name
        matching = any_of([Term(name, group)], self.layout.group_filter)
        try:
            entries = self.session.entries(self.layout.groups, matching, (name,))
        except (NoSuchObject, SizeLimitExceeded) as error:
            return Unknown(f"group {group} cannot be found: {error.reason}")
        dns = [e.dn for e in entries if any(same_name(group, each) for each in e.of(name))]
        if len(dns) == 1:
            return dns[0].text
        others = [
            ascii(each) for entry in entries if entry.dn not in dns for each in entry.of(name)
        ]
        shown = f"; the server shows {', '.join(others)} for it" if others else ""
        reason = f"{len(dns)} groups below {self.layout.groups} have the {name} {group}{shown}"
        return Unknown(reason)

    # -- what people's entries say

    def _by_entries(
        self, dn: str, people: Collection[Member]
    ) -> Mapping[Member, bool | Unknown] | None:
        """
        Whose entry says that they are in the group; None if the server does not keep that.

        389-DS keeps it where its plug-in does, groups in groups included. Active Directory
        always does, and follows groups in groups by a rule.
        """
        shown = self._read(dn, self.layout.member)
        if not isinstance(shown, Unknown) and not shown.of(self.layout.member):
            shown = Unknown(f"group {dn} shows no {self.layout.member}")
        if isinstance(shown, Unknown):
            return dict.fromkeys(people, self._explained(shown, dn))
        rule = f":{_IN_CHAIN}:" if self.layout.is_active_directory else ""
        is_in_it = f"(memberOf{rule}={escaped(dn)})"
        terms = terms_by_dn((each.dn for each in people), self.layout)

        def found(batch: Mapping[Dn, Term]) -> Mapping[Dn, bool]:
            matching = any_of(batch.values(), is_in_it)
            entries = self.session.entries(self.layout.people, matching, ("objectClass",))
            return {entry.dn: True for entry in entries if entry.dn in batch}

        members = in_batches(terms, found)
        others: bool | Unknown = False
        if self.layout.is_active_directory:
            others = False if self._shows_member_of else _hidden(dn)
        elif not members and not self.session.some(self.layout.people, is_in_it):
            return None
        return {person: members.get(person.dn, others) for person in people}

    @cached_property
    def _shows_member_of(self) -> bool:
        """True if memberOf of two people shows; of one it may be whoever glaab binds as."""
        in_any_group = f"(&{self.layout.people_filter}(memberOf=*))"
        return len(self.session.some(self.layout.people, in_any_group, most=2)) > 1

    # -- what groups list

    def _by_lists(self, dn: str, people: Collection[Member]) -> Mapping[Member, bool | Unknown]:
        values = self._list(dn)
        if isinstance(values, Unknown):
            return dict.fromkeys(people, self._explained(values, dn))
        if self.layout.lists_uids:
            uids = set(values)
            return {person: person.uid in uids for person in people}
        members = _dns(values)
        if not members:
            return dict.fromkeys(people, Unknown(f"group {dn} lists nobody by a DN"))
        unseen = self._add_nested(dn, members) if self.layout.nested else None
        return {person: person.dn in members or unseen or False for person in people}

    def _add_nested(self, dn: str, members: set[Dn]) -> Unknown | None:
        """
        Add the members of the groups in a group; Unknown if there may be more.

        What cannot be read is a group for certain only where it is below groups alone: else it
        may be a person, or somebody who left.
        """
        seen, todo = {Dn(dn)}, list(members)
        unseen: Unknown | None = None
        while todo:
            group = todo.pop()
            if group in seen or not self._may_be_group(group):
                continue
            seen.add(group)
            if len(seen) > _MOST_GROUPS:
                return Unknown(f"there are more than {_MOST_GROUPS} groups in the group {dn}")
            values = self._list(group.text)
            if isinstance(values, Unknown):
                if self._is_group(group):
                    unseen = values
                continue
            found = _dns(values)
            members |= found
            todo += found
        return unseen

    def _may_be_group(self, dn: Dn) -> bool:
        people, groups = map(Dn, self.layout.branches)
        return dn.is_below(groups) or not dn.is_below(people)

    def _is_group(self, dn: Dn) -> bool:
        people, groups = map(Dn, self.layout.branches)
        return dn.is_below(groups) and not dn.is_below(people)

    def _list(self, dn: str) -> tuple[str, ...] | Unknown:
        """All values of the group's list; the rest of a range is asked for to its end."""
        attribute = description = self.layout.member
        values: tuple[str, ...] = ()
        start: int | None = 0
        while start is not None:
            entry = self._read(dn, description)
            if isinstance(entry, Unknown):
                return entry
            values += entry.of(attribute)
            first, following = entry.ranges.get(attribute.lower(), (0, None))
            if first != start or len(values) < (following or start + bool(start)):
                return Unknown(f"group {dn} shows only a part of its members")
            if following is not None and following <= start:
                return Unknown(f"group {dn} shows its members again and again")
            start = following
            description = f"{attribute};range={start}-*"
        return tuple(filter(None, values)) or Unknown(f"group {dn} shows no {attribute}")

    def _explained(self, silence: Unknown, dn: str) -> Unknown:
        return explained(silence, dn, self.session, self.layout)

    def _read(self, dn: str, description: str) -> Entry | Unknown:
        try:
            entries = self.session.entry(dn, (description,), self.layout.group_filter)
        except (NoSuchObject, SizeLimitExceeded) as error:
            return Unknown(f"group {dn} cannot be read: {error.reason}")
        for entry in entries:
            if entry.dn == Dn(dn):
                return entry
        return Unknown(f"group {dn} is missing or hidden")


def _hidden(group: str) -> Unknown:
    return Unknown(f"who is in group {group} cannot be told: memberOf of people is hidden")


def _dns(values: Iterable[str]) -> set[Dn]:
    """Those of *values* that are DNs."""
    return {Dn(text) for text in values if "=" in text and "\ufffd" not in text}
