"""Whether the wiki is as glaab needs it for its log page."""

from collections.abc import Iterator
from typing import Any

import attrs

from glaab.adapters.mediawiki.answers import plain
from glaab.adapters.mediawiki.api import WikiPage
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

_FAR_TOO_MUCH = frozenset(
    {
        *("block", "delete", "editinterface", "editsitecss", "editsitejs", "import", "protect"),
        *("suppressrevision", "undelete", "userrights"),
    }
)
_RIGHT_FOR = {"autoconfirmed": "editsemiprotected", "sysop": "editprotected"}
"""The right that a level of protection asks for, where the two differ in name."""
_SEE_TITLE = "set MEDIAWIKI_LOG_PAGE to the title of one ordinary page"
_SET_CREDENTIALS = (
    "set MEDIAWIKI_CONSUMER_TOKEN and the three beside it, or MEDIAWIKI_USER and"
    " MEDIAWIKI_PASSWORD, to"
)
_SEE_GRANTS = (
    f"{_SET_CREDENTIALS} a consumer or bot password that is granted editing of existing pages,"
    " creation of pages and high-volume editing, and nothing else"
)


@attrs.frozen
class WikiHealthCheck(HealthCheck):
    """Who edits the log page, and whether it can be edited; it is not."""

    system = AUDIT_LOG
    settings = "MEDIAWIKI_URL and the credentials for it"

    _page: WikiPage

    def checks(self) -> Checks:
        """Who glaab is to the wiki, what it may do there, the page, and the wiki's mood."""
        return {
            "login": self._login,
            "rights": self._rights,
            "log page": self._log_page,
            "wiki": self._wiki,
        }

    def _login(self) -> Iterator[Finding]:
        user = self._user("blockinfo")
        if user.anon is not None:
            yield problem(
                "it takes glaab for somebody who is not logged in",
                f"{_SET_CREDENTIALS} those of its account, and see that no proxy takes them away",
            )
            return
        yield ok(f"logged in as {user.name}")
        if user.blockreason is None:
            return
        blocked = f"{user.name} is blocked by {user.blockedby or 'somebody'}: {user.reason}"
        remedy = f"have {user.name} unblocked"
        if user.blockpartial is None:
            yield problem(blocked, remedy)
        else:
            yield warning(f"in part of the wiki {blocked}", f"{remedy} if the log page is in it")

    def _rights(self) -> Iterator[Finding]:
        user = self._user("rights")
        if user.rights is None:
            said = f"it cannot be told what {user.name} may do with these credentials"
            yield warning(said, f"see on the wiki that {user.name} may edit, and not much more")
            return
        if "edit" in user.rights:
            yield ok(f"{user.name} may edit")
        else:
            yield problem(f"{user.name} may not edit with these credentials", _SEE_GRANTS)
        if excess := sorted(_FAR_TOO_MUCH.intersection(user.rights)):
            yield problem(
                f"these credentials have rights that glaab has no use for: {', '.join(excess)}",
                _SEE_GRANTS,
            )
        if "bot" not in user.rights:
            yield warning(
                f"edits of {user.name} are not marked as a bot's, so each shows in the recent"
                " changes",
                f"have {user.name} put into the group bot, and high-volume editing granted to the"
                " consumer or bot password",
            )

    def _log_page(self) -> Iterator[Finding]:
        match self._info(inprop="protection"):
            case (_Page(special=None, invalid=None) as page,):
                yield from self._ordinary_page(page)
            case _:
                yield problem(f'"{self._page.title}" is no title of a page to edit', _SEE_TITLE)

    def _ordinary_page(self, page: "_Page") -> Iterator[Finding]:
        title = f'"{self._page.title}"'
        if page.redirect is not None:
            yield problem(f"{title} is a redirect", "set MEDIAWIKI_LOG_PAGE to its target")
        if page.contentmodel not in (None, "wikitext"):
            yield problem(f"{title} is no wikitext, but {page.contentmodel}", _SEE_TITLE)
        if page.missing is not None:
            yield warning(
                f"{title} does not exist: the first approval will create it",
                "see that MEDIAWIKI_LOG_PAGE is right",
            )
        reasons = self._reasons_not_to_edit()
        if reasons is None:
            reasons = page.protection_from(self._user("rights").rights)
            yield warning(
                f"it cannot be told for certain whether {title} can be edited",
                "see on the wiki whether anything but protection keeps glaab from it",
            )
        for reason in reasons:
            yield problem(
                f"{title} cannot be edited: {plain(reason)}",
                "have its protection lowered, or give the account and its grants what it takes",
            )
        if not reasons:
            yield ok(f"nothing is known to keep glaab from editing {title}")

    def _reasons_not_to_edit(self) -> tuple[str, ...] | None:
        """What the wiki says of an edit that is not made; None where it does not tell."""
        try:
            pages = self._info(intestactions="edit", intestactionsdetail="full")
        except SystemUnavailable:
            return None
        told = [page.actions.get("edit") for page in pages if page.actions is not None]
        if not told or told[0] is None:
            return None
        return tuple(str(each.get("*") or each.get("code")) for each in told[0])

    def _wiki(self) -> Iterator[Finding]:
        """No run asks for it: the wiki may be edited without telling of itself."""
        try:
            about = self._page.query(_SiteInfo, meta="siteinfo", siprop="general").query.general
        except SystemUnavailable as error:
            said = f"it cannot be told whether the wiki is read-only: {error.reason}"
            yield warning(said, "see on the wiki that it can be edited")
            return
        if about.readonly is None:
            yield ok("the wiki can be edited")
        else:
            yield warning(
                f"the wiki is read-only: {plain(about.readonlyreason)}",
                "nothing, if it is brief: what is approved meanwhile is logged by a later run",
            )

    def _user(self, uiprop: str) -> "_User":
        return self._page.query(_UserInfo, meta="userinfo", uiprop=uiprop).query.userinfo

    def _info(self, **parameters: str) -> "tuple[_Page, ...]":
        asked = {"prop": "info", "titles": self._page.title, **parameters}
        return tuple(self._page.query(_PageInfo, **asked).query.pages.values())


@attrs.frozen(kw_only=True)
class _User:
    name: str
    anon: str | None = None
    rights: tuple[str, ...] | None = None
    blockreason: str | None = None
    blockedby: str = ""
    blockpartial: str | None = None

    @property
    def reason(self) -> str:
        return plain(self.blockreason or "") or "no reason is given"


@attrs.frozen
class _AboutUser:
    userinfo: _User


@attrs.frozen
class _UserInfo:
    query: _AboutUser


@attrs.frozen
class _Protection:
    type: str
    level: str


@attrs.frozen(kw_only=True)
class _Page:
    missing: str | None = None
    invalid: str | None = None
    special: str | None = None
    redirect: str | None = None
    contentmodel: str | None = None
    protection: tuple[_Protection, ...] = ()
    actions: dict[str, tuple[dict[str, Any], ...]] | None = None

    def protection_from(self, rights: tuple[str, ...] | None) -> tuple[str, ...]:
        """The protections of the page that *rights* are not enough for, if those are known."""
        if rights is None:
            return ()
        action = "edit" if self.missing is None else "create"
        return tuple(
            f"it is protected: to {action} takes the right {right}"
            for each in self.protection
            if each.type == action
            if (right := _RIGHT_FOR.get(each.level, each.level)) not in rights
        )


@attrs.frozen
class _Pages:
    pages: dict[str, _Page] = attrs.field(factory=dict)


@attrs.frozen
class _PageInfo:
    query: _Pages = attrs.field(factory=_Pages)


@attrs.frozen
class _General:
    readonly: str | None = None
    readonlyreason: str = ""


@attrs.frozen
class _AboutWiki:
    general: _General


@attrs.frozen
class _SiteInfo:
    query: _AboutWiki
