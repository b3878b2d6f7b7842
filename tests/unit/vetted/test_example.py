"""The example of a hackathon shows what a list decides, in the command that it names."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from glaab.entrypoints.cli import glaab

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
WORLD, POLICY = EXAMPLES / "vetted.toml", EXAMPLES / "policy-vetted.toml"

pytestmark = pytest.mark.usefixtures("elsewhere")


def run(*arguments):
    options = ["--world", str(WORLD), "--policy", str(POLICY)]
    return CliRunner().invoke(glaab, [*options, *arguments], catch_exceptions=False)


@pytest.fixture
def accounts():
    """Everybody's account in the document of a dry run, by username."""
    document = json.loads(run("--format", "json", "dry-run").stdout)
    return {each["username"]: each for each in document["accounts"]}


def test_the_command_that_the_examples_name_works(monkeypatch):
    monkeypatch.chdir(ROOT)
    for path in (WORLD, POLICY):
        (command,) = re.findall("^#     glaab (.+)$", path.read_text(), re.MULTILINE)

        done = CliRunner().invoke(glaab, command.split(), catch_exceptions=False)

        assert (0, "dry-run") == (done.exit_code, command.split()[-1])


def test_everybody_gets_the_verdict_of_their_story(accounts):
    assert {
        "ada": "approve",
        "berta": "approve",
        "carl": "hold",
        "dina": "hold",
        "newcomer": "hold",
        "ada2": "hold",
        "emre": "hold",
        "emre1": "hold",
        "ada3": "hold",
        "ada4": "hold",
        "fred": "veto",
    } == {name: each["verdict"] for name, each in accounts.items()}


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("ada", "until 2099-12-31, vouched for by @olga (keynote speaker)"),
        ("berta", '"berta@example.org" is on the list hackathon.toml'),
        ("carl", "was on the list hackathon.toml until 2025-12-31, vouched for by @olga"),
        ("dina", 'openid_connect "dina@example.org" is not on the list'),
        ("newcomer", "is not on the list"),
        ("ada2", '"Ada@example.org" is not on the list'),
        ("fred", "is on the list hackathon.toml (jury)"),
    ],
)
def test_the_list_is_told_as_the_reason(accounts, username, words):
    assert words in accounts[username]["evidence"][0]["detail"]


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("emre", "2 accounts that wait prove to be the same person: @emre, @emre1"),
        ("emre1", "2 accounts that wait prove to be the same person: @emre, @emre1"),
        ("ada3", "no sign-in through openid_connect or saml proves who this is"),
        ("ada4", "no sign-in through openid_connect or saml proves who this is"),
    ],
)
def test_who_they_are_is_not_proven(accounts, username, words):
    assert words in accounts[username]["explanation"].lower()
    assert accounts[username]["identity"] is None


def test_nobody_is_without_a_story():
    """Each account stands below a comment that tells what it is there for."""
    stories = WORLD.read_text().split("[[account]]")[:-1]

    alone = [each for each in stories if "\n# " not in each]

    assert 1 == len(alone), "the second account of one identity shares the story of the first"


def test_the_list_shows_every_key_and_nothing_is_wrong_with_it():
    checked = CliRunner().invoke(glaab, ["policy", "check", str(POLICY)])

    assert 0 == checked.exit_code
    keys = set(re.findall(r"^(\w+) =", (EXAMPLES / "hackathon.toml").read_text(), re.MULTILINE))
    assert {"version", "extern_uid", "provider", "until", "vouched_by", "note"} == keys


def test_the_document_fits_the_schema():
    schema = json.loads(
        resources.files("glaab.entrypoints.render").joinpath("schema.json").read_text()
    )

    for command in ("approve", "dry-run", "report"):
        document = json.loads(run("--format", "json", command).stdout)

        Draft202012Validator(schema).validate(document)
        assert {"status": "ok", "requests": 0} == document["systems"]["lists"]
