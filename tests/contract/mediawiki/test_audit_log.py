"""WikiAuditLog against a strict simulator of MediaWiki's action API."""

import json
import re
from collections.abc import Callable
from urllib.parse import unquote

import attrs
import pytest
from structlog.testing import capture_logs

from glaab.adapters.http.session import HttpSession
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.mediawiki.api import BotPassword, OAuth, WikiApi
from glaab.adapters.mediawiki.audit_log import WikiAuditLog
from glaab.adapters.mediawiki.log_line import edit_summary
from glaab.adapters.mediawiki.page import WikiPage
from glaab.domain.errors import AUDIT_LOG, NotConfirmed, PartlyLogged, SystemUnavailable
from glaab.entrypoints.runtime.clock import now
from tests.builders import GITLAB_URL, NOON, a_record
from tests.contract.mediawiki.contract import HOSTILE_NAMES, AuditLogContract, a_record_of
from tests.contract.mediawiki.simulator import MediaWikiSimulator
from tests.contract.mediawiki.simulator_oauth import Consumer, OAuthExtension
from tests.contract.sessions import http_session
from tests.contract.wire import (
    Disconnect,
    Recorder,
    Request,
    Response,
    acts_then_disconnects,
    answers,
    disconnects,
    is_silent,
    json_response,
    served,
    text_response,
)
from tests.log_lines import a_log_line, usernames_on

PAGE = "Tool:Gitlab-account-approval/Log"
OAUTH = OAuth(**attrs.asdict(Consumer()))
BOT = BotPassword("Glaab@glaab", "the-password")
AN_HOUR = r"(1:00:0\d|0:59:5\d)"
"""Which is as near as a test comes."""
NONCE_USED = json_response(
    {
        "error": {
            "code": "mwoauth-invalid-authorization",
            "info": "The authorization headers in your request are not valid:"
            " Nonce already used: 7",
        }
    }
)
ADA = a_record_of(1, "ada")
BOB = a_record_of(2, "bob")
ADA_LINE = a_log_line("ada", when="12:01")
BOB_LINE = a_log_line("bob", when="12:02")
ADA_ON_PAGE = f"=== 2026-11-22 ===\n{ADA_LINE}"


@attrs.frozen
class Wiki:
    """A simulated wiki, and an audit log on it."""

    simulator: MediaWikiSimulator
    recorder: Recorder
    log: WikiAuditLog

    @property
    def actions(self) -> list[str]:
        """What was asked, in order: `query`, `tokens`, `login`, `edit`."""
        return [_action(request) for request in self.recorder.requests]


def _action(request: Request) -> str:
    given = request.parameters | request.form
    return "tokens" if given.get("meta") == "tokens" else given["action"]


@pytest.fixture
def a_wiki():
    """A function: what the simulator is like, and credentials -> a Wiki."""
    closing = []

    def make(
        text="", credentials=OAUTH, page=PAGE, path="/w/", retries=2, timeout_s=10, **switches
    ) -> Wiki:
        simulator = MediaWikiSimulator.of(PAGE, text)
        for name, value in switches.items():
            assert hasattr(simulator, name)
            setattr(simulator, name, value)
        recorder = Recorder(simulator)
        carrier = served(recorder)
        url = carrier.__enter__()
        session = a_session(url, retries=retries, timeout_s=timeout_s)
        closing.append((recorder, carrier, session))
        api = WikiApi(url=url + path, credentials=credentials, session=session, clock=now)
        return Wiki(simulator, recorder, WikiAuditLog(WikiPage(api, page), GITLAB_URL))

    yield make
    for recorder, carrier, session in closing:
        session.close()
        carrier.__exit__(None, None, None)
        assert [] == recorder.errors


def a_session(url: str, retries: int = 2, timeout_s: float = 10) -> HttpSession:
    return http_session(
        AUDIT_LOG, url, timeouts=TimeoutPolicy(timeout_s=timeout_s, retries=retries)
    )


class TestWikiAuditLog(AuditLogContract):
    rung = "simulator"

    @pytest.fixture(params=[OAUTH, BOT], ids=["oauth", "bot-password"])
    def given(self, a_wiki, request):
        def make():
            self.wiki = a_wiki("An introduction.", request.param)
            return self.wiki.log

        return make

    @pytest.fixture
    def entries(self):
        return lambda _log: usernames_on(self.wiki.simulator.text)


class TestOnePage:
    def test_one_edit_adds_all_entries(self, a_wiki):
        wiki = a_wiki("Intro\n\n=== 2026-11-20 ===\n* 10:00 old\n\n[[Category:Logs]]")

        wiki.log.append([ADA, BOB])

        assert (
            "Intro\n\n"
            f"=== 2026-11-22 ===\n{BOB_LINE}\n{ADA_LINE}\n\n"
            "=== 2026-11-20 ===\n* 10:00 old\n\n[[Category:Logs]]"
        ) == wiki.simulator.text
        assert ["query", "tokens", "edit"] == wiki.actions

    def test_the_edit_says_what_it_does_and_who_makes_it(self, a_wiki):
        wiki = a_wiki("")

        wiki.log.append([ADA, BOB])

        revision = wiki.simulator.revisions[-1]
        assert (edit_summary([ADA, BOB]), "Glaab", True) == (
            revision.summary,
            revision.user,
            revision.bot,
        )

    def test_the_edit_is_guarded(self, a_wiki):
        """`baserevid` without `basetimestamp`, else runs of one account overwrite each other."""
        wiki = a_wiki("")

        wiki.log.append([ADA])

        form = wiki.recorder.requests[-1].form
        guards = {"baserevid": "181", "nocreate": "1", "assert": "user", "maxlag": "5"}
        manners = {"bot": "1", "notminor": "1", "action": "edit", "format": "json"}
        varying = {"title", "text", "summary", "token"}
        assert guards | manners == {name: form[name] for name in form.keys() - varying}

    def test_nothing_to_log_asks_nothing(self, a_wiki):
        wiki = a_wiki("")

        wiki.log.append([])

        assert [] == wiki.actions

    def test_nothing_new_edits_nothing(self, a_wiki):
        wiki = a_wiki(ADA_ON_PAGE)

        wiki.log.append([ADA])

        assert ["query"] == wiki.actions

    def test_a_bot_password_logs_in_once(self, a_wiki):
        wiki = a_wiki("", BOT)

        wiki.log.append([ADA])
        wiki.log.append([BOB])

        first = ["tokens", "login", "query", "tokens", "edit"]
        assert [*first, "query", "edit"] == wiki.actions

    def test_a_missing_page_is_created(self, a_wiki):
        wiki = a_wiki(None)

        wiki.log.append([ADA])

        assert ADA_ON_PAGE == wiki.simulator.text
        assert "createonly" in wiki.recorder.requests[-1].form

    @pytest.mark.parametrize("path", ["/w/", "/w"])
    def test_the_address_may_end_with_a_slash(self, a_wiki, path):
        wiki = a_wiki("", path=path)

        wiki.log.append([ADA])

        assert ("ada",) == usernames_on(wiki.simulator.text)

    def test_the_title_may_be_spelt_otherwise(self, a_wiki):
        wiki = a_wiki("", page="tool:Gitlab-account-approval/Log")

        wiki.log.append([ADA])

        assert ("ada",) == usernames_on(wiki.simulator.text)

    def test_every_link_leads_to_the_account_that_it_is_about(self, a_wiki):
        """Whatever MediaWiki makes of a title; `..` is no name of GitLab."""
        wiki = a_wiki("", interwiki=GITLAB_URL)
        names = [name for name in ("ada", "a_b", *HOSTILE_NAMES) if name != ".."]

        wiki.log.append([a_record_of(number, name) for number, name in enumerate(names)])

        addresses = [f"{GITLAB_URL}/{name}" for name in reversed(names)]
        assert addresses == list(map(unquote, wiki.simulator.links))

    def test_no_secret_is_shown(self, a_wiki):
        log = a_wiki("", BOT).log
        oauth = a_wiki("").log

        assert "the-password" not in repr(log)
        assert "secret" not in repr(oauth)
        assert "the-" not in repr(oauth)


class TestConflicts:
    def test_the_entry_is_merged_again(self, a_wiki):
        """What others wrote meanwhile stays."""
        wiki = a_wiki("Intro", rivals=["Intro, changed", "Intro, changed twice"])

        wiki.log.append([ADA])

        assert f"Intro, changed twice\n\n{ADA_ON_PAGE}" == wiki.simulator.text

    def test_another_run_of_the_same_account_loses_nothing(self, a_wiki):
        """MediaWiki sees no conflict within one account if `basetimestamp` is sent."""
        wiki = a_wiki("")
        other = f"{ADA_ON_PAGE}\n* 12:00 by the other run"
        wiki.recorder.faults.extend(
            [None, lambda *_: wiki.simulator.save(other, user="Glaab") and None]
        )

        wiki.log.append([BOB])

        assert ("ada", "bob") == usernames_on(wiki.simulator.text)

    def test_an_entry_that_another_run_wrote_is_not_written_again(self, a_wiki):
        wiki = a_wiki("Intro", rivals=[f"Intro\n\n{ADA_ON_PAGE}"])

        wiki.log.append([ADA])

        assert f"Intro\n\n{ADA_ON_PAGE}" == wiki.simulator.text
        assert "Rival" == wiki.simulator.revisions[-1].user

    def test_a_page_deleted_meanwhile_is_created(self, a_wiki):
        wiki = a_wiki("Intro", deletions=1)

        wiki.log.append([ADA])

        assert ADA_ON_PAGE == wiki.simulator.text

    def test_a_page_created_meanwhile_is_edited(self, a_wiki):
        wiki = a_wiki(None, rivals=["Intro"])

        wiki.log.append([ADA])

        assert f"Intro\n\n{ADA_ON_PAGE}" == wiki.simulator.text

    def test_a_page_that_never_rests_is_given_up(self, a_wiki):
        wiki = a_wiki("", rivals=[*"1234567890", "more"])

        with pytest.raises(SystemUnavailable, match="the page changed during all 10 tries"):
            wiki.log.append([ADA])

        assert 10 == wiki.actions.count("edit")


class TestLostAnswers:
    """The answer to the edit is lost: look before repeating."""

    def lose(self, wiki: Wiki, *interventions) -> None:
        """Apply these to the edits, one each."""
        left = list(interventions)

        def intervene(request, handle):
            return left.pop(0)(request, handle) if left and _action(request) == "edit" else None

        wiki.recorder.always = intervene

    def test_an_edit_that_was_made_is_not_repeated(self, a_wiki):
        wiki = a_wiki("")
        self.lose(wiki, acts_then_disconnects)

        wiki.log.append([ADA])

        assert ("ada",) == usernames_on(wiki.simulator.text)
        assert ["query", "tokens", "edit", "query"] == wiki.actions

    @pytest.mark.parametrize(
        "lost",
        [
            disconnects,
            answers(text_response("<html>", 502, "text/html")),
            answers(text_response("", 500)),
            answers(text_response("<html>", 200, "text/html")),
            answers(text_response("", 200)),
            answers(json_response([])),
            answers(json_response({})),
            answers(json_response({"edit": {}})),
            answers(json_response({"edit": {"result": "Perhaps"}})),
            answers(json_response({"error": "odd"})),
            answers(json_response({"error": {"code": "internal_api_error_DBQueryError"}})),
            answers(Response(body=b'{"edit": {"result": "Success"}}', cut_to=9)),
        ],
    )
    def test_an_edit_that_was_not_made_is_made_once_more(self, a_wiki, lost):
        wiki = a_wiki("")
        self.lose(wiki, lost)

        wiki.log.append([ADA])

        assert ("ada",) == usernames_on(wiki.simulator.text)
        assert 2 == wiki.actions.count("edit")

    def test_a_second_loss_is_not_confirmed(self, a_wiki):
        wiki = a_wiki("")
        self.lose(wiki, disconnects, disconnects)

        with pytest.raises(NotConfirmed, match="the page does not show it yet"):
            wiki.log.append([ADA])

        assert 2 == wiki.actions.count("edit")

    def test_a_second_loss_after_which_the_entry_is_there_is_fine(self, a_wiki):
        wiki = a_wiki("")
        self.lose(wiki, disconnects, acts_then_disconnects)

        wiki.log.append([ADA])

        assert ("ada",) == usernames_on(wiki.simulator.text)

    def test_a_loss_in_the_last_try_is_looked_at(self, a_wiki):
        wiki = a_wiki("", rivals=["1", "2"])
        let_pass = lambda *_: None  # noqa: E731
        self.lose(wiki, let_pass, let_pass, acts_then_disconnects)

        wiki.log.append([ADA])

        assert ("ada",) == usernames_on(wiki.simulator.text)

    def test_a_wiki_that_falls_silent_leaves_it_unknown(self, a_wiki):
        wiki = a_wiki("")

        def silent_from_the_edit_on(request, handle):
            if _action(request) == "edit" or "edit" in wiki.actions:
                handle()
                raise Disconnect

        wiki.recorder.always = silent_from_the_edit_on

        with pytest.raises(NotConfirmed, match="could not be read again: the connection"):
            wiki.log.append([ADA])


class TestCredentials:
    def test_a_stale_token_is_renewed_once(self, a_wiki):
        wiki = a_wiki("")
        wiki.log.append([ADA])
        wiki.simulator.token_salt = "new"

        wiki.log.append([BOB])

        assert ("ada", "bob") == usernames_on(wiki.simulator.text)
        assert ["query", "edit", "tokens", "edit"] == wiki.actions[3:]

    def test_a_lost_session_logs_in_again(self, a_wiki):
        wiki = a_wiki("", BOT)
        wiki.log.append([ADA])
        wiki.simulator.forget_sessions()

        wiki.log.append([BOB])

        assert ("ada", "bob") == usernames_on(wiki.simulator.text)
        assert ["query", "edit", "tokens", "login", "tokens", "edit"] == wiki.actions[5:]

    def test_a_session_lost_again_is_given_up(self, a_wiki):
        wiki = a_wiki("", BOT)
        wiki.recorder.always = lambda request, _handle: (
            wiki.simulator.forget_sessions() if _action(request) == "edit" else None
        )

        with pytest.raises(SystemUnavailable, match="no longer logged in"):
            wiki.log.append([ADA])

        assert 2 == wiki.actions.count("edit")

    def test_oauth_has_no_session_to_log_in_to(self, a_wiki):
        wiki = a_wiki("")
        refused = {"error": {"code": "assertuserfailed", "info": "You are no longer logged in."}}
        wiki.recorder.faults.extend([None, None, answers(json_response(refused))])

        with pytest.raises(SystemUnavailable, match="no longer logged in"):
            wiki.log.append([ADA])

        assert ["query", "tokens", "edit"] == wiki.actions

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"consumer_token": "other"}, "Invalid consumer"),
            ({"consumer_secret": "other"}, "Invalid signature"),
            ({"access_token": "other"}, "No approved grant was found"),
            ({"access_secret": "other"}, "Invalid signature"),
        ],
    )
    def test_refused_oauth_is_told(self, a_wiki, changes, said):
        wiki = a_wiki("", attrs.evolve(OAUTH, **changes))

        with pytest.raises(SystemUnavailable, match=said):
            wiki.log.append([ADA])

    def test_a_refused_bot_password_is_told(self, a_wiki):
        wiki = a_wiki("", BotPassword("Glaab@glaab", "wrong"))

        with pytest.raises(SystemUnavailable, match=r"bot password \(Incorrect username") as caught:
            wiki.log.append([ADA])

        assert "wrong" not in str(caught.value)

    def test_a_login_that_gives_no_reason_is_told(self, a_wiki):
        wiki = a_wiki("", BOT)
        wiki.recorder.faults.extend(
            [None, answers(json_response({"login": {"result": "Aborted"}}))]
        )

        with pytest.raises(SystemUnavailable, match="Aborted"):
            wiki.log.append([ADA])


class TestWhatOAuthRefuses:
    """Extension:OAuth calls every trouble an invalid authorization: the advice fits the cause."""

    @pytest.mark.parametrize(
        ("trouble", "advice"),
        [
            ({"is_disabled": True}, "the consumer is disabled: ask an administrator of the wiki"),
            ({"is_revoked": True}, r"the consumer was revoked \(see Special:OAuthManageMyGrants"),
            ({"is_restricted": True}, "may not be used from this machine's address"),
            ({"is_foreign": True}, "the consumer is for another wiki: register another one"),
            ({"host": "wiki.example.org"}, "the host of MEDIAWIKI_URL is not the one"),
            ({"clock_ahead_s": 303}, r"this machine's clock is 0:05:0\d behind the wiki's: have"),
            ({"clock_ahead_s": -3600}, f"this machine's clock is {AN_HOUR} ahead of the wiki's"),
        ],
        ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
    )
    def test_it_is_told_what_to_do_about_it(self, a_wiki, trouble, advice):
        wiki = a_wiki("", oauth=OAuthExtension(**trouble))

        with pytest.raises(SystemUnavailable, match=advice) as caught:
            wiki.log.append([ADA])

        assert "the other three" not in caught.value.reason
        assert ["query"] == wiki.actions

    @pytest.mark.parametrize(
        ("code", "info", "advice"),
        [
            ("mwoauth-invalid-authorization-invalid-user", "?", "has no account on this wiki"),
            ("mwoauth-invalid-authorization-blocked-user", "?", "unblock the consumer's owner"),
            ("mwoauth-invalid-authorization", "Invalid consumer", ": see MEDIAWIKI_CONSUMER_TOKEN"),
            ("mwoauth-invalid-authorization", "Expired timestamp", ": have this machine's clock"),
            ("mwoauth-oauth-exception", "?", "TOKEN and the other three OAuth settings"),
        ],
    )
    def test_so_it_is_of_what_is_rarer(self, a_wiki, code, info, advice):
        wiki = a_wiki("")
        wiki.recorder.always = answers(json_response({"error": {"code": code, "info": info}}))

        with pytest.raises(SystemUnavailable, match=advice):
            wiki.log.append([ADA])

    @pytest.mark.parametrize(
        "trouble",
        [
            {"keeps_nonces": False},
            {"trouble": "Cannot access the database: Connection refused (db1)"},
            {"trouble": "The OAuth database is temporarily locked."},
            {"trouble": "Error 1290: The MariaDB server is running with the --read-only option"},
        ],
    )
    def test_trouble_that_passes_is_not_a_wrong_token(self, a_wiki, trouble):
        """A read is tried once more, then the next run has its turn."""
        wiki = a_wiki("Intro", oauth=OAuthExtension(**trouble))

        with pytest.raises(SystemUnavailable, match="cannot check credentials just now") as caught:
            wiki.log.append([ADA])

        assert "MEDIAWIKI_" not in caught.value.reason
        assert ["query", "query"] == wiki.actions
        assert 2 == len({request.headers["authorization"] for request in wiki.recorder.requests})
        assert "Intro" == wiki.simulator.text

    @pytest.mark.parametrize("read", ["query", "tokens"])
    def test_a_read_that_could_not_be_checked_is_sent_once_more(self, a_wiki, read):
        wiki = a_wiki("")
        left = [NONCE_USED]
        wiki.recorder.always = lambda request, _: (
            left.pop() if left and _action(request) == read else None
        )

        wiki.log.append([ADA])

        assert ("ada",) == usernames_on(wiki.simulator.text)
        assert 2 == wiki.actions.count(read)

    @pytest.mark.parametrize("acts", [False, True])
    def test_an_edit_that_could_not_be_checked_is_looked_for_first(self, a_wiki, acts):
        """If a proxy sent it twice, the first one was made and the second one refused."""
        wiki = a_wiki("")
        left = [NONCE_USED]

        def refuse(request, handle):
            if not left or _action(request) != "edit":
                return None
            if acts:
                handle()
            return left.pop()

        wiki.recorder.always = refuse

        wiki.log.append([ADA])

        again = [] if acts else ["edit"]
        assert ["query", "tokens", "edit", "query", *again] == wiki.actions
        assert ("ada",) == usernames_on(wiki.simulator.text)

    def test_an_edit_that_can_never_be_checked_is_not_confirmed(self, a_wiki):
        wiki = a_wiki("Intro")
        wiki.recorder.always = lambda request, _: NONCE_USED if _action(request) == "edit" else None

        with pytest.raises(NotConfirmed, match="cannot check credentials just now"):
            wiki.log.append([ADA])

        assert 2 == wiki.actions.count("edit")


class TestRefusalsNameThePage:
    """What the wiki refuses, of which page, and what to do."""

    @pytest.mark.parametrize(
        ("switches", "said"),
        [
            ({"protected": True}, "other actions. (protectedpage): ask an administrator of the"),
            ({"cascading": True}, "Main Page]] (cascadeprotected): ask an administrator of the"),
            ({"may_edit": False}, "(permissiondenied): ask an administrator of the wiki to let"),
            (
                {"max_bytes": 1024},
                "size limit of 1 kibibyte. (contenttoobig): move its oldest days to another page",
            ),
            (
                {"blocked": "A bad\nbot", "blocked_in_part": True},
                "from editing this page, by Admin with no end: A bad bot (blocked): ask an",
            ),
            (
                {"autoblocked": "Another's"},
                "a blocked user, by Admin with no end: Another's (autoblocked): ask an",
            ),
        ],
        ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
    )
    def test_of_a_page_that_there_is(self, a_wiki, switches, said):
        wiki = a_wiki("x" * 1000, **switches)

        with pytest.raises(SystemUnavailable, match=re.escape(said)) as caught:
            wiki.log.append([ADA])

        assert caught.value.reason.startswith(f'it did not save the edit of "{PAGE}": ')

    @pytest.mark.parametrize(
        ("switches", "said"),
        [
            ({"may_create": False}, r"\(cantcreate\): create the page by hand, or"),
            ({"protected": True}, r"\(protectedpage\): ask an administrator of the wiki to"),
        ],
    )
    def test_of_a_page_that_cannot_be_created(self, a_wiki, switches, said):
        wiki = a_wiki(None, **switches)

        with pytest.raises(SystemUnavailable, match=f'the edit of "{PAGE}": .*{said}'):
            wiki.log.append([ADA])

    def test_of_the_interface(self, a_wiki):
        wiki = a_wiki("", page="MediaWiki:Log")

        with pytest.raises(SystemUnavailable, match=r"interface\): set MEDIAWIKI_LOG_PAGE to the"):
            wiki.log.append([ADA])

    def test_a_block_that_ends_says_when(self, a_wiki):
        wiki = a_wiki("")
        blockinfo = {
            "blockid": 14,
            "blockedby": "Admin",
            "blockreason": "out of control",
            "blockexpiry": "2026-11-22T09:06:55Z",
        }
        error = {"code": "blocked", "info": "You have been blocked.", "blockinfo": blockinfo}
        wiki.recorder.faults.extend([None, None, answers(json_response({"error": error}))])

        with pytest.raises(
            SystemUnavailable,
            match=r"blocked, by Admin until 2026-11-22T09:06:55Z: out of control .*block 14 or",
        ):
            wiki.log.append([ADA])

    @pytest.mark.parametrize("code", [404, 301])
    def test_an_address_where_no_api_is(self, a_wiki, code):
        wiki = a_wiki("")
        wiki.recorder.always = status(code)

        with pytest.raises(SystemUnavailable, match=r"see that api\.php is below MEDIAWIKI_URL"):
            wiki.log.append([ADA])


class TestClock:
    """Entries have this machine's time, as every log has: where it is off, that is told."""

    def warnings(self, wiki: Wiki) -> list[dict[str, object]]:
        with capture_logs() as logged:
            wiki.log.append([ADA])
        return [each for each in logged if each["log_level"] == "warning"]

    @pytest.mark.parametrize(
        ("ahead_s", "said"), [(3600, f"{AN_HOUR} behind"), (-3600, f"{AN_HOUR} ahead of")]
    )
    def test_a_difference_is_a_warning_and_changes_no_entry(self, a_wiki, ahead_s, said):
        wiki = a_wiki("", BOT, oauth=OAuthExtension(clock_ahead_s=ahead_s))

        (warning,) = self.warnings(wiki)

        assert "clock_difference_found" == warning["event"]
        assert re.match(f"this machine's clock is {said} the wiki's, and en", warning["reason"])
        assert "NTP" in warning["remedy"]
        assert ADA_ON_PAGE == wiki.simulator.text

    def test_clocks_that_agree_are_not_mentioned(self, a_wiki):
        assert [] == self.warnings(a_wiki("", BOT))

    @pytest.mark.parametrize("time", [None, 5, "noon", "2026-11-22T12:00:00"])
    def test_a_wiki_that_does_not_tell_the_time_is_read_all_the_same(self, a_wiki, time):
        wiki = a_wiki("", BOT)

        def untimely(_request, handle):
            answer = json.loads(handle().body)
            return json_response(answer | {"curtimestamp": time})

        wiki.recorder.faults.extend([None, None, untimely])

        assert [] == self.warnings(wiki)
        assert ADA_ON_PAGE == wiki.simulator.text


def test_a_database_that_is_down_is_no_answer(a_wiki):
    """HTTP 500: the beginning of an answer, then a page for people."""
    wiki = a_wiki("Intro", database_down=True)

    with pytest.raises(SystemUnavailable, match="it answered HTTP 500"):
        wiki.log.append([ADA])

    assert "Intro" == wiki.simulator.text


@pytest.mark.parametrize("credentials", [OAUTH, BOT], ids=["oauth", "bot-password"])
@pytest.mark.parametrize(
    ("switches", "said"),
    [
        ({"readonly": "a new disk"}, r"read-only mode\. a new disk \(readonly\)"),
        (
            {"blocked": "a reason"},
            r"blocked from editing, by Admin with no end: a reason \(blocked\): ask .* block 4 or",
        ),
        ({"protected": True}, r"protected .* \(protectedpage\)"),
        ({"may_edit": False}, r"limited to users .* \(permissiondenied\)"),
        ({"edits_left": 0}, r"limited from performing .* \(ratelimited\)"),
        ({"lag_s": 9}, r"9 seconds lagged\. \(maxlag\)"),
        ({"lag_s": 9, "lag_headers": {}}, r"9 seconds lagged\. \(maxlag\)"),
        ({"lag_s": 9, "lag_headers": {"Retry-After": "soon"}}, r"\(maxlag\)"),
    ],
)
def test_a_wiki_that_refuses_says_why(a_wiki, switches, said, credentials):
    """A definite refusal is not repeated: the next run does that."""
    wiki = a_wiki("Intro", credentials, **switches)

    with pytest.raises(SystemUnavailable, match=said):
        wiki.log.append([ADA, BOB])

    assert "Intro" == wiki.simulator.text
    assert wiki.actions.count("edit") <= 1


def test_a_full_page_is_told(a_wiki):
    wiki = a_wiki("x" * 100, max_bytes=150)

    with pytest.raises(SystemUnavailable, match="exceeds the article size limit"):
        wiki.log.append([ADA])


class TestObjections:
    """The wiki refuses what would be written."""

    @pytest.mark.parametrize(
        ("switch", "said"),
        [
            ("disallow", "identified as harmful, and therefore disallowed"),
            ("hook", "aborted by an extension"),
        ],
    )
    def test_one_entry_does_not_keep_the_others_out(self, a_wiki, switch, said):
        wiki = a_wiki("", **{switch: "bob"})

        with pytest.raises(PartlyLogged, match=f"the entries of @bob: .*{said}") as raised:
            wiki.log.append([a_record_of(3, "cy"), ADA, BOB])

        assert ("ada", "cy") == usernames_on(wiki.simulator.text)
        assert {BOB.account_id} == raised.value.refused

    def test_a_captcha_is_not_tried_again(self, a_wiki):
        """It is about who writes: one entry alone would be asked for one, too."""
        wiki = a_wiki("", captcha="bob")

        with pytest.raises(
            SystemUnavailable, match=r"Log\": it asks for a captcha: ask .* right skip"
        ):
            wiki.log.append([ADA, BOB])

        assert ["query", "tokens", "edit"] == wiki.actions

    def test_all_that_were_refused_are_named(self, a_wiki):
        wiki = a_wiki("", disallow="Toolforge member")

        with pytest.raises(SystemUnavailable, match="the entries of @ada, @bob: "):
            wiki.log.append([ADA, BOB])

        assert "" == wiki.simulator.text

    def test_a_mere_warning_is_confirmed_by_repeating(self, a_wiki):
        """AbuseFilter asks to submit again to confirm; it remembers that in the session."""
        wiki = a_wiki("", BOT, warn="ada")

        wiki.log.append([ADA, BOB])

        assert ("ada", "bob") == usernames_on(wiki.simulator.text)

    def test_other_trouble_while_writing_one_by_one_stops_it(self, a_wiki):
        wiki = a_wiki("", disallow="cy", edits_left=1)

        with pytest.raises(SystemUnavailable, match="ratelimited"):
            wiki.log.append([ADA, BOB, a_record_of(3, "cy")])

        assert ("ada",) == usernames_on(wiki.simulator.text)

    def test_a_failure_without_a_reason_is_an_objection(self, a_wiki):
        wiki = a_wiki("")
        failure = answers(json_response({"edit": {"result": "Failure"}}))
        wiki.recorder.always = lambda request, handle: (
            failure(request, handle) if _action(request) == "edit" else None
        )

        with pytest.raises(
            SystemUnavailable, match=f'did not save the edit of "{PAGE}": it gave no reason'
        ):
            wiki.log.append([ADA])


def a_page(**page: object) -> Callable[..., Response | None]:
    return answers(json_response({"query": {"pages": {"2": {"title": PAGE} | page}}}))


def a_revision(**main: str) -> list[dict[str, object]]:
    return [{"revid": 3, "slots": {"main": main}}]


class TestUnreadablePages:
    """A page that could not be read is never taken for an empty one."""

    @pytest.mark.parametrize(
        "answer",
        [
            a_page(),
            a_page(revisions=[]),
            a_page(revisions=[{"revid": 3}]),
            a_page(revisions=[{"revid": 3, "slots": {}}]),
            a_page(revisions=[{"revid": "3", "slots": {"main": {"*": ""}}}]),
            a_page(revisions=[{"slots": {"main": {"*": "x"}}}]),
            a_page(revisions=a_revision(texthidden="")),
            a_page(revisions=a_revision(contentmodel="json", **{"*": "{}"})),
            a_page(revisions=a_revision(**{"*": "\ud800"})),
            a_page(revisions=a_revision(**{"*": "x"}) * 2),
            a_page(revisions=a_revision(**{"*": "x"}), missing=""),
            a_page(revisions=a_revision(**{"*": "#REDIRECT [[x]]"}), redirect=""),
            a_page(missing=True),
            answers(json_response({"query": {"pages": {}}})),
            answers(json_response({"query": {"pages": []}})),
            answers(json_response({"query": {"pages": {"1": [], "2": []}}})),
            answers(json_response({"query": {"interwiki": [{"title": PAGE, "iw": "gitlab"}]}})),
            answers(json_response({"batchcomplete": ""})),
            answers(json_response(None)),
            answers(json_response("text")),
            answers(json_response({"error": {"code": "readapidenied", "info": "No."}})),
        ],
    )
    def test_it_is_not_edited(self, a_wiki, answer):
        wiki = a_wiki("Intro")
        wiki.recorder.faults.append(answer)

        with pytest.raises(SystemUnavailable):
            wiki.log.append([ADA])

        assert ["query"] == wiki.actions

    @pytest.mark.parametrize(
        ("title", "said"),
        [
            ("Bad[title]", "contains invalid characters"),
            ("A|B", "not the title of one page"),
        ],
    )
    def test_a_bad_title_is_told(self, a_wiki, title, said):
        wiki = a_wiki("", page=title)

        with pytest.raises(SystemUnavailable, match=said):
            wiki.log.append([ADA])

    def test_a_redirect_is_told(self, a_wiki):
        wiki = a_wiki("#REDIRECT [[Elsewhere]]")

        with pytest.raises(SystemUnavailable, match="is a redirect: set MEDIAWIKI_LOG_PAGE"):
            wiki.log.append([ADA])

    @pytest.mark.parametrize("tokens", [{}, {"csrftoken": 5}])
    def test_a_missing_token_is_told(self, a_wiki, tokens):
        """Nothing was sent, so nothing is in doubt."""
        wiki = a_wiki("")
        wiki.recorder.faults.extend([None, answers(json_response({"query": {"tokens": tokens}}))])

        with pytest.raises(SystemUnavailable, match="token"):
            wiki.log.append([ADA])

        assert ["query", "tokens"] == wiki.actions


def status(code: int, body: str = "", **headers: str) -> Callable[..., Response | None]:
    response = text_response(body, code, "text/html")
    return answers(attrs.evolve(response, headers=dict(response.headers) | headers))


OUTAGES = [
    (disconnects, "the connection failed"),
    (answers(Response(body=b'{"query": {"pages"', cut_to=9)), "cut off"),
    (status(401), "refused the credentials"),
    (status(403, "Please set a user agent"), "HTTP 403$"),
    (status(404, "<html>"), "HTTP 404"),
    (status(409), "HTTP 409"),
    (status(429, **{"Retry-After": "1"}), "fewer requests"),
    (status(429, **{"Retry-After": "3600"}), "fewer requests"),
    (status(429, **{"Retry-After": "soon"}), "fewer requests"),
    (status(500), "HTTP 500"),
    # of MediaWiki (1.39) whose database went away: JSON, and a page after it
    (status(500, '{"query": {"tokens": {"csrftoken": "+"}}}<!DOCTYPE html>'), "HTTP 500$"),
    (status(502, "<html>bad gateway"), "HTTP 502"),
    (status(204), "HTTP 204"),
    (status(301, Location="https://elsewhere.example/w/api.php"), "redirects elsewhere"),
    (status(200, "<html>"), "not the action API's"),
    (status(200), "not the action API's"),
    (status(200, "MediaWiki API is not enabled for this site."), "not the action API's"),
    (answers(json_response([])), "expected an object, got list"),
    (answers(json_response({"query": 5})), "expected a mapping"),
    (answers(json_response({})), "not the title of one page|gave no login token"),
    (answers(json_response({"error": {"info": "?"}})), "required field missing"),
    (answers(json_response({"error": {"code": "odd"}})), r"it refused \(odd\)"),
]


@pytest.mark.parametrize("credentials", [OAUTH, BOT], ids=["oauth", "bot-password"])
@pytest.mark.parametrize(("outage", "said"), OUTAGES)
def test_trouble_is_the_systems_not_ours(a_wiki, outage, said, credentials):
    """Whatever goes wrong while reading or logging in becomes SystemUnavailable, in words."""
    wiki = a_wiki("Intro", credentials, retries=0)
    wiki.recorder.always = outage

    with pytest.raises(SystemUnavailable, match=said):
        wiki.log.append([ADA])

    assert 1 == len(wiki.recorder.requests)


def test_a_wiki_that_does_not_answer_in_time_is_unavailable(a_wiki):
    wiki = a_wiki("Intro", retries=0, timeout_s=0.2)
    wiki.recorder.always = is_silent

    with pytest.raises(SystemUnavailable, match="did not answer in time"):
        wiki.log.append([ADA])


@pytest.mark.parametrize("code", [401, 403, 404, 409, 429, 301])
def test_an_edit_refused_by_http_is_not_repeated(a_wiki, code):
    wiki = a_wiki("Intro")
    wiki.recorder.faults.extend([None, None, status(code)])

    with pytest.raises(SystemUnavailable, match=f"HTTP {code}"):
        wiki.log.append([ADA])

    assert ["query", "tokens", "edit"] == wiki.actions


def test_reads_that_failed_are_repeated(a_wiki):
    wiki = a_wiki("")
    wiki.recorder.faults.extend([status(503), disconnects])

    wiki.log.append([ADA])

    assert ["query"] * 3 + ["tokens", "edit"] == wiki.actions


def test_a_text_that_was_lost_on_the_way_is_not_taken_for_an_empty_page(a_wiki):
    """Whatever stood there would be overwritten."""
    wiki = a_wiki("An introduction.")

    def emptied(_request, handle):
        told = handle().body.replace(b"An introduction.", b"")
        return Response(headers={"Content-Type": "application/json"}, body=told)

    wiki.recorder.always = emptied

    with pytest.raises(SystemUnavailable, match=f'"{PAGE}" cannot be read: the wiki gave no text'):
        wiki.log.append([ADA])

    assert "An introduction." == wiki.simulator.text


def test_a_wiki_that_is_not_there_is_unavailable():
    session = a_session("http://127.0.0.1:1")
    api = WikiApi(url="http://127.0.0.1:1/w/", credentials=OAUTH, session=session, clock=now)

    with pytest.raises(SystemUnavailable, match="the connection failed"):
        WikiAuditLog(WikiPage(api, PAGE), GITLAB_URL).append([a_record(at=NOON)])
