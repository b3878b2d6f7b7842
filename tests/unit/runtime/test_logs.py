"""Messages: one line each on stderr, with the run's id, as text or as JSON."""

import json
import logging
import sys
from io import StringIO

import pytest
import structlog

from glaab.domain.sources.gerrit import GERRIT
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.settings.core import Settings
from glaab.settings.values import LogFormat
from tests.unit.doubles import Terminal
from tests.unit.runtime.options import some_options


@pytest.fixture
def written(monkeypatch):
    """A function: how messages are configured -> what a few of them look like."""

    def written(log_format=LogFormat.JSON, *, level=logging.INFO, color=True, to=None):
        stderr = to or StringIO()
        monkeypatch.setattr(sys, "stderr", stderr)
        settings = Settings(glaab_log_format=log_format)
        configure_logs(some_options(settings, level=level, color=color), "run-1")
        log = structlog.get_logger()
        log.debug("request_sent", url="https://git.example")
        log.info("account_settled", account=41)
        log.warning("system_unavailable", system=GERRIT, reason="\x1b[2J\nevil\u202e")
        return stderr.getvalue()

    return written


def test_json_is_one_object_a_line(written):
    settled, unavailable = map(json.loads, written().splitlines())

    assert settled.pop("timestamp").endswith("Z")
    assert {
        "event": "account_settled",
        "level": "info",
        "run_id": "run-1",
        "account": 41,
    } == settled
    assert "gerrit" == unavailable["system"]


@pytest.mark.parametrize("log_format", LogFormat)
def test_text_from_outside_can_neither_begin_a_line_nor_move_the_cursor(written, log_format):
    lines = written(log_format).splitlines()

    assert 2 == len(lines)
    assert "\x1b" not in lines[1]
    assert "\u202e" not in lines[1]


def test_text_is_for_people(written):
    first, second = written(LogFormat.TEXT).splitlines()

    assert "account_settled" in first
    assert "account=41" in first
    assert "run_id=run-1" in first
    assert r"\x1b[2J\nevil\u202e" in second


@pytest.mark.parametrize(
    ("level", "events"),
    [
        (logging.DEBUG, ["request_sent", "account_settled", "system_unavailable"]),
        (logging.INFO, ["account_settled", "system_unavailable"]),
        (logging.WARNING, ["system_unavailable"]),
    ],
)
def test_the_level_chooses(written, level, events):
    assert events == [json.loads(line)["event"] for line in written(level=level).splitlines()]


def test_without_a_format_it_is_json_where_no_terminal_is(written):
    assert [json.loads(line) for line in written(None).splitlines()]


def test_without_a_format_it_is_text_on_a_terminal(written):
    assert "account=" in written(None, color=False, to=Terminal())


def test_a_format_that_is_chosen_wins_on_a_terminal(written):
    assert [json.loads(line) for line in written(LogFormat.JSON, to=Terminal()).splitlines()]


@pytest.mark.parametrize("name", ["xterm", None])
def test_a_terminal_has_colours(written, monkeypatch, name):
    """Also one of which nothing is known."""
    monkeypatch.delenv("TERM", raising=False)
    if name:
        monkeypatch.setenv("TERM", name)

    assert "\x1b[" in written(LogFormat.TEXT, to=Terminal())


def test_a_dumb_terminal_has_no_colours(written, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")

    assert "\x1b" not in written(LogFormat.TEXT, to=Terminal())


def test_colours_can_be_switched_off(written):
    assert "\x1b" not in written(LogFormat.TEXT, color=False, to=Terminal())


def test_what_is_no_terminal_has_no_colours(written):
    assert "\x1b" not in written(LogFormat.TEXT, color=True)


def test_the_libraries_own_loggers_say_nothing(written):
    """They name addresses and headers."""
    stderr = StringIO()
    written(to=stderr)
    before = stderr.getvalue()

    logging.getLogger("urllib3.connectionpool").error("https://git.example/?token=s3cret")

    assert before == stderr.getvalue()


def test_a_second_run_has_an_id_of_its_own(written):
    written()
    configure_logs(some_options(), "run-2")

    assert {"run_id": "run-2"} == structlog.contextvars.get_contextvars()


def test_before_a_run_there_is_no_id():
    configure_logs(some_options())

    assert {} == structlog.contextvars.get_contextvars()
