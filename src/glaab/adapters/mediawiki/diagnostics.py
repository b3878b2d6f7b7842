"""What `glaab doctor` checks of the wiki: whether glaab can edit the log page."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

import attrs

from glaab.adapters.mediawiki.answers import NotChecked, Refused
from glaab.adapters.mediawiki.api import WikiApi
from glaab.adapters.mediawiki.clock import SET_CLOCK, clock_difference, describe_difference
from glaab.adapters.mediawiki.page_check import LogPageCheck
from glaab.adapters.mediawiki.refusals import ASK, WAIT, Block, one_line
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

_EXCESSIVE_RIGHTS = (
    *("block", "delete", "editinterface", "editsitecss", "editsitejs", "import", "protect"),
    *("suppressrevision", "undelete", "userrights"),
)
_SET_CREDENTIALS = (
    "set MEDIAWIKI_CONSUMER_TOKEN and the other three OAuth settings, or MEDIAWIKI_USER and"
    " MEDIAWIKI_PASSWORD, to"
)
_SET_GRANTS = (
    f"{_SET_CREDENTIALS} a consumer or bot password that is granted editing of existing pages,"
    " creation of pages and high-volume editing, and nothing else"
)


@attrs.frozen(kw_only=True)
class _User:
    name: str
    anon: str | None = None
    rights: tuple[str, ...] | None = None
    blockid: int | None = None
    blockedby: str = ""
    blockreason: str | None = None
    blockexpiry: str = ""
    blockpartial: str | None = None

    @property
    def block(self) -> Block | None:
        """None if there is none."""
        if self.blockreason is None:
            return None
        return Block(
            blockid=self.blockid,
            blockedby=self.blockedby,
            blockreason=self.blockreason,
            blockexpiry=self.blockexpiry,
        )


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
        checks: Checks = {
            "login": self._login,
            "rights": self._rights,
            "log page": LogPageCheck(self._api, self._title),
            "wiki": self._wiki,
        }
        return {title: partial(_without_passing_trouble, check) for title, check in checks.items()}

    def _login(self) -> Iterator[Finding]:
        user = self._user("blockinfo")
        if user.anon is not None:
            yield problem(
                "the wiki treats glaab as somebody who is not logged in",
                f"{_SET_CREDENTIALS} those of its account, and see that no proxy removes them",
            )
            return
        yield ok(f"logged in as {user.name}")
        if not (block := user.block):
            return
        if user.blockpartial is None:
            yield problem(f"{user.name} is blocked {block}", block.remedy)
        else:
            yield warning(
                f"{user.name} is blocked in part of the wiki {block}",
                f"if the log page is in that part, {block.remedy}",
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
                f"{ASK} put {user.name} into the group bot, and grant high-volume editing to the"
                " consumer or bot password",
            )

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
            yield warning(f"the wiki is read-only: {one_line(site.readonlyreason)}", WAIT)
        received_at = self._api.clock()
        if site.time and (
            difference := clock_difference(site.time, sent_at=sent_at, received_at=received_at)
        ):
            message = f"{describe_difference(difference)}, and entries have this machine's time"
            yield warning(message, SET_CLOCK)

    def _user(self, uiprop: str) -> _User:
        return self._api.query("userinfo", _User, meta="userinfo", uiprop=uiprop)


def _without_passing_trouble(check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What *check* finds; trouble of the wiki that passes by itself is a warning."""
    try:
        yield from check()
    except (NotChecked, Refused) as error:
        if not error.is_passing:
            raise
        yield warning(f"it could not be checked: {error.reason}", WAIT)
