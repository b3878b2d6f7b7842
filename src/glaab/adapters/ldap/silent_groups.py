"""Why a group that may be there tells nothing of its members."""

from contextlib import suppress

from glaab.adapters.ldap.entries import NoSuchObject, SizeLimitExceeded
from glaab.adapters.ldap.layout import LdapLayout
from glaab.adapters.ldap.session import LdapSession
from glaab.domain.evidence import Unknown
from glaab.domain.names import Dn

_LISTS = ("member", "uniqueMember", "memberUid")


def explained(silence: Unknown, dn: str, session: LdapSession, layout: LdapLayout) -> Unknown:
    """
    *silence* about the group at this DN, with what it has instead of what was looked for.

    Raises:
        ServerFailed: the server gave no usable answer.
    """
    with suppress(NoSuchObject, SizeLimitExceeded):
        for entry in session.entry(dn, _LISTS):
            if entry.dn != Dn(dn):
                other = f"the server shows {entry.dn.text!a} for it, which is another name"
                return Unknown(f"{silence.detail}; {other}: let the policy say that one")
            for attribute in _LISTS:
                if entry.of(attribute) and (key := _key_at_fault(attribute, dn, session, layout)):
                    hint = f"it has {attribute}: see directory.{key} of the policy"
                    return Unknown(f"{silence.detail}; {hint}")
    return silence


def _key_at_fault(attribute: str, dn: str, session: LdapSession, layout: LdapLayout) -> str:
    """What of the layout hides a list that the group has; empty if nothing does."""
    if attribute != layout.member:
        return "member"
    is_found = session.entry(dn, (attribute,), layout.group_filter)
    return "" if is_found else "group_filter"
