"""One page of a MediaWiki, read and edited."""

from typing import Any

import attrs

from glaab.adapters.mediawiki.answers import Refused
from glaab.adapters.mediawiki.api import WikiApi
from glaab.adapters.redaction import quote
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

_RIGHT_FOR = {"autoconfirmed": "editsemiprotected", "sysop": "editprotected"}
"""The right that a level of protection asks for, where the two differ in name."""


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


@attrs.frozen
class _Protection:
    type: str
    level: str


@attrs.frozen(kw_only=True)
class Page:
    """A page as the wiki shows it: of all this, only what was asked for."""

    missing: str | None = None
    invalid: str | None = None
    invalidreason: str = ""
    special: str | None = None
    redirect: str | None = None
    contentmodel: str | None = None
    length: int = 0
    """In bytes, as the wiki counts them; some leave it out."""
    revisions: tuple[_Revision, ...] = ()
    protection: tuple[_Protection, ...] = ()
    actions: dict[str, tuple[dict[str, Any], ...]] = attrs.field(factory=dict)

    def to_revision(self, title: str) -> Revision:
        """What is on it; raises `SystemUnavailable` if there is no text and it is not missing."""
        match self:
            case Page(missing=str(), revisions=()):
                return Revision("", None)
            case Page(redirect=str()):
                reason = f'"{title}" is a redirect: set MEDIAWIKI_LOG_PAGE to its target'
                raise SystemUnavailable(AUDIT_LOG, reason)
            case Page(missing=None, revisions=(_Revision(revid, {"main": {"*": text} as main}),)):
                is_wikitext = main.get("contentmodel", "wikitext") == "wikitext"
                if is_wikitext and _is_unicode(text) and (text or not self.length):
                    return Revision(text, revid)
        reason = quote(self.invalidreason) or "the wiki gave no text"
        raise SystemUnavailable(AUDIT_LOG, f'"{title}" cannot be read: {reason}')

    def protection_from(self, rights: tuple[str, ...] | None) -> tuple[str, ...]:
        """The protections of the page that *rights* do not overcome; none if those are unknown."""
        if rights is None:
            return ()
        action = "edit" if self.missing is None else "create"
        return tuple(
            f"it is protected: to {action} it takes the right {right}"
            for each in self.protection
            if each.type == action
            if (right := _RIGHT_FOR.get(each.level, each.level)) not in rights
        )


def _is_unicode(text: str) -> bool:
    """True if *text* has no lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text == text.encode("utf-8", "replace").decode()


@attrs.frozen
class WikiPage:
    """A page by its title."""

    _api: WikiApi
    title: str

    def read(self) -> Revision:
        """The page as it is now; raises `SystemUnavailable` if it cannot be read."""
        pages = self._api.query(
            "pages",
            dict[str, Page],
            prop="revisions|info",
            titles=self.title,
            rvprop="ids|timestamp|content",
            rvslots="main",
            curtimestamp="1",
        )
        if len(pages) != 1:
            raise SystemUnavailable(AUDIT_LOG, f'"{self.title}" is not the title of one page')
        (page,) = pages.values()
        return page.to_revision(self.title)

    def edit(self, base: Revision, text: str, summary: str) -> None:
        """Make *text* that of the page if it is still at *base*; fails as `WikiApi.edit` does."""
        # with basetimestamp the edits of one account would never be in conflict (1.39)
        on_base = {"createonly": "1"}
        if base.revid is not None:
            on_base = {"baserevid": str(base.revid), "nocreate": "1"}
        try:
            self._api.edit(
                title=self.title, text=text, summary=summary, bot="1", notminor="1", **on_base
            )
        except Refused as error:
            reason = f'it did not save the edit of "{self.title}": {error.reason}'
            raise attrs.evolve(error, reason=reason) from error
