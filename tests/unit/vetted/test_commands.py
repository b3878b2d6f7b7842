"""Lists on the command line: what each command makes of them, and of what is wrong with them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.entrypoints.runtime.clock import now
from tests.faults.harness import Installation
from tests.unit.commands.small_world import WORLD, run
from tests.variables import VARIABLES

SOON = f"{(now() + timedelta(days=1)).date()}"
POLICY = """
version = 1

[identity]
providers = ["openid_connect"]
extern_uid = "itself"

[[trust]]
name = "Hackathon"
vetted_list = "hackathon.toml"
"""
LIST = f"""
version = 1

[[person]]
extern_uid = "Ada Example"
until = {SOON}
vouched_by = "@olga"
note = "speaker"

[[person]]
extern_uid = "Dan Example"
until = 2020-01-31
vouched_by = "@olga"
"""
ON_THE_LIST = (
    f'"Ada Example" is on the list hackathon.toml until {SOON}, vouched for by @olga (speaker)'
)


@pytest.fixture
def folder(elsewhere):
    """The current folder, with a world, a policy and its list."""
    Path("world.toml").write_text(WORLD)
    Path("policy.toml").write_text(POLICY)
    Path("hackathon.toml").write_text(LIST)
    return elsewhere


def run_world(*arguments):
    return run("--world", "world.toml", "--policy", "policy.toml", *arguments)


# -- with a world


@pytest.mark.usefixtures("folder")
class TestWorld:
    def test_a_dry_run_tells_who_vouched(self):
        out = run_world("dry-run").stdout

        story = f"""\
@ada (41), since 2026-11-20: would be approved
  identity  openid_connect "Ada Example" is Ada Example, as openid_connect says
  trust     yes       Hackathon [lists]: {ON_THE_LIST}
  veto      no        Marked by an administrator [gitlab]: no administrator marked the account
  verdict   approve. Trusted as Hackathon, and nothing speaks against it.
"""
        assert story in out
        assert "gitlab 0, lists 0" in out

    def test_explain_tells_whom_to_ask_for_more_time(self):
        out = run_world("explain", "dan").stdout

        assert "list hackathon.toml until 2020-01-31, vouched for by @olga" in out
        assert "ask @olga to extend your time on the list hackathon.toml (Hackathon)" in out

    def test_a_report_tells_as_whom_somebody_is_proven(self):
        out = run_world("report").stdout

        assert "+ Identity: proven to be Dan Example, as openid_connect says" in out

    def test_the_identity_is_what_the_provider_says_and_nothing_else(self):
        accounts = json.loads(run_world("--format", "json", "dry-run").stdout)["accounts"]

        (ada,) = (each for each in accounts if each["username"] == "ada")
        assert {"provider": "openid_connect", "extern_uid": "Ada Example"} == ada["identity"]

    def test_doctor_looks_at_the_list_as_if_live(self):
        out = run_world("doctor").stdout

        assert (
            f"""
lists
  ok       list hackathon.toml: entries in force: 1, run out: 1

policy
  ok       file: policy.toml is valid, with 1 rule and 1 veto
  ok       identity providers: 3 of 4 waiting accounts signed in through openid_connect
  ok       list hackathon.toml: it has 1 member

lists
  warning  list hackathon.toml: soon to run out: "Ada Example" after {SOON} (vouched for by @olga)
           To do: write a later until for whoever shall still be let in; who was approved stays
"""
            in out
        )

    def test_an_empty_list_is_a_warning_of_doctor_and_no_problem(self):
        Path("hackathon.toml").write_text("version = 1\n")

        result = run_world("doctor")

        assert 0 == result.exit_code
        assert "  warning  list hackathon.toml: nobody is on it\n" in result.stdout

    def test_the_policy_is_shown_with_what_its_lists_say(self):
        document = json.loads(run("--policy", "policy.toml", "policy", "--format", "json").stdout)

        assert {
            "hackathon.toml": [
                {
                    "identity": {"provider": "openid_connect", "extern_uid": name},
                    "until": until,
                    "vouched_by": "@olga",
                    "note": note,
                }
                for name, until, note in [
                    ("Ada Example", SOON, "speaker"),
                    ("Dan Example", "2020-01-31", ""),
                ]
            ]
        } == document["lists"]["files"]
        assert "Hackathon" == document["trust"][0]["name"]


# -- where the directory proves who people are


def test_a_list_holds_people_whom_the_directory_proves(folder):
    """By its rule, where case does not count."""
    Path("policy.toml").write_text(POLICY.replace("itself", "cn"))
    Path("hackathon.toml").write_text(LIST.replace("Ada Example", "ADA example"))

    out = run_world("dry-run").stdout

    assert f"Hackathon [lists]: {ON_THE_LIST}\n" in out
    assert '"Ada Example" is Ada Example (uid ada, dn uid=ada,ou=people,dc=wikimedia,dc=org)' in out


# -- what is refused


PROBLEM = (
    "glaab: policy policy.toml: list hackathon.toml: person[0].provider: the policy does not name"
    ' "github"; write "openid_connect"\n'
)


@pytest.mark.parametrize(
    "arguments",
    [
        ("policy", "check", "policy.toml"),
        ("--policy", "policy.toml", "policy"),
        ("--policy", "policy.toml", "policy", "--format", "json"),
        ("--world", "world.toml", "--policy", "policy.toml", "dry-run"),
        ("--world", "world.toml", "--policy", "policy.toml", "approve"),
        ("--world", "world.toml", "--policy", "policy.toml", "report"),
        ("--world", "world.toml", "--policy", "policy.toml", "explain", "ada"),
    ],
)
def test_what_is_wrong_with_a_list_is_2(folder, arguments):
    Path("hackathon.toml").write_text(LIST.replace("note =", 'provider = "github"\nnote ='))

    result = run(*arguments)

    assert (2, "", PROBLEM) == (result.exit_code, result.stdout, result.stderr)


def test_doctor_tells_what_is_wrong_with_a_list(folder):
    Path("hackathon.toml").write_text("version = 2\n")

    result = run_world("doctor")

    assert 3 == result.exit_code
    assert "list hackathon.toml: version: this glaab reads version 1, not 2" in result.stdout


def test_where_a_provider_is_taken_at_its_word_only_lists_can_be_asked(folder):
    """Each key that cannot be is refused with what to use instead."""
    Path("policy.toml").write_text(
        POLICY.replace('"itself"\n', '"itself"\n[directory]\nlayout = "freeipa"\n')
        + 'gerrit_group = "x"\n[[trust]]\nname = "Staff"\ndirectory_group = "wmf"\n'
        + "[veto]\ndirectory_locked = true\n"
    )

    result = run("policy", "check", "policy.toml")

    nobody = 'where extern_uid is "itself", people have no'
    assert 2 == result.exit_code
    assert [
        f"trust[0].gerrit_group: {nobody} uid by which gerrit could be asked; use vetted_list",
        f"trust[1].directory_group: {nobody} dn by which directory could be asked; use vetted_list",
        f"veto.directory_locked: {nobody} dn by which directory could be asked; leave it out",
        'directory: it is not asked where extern_uid is "itself"; leave it out',
    ] == [line.removeprefix("glaab: policy policy.toml: ") for line in result.stderr.splitlines()]


# -- live


@pytest.fixture
def installation(folder):
    return Installation.healthy(folder / "installed")


NO_OTHER_SYSTEM = dict.fromkeys(
    name for name in VARIABLES if not name.startswith(("GITLAB_", "MEDIAWIKI_", "GLAAB_"))
)
"""Takes the settings of every other source away."""


def test_nothing_but_gitlab_and_a_log_is_needed_where_providers_are_taken_at_their_word(
    installation,
):
    run = installation.run("--policy", "policy.toml", "approve", **NO_OTHER_SYSTEM)

    assert (0, ["ada"], []) == (run.code, installation.approved(), installation.errors()), run.err
    assert {GITLAB, AUDIT_LOG} == {
        name for name, system in installation.http.items() if system.requests
    }


def test_the_log_tells_who_vouched_and_until_when(installation):
    installation.run("--policy", "policy.toml", "approve", **NO_OTHER_SYSTEM)

    lines = map(json.loads, installation.audit_file.read_text().splitlines())
    (record,) = (each for each in lines if each["account"]["username"] == "ada")
    assert {"provider": "openid_connect", "extern_uid": "Ada Example"} == record["identity"]
    assert {
        "rule": "Hackathon",
        "kind": "trust",
        "system": "lists",
        "answer": "yes",
        "detail": ON_THE_LIST,
    } == record["evidence"][0]


def test_whatever_a_list_says_it_stays_in_its_place(installation):
    """Line breaks, escapes of the terminal and marks that turn the line."""
    hostile = r"\n@mallory (7) \u001b[2J \u202e [[x]]"
    Path("hackathon.toml").write_text(LIST.replace("speaker", hostile))

    seen = installation.run("--policy", "policy.toml", "dry-run", **NO_OTHER_SYSTEM)
    installation.run("--policy", "policy.toml", "approve", **NO_OTHER_SYSTEM)

    (line,) = (each for each in seen.out.splitlines() if "mallory" in each)
    assert line.endswith(r"(\n@mallory (7) \x1b[2J \u202e [[x]])")
    assert "mallory" not in installation.wiki.simulator.text
    assert ["ada", "tove"] == installation.file_entries()


def test_doctor_asks_nobody_for_lists(installation):
    run = installation.run(
        "--policy", "policy.toml", "--format", "json", "doctor", **NO_OTHER_SYSTEM
    )

    assert {"status": "ok", "requests": 0} == run.document["systems"]["lists"]
    assert ["ok", "warning"] == [
        each["health"] for each in run.document["checks"] if each["area"] == "lists"
    ]
