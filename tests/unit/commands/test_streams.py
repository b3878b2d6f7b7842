"""What goes to stdout and what to stderr, on terminals and small_world."""

import json
import os
import sys
from io import StringIO
from pathlib import Path

import pytest

from glaab.entrypoints.cli import glaab, main
from tests.unit.commands.small_world import run_small
from tests.unit.doubles import Terminal

pytestmark = pytest.mark.usefixtures("small_world")


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


# -- colours


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
    out, err = on_a_terminal(monkeypatch, "approve", "-v")

    assert "\x1b[" in out
    assert "\x1b[" in err


def test_no_color_means_none_on_either_stream(monkeypatch):
    out, err = on_a_terminal(monkeypatch, "--no-color", "approve", "-v")

    assert "\x1b" not in out + err
    assert "run_finished" in err


def test_on_one_terminal_messages_do_not_say_again_what_the_result_says(monkeypatch):
    """With -v they do; and so they do where a result or messages go elsewhere."""
    out, err = on_a_terminal(monkeypatch, "approve")

    assert "approved" in out
    assert "" == err
    assert "account_settled" in on_a_terminal(monkeypatch, "approve", "-v")[1]
    assert "account_settled" in run_small("approve").stderr


def test_the_variable_no_color_means_the_same(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    out, err = on_a_terminal(monkeypatch, "approve")

    assert "\x1b" not in out + err


# -- streams that take nothing


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


@pytest.mark.parametrize(
    "command",
    [
        *(("dry-run",), ("explain", "ada"), ("report",), ("doctor",)),
        *(("policy", "test", "world.toml"), ("policy", "diff", "policy.toml")),
    ],
)
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
