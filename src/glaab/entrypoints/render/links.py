"""Where a person can look for themselves: the addresses of what is known about an account."""

from collections.abc import Iterator
from urllib.parse import quote

import attrs

from glaab.domain.evidence import Proven
from glaab.domain.names import Dn
from glaab.domain.review import Case
from glaab.settings import LdapEndpoint, Settings


@attrs.frozen(kw_only=True)
class Link:
    """An address, made here of parts that are all percent-encoded."""

    kind: str
    """`gitlab_admin`, `gitlab_profile`, `directory`, `phabricator` or `gerrit`."""
    title: str
    url: str


@attrs.frozen(kw_only=True)
class Places:
    """Where the systems are, without a slash at the end."""

    gitlab: str
    directory: str
    phabricator: str
    gerrit: str

    @classmethod
    def of(cls, settings: Settings) -> "Places":
        """Those of the settings; of several directory servers the first."""
        return cls(
            gitlab=settings.gitlab_url.rstrip("/"),
            directory=_ldap_url(settings.ldap_servers[0]),
            phabricator=settings.phabricator_url.rstrip("/"),
            gerrit=settings.gerrit_url.rstrip("/"),
        )

    def links(self, case: Case) -> tuple[Link, ...]:
        """What there is to look at; nothing is guessed."""
        return tuple(self._links(case))

    def _links(self, case: Case) -> Iterator[Link]:
        if name := _segment(case.account.username):
            admin = f"{self.gitlab}/admin/users/{name}"
            yield Link(kind="gitlab_admin", title="GitLab admin page", url=admin)
            profile = f"{self.gitlab}/{name}"
            yield Link(kind="gitlab_profile", title="GitLab profile", url=profile)
        if isinstance(case.proof, Proven):
            entry = f"{self.directory}/{_dn(case.proof.dn)}"
            yield Link(kind="directory", title="LDAP entry", url=entry)
        for account in case.elsewhere.phabricator:
            if name := _segment(account.username):
                title = f"Phabricator: {account.username}"
                url = f"{self.phabricator}/p/{name}/"
                yield Link(kind="phabricator", title=title, url=url)
        if gerrit := case.elsewhere.gerrit:
            title = f"Gerrit: {gerrit.username}"
            url = f"{self.gerrit}/q/owner:{_encoded(gerrit.username)}"
            yield Link(kind="gerrit", title=title, url=url)


def _ldap_url(server: LdapEndpoint) -> str:
    """Scheme, host and port as in RFC 4516."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{'ldaps' if server.tls else 'ldap'}://{host}:{server.port}"


def _dn(dn: Dn) -> str:
    """A DN as RFC 4516 has it: what separates its parts may stay."""
    return quote(dn.text, safe=",=", errors="surrogatepass")


def _segment(name: str) -> str:
    """One part of a path; empty for a name that is none: an empty one, `.` and `..`."""
    return _encoded(name) if name.strip(".") else ""


def _encoded(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")
