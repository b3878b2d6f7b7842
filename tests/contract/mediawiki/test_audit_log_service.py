"""WikiAuditLog against a real MediaWiki 1.39 with bot passwords."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote

import attrs
import pytest
import requests
from requests.adapters import HTTPAdapter

from glaab.adapters.mediawiki.api import BotPassword, WikiApi
from glaab.adapters.mediawiki.audit_log import WikiAuditLog
from glaab.adapters.mediawiki.log_line import edit_summary, printable
from glaab.adapters.mediawiki.log_page import add_entries
from glaab.adapters.mediawiki.page import WikiPage
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable
from glaab.entrypoints.runtime.clock import now
from tests.builders import GITLAB_URL
from tests.contract.mediawiki.contract import (
    HOSTILE_NAMES,
    HOSTILE_TEXTS,
    UNPRINTABLE_NAMES,
    AuditLogContract,
    a_record_of,
)
from tests.contract.mediawiki.simulator import MediaWikiSimulator
from tests.contract.services.mediawiki import BANISHED, GLAAB, PAGE, READER, Bot, mediawiki
from tests.contract.sessions import http_session
from tests.log_lines import a_log_line, usernames_on

ADA = a_record_of(1, "ada")
BOB = a_record_of(2, "bob")
CY = a_record_of(3, "cy")
ADA_LINE = a_log_line("ada", when="12:01")
BOB_LINE = a_log_line("bob", when="12:02")
ADA_ON_PAGE = f"=== 2026-11-22 ===\n{ADA_LINE}"
BOTH_ON_PAGE = f"=== 2026-11-22 ===\n{BOB_LINE}\n{ADA_LINE}"
OLD_DAYS = (
    "{{Intro}} <!-- bots: below -->\n__TOC__\n\n"
    f"=== 2026-11-20 ===\n{a_log_line('dee', when='10:00')}\n*:  a  remark\u00a0by hand\n\n"
    f"=== 2026-11-18 ===\n{a_log_line('eve', when='09:00')}\n\n\n\n"
    "<noinclude>[[Category:Logs]]</noinclude>"
)


@attrs.define
class Wire(HTTPAdapter):
    """The way to the wiki: what was sent, and what happens around the sending of edits."""

    before_edits: list[Callable[[requests.PreparedRequest], object]] = attrs.field(factory=list)
    """Happen just before an edit is sent, one each."""
    lost_answers: int = 0
    """How many edits are made whose answer gets lost."""
    actions: list[str] = attrs.field(factory=list)
    """What was asked, in order: `query`, `tokens`, `login`, `edit`."""

    def __attrs_pre_init__(self):
        super().__init__()

    def send(self, request, *args, **options):
        action = _action(request)
        self.actions.append(action)
        if action == "edit" and self.before_edits:
            self.before_edits.pop(0)(request)
        response = super().send(request, *args, **options)
        if action == "edit" and self.lost_answers:
            self.lost_answers -= 1
            response.close()
            raise requests.ConnectionError("Connection reset by peer")
        return response


def _action(request: requests.PreparedRequest) -> str:
    given = parse_qs(request.body or request.url.partition("?")[2])
    return "tokens" if "meta" in given else given["action"][0]


@pytest.fixture(scope="module")
def running():
    with mediawiki() as server:
        yield server


@pytest.fixture
def wiki(running):
    """A wiki with accounts and without a log page."""
    running.renew()
    return running


@pytest.fixture
def a_log(wiki):
    """A function: the wire, whose bot password, which page -> the adapter under test."""
    with ExitStack() as stack:

        def made(wire: Wire | None = None, bot: Bot = GLAAB, page: str = PAGE) -> WikiAuditLog:
            session = stack.enter_context(http_session(AUDIT_LOG, wiki.url))
            session.mount(wiki.origin, wire or Wire())
            credentials = BotPassword(bot.user, bot.password)
            api = WikiApi(url=wiki.url, credentials=credentials, session=session, clock=now)
            return WikiAuditLog(WikiPage(api, page), GITLAB_URL)

        yield made


class TestWikiAuditLogOnMediaWiki(AuditLogContract):
    """The contract, kept by a real MediaWiki."""

    rung = "service"

    @pytest.fixture
    def given(self, a_log):
        return a_log

    @pytest.fixture
    def entries(self, wiki):
        return lambda _log: usernames_on(wiki.text() or "")


class TestOnePage:
    def test_a_missing_page_is_created(self, wiki, a_log):
        a_log().append([ADA])

        assert ADA_ON_PAGE == wiki.text()

    def test_an_empty_page_gets_its_first_day(self, wiki, a_log):
        wiki.save("")

        a_log().append([ADA])

        assert ADA_ON_PAGE == wiki.text()

    def test_everything_else_stays_byte_for_byte(self, wiki, a_log):
        wiki.save(OLD_DAYS)

        a_log().append([ADA, BOB])

        intro, mark, days = OLD_DAYS.partition("=== 2026-11-20 ===")
        today = f"=== 2026-11-22 ===\n{BOB_LINE}\n{ADA_LINE}\n\n"
        assert intro + today + mark + days == wiki.text()

    def test_one_edit_adds_all_entries(self, wiki, a_log):
        wiki.save("Intro")
        wire = Wire()

        a_log(wire).append([ADA, BOB])

        assert ["tokens", "login", "query", "tokens", "edit"] == wire.actions
        assert 2 == len(wiki.revisions())

    def test_later_calls_stay_logged_in(self, wiki, a_log):
        wire = Wire()
        log = a_log(wire)
        log.append([ADA])
        del wire.actions[:]

        log.append([BOB])

        assert ["query", "edit"] == wire.actions

    def test_the_edit_says_what_it_does_and_who_makes_it(self, wiki, a_log):
        a_log().append([ADA, BOB])

        asked = {"rctitle": PAGE, "rcprop": "flags|user|comment"}
        answer = wiki.ask(action="query", list="recentchanges", **asked)
        (change,) = answer["query"]["recentchanges"]
        said = {"comment": edit_summary([ADA, BOB]), "user": "Glaab", "bot": True, "minor": False}
        assert said == {name: change[name] for name in said}

    def test_nothing_new_edits_nothing(self, wiki, a_log):
        wiki.save(ADA_ON_PAGE)

        a_log().append([ADA])

        assert 1 == len(wiki.revisions())

    @pytest.mark.parametrize(
        "title", ["tool:Gitlab-account-approval/Log", "Tool: gitlab-account-approval/Log_"]
    )
    def test_the_title_may_be_spelt_otherwise(self, wiki, a_log, title):
        a_log(page=title).append([ADA])

        assert ADA_ON_PAGE == wiki.text()

    @pytest.mark.parametrize(
        ("title", "said"),
        [
            ("Bad[title]", "contains invalid characters"),
            ("A|B", "not the title of one page"),
            ("", "not the title of one page"),
            ("gitlab:ada", "not the title of one page"),
            ("Special:Log", "cannot be read"),
        ],
    )
    def test_a_title_of_no_page_is_told(self, a_log, title, said):
        with pytest.raises(SystemUnavailable, match=said):
            a_log(page=title).append([ADA])

    @pytest.mark.parametrize(
        ("title", "text", "said"),
        [
            (PAGE, "#REDIRECT [[Elsewhere]]", "is a redirect: set MEDIAWIKI_LOG_PAGE"),
            ("User:Glaab/log.json", "{}", "the wiki gave no text"),
            ("User:Glaab/log.js", "", "the wiki gave no text"),
        ],
    )
    def test_a_page_that_is_not_wikitext_is_not_edited(self, wiki, a_log, title, text, said):
        wiki.save(text, title)

        with pytest.raises(SystemUnavailable, match=said):
            a_log(page=title).append([ADA])

        assert 1 == len(wiki.revisions(title))


class TestConflicts:
    def test_two_runs_of_one_account_lose_nothing(self, wiki, a_log):
        """One reads, the other edits, the first edits: MediaWiki sees it thanks to `baserevid`."""
        wiki.save(OLD_DAYS)
        other = a_log()
        wire = Wire(before_edits=[lambda _: other.append([BOB])])

        a_log(wire).append([ADA])

        assert add_entries(OLD_DAYS, [ADA, BOB], GITLAB_URL) == wiki.text()
        assert ["Glaab", "Glaab", "Admin"] == [each["user"] for each in wiki.revisions()]

    def test_two_runs_that_create_the_page_lose_nothing(self, wiki, a_log):
        other = a_log()
        wire = Wire(before_edits=[lambda _: other.append([BOB])])

        a_log(wire).append([ADA])

        assert BOTH_ON_PAGE == wiki.text()

    def test_an_entry_that_two_runs_write_is_there_once(self, wiki, a_log):
        wiki.save(OLD_DAYS)
        other = a_log()
        wire = Wire(before_edits=[lambda _: other.append([ADA])])

        a_log(wire).append([ADA])

        assert add_entries(OLD_DAYS, [ADA], GITLAB_URL) == wiki.text()
        assert 2 == len(wiki.revisions())

    def test_what_others_write_elsewhere_is_merged(self, wiki, a_log):
        """MediaWiki itself merges changes of different lines, if it has diff3."""
        wiki.save(OLD_DAYS)
        changed = OLD_DAYS.replace("by hand", "by an administrator")
        wire = Wire(before_edits=[lambda _: wiki.save(changed)])

        a_log(wire).append([ADA])

        assert add_entries(changed, [ADA], GITLAB_URL) == wiki.text()
        assert 1 == wire.actions.count("edit")

    def test_what_others_write_in_the_same_place_stays(self, wiki, a_log):
        wiki.save("Intro")
        changed = ["Intro, changed", "Intro, changed twice"]
        wire = Wire(before_edits=[lambda _: wiki.save(changed.pop(0))] * 2)

        a_log(wire).append([ADA])

        assert f"Intro, changed twice\n\n{ADA_ON_PAGE}" == wiki.text()
        assert 3 == wire.actions.count("edit")

    def test_a_page_deleted_meanwhile_is_created(self, wiki, a_log):
        """What somebody deleted stays deleted."""
        wiki.save(OLD_DAYS)
        wire = Wire(before_edits=[lambda _: wiki.delete()])

        a_log(wire).append([ADA])

        assert ADA_ON_PAGE == wiki.text()

    def test_a_page_created_meanwhile_is_edited(self, wiki, a_log):
        wire = Wire(before_edits=[lambda _: wiki.save("Intro")])

        a_log(wire).append([ADA])

        assert f"Intro\n\n{ADA_ON_PAGE}" == wiki.text()

    def test_a_page_that_was_replaced_meanwhile_is_edited(self, wiki, a_log):
        """The revision that the edit is based on is gone with the page that it was of."""
        wiki.save(OLD_DAYS)
        wire = Wire(before_edits=[lambda _: (wiki.delete(), wiki.save("Intro"))])

        a_log(wire).append([ADA])

        assert f"Intro\n\n{ADA_ON_PAGE}" == wiki.text()

    def test_of_eight_runs_at_once_each_entry_is_there_once(self, wiki, a_log):
        wiki.save(OLD_DAYS)
        records = [a_record_of(number, f"user{number}") for number in range(8)]
        logs = [a_log() for _ in records]

        with ThreadPoolExecutor(len(records)) as runs:
            list(runs.map(lambda log, record: log.append([record]), logs, records))

        assert add_entries(OLD_DAYS, records, GITLAB_URL) == wiki.text()


class TestRefusals:
    """Whatever the wiki refuses is told in its own words, and nothing is written."""

    def test_a_read_only_wiki(self, wiki, a_log):
        wiki.save("Intro")
        wiki.configure(wgReadOnly="Switching datacenters")

        with pytest.raises(SystemUnavailable, match=r"Switching datacenters \(readonly\)"):
            a_log().append([ADA])

    def test_a_wiki_that_becomes_read_only(self, wiki, a_log):
        wiki.save("Intro")
        reason = {"wgReadOnly": "Switching datacenters"}
        wire = Wire(before_edits=[lambda _: wiki.configure(**reason)])

        with pytest.raises(SystemUnavailable, match=r"Switching datacenters \(readonly\)"):
            a_log(wire).append([ADA])

        assert "Intro" == wiki.text()
        assert 1 == wire.actions.count("edit")

    def test_a_rate_limit(self, wiki, a_log):
        wiki.configure(wgRateLimits={"edit": {"user": [1, 60]}})
        wire = Wire()
        log = a_log(wire)
        log.append([ADA])

        with pytest.raises(SystemUnavailable, match="ratelimited"):
            log.append([BOB])

        assert ADA_ON_PAGE == wiki.text()
        assert 2 == wire.actions.count("edit")

    def test_a_lagged_database(self, wiki, a_log):
        wiki.configure(lag_s=9)
        wire = Wire()

        with pytest.raises(SystemUnavailable, match=r"9 seconds lagged\. \(maxlag\)"):
            a_log(wire).append([ADA])

        assert None is wiki.text()
        assert 1 == wire.actions.count("edit")

    def test_a_blocked_account(self, wiki, a_log):
        wire = Wire()

        says = (
            r"blocked from editing, by Maintenance script with no end: A bad bot \(blocked\): ask"
        )
        with pytest.raises(SystemUnavailable, match=says):
            a_log(wire, BANISHED).append([ADA])

        assert None is wiki.text()
        assert 1 == wire.actions.count("edit")

    def test_an_account_that_is_blocked_meanwhile(self, wiki, a_log):
        wire = Wire(before_edits=[lambda _: wiki.block("Glaab")])

        with pytest.raises(SystemUnavailable, match="blocked"):
            a_log(wire).append([ADA])

        assert None is wiki.text()

    def test_a_bot_password_that_may_not_edit(self, wiki, a_log):
        wiki.save("Intro")

        with pytest.raises(SystemUnavailable, match="permissiondenied"):
            a_log(bot=READER).append([ADA])

        assert "Intro" == wiki.text()

    def test_a_protected_page(self, wiki, a_log):
        wiki.save("Intro")
        wiki.protect()

        with pytest.raises(SystemUnavailable, match=rf'of "{PAGE}": .*\(protectedpage\): ask an'):
            a_log().append([ADA])

        assert "Intro" == wiki.text()

    def test_a_page_that_is_included_in_a_protected_one(self, wiki, a_log):
        wiki.save("Intro")
        wiki.include_and_protect()

        with pytest.raises(SystemUnavailable, match=r"\(cascadeprotected\): ask an administrator"):
            a_log().append([ADA])

    def test_a_block_from_the_page_alone(self, wiki, a_log):
        wiki.save("Intro")
        wiki.block_from("Glaab")

        with pytest.raises(SystemUnavailable, match="this page, by Admin with no end: A bad bot"):
            a_log().append([ADA])

    def test_a_page_of_the_interface(self, wiki, a_log):
        with pytest.raises(SystemUnavailable, match=r"interface\): set MEDIAWIKI_LOG_"):
            a_log(page="MediaWiki:Log").append([ADA])

    def test_a_page_that_would_be_too_big(self, wiki, a_log):
        wiki.save("x" * 1000)
        wiki.configure(wgMaxArticleSize=1)

        with pytest.raises(SystemUnavailable, match=r"\(contenttoobig\): move its oldest"):
            a_log().append([ADA])

    @pytest.mark.parametrize(
        "bot", [Bot("Glaab", "other"), Bot("Nobody", "log"), Bot("Gl|aab", "log")]
    )
    def test_a_wrong_bot_password(self, wiki, a_log, bot):
        wire = Wire()

        with pytest.raises(SystemUnavailable, match=": see MEDIAWIKI_USER"):
            a_log(wire, bot).append([ADA])

        assert ["tokens", "login"] == wire.actions

    def test_a_wiki_that_only_members_read(self, wiki, a_log):
        """Its member is logged in before the page is read."""
        wiki.configure(wgGroupPermissions={"*": {"read": False}})

        a_log().append([ADA])

        wiki.configure()
        assert ADA_ON_PAGE == wiki.text()


class TestObjections:
    """What the wiki has against an entry does not keep the others out."""

    def test_an_entry_that_a_filter_disallows(self, wiki, a_log):
        wiki.filter("bob", "disallow")

        with pytest.raises(SystemUnavailable, match=r"the entries of @bob: .*abusefilter-disallow"):
            a_log().append([CY, BOB, ADA])

        assert ("ada", "cy") == usernames_on(wiki.text())

    def test_an_entry_that_a_filter_warns_of(self, wiki, a_log):
        """It asks to submit again to confirm, and remembers that in the session."""
        wiki.filter("bob", "warn")

        a_log().append([CY, BOB, ADA])

        assert ("ada", "bob", "cy") == usernames_on(wiki.text())

    def test_a_captcha(self, wiki, a_log):
        wiki.configure(
            extensions=["ConfirmEdit"],
            wgCaptchaTriggers={"edit": True, "create": True},
            wgGroupPermissions={"bot": {"skipcaptcha": False}},
        )

        with pytest.raises(SystemUnavailable, match=r"Log\": it asks for a captcha: ask an"):
            a_log().append([ADA])

        assert None is wiki.text()

    def test_a_title_that_is_blacklisted(self, wiki, a_log):
        wiki.configure(extensions=["TitleBlacklist"])
        wiki.save(".*approval.*", "MediaWiki:Titleblacklist")

        with pytest.raises(SystemUnavailable, match=r"forbidden\): create the page by hand"):
            a_log().append([ADA])

        assert None is wiki.text()


class TestSessions:
    def test_a_session_lost_before_reading_is_had_anew(self, wiki, a_log):
        log = a_log()
        log.append([ADA])
        wiki.forget_sessions()

        log.append([BOB])

        assert BOTH_ON_PAGE == wiki.text()
        assert ["Glaab", "Glaab"] == [each["user"] for each in wiki.revisions()]

    def test_a_session_lost_before_the_edit_is_had_anew(self, wiki, a_log):
        """The edit is not made as an address either."""
        wiki.configure(wgGroupPermissions={"*": {"edit": True}})
        wire = Wire(before_edits=[lambda _: wiki.forget_sessions()])

        a_log(wire).append([ADA])

        assert ADA_ON_PAGE == wiki.text()
        assert ["Glaab"] == [each["user"] for each in wiki.revisions()]
        renewal = ["edit", "tokens", "login", "tokens", "edit"]
        assert ["tokens", "login", "query", "tokens", *renewal] == wire.actions

    def test_a_session_that_is_always_lost_is_given_up(self, wiki, a_log):
        wire = Wire(before_edits=[lambda _: wiki.forget_sessions()] * 9)

        with pytest.raises(SystemUnavailable, match="assertuserfailed"):
            a_log(wire).append([ADA])

        assert None is wiki.text()

    def test_a_token_that_is_not_accepted_is_had_anew(self, wiki, a_log):
        wire = Wire(before_edits=[_spoil_token])

        a_log(wire).append([ADA])

        assert ADA_ON_PAGE == wiki.text()
        assert ["edit", "tokens", "edit"] == wire.actions[-3:]

    def test_a_token_that_is_never_accepted_is_given_up(self, wiki, a_log):
        wire = Wire(before_edits=[_spoil_token] * 9)

        with pytest.raises(SystemUnavailable, match="badtoken"):
            a_log(wire).append([ADA])

        assert None is wiki.text()

    def test_an_edit_whose_answer_is_lost_is_not_repeated(self, wiki, a_log):
        wire = Wire(lost_answers=1)

        a_log(wire).append([ADA])

        assert ADA_ON_PAGE == wiki.text()
        assert ["edit", "query"] == wire.actions[-2:]


def _spoil_token(request: requests.PreparedRequest) -> None:
    request.body = re.sub(r"(?<=token=)[0-9a-f]{8}", "0" * 8, request.body)


class Rendered(HTMLParser):
    """A page as a browser gets it: its elements, and the texts and links of its list items."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.items: list[str] = []
        self._in_item = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "li":
            self.items.append("")
            self._in_item = True

    def handle_endtag(self, tag):
        self._in_item = self._in_item and tag != "li"

    def handle_data(self, data):
        if self._in_item:
            self.items[-1] += data

    @property
    def links(self) -> list[str]:
        """Where the links of the list lead."""
        kinds = {"extiw", "external text"}
        return [a["href"] for tag, a in self.elements if tag == "a" and a.get("class") in kinds]


class TestReaders:
    """MediaWiki itself renders the page: what is hostile breaks out of nothing."""

    def rendered(self, wiki) -> tuple[Rendered, dict]:
        """The log page, and what MediaWiki found in it besides text."""
        found = "links|templates|images|externallinks|categories|langlinks|properties"
        wanted = {"prop": f"text|{found}|parsewarnings", "disableeditsection": "1"}
        page = wiki.ask(action="parse", page=PAGE, **wanted)["parse"]
        return Rendered(page["text"]), {name: page[name] for name in found.split("|")}

    def assert_plain(self, wiki, texts: list[str]) -> Rendered:
        """The log page is a day with a list of these texts and their links, and nothing else."""
        page, found = self.rendered(wiki)

        assert texts == page.items
        addresses = set(map(unquote, found.pop("externallinks")))
        assert addresses <= set(map(unquote, page.links))
        assert not any(found.values()), found
        assert {"div", "h3", "span", "ul", "li", "a"} == {tag for tag, _ in page.elements}
        return page

    def test_ordinary_names_lead_to_their_accounts(self, wiki, a_log):
        names = ["ada", "Ada", "a.b-c_d", "4", "ISBN", "a.js"]

        a_log().append([a_record_of(10 - i, name) for i, name in enumerate(names)])

        page = self.assert_plain(wiki, [_line(10 - i, f"@{name}") for i, name in enumerate(names)])
        assert [f"https://gitlab.wikimedia.org/{name}" for name in names] == page.links

    def test_names_that_are_no_titles_lead_to_their_accounts(self, wiki, a_log):
        """MediaWiki would trim and squeeze the underscores of an interwiki link."""
        names = ["__x", "x_", "_x_", "a__b", "__NOTOC__", "__toc__", "a__TOC__b__TOC__c", "_", "__"]

        a_log().append([a_record_of(10 - i, name) for i, name in enumerate(names)])

        page = self.assert_plain(wiki, [_line(10 - i, f"@{name}") for i, name in enumerate(names)])
        assert [f"{GITLAB_URL}/{name}" for name in names] == list(map(unquote, page.links))

    def test_the_interwiki_links_of_such_names_lead_elsewhere(self, wiki):
        """What an older glaab wrote: the reason for full addresses."""
        names = {"__x": "x", "x_": "x", "a__b": "a_b", "%5Fx": "x"}
        text = "\n".join(f"* [[gitlab:{name}|@{name}]]" for name in names)
        wiki.save(text)

        page, _ = self.rendered(wiki)

        assert [f"https://gitlab.wikimedia.org/{other}" for other in names.values()] == page.links
        assert MediaWikiSimulator.of(PAGE, text).links == page.links

    def test_such_names_are_recognised_in_what_mediawiki_saved(self, wiki, a_log):
        records = [a_record_of(i, name) for i, name in enumerate(["__x", "a__b", "__NOTOC__"])]
        a_log().append(records)

        a_log().append(records)

        assert 1 == len(wiki.revisions())

    def test_hostile_names_are_text(self, wiki, a_log):
        """And lead to their addresses; `..` is neither a title nor a name of GitLab."""
        names = [name for name in (*HOSTILE_NAMES, *UNPRINTABLE_NAMES) if name != ".."]
        records = [a_record_of(number, name) for number, name in enumerate(names)]

        a_log().append(records)

        shown = [printable(name) for name in names[::-1]]
        texts = [_line(number, f"@{name}") for number, name in enumerate(shown[::-1])]
        page = self.assert_plain(wiki, texts[::-1])
        assert [f"{GITLAB_URL}/{name}" for name in shown] == list(map(unquote, page.links))

    def test_hostile_rules_are_text(self, wiki, a_log):
        a_log().append(
            [
                a_record_of(number, f"user{number}", because=(text, text))
                for number, text in enumerate(HOSTILE_TEXTS)
            ]
        )

        texts = [
            _line(number, f"@user{number}", trust=f"{printable(text)}, {printable(text)}")
            for number, text in enumerate(HOSTILE_TEXTS)
        ]
        self.assert_plain(wiki, texts[::-1])

    def test_hostile_names_mean_nothing_in_a_summary(self, wiki, a_log):
        """Summaries know links and a little more."""
        log = a_log()
        for number, name in enumerate(["a]]|[[b", "[[b]]", "/* b */ c", "'''b'''", "<b>", "&#93;"]):
            log.append([a_record_of(number, name)])

        for revision in wiki.revisions():
            assert revision["comment"] == revision["parsedcomment"]
            assert re.fullmatch(r"@[\w.%-]+ [a-z ]+", revision["comment"])

    def test_what_was_merged_is_what_was_saved(self, wiki, a_log):
        """MediaWiki's pre-save transformation finds nothing to transform, to trim or to compose."""
        wiki.save(OLD_DAYS)
        names = [*HOSTILE_NAMES, *UNPRINTABLE_NAMES, "e\u0301"]
        records = [
            a_record_of(number, name, because=HOSTILE_TEXTS) for number, name in enumerate(names)
        ]

        a_log().append(records)

        assert add_entries(OLD_DAYS, records, GITLAB_URL) == wiki.text()


def _line(minute: int, who: str, trust: str = "Toolforge member") -> str:
    """A line of the log as its readers see it."""
    _, _, rest = a_log_line("ada", "RULES").partition("]] ")
    return f"12:{minute:02} {who} {rest.replace('RULES', trust)}"
