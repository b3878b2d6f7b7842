"""Phabricator, or Phorge, as a source of trust."""

from glaab.adapters.integration import Env, Integration, segment
from glaab.adapters.phabricator.client import PhabricatorConduit
from glaab.adapters.phabricator.conduit import Conduit
from glaab.adapters.phabricator.diagnostics import PhabricatorHealthCheck
from glaab.adapters.phabricator.memory import PhabricatorWorld, in_memory
from glaab.adapters.phabricator.settings import PhabricatorSettings
from glaab.domain.evidence import Profile
from glaab.domain.policy import Policy
from glaab.domain.sources.phabricator import (
    PHABRICATOR,
    InPhabricatorProject,
    Phabricator,
    PhabricatorSource,
)
from glaab.settings.values import reveal


def _conduit(settings: PhabricatorSettings, env: Env) -> Conduit:
    """Its reading methods are POST."""
    url = settings.phabricator_url
    session = env.session(PHABRICATOR, url, reads=frozenset({"GET", "POST"}))
    return Conduit(url=url, token=reveal(settings.phabricator_token), session=session)


def _connect(settings: PhabricatorSettings, env: Env) -> PhabricatorConduit:
    return PhabricatorConduit(conduit=_conduit(settings, env), user=settings.phabricator_user)


def _health_check(
    settings: PhabricatorSettings, env: Env, policy: Policy
) -> PhabricatorHealthCheck:
    return PhabricatorHealthCheck(
        conduit=_conduit(settings, env),
        user=settings.phabricator_user,
        projects=[each.value for each in policy.conditions_of(InPhabricatorProject)],
    )


def _profile_url(settings: PhabricatorSettings, profile: Profile) -> str:
    name = segment(profile.name)
    return f"{settings.phabricator_url.rstrip('/')}/p/{name}/" if name else ""


INTEGRATION: Integration[Phabricator, PhabricatorSettings] = Integration(
    source=PhabricatorSource,
    settings=PhabricatorSettings,
    connect=_connect,
    world=PhabricatorWorld,
    in_memory=in_memory,
    health_check=_health_check,
    profile_url=_profile_url,
)
