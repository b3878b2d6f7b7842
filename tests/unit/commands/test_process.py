"""The program as a process whose stdout and stderr are full, closed, or read by nobody."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.commands.small_world import POLICY

pytestmark = pytest.mark.usefixtures("small_world")

SYSTEMS = {"GLAAB_WORLD": "world.toml", "GLAAB_POLICY": "policy.toml"}


def glaab(arguments, streams="", **variables):
    """What a shell sees of it, with *streams* redirected."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-m", "glaab", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | SYSTEMS | variables,
    )


@pytest.mark.parametrize("streams", ["2>/dev/full", ">/dev/full 2>/dev/full", ">&- 2>&-"])
def test_what_becomes_of_messages_does_not_touch_a_run(streams):
    """It approves, logs, and ends with the exit code of what it did."""
    done = glaab(["approve"], streams, GLAAB_AUDIT_FILE="audit.jsonl")

    lines = Path("audit.jsonl").read_text().splitlines()
    assert (0, "") == (done.returncode, done.stderr)
    assert ["tove", "ada"] == [json.loads(line)["account"]["username"] for line in lines]


def test_a_brake_is_a_brake_though_nobody_is_told():
    assert 5 == glaab(["approve", "--max-approvals", "0"], "2>/dev/full").returncode


def test_what_is_wrong_is_2_though_nobody_is_told():
    assert 2 == glaab(["approve", "--nosuch"], "2>/dev/full").returncode


@pytest.mark.parametrize("command", ["report", "policy", "policy check policy.toml"])
def test_a_result_that_cannot_be_shown_is_4(command):
    """Showing it was all that there was to do."""
    full = glaab(command.split(), ">/dev/full")

    (message,) = map(json.loads, full.stderr.splitlines())
    assert 4 == full.returncode
    assert ("result_not_shown", "No space left on device") == (message["event"], message["reason"])


@pytest.mark.parametrize("option", ["approve --help", "--version"])
def test_help_that_cannot_be_shown_is_4(option):
    done = glaab(option.split(), ">/dev/full")

    expected = "Error: nothing could be printed: No space left on device\n"
    assert (4, expected) == (done.returncode, done.stderr)


@pytest.mark.parametrize("command", ["approve", "policy", "--help"])
def test_a_reader_that_has_seen_enough_is_not_spoken_of(command):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "glaab", "-q", command],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        env=os.environ | SYSTEMS,
    )
    os.close(writing)

    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize("warned", [{"PYTHONWARNINGS": "error"}, {"PYTHONDEVMODE": "1"}])
def test_warnings_of_python_are_not_for_whoever_runs_it(warned):
    done = glaab(["-q", "approve"], **warned)

    assert (0, "") == (done.returncode, done.stderr)


def test_each_letter_is_shown_where_the_encoding_lacks_it():
    Path("é.toml").write_text(POLICY)

    done = glaab(["policy", "check", "é.toml"], PYTHONIOENCODING="ascii")
    wrong = glaab(["policy", "check", "ö.toml"], PYTHONIOENCODING="ascii")

    assert done.stdout.startswith(r"\xe9.toml is a policy")
    assert wrong.stderr.startswith(r"glaab: policy \xf6.toml cannot be read")
