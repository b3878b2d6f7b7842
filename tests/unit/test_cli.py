"""The commands on a world in memory: what they print, and how they exit."""

import json
import logging
import os
import re
import runpy
import signal
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from io import StringIO
from pathlib import Path

import attrs
import click
import pytest
from click.testing import CliRunner

from glaab.adapters.memory import InMemoryAuditLog, InMemoryGitLab
from glaab.adapters.policy_file import built_in_policy_text
from glaab.domain.accounts import AccountId, Username
from glaab.domain.errors import System, SystemUnavailable
from glaab.domain.ports import AuditLog, GitLab
from glaab.entrypoints.cli import glaab, main
from glaab.entrypoints.commands import runs
from glaab.entrypoints.runtime.bootstrap import Options, bootstrap
from tests.unit.doubles import Terminal

EXAMPLE = Path(__file__).parents[2] / "examples" / "wikimedia.toml"

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

[[account]]
id = 43
username = "cleo"
created_at = 2026-11-21T10:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Cleo Example" }]
veto = "asked to wait"

[[account]]
id = 44
username = "dan"
created_at = 2026-11-21T11:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Dan Example" }]

[[account]]
id = 45
username = "eve"
state = "banned"
created_at = 2026-11-19T11:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Eve Example" }]

[[account]]
id = 46
username = "tove"
state = "active"
created_at = 2026-11-19T12:00:00Z

[account.note]
run = "run-0"
at = 2026-11-21T23:57:00Z
because = ["Toolforge member"]

[[person]]
uid = "ada"
cn = "Ada Example"

[[person]]
uid = "cleo"
cn = "Cleo Example"

[[person]]
uid = "dan"
cn = "Dan Example"

[[person]]
uid = "eve"
cn = "Eve Example"

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

ADA = """\
@ada (41), since 2026-11-20: would be approved
  identity  openid_connect "Ada Example" is Ada Example (uid ada,\
 uid=ada,ou=people,dc=wikimedia,dc=org)
  trust     yes       Toolforge member [directory] ada is a member of project-tools
  veto      no        Marked by an administrator [gitlab] no administrator marked the account
  veto      no        Directory entry locked [directory] uid=ada,ou=people,dc=wikimedia,dc=org is\
 not locked
  verdict   approve. Trusted as Toolforge member, and nothing speaks against it.

"""
BOB = """\
@bob (42), since 2026-11-20: stays pending
  identity  not proven: no sign-in through openid_connect proves who this is
  verdict   hold. No sign-in through openid_connect proves who this is. Sign in to GitLab once\
 through openid_connect; a username or an e-mail proves nothing.

"""
CLEO = """\
@cleo (43), since 2026-11-21: stays pending
  identity  openid_connect "Cleo Example" is Cleo Example (uid cleo,\
 uid=cleo,ou=people,dc=wikimedia,dc=org)
  trust     yes       Toolforge member [directory] cleo is a member of project-tools
  veto      yes       Marked by an administrator [gitlab] an administrator marked the account:\
 asked to wait
  veto      no        Directory entry locked [directory] uid=cleo,ou=people,dc=wikimedia,dc=org is\
 not locked
  verdict   veto. Trusted as Toolforge member, but an administrator marked the account: asked to\
 wait. An administrator of GitLab has to decide.

"""
DAN = """\
@dan (44), since 2026-11-21: stays pending
  identity  openid_connect "Dan Example" is Dan Example (uid dan,\
 uid=dan,ou=people,dc=wikimedia,dc=org)
  trust     no        Toolforge member [directory] dan is not a member of project-tools
  veto      no        Marked by an administrator [gitlab] no administrator marked the account
  veto      no        Directory entry locked [directory] uid=dan,ou=people,dc=wikimedia,dc=org is\
 not locked
  verdict   hold. No system vouches for this person yet. Any one of these helps: become a member of\
 LDAP group project-tools.
"""
LOOKED = "Requests: gitlab 0, directory 0, phabricator unused, gerrit unused, audit_log unused.\n"


@pytest.fixture(autouse=True)
def elsewhere(elsewhere):
    """A current folder with a world and a policy, and an environment without settings."""
    (elsewhere / "world.toml").write_text(WORLD)
    (elsewhere / "policy.toml").write_text(POLICY)
    return elsewhere


def run(*arguments):
    """The program with these arguments; an unexpected error is the test's."""
    return CliRunner().invoke(glaab, arguments, catch_exceptions=False)


def run_small(*arguments):
    """The program on the small world."""
    return run("--world", "world.toml", "--policy", "policy.toml", *arguments)


def document_of(*arguments):
    return json.loads(run_small("--format", "json", *arguments).stdout)


# -- approve


def test_approve_tells_what_changed_and_the_log():
    """Whole: those who stay as they were are not named."""
    result = run_small("approve")

    day = datetime.now(UTC).date()
    assert 0 == result.exit_code
    assert f"""\
@ada (41) approved: Toolforge member
@tove (46) approved by an earlier run, logged now: Toolforge member
4 pending: 1 trusted, 2 held, 1 vetoed, 0 waiting. 1 approved, 1 recovered, 0 failed.
Requests: gitlab 0, directory 0, phabricator unused, gerrit unused, audit_log 0.

The audit log now reads:

=== {day} ===
* HH:MM [[gitlab:ada|@ada]] was approved. Trusted as: Toolforge member.

=== 2026-11-21 ===
* 23:57 [[gitlab:tove|@tove]] was approved. Trusted as: Toolforge member.
""" == re.sub(r"\d\d:\d\d (?=\[\[gitlab:ada)", "HH:MM ", result.stdout)


def test_approve_as_json_is_one_document():
    document = document_of("approve")

    assert ["approved", "unchanged", "unchanged", "unchanged", "recovered"] == [
        account["outcome"] for account in document["accounts"]
    ]
    assert {"status": "ok", "requests": 0} == document["systems"]["audit_log"]


def test_a_world_is_not_changed_by_approving(elsewhere):
    """Nothing is kept, so a second run does the same."""
    first, second = document_of("approve"), document_of("approve")

    assert first["accounts"] == second["accounts"]
    assert WORLD == (elsewhere / "world.toml").read_text()
    assert {"world.toml", "policy.toml"} == {path.name for path in elsewhere.iterdir()}


@pytest.mark.parametrize("option", ["option", "environment", "env file"])
def test_the_brake_stops_everybody(elsewhere, monkeypatch, option):
    """Unfinished business of earlier runs is finished nevertheless."""
    limit = ()
    if option == "option":
        monkeypatch.setenv("GLAAB_MAX_APPROVALS", "9")
        limit = ("--max-approvals", "0")
    elif option == "environment":
        monkeypatch.setenv("GLAAB_MAX_APPROVALS", "0")
    else:
        (elsewhere / ".env").write_text("GLAAB_MAX_APPROVALS=0\n")

    result = run_small("approve", *limit)

    assert 5 == result.exit_code
    assert "@ada (41)" not in result.stdout
    assert "@tove (46) approved by an earlier run, logged now" in result.stdout
    assert (
        "The safety brake stops the run: 1 accounts would be approved, more than the 0 of"
        " GLAAB_MAX_APPROVALS, so nobody is."
    ) in result.stdout


def test_the_brake_is_in_the_json():
    result = run_small("approve", "--max-approvals", "0", "--format", "json")

    document = json.loads(result.stdout)
    assert {"limit": 0, "would_approve": 1, "stopped": True} == document["brake"]
    assert "unchanged" == document["accounts"][0]["outcome"]


def test_as_many_as_the_brake_allows_are_approved():
    assert 0 == run_small("approve", "--max-approvals", "1").exit_code


@pytest.mark.parametrize("limit", ["-1", "1.5", "many"])
def test_a_brake_is_a_number_of_0_or_more(limit):
    assert 2 == run_small("approve", "--max-approvals", limit).exit_code


def test_only_approve_has_a_brake_to_override():
    assert 2 == run_small("dry-run", "--max-approvals", "1").exit_code


@pytest.mark.parametrize("command", ["approve", "dry-run"])
def test_somebody_who_has_to_wait_makes_it_3(command):
    result = run("--world", str(EXAMPLE), command)

    assert 3 == result.exit_code
    assert "7 trusted, 14 held, 4 vetoed, 1 waiting." in result.stdout


# -- the audit file


def test_approve_writes_the_audit_file_also_on_a_world(elsewhere, monkeypatch):
    monkeypatch.setenv("GLAAB_AUDIT_FILE", "audit.jsonl")

    document = document_of("approve")

    lines = [json.loads(line) for line in (elsewhere / "audit.jsonl").read_text().splitlines()]
    assert ["tove", "ada"] == [line["account"]["username"] for line in lines]
    assert document["run"]["id"] == lines[1]["run"]
    assert document["run"]["policy"] == lines[1]["policy"]
    assert document["accounts"][0]["evidence"] == lines[1]["evidence"]
    assert document["accounts"][0]["identity"] == lines[1]["identity"]


@pytest.mark.parametrize("command", [["dry-run"], ["explain", "ada"], ["policy"]])
def test_nothing_else_touches_the_audit_file(elsewhere, monkeypatch, command):
    monkeypatch.setenv("GLAAB_AUDIT_FILE", "audit.jsonl")

    assert 0 == run_small(*command).exit_code
    assert not (elsewhere / "audit.jsonl").exists()


def test_an_audit_file_that_cannot_be_written_is_found_before_anything_is_asked(monkeypatch):
    monkeypatch.setenv("GLAAB_AUDIT_FILE", "missing/audit.jsonl")

    result = run_small("approve")

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert (
        "glaab: GLAAB_AUDIT_FILE: missing/audit.jsonl cannot be written: No such file or"
        " directory\n" == result.stderr
    )


# -- dry-run


def test_dry_run_tells_everybodys_story():
    """Whole: also what earlier runs left."""
    result = run_small("dry-run")

    assert 0 == result.exit_code
    assert (
        f"{ADA}{BOB}{CLEO}{DAN}\n"
        "@tove (46) approved by an earlier run, would be logged now: Toolforge member\n"
        "4 pending: 1 trusted, 2 held, 1 vetoed, 0 waiting."
        " 0 approved, 1 to recover, 0 failed.\n"
        f"{LOOKED}" == result.stdout
    )


def test_dry_run_has_the_verdicts_and_reasons_of_approve():
    told = ("id", "verdict", "because", "explanation", "identity")

    looked, acted = document_of("dry-run"), document_of("approve")

    assert [[each[key] for key in told] for each in looked["accounts"]] == [
        [each[key] for key in told] for each in acted["accounts"]
    ]
    assert ["would-approve", "unchanged", "unchanged", "unchanged", "would-recover"] == [
        account["outcome"] for account in looked["accounts"]
    ]


def test_the_brake_shows_in_a_dry_run_and_does_not_count(monkeypatch):
    monkeypatch.setenv("GLAAB_MAX_APPROVALS", "0")

    result = run_small("dry-run")

    assert 0 == result.exit_code
    assert "The safety brake stops the run" in result.stdout
    assert "would be approved\n" not in result.stdout


# -- explain


@pytest.mark.parametrize(
    "reference",
    [
        "dan",
        "@dan",
        "DAN",
        "44",
        "https://gitlab.wikimedia.org/dan",
        "https://gitlab.wikimedia.org/dan/",
        "https://gitlab.wikimedia.org/%64an?tab=activity#top",
        "https://GitLab.wikimedia.org/@dan",
    ],
)
def test_explain_tells_all_about_one_account(reference):
    """Whole: its story, and what would change the verdict."""
    result = run_small("explain", reference)

    assert 0 == result.exit_code
    assert (
        f"{DAN}"
        "  changes   become a member of LDAP group project-tools (Toolforge member)\n\n"
        "1 pending: 0 trusted, 1 held, 0 vetoed, 0 waiting. 0 approved, 0 to recover, 0 failed.\n"
        f"{LOOKED}" == result.stdout
    )


def test_explain_judges_who_is_not_pending_as_if():
    document = document_of("explain", "eve")

    (account,) = document["accounts"]
    assert ("banned", "approve", "unchanged") == (
        account["state"],
        account["verdict"],
        account["outcome"],
    )
    assert 0 == document["summary"]["pending"] == document["brake"]["would_approve"]
    assert "@eve (45), since 2026-11-19: is banned\n" in run_small("explain", "eve").stdout


def test_explain_tells_what_is_about_to_happen():
    assert "would-approve" == document_of("explain", "ada")["accounts"][0]["outcome"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_account_that_gitlab_does_not_have_is_2(form):
    result = run_small("explain", "no\x1bbody", "--format", form)

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert "glaab: GitLab has no account no\\x1bbody\n" == result.stderr


@pytest.mark.parametrize("reference", ["4444", "nobody"])
def test_nobody_is_found_who_is_not_there(reference):
    assert 2 == run_small("explain", reference).exit_code


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("https://git.example/dan", "is no profile on https://gitlab.wikimedia.org"),
        ("https://gitlab.wikimedia.org.example/dan", "is no profile on"),
        ("https://gitlab.wikimedia.org@git.example/dan", "is no profile on"),
        ("https://[dan", "is no profile on"),
        ("https://gitlab.wikimedia.org/", "name an account: NAME, @NAME"),
        ("", "name an account: NAME, @NAME"),
        ("@", "name an account: NAME, @NAME"),
    ],
)
def test_what_names_no_account_here_is_wrong_usage(reference, words):
    result = run_small("explain", reference)

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert words in result.stderr


@pytest.mark.parametrize(
    ("reference", "who"),
    [
        ("https://git.example:8443/gitlab/ada", Username("ada")),
        ("https://git.example:8443/41", Username("41")),
        ("@41", Username("41")),
        ("41", AccountId(41)),
        ("٤١", Username("٤١")),
        ("-1", Username("-1")),
    ],
)
def test_a_number_is_an_id_and_all_else_is_a_name(reference, who):
    """The last part of an address is a name even if it looks like a number."""
    named = runs.parse_account_ref(reference, "https://git.example:8443/gitlab")

    assert (who, type(who)) == (named, type(named))


# -- the document


KEYS = {
    "": {"run", "systems", "accounts", "brake", "summary"},
    "run": {"id", "command", "started_at", "finished_at", "glaab", "policy"},
    "systems": {"gitlab", "directory", "phabricator", "gerrit", "audit_log"},
    "brake": {"limit", "would_approve", "stopped"},
    "summary": {
        *("pending", "approve", "hold", "veto", "wait"),
        *("approved", "recovered", "failed"),
    },
}
ACCOUNT = {
    *("id", "username", "state", "created_at", "identity"),
    *("verdict", "because", "explanation", "evidence", "outcome"),
}
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.mark.parametrize("command", [["approve"], ["dry-run"], ["explain", "ada"]])
def test_the_document_has_the_keys_and_words_of_the_contract(command):
    document = json.loads(run("--world", str(EXAMPLE), "--format", "json", *command).stdout)

    for place, keys in KEYS.items():
        assert keys == (document[place] if place else document).keys()
    assert command[0] == document["run"]["command"]
    assert version("glaab") == document["run"]["glaab"]
    assert re.fullmatch("sha256:[0-9a-f]{64}", document["run"]["policy"])
    assert re.fullmatch(MOMENT, document["run"]["started_at"])
    assert re.fullmatch(MOMENT, document["run"]["finished_at"])
    for system in document["systems"].values():
        assert {"status", "requests"} == system.keys()
        assert system["status"] in {"ok", "unused"}
    for account in document["accounts"]:
        assert ACCOUNT == account.keys() - {"remark"}
        assert_account(account)


def assert_account(account):
    assert type(account["id"]) is int
    assert re.fullmatch(MOMENT, account["created_at"])
    assert account["verdict"] in {"approve", "hold", "veto", "wait"}
    assert account["outcome"] in {
        *("approved", "would-approve", "already-approved", "withdrawn"),
        *("unchanged", "recovered", "would-recover", "failed"),
    }
    assert (
        account["identity"] is None
        or {
            *("provider", "extern_uid", "dn", "cn", "uid"),
        }
        == account["identity"].keys()
    )
    for item in account["evidence"]:
        assert {"rule", "kind", "system", "answer", "detail"} == item.keys()
        assert item["kind"] in {"trust", "veto"}
        assert item["system"] in KEYS["systems"]
        assert item["answer"] in {"yes", "no", "unknown", "not-asked"}


def test_an_account_in_the_document_is_as_in_the_contract():
    """Whole, but for the words of details."""
    account = document_of("approve")["accounts"][0]

    for item in account["evidence"]:
        assert item.pop("detail")
    assert account.pop("explanation")
    assert {
        "id": 41,
        "username": "ada",
        "state": "blocked_pending_approval",
        "created_at": "2026-11-20T10:00:00Z",
        "identity": {
            "provider": "openid_connect",
            "extern_uid": "Ada Example",
            "dn": "uid=ada,ou=people,dc=wikimedia,dc=org",
            "cn": "Ada Example",
            "uid": "ada",
        },
        "verdict": "approve",
        "because": ["Toolforge member"],
        "evidence": [
            {
                "rule": "Toolforge member",
                "kind": "trust",
                "system": "directory",
                "answer": "yes",
            },
            {
                "rule": "Marked by an administrator",
                "kind": "veto",
                "system": "gitlab",
                "answer": "no",
            },
            {
                "rule": "Directory entry locked",
                "kind": "veto",
                "system": "directory",
                "answer": "no",
            },
        ],
        "outcome": "approved",
    } == account


def test_who_was_recovered_counts_neither_as_pending_nor_in_the_verdicts():
    document = document_of("approve")

    assert {
        "pending": 4,
        "approve": 1,
        "hold": 2,
        "veto": 1,
        "wait": 0,
        "approved": 1,
        "recovered": 1,
        "failed": 0,
    } == document["summary"]
    assert 5 == len(document["accounts"])


def test_who_is_not_proven_has_no_identity():
    bob = document_of("dry-run")["accounts"][1]

    assert bob["identity"] is None
    assert [] == bob["evidence"] == bob["because"]


def test_a_system_that_was_not_needed_is_unused():
    statuses = {name: each["status"] for name, each in document_of("dry-run")["systems"].items()}

    assert {
        "gitlab": "ok",
        "directory": "ok",
        "phabricator": "unused",
        "gerrit": "unused",
        "audit_log": "unused",
    } == statuses


# -- settings, policy and world


def test_everything_that_is_wrong_is_said_at_once(monkeypatch):
    """Nothing was asked of any system."""
    monkeypatch.setenv("GLAAB_TIMEOUT", "3")
    monkeypatch.setenv("GITLAB_URL", "gitlab")
    monkeypatch.setenv("GLAAB_AUDIT_FILE", "missing/audit.jsonl")
    Path("bad.toml").write_text("version = 2\n")

    result = run("--world", "missing.toml", "--policy", "bad.toml", "approve")

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert [
        "GLAAB_TIMEOUT: there is no such setting; did you mean GLAAB_TIMEOUT_S?",
        'GITLAB_URL: "gitlab" is no address; it looks like https://host/path',
        "policy bad.toml: identity: required field missing",
        "policy bad.toml: version: this glaab reads version 1, not 2",
        "policy bad.toml: trust: the policy trusts nobody; add a [[trust]] rule",
        "world missing.toml cannot be read: [Errno 2] No such file or directory: 'missing.toml'",
        "GLAAB_AUDIT_FILE: missing/audit.jsonl cannot be written: No such file or directory",
    ] == [line.removeprefix("glaab: ") for line in result.stderr.splitlines()]


@pytest.mark.parametrize("command", [["approve"], ["dry-run"], ["explain", "ada"]])
def test_live_systems_need_credentials(command):
    result = run(*command)

    assert 2 == result.exit_code
    assert "" == result.stdout
    expected = ["GITLAB_ACCESS_TOKEN", "PHABRICATOR_TOKEN", "GERRIT_PASSWORD"]
    expected += ["MEDIAWIKI_CONSUMER_TOKEN"] if command == ["approve"] else []
    assert expected == re.findall(r"^glaab: (\w+)[:,]", result.stderr, re.MULTILINE)


def test_only_what_the_policy_uses_is_required():
    result = run("--policy", "policy.toml", "dry-run")

    assert 2 == result.exit_code
    assert ["GITLAB_ACCESS_TOKEN"] == re.findall(r"^glaab: (\w+):", result.stderr, re.MULTILINE)


def test_a_credential_that_is_wrong_is_not_needed_besides(monkeypatch):
    """One mistake is one line."""
    monkeypatch.setenv("GITLAB_ACCESS_TOKEN", "glpat\t1")

    result = run("--policy", "policy.toml", "dry-run")

    assert 2 == result.exit_code
    assert (
        "glaab: GITLAB_ACCESS_TOKEN: it contains a line break or another control character\n"
        == result.stderr
    )


def test_a_path_that_begins_at_nobodys_home_is_a_problem(monkeypatch):
    monkeypatch.setenv("GLAAB_METRICS_FILE", "~nobody-of-that-name/glaab.prom")

    result = run_small("approve")

    assert 2 == result.exit_code
    assert result.stderr.startswith("glaab: GLAAB_METRICS_FILE: nobody knows whose folder ")
    assert 1 == len(result.stderr.splitlines())


def test_without_a_policy_that_can_be_read_no_system_of_it_is_required():
    result = run("--policy", "missing.toml", "dry-run")

    assert 2 == result.exit_code
    assert 2 == len(result.stderr.splitlines())
    assert "PHABRICATOR_TOKEN" not in result.stderr


def test_a_problem_cannot_move_the_cursor(monkeypatch):
    monkeypatch.setenv("GITLAB_URL", "\x9b2J\u202e")

    result = run("approve")

    assert 2 == result.exit_code
    assert r"\x9b2J\u202e" in result.stderr


@pytest.mark.parametrize("way", ["option", "environment", "env file", "other env file"])
def test_world_and_policy_are_chosen_by_option_or_variable(elsewhere, monkeypatch, way):
    variables = {"GLAAB_WORLD": "world.toml", "GLAAB_POLICY": "policy.toml"}
    arguments = ()
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    if way == "option":
        for name in variables:
            monkeypatch.setenv(name, "missing")
        arguments = ("--world", "world.toml", "--policy", "policy.toml")
    elif way == "environment":
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
    elif way == "env file":
        (elsewhere / ".env").write_text(lines)
    else:
        (elsewhere / ".env").write_text("GLAAB_WORLD=missing\n")
        (elsewhere / "settings").write_text(lines)
        arguments = ("--env-file", "settings")

    result = run(*arguments, "dry-run")

    assert 0 == result.exit_code
    assert result.stdout.startswith(ADA)


# -- policy


def test_policy_prints_what_is_in_force_and_where_it_came_from():
    result = run("policy")

    assert 0 == result.exit_code
    first, second, *rest = result.stdout.splitlines()
    assert "# in force: the built-in policy" == first
    assert re.fullmatch("# sha256:[0-9a-f]{64}", second)
    assert built_in_policy_text().splitlines() == rest


def test_policy_prints_the_one_that_was_chosen():
    result = run("--policy", "policy.toml", "policy")

    assert result.stdout.startswith("# in force: policy policy.toml\n# sha256:")
    assert POLICY in f"{result.stdout}"


def test_policy_needs_no_credentials_and_no_world(monkeypatch):
    monkeypatch.setenv("GLAAB_WORLD", "missing")

    assert 0 == run("policy").exit_code


@pytest.mark.parametrize(
    "arguments",
    [("--format", "json", "policy"), ("policy", "--format", "json")],
)
def test_policy_has_a_document_of_its_own(arguments):
    document = json.loads(run("--policy", "policy.toml", *arguments).stdout)

    assert {
        "source": "policy policy.toml",
        "digest": document_of("dry-run")["run"]["policy"],
        "identity": {"providers": ["openid_connect"], "extern_uid": "cn"},
        "trust": [
            {
                "name": "Toolforge member",
                "systems": ["directory"],
                "directory_group": "project-tools",
            }
        ],
        "veto": ["Marked by an administrator", "Directory entry locked"],
        "canary": {},
    } == document


def test_a_policy_that_is_none_is_2():
    result = run("--policy", "world.toml", "policy")

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert "glaab: policy world.toml: version: required field missing" in result.stderr


def test_policy_tells_what_is_wrong_with_settings_and_with_the_policy_at_once(monkeypatch):
    monkeypatch.setenv("GLAAB_TIMEOUT_S", "soon")
    Path("bad.toml").write_text("version = 2\n")

    result = run("--policy", "bad.toml", "policy")

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert [
        'GLAAB_TIMEOUT_S: "soon" is not a number of seconds above 0, a day at most',
        "policy bad.toml: identity: required field missing",
        "policy bad.toml: version: this glaab reads version 1, not 2",
        "policy bad.toml: trust: the policy trusts nobody; add a [[trust]] rule",
    ] == [line.removeprefix("glaab: ") for line in result.stderr.splitlines()]


def test_policy_check_finds_nothing_wrong():
    result = run("policy", "check", "policy.toml")

    assert 0 == result.exit_code
    digest = document_of("dry-run")["run"]["policy"]
    assert f"policy.toml is a policy of 1 rule and 2 vetoes, {digest}.\n" == result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "json", "policy", "check", "policy.toml"),
        ("policy", "--format", "json", "check", "policy.toml"),
        ("policy", "check", "policy.toml", "--format", "json"),
    ],
)
def test_policy_check_has_a_document_of_its_own(arguments):
    assert "policy.toml" == json.loads(run(*arguments).stdout)["source"]


def test_policy_check_reports_every_problem_at_once():
    Path("bad.toml").write_text("version = 2\ncolour = 3\n")

    result = run("policy", "check", "bad.toml")

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert (
        """\
glaab: policy bad.toml: identity: required field missing
glaab: policy bad.toml: top level: unknown key colour
glaab: policy bad.toml: version: this glaab reads version 1, not 2
glaab: policy bad.toml: trust: the policy trusts nobody; add a [[trust]] rule
"""
        == result.stderr
    )


def test_policy_check_does_not_care_about_settings(monkeypatch):
    monkeypatch.setenv("GLAAB_TYPO", "1")

    assert 0 == run("policy", "check", "policy.toml").exit_code


# -- options, streams, colours


@pytest.mark.parametrize("command", [("approve",), ("dry-run",), ("explain", "ada")])
def test_format_stands_before_or_after_the_command(command):
    before = run_small("--format", "json", *command)
    after = run_small(*command, "--format", "json")
    back = run_small("--format", "json", *command, "--format", "text")

    assert json.loads(before.stdout)["accounts"] == json.loads(after.stdout)["accounts"]
    assert back.stdout.startswith("@ada (41)")


@pytest.mark.parametrize("form", ["text", "json"])
def test_stdout_holds_the_result_and_stderr_the_messages(form):
    result = run_small("--log-format", "json", "--format", form, "approve")

    events = [json.loads(line)["event"] for line in result.stderr.splitlines()]
    assert ["account_settled", "account_settled", "run_finished"] == events
    assert "run_finished" not in result.stdout
    assert (form == "json") is result.stdout.startswith("{")


@pytest.mark.parametrize("command", ["dry-run", "report"])
def test_whoever_only_looks_has_settled_nothing(command):
    """Tove's approval by an earlier run would be logged by the next that approves."""
    result = run_small("--log-format", "json", command)

    assert "to recover" in result.stdout
    assert "" == result.stderr


def test_every_message_carries_the_id_of_the_run():
    result = run_small("--format", "json", "approve")

    ids = {json.loads(line)["run_id"] for line in result.stderr.splitlines()}
    assert {json.loads(result.stdout)["run"]["id"]} == ids


def test_messages_are_json_where_no_terminal_is():
    assert all(map(json.loads, run_small("approve").stderr.splitlines()))


def test_messages_are_text_when_told_so():
    stderr = run_small("--log-format", "text", "approve").stderr

    assert "run_finished" in stderr
    assert not stderr.startswith("{")


def test_messages_are_text_when_a_variable_says_so(monkeypatch):
    monkeypatch.setenv("GLAAB_LOG_FORMAT", "text")

    assert not run_small("approve").stderr.startswith("{")
    assert run_small("--log-format", "json", "approve").stderr.startswith("{")


@pytest.mark.parametrize("command", [["approve"], ["dry-run"], ["explain", "ada"]])
def test_an_env_file_that_others_may_read_is_warned_about(elsewhere, command):
    (elsewhere / ".env").write_text("GITLAB_ACCESS_TOKEN=s3cret\n")
    (elsewhere / ".env").chmod(0o644)

    result = run_small("--quiet", "--log-format", "json", *command)

    (warning,) = map(json.loads, result.stderr.splitlines())
    assert "env_file_readable_by_others" == warning["event"]
    assert (".env", "chmod 600 .env") == (warning["file"], warning["remedy"])
    assert "s3cret" not in result.output


@pytest.mark.parametrize("command", [["approve", "--max-approvals", "7"], ["dry-run"], ["doctor"]])
def test_settings_are_read_once(command):
    """So that they may come from a pipe: what was read from it is gone."""
    reading, writing = os.pipe()
    os.write(writing, b"GLAAB_WORLD=world.toml\nGLAAB_POLICY=policy.toml\n")
    os.close(writing)

    result = run("--env-file", f"/dev/fd/{reading}", *command)

    os.close(reading)
    assert (0, "") == (result.exit_code, "".join(re.findall("glaab: .*", result.stderr)))


def test_an_env_file_of_ones_own_is_not_warned_about(elsewhere):
    (elsewhere / ".env").write_text("GITLAB_ACCESS_TOKEN=s3cret\n")
    (elsewhere / ".env").chmod(0o600)

    assert "" == run_small("--quiet", "dry-run").stderr


def test_quiet_says_only_what_is_wrong():
    assert "" == run_small("-q", "approve").stderr
    assert "brake_stopped" in run_small("-q", "approve", "--max-approvals", "0").stderr


def test_verbose_says_more():
    assert "run_finished" not in run_small("dry-run").stderr
    assert "run_finished" in run_small("-v", "dry-run").stderr


@pytest.mark.parametrize("command", [("approve",), ("dry-run",), ("explain", "ada"), ("policy",)])
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_what_is_piped_has_no_escapes(command, log_format):
    result = run_small("--log-format", log_format, *command)

    assert "\x1b" not in result.output


def on_a_terminal(monkeypatch, *arguments):
    """What stdout and stderr get when both are terminals."""
    out, err = Terminal(), Terminal()
    with monkeypatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit):
            glaab.main(["--world", "world.toml", "--policy", "policy.toml", *arguments])
    return out.getvalue(), err.getvalue()


def test_a_terminal_has_colours_on_both_streams(monkeypatch):
    out, err = on_a_terminal(monkeypatch, "approve")

    assert "\x1b[" in out
    assert "\x1b[" in err


def test_no_color_means_none_on_either_stream(monkeypatch):
    out, err = on_a_terminal(monkeypatch, "--no-color", "approve")

    assert "\x1b" not in out + err
    assert "run_finished" in err


def test_the_variable_no_color_means_the_same(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    out, err = on_a_terminal(monkeypatch, "approve")

    assert "\x1b" not in out + err


# -- usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("nosuch",),
        ("--nosuch", "approve"),
        ("--format", "xml", "approve"),
        ("--log-format", "xml", "approve"),
        ("approve", "ada"),
        ("explain",),
        ("explain", "ada", "bob"),
        ("policy", "check"),
        ("policy", "nosuch"),
        ("--world", ".", "dry-run"),
        (),
    ],
)
def test_wrong_usage_is_2(arguments):
    result = run(*arguments)

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert "Usage: glaab" in result.stderr


def test_version_is_told():
    result = run("--version")

    assert (0, f"glaab, version {version('glaab')}\n") == (result.exit_code, result.stdout)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_command_and_option(option):
    result = run(option)

    assert 0 == result.exit_code
    for word in (
        *("approve", "dry-run", "explain", "policy"),
        *("--world", "--policy", "--env-file", "--format", "--log-format"),
        *("-v", "-q", "--no-color", "--version", "--help"),
    ):
        assert word in result.stdout


def exit_code_with_stdout(stream, monkeypatch, *arguments):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        with pytest.raises(SystemExit) as raised:
            glaab.main(["--world", "world.toml", "--policy", "policy.toml", *arguments])
    return raised.value.code


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_full_stdout_does_not_undo_what_was_approved(monkeypatch, capsys, form):
    """The run goes on to its end; its exit code is about the accounts."""
    with Path("/dev/full").open("w") as full:
        code = exit_code_with_stdout(full, monkeypatch, "approve", "--format", form)

    messages = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = {"event": "result_not_shown", "reason": "No space left on device", "level": "error"}
    assert 0 == code
    assert any(told.items() <= each.items() for each in messages)
    assert "run_finished" == messages[-1]["event"]


@pytest.mark.parametrize("command", [("dry-run",), ("explain", "ada"), ("report",), ("doctor",)])
def test_a_full_stdout_fails_whoever_only_looks(monkeypatch, command):
    """Nothing else came of it."""
    with Path("/dev/full").open("w") as full:
        assert 4 == exit_code_with_stdout(full, monkeypatch, *command)


@pytest.mark.parametrize("command", ["approve", "dry-run"])
def test_a_reader_that_has_seen_enough_is_no_failure(monkeypatch, command):
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "w") as pipe:
        assert 0 == exit_code_with_stdout(pipe, monkeypatch, command)


def test_help_is_quick():
    """Asking for help or the version imports nothing that only a run needs."""
    heavy = {
        *("attrs", "cattrs", "dependency_injector", "dotenv", "gitlab", "importlib.metadata"),
        *("jinja2", "ldap3", "logging", "mwclient", "prometheus_client", "requests", "rich"),
        *("structlog", "tomllib"),
    }
    program = "import sys, atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
    program += "from glaab.entrypoints.cli import main; main()"

    for option in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", program, option],
            capture_output=True,
            text=True,
            check=True,
            env={},  # coverage would import more
        )

        assert "glaab" in done.stdout
        assert set() == heavy & set(done.stderr.split())


@pytest.mark.parametrize("command", sorted(glaab.commands))
def test_every_command_has_help(command):
    result = run(command, "--help")

    assert 0 == result.exit_code
    assert result.stdout.startswith(f"Usage: glaab {command} ")


def test_main_runs_the_program(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["glaab", "-q", "policy"])

    with pytest.raises(SystemExit) as raised:
        main()

    assert 0 == raised.value.code


def test_main_takes_streams_that_other_programs_put_in_place(monkeypatch):
    """Only a stream that encodes can be told to escape."""
    out = StringIO()
    monkeypatch.setattr(sys, "argv", ["glaab", "-q", "policy"])
    monkeypatch.setattr(sys, "stdout", out)

    with pytest.raises(SystemExit) as raised:
        main()

    assert 0 == raised.value.code
    assert out.getvalue().startswith("# in force: the built-in policy")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_stream_is_said_nothing_and_the_other_everything(monkeypatch, capsys, stream):
    systems = ["--world", "world.toml", "--policy", "policy.toml"]
    monkeypatch.setattr(sys, "argv", ["glaab", *systems, "approve"])
    monkeypatch.setattr(sys, stream, None)

    with pytest.raises(SystemExit) as raised:
        main()

    getattr(sys, stream).close()
    said = capsys.readouterr()
    assert 0 == raised.value.code
    assert (stream == "stdout", stream == "stderr") == ("" == said.out, "" == said.err)


@pytest.mark.parametrize("name", ["glaab", "glaab.__main__"])
def test_the_module_is_the_same_program(monkeypatch, capsys, name):
    monkeypatch.setattr(sys, "argv", ["glaab", "--version"])

    with pytest.raises(SystemExit) as raised:
        runpy.run_module(name, run_name="__main__")

    assert 0 == raised.value.code
    assert f"glaab, version {version('glaab')}\n" == capsys.readouterr().out


def test_importing_the_module_runs_nothing():
    assert "main" in runpy.run_module("glaab.__main__", run_name="glaab.__main__")


# -- runs in which something fails


@pytest.fixture
def app():
    """A function: a mode -> options, and a run on the small world that is ready to start."""

    def app(mode):
        options = Options.read(
            overrides={"GLAAB_WORLD": "world.toml", "GLAAB_POLICY": "policy.toml"},
            env_file=None,
            as_json=True,
            level=logging.INFO,
            color=False,
        )
        return bootstrap(options, mode=mode), options

    return app


class UnreachableGitLab(InMemoryGitLab):
    """Shows nothing."""

    def pending(self):
        raise SystemUnavailable(System.GITLAB, "it is down")

    def find(self, who):
        raise SystemUnavailable(System.GITLAB, "it is down")


class StubbornGitLab(InMemoryGitLab):
    """Shows everybody and approves nobody."""

    def approve(self, account):
        raise SystemUnavailable(System.GITLAB, "it refuses")


class ForgetfulAuditLog(AuditLog):
    """Writes nothing down."""

    def append(self, records):
        raise SystemUnavailable(System.AUDIT_LOG, "the disk is full")


@attrs.define
class InterruptedGitLab(GitLab):
    """A signal comes when one of its methods is called."""

    _gitlab: GitLab
    _method: str
    _number: int

    def _asked(self, method):
        if method == self._method:
            signal.raise_signal(self._number)

    def pending(self):
        self._asked("pending")
        return self._gitlab.pending()

    def open_notes(self):
        return self._gitlab.open_notes()

    def find(self, who):
        self._asked("find")
        return self._gitlab.find(who)

    def note(self, record):
        self._gitlab.note(record)

    def settle(self, account, ending):
        self._gitlab.settle(account, ending)

    def approve(self, account):
        return self._gitlab.approve(account)


@pytest.fixture
def live(monkeypatch):
    """A function: a mode -> options, and a live run whose GitLab shows nothing."""

    def live(mode, **variables):
        options = Options.read(
            overrides={
                "GLAAB_POLICY": "policy.toml",
                "GITLAB_ACCESS_TOKEN": "s3cret",
                "MEDIAWIKI_LOG_PAGE": "",
                "GLAAB_AUDIT_FILE": "audit.jsonl",
                **variables,
            },
            env_file=None,
            as_json=False,
            level=logging.INFO,
            color=False,
        )
        ready = bootstrap(options, mode=mode)
        ready.container.writable_gitlab.override(UnreachableGitLab(()))
        return ready, options

    return live


def with_gitlab(ready, kind):
    """The same run with another kind of GitLab."""
    world = ready.container.world()
    ready.container.writable_gitlab.override(kind(world.accounts, world.notes))
    return ready


def test_a_queue_that_cannot_be_read_is_3(app, capsys):
    ready, options = app("look")

    code = runs.dry_run(with_gitlab(ready, UnreachableGitLab), options)

    out, err = capsys.readouterr()
    document = json.loads(out)
    assert 3 == code
    assert {
        "status": "unavailable",
        "reason": "it is down",
        "requests": 0,
    } == document["systems"]["gitlab"]
    assert 'system_unavailable"' in err


def test_a_live_run_has_no_page_to_show(live, capsys):
    ready, options = live("act")

    code = runs.approve(ready, options)

    assert 3 == code
    assert (
        "Nobody was looked at. 0 approved, 0 recovered, 0 failed.\n"
        "gitlab gave no usable answer: it is down; the queue could not be read, nobody was"
        " refused.\n"
        "Requests: gitlab 0, directory unused, phabricator unused, gerrit unused, audit_log"
        " unused.\n" == capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("mode", "run", "written"), [("act", runs.approve, True), ("look", runs.dry_run, False)]
)
def test_only_a_live_approve_writes_metrics(live, elsewhere, mode, run, written):
    ready, options = live(mode, GLAAB_METRICS_FILE="glaab.prom")

    run(ready, options)

    assert written is (elsewhere / "glaab.prom").exists()


def test_a_world_has_no_heartbeat(monkeypatch):
    """A socket that is opened fails the test."""
    monkeypatch.setenv("GLAAB_HEARTBEAT_URL", "https://hc.example/ping")

    assert 0 == run_small("approve").exit_code


def test_a_world_writes_no_metrics(elsewhere, monkeypatch):
    monkeypatch.setenv("GLAAB_METRICS_FILE", "glaab.prom")

    run_small("approve")

    assert not (elsewhere / "glaab.prom").exists()


def test_an_account_that_could_not_be_asked_for_is_3(app, capsys):
    ready, options = app("look")

    code = runs.explain(with_gitlab(ready, UnreachableGitLab), options, "ada")

    assert 3 == code
    assert [] == json.loads(capsys.readouterr().out)["accounts"]


def test_an_approval_that_fails_is_4(app, capsys):
    ready, options = app("act")

    code = runs.approve(with_gitlab(ready, StubbornGitLab), options)

    out, err = capsys.readouterr()
    account = json.loads(out)["accounts"][0]
    assert 4 == code
    assert ("failed", "gitlab gave no usable answer: it refuses") == (
        account["outcome"],
        account["remark"],
    )
    assert "approval_failed" in err


def test_a_log_that_fails_is_4_and_keeps_no_other_from_being_written(app, capsys):
    ready, options = app("act")
    page = InMemoryAuditLog()
    ready.container.audit_logs.override((ForgetfulAuditLog(), page))

    code = runs.approve(ready, options)

    out, err = capsys.readouterr()
    assert 4 == code
    assert "the disk is full" in json.loads(out)["systems"]["audit_log"]["reason"]
    assert "@ada" in page.page
    assert "record_not_written" in err
    assert {41, 46} == {each.account.id for each in ready.container.gitlab().open_notes()}


def test_past_the_deadline_nobody_is_started_and_it_is_3(app, capsys):
    ready, options = app("act")
    late = attrs.evolve(ready, settings=attrs.evolve(ready.settings, glaab_deadline_s=0))

    code = runs.approve(late, options)

    document = json.loads(capsys.readouterr().out)
    assert 3 == code
    assert ("unchanged", "recovered") == (
        document["accounts"][0]["outcome"],
        document["accounts"][-1]["outcome"],
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("mode", ["act", "look"])
def test_a_signal_while_looking_ends_the_run(app, capsys, mode, number, code):
    ready, options = app(mode)
    gitlab = InterruptedGitLab(ready.container.writable_gitlab(), "pending", number)
    ready.container.gitlab.override(gitlab)

    ended = (runs.approve if mode == "act" else runs.dry_run)(ready, options)

    out, err = capsys.readouterr()
    assert code == ended
    assert "" == out
    assert "run_interrupted" in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_approving_finishes_the_account_in_hand(app, capsys, number, code):
    ready, options = app("act")
    gitlab = InterruptedGitLab(ready.container.writable_gitlab(), "find", number)
    ready.container.gitlab.override(gitlab)

    ended = runs.approve(ready, options)

    document = json.loads(capsys.readouterr().out)
    assert code == ended
    assert "approved" == document["accounts"][0]["outcome"]
    assert "@ada" in ready.container.audit_page().page
    assert () == gitlab.open_notes()


def test_an_unexpected_error_is_a_traceback(app):
    """A bug is not dressed up as anything else."""
    ready, options = app("act")
    ready.container.audit_logs.override((InMemoryAuditLog(), "no log at all"))

    with pytest.raises(AttributeError):
        runs.approve(ready, options)


def test_usage_errors_of_explain_are_clicks(app):
    ready, options = app("look")

    with pytest.raises(click.UsageError):
        runs.explain(ready, options, "@")


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("dan", "dan"),
        ("@dan/", "dan"),
        ("users/dan/activity", "dan"),
        ("admin/users/dan", "dan"),
        ("-/u/41", 41),
    ],
)
def test_a_profile_has_several_addresses(path, who):
    assert who == runs.parse_account_ref(
        f"https://git.example.org/lab/{path}", "https://git.example.org/lab/"
    )


def test_the_address_of_a_gitlab_names_nobody():
    with pytest.raises(click.UsageError):
        runs.parse_account_ref("https://git.example.org/", "https://git.example.org")


def test_the_policy_in_force_needs_settings_that_are_right(monkeypatch):
    """A misspelt GLAAB_POLICY must not pass for the built-in policy."""
    monkeypatch.setenv("GLAAB_POLICI", "mine.toml")

    result = CliRunner().invoke(glaab, ["policy"])

    assert 2 == result.exit_code
    assert "did you mean GLAAB_POLICY?" in result.stderr
