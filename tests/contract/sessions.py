"""Sessions with servers, as the adapters take them: patient, and quick to try again."""

from collections.abc import Iterable

from glaab.adapters._http import CarefulSession, Traffic
from glaab.adapters._ldap_answer import LdapServer
from glaab.adapters._ldap_session import LdapSession
from glaab.adapters._patience import Patience
from glaab.domain.errors import System

LOOPBACK = "127.0.0.1"


def http_session(
    system: System,
    url: str,
    *,
    patience: Patience | None = None,
    traffic: Traffic | None = None,
    reads: Iterable[str] = (),
) -> CarefulSession:
    """With the server at *url*, where GET reads, and these methods, too."""
    return CarefulSession(
        system,
        url,
        patience=patience or Patience(timeout_s=30),
        traffic=Traffic() if traffic is None else traffic,
        user_agent="glaab/test (contact)",
        reads=frozenset({"GET", *reads}),
        sleep=lambda _s: None,
    )


def ldap_sessions(
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
