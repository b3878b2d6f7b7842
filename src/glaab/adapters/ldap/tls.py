"""TLS for ldap3 that checks the certificate, and whom it was given to."""

import ssl
from pathlib import Path
from typing import Any

import ldap3


class VerifyingTls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no type hints
    """
    TLS as Python does it by default: the chain and the host name are verified.

    ldap3 2.9.1 verifies nothing unless told to, and then compares host names with a
    function that Python 3.12 took away.
    """

    def __init__(self, ca_file: Path | None) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._ca_file = ca_file

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ANN401, ARG002, FBT001, FBT002  # ldap3's signature
        """Put TLS on the connection's socket, or raise what `ssl` raises."""
        context = ssl.create_default_context(cafile=self._ca_file)
        connection.socket = context.wrap_socket(
            connection.socket, server_hostname=connection.server.host
        )
