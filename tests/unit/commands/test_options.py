"""The options of the command line, its help, and the program around it."""

import json
import os
import re
import runpy
import subprocess
import sys
from importlib.metadata import version

import pytest

from glaab.entrypoints.cli import glaab, main
from tests.unit.commands.small_world import ADA, run, run_small

pytestmark = pytest.mark.usefixtures("small_world")


@pytest.mark.parametrize("way", ["option", "environment", "env file", "other env file"])
def test_world_and_policy_are_chosen_by_option_or_variable(small_world, monkeypatch, way):
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
        (small_world / ".env").write_text(lines)
    else:
        (small_world / ".env").write_text("GLAAB_WORLD=missing\n")
        (small_world / "settings").write_text(lines)
        arguments = ("--env-file", "settings")

    result = run(*arguments, "dry-run")

    assert 0 == result.exit_code
    assert result.stdout.startswith(ADA)


@pytest.mark.parametrize("command", [["approve", "--max-approvals", "7"], ["dry-run"], ["doctor"]])
def test_settings_are_read_once(command):
    """So that they may come from a pipe: what was read from it is gone."""
    reading, writing = os.pipe()
    os.write(writing, b"GLAAB_WORLD=world.toml\nGLAAB_POLICY=policy.toml\n")
    os.close(writing)

    result = run("--env-file", f"/dev/fd/{reading}", *command)

    os.close(reading)
    assert (0, "") == (result.exit_code, "".join(re.findall("glaab: .*", result.stderr)))


@pytest.mark.parametrize("command", [("approve",), ("dry-run",), ("explain", "ada")])
def test_format_stands_before_or_after_the_command(command):
    before = run_small("--format", "json", *command)
    after = run_small(*command, "--format", "json")
    back = run_small("--format", "json", *command, "--format", "text")

    assert json.loads(before.stdout)["accounts"] == json.loads(after.stdout)["accounts"]
    assert back.stdout.startswith("@ada (41)")


def test_messages_are_text_when_told_so():
    stderr = run_small("--log-format", "text", "approve").stderr

    assert "run_finished" in stderr
    assert not stderr.startswith("{")


def test_messages_are_text_when_a_variable_says_so(monkeypatch):
    monkeypatch.setenv("GLAAB_LOG_FORMAT", "text")

    assert not run_small("approve").stderr.startswith("{")
    assert run_small("--log-format", "json", "approve").stderr.startswith("{")


def test_quiet_says_only_what_is_wrong():
    assert "" == run_small("-q", "approve").stderr
    assert "brake_stopped" in run_small("-q", "approve", "--max-approvals", "0").stderr


def test_verbose_says_more():
    assert "run_finished" not in run_small("dry-run").stderr
    assert "run_finished" in run_small("-v", "dry-run").stderr


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


@pytest.mark.parametrize("command", sorted(glaab.commands))
def test_every_command_has_help(command):
    result = run(command, "--help")

    assert 0 == result.exit_code
    assert result.stdout.startswith(f"Usage: glaab {command} ")


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


# -- the program


def test_main_runs_the_program(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["glaab", "-q", "policy"])

    with pytest.raises(SystemExit) as raised:
        main()

    assert 0 == raised.value.code


@pytest.mark.parametrize("name", ["glaab", "glaab.__main__"])
def test_the_module_is_the_same_program(monkeypatch, capsys, name):
    monkeypatch.setattr(sys, "argv", ["glaab", "--version"])

    with pytest.raises(SystemExit) as raised:
        runpy.run_module(name, run_name="__main__")

    assert 0 == raised.value.code
    assert f"glaab, version {version('glaab')}\n" == capsys.readouterr().out


def test_importing_the_module_runs_nothing():
    assert "main" in runpy.run_module("glaab.__main__", run_name="glaab.__main__")
