"""`glaab dry-run`: everybody's story, and what the next run would do."""

import json

import pytest

from glaab.entrypoints.commands.dry_run import dry_run
from tests.unit.commands.small_world import ADA, BOB, CLEO, DAN, LOOKED, document_of, run_small
from tests.unit.doubles import REFUSED, UnreachableGitLab

pytestmark = pytest.mark.usefixtures("small_world")


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


def test_a_queue_that_cannot_be_read_is_3(small_app, capsys):
    app = small_app("look")
    app.container.writable_gitlab.override(UnreachableGitLab())

    code = dry_run(app)

    out, err = capsys.readouterr()
    document = json.loads(out)
    assert 3 == code
    assert {
        "status": "unavailable",
        "reason": REFUSED,
        "requests": 0,
    } == document["systems"]["gitlab"]
    assert 'system_unavailable"' in err
