"""The live adapters, made from settings."""

from glaab import __version__
from glaab.adapters._conduit import Conduit
from glaab.adapters._gerrit_api import GerritApi
from glaab.adapters._gitlab_api import GitLabApi
from glaab.adapters._http import CarefulSession, Traffic
from glaab.adapters._ldap_answer import LdapServer
from glaab.adapters._ldap_session import LdapSession
from glaab.adapters._mediawiki import BotPassword, OAuth, WikiPage
from glaab.adapters._patience import Patience
from glaab.adapters.file_audit_log import FileAuditLog
from glaab.adapters.gerrit_checkup import GerritCheckup
from glaab.adapters.gerrit_rest import GerritRest
from glaab.adapters.gitlab_checkup import GitLabCheckup
from glaab.adapters.gitlab_rest import GitLabRest
from glaab.adapters.ldap_checkup import LdapCheckup
from glaab.adapters.ldap_directory import LdapDirectory
from glaab.adapters.phabricator_checkup import PhabricatorCheckup
from glaab.adapters.phabricator_conduit import PhabricatorConduit
from glaab.adapters.wiki_audit_log import WikiAuditLog
from glaab.adapters.wiki_checkup import WikiCheckup
from glaab.domain.checkups import Checkup
from glaab.domain.errors import System
from glaab.domain.policy import (
    InDirectoryGroup,
    InGerritGroup,
    InPhabricatorProject,
    Policy,
    Veto,
)
from glaab.domain.ports import AuditLog
from glaab.entrypoints.clock import now
from glaab.entrypoints.secrecy import Concealment
from glaab.settings import Secret, Settings


class Live:
    """Makes each live adapter; opens nothing."""

    def __init__(self, settings: Settings, patience: Patience, traffic: Traffic) -> None:
        self._settings = settings
        self._patience = patience
        self._traffic = traffic

    def gitlab(self) -> GitLabRest:
        """GitLab as the settings name it."""
        return GitLabRest(api=self._gitlab_api())

    def gitlab_checkup(self) -> GitLabCheckup:
        """Of GitLab and of the token."""
        return GitLabCheckup(api=self._gitlab_api(), clock=now)

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

    def ldap_checkup(self, policy: Policy) -> LdapCheckup:
        """Each of the directory's servers, alone."""
        return LdapCheckup(
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
                patience=self._patience,
                traffic=self._traffic,
            )
            for each in chosen.ldap_servers
        ]

    def phabricator(self) -> PhabricatorConduit:
        """Phabricator."""
        return PhabricatorConduit(conduit=self._conduit(), user=self._settings.phabricator_user)

    def phabricator_checkup(self, policy: Policy) -> PhabricatorCheckup:
        """Phabricator, and the projects of *policy*."""
        asked = [e.project for e in policy.conditions if isinstance(e, InPhabricatorProject)]
        return PhabricatorCheckup(
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

    def gerrit_checkup(self, policy: Policy) -> GerritCheckup:
        """Gerrit, and the groups of *policy*."""
        asked = [each.group for each in policy.conditions if isinstance(each, InGerritGroup)]
        return GerritCheckup(api=self._gerrit_api(), groups=asked)

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
        conceal = Concealment.of(self._settings)
        return (FileAuditLog(path, conceal=conceal, patience=self._patience),)

    def wiki_checkup(self) -> WikiCheckup:
        """The wiki, of which a log page must be set."""
        return WikiCheckup(self._wiki_page())

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

    def checkups(self, policy: Policy) -> tuple[Checkup, ...]:
        """Of every system that runs with this policy use."""
        made: list[Checkup] = [self.gitlab_checkup(), self.ldap_checkup(policy)]
        if System.PHABRICATOR in policy.systems:
            made.append(self.phabricator_checkup(policy))
        if System.GERRIT in policy.systems:
            made.append(self.gerrit_checkup(policy))
        if self._settings.mediawiki_log_page:
            made.append(self.wiki_checkup())
        return tuple(made)

    def _session(
        self, system: System, url: str, *, reads: frozenset[str] = frozenset({"GET"})
    ) -> CarefulSession:
        return CarefulSession(
            system,
            url,
            patience=self._patience,
            traffic=self._traffic,
            user_agent=f"glaab/{__version__} ({self._settings.glaab_contact})",
            reads=reads,
        )


def _shown(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""
