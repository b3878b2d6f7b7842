"""The directory in memory keeps what the port promises, as the real one does."""

import pytest

from glaab.adapters.ldap.memory import InMemoryDirectory
from tests.contract.ldap.contract import DirectoryContract


class TestInMemoryDirectory(DirectoryContract):
    rung = "memory"

    @pytest.fixture
    def given(self):
        def directory(people, groups=None, **locks):
            return InMemoryDirectory(people, groups or {}, **locks)

        return directory
