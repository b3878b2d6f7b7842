"""Phabricator in memory keeps what the port promises, as the real one does."""

import pytest

from glaab.adapters.phabricator.memory import InMemoryPhabricator
from glaab.domain.names import Cn
from tests.builders import a_phabricator_account
from tests.contract.phabricator.contract import PhabricatorContract


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
