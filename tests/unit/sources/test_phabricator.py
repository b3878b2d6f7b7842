"""Phabricator: what its answers mean, and why whoever would be approved is asked about alone."""

from collections.abc import Mapping
from itertools import combinations, combinations_with_replacement, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaab.adapters.ldap.memory import InMemoryDirectory
from glaab.adapters.phabricator.memory import InMemoryPhabricator
from glaab.domain.evidence import Kind, No, Profile, Unknown, Yes
from glaab.domain.names import CN, Cn
from glaab.domain.policy import MARKED, Rule
from glaab.domain.review import Scope
from glaab.domain.source import CircuitBreaker
from glaab.domain.sources.directory import InDirectoryGroup
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import (
    DISABLED,
    PHABRICATOR,
    InPhabricatorProject,
    PhabricatorAccount,
    PhabricatorSource,
    Phid,
    disabled,
)
from tests.builders import a_dn, a_person, a_phabricator_account, a_policy, a_proof
from tests.unit.doubles import (
    REFUSED,
    AttentivePhabricator,
    DirectoryThatHidesGroups,
    PhabricatorThatHidesAccounts,
    PhabricatorThatTires,
    UnreachableGerrit,
    UnreachablePhabricator,
)
from tests.unit.scenes import (
    ADA,
    BOB,
    BY_PHABRICATOR,
    CYD,
    DAN,
    TOOLFORGE,
    Scene,
    a_directory,
    a_newcomer,
    a_phabricator,
    answers,
    linked,
    verdicts,
)

TRUSTED = InPhabricatorProject("trusted")
SOMEBODY = Phid("PHID-USER-somebody")
ADA_EXAMPLE, BOB_EXAMPLE = a_proof("ada", "Ada Example"), a_proof("bob", "Bob Example")
DOWN = Unknown(f"phabricator gave no usable answer: {REFUSED}")
NO_PROJECT = Unknown("project #trusted is missing, not visible or empty")


def look_up(phabricator):
    return PhabricatorSource(phabricator).start(CircuitBreaker(PHABRICATOR))


def phabricator_of(*accounts, members=(SOMEBODY,), kind=AttentivePhabricator):
    """These accounts are linked to Ada Example."""
    return kind({Cn("Ada Example"): accounts}, {"trusted": frozenset(members)})


# -- what an answer means


@pytest.mark.parametrize(
    ("accounts", "answer"),
    [
        ([a_phabricator_account()], Yes("Phabricator account ada is a member of #trusted")),
        (
            [a_phabricator_account("eve")],
            No(
                "Phabricator account eve is not a member of #trusted",
                "ask a member of Phabricator project #trusted to add you",
            ),
        ),
        (
            [],
            No(
                'no Phabricator account is linked to "Ada Example"',
                "link your Phabricator account to your developer account",
            ),
        ),
        (
            [a_phabricator_account(), a_phabricator_account("eve")],
            No(
                '2 Phabricator accounts are linked to "Ada Example"',
                "unlink all but one of your Phabricator accounts",
            ),
        ),
        (
            [a_phabricator_account(is_person=False)],
            No("Phabricator account ada is not a person's"),
        ),
        (
            [a_phabricator_account(is_disabled=True)],
            No(
                "Phabricator account ada is not activated",
                "have your Phabricator account activated",
            ),
        ),
        (
            [a_phabricator_account(is_disabled=True, is_activated=True)],
            No(
                "Phabricator account ada is not activated",
                "have your Phabricator account activated",
            ),
        ),
        (
            [a_phabricator_account(is_activated=False)],
            No(
                "Phabricator account ada is not activated",
                "have your Phabricator account activated",
            ),
        ),
    ],
)
def test_phabricator_vouches_for_the_one_usable_account_that_is_a_member(accounts, answer):
    lookup = look_up(phabricator_of(*accounts, members=[Phid("PHID-USER-ada")]))

    assert {(ADA_EXAMPLE, TRUSTED): answer} == lookup.trust([ADA_EXAMPLE], [TRUSTED])


@pytest.mark.parametrize(
    ("phabricator", "answer"),
    [
        (UnreachablePhabricator(), DOWN),
        (
            phabricator_of(
                a_phabricator_account(),
                members=[Phid("PHID-USER-ada")],
                kind=PhabricatorThatHidesAccounts,
            ),
            DOWN,
        ),
        (phabricator_of(a_phabricator_account(), members=[]), NO_PROJECT),
    ],
    ids=["down", "hides accounts", "hides the project"],
)
def test_what_phabricator_does_not_show_is_unknown(phabricator, answer):
    lookup = look_up(phabricator)

    assert {(ADA_EXAMPLE, TRUSTED): answer} == lookup.trust([ADA_EXAMPLE], [TRUSTED])


@pytest.mark.parametrize(
    ("accounts", "detail"),
    [
        ([], 'no Phabricator account is linked to "Ada Example"'),
        ([a_phabricator_account(is_person=False)], "Phabricator account ada is not a person's"),
        ([a_phabricator_account(is_disabled=True)], "Phabricator account ada is not activated"),
    ],
)
def test_whoever_could_not_be_a_member_is_none_of_a_project_that_is_not_shown(accounts, detail):
    lookup = look_up(phabricator_of(*accounts, members=[]))

    (answer,) = lookup.trust([ADA_EXAMPLE], [TRUSTED]).values()

    assert isinstance(answer, No)
    assert detail == answer.detail


@pytest.mark.parametrize(
    ("accounts", "answer"),
    [
        ((), No('no Phabricator account is linked to "Ada Example"')),
        ((a_phabricator_account(),), No("Phabricator account ada is not disabled")),
        (
            (a_phabricator_account("a"), a_phabricator_account("b", is_activated=False)),
            No("Phabricator accounts a, b are not disabled"),
        ),
        (
            (a_phabricator_account("a"), a_phabricator_account("b", is_disabled=True)),
            Yes("Phabricator account b is disabled"),
        ),
        (
            (a_phabricator_account("bot", is_disabled=True, is_person=False),),
            Yes("Phabricator account bot is disabled"),
        ),
        (DOWN, DOWN),
    ],
)
def test_any_disabled_account_that_is_linked_is_a_veto(accounts, answer):
    assert answer == disabled(Cn("Ada Example"), accounts)


def test_a_project_is_named_by_its_hashtag():
    assert ("phabricator_project", "trusted", "Phabricator project #trusted") == (
        TRUSTED.key,
        TRUSTED.value,
        TRUSTED.title,
    )


def test_a_disabled_account_is_a_veto_in_the_policys_words():
    assert ("phabricator", "phabricator_disabled", "Phabricator account disabled") == (
        DISABLED.source,
        DISABLED.key,
        DISABLED.title,
    )


# -- one run's questions


def test_every_pair_of_a_person_and_a_project_has_an_answer():
    lookup = look_up(phabricator_of(a_phabricator_account(), members=[Phid("PHID-USER-ada")]))
    other = InPhabricatorProject("other")

    found = lookup.trust([ADA_EXAMPLE, BOB_EXAMPLE], [TRUSTED, other])

    assert {
        (ADA_EXAMPLE, TRUSTED): Yes,
        (ADA_EXAMPLE, other): Unknown,
        (BOB_EXAMPLE, TRUSTED): No,
        (BOB_EXAMPLE, other): No,
    } == {pair: type(answer) for pair, answer in found.items()}


def test_vetoes_may_be_asked_for_first():
    """Whoever was told of then is not asked about again."""
    phabricator = phabricator_of(a_phabricator_account(), members=[Phid("PHID-USER-ada")])
    lookup = look_up(phabricator)

    vetoes = lookup.vetoes([ADA_EXAMPLE], [DISABLED])
    trust = lookup.trust([ADA_EXAMPLE], [TRUSTED])

    assert {(ADA_EXAMPLE, DISABLED): No("Phabricator account ada is not disabled")} == vetoes
    assert [Yes] == [type(answer) for answer in trust.values()]
    assert [{"Ada Example"}] == phabricator.asked("accounts")


def test_nobody_is_asked_about_twice():
    phabricator = phabricator_of()
    lookup = look_up(phabricator)

    lookup.trust([ADA_EXAMPLE], [TRUSTED])
    lookup.vetoes([ADA_EXAMPLE, BOB_EXAMPLE], [DISABLED])
    lookup.vetoes([BOB_EXAMPLE], [DISABLED])
    lookup.trust([ADA_EXAMPLE], [TRUSTED])

    assert ["trusted"] == phabricator.asked("members")
    assert [{"Ada Example"}, {"Bob Example"}] == phabricator.asked("accounts")


def test_without_projects_and_vetoes_nothing_is_asked():
    phabricator = phabricator_of()
    lookup = look_up(phabricator)

    assert {} == lookup.trust([ADA_EXAMPLE], []) == lookup.vetoes([ADA_EXAMPLE], [])
    assert [] == phabricator.questions


def test_members_are_counted():
    phabricator = phabricator_of(members=[SOMEBODY, Phid("PHID-USER-ada")])
    lookup = look_up(phabricator)

    assert 2 == lookup.members(TRUSTED) == lookup.members(TRUSTED)
    assert ["trusted"] == phabricator.asked("members")


def test_members_that_are_not_shown_are_not_counted():
    assert NO_PROJECT == look_up(phabricator_of(members=[])).members(TRUSTED)


def test_every_account_that_came_to_light_is_a_profile():
    accounts = [a_phabricator_account("a"), a_phabricator_account("b", is_disabled=True)]
    lookup = look_up(phabricator_of(*accounts))

    before = lookup.profiles(ADA_EXAMPLE)
    lookup.vetoes([ADA_EXAMPLE], [DISABLED])

    assert () == before
    assert (
        Profile(PHABRICATOR, "a", "Phabricator: a"),
        Profile(PHABRICATOR, "b", "Phabricator: b"),
    ) == lookup.profiles(ADA_EXAMPLE)


def test_a_phabricator_that_is_down_shows_no_profile():
    lookup = look_up(UnreachablePhabricator())

    lookup.vetoes([ADA_EXAMPLE], [DISABLED])

    assert () == lookup.profiles(ADA_EXAMPLE)


def test_a_canary_is_asked_about_alone():
    """Else its account could show under the name of somebody who waits, and would not be seen."""
    account = a_phabricator_account("locked", is_disabled=True)
    phabricator = linked(("Ada Example", account), ("Bob Example", account))
    lookup = look_up(phabricator)

    lookup.vetoes([ADA_EXAMPLE, BOB_EXAMPLE], [DISABLED])
    seen = [lookup.canary(DISABLED, "Ada Example", CN) for _ in range(2)]

    assert [Yes("Phabricator account locked is disabled")] * 2 == seen
    both = {"Ada Example", "Bob Example"}
    assert [both, {"Ada Example"}] == phabricator.asked("accounts")


# -- an account of several names shows under one of those that are asked about together

NAMES = ("Ada", "Bob", "Cyd")
QUEUE = dict(zip(NAMES, (ADA, BOB, CYD), strict=True))
LDAP_OR_PHABRICATOR = a_policy(TOOLFORGE, BY_PHABRICATOR, vetoes=(MARKED, DISABLED))
LINKS = [links for n in range(1, 4) for links in combinations(NAMES, n)]
STATES = (None, *product(LINKS, (False, True), (False, True)))
"""Of one account: no account, or to whom it is linked, whether it is a member, and disabled."""


def scene_of(accounts, tools, *members):
    links: dict[Cn, tuple[PhabricatorAccount, ...]] = {}
    phids = {*members}
    for number, (names, is_member, is_disabled) in enumerate(accounts):
        account = a_phabricator_account(f"user{number}", is_disabled=is_disabled)
        phids |= {account.phid} if is_member else set()
        for name in names:
            links[name] = (*links.get(name, ()), account)
    return Scene(
        directory=a_directory(tools=tools, kind=InMemoryDirectory),
        phabricator=InMemoryPhabricator(links, {"trusted": frozenset(phids)}),
    )


def together(accounts, tools, *members) -> dict[str, str]:
    scene = scene_of(accounts, tools, *members)
    return verdicts(scene.look(*QUEUE.values(), policy=LDAP_OR_PHABRICATOR))


class Alone:
    """The verdict on each of the three if nobody else waits; each world is looked at once."""

    def __init__(self, tools, *members) -> None:
        self._known: dict[object, str] = {}
        self._rest = (tools, *members)

    def __call__(self, accounts) -> dict[str, str]:
        return {name: self._verdict(name, accounts) for name in NAMES}

    def _verdict(self, name, accounts) -> str:
        own = tuple(((name,), *flags) for names, *flags in accounts if name in names)
        if (name, own) not in self._known:
            scene = scene_of(own, *self._rest)
            plan = scene.look(QUEUE[name], policy=LDAP_OR_PHABRICATOR)
            self._known[name, own] = verdicts(plan)[name]
        return self._known[name, own]


def ways(most):
    """Every way in which at most so many accounts are linked to the three names."""
    for states in combinations_with_replacement(STATES, most):
        yield [state for state in states if state]


@pytest.mark.parametrize(("tools", "most"), [("eve", 3), ("cyd", 3), ("ada", 2), ("bob", 2)])
def test_whoever_waits_together_is_judged_as_if_alone(tools, most):
    """Nobody is in an LDAP group, or one of them; Cyd is who hides accounts of the others."""
    alone = Alone([tools], SOMEBODY)

    wrong = [
        accounts
        for accounts in ways(most)
        if alone(accounts) != together(accounts, [tools], SOMEBODY)
    ]

    assert [] == wrong


def test_nobody_is_held_for_a_project_that_cannot_be_read_unless_also_alone():
    """Whoever has an account is not told to link one."""
    alone = Alone(["eve"])

    wrong = [
        accounts
        for accounts in ways(2)
        if not any(is_member for _, is_member, _ in accounts)
        for name, verdict in together(accounts, ["eve"]).items()
        if verdict not in ("wait", alone(accounts)[name])
    ]

    assert [] == wrong


class WilfulPhabricator(InMemoryPhabricator):
    """Shows an account under that of its names that comes first in the account's own order."""

    def __init__(
        self, links: Mapping[PhabricatorAccount, tuple[Cn, ...]], members: frozenset[Phid]
    ) -> None:
        super().__init__({}, {"trusted": members})
        self._links = links

    def accounts(self, names):
        found: dict[Cn, tuple[PhabricatorAccount, ...]] = {}
        for account, own in self._links.items():
            if shown := [name for name in own if name in names]:
                found[shown[0]] = (*found.get(shown[0], ()), account)
        return found


FOUR = (*NAMES, "Dan")
SOME = st.lists(st.sampled_from(FOUR), unique=True)
LINKED = st.lists(
    st.tuples(SOME.map(tuple), st.booleans(), st.booleans(), st.booleans()), max_size=4
)


@given(accounts=LINKED, tools=SOME, scope=st.sampled_from(Scope))
@settings(max_examples=200, deadline=None)
def test_it_does_not_matter_under_which_name_an_account_shows(accounts, tools, scope):
    """Whoever else waits: four people, four accounts, bots among them, any of them in a group."""
    links, members = {}, {SOMEBODY}
    for number, (names, is_member, is_disabled, is_person) in enumerate(accounts):
        flags = {"is_disabled": is_disabled, "is_person": is_person}
        account = a_phabricator_account(f"user{number}", **flags)
        links[account] = names
        members |= {account.phid} if is_member else set()
    scene = Scene(
        directory=a_directory(tools=["eve", *map(str.lower, tools)]),
        phabricator=WilfulPhabricator(links, frozenset(members)),
    )
    options = {"policy": LDAP_OR_PHABRICATOR, "scope": scope}

    together = scene.look(ADA, BOB, CYD, DAN, **options)

    alone = [scene.look(each, **options) for each in (ADA, BOB, CYD, DAN)]
    assert verdicts(together) == {name: v for plan in alone for name, v in verdicts(plan).items()}


HID_A, HID_B = a_newcomer(1, "Hid A"), a_newcomer(2, "Hid B")
HID_ONE, HID_TWO = a_phabricator_account("HidOne"), a_phabricator_account("HidTwo")
STAFF = Rule("Wikimedia Foundation staff", (InDirectoryGroup("wmf"),))


def hidden(*members, staff="hid b"):
    """HidOne is Hid A's, and HidTwo is linked to both names and shows under Hid B."""
    people = [a_person("hid a", "Hid A"), a_person("hid b", "Hid B")]
    return Scene(
        directory=InMemoryDirectory(people, {"wmf": frozenset({a_dn(staff)})}),
        phabricator=AttentivePhabricator(
            {Cn("Hid A"): (HID_ONE, HID_TWO), Cn("Hid B"): (HID_TWO,)},
            {"trusted": frozenset(account.phid for account in members)},
        ),
    )


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(hidden(HID_ONE), id="Hid B is staff"),
        pytest.param(hidden(HID_ONE, HID_TWO, staff="eve"), id="HidTwo is a member"),
    ],
)
def test_two_accounts_of_hid_a_are_two_although_one_shows_under_hid_b(scene, scope):
    """Seen on a real Phorge: @hid-a was approved, and `explain @hid-a` said hold."""
    policy = a_policy(STAFF, BY_PHABRICATOR)

    (case, _) = scene.look(HID_A, HID_B, policy=policy, scope=scope).cases

    assert (
        "hold",
        No(
            '2 Phabricator accounts are linked to "Hid A"',
            "unlink all but one of your Phabricator accounts",
        ),
    ) == (case.judgement.verdict, answers(case, Kind.TRUST)["Trusted (Phabricator)"])
    assert [case.judgement] == [
        each.judgement for each in scene.look(HID_A, policy=policy, scope=scope).cases
    ]


def test_one_account_of_two_names_that_wait_counts_for_both():
    """Nobody is told to link an account that is linked."""
    scene = Scene(phabricator=linked(("Ada", HID_TWO), ("Bob", HID_TWO)))

    plan = scene.look(ADA, BOB, policy=a_policy(BY_PHABRICATOR))

    assert {"Ada": "approve", "Bob": "approve"} == verdicts(plan)


ALSO_DISABLED = a_phabricator_account("also", is_disabled=True)
CLOSED = a_phabricator_account("closed", is_disabled=True)
USABLE = a_phabricator_account("usable")


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("rules", [(TOOLFORGE,), (TOOLFORGE, BY_PHABRICATOR)])
@pytest.mark.parametrize("tools", [["ada"], ["ada", "bob", "cyd"]])
@pytest.mark.parametrize(
    "links",
    [
        pytest.param([("Ada", CLOSED), ("Bob", CLOSED)], id="under the other name"),
        pytest.param(
            [("Ada", CLOSED), ("Ada", USABLE), ("Bob", CLOSED)], id="beside a usable account"
        ),
        pytest.param([("Ada", CLOSED), ("Bob", CLOSED), ("Cyd", CLOSED)], id="of three names"),
        pytest.param(
            [
                ("Ada", CLOSED),
                ("Ada", USABLE),
                ("Bob", CLOSED),
                ("Bob", ALSO_DISABLED),
                ("Cyd", ALSO_DISABLED),
            ],
            id="one behind the other",
        ),
    ],
)
def test_no_disabled_account_hides_behind_another_name(links, rules, scope, tools):
    """Of several names of an account Phabricator shows one; here it is not Ada's."""
    scene = Scene(directory=a_directory(tools=tools), phabricator=linked(*links))

    plan = scene.look(ADA, BOB, CYD, policy=a_policy(rules=rules), scope=scope)

    assert "veto" == verdicts(plan)["Ada"]


@pytest.mark.parametrize("other", [USABLE, CLOSED], ids=["usable", "disabled"])
def test_of_two_accounts_linked_to_one_name_neither_is_trusted(other):
    """However much is known for one of them."""
    scene = Scene(phabricator=linked(("Ada", a_phabricator_account("a")), ("Ada", other)))

    assert {"Ada": "hold"} == verdicts(scene.look(ADA, policy=a_policy(BY_PHABRICATOR)))


def test_of_two_accounts_linked_to_one_name_either_may_be_a_veto():
    scene = Scene(
        directory=a_directory(tools=["ada"]),
        phabricator=linked(("Ada", a_phabricator_account("a")), ("Ada", CLOSED)),
    )

    assert {"Ada": "veto"} == verdicts(scene.look(ADA))


# -- how many questions that takes


def asked_about(scene, *accounts, **options) -> list[set[str]]:
    """Who was asked about together, question by question."""
    scene.look(*accounts, **options)
    return [set(names) for names in scene.phabricator.asked("accounts")]


def test_whoever_would_be_approved_is_asked_about_alone():
    """By whatever rule; whoever is held or vetoed is not."""
    scene = Scene(
        directory=a_directory(tools=["ada", "dan"]),
        phabricator=a_phabricator(trusted=["Bob"], linked=["Ada", "Bob", "Dan"], disabled=["Dan"]),
    )

    everybody, *further = asked_about(scene, ADA, BOB, CYD, DAN, policy=LDAP_OR_PHABRICATOR)

    assert {"Ada", "Bob", "Cyd", "Dan"} == everybody
    assert {"Cyd"} in further  # Bob, a member, may hide an account of hers
    assert [{"Ada"}, {"Bob"}] == sorted((each for each in further if each != {"Cyd"}), key=min)
    assert 3 == len(further)


def test_as_long_as_no_member_comes_to_light_there_is_one_question():
    scene = Scene(phabricator=a_phabricator(trusted=["eve"], linked=["Ada", "Bob", "eve"]))

    found = asked_about(scene, ADA, BOB, CYD, policy=LDAP_OR_PHABRICATOR)

    assert [{"Ada", "Bob", "Cyd"}] == found


@pytest.mark.parametrize(
    "kind", [{"is_disabled": True}, {"is_activated": False}, {"is_person": False}]
)
def test_a_member_that_cannot_be_trusted_hides_nothing_that_matters(kind):
    member = a_phabricator_account("member", **kind)
    scene = Scene(phabricator=linked(("Bob", member)))

    found = asked_about(scene, ADA, BOB, policy=a_policy(BY_PHABRICATOR))

    assert [{"Ada", "Bob"}] == found


def test_without_a_rule_that_needs_it_only_the_trusted_are_asked_about():
    """Once for the veto, and each alone."""
    scene = Scene(directory=a_directory(tools=["ada", "bob"]))

    together, *alone = asked_about(scene, ADA, BOB, CYD, policy=a_policy(TOOLFORGE))

    assert {"Ada", "Bob"} == together
    assert [{"Ada"}, {"Bob"}] == sorted(alone, key=min)


@pytest.mark.parametrize("scope", Scope)
def test_whoever_is_the_only_one_is_not_asked_about_again(scope):
    scene = Scene(phabricator=a_phabricator(trusted=["Ada"]))

    assert [{"Ada"}] == asked_about(scene, ADA, scope=scope)


def test_who_is_left_alone_by_the_second_question_is_not_asked_about_a_third_time():
    """Bob's account shows first, and then Ada's, for whom there was no other left."""
    bobs = a_phabricator_account("bob")
    links = {"Ada": (USABLE,), "Bob": (USABLE, bobs)}
    members = frozenset({USABLE.phid})
    scene = Scene(phabricator=AttentivePhabricator(links, {"trusted": members}))

    assert [{"Ada", "Bob"}, {"Ada"}] == asked_about(scene, ADA, BOB)


@pytest.mark.parametrize(("confirm_at_most", "alone"), [(3, 3), (2, 0), (0, 0)])
def test_nobody_is_asked_about_alone_when_the_brake_stands(confirm_at_most, alone):
    scene = Scene(directory=a_directory(tools=["ada", "bob", "cyd"]))
    options = {"policy": a_policy(TOOLFORGE), "confirm_at_most": confirm_at_most}

    together, *further = asked_about(scene, ADA, BOB, CYD, **options)

    assert {"Ada", "Bob", "Cyd"} == together
    assert alone == len(further)


def test_whoever_waits_for_another_system_is_not_asked_about_alone():
    """There is nothing to confirm as long as nobody would be approved."""
    scene = Scene(directory=a_directory(tools=["ada", "bob"]), gerrit=UnreachableGerrit())

    plan = scene.look(ADA, BOB, policy=a_policy(TOOLFORGE))

    assert {GERRIT: REFUSED} == plan.outages
    assert [{"Ada", "Bob"}] == scene.phabricator.asked("accounts")


def test_looking_that_ends_in_no_approval_asks_in_batches_alone():
    """Two accounts may look like one then, as in a report."""
    scene = hidden(HID_ONE)

    plan = scene.look(HID_A, HID_B, policy=a_policy(STAFF, BY_PHABRICATOR), confirm_at_most=0)

    assert {"Hid A": "approve", "Hid B": "approve"} == verdicts(plan)
    assert [{"Hid A", "Hid B"}] == scene.phabricator.asked("accounts")


# -- outages


@pytest.mark.parametrize("tools", [["eve"], ["ada", "bob"]], ids=["phabricator", "ldap"])
def test_an_outage_during_the_questions_alone_makes_wait(tools):
    """Whom Phabricator could confirm before it failed is approved."""
    phabricator = a_phabricator(
        trusted=["Ada", "Bob"], linked=["Ada", "Bob"], kind=PhabricatorThatTires
    )
    scene = Scene(directory=a_directory(tools=tools), phabricator=phabricator)
    seen = []
    for phabricator.tires_after in range(4):
        phabricator.questions.clear()
        plan = scene.look(ADA, BOB, policy=LDAP_OR_PHABRICATOR)
        seen.append((sorted(verdicts(plan).values()), dict(plan.outages)))

    down = {PHABRICATOR: REFUSED}
    assert [
        (["wait", "wait"], down),  # at the batch
        (["wait", "wait"], down),  # at the first of the two
        (["approve", "wait"], down),
        (["approve", "approve"], {}),
    ] == seen


def test_a_question_alone_that_fails_is_told_as_the_reason():
    scene = Scene(
        phabricator=a_phabricator(
            trusted=["Ada", "Bob"], linked=["Ada", "Bob"], kind=PhabricatorThatTires
        )
    )

    (case, _) = scene.look(ADA, BOB, policy=a_policy(BY_PHABRICATOR)).cases

    assert DOWN == answers(case, Kind.TRUST)["Trusted (Phabricator)"]
    assert f"Trust could not be looked up: {DOWN.detail}" in case.judgement.explanation


def test_the_second_question_does_not_need_the_groups_of_the_directory():
    """Ada is trusted on Phabricator, but whether her entry is locked cannot be said."""
    scene = Scene(
        directory=a_directory(kind=DirectoryThatHidesGroups), phabricator=linked(("Ada", USABLE))
    )

    plan = scene.look(ADA)

    assert {"Ada": "wait"} == verdicts(plan)  # the locks were not asked for any more
    assert ["directory"] == list(plan.outages)
