"""The LDAP directory: it proves who people are, and is a source of trust."""

from urllib.parse import quote

from glaab.adapters.integration import Env, Integration
from glaab.adapters.ldap.client import LdapDirectory
from glaab.adapters.ldap.diagnostics import LdapHealthCheck
from glaab.adapters.ldap.memory import LdapWorld, in_memory
from glaab.adapters.ldap.session import LdapSession
from glaab.adapters.ldap.settings import LdapSettings
from glaab.domain.evidence import Profile
from glaab.domain.sources.directory import LOCKED, Directory, DirectorySource, InDirectoryGroup
from glaab.settings.values import reveal


def _sessions(settings: LdapSettings, env: Env) -> list[LdapSession]:
    return [
        LdapSession(
            server=server,
            bind_dn=settings.ldap_bind_dn,
            password=reveal(settings.ldap_bind_password) or None,
            starttls=settings.ldap_starttls,
            ca_file=settings.ldap_ca_file,
            timeouts=env.timeouts,
            request_counter=env.request_counter,
        )
        for server in settings.ldap_servers
    ]


def _profile_url(settings: LdapSettings, profile: Profile) -> str:
    """As in RFC 4516, where what separates the parts of a DN may stay; of several servers one."""
    dn = quote(profile.name, safe=",=", errors="surrogatepass")
    return f"{settings.ldap_servers[0]}/{dn}"


INTEGRATION: Integration[Directory, LdapSettings] = Integration(
    source=DirectorySource,
    settings=LdapSettings,
    connect=lambda settings, env: LdapDirectory(
        _sessions(settings, env), base_dn=settings.ldap_base_dn
    ),
    world=LdapWorld,
    in_memory=in_memory,
    health_check=lambda settings, env, policy: LdapHealthCheck(
        sessions=_sessions(settings, env),
        base_dn=settings.ldap_base_dn,
        groups=[each.value for each in policy.conditions_of(InDirectoryGroup)],
        locks_matter=LOCKED in policy.vetoes,
        clock=env.now,
    ),
    profile_url=_profile_url,
)
