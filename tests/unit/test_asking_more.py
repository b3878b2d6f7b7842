"""Asking about everybody, or only what matters, comes to the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from glaab.domain.evidence import Kind, NotAsked
from glaab.domain.review import Asking
from tests.builders import a_phabricator_account, a_policy
from tests.unit.doubles import (
    DirectoryThatHidesLocks,
    UnreachableGerrit,
    UnreachablePhabricator,
)
from tests.unit.scenes import (
    ADA,
    ANY_OF_THREE,
    BOB,
    CANARIES,
    CYD,
    DAN,
    GERRIT,
    PHABRICATOR,
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
SOME_NAMES = st.lists(st.sampled_from(NAMES), unique=True)
SOME_UIDS = st.lists(st.sampled_from(UIDS), unique=True)


@st.composite
def linked_accounts(draw):
    """Each name with none, one or two accounts; or two names with one account in common."""
    links = [
        (name, a_phabricator_account(f"{name}{number}", is_disabled=draw(st.booleans())))
        for name in draw(SOME_NAMES)
        for number in range(draw(st.integers(1, 2)))
    ]
    free = [name for name in NAMES if name not in {name for name, _ in links}]
    common = a_phabricator_account("common", is_disabled=draw(st.booleans()))
    return links + [(name, common) for name in free * draw(st.booleans())]


DIRECTORIES = st.builds(
    a_directory,
    tools=SOME_UIDS,
    locked=SOME_UIDS,
    hidden=SOME_UIDS,
    kind=st.sampled_from([type(a_directory()), DirectoryThatHidesLocks]),
)
PHABRICATORS = st.one_of(
    linked_accounts().map(lambda links: linked(*links)), st.builds(UnreachablePhabricator)
)
GERRITS = st.one_of(
    st.builds(a_gerrit, trusted=SOME_UIDS, inactive=SOME_UIDS, accounts=SOME_UIDS),
    st.builds(UnreachableGerrit),
)
POLICIES = st.builds(
    a_policy,
    rules=st.sampled_from([ANY_OF_THREE.rules, (TOOLFORGE,), (PHABRICATOR, GERRIT)]),
    canaries=st.sampled_from([{}, CANARIES]),
)
QUEUES = st.lists(st.sampled_from([ADA, BOB, CYD, DAN, STRANGER]), unique=True)


@given(
    scene=st.builds(Scene, directory=DIRECTORIES, phabricator=PHABRICATORS, gerrit=GERRITS),
    policy=POLICIES,
    queue=QUEUES,
)
@settings(max_examples=300, deadline=None)
def test_asking_more_changes_neither_a_verdict_nor_a_reason(scene, policy, queue):
    """Of whatever is up, down, silent, locked or linked: a dry run says what a run does."""
    less = scene.look(*queue, policy=policy)
    more = scene.look(*queue, policy=policy, asking=Asking.EVERYTHING)

    assert [case.judgement for case in less.cases] == [case.judgement for case in more.cases]
    for one, other in zip(less.cases, more.cases, strict=True):
        assert answers(one, Kind.TRUST) == answers(other, Kind.TRUST)
        assert NotAsked() not in answers(other, Kind.VETO).values()
