"""One LDAP server for one run: connect, bind, search; every failure in words."""

import re
import ssl
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
from glaab.adapters.ldap.product import ROOT_DSE, Product
from glaab.adapters.ldap.settings import LdapServer
from glaab.adapters.redaction import quote
from glaab.domain.sources.directory import DIRECTORY

log = structlog.get_logger()

_SUCCESS = 0
_OPERATIONS_ERROR = 1
"""Also what Active Directory answers to whoever did not bind."""
_SIZE_LIMIT_EXCEEDED = 4
_NO_SUCH_OBJECT = frozenset({10, 32, 34, 50})
"""referral, noSuchObject, invalidDNSyntax, insufficientAccessRights."""
_DOMAIN_SCOPE = ("1.2.840.113556.1.4.1339", False, None)
"""The control by which Active Directory sends no references to other servers."""
_AD_ERROR = re.compile(r", data ([0-9a-f]+),")
_ACTIVE_DIRECTORY_SAYS = {
    "533": ": the account is disabled",
    "701": ": the account has expired",
    "773": ": the password must be changed",
    "775": ": the account is locked out",
}
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
    is_active_directory: bool = False
    """Then no references are sent; some entries come by pages, as a size limit is ignored."""
    timeouts: TimeoutPolicy
    request_counter: RequestCounter
    referred: bool = attrs.field(default=False, init=False)
    """True if the server referred to others: what it does not find may be there."""
    _connection: Any = attrs.field(default=None, init=False, repr=False)
    _hang_up: Any = attrs.field(default=None, init=False, repr=False)

    def entries(
        self,
        base: str,
        matching: str,
        attributes: tuple[str, ...],
        *,
        scope: str = "SUBTREE",
    ) -> tuple[Entry, ...]:
        """
        The entries that match a filter: anywhere below a DN, or as *scope* has it.

        Raises:
            SizeLimitExceeded: there are more than the server gives at once.
            NoSuchObject: the base is missing, elsewhere, or not to be seen.
            ServerFailed: the server gave no usable answer.
        """
        entries = self._read(base, matching, attributes, scope, 0)
        self._expect_complete(f" for {base}" if scope == "SUBTREE" else "")
        return entries

    def some(
        self,
        base: str,
        matching: str,
        attributes: tuple[str, ...] = ("objectClass",),
        most: int = 1,
    ) -> tuple[Entry, ...]:
        """Some of the entries anywhere below a DN that match a filter; raises as `entries` does."""
        entries = self._read(base, matching, attributes, "SUBTREE", most)
        with suppress(SizeLimitExceeded):
            self._expect_complete(f" for {base}")
        return entries

    def _read(
        self, base: str, matching: str, attributes: tuple[str, ...], scope: str, most: int
    ) -> tuple[Entry, ...]:
        """The entries that came, be they all or not; at most *most* are asked for, 0 for all."""
        with self._translated_errors(), self.timeouts.deadline(self.timeouts.timeout_s):
            response = self._search(base, matching, attributes, scope, most)
            entries = tuple(
                Entry.read(item["raw_dn"], item["raw_attributes"])
                for item in response
                if item["type"] == "searchResEntry"
            )
        if len(entries) != len(response):
            self.referred = True
        return entries

    def _search(
        self, base: str, matching: str, attributes: tuple[str, ...], scope: str, most: int
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
            size_limit=most,
            time_limit=whole_seconds(self.timeouts),
            **self._active_directory_options(most),
        )
        return self._connection.response

    def _active_directory_options(self, most: int) -> dict[str, Any]:
        if not self.is_active_directory:
            return {}
        return {"controls": [_DOMAIN_SCOPE], "paged_size": most or None}

    def entry(self, dn: str, attributes: tuple[str, ...], matching: str = "") -> tuple[Entry, ...]:
        """The entry at exactly this DN: one, or none; raises as `entries` does."""
        matching = f"(&{matching})" if matching else "(objectClass=*)"
        return self.entries(dn, matching, attributes, scope="BASE")

    @cached_property
    def product(self) -> Product:
        """What the server says it is; nothing if it hides that. Raises as `entries` does."""
        try:
            return Product.read(self.entry("", ROOT_DSE))
        except NoSuchObject:
            return Product.read(())

    @cached_property
    def schema(self) -> tuple[Entry, ...]:
        """The schema with its `attributeTypes`; nothing if it is hidden; raises as `entries`."""
        try:
            return self.entry(self.product.schema_dn, ("attributeTypes",))
        except NoSuchObject:
            return ()

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
            raise BindRefused(self.server, _refusal(connection.result))
        self._connection = connection

    def _count(self, connection: Any, operation: str) -> None:  # noqa: ANN401
        connection.socket.settimeout(self.timeouts.timeout_s)
        self.request_counter[DIRECTORY] += 1
        log.debug("request_sent", system=DIRECTORY, method=operation, url=str(self.server))

    def _expect_complete(self, what: str) -> None:
        """Raise unless all that was asked for was given; ldap3 never raises on result 4."""
        result = self._connection.result
        code = result["result"]
        if code == _SUCCESS:
            return
        if code == _SIZE_LIMIT_EXCEEDED:
            raise SizeLimitExceeded("more entries match than the directory gives at once")
        if code in _NO_SUCH_OBJECT:
            raise NoSuchObject(self.server, f"it answered {_code(result)}{what}")
        if code == _OPERATIONS_ERROR and not self.bind_dn:
            reason = f"it answers nothing without a bind ({_code(result)})"
            raise BindRefused(self.server, reason)
        raise ServerFailed(self.server, f"it answered {_code(result)}")

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


def _refusal(result: Mapping[str, Any]) -> str:
    """Why a bind was refused; Active Directory tells that by a number, in hexadecimal."""
    number = _AD_ERROR.search(result["message"] or "")
    why = _ACTIVE_DIRECTORY_SAYS.get(number[1], "") if number else ""
    return f"it refused to bind ({_code(result)}{why})"


def _describe(error: Exception) -> str:
    """What ldap3 says, without the tuples of texts of errors that it wraps it in."""
    message = _WHERE_IN_OPENSSL.sub("", str(error))
    return quote(message.strip("(),'\"")) or type(error).__name__
