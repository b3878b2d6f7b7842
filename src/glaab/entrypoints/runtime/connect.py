"""The live adapters, made from settings; nothing is opened yet."""

from collections.abc import Mapping

from glaab import __version__
from glaab.adapters.gitlab.api import GitLabApi
from glaab.adapters.gitlab.client import GitLabRest
from glaab.adapters.gitlab.diagnostics import GitLabHealthCheck
from glaab.adapters.integration import Env, Integrations
from glaab.adapters.jsonl_audit_log import FileAuditLog
from glaab.adapters.mediawiki.api import BotPassword, OAuth, WikiApi
from glaab.adapters.mediawiki.audit_log import WikiAuditLog
from glaab.adapters.mediawiki.diagnostics import WikiHealthCheck
from glaab.adapters.mediawiki.page import WikiPage
from glaab.adapters.world_file import World
from glaab.domain.diagnostics import HealthCheck
from glaab.domain.errors import AUDIT_LOG, GITLAB, System
from glaab.domain.policy import Policy
from glaab.domain.ports import AuditLog
from glaab.domain.source import Source
from glaab.settings.core import Settings
from glaab.settings.values import reveal


def user_agent(settings: Settings) -> str:
    """What every request says of itself."""
    return f"glaab/{__version__} ({settings.glaab_contact})"


def gitlab(settings: Settings, env: Env) -> GitLabRest:
    """GitLab."""
    return GitLabRest(api=_gitlab_api(settings, env))


def _gitlab_api(settings: Settings, env: Env) -> GitLabApi:
    return GitLabApi(
        url=settings.gitlab_url,
        token=reveal(settings.gitlab_access_token),
        session=env.session(GITLAB, settings.gitlab_url),
    )


def used(integrations: Integrations, policy: Policy) -> Integrations:
    """The sources that the policy uses."""
    return tuple(each for each in integrations if each.name in policy.systems)


def sources(
    used: Integrations, policy: Policy, settings: Settings, env: Env
) -> dict[System, Source]:
    """The live sources."""
    return {
        each.name: each.source(each.connect(settings.of(each.settings), env, policy))
        for each in used
    }


def sources_of_two(
    old: Mapping[System, Source], new: Mapping[System, Source], policies: tuple[Policy, Policy]
) -> dict[System, Source]:
    """
    The *new* sources; where both *policies* mean the same by a source, it is the *old* one.

    They do not where people are named in other ways, or where what they say of the source itself
    differs: the layout of a directory, the content of lists.
    """
    before, after = policies
    if before.extern_uid != after.extern_uid:
        return dict(new)
    same = (name for name in new if before.options.get(name) == after.options.get(name))
    return {**new, **{name: old[name] for name in same if name in old}}


def sources_in_memory(
    used: Integrations, policy: Policy, settings: Settings, env: Env, world: World
) -> dict[System, Source]:
    """The sources of a world; those that are no part of it as they are live."""
    in_memory = {each.name: each.source(world.ports[each.name]) for each in used if each.world}
    live = sources(tuple(each for each in used if not each.world), policy, settings, env)
    return {each.name: (in_memory | live)[each.name] for each in used}


def audit_logs(settings: Settings, env: Env, files: tuple[AuditLog, ...]) -> tuple[AuditLog, ...]:
    """The wiki page, if one is set, and the *files*."""
    if not settings.mediawiki_log_page:
        return files
    page = WikiPage(_wiki_api(settings, env), settings.mediawiki_log_page)
    return (WikiAuditLog(page, settings.gitlab_url), *files)


def audit_files(settings: Settings, env: Env) -> tuple[AuditLog, ...]:
    """The file, if one is set."""
    path = settings.glaab_audit_file
    return (FileAuditLog(path, timeouts=env.timeouts),) if path else ()


def _wiki_api(settings: Settings, env: Env) -> WikiApi:
    credentials: OAuth | BotPassword = OAuth(
        consumer_token=reveal(settings.mediawiki_consumer_token),
        consumer_secret=reveal(settings.mediawiki_consumer_secret),
        access_token=reveal(settings.mediawiki_access_token),
        access_secret=reveal(settings.mediawiki_access_secret),
    )
    if settings.mediawiki_user:
        password = reveal(settings.mediawiki_password)
        credentials = BotPassword(settings.mediawiki_user, password)
    session = env.session(AUDIT_LOG, settings.mediawiki_url)
    return WikiApi(
        url=settings.mediawiki_url, credentials=credentials, session=session, clock=env.now
    )


def gitlab_health_check(settings: Settings, env: Env) -> HealthCheck:
    """Of GitLab alone, as long as it is not known which other systems are used."""
    return GitLabHealthCheck(api=_gitlab_api(settings, env), clock=env.now)


def health_checks(
    used: Integrations, policy: Policy, settings: Settings, env: Env
) -> tuple[HealthCheck, ...]:
    """Of every system that runs with this policy use."""
    checks = [gitlab_health_check(settings, env)]
    checks += [each.health_check(settings.of(each.settings), env, policy) for each in used]
    if settings.mediawiki_log_page:
        checks.append(WikiHealthCheck(_wiki_api(settings, env), settings.mediawiki_log_page))
    return tuple(checks)


def health_checks_in_memory(
    used: Integrations, policy: Policy, settings: Settings, env: Env
) -> tuple[HealthCheck, ...]:
    """Of the sources that are no part of a world: they are as they are live."""
    live = [each for each in used if not each.world]
    return tuple(each.health_check(settings.of(each.settings), env, policy) for each in live)
