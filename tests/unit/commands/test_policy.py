"""`glaab policy`, which is `glaab policy show`, and `glaab policy check`."""

import json
import re
from pathlib import Path

import pytest

from glaab.adapters.policy_file import built_in_policy_text
from tests.unit.commands.small_world import POLICY, document_of, run

pytestmark = pytest.mark.usefixtures("small_world")


@pytest.mark.parametrize("command", [["policy"], ["policy", "show"]])
def test_policy_prints_what_is_in_force_and_where_it_came_from(command):
    result = run(*command)

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


def test_the_policy_in_force_needs_settings_that_are_right(monkeypatch):
    """A misspelt GLAAB_POLICY must not pass for the built-in policy."""
    monkeypatch.setenv("GLAAB_POLICI", "mine.toml")

    result = run("policy")

    assert 2 == result.exit_code
    assert "did you mean GLAAB_POLICY?" in result.stderr


# -- check


@pytest.mark.parametrize("name", ["policy.toml", "a\nfile"])
def test_policy_check_finds_nothing_wrong(name):
    Path(name).write_text(POLICY)

    result = run("policy", "check", name)

    assert 0 == result.exit_code
    digest = document_of("dry-run")["run"]["policy"]
    file = name.replace("\n", "\\n")
    assert f"{file} is a policy of 1 rule and 2 vetoes, {digest}.\n" == result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "json", "policy", "check", "policy.toml"),
        ("policy", "--format", "json", "check", "policy.toml"),
        ("policy", "check", "policy.toml", "--format", "json"),
    ],
)
def test_policy_check_has_a_document_of_its_own(arguments):
    document = json.loads(run(*arguments).stdout)

    digest = document_of("dry-run")["run"]["policy"]
    assert ("policy.toml", digest) == (document["source"], document["digest"])


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
