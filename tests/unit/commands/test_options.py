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
    assert ADA in result.stdout


@pytest.mark.parametrize("way", ["option", "environment", "env file"])
def test_the_world_called_example_ships_with_glaab(small_world, monkeypatch, way):
    """Also where a folder has its name."""
    (small_world / "example").mkdir()
    if way == "environment":
        monkeypatch.setenv("GLAAB_WORLD", "example")
    elif way == "env file":
        (small_world / ".env").write_text("GLAAB_WORLD=example\n")

    result = run(*(["--world", "example"] if way == "option" else []), "explain", "chiara")

    assert 0 == result.exit_code
    assert "Chiara Esempio" in result.stdout


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_file_called_example_is_named_with_its_folder(small_world, monkeypatch, way):
    (small_world / "world.toml").rename("example")
    monkeypatch.setenv("GLAAB_WORLD", "./example")

    options = ["--world", "./example"] if way == "option" else []
    result = run(*options, "--policy", "policy.toml", "dry-run")

    assert 0 == result.exit_code
    assert ADA in result.stdout


@pytest.mark.parametrize("command", [["approve", "--max-approvals", "7"], ["dry-run"], ["doctor"]])
def test_settings_are_read_once(command):
    """So that they may come from a pipe: what was read from it is gone."""
    reading, writing = os.pipe()
    os.write(writing, b"GLAAB_WORLD=world.toml\nGLAAB_POLICY=policy.toml\n")
    os.close(writing)

    result = run("--env-file", f"/dev/fd/{reading}", *command)

    os.close(reading)
    assert (0, "") == (result.exit_code, "".join(re.findall("glaab: .*", result.stderr)))


# -- before the command or after it

COMMANDS = [
    *(["approve"], ["dry-run"], ["explain", "ada"], ["report"], ["doctor"]),
    *(["policy"], ["policy", "show"], ["policy", "check", "policy.toml"]),
    ["policy", "test", "world.toml"],
    ["policy", "diff", "policy.toml"],
]
SYSTEMS = ["--world", "world.toml", "--policy", "policy.toml"]


def times_left_out(text):
    """Without what differs between two runs that are alike."""
    return re.sub(r'"(id|started_at|finished_at)": "[^"]*"', "", text)


@pytest.mark.parametrize("command", COMMANDS)
def test_common_options_stand_before_or_after_the_command(command, monkeypatch):
    """For each command alike."""
    options = [*SYSTEMS, "--format", "json", "--log-format", "text", "-q", "--no-color"]

    before = run(*options, *command)
    after = run(*command, *options)

    assert 0 == after.exit_code
    assert json.loads(after.stdout)
    assert times_left_out(before.stdout) == times_left_out(after.stdout)
    assert before.stderr == after.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_after_the_command_wins(command, small_world):
    missing = ["--world", "no.toml", "--policy", "no.toml", "--env-file", "no", "--format", "json"]
    (small_world / "settings").write_text("")

    result = run(*missing, *command, *SYSTEMS, "--env-file", "settings", "--format", "text")

    assert 0 == result.exit_code
    assert not result.stdout.startswith("{")


def test_an_option_between_the_words_of_a_command_counts_between():
    words = ["--format", "text", "policy", "--format", "json", "check", "policy.toml"]

    assert run(*words).stdout.startswith("{")
    assert not run(*words, "--format", "text").stdout.startswith("{")


def test_how_much_is_said_is_one_choice():
    """So that the last word counts."""
    assert "run_finished" in run("-q", "approve", "-v", *SYSTEMS).stderr
    assert "" == run("-v", "approve", "-q", *SYSTEMS).stderr
    assert "" == run("approve", "-vq", *SYSTEMS).stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_version_is_told_after_a_command_too(command):
    result = run(*command, "--version")

    assert (0, f"glaab, version {version('glaab')}\n") == (result.exit_code, result.stdout)


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
        ("policy", "test"),
        ("policy", "diff"),
        ("policy", "diff", "new.toml", "old.toml", "older.toml"),
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


def test_help_has_the_common_options_by_themselves():
    """The command's own come first; nothing is broken on a narrow terminal."""
    assert (
        """\
Usage: glaab approve [OPTIONS]

  Review all pending accounts, approve the trusted, write
  the audit log.

Options:
  --max-approvals N  Override the safety brake
                     (GLAAB_MAX_APPROVALS) for this run.
                     [x>=0]

Common options, before the command or after it:
  --world FILE              Use in-memory systems filled
                            from FILE; example is one that
                            ships with glaab.
  --policy FILE             Judge by the policy in FILE.
  --env-file FILE           Read FILE instead of .env.
  --format [text|json]      The result on stdout.
  --log-format [text|json]  The messages on stderr.
  -v, --verbose             Also say what is asked.
  -q, --quiet               Say only what is wrong.
  --no-color                No colour (also NO_COLOR).
  --version                 Show the version and exit.
  -h, --help                Show this message and exit.
"""
        == run("approve", "--help", terminal_width=58).stdout
    )


@pytest.mark.parametrize("columns", [60, 100])
@pytest.mark.parametrize("command", [[], *([*each, "--help"] for each in COMMANDS)])
def test_every_command_has_help_that_fits(command, columns):
    result = run(*(command or ["--help"]), terminal_width=columns)

    words = [each for each in command if each not in {"ada", "policy.toml", "world.toml", "--help"}]
    assert 0 == result.exit_code
    assert result.stdout.startswith(f"{' '.join(['Usage: glaab', *words])} [OPTIONS]")
    assert all(len(line) <= columns for line in result.stdout.splitlines())


@pytest.mark.parametrize("command", sorted(glaab.commands))
@pytest.mark.parametrize(
    ("typed", "completed"), [("--p", "plain,--policy"), ("--log-format j", "plain,json")]
)
def test_shells_complete_common_options_after_the_command(command, typed, completed):
    words = f"glaab {command} {typed}"
    number = str(len(words.split()) - 1)
    variables = {"_GLAAB_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": number}

    result = run(prog_name="glaab", env=variables)

    assert 0 == result.exit_code
    assert completed in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("why @ada", "glaab explain"),
        ("WHO", "glaab explain"),
        ("@ada", "glaab explain @ada"),
        ("status", "glaab doctor"),
        ("policy validate policy.toml", "glaab policy check"),
        ("policy print", "glaab policy show"),
        ("help", "glaab --help"),
        ("aprove", "approve"),
        ("report --html", "--format html"),
        ("approve --html", "glaab report --format html"),
        ("policy check --json policy.toml", "--format json"),
        ("--output page.html report", "glaab report --output"),
        ("approve --dry-run", "glaab dry-run"),
        ("approve --polcy policy.toml", "--policy"),
        ("-V", "--version"),
    ],
)
def test_an_unknown_command_or_option_is_told_with_what_was_meant(arguments, meant):
    result = run(*arguments.split())

    assert 2 == result.exit_code
    assert f"Did you mean '{meant}'?\n" in result.stderr


@pytest.mark.parametrize("arguments", ["nosuch", "approve --nosuch", "dry-run --max-approvals 3"])
def test_nothing_is_guessed_where_nothing_is_like_it(arguments):
    """Nor is a command that changes something named to somebody who only wants to look."""
    result = run(*arguments.split())

    assert 2 == result.exit_code
    assert "Did you mean" not in result.stderr


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
