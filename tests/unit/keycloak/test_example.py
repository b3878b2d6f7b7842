"""The example of a Keycloak shows what glaab decides there, and its policy can be copied."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.adapters.world_file import read_world
from glaab.domain.evidence import Kind, No, Yes
from glaab.domain.identity import Proven
from glaab.domain.policy import Verdict
from glaab.domain.review import ReviewAccounts, ReviewPending, Scope
from glaab.domain.sources.keycloak import DISABLED
from glaab.entrypoints.cli import glaab
from glaab.entrypoints.runtime.connect import sources_in_memory, used
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.policies import parse_policy, read_policy
from tests.unit.test_docs import blocks
from tests.variables import missing_settings, read_settings, settings_of

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples/keycloak.toml"
POLICY = ROOT / "examples/policy-keycloak.toml"
PAGE = (ROOT / "docs/sources/keycloak.md").read_text()


@pytest.fixture(scope="module")
def plan():
    """What a look at the example comes to."""
    world, policy = read_world(EXAMPLE, INTEGRATIONS), read_policy(POLICY)
    sources = sources_in_memory(used(INTEGRATIONS, policy), policy, settings_of(), None, world)
    review = ReviewAccounts(sources=sources, policy=policy, scope=Scope.FULL, confirm_at_most=25)
    return ReviewPending(gitlab=InMemoryGitLab(world.accounts, world.notes), review=review)()


@pytest.fixture(scope="module")
def cases(plan):
    return {case.account.username: case for case in plan.cases}


def answers(case, kind):
    return {item.rule: item.answer for item in case.evidence if item.kind is kind}


def no_user(name):
    return f'Keycloak has no user with keycloak_id "{name}".'


NO_SIGN_IN = "No sign-in through openid_connect proves who this is."
TWO = "2 accounts that wait prove to be the same person: @jun, @jun-again."
NOBODY_VOUCHES = "No system vouches for this person yet."
TRUSTED = "Trusted as {}, and nothing speaks against it."
STORIES = {
    "alma": (Verdict.APPROVE, TRUSTED.format("Developer")),
    "bela-at-work": (Verdict.APPROVE, TRUSTED.format("Developer")),
    "cleo": (Verdict.APPROVE, TRUSTED.format("Translator")),
    "dario": (Verdict.HOLD, NOBODY_VOUCHES),
    "elif": (Verdict.HOLD, NOBODY_VOUCHES),
    "femi": (Verdict.HOLD, no_user("a0000000-0000-4000-8000-000000000006")),
    "goran": (Verdict.HOLD, no_user("a0000000-0000-4000-8000-000000000007")),
    "alma2": (Verdict.HOLD, NO_SIGN_IN),
    "hana": (Verdict.HOLD, NO_SIGN_IN),
    "iris": (Verdict.HOLD, no_user("iris")),
    "jun": (Verdict.HOLD, TWO),
    "jun-again": (Verdict.HOLD, TWO),
    "kim": (
        Verdict.VETO,
        "Trusted as Developer, but an administrator marked the account: asked us to wait until"
        " December.",
    ),
}


def test_everybody_in_the_example_has_an_expected_verdict(cases):
    assert list(STORIES) == list(cases)


@pytest.mark.parametrize("username", STORIES)
def test_the_example_comes_to_the_verdict_and_says_why(cases, username):
    verdict, explanation = STORIES[username]

    judgement = cases[username].judgement

    assert verdict is judgement.verdict
    assert judgement.explanation.startswith(explanation)


def test_a_disabled_member_satisfies_no_rule(cases):
    """And the veto is told, although it decides nothing here."""
    trust = answers(cases["elif"], Kind.TRUST)

    disabled = "the Keycloak user elif is disabled"
    assert (
        No(
            f"elif is a member of /staff/developers, but {disabled}",
            "ask an administrator of Keycloak to enable your user",
        )
        == trust["Developer"]
    )
    assert Yes(disabled) == answers(cases["elif"], Kind.VETO)[DISABLED.title]


@pytest.mark.parametrize("username", ["femi", "hana", "iris", "jun"])
def test_the_traps_of_the_example_would_let_somebody_in(username):
    """Nobody in a trap is held merely because nobody trusts them."""
    keycloak = read_world(EXAMPLE, INTEGRATIONS).ports[DISABLED.source]
    members = keycloak.members("/staff/developers").values()

    assert username in {user.username for user in members if user.is_enabled}


def test_other_identities_are_no_obstacle(cases):
    assert 2 == len(cases["cleo"].account.identities)
    assert isinstance(cases["cleo"].proof, Proven)


def test_the_canary_of_the_example_is_seen():
    """Else nobody would be believed to be enabled."""
    doctor = CliRunner().invoke(glaab, ["--world", str(EXAMPLE), "--policy", str(POLICY), "doctor"])

    assert 0 == doctor.exit_code
    assert "the Keycloak user former is disabled" in doctor.stdout


def test_the_example_has_nobody_without_a_story():
    """Each account stands below a comment, but the second of two that belong together."""
    *before, _ = EXAMPLE.read_text().split("[[account]]")

    stories = [text.rpartition("[[")[2] for text in before]
    assert len(STORIES) - 1 == len([text for text in stories if "\n# " in text])


def test_the_command_of_the_example_is_right():
    head = EXAMPLE.read_text().partition("\n# ==")[0]

    assert (
        "glaab --world examples/keycloak.toml --policy examples/policy-keycloak.toml dry-run"
        in head
    )
    assert all((ROOT / each).is_file() for each in head.split() if each.startswith("examples/"))


# -- what the page shows


def test_the_policy_of_the_page_is_the_example():
    shown = parse_policy(blocks(PAGE, "toml")[0], "the page")

    assert read_policy(POLICY).digest == shown.digest


def test_what_is_to_be_copied_is_all_that_is_needed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environment = next(each for each in blocks(PAGE, "sh") if each.startswith("GITLAB_URL="))
    Path(".env").write_text(environment.replace("…", "glpat-1"))

    settings, problems = read_settings({}, None)

    assert () == problems
    assert () == missing_settings(settings, read_policy(POLICY).systems, acting=True)


def test_the_page_shows_what_the_program_says():
    """Of somebody who is approved and somebody who is not, by the example."""
    dry_run = CliRunner().invoke(
        glaab, ["--world", str(EXAMPLE), "--policy", str(POLICY), "dry-run"]
    )

    shown = [each for block in blocks(PAGE, "text") for each in block.split("\n\n") if "@" in each]
    assert 2 == len(shown)
    assert [] == [each for each in shown if each.strip() not in dry_run.stdout]


def test_every_test_that_the_page_names_is_there():
    folders = ("tests/contract/keycloak", "tests/unit/sources", "tests/unit/diagnostics")
    sources = "".join(each.read_text() for name in folders for each in (ROOT / name).glob("*.py"))
    named = re.findall(r"`(test_\w+)`", PAGE)

    assert len(named) > 20
    assert [] == [each for each in named if f"def {each}(" not in sources]
