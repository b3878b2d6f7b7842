"""What the action API of MediaWiki answers, and what that means."""

from typing import Any, TypeVar

import attrs
import requests

from glaab.adapters.http.session import describe_http_status
from glaab.adapters.http.structuring import structure
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

T = TypeVar("T")

_SYSTEM = AUDIT_LOG


@attrs.frozen
class Refused(SystemUnavailable):
    """The wiki understood, said no, and did nothing."""

    code: str

    @property
    def page_changed(self) -> bool:
        """Whether the page is not what the edit was based on."""
        return self.code in {"editconflict", "pagedeleted", "articleexists", "missingtitle"}

    @property
    def for_content(self) -> bool:
        """Whether the wiki objects to what would be written, not to who writes or when."""
        return self.code in {"hookaborted", "Failure"} or self.code.startswith(
            ("abusefilter-", "spam")
        )


@attrs.frozen
class AnswerLost(SystemUnavailable):
    """No answer came that tells whether anything was done."""


@attrs.frozen
class Revision:
    """What is on the page."""

    text: str
    revid: int | None
    """None when the wiki says that the page is missing."""


@attrs.frozen(kw_only=True)
class _Error:
    code: str
    info: str = ""
    readonlyreason: str = ""


@attrs.frozen
class _Failed:
    error: _Error | None = None


@attrs.frozen
class _Tokens:
    tokens: dict[str, str]


@attrs.frozen
class TokensAnswer:
    """To a query for tokens."""

    query: _Tokens


@attrs.frozen
class _Login:
    result: str
    reason: str = ""


@attrs.frozen
class LoginAnswer:
    """To `action=login`."""

    login: _Login


@attrs.frozen
class _Revision:
    revid: int
    slots: dict[str, dict[str, str]]


@attrs.frozen(kw_only=True)
class _Page:
    missing: str | None = None
    invalidreason: str = ""
    redirect: str | None = None
    length: int = 0
    """In bytes, as the wiki counts them; some leave it out."""
    revisions: tuple[_Revision, ...] = ()

    def to_revision(self) -> Revision:
        """
        What is on it.

        Raises:
            SystemUnavailable: neither a text nor the word that it is missing was given.
        """
        match self:
            case _Page(missing=str(), revisions=()):
                return Revision("", None)
            case _Page(redirect=str()):
                raise SystemUnavailable(_SYSTEM, "the log page is a redirect: name its target")
            case _Page(missing=None, revisions=(_Revision(revid, {"main": {"*": text} as main}),)):
                is_wikitext = main.get("contentmodel", "wikitext") == "wikitext"
                if is_wikitext and _is_unicode(text) and (text or not self.length):
                    return Revision(text, revid)
        said = self.invalidreason or "it gave no text of it"
        raise SystemUnavailable(_SYSTEM, f"the log page cannot be read: {said}")


@attrs.frozen
class _Pages:
    pages: dict[str, _Page]


@attrs.frozen
class PagesAnswer:
    """To a query for pages."""

    query: _Pages


@attrs.frozen(kw_only=True)
class _Edit:
    result: str
    captcha: Any = None
    info: str = ""

    def check(self) -> None:
        """
        Nothing, if the edit was made.

        Raises:
            Refused: it was not, for its content.
            AnswerLost: it cannot be told.
        """
        if self.result == "Failure":
            if self.captcha:
                raise Refused(_SYSTEM, "it did not save the edit: it asks for a captcha", "captcha")
            why = plain(self.info) or "without a word"
            raise Refused(_SYSTEM, f"it did not save the edit: {why}", "Failure")
        if self.result != "Success":
            raise AnswerLost(_SYSTEM, f'the result of the edit was "{plain(self.result)}"')


@attrs.frozen
class EditAnswer:
    """To `action=edit`."""

    edit: _Edit


def parse_answer(answer: object, shape: type[T]) -> T:
    """
    An answer of HTTP 200, which may be an error all the same.

    Raises:
        Refused: it is an error.
        AnswerLost: it is an error inside MediaWiki, or something else altogether.
    """
    if problem := _structured(answer, _Failed).error:
        raise _said(problem)
    return _structured(answer, shape)


def _structured(answer: object, shape: type[T]) -> T:
    try:
        return structure(_SYSTEM, answer, shape)
    except SystemUnavailable as error:
        raise AnswerLost(_SYSTEM, error.reason) from error


def of_status(response: requests.Response) -> SystemUnavailable:
    """What a status other than 200 means."""
    said = describe_http_status(
        response.status_code, response.text, "the credentials for MEDIAWIKI_URL"
    )
    if 300 <= response.status_code < 500:
        return SystemUnavailable(_SYSTEM, said)
    return AnswerLost(_SYSTEM, said)


def _said(problem: _Error) -> SystemUnavailable:
    words = plain(f"{problem.info} {problem.readonlyreason}") or "it refused"
    reason = f"{words} ({plain(problem.code)})"
    if problem.code.startswith("internal_api_error_"):
        return AnswerLost(_SYSTEM, reason)
    if problem.code.startswith("mwoauth-"):
        reason += ": see MEDIAWIKI_CONSUMER_TOKEN and the three beside it"
    return Refused(_SYSTEM, reason, problem.code)


def plain(text: str) -> str:
    """What the wiki says, on one line of reasonable length."""
    return " ".join(text.split())[:300]


def _is_unicode(text: str) -> bool:
    """Whether *text* has no lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text == text.encode("utf-8", "replace").decode()
