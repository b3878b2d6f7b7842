"""The health check of the LDAP servers."""

import ssl
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import attrs

from glaab.adapters.ldap.entries import BindRefused, NoSuchObject, ServerFailed, SizeLimitExceeded
from glaab.adapters.ldap.filters import escaped, present
from glaab.adapters.ldap.groups import Groups
from glaab.adapters.ldap.layout import LdapLayout, ServerKind
from glaab.adapters.ldap.lock_tests import LockTest
from glaab.adapters.ldap.locks import Locks
from glaab.adapters.ldap.session import LdapSession
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.evidence import Unknown
from glaab.domain.names import CN, DN, NameKind
from glaab.domain.sources.directory import DIRECTORY

_SOON = timedelta(days=14)
_UNTIL_THEN = "until then all whom a rule would approve have to wait"
_TOO_WEAK = ("LDAP 8 strongerAuthRequired", "LDAP 13 confidentialityRequired")
_SAMPLE = 20
"""How many people are looked at to see whether anybody is proven not to be locked."""
_LOST_LETTERS = ("\u212a", "\u212b", "\u2126", "\u1e9e", "\u0130", "\u03f4")
"""Letters that Ruby's `downcase`, and so GitLab, makes common ones of: K, Å, Ω, ẞ, İ, ϴ."""


@attrs.frozen(kw_only=True)
class LdapHealthCheck(HealthCheck):
    """Every server is asked alone, although one of them is enough for a run."""

    system = DIRECTORY
    settings = "LDAP_SERVERS, LDAP_BIND_DN and LDAP_BIND_PASSWORD"

    _sessions: Sequence[LdapSession]
    _layout: LdapLayout
    """Of this directory."""
    _extern_uid: NameKind
    """What the policy asks for people by."""
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
            who = f" {_how(session)}" if session.bind_dn else ""
            yield problem(f"{failure.reason}{who}", _remedy(failure.reason))
            session.close()
        except (ServerFailed, SizeLimitExceeded) as failure:
            yield problem(failure.reason, _remedy(failure.reason))
            session.close()

    def _settings_and_rights(self, session: LdapSession) -> Iterator[Finding]:
        branches = dict(zip(("people", "groups"), self._layout.branches, strict=True))
        hidden = {key: dn for key, dn in branches.items() if not _can_be_seen(session, dn)}
        yield self._encryption(session)
        if self._locks_matter:
            yield from self._product(session)
        if hidden:
            keys = ("LDAP_BASE_DN", *(f"directory.{key}" for key in hidden))
            yield problem(
                f"{_and(dict.fromkeys(hidden.values()))} cannot be seen {_how(session)}",
                f"see that {_and(keys)} of the policy are right, and that whoever glaab binds as"
                " may read there",
            )
        else:
            seen = _and(dict.fromkeys(branches.values()))
            yield ok(f"{seen} can be seen {_how(session)}")
        if "people" not in hidden:
            yield from self._people(session)
        if session.referred:
            yield warning(
                "it refers to other servers, which are not asked: whoever is not found here waits",
                "let LDAP_BASE_DN, or directory.people and directory.groups of the policy, name a"
                " branch that is all on this server",
            )

    def _product(self, session: LdapSession) -> Iterator[Finding]:
        product = session.product
        if product.contradicts(self._layout.server):
            yield problem(
                f"it is {product.name}, and the policy's layout is for {self._layout.server}"
                " (directory.server), so nobody can be proven not to be locked",
                "set directory.layout of the policy to the preset for this server, or"
                f" directory.server to what it is; {_UNTIL_THEN}",
            )

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

    def _people(self, session: LdapSession) -> Iterator[Finding]:
        kinds = {self._layout.uid, self._layout.attribute(self._extern_uid)}
        unseen = [each for each in sorted(kinds) if not self._somebody(session, each)]
        if unseen:
            yield problem(
                f"nobody below {self._layout.people} can be seen with a {_and(unseen)}"
                f" {_how(session)}",
                "see that LDAP_BASE_DN, directory.people and directory.uid of the policy are right,"
                f" and that whoever glaab binds as may read and search for {_and(unseen)}",
            )
            return
        if self._extern_uid == DN and self._layout.server is not ServerKind.OPENLDAP:
            yield from self._lost_letters(session)
        if self._locks_matter and not session.product.contradicts(self._layout.server):
            yield self._locks(session)

    def _somebody(self, session: LdapSession, attribute: str) -> bool:
        """True if there is an entry that shows this attribute, not only lets it be searched for."""
        matching = f"(&{self._layout.people_filter}{present(attribute)})"
        entries = session.some(self._layout.people, matching, (attribute,))
        return any(entry.raw(attribute) for entry in entries)

    def _locks(self, session: LdapSession) -> Finding:
        """Whether most people can be proven not to be locked, or to be."""
        if doubt := Locks(session=session, layout=self._layout, now=self._clock()).doubt():
            return problem(doubt, f"see directory.locked of the policy; {_UNTIL_THEN}")
        hidden = dict.fromkeys(
            test.attribute for test in self._layout.locked if not self._can_be_told(session, test)
        )
        if not hidden:
            attributes = dict.fromkeys(test.attribute for test in self._layout.locked)
            return ok(f"{_and(attributes)} of people can be read")
        return problem(
            f"{_and(hidden)} of people cannot be read {_how(session)}, so nobody can be"
            " proven not to be locked",
            "have the server's access rules let that be read, set LDAP_BIND_DN to somebody who may,"
            f" or let directory.locked of the policy name what this server has; {_UNTIL_THEN}",
        )

    def _can_be_told(self, session: LdapSession, test: LockTest) -> bool:
        """
        True if a filter that negates the test finds anybody, or of most people a value is read.

        One alone may be whoever glaab binds as: everybody may read their own entry.
        """
        anybody = f"{self._layout.people_filter}{present(self._layout.uid)}"
        if not self._layout.is_active_directory and session.some(
            self._layout.people, f"(&{test.negation()}{anybody})"
        ):
            return True
        some = session.some(self._layout.people, f"(&{anybody})", (test.attribute,), most=_SAMPLE)
        return sum(bool(entry.raw(test.attribute)) for entry in some) * 2 > len(some)

    def _lost_letters(self, session: LdapSession) -> Iterator[Finding]:
        letters = [escaped(letter) for letter in _LOST_LETTERS]
        terms = (f"({kind}=*{each}*)" for kind in {CN, self._layout.uid} for each in letters)
        for entry in session.some(self._layout.people, f"(|{''.join(terms)})"):
            yield warning(
                f"{entry.dn} has a letter that GitLab turns into another one in a DN, so somebody"
                " else's account could be taken for this person's, or this one's for theirs",
                "have the entry renamed, or let identity.extern_uid of the policy be another name"
                " than the dn",
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
                f"what {_and(sorted(silent))} would tell cannot be compared: no usable answer",
                "see what is said of that server above",
            )
        elif not any(missing.values()):
            yield ok("every server shows the same of the policy's groups")

    def _groups_by_server(self) -> dict[str, set[str]]:
        """Which of the policy's groups each server that answers shows."""
        shown: dict[str, set[str]] = {}
        for session in self._sessions:
            groups = Groups(session=session, layout=self._layout)
            with suppress(ServerFailed, SizeLimitExceeded):
                shown[str(session.server)] = {
                    each for each in self._groups if not isinstance(groups.size(each), Unknown)
                }
        return shown


def _can_be_seen(session: LdapSession, branch: str) -> bool:
    """True if it exists itself, or anything below it, which is all that a run looks at."""
    with suppress(NoSuchObject):
        itself = session.entry(branch, ("objectClass",))
        return bool(itself or session.some(branch, "(objectClass=*)"))
    return False


def _and(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _how(session: LdapSession) -> str:
    return f"as {session.bind_dn}" if session.bind_dn else "anonymously"


def _remedy(reason: str) -> str:
    if any(code in reason for code in _TOO_WEAK):
        return "use ldaps:// in LDAP_SERVERS, or set LDAP_STARTTLS=true"
    if "bind" in reason:
        return "set LDAP_BIND_DN and LDAP_BIND_PASSWORD to what the server knows"
    if "certificate" in reason.lower():
        return (
            "set LDAP_CA_FILE to the authority that signed its certificate, and name the server"
            " in LDAP_SERVERS as the certificate does; see that it has not expired"
        )
    return "see that it runs and can be reached from here, as LDAP_SERVERS and LDAP_STARTTLS say"
