"""The composition root: everything builds in every mode, and opens nothing."""

from itertools import product

import attrs
import pytest
from dependency_injector import errors as injection
from dependency_injector import providers

from glaab.adapters.gerrit.client import GerritRest
from glaab.adapters.gerrit.memory import InMemoryGerrit
from glaab.adapters.gitlab.client import GitLabRest
from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.adapters.gitlab.read_only import ReadOnlyGitLab
from glaab.adapters.jsonl_audit_log import FileAuditLog
from glaab.adapters.ldap.client import LdapDirectory
from glaab.adapters.ldap.memory import InMemoryDirectory
from glaab.adapters.mediawiki.audit_log import WikiAuditLog
from glaab.adapters.mediawiki.memory import InMemoryAuditLog
from glaab.adapters.phabricator.client import PhabricatorConduit
from glaab.adapters.phabricator.memory import InMemoryPhabricator
from glaab.domain.approval import ApplyPlan
from glaab.domain.errors import AUDIT_LOG, GITLAB, WriteRefused
from glaab.domain.policy import MARKED, Rule
from glaab.domain.ports import RunId
from glaab.domain.review import ReviewPending, Scope
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.runtime.clock import now
from glaab.entrypoints.runtime.container import Container
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.settings.core import OAUTH
from glaab.settings.loader import read_settings
from tests.builders import a_policy, an_account
from tests.unit.made_up_source import roster
from tests.unit.made_up_source.roster import ROSTER, InTeam
from tests.worlds import World

MODES = ("act", "look")
SYSTEMS = ("live", "memory")
SECRETS = (
    "GITLAB_ACCESS_TOKEN",
    "LDAP_BIND_PASSWORD",
    "PHABRICATOR_TOKEN",
    "GERRIT_PASSWORD",
    *OAUTH,
)
BOT = {"MEDIAWIKI_USER": "Bot@glaab", "MEDIAWIKI_PASSWORD": "s3cret of a bot"}
FURTHER = (*INTEGRATIONS, roster.INTEGRATION)
ON_DUTY = a_policy(Rule("On duty", (InTeam("night-shift"),)))


def a_world():
    world = World(accounts=(an_account(),)).in_memory
    return attrs.evolve(
        world, ports={**world.ports, ROSTER: roster.in_memory(roster.RosterWorld())}
    )


def a_container(mode, systems, *, integrations=INTEGRATIONS, policy=None, **variables):
    """A container with every secret set."""
    settings, problems = read_settings(
        {name: f"s3cret of {name}" for name in SECRETS} | {"LDAP_BIND_DN": "cn=x"} | variables,
        None,
        [each.settings for each in integrations],
    )
    assert () == problems
    return Container(
        integrations=integrations,
        settings=settings,
        policy=policy or a_policy(),
        world=a_world(),
        run=RunId("run-1"),
        mode=mode,
        systems=systems,
    )


def a_container_with_a_roster(mode, systems):
    """One with a further source, which no other source knows of."""
    return a_container(
        mode, systems, integrations=FURTHER, policy=ON_DUTY, ROSTER_TOKEN="s3cret of ROSTER_TOKEN"
    )


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A current folder without a .env file."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


WAYS = list(product(MODES, SYSTEMS))
BUILT = [
    name
    for name, provider in Container.providers.items()
    if not isinstance(provider, providers.Dependency)
]


@pytest.mark.parametrize("make", [a_container, a_container_with_a_roster])
@pytest.mark.parametrize(("mode", "systems"), WAYS)
@pytest.mark.parametrize("name", [name for name in BUILT if name != "apply_plan"])
def test_everything_builds_in_every_mode_without_a_socket(mode, systems, name, make):
    """Whichever sources there are."""
    assert getattr(make(mode, systems), name)() is not None


@pytest.mark.parametrize(
    ("systems", "expected"), [("live", GitLabRest), ("memory", InMemoryGitLab)]
)
@pytest.mark.parametrize("mode", MODES)
def test_gitlab_is_live_or_in_memory(mode, systems, expected):
    assert type(a_container(mode, systems).writable_gitlab()) is expected


@pytest.mark.parametrize(
    ("systems", "name", "expected"),
    [
        ("live", DIRECTORY, LdapDirectory),
        ("live", PHABRICATOR, PhabricatorConduit),
        ("live", GERRIT, GerritRest),
        ("memory", DIRECTORY, InMemoryDirectory),
        ("memory", PHABRICATOR, InMemoryPhabricator),
        ("memory", GERRIT, InMemoryGerrit),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_each_source_has_a_port_that_is_live_or_in_memory(mode, systems, name, expected):
    source = a_container_with_a_roster(mode, systems).sources()[name]

    assert type(getattr(source, name)) is expected


@pytest.mark.parametrize("mode", MODES)
def test_a_further_source_is_made_by_its_integration(mode):
    live, memory = (a_container_with_a_roster(mode, each).sources()[ROSTER] for each in SYSTEMS)

    assert live.roster is roster.LIVE
    assert memory.roster == roster.in_memory(roster.RosterWorld())


@pytest.mark.parametrize("systems", SYSTEMS)
def test_only_the_sources_that_the_policy_uses_are_made_in_the_order_of_the_registry(systems):
    whole = a_container_with_a_roster("look", systems)
    part = a_container("look", systems, integrations=FURTHER, policy=a_policy(vetoes=(MARKED,)))

    assert [DIRECTORY, PHABRICATOR, GERRIT, ROSTER] == list(whole.sources())
    assert [DIRECTORY] == list(part.sources())


@pytest.mark.parametrize("systems", SYSTEMS)
def test_a_run_that_looks_cannot_write_to_gitlab(systems):
    container = a_container("look", systems)

    gitlab = container.gitlab()

    assert type(gitlab) is ReadOnlyGitLab
    assert container.review_pending().gitlab is gitlab
    with pytest.raises(WriteRefused):
        gitlab.approve(an_account().id)


@pytest.mark.parametrize("systems", SYSTEMS)
def test_a_run_that_acts_writes_to_the_gitlab_that_it_reads(systems):
    container = a_container("act", systems)

    apply_plan = container.apply_plan(may_start=lambda: True)

    assert type(apply_plan) is ApplyPlan
    assert apply_plan.gitlab is container.gitlab() is container.writable_gitlab()
    assert container.review_pending().gitlab is apply_plan.gitlab
    assert ("run-1", "sha256:0123") == (apply_plan.run, apply_plan.policy)


@pytest.mark.parametrize("systems", SYSTEMS)
def test_a_run_that_looks_has_nothing_that_acts(systems):
    with pytest.raises(injection.Error, match="look"):
        a_container("look", systems).apply_plan(may_start=lambda: True)


@pytest.mark.parametrize(("mode", "scope"), [("act", Scope.MINIMAL), ("look", Scope.FULL)])
@pytest.mark.parametrize("systems", SYSTEMS)
def test_only_a_run_that_looks_asks_everything(mode, systems, scope):
    review = a_container(mode, systems).review_pending()

    assert type(review) is ReviewPending
    assert scope is review.review.scope


def test_whoever_would_be_approved_is_looked_at_closely_up_to_the_brake():
    """A command after which nobody is approved composes a review that does without."""
    container = a_container("look", "live", GLAAB_MAX_APPROVALS="7")

    assert 7 == container.review_pending().review.confirm_at_most
    assert 7 == container.review_accounts().confirm_at_most
    assert 0 == container.review_pending(review__confirm_at_most=0).review.confirm_at_most


NEEDED = ("integrations", "settings", "policy", "run", "mode", "systems")


@pytest.mark.parametrize("missing", NEEDED)
def test_nothing_that_matters_has_a_default(missing):
    container = a_container("act", "live")
    values = {name: getattr(container, name)() for name in NEEDED if name != missing}
    incomplete = Container(**values)

    with pytest.raises(injection.Error):
        (incomplete.review_pending(), incomplete.apply_plan(may_start=lambda: True))


@pytest.mark.parametrize(("mode", "systems"), [("acting", "live"), ("look", "dead"), ("", "live")])
def test_an_unknown_mode_is_an_error(mode, systems):
    with pytest.raises(injection.Error):
        a_container(mode, systems).gitlab()


@pytest.mark.parametrize("name", ["integrations", "settings", "policy", "world"])
def test_something_else_in_place_of_a_value_is_an_error(name):
    container = a_container("act", "memory")
    getattr(container, name).override("something else")

    with pytest.raises(injection.Error):
        getattr(container, name)()


@pytest.mark.parametrize("name", ["timeouts", "request_counter", "gitlab", "sources", "audit_logs"])
def test_what_a_run_talks_through_is_made_once(name):
    container = a_container("act", "live")

    assert getattr(container, name)() is getattr(container, name)()


def test_all_systems_of_a_run_share_timeouts_and_the_counter_of_requests():
    container = a_container("act", "live", GLAAB_CONTACT="mailto:ops@example.org")

    env = container.env()

    assert env.timeouts is container.timeouts()
    assert env.request_counter is container.request_counter()
    assert env.user_agent.startswith("glaab/")
    assert env.user_agent.endswith("(mailto:ops@example.org)")


def test_two_containers_share_nothing():
    one, other = a_container("act", "memory"), a_container("act", "memory")

    one.gitlab().approve(an_account().id)

    assert () == one.gitlab().pending()
    assert (an_account(),) == other.gitlab().pending()


# -- audit logs


@pytest.mark.parametrize(
    ("variables", "kinds"),
    [
        ({}, [WikiAuditLog]),
        ({"GLAAB_AUDIT_FILE": "audit"}, [WikiAuditLog, FileAuditLog]),
        ({"GLAAB_AUDIT_FILE": "audit", "MEDIAWIKI_LOG_PAGE": ""}, [FileAuditLog]),
    ],
)
def test_live_logs_are_those_that_are_set(variables, kinds):
    assert kinds == [type(log) for log in a_container("act", "live", **variables).audit_logs()]


@pytest.mark.parametrize(
    ("variables", "kinds"),
    [
        ({}, [InMemoryAuditLog]),
        ({"GLAAB_AUDIT_FILE": "audit"}, [InMemoryAuditLog, FileAuditLog]),
    ],
)
def test_a_world_has_a_page_and_the_file_that_is_set(variables, kinds):
    container = a_container("act", "memory", **variables)

    logs = container.audit_logs()

    assert kinds == [type(log) for log in logs]
    assert logs[0] is container.audit_page()


def test_building_makes_no_audit_file(elsewhere):
    a_container("act", "live", GLAAB_AUDIT_FILE="audit").audit_logs()

    assert [] == list(elsewhere.iterdir())


# -- health checks


def systems_checked(container):
    return [each.system for each in container.health_checks()]


def test_every_system_that_is_used_has_a_health_check():
    """GitLab first, then the sources as the registry has them, and the wiki."""
    assert [GITLAB, DIRECTORY, PHABRICATOR, GERRIT, ROSTER, AUDIT_LOG] == systems_checked(
        a_container_with_a_roster("look", "live")
    )


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, [GITLAB, DIRECTORY, AUDIT_LOG]),
        ({"MEDIAWIKI_LOG_PAGE": "", "GLAAB_AUDIT_FILE": "x"}, [GITLAB, DIRECTORY]),
    ],
)
def test_what_is_not_used_has_no_health_check(variables, expected):
    """Neither a source that the policy does not name, nor a wiki without a log page."""
    policy = a_policy(vetoes=(MARKED,))

    assert expected == systems_checked(a_container("look", "live", policy=policy, **variables))


def test_gitlab_can_be_checked_without_a_policy():
    container = a_container("look", "live")
    container.policy.override(providers.Dependency())

    assert GITLAB == container.gitlab_health_check().system


def test_systems_in_memory_need_no_health_check():
    assert () == a_container("look", "memory").health_checks()


# -- values


def test_the_timeout_is_the_one_that_is_set():
    assert 7 == a_container("act", "live", GLAAB_TIMEOUT_S="7").timeouts().timeout_s


def test_now_is_aware_and_has_whole_seconds():
    moment = now()

    assert 0 == moment.utcoffset().total_seconds()
    assert 0 == moment.microsecond


# -- secrets


def shown_by(container, mode):
    """What a traceback may show of everything in it."""
    shown = [repr(container)]
    for name in BUILT:
        if (mode, name) != ("look", "apply_plan"):
            more = {"may_start": bool} if name == "apply_plan" else {}
            built = getattr(container, name)(**more)
            shown += [repr(built), str(built)]
    return "".join(shown)


@pytest.mark.parametrize(("mode", "systems"), WAYS)
@pytest.mark.parametrize("variables", [{}, dict.fromkeys(OAUTH, "") | BOT], ids=["OAuth", "bot"])
def test_no_secret_is_in_the_repr_of_anything(mode, systems, variables):
    assert "s3cret" not in shown_by(a_container(mode, systems, **variables), mode)


@pytest.mark.parametrize(("mode", "systems"), WAYS)
def test_no_secret_of_a_further_source_is_in_the_repr_of_anything(mode, systems):
    assert "s3cret" not in shown_by(a_container_with_a_roster(mode, systems), mode)
