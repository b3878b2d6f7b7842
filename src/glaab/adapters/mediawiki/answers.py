"""The answers of MediaWiki's action API: what it says, and how it refuses or fails."""

from typing import Any

import attrs

from glaab.adapters.mediawiki.refusals import ASK, Block, is_passing, remedy_of
from glaab.adapters.redaction import quote
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable


@attrs.frozen
class Refused(SystemUnavailable):
    """The wiki, or a proxy before it, said no, and nothing was done."""

    code: str
    """MediaWiki's, or the HTTP status."""

    @property
    def is_passing(self) -> bool:
        """True if nobody has to act, so long as it is brief."""
        return self.code in {"readonly", "maxlag", "ratelimited"}

    @property
    def page_changed(self) -> bool:
        """True if the page is not what the edit was based on."""
        return self.code in {"editconflict", "pagedeleted", "articleexists", "missingtitle"}


@attrs.frozen
class ContentRefused(Refused):
    """The wiki objects to what would be written, not to who writes or when."""


@attrs.frozen
class NotChecked(SystemUnavailable):
    """
    The wiki could not check who asks; another request, signed anew, may do.

    It does not say that nothing was done: of a request that a proxy sent twice, the second one
    is answered so.
    """

    is_passing = True


@attrs.frozen
class AnswerLost(SystemUnavailable):
    """No answer came that shows whether an edit was made."""


@attrs.frozen(kw_only=True)
class _Error:
    code: str
    info: str = ""
    readonlyreason: str = ""
    blockinfo: Block | None = None

    def to_exception(self) -> SystemUnavailable:
        reason = f"{self._details} ({quote(self.code)})"
        if remedy := remedy_of(self.code, self.info, self.blockinfo):
            reason += f": {remedy}"
        if self.code.startswith("internal_api_error_"):
            return SystemUnavailable(AUDIT_LOG, reason)
        if is_passing(self.code, self.info):
            return NotChecked(AUDIT_LOG, reason)
        if self.code == "hookaborted" or self.code.startswith(("abusefilter-", "spam")):
            return ContentRefused(AUDIT_LOG, reason, self.code)
        return Refused(AUDIT_LOG, reason, self.code)

    @property
    def _details(self) -> str:
        details = f"{quote(self.info)} {quote(self.readonlyreason)}".strip() or "it refused"
        return f"{details.rstrip('.')}, {self.blockinfo}" if self.blockinfo else details


@attrs.frozen
class Answer:
    """Of any action: with HTTP 200 it may be an error all the same."""

    error: _Error | None = None

    def check(self) -> None:
        """Raise `Refused` or, if MediaWiki itself is broken, `SystemUnavailable`."""
        if self.error:
            raise self.error.to_exception()


@attrs.frozen
class Login:
    """Of `action=login`."""

    result: str
    reason: str = ""

    def check(self) -> None:
        """Raise `SystemUnavailable` if the wiki did not let the bot in."""
        if self.result != "Success":
            reason = quote(self.reason or self.result)
            remedy = "see MEDIAWIKI_USER and MEDIAWIKI_PASSWORD"
            raise SystemUnavailable(AUDIT_LOG, f"it refused the bot password ({reason}): {remedy}")


@attrs.frozen(kw_only=True)
class Edit:
    """Of `action=edit`."""

    result: str
    captcha: Any = None
    info: str = ""

    def check(self) -> None:
        """Raise `Refused` if the edit was not made, `SystemUnavailable` if it may have been."""
        if self.result == "Failure" and self.captcha:
            reason = f"it asks for a captcha: {ASK} give glaab's account the right skipcaptcha"
            raise Refused(AUDIT_LOG, reason, "captcha")
        if self.result == "Failure":
            reason = quote(self.info) or "it gave no reason"
            raise ContentRefused(AUDIT_LOG, reason, "Failure")
        if self.result != "Success":
            reason = f'the result of the edit was "{quote(self.result)}"'
            raise SystemUnavailable(AUDIT_LOG, reason)
