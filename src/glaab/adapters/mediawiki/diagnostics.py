"""What `glaab doctor` checks of the wiki: whether glaab can edit the log page."""

from collections.abc import Iterator
from datetime import datetime

import attrs

from glaab.adapters.mediawiki.answers import one_line
from glaab.adapters.mediawiki.api import WikiApi
from glaab.adapters.mediawiki.clock import SET_CLOCK, clock_difference, describe_difference
from glaab.adapters.mediawiki.page import Page
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

_EXCESSIVE_RIGHTS = (
    *("block", "delete", "editinterface", "editsitecss", "editsitejs", "import", "protect"),
    *("suppressrevision", "undelete", "userrights"),
)
_SET_TITLE = "set MEDIAWIKI_LOG_PAGE to the title of one ordinary page"
_SET_CREDENTIALS = (
    "set MEDIAWIKI_CONSUMER_TOKEN and the other three OAuth settings, or MEDIAWIKI_USER and"
    " MEDIAWIKI_PASSWORD, to"
)
_SET_GRANTS = (
    f"{_SET_CREDENTIALS} a consumer or bot password that is granted editing of existing pages,"
    " creation of pages and high-volume editing, and nothing else"
)
_ASK = "ask an administrator of the wiki to"
_LET_EDIT = (
    f"{_ASK} let glaab's account edit the page, and grant whatever right that takes to the"
    " consumer or bot password, too"
)


@attrs.frozen(kw_only=True)
class _User:
    name: str
    anon: str | None = None
    rights: tuple[str, ...] | None = None
    blockreason: str | None = None
    blockedby: str = ""
    blockpartial: str | None = None


@attrs.frozen(kw_only=True)
class _Site:
    generator: str
    """Always there: without it the wiki has not told whether it is read-only."""
    readonly: str | None = None
    readonlyreason: str = ""
    time: datetime | None = None


@attrs.frozen
class WikiHealthCheck(HealthCheck):
    """The account, its rights, the log page and the wiki; nothing is edited."""

    system = AUDIT_LOG
    settings = "MEDIAWIKI_URL and the credentials for it"

    _api: WikiApi
    _title: str

    def checks(self) -> Checks:
        """In the order in which `glaab doctor` shows them."""
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
                "the wiki treats glaab as somebody who is not logged in",
                f"{_SET_CREDENTIALS} those of its account, and see that no proxy removes them",
            )
            return
        yield ok(f"logged in as {user.name}")
        if user.blockreason is None:
            return
        reason = one_line(user.blockreason) or "no reason is given"
        block = f"by {user.blockedby or 'somebody'}: {reason}"
        remedy = f"{_ASK} unblock {user.name}"
        if user.blockpartial is None:
            yield problem(f"{user.name} is blocked {block}", remedy)
        else:
            yield warning(
                f"{user.name} is blocked in part of the wiki {block}",
                f"{remedy} if the log page is in that part",
            )

    def _rights(self) -> Iterator[Finding]:
        user = self._user("rights")
        if user.rights is None:
            yield warning(
                f"glaab cannot find out what {user.name} may do with these credentials",
                f"see on the wiki that {user.name} may edit, and not much more",
            )
            return
        if "edit" in user.rights:
            yield ok(f"{user.name} may edit")
        else:
            yield problem(f"{user.name} may not edit with these credentials", _SET_GRANTS)
        if excess := sorted(set(user.rights).intersection(_EXCESSIVE_RIGHTS)):
            yield problem(
                f"these credentials have rights that glaab does not need: {', '.join(excess)}",
                _SET_GRANTS,
            )
        if "bot" not in user.rights:
            yield warning(
                f"edits of {user.name} are not marked as a bot's, so each shows in the recent"
                " changes",
                f"{_ASK} put {user.name} into the group bot, and grant high-volume editing to the"
                " consumer or bot password",
            )

    def _log_page(self) -> Iterator[Finding]:
        match self._pages(inprop="protection"):
            case (Page(special=None, invalid=None) as page,):
                yield from self._ordinary_page(page)
            case _:
                yield problem(f'"{self._title}" is not the title of a page to edit', _SET_TITLE)

    def _ordinary_page(self, page: Page) -> Iterator[Finding]:
        title = f'"{self._title}"'
        if page.redirect is not None:
            yield problem(f"{title} is a redirect", "set MEDIAWIKI_LOG_PAGE to its target")
        if page.contentmodel not in (None, "wikitext"):
            yield problem(f"{title} holds {page.contentmodel}, not wikitext", _SET_TITLE)
        if page.missing is not None:
            yield warning(
                f"{title} does not exist: the first approval will create it",
                "see that MEDIAWIKI_LOG_PAGE is right",
            )
        reasons = self._reasons_not_to_edit()
        if reasons is None:
            reasons = page.protection_from(self._user("rights").rights)
            yield warning(
                f"glaab cannot find out for certain whether it can edit {title}",
                "see on the wiki that its account may edit the page",
            )
        for reason in reasons:
            yield problem(f"glaab cannot edit {title}: {one_line(reason)}", _LET_EDIT)
        if not reasons:
            yield ok(f"glaab can edit {title}, as far as is known")

    def _reasons_not_to_edit(self) -> tuple[str, ...] | None:
        """What the wiki says of an edit that is not made; None if it does not say."""
        try:
            pages = self._pages(intestactions="edit", intestactionsdetail="full")
        except SystemUnavailable:
            return None
        edits = [page.actions["edit"] for page in pages if "edit" in page.actions]
        return tuple(str(each.get("*") or each.get("code")) for each in edits[0]) if edits else None

    def _wiki(self) -> Iterator[Finding]:
        """No run asks for it: a wiki may be edited that does not answer this."""
        sent_at = self._api.clock()
        try:
            site = self._api.query("general", _Site, meta="siteinfo", siprop="general")
        except SystemUnavailable as error:
            yield warning(
                f"glaab cannot find out whether the wiki is read-only: {error.reason}",
                "see on the wiki that it can be edited",
            )
            return
        if site.readonly is None:
            yield ok("the wiki can be edited")
        else:
            yield warning(
                f"the wiki is read-only: {one_line(site.readonlyreason)}",
                "nothing, if it is brief: what is approved meanwhile is logged by a later run",
            )
        received_at = self._api.clock()
        if site.time and (
            difference := clock_difference(site.time, sent_at=sent_at, received_at=received_at)
        ):
            message = f"{describe_difference(difference)}, and entries have this machine's time"
            yield warning(message, SET_CLOCK)

    def _user(self, uiprop: str) -> _User:
        return self._api.query("userinfo", _User, meta="userinfo", uiprop=uiprop)

    def _pages(self, **parameters: str) -> tuple[Page, ...]:
        """The pages of the title: none if it is of another wiki, several if it is no title."""
        asked = {"prop": "info", "titles": self._title} | parameters
        return tuple(self._api.query("pages", dict[str, Page], **asked).values())
