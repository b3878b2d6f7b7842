"""`glaab dry-run`: everybody's story, and what the next run would do."""

import json

import pytest

from glaab.domain.outcome import Outcome, Result
from glaab.domain.policy import Verdict
from glaab.entrypoints.commands.dry_run import dry_run
from glaab.entrypoints.render.as_text import dry_run_as_text
from tests.unit.commands.small_world import ADA, BOB, CLEO, DAN, LOOKED, document_of, run_small
from tests.unit.doubles import REFUSED, UnreachableGitLab
from tests.unit.results import a_case, a_run

pytestmark = pytest.mark.usefixtures("small_world")


def test_dry_run_tells_everybodys_story():
    """Whole: also what earlier runs left."""
    result = run_small("dry-run")

    assert 0 == result.exit_code
    assert (
        "4 pending: 1 trusted, 2 held, 1 vetoed, 0 waiting."
        " 0 approved, 1 to recover, 0 failed.\n"
        f"{LOOKED}"
        "@tove (46) approved by an earlier run, would be logged now: Toolforge member\n"
        "Would be approved: @ada (41).\n\n"
        f"{ADA}{BOB}{CLEO}{DAN}" == result.stdout
    )


def test_those_to_be_approved_come_first(small_world):
    world = (small_world / "world.toml").read_text()
    (small_world / "world.toml").write_text(world.replace("id = 41", "id = 441"))

    result = run_small("dry-run")

    assert result.stdout.endswith(f"\n\n{ADA}{BOB}{CLEO}{DAN}".replace("(41)", "(441)"))


def test_only_the_verdicts_that_are_asked_for_are_told():
    """The summary is of everybody."""
    result = run_small("dry-run", "--verdict", "veto", "--verdict", "approve")
    document = document_of("dry-run", "--verdict", "hold")

    assert result.stdout.endswith(f"\n\n{ADA}{CLEO}"[:-1])
    assert "4 pending: " in result.stdout
    assert ["bob", "dan"] == [each["username"] for each in document["accounts"]]
    assert 4 == document["summary"]["pending"]


def test_of_many_who_would_be_approved_twenty_are_named_at_first(capsys):
    cases = [a_case(number, Verdict.APPROVE) for number in range(22)]
    results = {case.account.id: Result(Outcome.WOULD_APPROVE) for case in cases}

    dry_run_as_text(a_run(*cases, command="dry-run", results=results), (), color=False)

    assert capsys.readouterr().out.endswith(
        "Would be approved: @user0 (0), "
        + ", ".join(f"@user{number} ({number})" for number in range(1, 20))
        + ", and 2 more.\n"
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
