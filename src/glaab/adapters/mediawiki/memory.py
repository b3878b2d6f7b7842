"""The wiki's log page in memory."""

from collections.abc import Sequence

from glaab.adapters.mediawiki.log_page import add_entries
from glaab.domain.ports import ApprovalRecord, AuditLog


class InMemoryAuditLog(AuditLog):
    """A log page as the wiki would show it."""

    def __init__(self, gitlab_url: str) -> None:
        self.page = ""
        self._gitlab_url = gitlab_url

    def append(self, records: Sequence[ApprovalRecord]) -> None:
        self.page = add_entries(self.page, records, self._gitlab_url)
