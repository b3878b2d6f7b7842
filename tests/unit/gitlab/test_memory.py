"""GitLab in memory keeps what the port promises, as the real one does."""

import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from tests.contract.gitlab.contract import GitLabContract


class TestInMemoryGitLab(GitLabContract):
    rung = "memory"

    @pytest.fixture
    def given(self):
        return InMemoryGitLab
