"""The simulator of MediaWiki answers as a real MediaWiki does, conversation by conversation."""

import re
from collections.abc import Callable

import attrs
import pytest
import requests

from tests.contract.mediawiki.simulator import MediaWikiSimulator
from tests.contract.services.mediawiki import GLAAB, PAGE, Bot, MediaWiki, mediawiki
from tests.contract.wire import Recorder, served

_VARYING = {
    "blockedby", "blockedbyid", "blockedtimestamp", "blockedtimestampformatted", "blockid",
    "csrftoken", "curtimestamp", "id", "lastrevid", "lguserid", "logintoken", "newrevid",
    "newtimestamp", "ns", "oldrevid", "pageid", "parentid", "revid", "timestamp", "touched",
}  # fmt: skip
"""What differs between wikis, and between one second and the next."""


@attrs.define
class Talk:
    """What one client says to a wiki, what it hears, and what happens in between."""

    wiki: MediaWiki | MediaWikiSimulator
    url: str
    heard: list[object] = attrs.field(factory=list)
    _browser: requests.Session = attrs.field(factory=requests.Session)
    _base: int = 0

    def get(self, **given: str) -> dict:
        return self._hear(self._browser.get(self.url, params=given | {"format": "json"}))

    def post(self, **given: str) -> dict:
        return self._hear(self._browser.post(self.url, data=given | {"format": "json"}))

    def _hear(self, response: requests.Response) -> dict:
        code = response.headers.get("MediaWiki-API-Error")
        self.heard.append((response.status_code, code, _lasting(response.json())))
        return response.json()

    def token(self, kind: str = "csrf") -> str:
        answer = self.get(action="query", meta="tokens", type=kind)
        return answer["query"]["tokens"][f"{kind}token"]

    def log_in(self, bot: Bot = GLAAB, **given: str) -> None:
        known = {"lgname": bot.user, "lgpassword": bot.password}
        token = {} if "lgtoken" in given else {"lgtoken": self.token("login")}
        self.post(action="login", **known | token | given)

    def read(self, title: str = PAGE) -> None:
        wanted = {"prop": "revisions|info", "rvprop": "ids|timestamp|content", "rvslots": "main"}
        answer = self.get(action="query", titles=title, **wanted)
        for page in answer.get("query", {}).get("pages", {}).values():
            for revision in page.get("revisions", ()):
                self._base = revision["revid"]

    def edit(self, text: str, **given: str) -> None:
        """On top of what was read last, unless *given* says otherwise."""
        base = {"baserevid": str(self._base), "nocreate": "1"} if self._base else {}
        manners = {"summary": "s", "bot": "1", "notminor": "1", "maxlag": "5", "assert": "user"}
        token = {} if "token" in given else {"token": self.token()}
        common = {"action": "edit", "title": PAGE, "text": text} | manners
        self.post(**common | token | (base if "createonly" not in given else {}) | given)

    # what others do

    def save(self, text: str) -> None:
        self.wiki.save(text, user="Admin")

    def make(self, settings: dict[str, object], simulator: dict[str, object]) -> None:
        """Switch on what is wrong, in the words of MediaWiki and in those of the simulator."""
        if isinstance(self.wiki, MediaWiki):
            self.wiki.configure(**settings)
            return
        for name, value in simulator.items():
            setattr(self.wiki, name, value)

    def protect(self) -> None:
        """Protecting makes a revision."""
        if isinstance(self.wiki, MediaWiki):
            self.wiki.protect()
            return
        self.wiki.save(self.wiki.text, user="Admin")
        self.wiki.protected = True

    def include_and_protect(self) -> None:
        if isinstance(self.wiki, MediaWiki):
            self.wiki.include_and_protect()
        else:
            self.wiki.cascading = True

    def block_from_the_page(self) -> None:
        if isinstance(self.wiki, MediaWiki):
            self.wiki.block_from("Glaab")
        else:
            self.wiki.blocked, self.wiki.blocked_in_part = "A bad bot", True

    def ask_what_it_could_edit(self, title: str = PAGE) -> None:
        test = {"intestactions": "edit", "intestactionsdetail": "full"}
        self.get(action="query", prop="info", titles=title, **test)

    def block(self) -> None:
        if isinstance(self.wiki, MediaWiki):
            self.wiki.block("Glaab")
        else:
            self.wiki.blocked = "A bad bot"


def _lasting(answer: object) -> object:
    """What is the same in every wiki; tokens that are none, and absent parents, stay visible."""
    if isinstance(answer, list):
        return [_lasting(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        re.sub(r"^[0-9]+$", "id", name): bool(value) and value != "+\\"
        if name in _VARYING
        else _lasting(value)
        for name, value in answer.items()
        if not (name == "*" and "mediawiki-api-announce" in value)
    }


@pytest.fixture(scope="module")
def running():
    with mediawiki() as server:
        yield server


def creates(talk: Talk) -> None:
    talk.log_in()
    talk.read()
    talk.edit("a\n\n", createonly="1")
    talk.read()
    talk.edit("a")
    talk.edit("b")
    talk.read()


def creates_what_exists(talk: Talk) -> None:
    talk.log_in()
    talk.read()
    talk.save("x")
    talk.edit("a", createonly="1")


def empties(talk: Talk) -> None:
    talk.log_in()
    talk.edit("", createonly="1")
    talk.read()
    talk.edit("x")
    talk.read()
    talk.edit("")


def edits_what_was_deleted(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    talk.read()
    talk.wiki.delete()
    talk.edit("a")
    talk.read()
    talk.edit("a", createonly="1")


def edits_what_was_replaced(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    talk.read()
    talk.wiki.delete()
    talk.save("y")
    talk.edit("a")


def edits_what_was_changed(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    talk.read()
    talk.save("y")
    talk.edit("a")
    talk.edit("y")


def edits_on_an_unknown_base(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    talk.edit("a", baserevid="99999")


def edits_a_redirect(talk: Talk) -> None:
    talk.save("#REDIRECT [[x]]")
    talk.log_in()
    talk.read()


def writes_what_is_not_normal(talk: Talk) -> None:
    talk.log_in()
    talk.edit("e\u0301\r\n\r\nx \t\n")
    talk.edit("a\x00b\x07c\ufffdd\u2028e\u202ef\ufeffg\t|\x7f|\x85|\ue000|\U000e0001")
    talk.read()


def meets_a_read_only_wiki(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    token = talk.token()
    talk.make({"wgReadOnly": "why"}, {"readonly": "why"})
    talk.read()
    talk.edit("a", token="+\\")
    talk.edit("a", token=token)
    talk.log_in()


def meets_lag(talk: Talk) -> None:
    talk.log_in()
    talk.make({"lag_s": 9}, {"lag_s": 9})
    talk.read()
    talk.edit("a", token="+\\")
    talk.edit("a")
    talk.make({"lag_s": 9, "wgReadOnly": "why"}, {"lag_s": 9, "readonly": "why"})
    talk.edit("a")


def meets_a_rate_limit(talk: Talk) -> None:
    talk.log_in()
    talk.make({"wgRateLimits": {"edit": {"user": [1, 60]}}}, {"edits_left": 1})
    talk.edit("a")
    talk.edit("b")


def meets_protection(talk: Talk) -> None:
    talk.save("x")
    talk.protect()
    talk.log_in()
    talk.read()
    talk.edit("a")


def meets_cascading_protection(talk: Talk) -> None:
    talk.save("x")
    talk.include_and_protect()
    talk.log_in()
    talk.ask_what_it_could_edit()
    talk.edit("a")


def creates_what_is_protected(talk: Talk) -> None:
    if isinstance(talk.wiki, MediaWiki):
        talk.wiki.protect()
    else:
        talk.wiki.protected = True
    talk.log_in()
    talk.ask_what_it_could_edit()
    talk.edit("a", createonly="1")


def creates_without_the_right(talk: Talk) -> None:
    rights = {"user": {"createpage": False}, "*": {"createpage": False}}
    talk.log_in()
    talk.make({"wgGroupPermissions": rights}, {"may_create": False})
    talk.ask_what_it_could_edit()
    talk.edit("a", createonly="1")


def edits_the_interface(talk: Talk) -> None:
    talk.log_in()
    talk.ask_what_it_could_edit("MediaWiki:Glaab")
    talk.edit("a", title="MediaWiki:Glaab")


def meets_a_full_page(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    talk.read()
    talk.make({"wgMaxArticleSize": 1}, {"max_bytes": 1024})
    talk.edit("a" * 1025)
    talk.make({"wgMaxArticleSize": 2}, {"max_bytes": 2048})
    talk.edit("a" * 2049)


def is_blocked_from_the_page(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    talk.read()
    talk.block_from_the_page()
    talk.get(action="query", meta="userinfo", uiprop="blockinfo")
    talk.ask_what_it_could_edit()
    talk.edit("a")


def edits_other_lines_than_others(talk: Talk) -> None:
    talk.save("1\n2\n3\n4\n5\n6")
    talk.log_in()
    talk.read()
    talk.save("1\n2\n3\n4\nfive\n6")
    talk.edit("one\n2\n3\n4\n5\n6")
    talk.read()
    talk.save("one\n2\n3\n4\nfive")
    talk.edit("one\ntwo\n3\n4\n5\n6")
    talk.edit("one\n2\n3\nfour\nfive\n6")


def asks_the_time(talk: Talk) -> None:
    talk.get(action="query", meta="userinfo", curtimestamp="1")


def is_blocked(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    talk.read()
    talk.block()
    talk.edit("a")


def is_blocked_and_logs_in(talk: Talk) -> None:
    talk.block()
    talk.log_in()
    talk.edit("a")


def has_bad_tokens(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    for token in ("nonsense+\\", "+\\", ""):
        talk.edit("a", token=token)


def loses_the_session(talk: Talk) -> None:
    talk.save("x")
    talk.log_in()
    token = talk.token()
    talk.wiki.forget_sessions()
    talk.edit("a", token=token)
    talk.read()
    talk.token()
    talk.log_in()
    talk.edit("a")


def is_nobody(talk: Talk) -> None:
    talk.save("x")
    talk.read()
    talk.edit("a")


def logs_in_wrongly(talk: Talk) -> None:
    talk.log_in(lgtoken="x+\\")
    talk.log_in(Bot("Nobody", "log"))
    talk.log_in(Bot("Glaab", "other"))
    talk.log_in(lgname="Glaab")
    talk.log_in(lgpassword="short")
    talk.token("login")
    talk.log_in(lgtoken="x+\\")
    talk.log_in()
    talk.log_in()


def asks_for_odd_titles(talk: Talk) -> None:
    talk.log_in()
    for title in ODD_TITLES:
        talk.read(title)


def edits_odd_titles(talk: Talk) -> None:
    talk.log_in()
    for title in ("Bad[title]", "gitlab:x", "Special:Log", "Tool:", "", "../x", "~~~~", "%41"):
        talk.edit("a", title=title)


def asks_what_it_could_edit(talk: Talk) -> None:
    talk.log_in()

    def ask() -> None:
        talk.get(action="query", prop="info", titles=PAGE, inprop="protection")
        test = {"intestactions": "edit", "intestactionsdetail": "full"}
        talk.get(action="query", prop="info", titles=PAGE, **test)
        talk.get(action="query", meta="userinfo", uiprop="groups|blockinfo")

    ask()
    talk.save("#REDIRECT [[x]]")
    ask()
    talk.protect()
    ask()
    talk.block()
    ask()


ODD_TITLES = (
    "Bad[title]", "A|B", "gitlab:x", "Special:Log", "", "tool:x_y", "Tool: y ",
    "Tool:Ü", "Tool:", "a" * 300, "~~~~", "%41", "../x", "x/./y", "x/..", "a\ufffdb",
)  # fmt: skip

CONVERSATIONS: list[Callable[[Talk], None]] = [
    creates,
    creates_what_exists,
    empties,
    edits_what_was_deleted,
    edits_what_was_replaced,
    edits_what_was_changed,
    edits_on_an_unknown_base,
    edits_a_redirect,
    writes_what_is_not_normal,
    meets_a_read_only_wiki,
    meets_lag,
    meets_a_rate_limit,
    meets_protection,
    meets_cascading_protection,
    creates_what_is_protected,
    creates_without_the_right,
    edits_the_interface,
    meets_a_full_page,
    edits_other_lines_than_others,
    asks_the_time,
    is_blocked,
    is_blocked_from_the_page,
    is_blocked_and_logs_in,
    has_bad_tokens,
    loses_the_session,
    is_nobody,
    logs_in_wrongly,
    asks_for_odd_titles,
    asks_what_it_could_edit,
    edits_odd_titles,
]


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.__name__)
def test_the_simulator_answers_alike(running, conversation):
    """Ids, times and tokens apart: the same status, code and body, in the same order."""
    running.renew()
    real = Talk(running, f"{running.url}api.php")
    simulator = MediaWikiSimulator.of(PAGE, None)
    simulator.bot_passwords = {GLAAB.user: GLAAB.password}
    recorder = Recorder(simulator)

    conversation(real)
    with served(recorder) as url:
        simulated = Talk(simulator, f"{url}/w/api.php")
        conversation(simulated)

    assert [] == recorder.errors
    assert real.heard == simulated.heard
