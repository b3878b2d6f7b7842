"""Gerrit as a source of trust."""

from glaab.adapters.gerrit.api import GerritApi
from glaab.adapters.gerrit.client import GerritRest
from glaab.adapters.gerrit.diagnostics import GerritHealthCheck
from glaab.adapters.gerrit.memory import GerritWorld, in_memory
from glaab.adapters.gerrit.settings import GerritSettings
from glaab.adapters.integration import Env, Integration, quoted
from glaab.domain.evidence import Profile
from glaab.domain.policy import Policy
from glaab.domain.sources.gerrit import GERRIT, Gerrit, GerritSource, InGerritGroup
from glaab.settings.values import reveal


def _api(settings: GerritSettings, env: Env) -> GerritApi:
    return GerritApi(
        url=settings.gerrit_url,
        user=settings.gerrit_user,
        password=reveal(settings.gerrit_password),
        session=env.session(GERRIT, settings.gerrit_url),
    )


def _connect(settings: GerritSettings, env: Env) -> GerritRest:
    return GerritRest(api=_api(settings, env))


def _health_check(settings: GerritSettings, env: Env, policy: Policy) -> GerritHealthCheck:
    groups = [each.value for each in policy.conditions_of(InGerritGroup)]
    return GerritHealthCheck(api=_api(settings, env), groups=groups)


def _profile_url(settings: GerritSettings, profile: Profile) -> str:
    return f"{settings.gerrit_url.rstrip('/')}/q/owner:{quoted(profile.name)}"


INTEGRATION: Integration[Gerrit, GerritSettings] = Integration(
    source=GerritSource,
    settings=GerritSettings,
    connect=_connect,
    world=GerritWorld,
    in_memory=in_memory,
    health_check=_health_check,
    profile_url=_profile_url,
)
