"""The log page in memory keeps what the audit log promises, as the real ones do."""

import pytest

from glaab.adapters.mediawiki.memory import InMemoryAuditLog
from tests.builders import GITLAB_URL
from tests.contract.mediawiki.contract import AuditLogContract
from tests.log_lines import usernames_on


class TestInMemoryAuditLog(AuditLogContract):
    rung = "memory"

    @pytest.fixture
    def given(self):
        return lambda: InMemoryAuditLog(GITLAB_URL)

    @pytest.fixture
    def entries(self):
        return lambda log: usernames_on(log.page)
