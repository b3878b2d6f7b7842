"""Asking about everybody, or only what matters, comes to the same."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from glaab.domain.evidence import Kind, NotAsked
from glaab.domain.names import CN
from glaab.domain.policy import Verdict
from glaab.domain.review import Scope
from tests.builders import a_phabricator_account, a_policy
from tests.unit.doubles import DirectoryThatHidesLocks, UnreachableGerrit, UnreachablePhabricator
from tests.unit.scenes import (
    ADA,
    ANY_OF_THREE,
    BOB,
    BY_GERRIT,
    BY_PHABRICATOR,
    CANARIES,
    CYD,
    DAN,
    STRANGER,
    TOOLFORGE,
    Scene,
    a_directory,
    a_gerrit,
    answers,
    linked,
)

NAMES = ("Ada", "Bob", "Cyd", "Dan")
UIDS = tuple(name.lower() for name in NAMES)
SOME_UIDS = st.lists(st.sampled_from(UIDS), unique=True)


ACCOUNTS = [a_phabricator_account(f"user{n}", is_disabled=n % 2 == 0) for n in range(4)]
LINKS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(ACCOUNTS)), unique=True)

DIRECTORIES = st.builds(
    a_directory,
    tools=SOME_UIDS,
    locked=SOME_UIDS,
    hidden=SOME_UIDS,
    kind=st.sampled_from([type(a_directory()), DirectoryThatHidesLocks]),
)
PHABRICATORS = st.one_of(LINKS.map(lambda links: linked(*links)), st.builds(UnreachablePhabricator))
GERRITS = st.one_of(
    st.builds(a_gerrit, trusted=SOME_UIDS, inactive=SOME_UIDS, accounts=SOME_UIDS),
    st.builds(UnreachableGerrit),
)
POLICIES = st.builds(
    a_policy,
    rules=st.sampled_from([ANY_OF_THREE.rules, (TOOLFORGE,), (BY_PHABRICATOR, BY_GERRIT)]),
    canaries=st.sampled_from([{}, CANARIES]),
)
QUEUES = st.lists(st.sampled_from([ADA, BOB, CYD, DAN, STRANGER]), unique=True)


@given(
    scene=st.builds(Scene, directory=DIRECTORIES, phabricator=PHABRICATORS, gerrit=GERRITS),
    policy=POLICIES,
    queue=QUEUES,
)
@example(  # the two look at different accounts of Ada's if Bob is asked about together with her
    scene=Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=linked(("Ada", ACCOUNTS[0]), ("Ada", ACCOUNTS[2]), ("Bob", ACCOUNTS[0])),
    ),
    policy=a_policy(),
    queue=[ADA, BOB],
)
@settings(max_examples=200, deadline=None)
def test_asking_more_changes_neither_a_verdict_nor_a_reason(scene, policy, queue):
    """Of whatever is up, down, silent, locked or linked: a dry run says what a run does."""
    less = scene.look(*queue, policy=policy)
    more = scene.look(*queue, policy=policy, scope=Scope.FULL)

    assert [case.judgement for case in less.cases] == [case.judgement for case in more.cases]
    for one, other in zip(less.cases, more.cases, strict=True):
        assert answers(one, Kind.TRUST) == answers(other, Kind.TRUST)
        assert NotAsked() not in answers(other, Kind.VETO).values()


@given(links=LINKS, queue=QUEUES, scope=st.sampled_from(Scope), policy=POLICIES)
@settings(max_examples=100, deadline=None)
def test_nobody_with_a_disabled_account_is_let_in(links, queue, scope, policy):
    """However the names of accounts overlap, and whoever else waits."""
    disabled = {name for name, account in links if account.is_disabled}
    scene = Scene(directory=a_directory(tools=UIDS), phabricator=linked(*links), gerrit=a_gerrit())

    plan = scene.look(*queue, policy=policy, scope=scope)

    let_in = {
        case.proof.name(CN) for case in plan.cases if case.judgement.verdict is Verdict.APPROVE
    }
    assert set() == let_in & disabled
