"""The LDAP directory: it proves who people are, and is a source of trust."""

from urllib.parse import quote

from glaab.adapters.integration import Env, Integration
from glaab.adapters.ldap.client import LdapDirectory
from glaab.adapters.ldap.diagnostics import LdapHealthCheck
from glaab.adapters.ldap.layout import WIKIMEDIA, LdapLayout
from glaab.adapters.ldap.layout_table import LayoutTable
from glaab.adapters.ldap.memory import LdapWorld, in_memory
from glaab.adapters.ldap.session import LdapSession
from glaab.adapters.ldap.settings import LdapSettings
from glaab.domain.evidence import Profile
from glaab.domain.policy import Policy
from glaab.domain.sources.directory import (
    DIRECTORY,
    LOCKED,
    Directory,
    DirectorySource,
    InDirectoryGroup,
)
from glaab.settings.values import reveal


def _layout(policy: Policy) -> LdapLayout:
    layout: LdapLayout = policy.options.get(DIRECTORY, WIKIMEDIA)
    return layout


def _connect(settings: LdapSettings, env: Env, policy: Policy) -> LdapDirectory:
    return LdapDirectory(
        _sessions(settings, env, policy),
        base_dn=settings.ldap_base_dn,
        layout=_layout(policy),
        clock=env.now,
    )


def _health_check(settings: LdapSettings, env: Env, policy: Policy) -> LdapHealthCheck:
    return LdapHealthCheck(
        sessions=_sessions(settings, env, policy),
        layout=_layout(policy).below(settings.ldap_base_dn),
        extern_uid=policy.extern_uid,
        groups=[each.value for each in policy.conditions_of(InDirectoryGroup)],
        locks_matter=LOCKED in policy.vetoes,
        clock=env.now,
    )


def _sessions(settings: LdapSettings, env: Env, policy: Policy) -> list[LdapSession]:
    sessions = [
        LdapSession(
            server=server,
            bind_dn=settings.ldap_bind_dn,
            password=reveal(settings.ldap_bind_password) or None,
            starttls=settings.ldap_starttls,
            ca_file=settings.ldap_ca_file,
            is_active_directory=_layout(policy).is_active_directory,
            timeouts=env.timeouts,
            request_counter=env.request_counter,
        )
        for server in settings.ldap_servers
    ]
    for session in sessions:
        env.connections.callback(session.close)
    return sessions


def _profile_url(settings: LdapSettings, profile: Profile) -> str:
    """As in RFC 4516, where what separates the parts of a DN may stay; of several servers one."""
    dn = quote(profile.name, safe=",=", errors="surrogatepass")
    return f"{settings.ldap_servers[0]}/{dn}"


INTEGRATION: Integration[Directory, LdapSettings] = Integration(
    source=DirectorySource,
    settings=LdapSettings,
    connect=_connect,
    world=LdapWorld,
    in_memory=in_memory,
    health_check=_health_check,
    profile_url=_profile_url,
    policy_table=LayoutTable,
)
