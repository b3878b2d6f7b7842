"""GitLab in memory keeps what the port promises, as the real one does."""

import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.domain.accounts import Username
from tests.builders import an_unreadable_account
from tests.contract.gitlab.contract import GitLabContract


class TestInMemoryGitLab(GitLabContract):
    rung = "memory"

    @pytest.fixture
    def given(self):
        return InMemoryGitLab


def test_nobody_is_found_by_a_username_that_cannot_be_read():
    nameless = an_unreadable_account(username=Username(""))

    gitlab = InMemoryGitLab([nameless])

    assert gitlab.find(Username("")) is None
    assert nameless == gitlab.find(nameless.id).account
    assert (nameless,) == gitlab.pending()
