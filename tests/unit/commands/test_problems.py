"""What is wrong with settings, policy and world: all of it is listed, and nobody is asked."""

import json
import re
from pathlib import Path

import pytest

from tests.unit.commands.small_world import run, run_small

pytestmark = pytest.mark.usefixtures("small_world")


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
        "world missing.toml cannot be read: No such file or directory",
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


@pytest.mark.parametrize("command", [["approve"], ["dry-run"], ["explain", "ada"]])
def test_an_env_file_that_others_may_read_is_warned_about(small_world, command):
    (small_world / ".env").write_text("GITLAB_ACCESS_TOKEN=s3cret\n")
    (small_world / ".env").chmod(0o644)

    result = run_small("--quiet", "--log-format", "json", *command)

    (warning,) = map(json.loads, result.stderr.splitlines())
    assert "env_file_readable_by_others" == warning["event"]
    assert (".env", "chmod 600 .env") == (warning["file"], warning["remedy"])
    assert "s3cret" not in result.output


def test_an_env_file_of_ones_own_is_not_warned_about(small_world):
    (small_world / ".env").write_text("GITLAB_ACCESS_TOKEN=s3cret\n")
    (small_world / ".env").chmod(0o600)

    assert "" == run_small("--quiet", "dry-run").stderr
