"""Phabricator, or Phorge, as a source of trust."""

from glaab.adapters.integration import Env, Integration, segment
from glaab.adapters.phabricator.client import PhabricatorConduit
from glaab.adapters.phabricator.conduit import Conduit
from glaab.adapters.phabricator.diagnostics import PhabricatorHealthCheck
from glaab.adapters.phabricator.memory import PhabricatorWorld, in_memory
from glaab.adapters.phabricator.settings import PhabricatorSettings
from glaab.domain.evidence import Profile
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


def _profile_url(settings: PhabricatorSettings, profile: Profile) -> str:
    name = segment(profile.name)
    return f"{settings.phabricator_url.rstrip('/')}/p/{name}/" if name else ""


INTEGRATION: Integration[Phabricator, PhabricatorSettings] = Integration(
    source=PhabricatorSource,
    settings=PhabricatorSettings,
    connect=lambda settings, env, _policy: PhabricatorConduit(
        conduit=_conduit(settings, env), user=settings.phabricator_user
    ),
    world=PhabricatorWorld,
    in_memory=in_memory,
    health_check=lambda settings, env, policy: PhabricatorHealthCheck(
        conduit=_conduit(settings, env),
        user=settings.phabricator_user,
        projects=[each.value for each in policy.conditions_of(InPhabricatorProject)],
    ),
    profile_url=_profile_url,
)
