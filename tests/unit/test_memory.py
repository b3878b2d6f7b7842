"""The systems but GitLab in memory keep what the ports promise, as the real ones do."""

import pytest

from glaab.adapters.gerrit.memory import InMemoryGerrit
from glaab.adapters.ldap.memory import InMemoryDirectory
from glaab.adapters.phabricator.memory import InMemoryPhabricator
from glaab.domain.names import Cn, Uid
from tests.builders import a_gerrit_account, a_phabricator_account
from tests.contract.gerrit.contract import GerritContract
from tests.contract.ldap.contract import DirectoryContract
from tests.contract.phabricator.contract import PhabricatorContract


class TestInMemoryDirectory(DirectoryContract):
    rung = "memory"

    @pytest.fixture
    def given(self):
        def directory(people, groups=None, **locks):
            return InMemoryDirectory(people, groups or {}, **locks)

        return directory


class TestInMemoryPhabricator(PhabricatorContract):
    rung = "memory"

    @pytest.fixture
    def given(self):
        return InMemoryPhabricator

    def test_an_account_shows_under_the_last_of_its_names(self):
        """So that a run in memory comes out the same each time."""
        linked = {Cn(name): (a_phabricator_account(),) for name in ("Bo", "Al", "Cy")}
        phabricator = InMemoryPhabricator(linked, {})

        assert ["Cy"] == list(phabricator.accounts({Cn("Cy"), Cn("Al"), Cn("Bo")}))


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
