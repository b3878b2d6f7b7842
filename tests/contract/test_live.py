"""
The live rung: what must hold of installations that the environment names.

`make live` asks them. In every other run the same checks ask systems on loopback, so that they
are known to be right before somebody points them at anything that matters.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from glaab.domain.accounts import AccountState
from glaab.domain.sources.keycloak import KEYCLOAK
from tests.contract import live_checks
from tests.contract.live_checks import (
    AuditLogChecks,
    AuditLogSandboxChecks,
    DirectoryChecks,
    Environment,
    GerritChecks,
    GitLabChecks,
    GitLabSandboxChecks,
    KeycloakChecks,
    PhabricatorChecks,
    must_be_another_page,
    must_be_permitted,
)
from tests.e2e import conftest as loopback
from tests.e2e.systems import PAGE, Simulated, simulate
from tests.worlds import read_world

slapd = loopback.slapd
install = loopback.install
installation = loopback.installation

PROJECT = Path(__file__).parents[2]
SANDBOX_PAGE = "Tool:Gitlab-account-approval/Log/Sandbox"
SANDBOX_ACCOUNT = 201
KNOWN_THERE = {
    "MEDIAWIKI_LOG_PAGE": PAGE,
    "LIVE_GITLAB_USERNAME": "Glaab-Bot",
    "LIVE_MEMBER_CN": "Ada Example",
    "LIVE_NON_MEMBER_CN": "New Comer",
    "LIVE_LOCKED_CN": "Pavel Priklad",
    "LIVE_DIRECTORY_GROUP": "wmf",
    "LIVE_PHABRICATOR_PROJECT": "trusted_contributors",
    "LIVE_PHABRICATOR_MEMBER_CN": "Dora Exemple",
    "LIVE_PHABRICATOR_NON_MEMBER_CN": "Hugo Ejemplo",
    "LIVE_PHABRICATOR_DISABLED_CN": "Quinn Sampla",
    "LIVE_GERRIT_GROUP": "Trusted-Contributors",
    "LIVE_GERRIT_MEMBER_UID": "emil",
    "LIVE_GERRIT_NON_MEMBER_UID": "ada",
    "LIVE_GERRIT_INACTIVE_UID": "rosa",
    "LIVE_KEYCLOAK_GROUP": "/staff/developers",
    "LIVE_KEYCLOAK_MEMBER_ID": "a0000000-0000-4000-8000-000000000001",
    "LIVE_KEYCLOAK_USERNAME": "alma",
    "LIVE_KEYCLOAK_NON_MEMBER_ID": "a0000000-0000-4000-8000-000000000004",
    "LIVE_KEYCLOAK_DISABLED_ID": "a0000000-0000-4000-8000-000000000005",
    "LIVE_SANDBOX_GITLAB_ACCOUNT_ID": str(SANDBOX_ACCOUNT),
    "LIVE_SANDBOX_MAY_APPROVE": "yes",
    "LIVE_SANDBOX_WIKI_PAGE": SANDBOX_PAGE,
}
"""Of the example worlds."""


@pytest.fixture
def keycloak() -> Iterator[Simulated]:
    """The example world of a Keycloak, checked for surprises at the end."""
    with ExitStack() as stack:
        world = read_world(PROJECT / "examples" / "keycloak.toml")
        simulated = simulate(stack, world, {KEYCLOAK})
        yield simulated
        assert [] == simulated.http[KEYCLOAK].errors


@pytest.mark.live
class Live:
    """What the environment names, if `-m live` says that it shall be asked."""

    rung = "live"

    @pytest.fixture
    def environment(self, request) -> Environment:
        is_asked_for = request.config.getoption("markexpr") == "live"
        return Environment(os.environ if is_asked_for else {})


class Loopback:
    """The example world on loopback, and a look at what the checks did to it."""

    rung = "simulator"

    @pytest.fixture
    def environment(self, installation) -> Iterator[Environment]:
        yield Environment(installation.environ | KNOWN_THERE)
        self.look_at(installation)

    def look_at(self, installation) -> None:
        """The simulators know no writing method of Phabricator's."""
        assert set() == set(installation.ldap.operations) - {"SRCH", "BIND"}
        assert set() == {
            method
            for system in (installation.gitlab, installation.gerrit, installation.wiki)
            for method in system.methods
        } - {"GET"}


class TestLiveGitLab(Live, GitLabChecks): ...


class TestLiveDirectory(Live, DirectoryChecks): ...


class TestLivePhabricator(Live, PhabricatorChecks): ...


class TestLiveGerrit(Live, GerritChecks): ...


class TestLiveKeycloak(Live, KeycloakChecks): ...


class TestLiveAuditLog(Live, AuditLogChecks): ...


class TestLiveGitLabSandbox(Live, GitLabSandboxChecks): ...


class TestLiveAuditLogSandbox(Live, AuditLogSandboxChecks): ...


class TestLoopbackGitLab(Loopback, GitLabChecks): ...


class TestLoopbackDirectory(Loopback, DirectoryChecks):
    rung = "service"


class TestLoopbackPhabricator(Loopback, PhabricatorChecks): ...


class TestLoopbackGerrit(Loopback, GerritChecks): ...


class TestLoopbackKeycloak(KeycloakChecks):
    rung = "simulator"

    @pytest.fixture
    def environment(self, keycloak) -> Iterator[Environment]:
        """And a look at what the checks did: besides GET they ask for tokens."""
        yield Environment(keycloak.settings | KNOWN_THERE)
        others = {each.path for each in keycloak.http[KEYCLOAK].requests if each.method != "GET"}
        assert {"/realms/people/protocol/openid-connect/token"} == others


class TestLoopbackAuditLog(Loopback, AuditLogChecks): ...


class TestLoopbackGitLabSandbox(Loopback, GitLabSandboxChecks):
    def look_at(self, installation) -> None:
        """Only the sandbox was written to, and no note is left open."""
        written = {each.path for each in installation.gitlab.requests if each.method != "GET"}
        assert all(path.startswith(f"/api/v4/users/{SANDBOX_ACCOUNT}/") for path in written)
        assert written
        users = installation.gitlab.simulator.users
        assert "open" != users[SANDBOX_ACCOUNT].attributes.get("glaab")


class TestLoopbackAuditLogSandbox(Loopback, AuditLogSandboxChecks):
    @pytest.fixture(
        params=[None, "For trying things out.\n\n=== 2026-01-02 ===\n* 10:00 old"],
        ids=["missing", "in use"],
    )
    def installation(self, installation, request):
        if request.param:
            installation.wiki.simulator.save(request.param, title=SANDBOX_PAGE, user="Admin")
        self.text = request.param or ""
        return installation

    def look_at(self, installation) -> None:
        """The sandbox has the text that it had, after two edits, and the log was let alone."""
        wiki = installation.wiki
        titles = [each.form["title"] for each in wiki.requests if "title" in each.form]
        assert [SANDBOX_PAGE] * 2 == titles
        assert self.text == wiki.simulator.pages[SANDBOX_PAGE][-1].text
        assert 1 == len(wiki.simulator.revisions)


class TestCare:
    """What the checks do not do."""

    def test_what_is_not_named_is_skipped_and_says_what_would_name_it(self):
        environment = Environment({"GITLAB_URL": "https://gitlab.example", "LDAP_SERVERS": ""})

        with pytest.raises(pytest.skip.Exception, match=r"with GITLAB_ACCESS_TOKEN, LDAP_S"):
            environment.require("GITLAB_URL", "GITLAB_ACCESS_TOKEN", "LDAP_SERVERS")

    def test_a_secret_may_be_named_by_its_file(self):
        Environment({"GERRIT_PASSWORD_FILE": "/run/secret"}).require("GERRIT_PASSWORD")

    def test_settings_that_are_wrong_are_a_failure(self):
        environment = Environment({"GITLAB_URL": "http://gitlab.example"})

        with pytest.raises(AssertionError, match=r"GITLAB_URL: http://gitlab\.example would"):
            environment.systems("GITLAB_URL")

    @pytest.mark.parametrize("leave", [{}, {"LIVE_SANDBOX_MAY_APPROVE": "no"}])
    def test_nobody_is_approved_without_leave(self, leave):
        with pytest.raises(pytest.skip.Exception, match="LIVE_SANDBOX_MAY_APPROVE=yes"):
            must_be_permitted(Environment(leave))

    @pytest.mark.parametrize("page", [PAGE, "tool:gitlab-account-approval/log "])
    def test_the_log_itself_is_no_sandbox(self, page):
        with pytest.raises(AssertionError, match="is the log itself"):
            must_be_another_page(Environment(KNOWN_THERE | {"LIVE_SANDBOX_WIKI_PAGE": page}))

    def test_no_secret_is_shown(self):
        assert "glpat" not in repr(Environment({"GITLAB_ACCESS_TOKEN": "glpat-secret"}))


def run(environ: dict[str, str], *options: str) -> str:
    """What pytest prints of this file where this is the environment."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    done = subprocess.run(
        [*command, "tests/contract/test_live.py"],
        cwd=PROJECT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert 0 == done.returncode, done.stdout
    return done.stdout


def test_make_live_asks_what_the_environment_names(installation, keycloak):
    """Every live check passes against the example worlds, and none is skipped."""
    out = run(installation.environ | keycloak.settings | KNOWN_THERE, "-m", "live")

    assert re.search(r"=+ \d+ passed, \d+ deselected in ", out), out
    assert installation.gitlab.simulator.state(SANDBOX_ACCOUNT) is AccountState.ACTIVE


def test_no_other_run_asks_what_the_environment_names(installation, keycloak):
    out = run(installation.environ | keycloak.settings | KNOWN_THERE, "-k", "TestLive")

    assert re.search(r"=+ \d+ skipped, \d+ deselected in ", out), out
    assert not installation.requests()
    assert [] == keycloak.http[KEYCLOAK].requests


def test_every_variable_is_tried_and_documented():
    named = re.compile(r"LIVE_[A-Z_]+[A-Z]")
    used = set(named.findall(Path(live_checks.__file__).read_text(encoding="utf-8")))
    documented = (PROJECT / "docs" / "contract-tests.md").read_text(encoding="utf-8")

    assert used == {name for name in KNOWN_THERE if name.startswith("LIVE_")}
    assert used == set(named.findall(documented))
