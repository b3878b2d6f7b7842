"""`glaab watch` on the command line; the loop itself is tested in tests/unit/watching."""

import json

import pytest

from glaab.entrypoints.common_options import DURATION
from tests.unit.commands.small_world import run, run_small

pytestmark = pytest.mark.usefixtures("small_world")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7_200), ("1", 1)]
)
def test_a_duration_is_in_seconds_minutes_or_hours(text, seconds):
    assert seconds == DURATION.convert(text, None, None)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1d", "soon", "1 m", "", "0m", "٢"])
def test_what_is_no_duration_is_told(text):
    result = run_small("watch", "--for", text)

    assert 2 == result.exit_code
    assert f"'{text}' is no duration; write 90, 90s, 10m or 2h" in result.stderr


def test_it_approves_at_once_and_ends_by_itself(monkeypatch):
    monkeypatch.setenv("GLAAB_AUDIT_FILE", "audit.jsonl")

    result = run_small("watch", "--for", "1", "--format", "json")

    assert 0 == result.exit_code
    assert 1 == json.loads(result.stdout)["summary"]["approved"]
    assert '"event": "watch_started"' in result.stderr


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"GLAAB_LOOK_EVERY_S": "0"}, "GLAAB_LOOK_EVERY_S: "),
        ({"GLAAB_RUN_EVERY_S": "4"}, "GLAAB_RUN_EVERY_S: full runs cannot be more frequent"),
        ({"GLAAB_AUDIT_FILE": "missing/audit"}, "GLAAB_AUDIT_FILE: missing/audit cannot be"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_asked(monkeypatch, variables, problem):
    for name, text in variables.items():
        monkeypatch.setenv(name, text)

    result = run_small("watch", "--for", "1")

    assert (2, "") == (result.exit_code, result.stdout)
    assert f"glaab: {problem}" in result.stderr


def test_an_address_to_tell_that_is_not_understood_is_wrong(monkeypatch):
    """Also beside everything else that is wrong; it is not shown."""
    monkeypatch.setenv("GLAAB_NOTIFY_URLS", "s3cret-nonsense")

    result = run("watch", "--policy", "missing.toml")

    assert 2 == result.exit_code
    assert "glaab: GLAAB_NOTIFY_URLS: address 1 of 1 is none that apprise" in result.stderr
    assert "glaab: policy missing.toml cannot be read" in result.stderr
    assert "s3cret" not in result.stderr
