"""The composition root: everything builds in every mode, and opens nothing."""

from itertools import product

import pytest
from dependency_injector import errors as injection
from dependency_injector import providers

from glaab.adapters.gerrit.client import GerritRest
from glaab.adapters.gitlab.client import GitLabRest
from glaab.adapters.gitlab.read_only import ReadOnlyGitLab
from glaab.adapters.jsonl_audit_log import FileAuditLog
from glaab.adapters.ldap.client import LdapDirectory
from glaab.adapters.mediawiki.audit_log import WikiAuditLog
from glaab.adapters.memory import (
    InMemoryAuditLog,
    InMemoryDirectory,
    InMemoryGerrit,
    InMemoryGitLab,
    InMemoryPhabricator,
)
from glaab.adapters.phabricator.client import PhabricatorConduit
from glaab.adapters.world_file import World
from glaab.domain.approval import ApplyPlan
from glaab.domain.errors import System, WriteRefused
from glaab.domain.policy import Veto
from glaab.domain.ports import RunId
from glaab.domain.review import ReviewPending, Scope
from glaab.entrypoints.runtime.clock import now
from glaab.entrypoints.runtime.container import Container
from glaab.settings import OAUTH
from glaab.settings.loader import read_settings
from tests.builders import a_policy, an_account

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


def a_world():
    return World(
        accounts=(an_account(),),
        notes={},
        people=(),
        directory_groups={},
        locked=frozenset(),
        lock_hidden=frozenset(),
        linked={},
        projects={},
        gerrit_accounts=(),
        gerrit_groups={},
    )


def a_container(mode, systems, **variables):
    """A container with every secret set."""
    settings, problems = read_settings(
        {name: f"s3cret of {name}" for name in SECRETS} | {"LDAP_BIND_DN": "cn=x"} | variables,
        None,
    )
    assert () == problems
    return Container(
        settings=settings,
        policy=a_policy(),
        world=a_world(),
        run=RunId("run-1"),
        mode=mode,
        systems=systems,
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


@pytest.mark.parametrize(("mode", "systems"), WAYS)
@pytest.mark.parametrize("name", [name for name in BUILT if name != "apply_plan"])
def test_everything_builds_in_every_mode_without_a_socket(mode, systems, name):
    assert getattr(a_container(mode, systems), name)() is not None


@pytest.mark.parametrize(
    ("systems", "name", "expected"),
    [
        ("live", "writable_gitlab", GitLabRest),
        ("live", "directory", LdapDirectory),
        ("live", "phabricator", PhabricatorConduit),
        ("live", "gerrit", GerritRest),
        ("memory", "writable_gitlab", InMemoryGitLab),
        ("memory", "directory", InMemoryDirectory),
        ("memory", "phabricator", InMemoryPhabricator),
        ("memory", "gerrit", InMemoryGerrit),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_systems_are_live_or_in_memory(mode, systems, name, expected):
    assert type(getattr(a_container(mode, systems), name)()) is expected


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


@pytest.mark.parametrize("missing", ["settings", "policy", "run", "mode", "systems"])
def test_nothing_that_matters_has_a_default(missing):
    container = a_container("act", "live")
    given = {
        name: getattr(container, name)()
        for name in ("settings", "policy", "run", "mode", "systems")
        if name != missing
    }

    with pytest.raises(injection.Error):
        Container(**given).apply_plan(may_start=lambda: True)


@pytest.mark.parametrize(("mode", "systems"), [("acting", "live"), ("look", "dead"), ("", "live")])
def test_an_unknown_mode_is_an_error(mode, systems):
    with pytest.raises(injection.Error):
        a_container(mode, systems).gitlab()


@pytest.mark.parametrize("name", ["settings", "policy", "world"])
def test_something_else_in_place_of_a_value_is_an_error(name):
    container = a_container("act", "memory")
    getattr(container, name).override("something else")

    with pytest.raises(injection.Error):
        getattr(container, name)()


def test_clients_are_made_once():
    """All systems of a run share patience, traffic and connections."""
    container = a_container("act", "live")

    for name in (
        "timeouts",
        "request_counter",
        "gitlab",
        "directory",
        "phabricator",
        "gerrit",
        "audit_logs",
    ):
        assert getattr(container, name)() is getattr(container, name)()


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


# -- checkups


EVERY_SYSTEM = [*System]
FIRST_TWO = EVERY_SYSTEM[:2]


@pytest.mark.parametrize(
    ("vetoes", "variables", "expected"),
    [
        (tuple(Veto), {}, EVERY_SYSTEM),
        (tuple(Veto), {"MEDIAWIKI_LOG_PAGE": "", "GLAAB_AUDIT_FILE": "x"}, EVERY_SYSTEM[:4]),
        ((), {}, [*FIRST_TWO, System.AUDIT_LOG]),
    ],
)
def test_every_system_that_is_used_has_a_checkup(vetoes, variables, expected):
    """The directory always; the wiki if there is a log page."""
    container = a_container("look", "live", **variables)
    container.policy.override(a_policy(vetoes=vetoes))

    assert expected == [each.system for each in container.health_checks()]


def test_systems_in_memory_need_no_checkup():
    assert () == a_container("look", "memory").health_checks()


# -- values


def test_the_timeout_is_the_one_that_is_set():
    assert 7 == a_container("act", "live", GLAAB_TIMEOUT_S="7").timeouts().timeout_s


def test_now_is_aware_and_has_whole_seconds():
    moment = now()

    assert 0 == moment.utcoffset().total_seconds()
    assert 0 == moment.microsecond


# -- secrets


@pytest.mark.parametrize(("mode", "systems"), WAYS)
@pytest.mark.parametrize("variables", [{}, dict.fromkeys(OAUTH, "") | BOT], ids=["OAuth", "bot"])
def test_no_secret_is_in_the_repr_of_anything(mode, systems, variables):
    """A traceback may show any of it."""
    container = a_container(mode, systems, **variables)

    shown = [repr(container)]
    for name in BUILT:
        if (mode, name) != ("look", "apply_plan"):
            built = getattr(container, name)(
                **({"may_start": bool} if name == "apply_plan" else {})
            )
            shown += [repr(built), str(built)]

    assert "s3cret" not in "".join(shown)
