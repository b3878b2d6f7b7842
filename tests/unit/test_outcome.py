"""The brake, and what a dry run foresees."""

import attrs
import pytest

from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.brake import Brake
from glaab.domain.errors import GITLAB
from glaab.domain.outcome import Outcomes
from glaab.domain.review import Plan
from tests.unit.doubles import (
    REFUSED,
    AttentiveGitLab,
    GitLabThatHidesTheQueue,
    ListedAuditLog,
    UnreachableDirectory,
)
from tests.unit.scenes import ADA, BOB, CYD, EVERYBODY, TRUSTED, Run, Scene, a_directory, outcomes


@pytest.fixture
def log():
    return ListedAuditLog()


@pytest.mark.parametrize(("limit", "let_in"), [(0, 0), (2, 0), (3, 3), (4, 3)])
def test_if_more_would_be_approved_than_the_brake_allows_nobody_is(log, limit, let_in):
    gitlab = AttentiveGitLab(EVERYBODY)

    done = Run(gitlab=gitlab, logs=(log,), limit=limit)()

    assert let_in == len(log.records) == 4 - len(gitlab.pending())
    assert (let_in == 0) == done.brake.stopped
    assert {4: "unchanged"}.items() <= outcomes(done).items()
    assert not done.cut_short


def test_the_brake_counts_only_those_who_wait():
    """Explaining an account that is active already would approve nobody."""
    run = Run(gitlab=AttentiveGitLab([ADA, BOB]), logs=())
    plan = run.look()
    active = attrs.evolve(plan.cases[0], account=attrs.evolve(ADA, state=AccountState.ACTIVE))

    assert Brake(1, would_approve=1) == Brake(1).applied_to(
        attrs.evolve(plan, cases=(active, plan.cases[1]))
    )


def worlds():
    locked = Scene(directory=a_directory(tools=TRUSTED, locked=["bob"]))
    return {
        "plain": {},
        "a veto": {"scene": locked},
        "nobody trusted": {"scene": Scene(directory=a_directory(tools=["eve"]))},
        "no directory": {"scene": Scene(directory=UnreachableDirectory())},
        "the brake": {"limit": 2},
        "the brake at its limit": {"limit": 3},
        "no queue": {"kind": GitLabThatHidesTheQueue},
    }


@pytest.mark.parametrize("name", worlds())
def test_a_dry_run_says_what_the_next_run_does(log, name):
    """Unfinished business of an earlier run included: Eve is active, and Cyd still waits."""
    world = worlds()[name]
    eve = attrs.evolve(ADA, id=AccountId(5), username=Username("user5"), state=AccountState.ACTIVE)
    earlier = Run(gitlab=AttentiveGitLab([ADA, CYD]), logs=(ListedAuditLog(),))()
    at_ada, at_cyd = earlier.unlogged
    notes = {eve.id: attrs.evolve(at_ada, account_id=eve.id), CYD.id: at_cyd}
    gitlab = world.pop("kind", AttentiveGitLab)([*EVERYBODY, eve], notes)
    run = Run(gitlab=gitlab, logs=(log,), number=2, **world)

    foreseen = run.preview()
    done = run()

    would = {"would-approve": "approved", "would-recover": "recovered", "unchanged": "unchanged"}
    assert outcomes(done) == {key: would[word] for key, word in outcomes(foreseen).items()}
    assert (done.brake, done.recovered) == (foreseen.brake, foreseen.recovered)
    assert "recovered" == outcomes(done)[eve.id]


def test_a_dry_run_of_nothing_foresees_nothing():
    plan = Plan(outages={GITLAB: REFUSED}, asked=frozenset({GITLAB}))
    run = Run(gitlab=AttentiveGitLab([]), logs=())

    assert Outcomes(results={}, brake=Brake(25, 0)) == run.preview()
    assert Outcomes(results={}, brake=Brake(25, 0)) == run.act(plan)
