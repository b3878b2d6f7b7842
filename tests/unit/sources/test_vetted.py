"""Lists of vetted people: who stands on one, until when, and who is taken at a provider's word."""

from datetime import date
from functools import partial

import pytest

from glaab.domain.accounts import AccountId
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import No, Unknown, Yes
from glaab.domain.identity import Proven
from glaab.domain.names import ITSELF
from glaab.domain.policy import MARKED, Rule
from glaab.domain.review import ReviewAccounts, Scope
from glaab.domain.source import CircuitBreaker
from glaab.domain.sources.vetted import (
    LISTS,
    OnVettedList,
    VettedLists,
    VettedPerson,
    VettedSource,
)
from tests.builders import a_policy, an_account, an_identity
from tests.unit.doubles import REFUSED

TODAY = date(2026, 11, 22)
HACKATHON, FRIENDS = OnVettedList("hackathon.toml"), OnVettedList("friends.toml")
JANE, BOB, SAML_JANE = an_identity("Jane Doe"), an_identity("Bob"), an_identity("Jane Doe", "saml")
DOWN = Unknown(f"lists gave no usable answer: {REFUSED}")


class ListsThatRemember(VettedLists):
    """Hold the entries of *hackathon*, and those of friends; know what they were asked."""

    def __init__(self, *hackathon, friends=()):
        everybody = {"hackathon.toml": hackathon, "friends.toml": friends}
        self._lists = {
            name: {each.identity: each for each in everybody[name]} for name in everybody
        }
        self.questions = []

    def entries(self, name, identities):
        self.questions.append((name, frozenset(identities)))
        entries = self._lists[name]
        return {each: entries[each] for each in identities if each in entries}

    def size(self, name):
        return sum(not each.has_run_out(TODAY) for each in self._lists[name].values())

    def today(self):
        return TODAY


class UnreadableLists(VettedLists):
    def entries(self, name, identities):
        raise SystemUnavailable(LISTS, REFUSED)

    def size(self, name):
        raise SystemUnavailable(LISTS, REFUSED)

    def today(self):
        return TODAY


def an_entry(identity=JANE, **changes):
    return VettedPerson(identity=identity, **changes)


def proven(identity=JANE, **names):
    return Proven(identity=identity, names=tuple(names.items()))


def look_up(*entries, **lists):
    return VettedSource(ListsThatRemember(*entries, **lists)).start(CircuitBreaker(LISTS))


def answer_about(entry, identity=JANE):
    """What a list with this entry alone says of somebody."""
    (answer,) = look_up(entry).trust([proven(identity)], [HACKATHON]).values()
    return answer


# -- what an entry means


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({}, ""),
        ({"until": date(2027, 1, 31)}, " until 2027-01-31"),
        ({"vouched_by": "@admin"}, ", vouched for by @admin"),
        ({"note": "speaker"}, " (speaker)"),
        (
            {"until": date(2027, 1, 31), "vouched_by": "@admin", "note": "speaker"},
            " until 2027-01-31, vouched for by @admin (speaker)",
        ),
    ],
)
def test_who_stands_on_a_list_is_trusted_by_it(changes, terms):
    """The answer tells what the entry says."""
    expected = Yes(f'"Jane Doe" is on the list hackathon.toml{terms}')

    assert expected == answer_about(an_entry(**changes))


@pytest.mark.parametrize(
    ("until", "is_trusted"),
    [
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), True),
        (date(2026, 11, 23), True),
        (date.min, False),
        (date.max, True),
    ],
)
def test_the_last_day_is_a_day_of_trust(until, is_trusted):
    assert is_trusted == isinstance(answer_about(an_entry(until=until)), Yes)


@pytest.mark.parametrize(
    ("changes", "terms", "whom"),
    [
        ({}, "", "whoever keeps it"),
        ({"vouched_by": "@admin"}, ", vouched for by @admin", "@admin"),
        ({"note": "speaker"}, " (speaker)", "whoever keeps it"),
    ],
)
def test_who_has_run_out_is_told_when_and_whom_to_ask(changes, terms, whom):
    expected = No(
        f'"Jane Doe" was on the list hackathon.toml until 2026-11-01{terms}',
        f"ask {whom} to extend your time on the list hackathon.toml",
    )

    assert expected == answer_about(an_entry(until=date(2026, 11, 1), **changes))


@pytest.mark.parametrize("entries", [[], [an_entry(BOB)]], ids=["empty list", "somebody else"])
def test_who_is_not_on_a_list_is_told_whom_to_ask(entries):
    (answer,) = look_up(*entries).trust([proven()], [HACKATHON]).values()

    assert (
        No(
            'openid_connect "Jane Doe" is not on the list hackathon.toml',
            "ask whoever keeps the list hackathon.toml to add you",
        )
        == answer
    )


def test_the_same_name_of_another_provider_is_somebody_else():
    answer = answer_about(an_entry(JANE), SAML_JANE)

    assert 'saml "Jane Doe" is not on the list hackathon.toml' == answer.detail


def test_the_name_is_told_as_gitlab_has_it():
    """Not one that the directory found for it."""
    person = proven(JANE, cn="jane doe", uid="jane")

    (answer,) = look_up(an_entry()).trust([person], [HACKATHON]).values()

    assert Yes('"Jane Doe" is on the list hackathon.toml') == answer


def test_a_list_is_named_as_in_the_policy():
    assert ("vetted_list", "hackathon.toml", "list hackathon.toml") == (
        HACKATHON.key,
        HACKATHON.value,
        HACKATHON.title,
    )


# -- one run's questions


def test_every_pair_of_a_person_and_a_list_has_an_answer():
    lookup = look_up(an_entry(JANE), friends=[an_entry(BOB)])
    jane, bob = proven(JANE), proven(BOB)

    answers = lookup.trust([jane, bob], [HACKATHON, FRIENDS])

    assert {
        (jane, HACKATHON): Yes,
        (jane, FRIENDS): No,
        (bob, HACKATHON): No,
        (bob, FRIENDS): Yes,
    } == {pair: type(answer) for pair, answer in answers.items()}


def test_nobody_is_looked_up_twice():
    lists = ListsThatRemember()
    lookup = VettedSource(lists).start(CircuitBreaker(LISTS))

    lookup.trust([proven(JANE)], [HACKATHON])
    lookup.trust([proven(JANE), proven(BOB)], [HACKATHON])
    lookup.trust([proven(BOB)], [HACKATHON])

    assert [("hackathon.toml", {JANE}), ("hackathon.toml", {BOB})] == lists.questions


def test_who_is_trusted_by_a_list_is_counted():
    lookup = look_up(an_entry(JANE), an_entry(BOB, until=date.min))

    assert (1, 0) == (lookup.members(HACKATHON), lookup.members(FRIENDS))


def test_lists_that_cannot_be_read_are_an_outage():
    lookup = VettedSource(UnreadableLists()).start(CircuitBreaker(LISTS))

    assert [DOWN] == list(lookup.trust([proven()], [HACKATHON]).values())
    assert DOWN == lookup.members(HACKATHON)


def test_a_list_has_no_vetoes_and_no_profiles():
    lookup = look_up(an_entry())

    assert {} == lookup.vetoes([proven()], [])
    assert () == lookup.profiles(proven())
    with pytest.raises(AssertionError, match="a list has no veto marked"):
        lookup.canary(MARKED, "Jane Doe", ITSELF)


# -- who is taken at a provider's word


def test_whoever_is_named_is_proven_and_has_no_names():
    people = look_up().people(ITSELF, {ITSELF})

    assert {JANE: proven(JANE), SAML_JANE: proven(SAML_JANE)} == people.prove([JANE, SAML_JANE])


@pytest.mark.parametrize(
    ("one", "other"),
    [("jane", "Jane"), ("jane", "jane "), ("é", "e\u0301"), ("K", "\u212a"), ("", " ")],
)
def test_of_an_extern_uid_that_stands_for_itself_every_character_counts(one, other):
    key = partial(VettedSource.name_key, kind=ITSELF)

    assert key(one) != key(other)


def look(*accounts, lists):
    """The verdicts of a policy that trusts a list, and takes providers at their word."""
    policy = a_policy(
        Rule("Hackathon", (HACKATHON,)),
        vetoes=(MARKED,),
        extern_uid=ITSELF,
        proved_by=LISTS,
        name_key=str,
    )
    review = ReviewAccounts(
        sources={LISTS: VettedSource(lists)}, policy=policy, scope=Scope.FULL, confirm_at_most=25
    )
    return review(accounts)


def an_account_of(number, identity, **changes):
    return an_account(
        id=AccountId(number), username=f"user{number}", identities=(identity,), **changes
    )


def test_who_stands_on_the_list_is_approved_unless_marked():
    accounts = (
        an_account_of(1, JANE),
        an_account_of(2, BOB),
        an_account_of(3, an_identity("Cyd"), mark="wait"),
    )

    plan = look(*accounts, lists=ListsThatRemember(an_entry(), an_entry(an_identity("Cyd"))))

    assert ["approve", "hold", "veto"] == [case.judgement.verdict for case in plan.cases]


def test_two_accounts_of_one_identity_are_both_held():
    plan = look(an_account_of(1, JANE), an_account_of(2, JANE), lists=ListsThatRemember(an_entry()))

    assert ["hold", "hold"] == [case.judgement.verdict for case in plan.cases]
    assert (
        "2 accounts that wait prove to be the same person: @user1, @user2"
        == plan.cases[0].proof.reason
    )


def test_while_lists_cannot_be_read_everybody_waits():
    plan = look(an_account_of(1, JANE), lists=UnreadableLists())

    assert ["wait"] == [case.judgement.verdict for case in plan.cases]
    assert {LISTS: REFUSED} == plan.outages
