"""Which sources there are: those of the registry, or those that the program is started with."""

import json
import sys
from pathlib import Path

import attrs
import pytest

import glaab
from glaab.adapters import ldap, phabricator
from glaab.domain.names import UID
from glaab.domain.sources.directory import DirectoryLookup, DirectorySource
from glaab.domain.sources.phabricator import Phabricator
from glaab.entrypoints.cli import main
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.unit.commands.small_world import WORLD, document_of, run, run_small
from tests.unit.made_up_source import roster

EVERY_SOURCE = Path(glaab.__file__).with_name("policy.toml")

pytestmark = pytest.mark.usefixtures("small_world")


def main_with(monkeypatch, capsys, integrations, *arguments):
    """What the program prints, started with these sources on the small world."""
    systems = ("--world", "world.toml", "--policy", "policy.toml", "--format", "json")
    monkeypatch.setattr(sys, "argv", ["glaab", *systems, *arguments])
    with pytest.raises(SystemExit):
        main(integrations)
    return json.loads(capsys.readouterr().out)


def test_without_any_they_are_those_of_the_registry(monkeypatch, capsys):
    document = main_with(monkeypatch, capsys, None, "dry-run")

    names = [each.name for each in INTEGRATIONS]
    assert ["gitlab", *names, "audit_log"] == list(document["systems"])
    assert document_of("dry-run")["systems"] == document["systems"]


@pytest.mark.parametrize(
    ("integrations", "names"),
    [
        ((ldap.INTEGRATION,), ["directory"]),
        ((roster.INTEGRATION, ldap.INTEGRATION), ["roster", "directory"]),
    ],
)
def test_those_that_it_is_started_with_take_their_place(monkeypatch, capsys, integrations, names):
    """In their order; the accounts are told as ever."""
    document = main_with(monkeypatch, capsys, integrations, "dry-run")

    assert ["gitlab", *names, "audit_log"] == list(document["systems"])
    assert document_of("dry-run")["accounts"] == document["accounts"]


def test_a_key_of_a_source_that_is_not_there_is_unknown():
    """The policy of the registry's sources is none to fewer of them."""
    checked = run("policy", "check", str(EVERY_SOURCE))

    refused = run("policy", "check", str(EVERY_SOURCE), obj=(ldap.INTEGRATION,))

    assert (0, 2) == (checked.exit_code, refused.exit_code)
    assert "unknown key phabricator_project" in refused.stderr


# -- who is looked at more closely

POLICY = """
version = 1

[identity]
providers = ["openid_connect"]
extern_uid = "cn"

[[trust]]
name = "Trusted"
phabricator_project = "trusted"
"""
LINKED = """
[[phabricator_account]]
username = "ada"
linked_to = "Ada Example"

[[phabricator_account]]
username = "cleo"
linked_to = "Cleo Example"

[[phabricator_account]]
username = "dan"
linked_to = "Dan Example"

[[phabricator_project]]
slug = "trusted"
members = ["ada", "dan"]
"""
ADA, CLEO, DAN = "Ada Example", "Cleo Example", "Dan Example"


@attrs.frozen
class CuriousPhabricator(Phabricator):
    """Remembers the names that it was asked about, question by question."""

    phabricator: Phabricator
    questions: list[list[str]]

    def accounts(self, names):
        self.questions.append(sorted(names))
        return self.phabricator.accounts(names)

    def members(self, project):
        return self.phabricator.members(project)


@pytest.fixture
def curious(small_world):
    """A function: arguments -> what Phabricator was asked; Ada and Dan are trusted by it."""
    (small_world / "policy.toml").write_text(POLICY)
    (small_world / "world.toml").write_text(f"{WORLD}{LINKED}")

    def curious(*arguments, limit):
        questions = []

        def in_memory(world):
            return CuriousPhabricator(phabricator.INTEGRATION.in_memory(world), questions)

        watched = attrs.evolve(phabricator.INTEGRATION, in_memory=in_memory)
        run_small(
            *arguments,
            env={"GLAAB_MAX_APPROVALS": str(limit)},
            obj=(ldap.INTEGRATION, watched),
        )
        return questions

    return curious


@pytest.mark.parametrize("command", ["approve", "dry-run"])
def test_whoever_would_be_approved_is_asked_about_alone(curious, command):
    """So no approval depends on who else waits."""
    everybody, *alone = curious(command, limit=2)

    assert [ADA, CLEO, DAN] == everybody
    assert [[ADA], [DAN]] == sorted(alone)


@pytest.mark.parametrize("command", ["approve", "dry-run"])
def test_under_the_brake_nobody_is_asked_about_alone(curious, command):
    assert [[ADA, CLEO, DAN]] == curious(command, limit=1)


@pytest.mark.parametrize("limit", [0, 25])
def test_a_report_asks_about_all_together_alone(curious, limit):
    """Nobody is approved after it."""
    assert [[ADA, CLEO, DAN]] == curious("report", limit=limit)


def test_explain_asks_about_the_one_account_once(curious):
    assert [[ADA]] == curious("explain", "ada", limit=1)


@pytest.mark.parametrize(("limit", "people"), [(0, []), (1, ["ada"])])
def test_explain_looks_as_closely_as_the_next_run(small_world, limit, people):
    """Under the brake that looks at nobody more closely."""
    closely = []

    class Lookup(DirectoryLookup):
        def confirm(self, proven):
            closely.extend(each.name(UID) for each in proven)

    class Source(DirectorySource):
        def start(self, ask):
            return Lookup(self.directory, ask)

    run_small(
        "explain",
        "ada",
        env={"GLAAB_MAX_APPROVALS": str(limit)},
        obj=(attrs.evolve(ldap.INTEGRATION, source=Source),),
    )

    assert people == closely
