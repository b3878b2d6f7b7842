"""Whose entry is locked, and what proves of the others that it is not."""

from collections.abc import Collection, Mapping
from datetime import datetime

import attrs

from glaab.adapters.ldap.entries import Entry
from glaab.adapters.ldap.filters import Term, any_of
from glaab.adapters.ldap.layout import LdapLayout, LockTest, LockTestKind, ServerKind
from glaab.adapters.ldap.product import unknown_attributes
from glaab.adapters.ldap.session import LdapSession
from glaab.domain.evidence import Answer, No, Unknown, Yes
from glaab.domain.names import Dn

_COMPARED_BY_VALUE = (LockTestKind.BIT, LockTestKind.BEFORE_NOW)


@attrs.frozen(kw_only=True)
class Locks:
    """
    The lock tests of a layout, on one server.

    An entry is locked if a value that was read says so. It is not locked if a filter that
    negates all tests finds it: to OpenLDAP and 389-DS a filter is undefined, so no match, where
    the attribute may not be read. Of numbers and times, which not every server compares, a value
    that was read counts as well; of texts not, as servers take more of them for equal. To Active
    Directory what may not be read is missing, so there values alone count.
    """

    session: LdapSession
    layout: LdapLayout
    """Of this directory."""
    now: datetime

    def look_up(self, terms: Mapping[Dn, Term]) -> Mapping[Dn, Answer]:
        """The answer about each entry that was found and about which one is certain."""
        tests = self.layout.locked
        free = {} if self.layout.is_active_directory else self._entries(terms, tests)
        rest = {dn: term for dn, term in terms.items() if dn not in free}
        answers: dict[Dn, Answer] = {}
        unsettled: dict[tuple[LockTest, ...], dict[Dn, Term]] = {}
        for dn, entry in (free | self._entries(rest, ())).items():
            answer = self._by_values(entry)
            if isinstance(answer, tuple):
                left = () if dn in free else answer
                unsettled.setdefault(left, {})[dn] = terms[dn]
            else:
                answers[dn] = answer
        unlocked = set(unsettled.pop((), {}))
        for left, group in unsettled.items():
            if len(left) < len(tests) and not self.layout.is_active_directory:
                unlocked |= self._entries(group, left).keys()
        doubt = self.doubt() if unlocked else ""
        for dn in unlocked:
            answers[dn] = Unknown(doubt) if doubt else No(f"{dn} is not locked")
        return answers

    def doubt(self) -> str:
        """Why on this server it proves nothing that no lock is found; empty if it does."""
        product, server = self.session.product, self.layout.server
        if product.contradicts(server):
            return (
                f"that no lock is found proves nothing: it is {product.name}, and the policy's"
                f" layout is for {server} (directory.server)"
            )
        if server is not ServerKind.DS_389:
            return ""
        attributes = [test.attribute for test in self.layout.locked]
        if missing := unknown_attributes(self.session.schema, attributes):
            return (
                "that no lock is found proves nothing: the schema of the server does not show"
                f" {', '.join(missing)}, which directory.locked of the policy names"
            )
        return ""

    def _entries(self, terms: Mapping[Dn, Term], negated: Collection[LockTest]) -> dict[Dn, Entry]:
        """Those of the entries that a filter finds which negates some tests."""
        if not terms:
            return {}
        matching = any_of(terms.values(), *(test.negation() for test in negated))
        attributes = tuple(test.attribute for test in self.layout.locked)
        entries = self.session.entries(self.layout.people, matching, attributes)
        return {entry.dn: entry for entry in entries if entry.dn in terms}

    def _by_values(self, entry: Entry) -> Answer | tuple[LockTest, ...]:
        """What the values tell that were read; if that is no answer, the tests that are left."""
        unreadable = ""
        for test in self.layout.locked:
            for value in entry.of(test.attribute):
                try:
                    if test.holds(value, self.now):
                        return Yes(f"{entry.dn} is locked ({test.attribute})")
                except ValueError:
                    unreadable = f"the {test.attribute} of {entry.dn} cannot be understood"
        if unreadable:
            return Unknown(unreadable)
        return tuple(test for test in self.layout.locked if not self._is_settled(test, entry))

    def _is_settled(self, test: LockTest, entry: Entry) -> bool:
        """True if the values that were read prove that the test does not hold."""
        by_value = self.layout.is_active_directory or test.kind in _COMPARED_BY_VALUE
        return by_value and bool(entry.raw(test.attribute))
