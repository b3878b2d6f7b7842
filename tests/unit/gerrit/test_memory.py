"""Gerrit in memory keeps what the port promises, as the real one does."""

import pytest

from glaab.adapters.gerrit.memory import InMemoryGerrit
from glaab.domain.names import Uid
from tests.builders import a_gerrit_account
from tests.contract.gerrit.contract import GerritContract


class TestInMemoryGerrit(GerritContract):
    rung = "memory"

    @pytest.fixture
    def given(self):
        return InMemoryGerrit

    @pytest.mark.parametrize("active", ["ada", "Ada"])
    def test_of_two_accounts_that_differ_in_case_the_inactive_one_shows(self, active):
        accounts = [a_gerrit_account(name, is_active=name == active) for name in ("ada", "Ada")]

        (found,) = InMemoryGerrit(accounts, {}).accounts([Uid("ada")]).values()

        assert not found.is_active
