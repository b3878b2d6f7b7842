"""Whether glaab can edit the log page, as far as the wiki tells it without an edit."""

from collections.abc import Iterator
from typing import Any

import attrs

from glaab.adapters.http.structuring import structure
from glaab.adapters.mediawiki.api import WikiApi
from glaab.adapters.mediawiki.page import Page
from glaab.adapters.mediawiki.refusals import (
    ARCHIVE,
    LET_EDIT,
    SET_TITLE,
    Block,
    one_line,
    remedy_of,
)
from glaab.adapters.redaction import quote
from glaab.domain.diagnostics import Finding, Health, ok, problem, warning
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

_LONG = 500_000
"""Bytes: an edit takes a wiki (1.39) 14 s at one million, and 23 s at two."""
_ONE_EDIT = 10_000
"""Bytes that a run may have to add."""


@attrs.frozen
class _User:
    rights: tuple[str, ...] | None = None


@attrs.frozen
class _Site:
    maxarticlesize: int | None = None
    """In bytes."""


@attrs.frozen
class _Objection:
    """What the wiki has against an edit, were it made."""

    message: str
    remedy: str

    @classmethod
    def of(cls, error: dict[str, Any]) -> "_Objection":
        """From one of `intestactions`."""
        code, text = str(error.get("code", "")), str(error.get("*", ""))
        data = error.get("data")
        blockinfo = data.get("blockinfo") if isinstance(data, dict) else None
        block = structure(AUDIT_LOG, blockinfo, Block) if blockinfo else None
        message = one_line(text or code)
        if block:
            message = f"{message.rstrip('.')}, {block}"
        return cls(message, remedy_of(code, text, block) or LET_EDIT)


@attrs.frozen
class LogPageCheck:
    """The check of one page by its title; nothing is edited."""

    _api: WikiApi
    _title: str

    def __call__(self) -> Iterator[Finding]:
        """Whatever is wrong with the page, or that glaab can edit it."""
        match self._pages(inprop="protection"):
            case (Page(special=None, invalid=None) as page,):
                yield from self._ordinary_page(page)
            case _:
                yield problem(f'"{self._title}" is not the title of a page to edit', SET_TITLE)

    def _ordinary_page(self, page: Page) -> Iterator[Finding]:
        title = f'"{self._title}"'
        if page.missing is not None:
            yield warning(
                f"{title} does not exist: the first approval will create it",
                "see that MEDIAWIKI_LOG_PAGE is right",
            )
        obstacles = [*self._kind(page), *self._size(page)]
        objections = self._objections()
        if objections is None:
            rights = self._api.query("userinfo", _User, meta="userinfo", uiprop="rights").rights
            objections = [_Objection(each, LET_EDIT) for each in page.protection_from(rights)]
            yield warning(
                f"glaab cannot find out for certain whether it can edit {title}",
                "see on the wiki that its account may edit the page",
            )
        yield from obstacles
        for each in objections:
            yield problem(f"glaab cannot edit {title}: {each.message}", each.remedy)
        if not objections and all(each.health != Health.PROBLEM for each in obstacles):
            yield ok(f"glaab can edit {title}, as far as is known")

    def _kind(self, page: Page) -> Iterator[Finding]:
        if page.redirect is not None:
            yield problem(f'"{self._title}" is a redirect', "set MEDIAWIKI_LOG_PAGE to its target")
        if page.contentmodel not in (None, "wikitext"):
            message = f'"{self._title}" holds {quote(page.contentmodel)}, not wikitext'
            yield problem(message, SET_TITLE)

    def _size(self, page: Page) -> Iterator[Finding]:
        """The wiki takes no page beyond its limit ($wgMaxArticleSize), and is slow long before."""
        size, limit = f'"{self._title}" has {page.length:,} bytes', self._limit()
        if limit is not None and page.length + _ONE_EDIT > limit:
            yield problem(f"{size}, and the wiki takes {limit:,} at most", ARCHIVE)
        elif page.length > _LONG:
            yield warning(f"{size}, all of which each edit reads and sends: that is slow", ARCHIVE)

    def _limit(self) -> int | None:
        """How many bytes a page may have; None if the wiki does not say, which no run asks."""
        try:
            site = self._api.query("general", _Site, meta="siteinfo", siprop="general")
        except SystemUnavailable:
            return None
        return site.maxarticlesize

    def _objections(self) -> list[_Objection] | None:
        """What the wiki says of an edit that is not made; None if it does not say."""
        try:
            pages = self._pages(intestactions="edit", intestactionsdetail="full")
            edits = [page.actions["edit"] for page in pages if "edit" in page.actions]
            return [_Objection.of(each) for each in edits[0]] if edits else None
        except SystemUnavailable:
            return None

    def _pages(self, **parameters: str) -> tuple[Page, ...]:
        """The pages of the title: none if it is of another wiki, several if it is no title."""
        asked = {"prop": "info", "titles": self._title} | parameters
        return tuple(self._api.query("pages", dict[str, Page], **asked).values())
