"""The answers of MediaWiki's action API that a run reads."""

from typing import Any, TypeVar

import attrs

from glaab.adapters.http.structuring import structure
from glaab.adapters.mediawiki.errors import SYSTEM, AnswerLost, Refused, api_error, one_line
from glaab.domain.errors import SystemUnavailable

T = TypeVar("T")


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
class _ErrorAnswer:
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
            SystemUnavailable: the answer has no text, and does not say that the page is missing.
        """
        match self:
            case _Page(missing=str(), revisions=()):
                return Revision("", None)
            case _Page(redirect=str()):
                raise SystemUnavailable(
                    SYSTEM, "the log page is a redirect: set MEDIAWIKI_LOG_PAGE to its target"
                )
            case _Page(missing=None, revisions=(_Revision(revid, {"main": {"*": text} as main}),)):
                is_wikitext = main.get("contentmodel", "wikitext") == "wikitext"
                if is_wikitext and _is_unicode(text) and (text or not self.length):
                    return Revision(text, revid)
        reason = self.invalidreason or "the wiki gave no text"
        raise SystemUnavailable(SYSTEM, f"the log page cannot be read: {reason}")


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
            AnswerLost: it may have been.
        """
        if self.result == "Failure":
            if self.captcha:
                raise Refused(SYSTEM, "it did not save the edit: it asks for a captcha", "captcha")
            reason = one_line(self.info) or "it gave no reason"
            raise Refused(SYSTEM, f"it did not save the edit: {reason}", "Failure")
        if self.result != "Success":
            raise AnswerLost(SYSTEM, f'the result of the edit was "{one_line(self.result)}"')


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
    if error := _structure(answer, _ErrorAnswer).error:
        raise api_error(error.code, f"{error.info} {error.readonlyreason}")
    return _structure(answer, shape)


def _structure(answer: object, shape: type[T]) -> T:
    try:
        return structure(SYSTEM, answer, shape)
    except SystemUnavailable as error:
        raise AnswerLost(SYSTEM, error.reason) from error


def _is_unicode(text: str) -> bool:
    """True if *text* has no lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text == text.encode("utf-8", "replace").decode()
