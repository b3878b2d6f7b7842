"""Whose entry is locked, and what proves of the others that it is not."""

from collections.abc import Collection, Mapping
from datetime import datetime

import attrs

from glaab.adapters.ldap.entries import Entry
from glaab.adapters.ldap.filters import Term, any_of
from glaab.adapters.ldap.layout import LdapLayout, ServerKind
from glaab.adapters.ldap.lock_tests import LockTest, LockTestKind
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
        by_filter = {} if self.layout.is_active_directory else self._entries(terms, tests)
        others = {dn: term for dn, term in terms.items() if dn not in by_filter}
        answers: dict[Dn, Answer] = {}
        tests_left: dict[tuple[LockTest, ...], dict[Dn, Term]] = {}
        for dn, entry in (by_filter | self._entries(others, ())).items():
            if answer := self._by_values(entry):
                answers[dn] = answer
            else:
                left = () if dn in by_filter else self._tests_left(entry)
                tests_left.setdefault(left, {})[dn] = terms[dn]
        return answers | self._unlocked(tests_left)

    def _unlocked(
        self, tests_left: Mapping[tuple[LockTest, ...], Mapping[Dn, Term]]
    ) -> dict[Dn, Answer]:
        """No for entries of which no test is left, or which a filter that negates it finds."""
        unlocked = set(tests_left.get((), {}))
        for left, terms in tests_left.items():
            is_new = 0 < len(left) < len(self.layout.locked)  # all of them were negated before
            if is_new and not self.layout.is_active_directory:
                unlocked |= self._entries(terms, left).keys()
        doubt = self.doubt() if unlocked else ""
        return {dn: Unknown(doubt) if doubt else No(f"{dn} is not locked") for dn in unlocked}

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

    def _by_values(self, entry: Entry) -> Answer | None:
        """Yes if a value that was read means locked; None if none does."""
        not_understood = ""
        for test in self.layout.locked:
            for value in entry.of(test.attribute):
                try:
                    if test.holds(value, self.now):
                        return Yes(f"{entry.dn} is locked ({test.attribute})")
                except ValueError:
                    not_understood = f"the {test.attribute} of {entry.dn} cannot be understood"
        return Unknown(not_understood) if not_understood else None

    def _tests_left(self, entry: Entry) -> tuple[LockTest, ...]:
        """The tests of which the values that were read do not prove that they do not hold."""
        return tuple(
            test
            for test in self.layout.locked
            if not (self._counts_by_value(test) and entry.raw(test.attribute))
        )

    def _counts_by_value(self, test: LockTest) -> bool:
        return self.layout.is_active_directory or test.kind in _COMPARED_BY_VALUE
