"""One LDAP server for one run: connect, bind, search; every failure in words."""

import re
import ssl
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import structlog

from glaab.adapters.http.session import RequestCounter
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.ldap.connection import hang_up, new_connection, whole_seconds
from glaab.adapters.ldap.entries import (
    BindRefused,
    Entry,
    NoSuchObject,
    ServerFailed,
    SizeLimitExceeded,
)
from glaab.adapters.ldap.settings import LdapServer
from glaab.domain.sources.directory import DIRECTORY

log = structlog.get_logger()

_SUCCESS = 0
_SIZE_LIMIT_EXCEEDED = 4
_NO_SUCH_OBJECT = frozenset({10, 32, 34, 50})
"""referral, noSuchObject, invalidDNSyntax, insufficientAccessRights."""
_ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"
_WHERE_IN_OPENSSL = re.compile(r" \(_ssl\.c:\d+\)")
_DECODER_ERRORS = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What the decoder of ldap3 2.9.1 raises over bytes that are not LDAP."""


@attrs.define(kw_only=True, eq=False)
class LdapSession:
    """A server that is connected and bound when it is first asked."""

    server: LdapServer
    bind_dn: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    starttls: bool = False
    ca_file: Path | None = None
    timeouts: TimeoutPolicy
    request_counter: RequestCounter
    _connection: Any = attrs.field(default=None, init=False, repr=False)
    _hang_up: Any = attrs.field(default=None, init=False, repr=False)

    def entries(
        self,
        base: str,
        matching: str,
        attributes: tuple[str, ...],
        *,
        scope: str = "SUBTREE",
        size_limit: int = 0,
    ) -> tuple[Entry, ...]:
        """
        The entries that match a filter: anywhere below a DN, or as *scope* has it.

        Raises:
            SizeLimitExceeded: there are more than the server gives at once.
            NoSuchObject: the base is missing, elsewhere, or not to be seen.
            ServerFailed: the server gave no usable answer.
        """
        with self._translated_errors(), self.timeouts.deadline(self.timeouts.timeout_s):
            response = self._search(base, matching, attributes, scope, size_limit)
            entries = tuple(
                Entry.read(item["raw_dn"], item["raw_attributes"])
                for item in response
                if item["type"] == "searchResEntry"
            )
        self._expect_complete(self._connection.result)
        if len(entries) != len(response):
            raise ServerFailed(self.server, "it refers to other servers")
        return entries

    def _search(
        self, base: str, matching: str, attributes: tuple[str, ...], scope: str, size_limit: int
    ) -> Any:  # noqa: ANN401  # ldap3 has no type hints
        """What ldap3 makes of all that the server sent."""
        if self._connection is None:
            self._connect()
        self._count(self._connection, "search")
        self._connection.search(
            base,
            matching,
            search_scope=scope,
            dereference_aliases="NEVER",
            attributes=attributes,
            size_limit=size_limit,
            time_limit=whole_seconds(self.timeouts),
        )
        return self._connection.response

    def entry(self, dn: str, attributes: tuple[str, ...]) -> tuple[Entry, ...]:
        """The entry at exactly this DN: one, or none; raises as `entries` does."""
        return self.entries(dn, "(objectClass=*)", attributes, scope="BASE")

    def has_entry(self, below: str, matching: str) -> bool:
        """True if an entry anywhere below a DN matches a filter; raises as `entries` does."""
        try:
            return bool(self.entries(below, matching, ("objectClass",), size_limit=1))
        except SizeLimitExceeded:
            return True

    @cached_property
    def other_product(self) -> str:
        """
        What the server is if its root DSE says that it is no OpenLDAP; empty if that hides it.

        Raises as `entries` does. Active Directory names no vendor, but a capability; OpenLDAP
        has neither.
        """
        try:
            root = self.entry("", ("vendorName", "supportedCapabilities"))
        except NoSuchObject:
            return ""
        vendors = [name for entry in root for name in entry.of("vendorName")]
        if any(_ACTIVE_DIRECTORY in entry.of("supportedCapabilities") for entry in root):
            vendors.insert(0, "Active Directory")
        return ", ".join(vendors)

    def certificate(self) -> Mapping[str, Any] | None:
        """The certificate of a server that was asked before, as `ssl` has it; None without TLS."""
        wire = self._connection.socket
        return wire.getpeercert() if isinstance(wire, ssl.SSLSocket) else None

    def close(self) -> None:
        """Leave the server; idempotent."""
        if self._hang_up:
            self._hang_up()

    def _connect(self) -> None:
        connection = new_connection(
            self.server, self.ca_file, self.bind_dn, self.password, self.timeouts
        )
        self._hang_up = weakref.finalize(self, hang_up, connection)
        connection.open(read_server_info=False)
        if self.starttls and not self.server.tls:
            connection.start_tls(read_server_info=False)
        self._count(connection, "bind")
        connection.bind(read_server_info=False)
        if connection.result["result"] != _SUCCESS:
            raise BindRefused(self.server, f"it refused to bind ({_code(connection.result)})")
        self._connection = connection

    def _count(self, connection: Any, operation: str) -> None:  # noqa: ANN401
        connection.socket.settimeout(self.timeouts.timeout_s)
        self.request_counter[DIRECTORY] += 1
        log.debug("request_sent", system=DIRECTORY, method=operation, url=str(self.server))

    def _expect_complete(self, result: Mapping[str, Any]) -> None:
        """Raise unless all that was asked for was given; ldap3 never raises on result 4."""
        code = result["result"]
        if code == _SIZE_LIMIT_EXCEEDED:
            raise SizeLimitExceeded("more entries match than the directory gives at once")
        if code != _SUCCESS:
            error = NoSuchObject if code in _NO_SUCH_OBJECT else ServerFailed
            raise error(self.server, f"it answered {_code(result)}")

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        from ldap3.core.exceptions import LDAPExceptionError

        try:
            yield
        except (LDAPExceptionError, OSError) as error:
            raise ServerFailed(self.server, _describe(error)) from error
        except _DECODER_ERRORS as error:
            reason = f"its answer is not LDAP ({type(error).__name__})"
            raise ServerFailed(self.server, reason) from error


def _code(result: Mapping[str, Any]) -> str:
    return f"LDAP {result['result']} {result['description']}"


def _describe(error: Exception) -> str:
    """What ldap3 says, without the tuples of texts of errors that it wraps it in."""
    message = _WHERE_IN_OPENSSL.sub("", str(error))
    return " ".join(message.strip("(),'\"").split())[:300] or type(error).__name__
