"""Silence that looks like No: a real OpenLDAP that hides things, seen through the whole review."""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from glaab.domain.evidence import Kind, Unknown, Yes
from glaab.domain.identity import Unchecked
from glaab.domain.policy import Policy, Rule
from glaab.domain.review import Plan, Scope
from glaab.domain.sources.directory import DIRECTORY, LOCKED, InDirectoryGroup
from tests.builders import a_dn, a_person, a_policy
from tests.contract.services.ldap_faults import Proxy, proxy
from tests.contract.services.openldap import (
    BASE,
    HIDE_ALL,
    HIDE_LOCKS,
    READ_ALL,
    Tree,
    free_port,
    openldap,
)
from tests.contract.sessions import an_ldap_directory, ldap_sessions
from tests.unit.scenes import (
    ADA,
    BOB,
    BY_PHABRICATOR,
    EVERYBODY,
    PEOPLE,
    SIMPLE,
    TOOLFORGE,
    Scene,
    a_phabricator,
    answers,
    verdicts,
)

# pyasn1 0.6 warns of names that ldap3 2.9.1 imports.
pytestmark = pytest.mark.filterwarnings("ignore:(tag|type)Map is deprecated:DeprecationWarning")

TOOLS, LOCK = TOOLFORGE.name, LOCKED.title
WITH_CANARY = a_policy(TOOLFORGE, canaries={LOCKED: "Dan"})
TWO_GROUPS = a_policy(TOOLFORGE, Rule("Staff", (InDirectoryGroup("wmf"),)))
PEOPLE_DN = f"ou=people,{BASE}"
TOOLS_DN = f"cn=project-tools,ou=groups,{BASE}"
LOCKS = "pwdPolicySubentry,pwdAccountLockedTime"

Looks = Callable[..., Plan]


def a_tree(
    *, members: Collection[str] = ("ada", "bob", "cyd"), locked: Collection[str] = ("dan",)
) -> Tree:
    """Four people; unlike dan the first three are members, unlike them dan is locked."""
    return Tree(
        people=PEOPLE,
        groups={"project-tools": [a_dn(uid) for uid in members], "wmf": [a_dn("ada")]},
        disabled=[a_dn(uid) for uid in locked],
    )


def on(*ports: int) -> Scene:
    """The real adapter on these servers; Phabricator and Gerrit in memory."""
    return Scene(directory=an_ldap_directory(ldap_sessions(*ports)))


@pytest.fixture
def review() -> Iterator[Looks]:
    """A function: how OpenLDAP is set up, and the policy -> the plan for everybody."""
    with ExitStack() as stack:

        def review(
            tree: Tree | None = None,
            *,
            policy: Policy = SIMPLE,
            scope: Scope = Scope.MINIMAL,
            **options: object,
        ) -> Plan:
            server = stack.enter_context(openldap(tree or a_tree(), **options))
            return on(server.port).look(*EVERYBODY, policy=policy, scope=scope)

        yield review


def of(plan: Plan, name: str):
    """Somebody's case."""
    return next(case for case in plan.cases if case.account.identities[0].extern_uid == name)


def acl(*rules: str) -> str:
    """These rules before the one that lets everybody read the rest."""
    return "\n".join((*rules, READ_ALL))


class TestNothingIsHidden:
    """So that the rest of this file sees what hiding does."""

    def test_the_trusted_are_approved(self, review):
        plan = review()

        assert {
            "Ada": "approve",
            "Bob": "approve",
            "Cyd": "approve",
            "Dan": "hold",
        } == verdicts(plan)
        assert {} == plan.outages

    @pytest.mark.parametrize("scope", Scope)
    def test_the_locked_are_vetoed(self, review, scope):
        plan = review(a_tree(members=("ada", "dan")), scope=scope)

        assert {"Ada": "approve", "Bob": "hold", "Cyd": "hold", "Dan": "veto"} == verdicts(plan)


class TestLocks:
    """Not being locked is proven, or not believed."""

    @pytest.mark.parametrize("scope", Scope)
    @pytest.mark.parametrize(
        "hiding",
        [
            HIDE_LOCKS,
            acl("access to attrs=pwdPolicySubentry by * none"),
            acl("access to attrs=pwdAccountLockedTime by * none"),
            acl(f"access to attrs={LOCKS} by * compare"),
            acl(f"access to attrs={LOCKS} by * disclose"),
            acl(f'access to dn.subtree="{PEOPLE_DN}" attrs={LOCKS} by users read by * none'),
        ],
    )
    def test_an_acl_that_hides_the_lock_attributes_keeps_everybody_waiting(
        self, review, hiding, scope
    ):
        """Nobody looks locked; and nobody is let in."""
        plan = review(acl=hiding, scope=scope)

        assert {"Ada": "wait", "Bob": "wait", "Cyd": "wait", "Dan": "hold"} == verdicts(plan)
        veto = answers(of(plan, "Ada"), Kind.VETO)[LOCK]
        assert Unknown("the lock attributes of the entry cannot be read") == veto

    def test_an_acl_that_lets_locks_be_searched_but_not_read_lets_nobody_locked_in(self, review):
        """Who is not locked can be proven; who is locked is neither seen nor proven."""
        plan = review(
            a_tree(members=("ada", "dan")),
            acl=acl(f"access to attrs={LOCKS} by * search"),
        )

        assert ("approve", "wait") == (verdicts(plan)["Ada"], verdicts(plan)["Dan"])

    @pytest.mark.parametrize("scope", Scope)
    def test_a_server_that_knows_no_such_attributes_keeps_everybody_waiting(self, review, scope):
        """Without the password policy overlay the filter means nothing to it."""
        plan = review(a_tree(locked=()), ppolicy=False, scope=scope)

        assert {"wait"} == {verdicts(plan)[name] for name in ("Ada", "Bob", "Cyd")}

    @pytest.mark.parametrize("scope", Scope)
    def test_one_entry_that_hides_its_locks_waits_alone(self, review, scope):
        plan = review(hidden=[a_dn("bob")], scope=scope)

        assert {"Ada": "approve", "Bob": "wait", "Cyd": "approve", "Dan": "hold"} == verdicts(plan)

    def test_an_entry_that_hides_that_it_is_locked_waits(self, review):
        plan = review(a_tree(locked=("bob", "dan")), hidden=[a_dn("bob")])

        assert "wait" == verdicts(plan)["Bob"]

    @pytest.mark.parametrize("attribute", ["entry", "uid", "cn", "uid,cn"])
    def test_an_entry_that_is_hidden_between_two_searches_is_not_let_in(self, review, attribute):
        """Found by nobody, it proves nothing: neither who it is nor that it is not locked."""
        hiding = acl(f'access to dn.exact="{a_dn("bob")}" attrs={attribute} by * none')

        plan = review(acl=hiding)

        assert {"Ada": "approve", "Cyd": "approve"} == {
            name: verdict for name, verdict in verdicts(plan).items() if verdict == "approve"
        }


class TestEverything:
    """A server that lost its rights answers, and has nothing to say."""

    @pytest.mark.parametrize("scope", Scope)
    def test_an_acl_that_hides_everything_keeps_everybody_waiting(self, review, scope):
        plan = review(acl=HIDE_ALL, scope=scope)

        assert {"wait"} == set(verdicts(plan).values())
        assert {DIRECTORY} == plan.outages.keys()
        assert isinstance(of(plan, "Ada").proof, Unchecked)

    @pytest.mark.parametrize("scope", Scope)
    def test_success_with_nothing_lets_nobody_in(self, review, scope):
        """The folder of people can be seen, and nobody in it."""
        plan = review(acl=acl(f'access to dn.children="{PEOPLE_DN}" by * none'), scope=scope)

        assert {"wait"} == set(verdicts(plan).values())
        assert (
            f"Who this is could not be looked up: nobody below {PEOPLE_DN} can be seen with a cn."
            " It is looked at again in the next run."
        ) == of(plan, "Ada").judgement.explanation

    def test_a_server_without_the_folder_of_people_is_no_answer(self, review):
        plan = review(acl=acl(f'access to dn.subtree="{PEOPLE_DN}" by * none'))

        assert {"wait"} == set(verdicts(plan).values())
        assert "noSuchObject" in plan.outages[DIRECTORY]


class TestGroups:
    """An empty or unreadable group is not a group without members."""

    @pytest.mark.parametrize("scope", Scope)
    @pytest.mark.parametrize(
        "hiding",
        [
            acl(f'access to dn.exact="{TOOLS_DN}" by * none'),
            acl(f'access to dn.exact="{TOOLS_DN}" attrs=member by * none'),
            acl(f'access to dn.exact="{TOOLS_DN}" attrs=member by * search'),
            acl(f'access to dn.exact="{TOOLS_DN}" attrs=entry by * none'),
            acl(f'access to dn.exact="{TOOLS_DN}" attrs=objectClass by * none'),
        ],
    )
    def test_a_group_that_cannot_be_read_is_unknown_alone(self, review, hiding, scope):
        """Another group's Yes still counts; without one everybody waits."""
        plan = review(acl=hiding, policy=TWO_GROUPS, scope=scope)

        assert {"Ada": "approve", "Bob": "wait", "Cyd": "wait", "Dan": "wait"} == verdicts(plan)
        assert isinstance(answers(of(plan, "Ada"), Kind.TRUST)[TOOLS], Unknown)
        assert isinstance(answers(of(plan, "Ada"), Kind.TRUST)["Staff"], Yes)
        assert {} == plan.outages

    @pytest.mark.parametrize("scope", Scope)
    def test_an_empty_group_is_unknown(self, review, scope):
        plan = review(a_tree(members=()), scope=scope)

        assert {"wait"} == set(verdicts(plan).values())

    def test_a_group_that_is_missing_is_unknown(self, review):
        gone = a_policy(Rule("Gone", (InDirectoryGroup("gone"),)))

        plan = review(policy=gone)

        assert {"wait"} == set(verdicts(plan).values())
        gone = "group cn=gone,ou=groups,dc=wikimedia,dc=org cannot be read"
        assert gone in of(plan, "Ada").judgement.explanation

    def test_members_that_one_may_not_see_are_no_members(self, review):
        """An ACL by value hides one member: she is held, as nobody could know better."""
        hiding = acl(
            f'access to dn.exact="{TOOLS_DN}" attrs=member val.exact="{a_dn("bob")}" by * none'
        )

        plan = review(acl=hiding)

        assert {"Ada": "approve", "Bob": "hold", "Cyd": "approve", "Dan": "hold"} == verdicts(plan)


class TestCanaries:
    """A veto's No counts only where the canary's Yes was seen."""

    @pytest.mark.parametrize("scope", Scope)
    def test_where_the_canary_is_seen_to_be_locked_the_others_are_believed(self, review, scope):
        plan = review(policy=WITH_CANARY, scope=scope)

        assert {"Ada": "approve", "Bob": "approve", "Cyd": "approve"} == {
            name: verdict for name, verdict in verdicts(plan).items() if name != "Dan"
        }

    @pytest.mark.parametrize("scope", Scope)
    @pytest.mark.parametrize(
        ("tree", "options", "seen"),
        [
            (a_tree(locked=()), {}, "uid=dan,ou=people,dc=wikimedia,dc=org is not locked"),
            (a_tree(), {"hidden": [a_dn("dan")]}, "cannot be read"),
            (
                a_tree(),
                {"acl": acl(f'access to dn.exact="{a_dn("dan")}" by * none')},
                "0 entries of the directory have this cn",
            ),
            (
                Tree(people=PEOPLE[:3], groups=a_tree().groups),
                {},
                "0 entries of the directory have this cn",
            ),
            (
                Tree(
                    people=[*PEOPLE, a_person("dan2", "Dan")],
                    groups=a_tree().groups,
                    disabled=[a_dn("dan"), a_dn("dan2")],
                ),
                {},
                "2 entries of the directory have this cn",
            ),
        ],
        ids=["unlocked", "lock hidden", "entry hidden", "gone", "two of them"],
    )
    def test_where_it_is_not_seen_everybody_waits(self, review, tree, options, seen, scope):
        plan = review(tree, policy=WITH_CANARY, scope=scope, **options)

        assert {"wait"} == {verdicts(plan)[name] for name in ("Ada", "Bob", "Cyd")}
        veto = answers(of(plan, "Ada"), Kind.VETO)[LOCK]
        assert isinstance(veto, Unknown)
        assert 'canary "Dan" should have been seen' in veto.detail
        assert seen in veto.detail

    def test_a_lock_that_is_found_needs_no_canary(self, review):
        plan = review(a_tree(members=("ada", "bob"), locked=("bob",)), policy=WITH_CANARY)

        assert ("wait", "veto") == (verdicts(plan)["Ada"], verdicts(plan)["Bob"])


# -- several servers


@contextmanager
def failing_at(search: int | None, first: int, *others: int) -> Iterator[tuple[Scene, Proxy]]:
    """The first server's connection breaks at its so-many-th search, in the midst of an answer."""
    with proxy(first) as between:
        between.cut_at = search
        yield on(between.port, *others), between


SEARCHES = range(1, 7)
"""A review makes five at most: people, the group, the canary, and two for the locks."""


@pytest.fixture(scope="module")
def trusting() -> Iterator[int]:
    """Knows everybody as a member, and hides who is locked."""
    with openldap(a_tree(members=("ada", "bob", "cyd", "dan")), acl=HIDE_LOCKS) as server:
        yield server.port


@pytest.fixture(scope="module")
def strict() -> Iterator[int]:
    """Knows only ada as a member, and that nobody but dan is locked."""
    with openldap(a_tree(members=("ada",))) as server:
        yield server.port


class TestSeveralServers:
    """One server answers for the whole run: what two of them say is never mixed."""

    @pytest.mark.parametrize("scope", Scope)
    @pytest.mark.parametrize("policy", [SIMPLE, WITH_CANARY], ids=["plain", "canary"])
    @pytest.mark.parametrize("search", SEARCHES)
    def test_after_a_failure_the_next_one_is_asked_everything_again(
        self, trusting, strict, search, policy, scope
    ):
        """
        Memberships of the first and locks of the second would let in bob, whom neither would.

        Wherever the first fails, the evidence is that of one server alone.
        """
        alone = [
            on(port).look(*EVERYBODY, policy=policy, scope=scope) for port in (trusting, strict)
        ]
        with failing_at(search, trusting, strict) as (scene, between):
            plan = scene.look(*EVERYBODY, policy=policy, scope=scope)

        assert "approve" not in (verdicts(alone[0])["Bob"], verdicts(alone[1])["Bob"])
        assert alone[0 if between.searches < search else 1].cases == plan.cases
        assert {} == plan.outages

    @pytest.mark.parametrize("search", SEARCHES)
    def test_a_canary_that_the_first_server_showed_does_not_vouch_for_the_second(
        self, strict, search
    ):
        """The second has no lock at all to show: unless the first saw all, nobody is believed."""
        with openldap(a_tree(locked=())) as blind:
            with failing_at(search, strict, blind.port) as (scene, between):
                plan = scene.look(ADA, policy=WITH_CANARY, scope=Scope.FULL)

            expected = "approve" if between.searches < search else "wait"
            assert {"Ada": expected} == verdicts(plan)

    def test_when_the_last_server_fails_nothing_that_it_said_lets_anybody_in(self, strict):
        """At the look-up of locks, with everybody's membership known."""
        with failing_at(None, strict) as (scene, between):
            scene.look(ADA)
            needed = between.searches
        for search in range(1, needed + 1):
            with failing_at(search, strict, free_port()) as (scene, _):
                plan = scene.look(*EVERYBODY)

            assert "approve" not in verdicts(plan).values()
            assert {DIRECTORY} == plan.outages.keys()

    def test_trust_that_another_system_holds_waits_for_the_lock(self, strict):
        """Phabricator says Yes; the directory proved who it is, and then fell silent."""
        scene = on(strict)
        phabricator = a_phabricator(trusted=("Bob",))
        with failing_at(2, strict) as (failing, _):
            plan = Scene(directory=failing.directory, phabricator=phabricator).look(
                BOB, policy=a_policy(BY_PHABRICATOR)
            )

        whole = Scene(directory=scene.directory, phabricator=phabricator)
        assert {"Bob": "wait"} == verdicts(plan)
        assert {"Bob": "approve"} == verdicts(whole.look(BOB, policy=a_policy(BY_PHABRICATOR)))
