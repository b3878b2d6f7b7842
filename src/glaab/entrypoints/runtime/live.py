"""The live adapters, made from settings."""

from glaab import __version__
from glaab.adapters.gerrit.api import GerritApi
from glaab.adapters.gerrit.client import GerritRest
from glaab.adapters.gerrit.diagnostics import GerritHealthCheck
from glaab.adapters.gitlab.api import GitLabApi
from glaab.adapters.gitlab.client import GitLabRest
from glaab.adapters.gitlab.diagnostics import GitLabHealthCheck
from glaab.adapters.http.session import HttpSession, RequestCounter
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.jsonl_audit_log import FileAuditLog
from glaab.adapters.ldap.client import LdapDirectory
from glaab.adapters.ldap.diagnostics import LdapHealthCheck
from glaab.adapters.ldap.entries import LdapServer
from glaab.adapters.ldap.session import LdapSession
from glaab.adapters.mediawiki.api import BotPassword, OAuth, WikiPage
from glaab.adapters.mediawiki.audit_log import WikiAuditLog
from glaab.adapters.mediawiki.diagnostics import WikiHealthCheck
from glaab.adapters.phabricator.client import PhabricatorConduit
from glaab.adapters.phabricator.conduit import Conduit
from glaab.adapters.phabricator.diagnostics import PhabricatorHealthCheck
from glaab.domain.diagnostics import HealthCheck
from glaab.domain.errors import System
from glaab.domain.policy import (
    InDirectoryGroup,
    InGerritGroup,
    InPhabricatorProject,
    Policy,
    Veto,
)
from glaab.domain.ports import AuditLog
from glaab.entrypoints.runtime.clock import now
from glaab.entrypoints.runtime.redaction import Redactor
from glaab.settings import Secret, Settings


class Live:
    """Makes each live adapter; opens nothing."""

    def __init__(
        self, settings: Settings, timeouts: TimeoutPolicy, request_counter: RequestCounter
    ) -> None:
        self._settings = settings
        self._timeouts = timeouts
        self._traffic = request_counter

    def gitlab(self) -> GitLabRest:
        """GitLab as the settings name it."""
        return GitLabRest(api=self._gitlab_api())

    def gitlab_health_check(self) -> GitLabHealthCheck:
        """Of GitLab and of the token."""
        return GitLabHealthCheck(api=self._gitlab_api(), clock=now)

    def _gitlab_api(self) -> GitLabApi:
        chosen = self._settings
        return GitLabApi(
            url=chosen.gitlab_url,
            token=_shown(chosen.gitlab_access_token),
            session=self._session(System.GITLAB, chosen.gitlab_url),
        )

    def directory(self) -> LdapDirectory:
        """The directory, with all its servers."""
        return LdapDirectory(self._ldap_sessions(), base_dn=self._settings.ldap_base_dn)

    def ldap_health_check(self, policy: Policy) -> LdapHealthCheck:
        """Each of the directory's servers, alone."""
        return LdapHealthCheck(
            sessions=self._ldap_sessions(),
            base_dn=self._settings.ldap_base_dn,
            groups=[each.group for each in policy.conditions if isinstance(each, InDirectoryGroup)],
            locks_matter=Veto.DIRECTORY_LOCKED in policy.vetoes,
            clock=now,
        )

    def _ldap_sessions(self) -> list[LdapSession]:
        chosen = self._settings
        return [
            LdapSession(
                server=LdapServer(each.host, each.port, each.tls),
                bind_dn=chosen.ldap_bind_dn,
                password=_shown(chosen.ldap_bind_password) or None,
                starttls=chosen.ldap_starttls,
                ca_file=chosen.ldap_ca_file,
                timeouts=self._timeouts,
                request_counter=self._traffic,
            )
            for each in chosen.ldap_servers
        ]

    def phabricator(self) -> PhabricatorConduit:
        """Phabricator."""
        return PhabricatorConduit(conduit=self._conduit(), user=self._settings.phabricator_user)

    def phabricator_health_check(self, policy: Policy) -> PhabricatorHealthCheck:
        """Phabricator, and the projects of *policy*."""
        asked = [e.project for e in policy.conditions if isinstance(e, InPhabricatorProject)]
        return PhabricatorHealthCheck(
            conduit=self._conduit(), user=self._settings.phabricator_user, projects=asked
        )

    def _conduit(self) -> Conduit:
        """Its reading methods are POST."""
        chosen = self._settings
        session = self._session(
            System.PHABRICATOR, chosen.phabricator_url, reads=frozenset({"GET", "POST"})
        )
        return Conduit(
            url=chosen.phabricator_url, token=_shown(chosen.phabricator_token), session=session
        )

    def gerrit(self) -> GerritRest:
        """Gerrit."""
        return GerritRest(api=self._gerrit_api())

    def gerrit_health_check(self, policy: Policy) -> GerritHealthCheck:
        """Gerrit, and the groups of *policy*."""
        asked = [each.group for each in policy.conditions if isinstance(each, InGerritGroup)]
        return GerritHealthCheck(api=self._gerrit_api(), groups=asked)

    def _gerrit_api(self) -> GerritApi:
        chosen = self._settings
        session = self._session(System.GERRIT, chosen.gerrit_url)
        return GerritApi(
            url=chosen.gerrit_url,
            user=chosen.gerrit_user,
            password=_shown(chosen.gerrit_password),
            session=session,
        )

    def audit_logs(self) -> tuple[AuditLog, ...]:
        """The wiki page and the file, whichever are set."""
        if not self._settings.mediawiki_log_page:
            return self._audit_files()
        return self.audit_files_beside(WikiAuditLog(self._wiki_page()))

    def audit_files_beside(self, page: AuditLog) -> tuple[AuditLog, ...]:
        """A page, and the file if one is set."""
        return (page, *self._audit_files())

    def _audit_files(self) -> tuple[AuditLog, ...]:
        path = self._settings.glaab_audit_file
        if not path:
            return ()
        redact = Redactor.of(self._settings)
        return (FileAuditLog(path, redact=redact, timeouts=self._timeouts),)

    def wiki_health_check(self) -> WikiHealthCheck:
        """The wiki, of which a log page must be set."""
        return WikiHealthCheck(self._wiki_page())

    def _wiki_page(self) -> WikiPage:
        chosen = self._settings
        return WikiPage(
            url=chosen.mediawiki_url,
            title=chosen.mediawiki_log_page,
            credentials=self._wiki_login(),
            session=self._session(System.AUDIT_LOG, chosen.mediawiki_url),
        )

    def _wiki_login(self) -> OAuth | BotPassword:
        chosen = self._settings
        if chosen.mediawiki_user:
            return BotPassword(chosen.mediawiki_user, _shown(chosen.mediawiki_password))
        return OAuth(
            consumer_token=_shown(chosen.mediawiki_consumer_token),
            consumer_secret=_shown(chosen.mediawiki_consumer_secret),
            access_token=_shown(chosen.mediawiki_access_token),
            access_secret=_shown(chosen.mediawiki_access_secret),
        )

    def health_checks(self, policy: Policy) -> tuple[HealthCheck, ...]:
        """Of every system that runs with this policy use."""
        made: list[HealthCheck] = [self.gitlab_health_check(), self.ldap_health_check(policy)]
        if System.PHABRICATOR in policy.systems:
            made.append(self.phabricator_health_check(policy))
        if System.GERRIT in policy.systems:
            made.append(self.gerrit_health_check(policy))
        if self._settings.mediawiki_log_page:
            made.append(self.wiki_health_check())
        return tuple(made)

    def _session(
        self, system: System, url: str, *, reads: frozenset[str] = frozenset({"GET"})
    ) -> HttpSession:
        return HttpSession(
            system,
            url,
            timeouts=self._timeouts,
            request_counter=self._traffic,
            user_agent=f"glaab/{__version__} ({self._settings.glaab_contact})",
            reads=reads,
        )


def _shown(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""
