"""The composition root: who gets what. Nothing else knows dependency_injector."""

from collections import Counter

from dependency_injector import containers, providers

from glaab import __version__
from glaab.adapters import memory
from glaab.adapters.gitlab.read_only import ReadOnlyGitLab
from glaab.adapters.http.session import RequestCounter
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.world_file import World
from glaab.domain.approval import ApplyPlan
from glaab.domain.diagnostics import HealthCheck
from glaab.domain.gathering import Sources
from glaab.domain.policy import Policy
from glaab.domain.ports import AuditLog, Directory, Gerrit, GitLab, Phabricator
from glaab.domain.review import ReviewAccounts, ReviewPending, Scope
from glaab.entrypoints.runtime.clock import now
from glaab.entrypoints.runtime.live import Live
from glaab.settings import Settings


class Container(containers.DeclarativeContainer):
    """`mode` is `act` or `look`, `systems` is `live` or `memory`; neither has a default."""

    settings = providers.Dependency(instance_of=Settings)
    policy = providers.Dependency(instance_of=Policy)
    world = providers.Dependency(instance_of=World)
    run = providers.Dependency(instance_of=str)
    mode = providers.Dependency(instance_of=str)
    systems = providers.Dependency(instance_of=str)
    held = world.provided

    timeouts = providers.Singleton(TimeoutPolicy, timeout_s=settings.provided.glaab_timeout_s)
    request_counter: providers.Provider[RequestCounter] = providers.Singleton(Counter)
    live = providers.Singleton(Live, settings, timeouts, request_counter)

    writable_gitlab: providers.Provider[GitLab] = providers.Selector(
        systems,
        live=providers.Singleton(Live.gitlab, live),
        memory=providers.Singleton(memory.InMemoryGitLab, held.accounts, held.notes),
    )
    gitlab: providers.Provider[GitLab] = providers.Selector(
        mode, act=writable_gitlab, look=providers.Singleton(ReadOnlyGitLab, writable_gitlab)
    )
    directory: providers.Provider[Directory] = providers.Selector(
        systems,
        live=providers.Singleton(Live.directory, live),
        memory=providers.Singleton(
            memory.InMemoryDirectory,
            held.people,
            held.directory_groups,
            held.locked,
            held.lock_hidden,
        ),
    )
    phabricator: providers.Provider[Phabricator] = providers.Selector(
        systems,
        live=providers.Singleton(Live.phabricator, live),
        memory=providers.Singleton(memory.InMemoryPhabricator, held.linked, held.projects),
    )
    gerrit: providers.Provider[Gerrit] = providers.Selector(
        systems,
        live=providers.Singleton(Live.gerrit, live),
        memory=providers.Singleton(memory.InMemoryGerrit, held.gerrit_accounts, held.gerrit_groups),
    )
    audit_page = providers.Singleton(memory.InMemoryAuditLog)
    audit_logs: providers.Provider[tuple[AuditLog, ...]] = providers.Selector(
        systems,
        live=providers.Singleton(Live.audit_logs, live),
        memory=providers.Singleton(Live.audit_files_beside, live, audit_page),
    )
    health_checks: providers.Provider[tuple[HealthCheck, ...]] = providers.Selector(
        systems,
        live=providers.Factory(Live.health_checks, live, policy),
        memory=providers.Object(()),
    )

    sources = providers.Factory(Sources, directory, phabricator, gerrit)
    review_accounts = providers.Factory(
        ReviewAccounts,
        sources=sources,
        policy=policy,
        scope=providers.Selector(
            mode,
            act=providers.Object(Scope.MINIMAL),
            look=providers.Object(Scope.FULL),
        ),
    )
    review_pending = providers.Factory(ReviewPending, gitlab=gitlab, review=review_accounts)
    apply_plan = providers.Selector(
        mode,
        act=providers.Factory(
            ApplyPlan,
            gitlab=gitlab,
            audit_logs=audit_logs,
            clock=providers.Object(now),
            run=run,
            policy=policy.provided.digest,
            version=__version__,
        ),
    )
