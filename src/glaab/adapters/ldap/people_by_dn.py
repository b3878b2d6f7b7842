"""What to search for to find people by their DNs, many at once and whatever a DN begins with."""

from collections.abc import Collection, Iterable

from glaab.adapters.ldap.filters import LowerCaseTerm, Term, can_be_asked, is_attribute
from glaab.adapters.ldap.layout import LdapLayout
from glaab.domain.names import Dn, has_rare_case


def terms_by_dn(dns: Iterable[Dn], layout: LdapLayout) -> dict[Dn, Term]:
    """What to search for among the people; whoever is found is to be compared by the whole DN."""
    above = Dn(layout.people)
    terms = {
        dn: ("distinguishedName", dn.text) if layout.is_active_directory else dn.name
        for dn in dns
        if dn.is_below(above)
    }
    return {
        dn: Term(attribute, value)
        for dn, (attribute, value) in terms.items()
        if is_attribute(attribute) and can_be_asked(value)
    }


def terms_by_lower_case_dn(dns: Collection[Dn], layout: LdapLayout) -> dict[Dn, Term]:
    """
    The same for DNs as GitLab has them, which is in lower case.

    Several entries may be found that are one to GitLab, although the server holds them apart.
    """
    terms = terms_by_dn(dns, layout)
    for dn in terms:
        attribute, value = dn.name
        if has_rare_case(dn.text) and is_attribute(attribute):
            terms[dn] = LowerCaseTerm(attribute, value)
    return terms
