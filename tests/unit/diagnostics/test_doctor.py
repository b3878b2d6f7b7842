"""`glaab doctor` as a command: what it prints, how it exits, and whom it does not ask."""

import json
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from glaab.domain.diagnostics import HealthCheck, ok, problem, warning
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.cli import glaab
from glaab.entrypoints.commands.doctor import as_json, as_text
from glaab.entrypoints.diagnostics.check_runner import CheckResult
from glaab.entrypoints.runtime.bootstrap import Options, bootstrap
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.contract.wire import disconnects
from tests.faults.harness import Installation
from tests.unit.diagnostics.reports import a_report
from tests.variables import COMPLETE, VARIABLES

ROOT = Path(__file__).parents[3]
WORLD = """
base_dn = "dc=wikimedia,dc=org"

[[account]]
id = 41
username = "ada"
created_at = 2026-11-20T10:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Ada Example" }]

[[account]]
id = 42
username = "bob"
created_at = 2026-11-20T11:00:00Z

[[person]]
uid = "ada"
cn = "Ada Example"

[[person]]
uid = "dan"
cn = "Dan Example"

[[directory_group]]
name = "project-tools"
members = ["ada", "cleo", "eve"]
"""
POLICY = """
version = 1

[identity]
providers = ["openid_connect"]
extern_uid = "cn"

[[trust]]
name = "Toolforge member"
directory_group = "project-tools"

[veto]
directory_locked = true
"""
UNSEEN_CANARY = '\n[canary]\ndirectory_locked = "Dan Example"\n'


@pytest.fixture(autouse=True)
def elsewhere(elsewhere):
    """A current folder with a world and a policy, and an environment without settings."""
    (elsewhere / "world.toml").write_text(WORLD)
    (elsewhere / "policy.toml").write_text(POLICY)
    return elsewhere


def run(*arguments, **environ):
    """The program with these arguments; an unexpected error is the test's."""
    return CliRunner().invoke(glaab, arguments, env=environ, catch_exceptions=False)


def run_small(*arguments, **environ):
    """The program on the small world."""
    return run("--world", "world.toml", "--policy", "policy.toml", *arguments, **environ)


# -- a world in memory


def test_a_world_that_is_well():
    """Whole."""
    result = run_small("doctor")

    assert (0, "") == (result.exit_code, result.stderr)
    assert result.stdout == (
        """\
settings
  ok       variables: 2 are set, and nothing is wrong or missing
  ok       systems: all are in memory, as world.toml describes them

policy
  ok       file: policy.toml is valid, with 1 rule and 2 vetoes
  ok       identity providers: 1 of 2 waiting accounts signed in through openid_connect
  ok       LDAP group project-tools: it has 3 members

5 checks: all is well.
"""
    )


def test_a_world_that_is_not_well(elsewhere):
    """Whole: how much is not well, what is, and in the end problems with what to do about each."""
    Path("policy.toml").write_text(
        POLICY.replace("project-tools", "tools").replace("openid_connect", "cas3") + UNSEEN_CANARY
    )

    result = run_small("doctor")

    assert 3 == result.exit_code
    assert result.stdout == (
        """\
2 problems, 1 warning, 3 ok.

settings
  ok       variables: 2 are set, and nothing is wrong or missing
  ok       systems: all are in memory, as world.toml describes them

policy
  ok       file: policy.toml is valid, with 1 rule and 2 vetoes

policy
  warning  identity providers: none of 2 waiting accounts signed in through cas3; what they carry:\
 openid_connect
           To do: see that identity.providers of the policy names the provider as GitLab does

policy
  problem  LDAP group tools: group tools is missing, empty or unreadable: nobody can be trusted as\
 Toolforge member
           To do: see that its name, and directory.groups and directory.member of the policy, are\
 right, that it has members, and that whoever glaab binds as may see them and, where groups are\
 nested, memberOf of people
  problem  canary "Dan Example": the veto "Directory entry locked" should be seen on it and is not\
 (uid=dan,ou=people,dc=wikimedia,dc=org is not locked): whoever is trusted waits
           To do: see whether the veto can be looked up; else let canary.directory_locked name\
 somebody who has it

2 problems, 1 warning, 3 ok.
"""
    )


def test_the_document_tells_the_same():
    result = run_small("doctor", "--format", "json")

    document = json.loads(result.stdout)
    assert 0 == result.exit_code
    names = ("gitlab", *(each.name for each in INTEGRATIONS), "audit_log")
    unused = {name: {"status": "unused", "requests": 0} for name in names}
    assert {
        "systems": unused
        | {name: {"status": "ok", "requests": 0} for name in ("gitlab", "directory")},
        "checks": [
            _check("settings", "variables", "2 are set, and nothing is wrong or missing"),
            _check("settings", "systems", "all are in memory, as world.toml describes them"),
            _check("policy", "file", "policy.toml is valid, with 1 rule and 2 vetoes"),
            _check(
                "policy",
                "identity providers",
                "1 of 2 waiting accounts signed in through openid_connect",
            ),
            _check("policy", "LDAP group project-tools", "it has 3 members"),
        ],
        "summary": {"ok": 5, "warning": 0, "problem": 0},
    } == {key: document[key] for key in ("systems", "checks", "summary")}
    assert "doctor" == document["run"]["command"]
    assert document["run"]["policy"].startswith("sha256:")


def _check(area, check, said):
    return {"area": area, "check": check, "health": "ok", "said": said, "remedy": ""}


@pytest.mark.parametrize("broken", ["world.toml", "policy.toml"])
def test_a_file_that_is_wrong_is_a_finding_like_any_other(broken):
    """The exit code is 3, and nothing is asked of systems that are not there."""
    Path(broken).write_text("version = 1\n")

    result = run_small("doctor")

    assert (3, "") == (result.exit_code, result.stderr)
    assert "  problem  " in result.stdout
    assert f" {broken}: " in result.stdout
    assert "LDAP group" not in result.stdout


def test_without_a_valid_policy_the_document_has_no_digest():
    Path("policy.toml").write_text("")

    document = json.loads(run_small("doctor", "--format", "json").stdout)

    assert document["run"]["policy"] is None


@pytest.mark.parametrize("arguments", [["doctor", "--force"], ["doctor", "x"]])
def test_wrong_usage_is_two(arguments):
    assert 2 == run(*arguments).exit_code


def test_nothing_is_written(elsewhere):
    """Neither the audit file that is named nor anything else."""
    before = {each.name for each in elsewhere.iterdir()}

    result = run_small("doctor", GLAAB_AUDIT_FILE="audit", GLAAB_METRICS_FILE="metrics")

    assert "  ok       GLAAB_AUDIT_FILE: audit can be written, locked and synced\n" in result.stdout
    assert before == {each.name for each in elsewhere.iterdir()}


# -- whom it does not ask


def test_nobody_is_asked_while_an_address_is_in_doubt():
    """Sockets are forbidden here."""
    result = run("doctor", "--format", "json", GITLAB_URL="https://gitlab.example.org")

    document = json.loads(result.stdout)
    assert 3 == result.exit_code
    assert {"unused"} == {each["status"] for each in document["systems"].values()}
    assert {
        "area": "settings",
        "check": "systems",
        "health": "problem",
        "said": "no system is asked, because GERRIT_URL is wrong or missing: it is in doubt whom to"
        " ask",
        "remedy": "mend that first",
    } in document["checks"]


# -- real adapters


def test_one_system_that_does_not_answer_keeps_nobody_else_from_being_examined(tmp_path):
    """It is told on stderr as well, as by every other command."""
    installation = Installation.healthy(tmp_path / "it")
    installation.gerrit.always = disconnects

    result = installation.run("doctor")

    reason = "the connection failed ([Errno 104] reset by peer)"
    assert 3 == result.code
    assert [("gerrit", reason)] == [
        (each["system"], each["reason"]) for each in result.events("system_unavailable")
    ]
    assert (
        f"""
gerrit
  problem  credentials: it could not be checked: {reason}
           To do: see that it is up, and that GERRIT_URL, GERRIT_USER and GERRIT_PASSWORD are\
 right; then run glaab doctor again
  problem  rights, groups in Trusted-Contributors: not checked, because gerrit gave no usable answer
           To do: mend that first, then run glaab doctor again
"""
        in result.out
    )
    assert "  ok       server: http://127.0.0.1:1 is GitLab 19.5.0\n" in result.out


def test_while_the_policy_is_wrong_gitlab_alone_is_asked(elsewhere, tmp_path):
    """Which other systems are used is not known."""
    installation = Installation.healthy(tmp_path / "it")
    Path("policy.toml").write_text(POLICY.replace("project-tools", ""))

    result = installation.run("--policy", "policy.toml", "--format", "json", "doctor")

    assert {"settings", "gitlab", "policy"} == {each["area"] for each in result.document["checks"]}
    assert [] == installation.gerrit.requests


# -- every check there is


@pytest.fixture
def health_checks(elsewhere) -> tuple[HealthCheck, ...]:
    """Of all systems, as the built-in policy needs them; nothing is asked."""
    options = Options.read(COMPLETE, None, INTEGRATIONS)
    return bootstrap(options, mode="look").container.health_checks()


def test_every_system_is_checked(health_checks):
    systems = (GITLAB, DIRECTORY, PHABRICATOR, GERRIT, AUDIT_LOG)
    assert systems == tuple(each.system for each in health_checks)


def test_every_remedy_names_settings_that_there_are(health_checks):
    """Those to look at if the system gives no usable answer."""
    named = {
        each.system: set(re.findall(r"[A-Z]+_[A-Z_]+", each.settings)) for each in health_checks
    }

    assert all(named.values())
    assert set() == set().union(*named.values()) - set(VARIABLES)


def test_every_check_is_told_in_the_docs(health_checks):
    """By its title, in which a name stands for what the policy and the settings name."""
    page = (ROOT / "docs/operations.md").read_text()
    told = page.partition("\n## glaab doctor\n")[2].partition("\n## ")[0]

    titles = {title for each in health_checks for title in each.checks()}
    servers = {title for title in titles if title.startswith("ldaps://")}
    general = {
        re.sub(r"(?<=^groups in ).+", "GROUP", re.sub(r"(?<=#)\S+", "SLUG", title))
        for title in titles - servers
    }
    assert servers
    assert [] == [title for title in sorted(general) if f"`{title}`" not in told]


# -- rendering


RESULTS = (
    CheckResult("settings", "variables", ok("7 are set")),
    CheckResult(
        "gitlab", "token", problem("it expires on 2026-11-23, in 1 day " * 2, "create another")
    ),
    CheckResult("gitlab", "sign-up", warning("\x1b[2J is odd", "look at \x1b")),
)


@pytest.fixture
def shown(terminal, monkeypatch):
    """A function: report -> what a terminal of 60 columns shows."""

    def shown(report, *, color=False):
        monkeypatch.setattr(sys, "stdout", terminal)
        as_text(report, color=color)
        return terminal.getvalue()

    return shown


def test_lines_are_folded_to_the_terminal_below_their_text(shown):
    """Whole; what could move the cursor is written out."""
    assert shown(a_report(*RESULTS)) == (
        """\
1 problem, 1 warning, 1 ok.

settings
  ok       variables: 7 are set

gitlab
  warning  sign-up: \\x1b[2J is odd
           To do: look at \\x1b

gitlab
  problem  token: it expires on 2026-11-23, in 1 day it
           expires on 2026-11-23, in 1 day
           To do: create another

1 problem, 1 warning, 1 ok.
"""
    )


@pytest.mark.parametrize("columns", ["1", "11", "12"])
def test_a_terminal_may_have_hardly_any_columns(shown, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)

    assert "expires" in "".join(shown(a_report(*RESULTS)).split())


@pytest.mark.parametrize(("color", "has_escapes"), [(True, True), (False, False)])
def test_a_terminal_has_colours_if_they_are_wanted(shown, color, has_escapes):
    assert has_escapes is ("\x1b" in shown(a_report(*RESULTS), color=color))


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (RESULTS[:1], "1 check: all is well."),
        (RESULTS[:1] * 2, "2 checks: all is well."),
        (RESULTS[2:], "0 problems, 1 warning, 0 ok."),
        (RESULTS[1:] * 2, "2 problems, 2 warnings, 0 ok."),
    ],
)
def test_the_last_line_counts(shown, results, expected):
    assert expected == shown(a_report(*results)).splitlines()[-1]


def test_a_system_that_gave_no_usable_answer_is_told_in_the_document():
    document = json.loads(
        as_json(
            a_report(
                outages={GERRIT: "no route"},
                asked=frozenset({GERRIT, GITLAB}),
                requests={GERRIT: 3, GITLAB: 8},
            )
        )
    )

    assert {"status": "ok", "requests": 8} == document["systems"]["gitlab"]
    assert {"status": "unavailable", "reason": "no route", "requests": 3} == document["systems"][
        "gerrit"
    ]
