"""What newcomers wrote about themselves: it decides nothing, and only a report tells it."""

import json
import re
from pathlib import Path

import pytest

from glaab.settings.parsers import world_path
from tests.unit.commands.small_world import run

pytestmark = pytest.mark.usefixtures("elsewhere")

COMMANDS = [
    ["-v", "--log-format", "json", "approve"],
    ["-v", "--log-format", "json", "--format", "json", "approve"],
    ["dry-run"],
    ["--format", "json", "dry-run"],
    ["explain", "newcomer"],
    ["--format", "json", "explain", "newcomer"],
    ["report"],
]


@pytest.fixture
def talkative(elsewhere):
    """The example, where everybody bears the name of somebody who is trusted."""
    said = '[[account]]\nname = "Ada Example s3cret"\nemail_domain = "s3cret.example"'
    silent = re.sub(r"(?m)^name = .*\nemail_domain = .*\n", "", world_path("example").read_text())
    Path("talkative.toml").write_text(silent.replace("[[account]]", said))
    return "talkative.toml"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_other_output_tells_it_and_no_verdict_rests_on_it(talkative, command, monkeypatch):
    """Whatever people call themselves, everything is said and decided as if they had not."""
    monkeypatch.setenv("GLAAB_AUDIT_FILE", "audit.jsonl")
    monkeypatch.setenv("GLAAB_METRICS_FILE", "metrics.prom")

    result, plain = (run("--world", world, *command) for world in (talkative, "example"))

    written = [path.read_text() for path in Path().glob("*.*") if path.name != talkative]
    assert [] == [text for text in (result.stdout, result.stderr, *written) if "s3cret" in text]
    assert (plain.exit_code, _timeless(plain.stdout)) == (
        result.exit_code,
        _timeless(result.stdout),
    )


def _timeless(text):
    """Without what is another in each run."""
    return re.sub(r'"(id|started_at|finished_at)": "[^"]*"|\d\d:\d\d', "", text)


def test_the_json_of_a_report_tells_it(talkative):
    document = json.loads(run("--world", talkative, "--format", "json", "report").stdout)

    said = {"name": "Ada Example s3cret", "email_domain": "s3cret.example"}
    assert said == document["accounts"][0]["self_description"]
