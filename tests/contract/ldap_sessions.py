"""Sessions with LDAP servers on loopback, as the adapters take them."""

from glaab.adapters._http import Patience, Traffic
from glaab.adapters._ldap_answer import LdapServer
from glaab.adapters._ldap_session import LdapSession

LOOPBACK = "127.0.0.1"


def sessions(
    *servers: int | LdapServer,
    patience: Patience | None = None,
    traffic: Traffic | None = None,
    **login: object,
) -> list[LdapSession]:
    """One for each server; a port stands for a server without TLS."""
    return [
        LdapSession(
            server=server if isinstance(server, LdapServer) else plain(server),
            patience=patience or Patience(timeout_s=30),
            traffic=Traffic() if traffic is None else traffic,
            **login,  # type: ignore[arg-type]  # as the test gives them
        )
        for server in servers
    ]


def plain(port: int) -> LdapServer:
    """A server without TLS."""
    return LdapServer(LOOPBACK, port, tls=False)
