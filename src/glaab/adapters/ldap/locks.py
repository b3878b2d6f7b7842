"""Whose entry is locked, and what proves of the others that it is not."""

from collections.abc import Mapping

from glaab.adapters.ldap.filters import Term, any_of
from glaab.adapters.ldap.session import LdapSession
from glaab.domain.evidence import Answer, No, Unknown, Yes
from glaab.domain.names import Dn

LOCK_ATTRIBUTES = ("pwdPolicySubentry", "pwdAccountLockedTime")
"""Operational attributes: they come only when asked for by name."""
NOT_LOCKED = tuple(f"(!({attribute}=*))" for attribute in LOCK_ATTRIBUTES)
"""To OpenLDAP undefined, so no match, where one may not be read or is not in the schema."""


def look_up_locks(
    session: LdapSession, terms: Mapping[Dn, Term], *, below: str
) -> Mapping[Dn, Answer]:
    """
    Ask for entries *below* a DN that have no locks, then for all that were not found so.

    No for an entry that the server finds by the first filter and shows without locks, Yes for
    one with locks; whoever is neither has no key. On another product than OpenLDAP the first
    filter may find everybody, so there No is Unknown.
    """
    entries = session.entries(below, any_of(terms.values(), *NOT_LOCKED), LOCK_ATTRIBUTES)
    free = {entry.dn for entry in entries}
    if others := [term for dn, term in terms.items() if dn not in free]:
        entries += session.entries(below, any_of(others), LOCK_ATTRIBUTES)
    locks = {
        entry.dn: attribute
        for entry in entries
        for attribute in LOCK_ATTRIBUTES
        if entry.of(attribute)
    }
    unlocked: dict[Dn, Answer] = {dn: No(f"{dn} is not locked") for dn in terms if dn in free}
    if unlocked and (product := session.other_product):
        proves_nothing = Unknown(f"that {product} finds no locks of OpenLDAP proves nothing")
        unlocked = dict.fromkeys(unlocked, proves_nothing)
    return unlocked | {dn: Yes(f"{dn} is locked ({locks[dn]})") for dn in terms if dn in locks}
