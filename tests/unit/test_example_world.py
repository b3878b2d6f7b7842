"""The example of a world shows every decision, and falls into no trap."""

from collections import Counter

import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.adapters.policy_file import built_in_policy_text
from glaab.domain.accounts import AccountState
from glaab.domain.evidence import Kind, Yes
from glaab.domain.identity import Proven, Unproven
from glaab.domain.names import UID
from glaab.domain.policy import MARKED, Verdict
from glaab.domain.review import ReviewAccounts, ReviewPending, Scope
from glaab.domain.sources.directory import LOCKED
from glaab.domain.sources.gerrit import INACTIVE
from glaab.domain.sources.phabricator import DISABLED
from glaab.entrypoints.runtime.connect import sources_in_memory, used
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.settings.parsers import world_path
from tests.builders import a_dn
from tests.policies import parse_policy
from tests.variables import settings_of
from tests.worlds import read_world

EXAMPLE = world_path("example")
POLICY = parse_policy(built_in_policy_text(), "the built-in policy")


@pytest.fixture(scope="module")
def example():
    return read_world(EXAMPLE)


def in_memory(world):
    """The sources that the policy uses; all of them are part of a world."""
    return sources_in_memory(used(INTEGRATIONS, POLICY), POLICY, settings_of(), None, world)


@pytest.fixture(scope="module")
def plan(example):
    """What a look at the example comes to, under the built-in policy."""
    review = ReviewAccounts(
        sources=in_memory(example.in_memory),
        policy=POLICY,
        scope=Scope.FULL,
        confirm_at_most=25,
    )
    return ReviewPending(gitlab=InMemoryGitLab(example.accounts, example.notes), review=review)()


@pytest.fixture(scope="module")
def cases(plan):
    return {case.account.username: case for case in plan.cases}


def answered_yes(case, kind):
    return {
        item.rule for item in case.evidence if item.kind is kind and isinstance(item.answer, Yes)
    }


def test_the_example_has_at_least_25_accounts(example):
    assert len(example.accounts) >= 25


def test_the_example_leads_to_every_verdict(plan):
    verdicts = Counter(case.judgement.verdict for case in plan.cases)

    assert set(Verdict) == verdicts.keys()


def test_the_example_satisfies_every_rule(cases):
    alone = {
        case.judgement.because
        for case in cases.values()
        if case.judgement.verdict is Verdict.APPROVE
    }

    assert {(rule.name,) for rule in POLICY.rules} <= alone
    assert any(len(because) > 1 for because in alone)


@pytest.mark.parametrize("veto", [MARKED, LOCKED, DISABLED, INACTIVE])
def test_the_example_vetoes_somebody_with_every_veto_alone(cases, veto):
    vetoed = [case for case in cases.values() if case.judgement.verdict is Verdict.VETO]

    assert {veto.title} in [answered_yes(case, Kind.VETO) for case in vetoed]


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("ada1", "no sign-in through openid_connect proves who this is"),
        ("ada2", "no sign-in through openid_connect proves who this is"),
        ("ada3", "it carries 2 identities of openid_connect"),
        ("nobody", 'the directory has no entry with cn "No Body"'),
        ("ada5", "only looks like"),
        ("kim2", "only looks like"),
        ("lea2", "only looks like"),
        ("max", '2 entries of the directory have cn "Max Muster"'),
        ("nora", "has 2 values of cn and 1 of uid, where exactly one of each is needed"),
    ],
)
def test_the_example_falls_into_no_identity_trap(cases, username, words):
    """Each of them would be trusted, were it who it seems to be, and is held."""
    case = cases[username]

    assert isinstance(case.proof, Unproven)
    assert words in case.proof.reason
    assert Verdict.HOLD is case.judgement.verdict
    assert () == case.evidence


def test_the_traps_of_the_example_would_let_somebody_in(example, cases):
    """Nobody named in a trap is held merely because nobody trusts them."""
    trusted = example.directory_groups["wmf"]

    for uid in ("ada", "kim", "lea", "max1", "nora"):
        assert a_dn(uid) in trusted


@pytest.mark.parametrize(
    ("username", "uid"), [("bruno", "bruno"), ("dora", "dora"), ("gita", "gita")]
)
def test_the_example_finds_who_is_spelt_otherwise(cases, username, uid):
    """Case, another provider's identity and metacharacters are no obstacle."""
    case = cases[username]

    assert isinstance(case.proof, Proven)
    assert uid == case.proof.name(UID)
    assert Verdict.APPROVE is case.judgement.verdict


@pytest.mark.parametrize("username", ["hugo", "ines", "jarvis", "kaya"])
def test_the_example_trusts_no_unfit_phabricator_account(cases, username):
    assert Verdict.HOLD is cases[username].judgement.verdict
    assert set() == answered_yes(cases[username], Kind.TRUST)


def test_the_example_has_unfinished_business_and_somebody_blocked(example, plan):
    states = {account.username: account.state for account in example.accounts}

    assert ["tove"] == [noted.account.username for noted in plan.open_notes]
    assert AccountState.BLOCKED is states["uwe"]


def test_the_example_has_nobody_without_a_story(example):
    """Each account stands below a comment that tells what it is there for."""
    blocks = EXAMPLE.read_text().split("[[account]]")

    assert len(example.accounts) == len(blocks) - 1
    assert all("\n# " in block for block in blocks[:-1])
