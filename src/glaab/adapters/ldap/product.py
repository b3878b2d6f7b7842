"""What kind of server it is, and whether that proves what a layout takes for proven."""

import re
from collections.abc import Collection, Iterable

import attrs

from glaab.adapters.ldap.entries import Entry
from glaab.adapters.ldap.layout import ServerKind
from glaab.adapters.redaction import quote

ROOT_DSE = ("vendorName", "supportedCapabilities", "objectClass", "subschemaSubentry")
"""The attributes of the root DSE that tell."""
_ACTIVE_DIRECTORY = "1.2.840.113556.1.4."
"""How the capabilities begin of Active Directory, its light edition and Samba."""
_389_DS = "389 Project"
_NAMES = re.compile(r"NAME\s+(?:'([^']+)'|\(([^)]*)\))")
"""Of an attribute in a schema (RFC 4512): one in quotes, or several."""


@attrs.frozen(kw_only=True)
class Product:
    """A server by its root DSE."""

    kind: ServerKind | None
    """None if it is another, or hides what it is."""
    name: str
    """In words; empty if it hides that."""
    schema_dn: str
    """Where its schema is."""

    @classmethod
    def read(cls, root_dse: Iterable[Entry]) -> "Product":
        """What the root DSE tells, of which there may be none."""
        for entry in root_dse:
            vendor = quote(", ".join(entry.of("vendorName")))
            schema_dn = next(iter(entry.of("subschemaSubentry")), "cn=schema")
            kind, name = None, vendor
            capabilities = entry.of("supportedCapabilities")
            if any(each.startswith(_ACTIVE_DIRECTORY) for each in capabilities):
                kind = ServerKind.ACTIVE_DIRECTORY
                name = "Active Directory" if not vendor else f"Active Directory by {vendor}"
            elif vendor == _389_DS:
                kind, name = ServerKind.DS_389, "389 Directory Server"
            elif "OpenLDAProotDSE" in entry.of("objectClass"):
                kind, name = ServerKind.OPENLDAP, "OpenLDAP"
            return cls(kind=kind, name=name, schema_dn=schema_dn)
        return cls(kind=None, name="", schema_dn="cn=schema")

    def contradicts(self, server: ServerKind) -> bool:
        """True if it says that it is another kind of server."""
        return bool(self.name) and self.kind is not server


def unknown_attributes(schema: Iterable[Entry], attributes: Collection[str]) -> list[str]:
    """Those of *attributes* that a schema does not have."""
    known = {
        name.lower()
        for entry in schema
        for definition in entry.of("attributeTypes")
        for one, several in _NAMES.findall(definition)
        for name in (one, *re.findall(r"'([^']+)'", several))
    }
    return [each for each in attributes if each.lower() not in known]
