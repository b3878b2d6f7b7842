"""The audit log as a page of a wiki."""

from collections.abc import Sequence

import attrs

from glaab.adapters.mediawiki.answers import AnswerLost, ContentRefused, Refused
from glaab.adapters.mediawiki.log_line import edit_summary
from glaab.adapters.mediawiki.log_page import add_entries, unlogged
from glaab.adapters.mediawiki.page import Revision, WikiPage
from glaab.domain.errors import AUDIT_LOG, NotConfirmed, PartlyLogged, SystemUnavailable
from glaab.domain.ports import ApprovalRecord, AuditLog

_TRIES = 10


@attrs.frozen
class WikiAuditLog(AuditLog):
    """One edit of one page; whatever else is on the page stays as it is."""

    _page: WikiPage
    _gitlab_url: str
    """Some names are linked by their full address."""

    def append(self, records: Sequence[ApprovalRecord]) -> None:
        """See `AuditLog`; entries that the wiki objects to do not keep the others out."""
        if not records:
            return
        try:
            self._log(records)
        except ContentRefused:
            self._log_one_by_one(records)

    def _log_one_by_one(self, records: Sequence[ApprovalRecord]) -> None:
        refused: dict[int, str] = {}
        reason = ""
        for record in sorted(records, key=lambda record: record.at):
            try:
                self._log([record])
            except ContentRefused as error:
                refused[record.account_id] = f"@{record.username}"
                reason = error.reason
        if refused:
            reason = f"it refused the entries of {', '.join(refused.values())}: {reason}"
            raise PartlyLogged(AUDIT_LOG, reason, frozenset(refused))

    def _log(self, records: Sequence[ApprovalRecord]) -> None:
        """Edit the page until it holds *records*, at most `_TRIES` times, once without answer."""
        lost: AnswerLost | None = None
        for _ in range(_TRIES):
            page = self._look(lost)
            new = unlogged(page.text, records)
            if not new:
                return
            try:
                text = add_entries(page.text, new, self._gitlab_url)
                self._page.edit(page, text, edit_summary(new))
                return
            except Refused as error:
                if not error.page_changed:
                    raise
            except AnswerLost as error:
                if lost:
                    break
                lost = error
        if lost is None:
            raise SystemUnavailable(AUDIT_LOG, f"the page changed during all {_TRIES} tries")
        if unlogged(self._look(lost).text, records):
            raise NotConfirmed(AUDIT_LOG, f"{lost.reason}; the page does not show it yet")

    def _look(self, lost: AnswerLost | None) -> Revision:
        try:
            return self._page.read()
        except SystemUnavailable as error:
            if lost is None:
                raise
            reason = f"{lost.reason}; and it could not be read again: {error.reason}"
            raise NotConfirmed(AUDIT_LOG, reason) from error
