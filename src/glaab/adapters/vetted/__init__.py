"""Lists of vetted people as a source of trust: files beside the policy, no server."""

from glaab.adapters.integration import Integration
from glaab.adapters.vetted.client import FileLists
from glaab.adapters.vetted.diagnostics import VettedHealthCheck
from glaab.adapters.vetted.list_file import read_lists
from glaab.adapters.vetted.settings import VettedSettings
from glaab.domain.sources.vetted import LISTS, VettedLists, VettedSource

INTEGRATION: Integration[VettedLists, VettedSettings] = Integration(
    source=VettedSource,
    settings=VettedSettings,
    connect=lambda _settings, env, policy: FileLists(
        lists=policy.options[LISTS], name_key=policy.name_key, now=env.now
    ),
    world=None,
    in_memory=None,
    health_check=lambda _settings, env, policy: VettedHealthCheck(
        lists=policy.options[LISTS].files, today=env.now().date()
    ),
    profile_url=lambda _settings, _profile: "",
    policy_files=read_lists,
)
