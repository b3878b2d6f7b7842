"""One page of a MediaWiki, read and edited."""

import attrs

from glaab.adapters.mediawiki.api import WikiApi
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable


@attrs.frozen
class Revision:
    """What is on the page."""

    text: str
    revid: int | None
    """None when the wiki says that the page is missing."""


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
        match self:
            case _Page(missing=str(), revisions=()):
                return Revision("", None)
            case _Page(redirect=str()):
                raise SystemUnavailable(
                    AUDIT_LOG, "the log page is a redirect: set MEDIAWIKI_LOG_PAGE to its target"
                )
            case _Page(missing=None, revisions=(_Revision(revid, {"main": {"*": text} as main}),)):
                is_wikitext = main.get("contentmodel", "wikitext") == "wikitext"
                if is_wikitext and _is_unicode(text) and (text or not self.length):
                    return Revision(text, revid)
        reason = self.invalidreason or "the wiki gave no text"
        raise SystemUnavailable(AUDIT_LOG, f"the log page cannot be read: {reason}")


def _is_unicode(text: str) -> bool:
    """True if *text* has no lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text == text.encode("utf-8", "replace").decode()


@attrs.frozen
class _Pages:
    pages: dict[str, _Page]


@attrs.frozen
class WikiPage:
    """A page by its title."""

    _api: WikiApi
    title: str

    def read(self) -> Revision:
        """
        The page as it is now.

        Raises:
            SystemUnavailable: it could not be read.
        """
        answer = self._api.query(
            _Pages,
            prop="revisions|info",
            titles=self.title,
            rvprop="ids|timestamp|content",
            rvslots="main",
        )
        match tuple(answer.pages.values()):
            case (page,):
                return page.to_revision()
            case _:
                reason = f'"{self.title}" is not the title of one page'
                raise SystemUnavailable(AUDIT_LOG, reason)

    def edit(self, base: Revision, text: str, summary: str) -> None:
        """
        Make *text* the text of the page, if it is still at *base*.

        Raises:
            Refused: nothing was changed.
            AnswerLost: the edit may or may not have been made.
            SystemUnavailable: nothing was changed, and the wiki did not say why.
        """
        # with basetimestamp the edits of one account would never be in conflict (1.39)
        on_base = {"createonly": "1"}
        if base.revid is not None:
            on_base = {"baserevid": str(base.revid), "nocreate": "1"}
        self._api.edit(
            title=self.title, text=text, summary=summary, bot="1", notminor="1", **on_base
        )
