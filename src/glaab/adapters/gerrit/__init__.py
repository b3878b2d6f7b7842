"""Gerrit as a source of trust."""

from glaab.adapters.gerrit.client import GerritApi, GerritRest
from glaab.adapters.gerrit.diagnostics import GerritHealthCheck
from glaab.adapters.gerrit.memory import GerritWorld, in_memory
from glaab.adapters.gerrit.settings import GerritSettings
from glaab.adapters.integration import Env, Integration, quoted
from glaab.domain.sources.gerrit import GERRIT, Gerrit, GerritSource, InGerritGroup
from glaab.settings.values import reveal


def _api(settings: GerritSettings, env: Env) -> GerritApi:
    return GerritApi(
        url=settings.gerrit_url,
        user=settings.gerrit_user,
        password=reveal(settings.gerrit_password),
        session=env.session(GERRIT, settings.gerrit_url),
    )


INTEGRATION: Integration[Gerrit, GerritSettings] = Integration(
    source=GerritSource,
    settings=GerritSettings,
    connect=lambda settings, env, _policy: GerritRest(api=_api(settings, env)),
    world=GerritWorld,
    in_memory=in_memory,
    health_check=lambda settings, env, policy: GerritHealthCheck(
        api=_api(settings, env),
        groups=[each.value for each in policy.conditions_of(InGerritGroup)],
    ),
    profile_url=lambda settings, profile: (
        f"{settings.gerrit_url.rstrip('/')}/q/owner:{quoted(profile.name)}"
    ),
)
