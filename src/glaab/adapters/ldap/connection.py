"""A connection of ldap3 that does nothing unasked: verified TLS, no schema, no referrals."""

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.ldap.settings import LdapServer


def new_connection(
    server: LdapServer,
    ca_file: Path | None,
    bind_dn: str | None,
    password: str | None,
    timeouts: TimeoutPolicy,
) -> Any:  # noqa: ANN401  # ldap3 has no type hints
    """
    Nothing is opened yet.

    ldap3 2.9.1 otherwise reads the schema, refuses names that are not in it, follows
    referrals, waits for ever, and changes a password that is no bytes (`½`, by SASLprep),
    which servers take as it is. As receive timeout it takes whole seconds alone.
    """
    import ldap3

    from glaab.adapters.ldap.tls import VerifyingTls

    there = ldap3.Server(
        server.host,
        port=server.port,
        use_ssl=server.tls,
        tls=VerifyingTls(ca_file),
        get_info=ldap3.NONE,
        connect_timeout=timeouts.timeout_s,
    )
    return ldap3.Connection(
        there,
        user=bind_dn,
        password=password and password.encode(),
        auto_bind=ldap3.AUTO_BIND_NONE,
        auto_escape=False,
        auto_range=False,
        auto_referrals=False,
        check_names=False,
        read_only=True,
        receive_timeout=whole_seconds(timeouts),
        return_empty_attributes=False,
    )


def whole_seconds(timeouts: TimeoutPolicy) -> int:
    """The timeout as LDAP has it, at least a second."""
    return max(1, math.ceil(timeouts.timeout_s))


def hang_up(connection: Any) -> None:  # noqa: ANN401
    """Take leave if the server still listens, and close the socket."""
    from ldap3.core.exceptions import LDAPExceptionError

    with suppress(LDAPExceptionError, OSError):
        connection.unbind()
    if connection.socket:
        connection.socket.close()
