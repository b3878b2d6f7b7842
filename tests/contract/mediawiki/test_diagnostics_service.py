"""What `glaab doctor` finds at a real MediaWiki 1.39, which it only reads."""

import re
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import parse_qs

import attrs
import pytest
from requests.adapters import HTTPAdapter

from glaab.adapters.mediawiki.api import BotPassword, WikiApi
from glaab.adapters.mediawiki.diagnostics import WikiHealthCheck
from glaab.domain.errors import AUDIT_LOG
from glaab.entrypoints.runtime.clock import now
from tests.contract.mediawiki.test_diagnostics import (
    ALL_WELL,
    ARCHIVE,
    ASK,
    CAN_BE_EDITED,
    GRANTS,
    LET_CREATE,
    MISSING,
    WAIT,
    cannot_be_edited,
    lift,
)
from tests.contract.services.mediawiki import BANISHED, GLAAB, PAGE, READER, mediawiki
from tests.contract.sessions import http_session
from tests.contract.told import told

NO_BOT = (
    "warning: edits of {0} are not marked as a bot's, so each shows in the recent changes"
    f"{ASK} put {{0}} into the group bot, and grant high-volume editing to the consumer or bot"
    " password"
)


@attrs.define
class Wire(HTTPAdapter):
    """The way to the wiki, and what was sent."""

    sent: list[tuple[str, str]] = attrs.field(factory=list)

    def __attrs_pre_init__(self):
        super().__init__()

    def send(self, request, *args, **options):
        given = parse_qs(request.body or request.url.partition("?")[2])
        self.sent.append((request.method, given["action"][0]))
        return super().send(request, *args, **options)


@pytest.fixture(scope="module")
def running():
    with mediawiki() as server:
        yield server


@pytest.fixture
def wiki(running):
    """A wiki with accounts and a log page."""
    running.renew()
    running.save("An introduction, and no day.")
    return running


@pytest.fixture
def found(wiki):
    """A function: whose bot password -> what the checkup tells of the wiki."""
    with ExitStack() as stack:

        def found(bot=GLAAB, password=None, title=PAGE, wire=None, ahead=timedelta()):
            session = stack.enter_context(http_session(AUDIT_LOG, wiki.url))
            session.mount(wiki.origin, wire or Wire())
            login = BotPassword(bot.user, password or bot.password)
            clock = lambda: now() + ahead  # noqa: E731
            api = WikiApi(url=wiki.url, credentials=login, session=session, clock=clock)
            return told(WikiHealthCheck(api, title))

        yield found


def test_all_is_well_and_nothing_is_edited(wiki, found):
    wire = Wire()

    assert ALL_WELL == found(wire=wire)
    assert [("GET", "query"), ("POST", "login"), *[("GET", "query")] * 6] == wire.sent
    assert 1 == len(wiki.revisions())


def not_logged_in(reason):
    """What is told where nobody can log in."""
    untold = (
        f"warning: glaab cannot find out whether the wiki is read-only: {reason}"
        " -> see on the wiki that it can be edited"
    )
    return {title: [f"unavailable: {reason}"] for title in ALL_WELL} | {"wiki": [untold]}


def test_a_wrong_password_is_refused(found):
    reason = (
        "it refused the bot password (Incorrect username or password entered. Please try again.):"
        " see MEDIAWIKI_USER and MEDIAWIKI_PASSWORD"
    )

    assert not_logged_in(reason) == found(password="w" * 32)


def test_a_grant_without_editing_is_found(found):
    assert ALL_WELL | {
        "rights": [
            f"problem: Glaab may not edit with these credentials{GRANTS}",
            NO_BOT.format("Glaab"),
        ],
        "log page": cannot_be_edited(
            "The action you have requested is limited to users in the group:"
            " [[Wikitech:Users|Users]]."
        ),
    } == found(READER)


def without_ids(told_of):
    """What is told, whichever block it is."""
    return {
        title: [re.sub("block [0-9]+", "block 4", line) for line in lines]
        for title, lines in told_of.items()
    }


def test_a_blocked_account_that_is_no_bot_is_found(found):
    block = "by Maintenance script with no end: A bad bot"
    assert ALL_WELL | {
        "login": [
            "ok: logged in as Banished",
            f"problem: Banished is blocked {block} -> {lift()}",
        ],
        "rights": ["ok: Banished may edit", NO_BOT.format("Banished")],
        "log page": cannot_be_edited(
            f"You have been blocked from editing, {block}", f" -> {lift()}"
        ),
    } == without_ids(found(BANISHED))


def test_a_block_from_the_log_page_is_found(wiki, found):
    wiki.block_from("Glaab")

    block = "by Admin with no end: A bad bot"
    assert ALL_WELL | {
        "login": [
            "ok: logged in as Glaab",
            f"warning: Glaab is blocked in part of the wiki {block}"
            f" -> if the log page is in that part, {lift()}",
        ],
        "log page": cannot_be_edited(
            f"You have been blocked from editing this page, {block}", f" -> {lift()}"
        ),
    } == without_ids(found())


def test_a_page_that_is_nearly_full_is_found(wiki, found):
    wiki.save("x" * 1000)
    wiki.configure(wgMaxArticleSize=10)

    full = f'problem: "{PAGE}" has 1,000 bytes, and the wiki takes 10,240 at most{ARCHIVE}'
    assert [full] == found()["log page"]


def test_a_protected_page_is_found(wiki, found):
    wiki.protect()

    protected = "This page has been protected to prevent editing or other actions."
    assert ALL_WELL | {"log page": cannot_be_edited(protected)} == found()


def test_a_missing_page_will_be_created(wiki, found):
    wiki.delete()

    assert ALL_WELL | {"log page": [MISSING, CAN_BE_EDITED]} == found()


def test_a_missing_page_that_may_not_be_created_is_found(wiki, found):
    """Editing it would be creating it."""
    wiki.delete()
    wiki.configure(wgGroupPermissions={"user": {"createpage": False}, "*": {"createpage": False}})

    denied = cannot_be_edited("You do not have permission to create new pages.", LET_CREATE)
    expected = [MISSING, *denied]
    assert ALL_WELL | {"log page": expected} == found()


def test_a_redirect_is_not_the_log_page(wiki, found):
    wiki.save("#REDIRECT [[Elsewhere]]")

    redirect = f'problem: "{PAGE}" is a redirect -> set MEDIAWIKI_LOG_PAGE to its target'
    assert ALL_WELL | {"log page": [redirect]} == found()


@pytest.mark.parametrize("title", ["A|B", "Special:Log", "gitlab:ada", "<Log>"])
def test_what_is_no_title_of_an_ordinary_page_is_a_problem(found, title):
    assert [
        f'problem: "{title}" is not the title of a page to edit'
        " -> set MEDIAWIKI_LOG_PAGE to the title of one ordinary page"
    ] == found(title=title)["log page"]


def test_a_wiki_that_became_read_only_lets_nobody_log_in_and_no_password_is_wrong(wiki, found):
    wiki.configure(wgReadOnly="A new server")

    reason = "The wiki is currently in read-only mode. A new server (readonly)"
    expected = {title: [f"warning: it could not be checked: {reason}{WAIT}"] for title in ALL_WELL}
    assert expected | {"wiki": not_logged_in(reason)["wiki"]} == found()


def test_a_clock_that_is_off_is_found(found):
    """The machine's, by an hour; the wiki tells the time."""
    can_be_edited, clock = found(ahead=timedelta(hours=1))["wiki"]

    assert ["ok: the wiki can be edited"] == [can_be_edited]
    assert re.match(
        r"warning: this machine's clock is (1:00:0|0:59:5)\d ahead of the wiki's", clock
    )
