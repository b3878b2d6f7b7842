"""The contract of `Gerrit`, for every adapter that claims to be one."""

import pytest

from glaab.domain.evidence import Unknown
from glaab.domain.names import Uid
from glaab.domain.sources.gerrit import GerritAccount

TRUSTED = "Trusted-Contributors"


def an_account(username: str = "ada", is_active: bool = True) -> GerritAccount:
    return GerritAccount(username=username, is_active=is_active)


class GerritContract:
    """What every Gerrit must do. Subclass, provide `given`, name it Test...."""

    @pytest.fixture
    def given(self):
        """A function: accounts, members by group -> the Gerrit under test."""
        raise NotImplementedError

    def test_shows_the_members_of_a_group(self, given):
        gerrit = given(
            [an_account("ada"), an_account("bob")],
            {TRUSTED: frozenset({Uid("ada")}), "Other": frozenset({Uid("bob")})},
        )

        assert frozenset({"ada"}) == gerrit.members(TRUSTED)

    def test_members_are_folded_for_comparing(self, given):
        gerrit = given([an_account("Ada.X")], {TRUSTED: frozenset({Uid("Ada.X")})})

        assert frozenset({"ada.x"}) == gerrit.members(TRUSTED)

    def test_inactive_members_are_members(self, given):
        gerrit = given([an_account(is_active=False)], {TRUSTED: frozenset({Uid("ada")})})

        assert frozenset({"ada"}) == gerrit.members(TRUSTED)

    @pytest.mark.parametrize(
        "group", ["Trusted Contributors", "tools/trusted", "50% & more?#", "ÄÖÜ 李雷", '"quoted"']
    )
    def test_groups_with_difficult_names_are_found(self, given, group):
        gerrit = given([an_account()], {group: frozenset({Uid("ada")})})

        assert frozenset({"ada"}) == gerrit.members(group)

    def test_a_missing_group_is_unknown(self, given):
        gerrit = given([an_account()], {TRUSTED: frozenset({Uid("ada")})})

        assert isinstance(gerrit.members("Trusted"), Unknown)

    def test_an_empty_group_is_unknown(self, given):
        gerrit = given([an_account()], {TRUSTED: frozenset()})

        assert isinstance(gerrit.members(TRUSTED), Unknown)

    def test_shows_accounts_whether_active_or_not(self, given):
        gerrit = given([an_account("ada"), an_account("bob", is_active=False)], {})

        found = gerrit.accounts({Uid("ada"), Uid("bob")})

        assert {"ada": an_account("ada"), "bob": an_account("bob", is_active=False)} == found

    @pytest.mark.parametrize("is_active", [True, False])
    def test_shows_one_account_whether_active_or_not(self, given, is_active):
        gerrit = given([an_account(is_active=is_active)], {})

        assert {"ada": an_account(is_active=is_active)} == gerrit.accounts([Uid("ada")])

    def test_who_has_no_account_has_no_key(self, given):
        gerrit = given([an_account("ada")], {})

        assert {"ada": an_account()} == gerrit.accounts([Uid("ada"), Uid("bob")])
        assert {} == gerrit.accounts([Uid("bob"), Uid("ad"), Uid("adam")])

    def test_no_uids_are_an_empty_answer(self, given):
        gerrit = given([an_account()], {})

        assert {} == gerrit.accounts([])

    def test_case_does_not_count(self, given):
        """Every spelling that was asked has the account under it."""
        gerrit = given([an_account("ada")], {})

        found = gerrit.accounts([Uid("ADA"), Uid("ada")])

        assert {"ADA": an_account("ada"), "ada": an_account("ada")} == found

    @pytest.mark.parametrize("prefix", ["user", "x" * 200])
    def test_many_uids_are_all_found(self, given, prefix):
        """However many, and however long, so that no address has room for all of them."""
        accounts = [an_account(f"{prefix}{n}", is_active=n % 3 > 0) for n in range(101)]
        gerrit = given(accounts, {})

        found = gerrit.accounts([Uid(account.username) for account in accounts])

        assert {account.username: account for account in accounts} == found

    @pytest.mark.parametrize("username", ["a.b-c_d", "a+b&c%20d", "a#b?c/d@e", "a{b}~c", "0", "x*"])
    def test_usernames_with_difficult_letters_are_found(self, given, username):
        gerrit = given([an_account(username), an_account("ada")], {})

        found = gerrit.accounts([Uid(username), Uid("ada")])

        assert {username: an_account(username), "ada": an_account("ada")} == found
        assert {username: an_account(username)} == gerrit.accounts([Uid(username)])

    @pytest.mark.parametrize(
        "uid",
        [
            'x" OR username:"ada',
            "ada) OR (is:active",
            "ada example",
            "back\\slash",
            "ａｄａ",
            "\u212aelvin",
            "ädä",
            "ada\x00",
            "ada\n",
            "ada\udcff",
            "-ada",
            "",
        ],
    )
    def test_what_can_be_no_username_has_no_key_and_harms_no_other(self, given, uid):
        gerrit = given([an_account("ada"), an_account("kelvin")], {})

        assert {"ada": an_account()} == gerrit.accounts([Uid(uid), Uid("ada")])
        assert {} == gerrit.accounts([Uid(uid)])
