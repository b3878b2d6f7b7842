"""A further source is entered in the registry, and everything works with it."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from glaab.entrypoints.cli import glaab
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.faults.harness import Installation, settings
from tests.unit.made_up_source import roster

POLICY = """
version = 1

[identity]
providers = ["openid_connect"]
extern_uid = "cn"

[[trust]]
name = "On duty"
roster_team = "night-shift"

[veto]
roster_suspended = true

[canary]
roster_suspended = "bob"
"""
WORLD = """
base_dn = "dc=wikimedia,dc=org"

[[account]]
id = 1
username = "ada"
created_at = 2026-11-20T10:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Ada Example" }]

[[account]]
id = 2
username = "bob"
created_at = 2026-11-20T10:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Bob Example" }]

[[account]]
id = 3
username = "cyd"
created_at = 2026-11-20T10:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Cyd Example" }]

[[person]]
uid = "ada"
cn = "Ada Example"

[[person]]
uid = "bob"
cn = "Bob Example"

[[person]]
uid = "cyd"
cn = "Cyd Example"

[[roster_team]]
name = "night-shift"
members = ["ada", "bob"]
suspended = ["bob"]
"""
SCHEMA = json.loads(
    files("glaab.entrypoints.render").joinpath("schema.json").read_text(encoding="utf-8")
)


@pytest.fixture
def run(elsewhere):
    """A function: runs glaab with the further source, on the world above."""
    Path("policy.toml").write_text(POLICY)
    Path("world.toml").write_text(WORLD)
    registry = (*INTEGRATIONS, roster.INTEGRATION)

    def call(*arguments, code=0, world=("--world", "world.toml")):
        options = ["--policy", "policy.toml", *world]
        done = CliRunner().invoke(glaab, [*options, *arguments], obj=registry)
        assert code == done.exit_code, done.output
        return done.stdout

    return call


def test_the_world_and_the_policy_may_name_it(run):
    accounts = json.loads(run("--format", "json", "dry-run"))["accounts"]

    assert {"ada": "approve", "bob": "veto", "cyd": "hold"} == {
        each["username"]: each["verdict"] for each in accounts
    }


def test_a_dry_run_tells_what_it_said(run):
    out = run("dry-run")

    assert "yes       On duty [roster]: ada is on night-shift" in out
    assert "yes       Suspended from duty [roster]: bob is suspended" in out
    assert "roster 0" in out


def test_explain_advises_to_it(run):
    assert "get a duty on night-shift (On duty)" in run("explain", "cyd")


def test_the_report_links_to_it(run):
    accounts = json.loads(run("report", "--format", "json"))["accounts"]

    links = {link["kind"]: link["url"] for link in accounts[0]["links"]}
    assert "https://roster.example.org/of/bob" == links["roster"]


def test_the_page_shows_it(run):
    assert "https://roster.example.org/of/cyd" in run("report", "--format", "html")


@pytest.mark.parametrize("command", ["dry-run", "approve", "report", "doctor", "policy"])
def test_the_json_has_it_and_fits_the_schema(run, command):
    document = json.loads(run("--format", "json", command))

    kind = {"doctor": "report", "policy": "policy"}.get(command)
    schema = SCHEMA | {"$ref": f"#/$defs/{kind}"} if command == "policy" else SCHEMA
    if command not in ("doctor", "policy"):
        Draft202012Validator(schema).validate(document)
        assert {"status": "ok", "requests": 0} == document["systems"]["roster"]
    elif command == "doctor":
        assert "roster" in document["systems"]
    else:
        assert "night-shift" == document["trust"][0]["roster_team"]


def test_its_canary_is_seen(run):
    out = run("doctor")

    assert 'the veto "Suspended from duty" works: bob is suspended' in out
    assert "Roster team night-shift: it has 2 members" in out


def test_a_canary_without_its_veto_is_refused(run):
    wrong = Path("wrong.toml")
    wrong.write_text(POLICY.replace("roster_suspended = true", "roster_suspended = false"))

    run("policy", "check", str(wrong), code=2)


def test_it_counts_in_the_digest_only_where_it_is_named(run):
    named = json.loads(run("--format", "json", "policy"))["digest"]
    Path("policy.toml").write_text(POLICY.replace("night-shift", "day-shift"))

    assert named != json.loads(run("--format", "json", "policy"))["digest"]


# -- live


LIVE = {"ROSTER_URL": "https://roster.example.org", "ROSTER_TOKEN": "roster-token"}


@pytest.fixture
def installation(tmp_path):
    """All systems, with the further source in the registry."""
    installed = Installation.healthy(tmp_path / "installed")
    installed.further_integrations = (roster.INTEGRATION,)
    (tmp_path / "policy.toml").write_text(POLICY)
    return installed


def test_doctor_checks_it(installation, tmp_path):
    run = installation.run("--policy", str(tmp_path / "policy.toml"), "doctor", **LIVE)

    assert 0 == run.code, run.out + run.err
    assert "token: the token is good" in run.out.partition("\nroster\n")[2].partition("\n\n")[0]


def test_approve_takes_its_word_and_counts_it(installation, tmp_path):
    metrics = tmp_path / "metrics"

    run = installation.run(
        "--policy",
        str(tmp_path / "policy.toml"),
        "approve",
        GLAAB_METRICS_FILE=str(metrics),
        **LIVE,
    )

    assert 0 == run.code, run.err
    assert ["ada"] == installation.approved()
    assert 'glaab_requests{system="roster"} 0.0' in metrics.read_text()


@pytest.mark.parametrize(
    ("missing", "problem"),
    [
        ("ROSTER_TOKEN", "ROSTER_TOKEN: needed by the policy; ask the roster's keeper for a token"),
        ("ROSTER_URL", "ROSTER_URL: needed because"),
    ],
)
def test_what_it_needs_must_be_set(installation, tmp_path, missing, problem):
    run = installation.run(
        "--policy", str(tmp_path / "policy.toml"), "approve", **(LIVE | {missing: None})
    )

    assert 2 == run.code
    assert problem in run.err


def test_its_secret_may_come_from_a_file_and_is_never_shown(installation, tmp_path):
    (tmp_path / "token").write_text("roster-token-of-ours\n")
    secret = {"ROSTER_TOKEN": None, "ROSTER_TOKEN_FILE": str(tmp_path / "token")}

    policy = str(tmp_path / "policy.toml")
    run = installation.run("--policy", policy, "doctor", "-v", **(LIVE | secret))

    assert "roster-token-of-ours" not in run.out + run.err
    assert "ROSTER" not in settings(tmp_path)
