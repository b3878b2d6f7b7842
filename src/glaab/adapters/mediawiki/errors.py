"""How a MediaWiki refuses or fails, and what that means for the log."""

import attrs
import requests

from glaab.adapters.http.errors import describe_http_status
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

SYSTEM = AUDIT_LOG


@attrs.frozen
class Refused(SystemUnavailable):
    """The wiki understood, said no, and did nothing."""

    code: str

    @property
    def page_changed(self) -> bool:
        """True if the page is not what the edit was based on."""
        return self.code in {"editconflict", "pagedeleted", "articleexists", "missingtitle"}

    @property
    def for_content(self) -> bool:
        """True if the wiki objects to what would be written, not to who writes or when."""
        return self.code in {"hookaborted", "Failure"} or self.code.startswith(
            ("abusefilter-", "spam")
        )


@attrs.frozen
class AnswerLost(SystemUnavailable):
    """No answer came that shows whether anything was done."""


def status_error(response: requests.Response) -> SystemUnavailable:
    """What a status other than 200 means."""
    reason = describe_http_status(
        response.status_code, response.text, "the credentials for MEDIAWIKI_URL"
    )
    if 300 <= response.status_code < 500:
        return SystemUnavailable(SYSTEM, reason)
    return AnswerLost(SYSTEM, reason)


def api_error(code: str, info: str) -> SystemUnavailable:
    """What an error in an answer of HTTP 200 means."""
    reason = f"{one_line(info) or 'it refused'} ({one_line(code)})"
    if code.startswith("internal_api_error_"):
        return AnswerLost(SYSTEM, reason)
    if code.startswith("mwoauth-"):
        reason += ": see MEDIAWIKI_CONSUMER_TOKEN and the other three OAuth settings"
    return Refused(SYSTEM, reason, code)


def one_line(text: str) -> str:
    """*text* of the wiki on one line of reasonable length."""
    return " ".join(text.split())[:300]
