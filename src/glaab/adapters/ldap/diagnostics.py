"""The health check of the LDAP servers."""

import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import attrs

from glaab.adapters.ldap.entries import BindRefused, NoSuchObject, ServerFailed, SizeLimitExceeded
from glaab.adapters.ldap.filters import group_dn
from glaab.adapters.ldap.locks import LOCK_ATTRIBUTES, NOT_LOCKED
from glaab.adapters.ldap.session import LdapSession
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.sources.directory import DIRECTORY

_SOON = timedelta(days=14)
_SOMEBODY = "(uid=*)"
_SOMEBODY_NOT_LOCKED = f"(&{''.join(NOT_LOCKED)}{_SOMEBODY})"
_AND = " and ".join


@attrs.frozen(kw_only=True)
class LdapHealthCheck(HealthCheck):
    """Every server is asked alone, although one of them is enough for a run."""

    system = DIRECTORY
    settings = "LDAP_SERVERS, LDAP_BIND_DN and LDAP_BIND_PASSWORD"

    _sessions: Sequence[LdapSession]
    _base_dn: str
    _groups: Collection[str]
    """Those that the policy trusts."""
    _locks_matter: bool
    """True if the policy has the veto of locked entries."""
    _clock: Callable[[], datetime]

    def checks(self) -> Checks:
        """Each server, then whether they tell the same."""
        checks = {str(each.server): partial(self._server, each) for each in self._sessions}
        if len(self._sessions) < 2 or not self._groups:
            return checks
        return checks | {"the same groups on each server": self._agreement}

    def _server(self, session: LdapSession) -> Iterator[Finding]:
        try:
            yield from self._settings_and_rights(session)
        except BindRefused as failure:
            yield problem(
                f"{failure.reason} {_how(session)}",
                "set LDAP_BIND_DN and LDAP_BIND_PASSWORD to what the server knows",
            )
            session.close()
        except (ServerFailed, SizeLimitExceeded) as failure:
            yield problem(failure.reason, _remedy(failure.reason))
            session.close()

    def _settings_and_rights(self, session: LdapSession) -> Iterator[Finding]:
        branches = [f"ou=people,{self._base_dn}", f"ou=groups,{self._base_dn}"]
        hidden = [dn for dn in branches if not _can_be_seen(session, dn)]
        yield self._encryption(session)
        if hidden:
            yield problem(
                f"{_AND(hidden)} cannot be seen {_how(session)}",
                "see that LDAP_BASE_DN is right, and that whoever glaab binds as may read it",
            )
        else:
            yield ok(f"{_AND(branches)} can be seen {_how(session)}")
        if branches[0] not in hidden:
            yield from self._people(session, branches[0])

    def _encryption(self, session: LdapSession) -> Finding:
        host, certificate = session.server.host, session.certificate()
        if certificate is None:
            return ok("it answers, without TLS, which the settings allow on the loopback alone")
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
        verified = f"it answers over TLS, with a certificate that is verified for {host}"
        if ends - self._clock() > _SOON:
            return ok(f"{verified} and valid until {ends:%Y-%m-%d}")
        return problem(
            f"{verified} but expires on {ends:%Y-%m-%d}",
            f"have the certificate of {host} renewed: an expired one is not accepted",
        )

    def _people(self, session: LdapSession, people: str) -> Iterator[Finding]:
        if not session.has_entry(people, _SOMEBODY):
            yield problem(
                f"nobody below {people} can be seen {_how(session)}",
                "see that LDAP_BASE_DN is right, and that whoever glaab binds as may read people",
            )
        elif not self._locks_matter:
            return
        elif session.other_product:
            yield problem(
                f"it is {session.other_product}, not OpenLDAP, so nobody can be proven not to be"
                " locked",
                "name servers of OpenLDAP in LDAP_SERVERS; until then all whom a rule would"
                " approve have to wait",
            )
        elif session.has_entry(people, _SOMEBODY_NOT_LOCKED):
            yield ok(f"{_AND(LOCK_ATTRIBUTES)} of people can be read")
        else:
            yield problem(
                f"{_AND(LOCK_ATTRIBUTES)} of people cannot both be read {_how(session)},"
                " so nobody can be proven not to be locked",
                "have the server's access rules let them be read, or set LDAP_BIND_DN to"
                " somebody who may; until then all whom a rule would approve have to wait",
            )

    def _agreement(self) -> Iterator[Finding]:
        groups_by_server = self._groups_by_server()
        silent = {str(each.server) for each in self._sessions} - groups_by_server.keys()
        on_some = set[str]().union(*groups_by_server.values())
        missing = {name: on_some - groups for name, groups in groups_by_server.items()}
        for server, groups in missing.items():
            if groups:
                yield problem(
                    f"{server} does not show {', '.join(sorted(groups))},"
                    " which another server shows",
                    "have its replication repaired, or take it out of LDAP_SERVERS",
                )
        if silent:
            yield warning(
                f"what {_AND(sorted(silent))} would tell cannot be compared: no usable answer",
                "see what is said of that server above",
            )
        elif not any(missing.values()):
            yield ok("every server shows the same of the policy's groups")

    def _groups_by_server(self) -> dict[str, set[str]]:
        """Which of the policy's groups each server that answers shows."""
        groups: dict[str, set[str]] = {}
        below = f"ou=groups,{self._base_dn}"
        for session in self._sessions:
            with suppress(ServerFailed, SizeLimitExceeded):
                groups[str(session.server)] = {
                    group for group in self._groups if _exists(session, group_dn(group, below))
                }
        return groups


def _can_be_seen(session: LdapSession, branch: str) -> bool:
    """True if it exists itself, or anything below it, which is all that a run looks at."""
    with suppress(NoSuchObject):
        return _exists(session, branch) or session.has_entry(branch, "(objectClass=*)")
    return False


def _exists(session: LdapSession, dn: str) -> bool:
    with suppress(NoSuchObject):
        return bool(session.entry(dn, ("objectClass",)))
    return False


def _how(session: LdapSession) -> str:
    return f"as {session.bind_dn}" if session.bind_dn else "anonymously"


def _remedy(reason: str) -> str:
    if "certificate" in reason.lower():
        return (
            "set LDAP_CA_FILE to the authority that signed its certificate, and name the server"
            " in LDAP_SERVERS as the certificate does; see that it has not expired"
        )
    return "see that it runs and can be reached from here, as LDAP_SERVERS and LDAP_STARTTLS say"
