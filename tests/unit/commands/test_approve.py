"""`glaab approve`: what it changes and tells, and how it exits."""

import json
import re
from datetime import UTC, datetime
from importlib import resources

import attrs
import pytest
from jsonschema import Draft202012Validator

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.adapters.mediawiki.memory import InMemoryAuditLog
from glaab.domain.accounts import AccountId, Username
from glaab.entrypoints.commands.approve import approve
from glaab.entrypoints.commands.dry_run import dry_run
from tests.builders import an_unreadable_account
from tests.unit.commands.small_world import EXAMPLE, WORLD, document_of, run, run_small
from tests.unit.doubles import REFUSED, GitLabThatRefusesApprovals, UnreachableAuditLog

pytestmark = pytest.mark.usefixtures("small_world")


def test_approve_tells_what_changed_and_the_log():
    """Whole: those who stay as they were are not named."""
    result = run_small("approve")

    day = datetime.now(UTC).date()
    assert 0 == result.exit_code
    assert f"""\
@ada (41) approved: Toolforge member
@tove (46) approved by an earlier run, logged now: Toolforge member
@cleo (43) vetoed: Trusted as Toolforge member, but an administrator marked the account: asked to\
 wait. An administrator of GitLab has to decide.
4 pending: 1 trusted, 2 held, 1 vetoed, 0 waiting. 1 approved, 1 recovered, 0 failed.
Requests: gitlab 0, directory 0, audit_log 0.

The audit log now reads:

=== {day} ===
* HH:MM [[gitlab:ada|@ada]] was approved. Trusted as: Toolforge member.

=== 2026-11-21 ===
* 23:57 [[gitlab:tove|@tove]] was approved. Trusted as: Toolforge member.
""" == re.sub(r"\d\d:\d\d (?=\[\[gitlab:ada)", "HH:MM ", result.stdout)


def test_approve_as_json_is_one_document():
    document = document_of("approve")

    assert ["approved", "unchanged", "unchanged", "unchanged", "recovered"] == [
        account["outcome"] for account in document["accounts"]
    ]
    assert {"status": "ok", "requests": 0} == document["systems"]["audit_log"]


def test_a_world_is_not_changed_by_approving(small_world):
    """Nothing is kept, so a second run does the same."""
    first, second = document_of("approve"), document_of("approve")

    assert first["accounts"] == second["accounts"]
    assert WORLD == (small_world / "world.toml").read_text()
    assert {"world.toml", "policy.toml"} == {path.name for path in small_world.iterdir()}


# -- the brake


@pytest.mark.parametrize("option", ["option", "environment", "env file"])
def test_the_brake_stops_everybody(small_world, monkeypatch, option):
    """Unfinished business of earlier runs is finished nevertheless."""
    limit = ()
    if option == "option":
        monkeypatch.setenv("GLAAB_MAX_APPROVALS", "9")
        limit = ("--max-approvals", "0")
    elif option == "environment":
        monkeypatch.setenv("GLAAB_MAX_APPROVALS", "0")
    else:
        (small_world / ".env").write_text("GLAAB_MAX_APPROVALS=0\n")

    result = run_small("approve", *limit)

    assert 5 == result.exit_code
    assert "@ada (41)" not in result.stdout
    assert "@tove (46) approved by an earlier run, logged now" in result.stdout
    assert (
        "The safety brake stops the run: 1 accounts would be approved, more than the limit of 0"
        " (GLAAB_MAX_APPROVALS), so nobody is."
    ) in result.stdout


def test_the_brake_is_in_the_json():
    result = run_small("approve", "--max-approvals", "0", "--format", "json")

    document = json.loads(result.stdout)
    assert {"limit": 0, "would_approve": 1, "stopped": True} == document["brake"]
    assert "unchanged" == document["accounts"][0]["outcome"]


def test_as_many_as_the_brake_allows_are_approved():
    assert 0 == run_small("approve", "--max-approvals", "1").exit_code


@pytest.mark.parametrize("limit", ["-1", "1.5", "many"])
def test_a_brake_is_a_number_of_0_or_more(limit):
    assert 2 == run_small("approve", "--max-approvals", limit).exit_code


def test_only_approve_has_a_brake_to_override():
    assert 2 == run_small("dry-run", "--max-approvals", "1").exit_code


# -- what is written besides


def test_approve_writes_the_audit_file_also_on_a_world(small_world, monkeypatch):
    monkeypatch.setenv("GLAAB_AUDIT_FILE", "audit.jsonl")

    document = document_of("approve")

    lines = [json.loads(line) for line in (small_world / "audit.jsonl").read_text().splitlines()]
    assert ["tove", "ada"] == [line["account"]["username"] for line in lines]
    assert document["run"]["id"] == lines[1]["run"]
    assert document["run"]["policy"] == lines[1]["policy"]
    assert document["accounts"][0]["evidence"] == lines[1]["evidence"]
    assert document["accounts"][0]["identity"] == lines[1]["identity"]


@pytest.mark.parametrize("command", [["dry-run"], ["explain", "ada"], ["report"], ["policy"]])
def test_nothing_else_touches_the_audit_file(small_world, monkeypatch, command):
    monkeypatch.setenv("GLAAB_AUDIT_FILE", "audit.jsonl")

    assert 0 == run_small(*command).exit_code
    assert not (small_world / "audit.jsonl").exists()


def test_an_audit_file_that_cannot_be_written_is_found_before_anything_is_asked(monkeypatch):
    monkeypatch.setenv("GLAAB_AUDIT_FILE", "missing/audit.jsonl")

    result = run_small("approve")

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert (
        "glaab: GLAAB_AUDIT_FILE: missing/audit.jsonl cannot be written: No such file or"
        " directory\n" == result.stderr
    )


@pytest.mark.parametrize(
    ("mode", "command", "written"), [("act", approve, True), ("look", dry_run, False)]
)
def test_only_a_live_approve_writes_metrics(live_app, small_world, mode, command, written):
    command(live_app(mode, GLAAB_METRICS_FILE="glaab.prom"))

    assert written is (small_world / "glaab.prom").exists()


def test_a_world_has_no_heartbeat(monkeypatch):
    """A socket that is opened fails the test."""
    monkeypatch.setenv("GLAAB_HEARTBEAT_URL", "https://hc.example/ping")

    assert 0 == run_small("approve").exit_code


def test_a_world_writes_no_metrics(small_world, monkeypatch):
    monkeypatch.setenv("GLAAB_METRICS_FILE", "glaab.prom")

    run_small("approve")

    assert not (small_world / "glaab.prom").exists()


# -- runs in which something fails


@pytest.mark.parametrize("command", ["approve", "dry-run"])
def test_somebody_who_has_to_wait_makes_it_3(command):
    result = run("--world", EXAMPLE, command)

    assert 3 == result.exit_code
    assert ", 1 waiting. " in result.stdout


def test_a_live_run_has_no_page_to_show(live_app, capsys):
    code = approve(live_app("act"))

    assert 3 == code
    assert (
        "Nobody was looked at. 0 approved, 0 recovered, 0 failed.\n"
        f"gitlab gave no usable answer: {REFUSED}; the queue could not be read, nobody was"
        " refused.\n"
        "Requests: gitlab 0.\n" == capsys.readouterr().out
    )


def test_whoever_cannot_be_understood_is_told_and_keeps_nobody_waiting(small_app, capsys):
    app = small_app("act")
    nameless = an_unreadable_account(id=AccountId(47), username=Username(""), identities=())
    world = app.container.world()
    gitlab = InMemoryGitLab([*world.accounts, nameless], world.notes)
    app.container.writable_gitlab.override(gitlab)

    code = approve(app)

    out, err = capsys.readouterr()
    document = json.loads(out)
    told = {each["id"]: each for each in document["accounts"]}
    assert 3 == code
    assert ("approved", "unchanged") == (told[41]["outcome"], told[47]["outcome"])
    assert (None, None, "wait") == tuple(
        told[47][key] for key in ("username", "created_at", "verdict")
    )
    assert "account_unreadable" in err
    schema = resources.files("glaab").joinpath("entrypoints/render/schema.json").read_text()
    assert Draft202012Validator(json.loads(schema)).is_valid(document)


def test_a_group_that_cannot_be_looked_up_is_warned_of_once(small_world):
    """The directory answers, so that it is no outage; two people wait for it."""
    policy = (small_world / "policy.toml").read_text()
    (small_world / "policy.toml").write_text(policy.replace('"project-tools"', '"no-such-group"'))

    result = run_small("approve")

    (warning,) = [
        each for each in map(json.loads, result.stderr.splitlines()) if each["level"] == "warning"
    ]
    assert 3 == result.exit_code
    assert ("answer_unknown", "directory", "Toolforge member", 3) == tuple(
        warning[key] for key in ("event", "system", "rule", "accounts")
    )
    assert "no-such-group" in warning["reason"]


def test_an_approval_that_fails_is_4(small_app, capsys):
    app = small_app("act")
    world = app.container.world()
    app.container.writable_gitlab.override(GitLabThatRefusesApprovals(world.accounts, world.notes))

    code = approve(app)

    out, err = capsys.readouterr()
    account = json.loads(out)["accounts"][0]
    assert 4 == code
    assert ("failed", "gitlab gave no usable answer: 403 Forbidden") == (
        account["outcome"],
        account["remark"],
    )
    assert "approval_failed" in err


def test_a_log_that_fails_is_4_and_keeps_no_other_from_being_written(small_app, capsys):
    app = small_app("act")
    page = InMemoryAuditLog(app.settings.gitlab_url)
    app.container.audit_logs.override((UnreachableAuditLog(), page))

    code = approve(app)

    out, err = capsys.readouterr()
    assert 4 == code
    assert REFUSED in json.loads(out)["systems"]["audit_log"]["reason"]
    assert "approval_failed" not in err
    assert "@ada" in page.page
    assert "record_not_written" in err
    assert {41, 46} == {each.account.id for each in app.container.gitlab().open_notes()}


def test_past_the_deadline_nobody_is_started_and_it_is_3(small_app, capsys):
    app = small_app("act")
    settings = attrs.evolve(app.settings, glaab_deadline_s=0)
    late = attrs.evolve(app, options=attrs.evolve(app.options, settings=settings))

    code = approve(late)

    document = json.loads(capsys.readouterr().out)
    assert 3 == code
    assert ("unchanged", "recovered") == (
        document["accounts"][0]["outcome"],
        document["accounts"][-1]["outcome"],
    )


def test_an_unexpected_error_is_a_traceback(small_app):
    """A bug is not dressed up as anything else."""
    app = small_app("act")
    app.container.audit_logs.override((InMemoryAuditLog(app.settings.gitlab_url), "no log at all"))

    with pytest.raises(AttributeError):
        approve(app)
