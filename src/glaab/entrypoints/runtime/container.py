"""The composition root: who gets what. Nothing else knows dependency_injector."""

from collections import Counter
from collections.abc import Mapping

from dependency_injector import containers, providers

from glaab import __version__
from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.adapters.gitlab.read_only import ReadOnlyGitLab
from glaab.adapters.http.session import RequestCounter
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.integration import Env
from glaab.adapters.mediawiki.memory import InMemoryAuditLog
from glaab.adapters.world_file import World
from glaab.domain.approval import ApplyPlan
from glaab.domain.diagnostics import HealthCheck
from glaab.domain.errors import System
from glaab.domain.policy import Policy
from glaab.domain.ports import AuditLog, GitLab
from glaab.domain.review import ReviewAccounts, ReviewPending, Scope
from glaab.domain.source import Source
from glaab.entrypoints.runtime import connect
from glaab.entrypoints.runtime.clock import now
from glaab.settings.core import Settings


class Container(containers.DeclarativeContainer):
    """`mode` is `act` or `look`, `systems` is `live` or `memory`; neither has a default."""

    integrations = providers.Dependency(instance_of=tuple)
    settings = providers.Dependency(instance_of=Settings)
    policy = providers.Dependency(instance_of=Policy)
    world = providers.Dependency(instance_of=World)
    run = providers.Dependency(instance_of=str)
    mode = providers.Dependency(instance_of=str)
    systems = providers.Dependency(instance_of=str)

    clock = providers.Object(now)
    timeouts = providers.Singleton(TimeoutPolicy, timeout_s=settings.provided.glaab_timeout_s)
    request_counter: providers.Provider[RequestCounter] = providers.Singleton(Counter)
    env = providers.Singleton(
        Env,
        timeouts=timeouts,
        request_counter=request_counter,
        user_agent=providers.Callable(connect.user_agent, settings),
        now=clock,
    )

    writable_gitlab: providers.Provider[GitLab] = providers.Selector(
        systems,
        live=providers.Singleton(connect.gitlab, settings, env),
        memory=providers.Singleton(
            InMemoryGitLab,
            world.provided.accounts,
            world.provided.notes,
            world.provided.logged,
        ),
    )
    gitlab: providers.Provider[GitLab] = providers.Selector(
        mode, act=writable_gitlab, look=providers.Singleton(ReadOnlyGitLab, writable_gitlab)
    )
    used = providers.Callable(connect.used, integrations, policy)
    sources: providers.Provider[Mapping[System, Source]] = providers.Selector(
        systems,
        live=providers.Singleton(connect.sources, used, policy, settings, env),
        memory=providers.Singleton(connect.sources_in_memory, used, policy, settings, env, world),
    )
    audit_files = providers.Singleton(connect.audit_files, settings, env)
    audit_page = providers.Singleton(InMemoryAuditLog, settings.provided.gitlab_url)
    audit_logs: providers.Provider[tuple[AuditLog, ...]] = providers.Selector(
        systems,
        live=providers.Singleton(connect.audit_logs, settings, env, audit_files),
        memory=providers.Singleton(lambda page, files: (page, *files), audit_page, audit_files),
    )
    gitlab_health_check = providers.Factory(connect.gitlab_health_check, settings, env)
    health_checks: providers.Provider[tuple[HealthCheck, ...]] = providers.Selector(
        systems,
        live=providers.Factory(connect.health_checks, used, policy, settings, env),
        memory=providers.Factory(connect.health_checks_in_memory, used, policy, settings, env),
    )

    review_accounts = providers.Factory(
        ReviewAccounts,
        sources=sources,
        policy=policy,
        scope=providers.Selector(
            mode, act=providers.Object(Scope.MINIMAL), look=providers.Object(Scope.FULL)
        ),
        confirm_at_most=settings.provided.glaab_max_approvals,
    )
    review_pending = providers.Factory(ReviewPending, gitlab=gitlab, review=review_accounts)
    apply_plan = providers.Selector(
        mode,
        act=providers.Factory(
            ApplyPlan,
            gitlab=gitlab,
            audit_logs=audit_logs,
            clock=clock,
            run=run,
            policy=policy.provided.digest,
            version=__version__,
        ),
    )
