"""Where an LDAP server listens."""

import attrs


@attrs.frozen
class LdapServer:
    """Where an LDAP server listens."""

    host: str
    port: int
    tls: bool
    """From the first byte (`ldaps`)."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.tls else 'ldap'}://{host}:{self.port}"
