"""Sessions with servers, as the adapters take them: patient, and quick to try again."""

from collections.abc import Iterable

from glaab.adapters.http.session import HttpSession, RequestCounter
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.ldap.client import LdapDirectory
from glaab.adapters.ldap.layout import WIKIMEDIA, LdapLayout
from glaab.adapters.ldap.session import LdapSession
from glaab.adapters.ldap.settings import LdapServer
from glaab.domain.errors import System
from tests.builders import NOON

LOOPBACK = "127.0.0.1"


def http_session(
    system: System,
    url: str,
    *,
    timeouts: TimeoutPolicy | None = None,
    request_counter: RequestCounter | None = None,
    reads: Iterable[str] = (),
) -> HttpSession:
    """With the server at *url*, where GET reads, and these methods, too."""
    return HttpSession(
        system,
        url,
        timeouts=timeouts or TimeoutPolicy(timeout_s=30),
        request_counter=RequestCounter() if request_counter is None else request_counter,
        user_agent="glaab/test (contact)",
        reads=frozenset({"GET", *reads}),
        sleep=lambda _s: None,
    )


def ldap_sessions(
    *servers: int | LdapServer,
    timeouts: TimeoutPolicy | None = None,
    request_counter: RequestCounter | None = None,
    **login: object,
) -> list[LdapSession]:
    """One for each server; a port stands for a server without TLS."""
    return [
        LdapSession(
            server=server if isinstance(server, LdapServer) else plain(server),
            timeouts=timeouts or TimeoutPolicy(timeout_s=30),
            request_counter=RequestCounter() if request_counter is None else request_counter,
            **login,  # type: ignore[arg-type]  # as the test gives them
        )
        for server in servers
    ]


def an_ldap_directory(
    sessions: Iterable[LdapSession],
    base_dn: str = "dc=wikimedia,dc=org",
    layout: LdapLayout = WIKIMEDIA,
) -> LdapDirectory:
    """The directory of these sessions, at noon."""
    return LdapDirectory(sessions, base_dn=base_dn, layout=layout, clock=lambda: NOON)


def plain(port: int) -> LdapServer:
    """A server without TLS."""
    return LdapServer(LOOPBACK, port, tls=False)
