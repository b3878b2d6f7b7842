"""The contract of `Phabricator`, for every adapter that claims to be one."""

import pytest

from glaab.domain.evidence import Unknown
from glaab.domain.names import Cn
from glaab.domain.sources.phabricator import PhabricatorAccount, Phid

ADA = Cn("Ada Example")
BOB = Cn("Bob Example")

DIFFICULT = [
    "' OR 1=1 --",
    "100%_of\\everything",
    'Quote "Q" Name',
    "Star*Fish (WMF)",
    "<b>Bold</b> & Co",
    "[[wiki|link]] {{template}}",
    "comma, plus+ semicolon; equals=",
    "línea\nnueva\ttab",
    "\x1b[31mred\u202eder",
    "李雷 🦄",
    " leading",
    "N" * 255,
]


def an_account(username: str = "ada", **changes: object) -> PhabricatorAccount:
    values: dict[str, object] = {
        "phid": Phid(f"PHID-USER-{username}"),
        "username": username,
        "is_person": True,
        "is_activated": True,
        "is_disabled": False,
    }
    return PhabricatorAccount(**(values | changes))


class PhabricatorContract:
    """What every Phabricator must do. Subclass, provide `given`, name it Test...."""

    @pytest.fixture
    def given(self):
        """A function: linked accounts by name, members by project -> the Phabricator under test."""
        raise NotImplementedError

    def test_shows_the_account_that_is_linked_to_a_name(self, given):
        phabricator = given({ADA: (an_account("ada"),), BOB: (an_account("bob"),)}, {})

        found = phabricator.accounts({ADA})

        assert {ADA: (an_account("ada"),)} == found

    def test_a_name_without_an_account_has_no_key(self, given):
        phabricator = given({ADA: (an_account(),)}, {})

        found = phabricator.accounts([BOB, ADA])

        assert {ADA: (an_account(),)} == found

    def test_names_that_are_all_without_an_account_are_an_empty_answer(self, given):
        """That nobody is linked to any of the names is an answer, not a failure."""
        phabricator = given({ADA: (an_account(),)}, {})

        assert {} == phabricator.accounts([BOB, Cn("Nobody")])

    def test_no_names_are_an_empty_answer(self, given):
        phabricator = given({ADA: (an_account(),)}, {})

        assert {} == phabricator.accounts([])

    def test_asking_again_gives_the_same_answer(self, given):
        phabricator = given({ADA: (an_account(),)}, {})

        assert phabricator.accounts([ADA]) == phabricator.accounts([ADA, ADA])

    @pytest.mark.parametrize(
        ("stored", "asked"),
        [
            ("Ada Example", "ada example"),
            ("Ada Example", "Ada  Example"),
            ("Ada Example", "Ada Example  "),
            ("Ada Example  ", "Ada Example"),
            ("Ada Example", " Ada Example"),
            ("Zoë", "Zoe\u0308"),
            ("Fullwidth", "Ｆｕｌｌｗｉｄｔｈ"),
            ("Straße", "Strasse"),
            ("Ada Example", "Ada Ex\udcffample"),
            ("Ada Example", "Ada Example\x00"),
            ("Ada Example", ""),
        ],
    )
    def test_only_exactly_the_same_name_counts(self, given, stored, asked):
        phabricator = given({Cn(stored): (an_account(),), BOB: (an_account("bob"),)}, {})

        found = phabricator.accounts([Cn(asked), BOB])

        assert {BOB: (an_account("bob"),)} == found

    def test_names_with_difficult_letters_are_found(self, given):
        linked = {Cn(name): (an_account(f"u{n}"),) for n, name in enumerate(DIFFICULT)}
        phabricator = given(linked, {})

        assert linked == phabricator.accounts(linked.keys())

    def test_several_accounts_of_one_name_come_ordered_by_username(self, given):
        bob, ada, old = an_account("bob"), an_account("ada"), an_account("old", is_disabled=True)
        phabricator = given({ADA: (bob, old, ada)}, {})

        assert {ADA: (ada, bob, old)} == phabricator.accounts([ADA])

    def test_an_account_with_two_names_appears_under_one_until_asked_for_the_other(self, given):
        """Who asks for both names must ask again for the one that has no key."""
        phabricator = given({ADA: (an_account(),), BOB: (an_account(),)}, {})

        found = phabricator.accounts([ADA, BOB])

        assert 1 == len(found)
        (other,) = {ADA, BOB} - set(found)
        assert {other: (an_account(),)} == phabricator.accounts([other])

    @pytest.mark.parametrize(
        "account",
        [
            an_account(is_person=False),
            an_account(is_activated=False),
            an_account(is_activated=False, is_disabled=True),
            an_account(is_person=False, is_activated=False, is_disabled=True),
        ],
    )
    def test_what_an_account_is_not_is_told(self, given, account):
        phabricator = given({ADA: (account,)}, {})

        assert {ADA: (account,)} == phabricator.accounts([ADA])

    def test_many_names_are_all_found(self, given):
        linked = {Cn(f"Name {n}"): (an_account(f"user{n:03}"),) for n in range(250)}
        phabricator = given(linked, {})

        assert linked == phabricator.accounts(linked.keys())

    def test_many_names_with_many_accounts_are_all_found(self, given):
        """However many accounts bear one name, they push no other name's out of the answer."""
        crowd = tuple(an_account(f"crowd{n:03}") for n in range(300))
        linked = {Cn(f"Name {n}"): (an_account(f"user{n:03}"),) for n in range(99)} | {ADA: crowd}
        phabricator = given(linked, {})

        assert linked == phabricator.accounts(linked.keys())

    def test_shows_the_members_of_a_project(self, given):
        members = frozenset(Phid(f"PHID-USER-{n}") for n in range(600))
        phabricator = given({}, {"trusted_contributors": members, "other": frozenset({Phid("x")})})

        assert members == phabricator.members("trusted_contributors")

    def test_disabled_members_are_members(self, given):
        account = an_account(is_disabled=True, is_activated=False)
        phabricator = given({ADA: (account,)}, {"trusted": frozenset({account.phid})})

        assert frozenset({account.phid}) == phabricator.members("trusted")

    def test_a_missing_project_is_unknown(self, given):
        phabricator = given({}, {"trusted_contributors": frozenset({Phid("PHID-USER-ada")})})

        assert isinstance(phabricator.members("trusted-contributors"), Unknown)

    def test_an_empty_project_is_unknown(self, given):
        phabricator = given({}, {"trusted_contributors": frozenset()})

        assert isinstance(phabricator.members("trusted_contributors"), Unknown)
