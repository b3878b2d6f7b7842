"""The simulator answers what MediaWiki answered (`captures/mediawiki`), and nothing unexpected."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import attrs
import pytest
from oauthlib.oauth1 import Client as Signer

from tests.contract.mediawiki.simulator import MediaWikiSimulator, Unexpected
from tests.contract.mediawiki.simulator_oauth import Consumer, OAuthExtension
from tests.contract.wire import Request, Response

CAPTURES = Path(__file__).parent.parent / "captures" / "mediawiki"
PAGE = "Tool:Gitlab-account-approval/Log"
HOST = "127.0.0.1:8080"
VARYING = {
    "id", "lguserid", "pageid", "oldrevid", "newrevid", "newtimestamp", "touched", "lastrevid",
    "length",
}  # fmt: skip


@attrs.define
class Browser:
    """Sends requests to a simulator, with a cookie or a signature."""

    wiki: MediaWikiSimulator
    cookie: str = ""
    signer: Signer | None = None

    def send(self, method: str, query: str = "", body: str = "") -> Response:
        headers = {"host": HOST, "cookie": self.cookie}
        if body:
            headers["content-type"] = "application/x-www-form-urlencoded"
        if self.signer:
            uri = f"http://{HOST}/w/api.php" + (f"?{query}" if query else "")
            signed = self.signer.sign(uri, method, body or None, headers)[1]
            headers["authorization"] = signed["Authorization"]
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        path = "/w/api.php"
        response = self.wiki.handle(
            Request(
                method=method,
                path=path,
                raw_path=path,
                query=pairs,
                headers=headers,
                body=body.encode(),
            )
        )
        self.cookie = response.headers.get("Set-Cookie", self.cookie).partition(";")[0]
        return response

    def token(self, kind: str) -> str:
        response = self.send("GET", f"meta=tokens&type={kind}&action=query&format=json")
        return json.loads(response.body)["query"]["tokens"][f"{kind}token"]

    def log_in(self) -> None:
        given = {"lgname": "Glaab@rig", "lgpassword": "***", "lgtoken": self.token("login")}
        self.send("POST", body=urlencode(given | {"action": "login", "format": "json"}))


def a_wiki(**switches: object) -> MediaWikiSimulator:
    wiki = MediaWikiSimulator.of(PAGE, "An older intro")
    wiki.save("Intro", user="Admin")
    wiki.bot_passwords = {"Glaab@rig": "***"}
    for name, value in switches.items():
        setattr(wiki, name, value)
    return wiki


def switched(**switches: object):
    """A logged-in browser on a wiki with these switches."""

    def prepare() -> Browser:
        browser = Browser(a_wiki())
        browser.log_in()
        for name, value in switches.items():
            setattr(browser.wiki, name, value)
        return browser

    return prepare


def at_the_door(**switches: object):
    """A browser that has not logged in."""
    return lambda: Browser(a_wiki(**switches))


def with_pages(**pages: str | None):
    """A logged-in browser on a wiki whose pages have these texts; None for a deleted one."""

    def prepare() -> Browser:
        browser = switched()()
        for suffix, text in pages.items():
            title = PAGE if suffix == "page" else f"{PAGE}/{suffix}"
            browser.wiki.save(text or "", title=title, user="Admin")
            if text is None:
                browser.wiki.delete(title)
        return browser

    return prepare


def with_a_protected_page() -> Browser:
    browser = switched(protected=True)()
    browser.wiki.save("x", title="Tool:Protected", user="Admin")
    return browser


def signing(**wrong: str):
    def prepare() -> Browser:
        keys = attrs.evolve(Consumer(), **wrong)
        signer = Signer(
            keys.consumer_token,
            client_secret=keys.consumer_secret,
            resource_owner_key=keys.access_token,
            resource_owner_secret=keys.access_secret,
        )
        return Browser(a_wiki(), signer=signer)

    return prepare


CASES = {
    "login-botpassword-ok": at_the_door(),
    "login-botpassword-wrong": at_the_door(bot_passwords={}),
    "readonly-login-botpassword": at_the_door(readonly="maintenance"),
    "session-lost-botpassword": at_the_door(),
    "oauth-wrong-secret": signing(consumer_secret="wrong"),
    "oauth-unknown-consumer": signing(consumer_token="wrong"),
    "oauth-unknown-token": signing(access_token="wrong"),
    "edit-title-normalised": switched(),
    "bad-title-pages": switched(),
    "too-big-read": switched(),
    "edit-create": switched(),
    "edit-nochange": with_pages(page="first line"),
    "edit-trailing-newlines": switched(),
    "conflict-same-line": with_pages(page="changed meanwhile"),
    "conflict-page-deleted": with_pages(**{"del": None}),
    "nocreate": switched(),
    "createonly": switched(),
    "bad-title": switched(),
    "badtoken": switched(),
    "notoken": switched(),
    "grant-without-edit-oauth-raw": switched(may_edit=False),
    "protected-page": with_a_protected_page,
    "blocked-oauth-raw": switched(blocked="rig block"),
    "readonly": switched(readonly="rig: the database is read-only for maintenance"),
    "ratelimited": switched(edits_left=0),
    "maxlag-hit": switched(lag_s=2),
    "abusefilter-off-hook": switched(hook="line"),
    "captcha": switched(captcha="http"),
    "abusefilter-disallow": switched(disallow="evilline"),
}


def test_every_capture_is_replayed():
    assert set(CASES) == {path.stem for path in CAPTURES.glob("*.json")}


@pytest.mark.parametrize("case", CASES)
def test_it_answers_what_mediawiki_answered(case):
    """Ids, times and tokens apart: the same status, headers and body."""
    recorded = json.loads((CAPTURES / f"{case}.json").read_text())
    browser = CASES[case]()

    answer = browser.send(
        recorded["method"],
        urlsplit(recorded["url"]).query,
        with_tokens_of(browser, recorded["body"], case),
    )

    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert recorded["headers"] == {
        name: value for name, value in headers.items() if name not in {"content-type", "set-cookie"}
    }
    assert recorded["status"] == answer.status
    assert lasting(recorded["response"]) == lasting(json.loads(answer.body))


def with_tokens_of(browser: Browser, body: str, case: str) -> str:
    """The recorded body with a token that is valid here, unless its staleness is the point."""
    given = dict(parse_qsl(body, keep_blank_values=True))
    if "lgtoken" in given:
        given["lgtoken"] = browser.token("login")
    if "token" in given and case != "badtoken":
        given["token"] = browser.token("csrf")
    return urlencode(given)


def lasting(answer: object) -> object:
    """What is the same in every wiki."""
    if not isinstance(answer, dict):
        return answer
    kept = {name: "…" if name in VARYING else lasting(value) for name, value in answer.items()}
    if "pages" in kept:
        kept["pages"] = list(kept["pages"].values())
    return kept


class TestEdits:
    """What the captures show only between the lines."""

    def edit(self, browser: Browser, **given: str) -> str:
        """The result, or the code of the error."""
        token = browser.token("csrf")
        body = {"action": "edit", "format": "json", "title": PAGE, "token": token} | given
        answer = json.loads(browser.send("POST", body=urlencode(body)).body)
        return answer["error"]["code"] if "error" in answer else answer["edit"]["result"]

    def test_text_is_trimmed_and_composed(self):
        browser = switched()()

        self.edit(browser, text="cafe\u0301\r\nx \n\n", summary="s" * 600, bot="1")

        revision = browser.wiki.revisions[-1]
        assert ("café\nx", 500, "Glaab", True) == (
            browser.wiki.text,
            len(revision.summary),
            revision.user,
            revision.bot,
        )

    def test_a_base_that_is_not_current_is_a_conflict(self):
        browser = switched()()
        base = str(browser.wiki.revisions[-1].revid)

        assert "Success" == self.edit(browser, text="a", baserevid=base)
        assert "editconflict" == self.edit(browser, text="b", baserevid=base)

    def test_an_account_is_never_in_conflict_with_itself_by_time(self):
        """The trap: with `basetimestamp` the last writer wins."""
        browser = switched()()
        base = browser.wiki.revisions[-1].timestamp

        assert "Success" == self.edit(browser, text="a", basetimestamp=base)
        assert "Success" == self.edit(browser, text="b", basetimestamp=base)

    def test_edits_of_different_lines_are_merged(self):
        browser = with_pages(page="1\n2\n3\n4")()
        base = str(browser.wiki.revisions[-1].revid)
        browser.wiki.save("1\n2\n3\nfour", user="Admin")

        assert "Success" == self.edit(browser, text="one\n2\n3\n4", baserevid=base)
        assert "one\n2\n3\nfour" == browser.wiki.text
        assert "editconflict" == self.edit(browser, text="1\n2\n3\nvier", baserevid=base)

    def test_without_a_base_there_is_no_conflict(self):
        assert "Success" == self.edit(switched()(), text="a")

    def test_a_new_page_is_created(self):
        browser = switched()()

        assert "Success" == self.edit(browser, title=f"{PAGE}/new", text="a", createonly="1")

    def test_a_warning_is_given_once_a_session(self):
        browser = switched(warn="a")()

        assert "abusefilter-warning" == self.edit(browser, text="a")
        assert "Success" == self.edit(browser, text="a")

    def test_too_much_text_is_refused(self):
        assert "contenttoobig" == self.edit(switched(max_bytes=3)(), text="abcd")

    def test_the_rate_limit_counts_edits(self):
        browser = switched(edits_left=1)()

        assert "Success" == self.edit(browser, text="a")
        assert "ratelimited" == self.edit(browser, text="b")

    def test_whoever_is_logged_out_fails_the_assertion(self):
        browser = switched()()
        token = browser.token("csrf")
        browser.wiki.forget_sessions()

        assert "assertuserfailed" == self.edit(browser, **{"assert": "user", "token": token})

    def test_an_edit_as_an_address_is_unexpected(self):
        with pytest.raises(Unexpected, match="an edit as an IP address"):
            self.edit(at_the_door()(), text="a")


class TestSigning:
    def test_what_is_signed_well_is_the_accounts(self):
        browser = signing()()

        answer = browser.send(
            "POST", body="action=query&format=json&meta=userinfo&titles=a%2Fb&prop=info"
        )

        assert "Glaab" == json.loads(answer.body)["query"]["userinfo"]["name"]

    def test_a_signed_request_counts_once(self):
        browser = signing()()
        browser.signer.nonce = "1"
        browser.token("csrf")

        answer = browser.send("GET", "action=query&format=json&meta=userinfo")

        assert b"Nonce already used: 1" in answer.body

    def test_a_nonce_cannot_be_kept_while_the_wiki_is_read_only(self):
        assert "Nonce already used" in self.refusal(keeps_nonces=False)

    @pytest.mark.parametrize("ahead_s", [310, -310])
    def test_a_clock_may_be_five_minutes_off(self, ahead_s):
        assert "Expired timestamp, yours " in self.refusal(clock_ahead_s=ahead_s)
        assert "" == self.refusal(clock_ahead_s=ahead_s * 9 // 10)

    @pytest.mark.parametrize(
        ("trouble", "said"),
        [
            ({"is_restricted": True}, "invalid IP address"),
            ({"is_revoked": True}, "No approved grant was found"),
            ({"is_disabled": True}, "Contact the author"),
            ({"is_foreign": True}, "are not valid for wiki"),
            ({"host": "wiki.example.org"}, "Invalid signature"),
            ({"trouble": "Cannot access the database"}, "not valid: Cannot access the database"),
        ],
    )
    def test_a_consumer_may_be_of_no_use(self, trouble, said):
        assert said in self.refusal(**trouble)

    def test_the_time_is_told_on_request(self):
        browser = signing()()
        browser.wiki.oauth.clock_ahead_s = 200

        answer = browser.send("GET", "action=query&format=json&meta=userinfo&curtimestamp=1")

        told = datetime.fromisoformat(json.loads(answer.body)["curtimestamp"])
        assert timedelta(seconds=190) < told - datetime.now(UTC) < timedelta(seconds=210)

    def refusal(self, **trouble: object) -> str:
        """What is said to a request that is signed well; nothing if it is answered."""
        browser = signing()()
        browser.wiki.oauth = OAuthExtension(**trouble)
        answer = browser.send("GET", "action=query&format=json&meta=userinfo")
        return json.loads(answer.body).get("error", {}).get("info", "")

    def test_nobody_logs_in_while_signing(self):
        answer = signing()().send("POST", body="action=login&format=json&lgname=a")

        assert "Aborted" == json.loads(answer.body)["login"]["result"]

    def test_a_login_needs_its_token(self):
        browser = at_the_door()()
        browser.token("login")

        answer = browser.send("POST", body="action=login&format=json&lgtoken=x")

        assert "WrongToken" == json.loads(answer.body)["login"]["result"]

    def test_a_login_needs_a_session(self):
        answer = at_the_door()().send("POST", body="action=login&format=json&lgtoken=x")

        assert "Failed" == json.loads(answer.body)["login"]["result"]


class TestStrictness:
    @pytest.mark.parametrize(
        ("method", "query", "body"),
        [
            ("PUT", "", ""),
            ("GET", "action=query&format=json", "a=b"),
            ("GET", "action=query", ""),
            ("GET", "action=query&format=json&format=json", ""),
            ("GET", "action=query&format=json&list=allusers", ""),
            ("GET", "action=query&format=json&meta=allmessages", ""),
            ("GET", "action=query&format=json&meta=tokens&type=patrol", ""),
            ("GET", "action=query&format=json&titles=A", ""),
            ("GET", "action=query&format=json&prop=links&titles=A", ""),
            ("GET", f"action=query&format=json&prop=revisions&titles={PAGE}", ""),
            (
                "GET",
                f"action=query&format=json&prop=revisions&rvslots=main&rvlimit=2&titles={PAGE}",
                "",
            ),
            ("GET", "action=delete&format=json", ""),
            ("GET", "action=edit&format=json", ""),
            ("POST", "action=login&format=json", "lgname=x"),
            ("POST", "", "action=edit&format=json&prependtext=x"),
        ],
    )
    def test_what_no_client_of_ours_asks_is_unexpected(self, method, query, body):
        with pytest.raises(Unexpected):
            switched()().send(method, query, body)

    def test_another_path_is_unexpected(self):
        request = Request(method="GET", path="/api.php", raw_path="/api.php", headers={})

        with pytest.raises(Unexpected, match="no such path"):
            a_wiki().handle(request)

    def test_another_kind_of_body_is_unexpected(self):
        path = "/w/api.php"
        headers = {"content-type": "application/json"}
        request = Request(method="POST", path=path, raw_path=path, headers=headers, body=b"{}")

        with pytest.raises(Unexpected, match="a body of type application/json"):
            a_wiki().handle(request)


def test_site_and_user_are_described():
    """What mwclient asks when it starts."""
    query = (
        "meta=siteinfo|userinfo|userinfo&siprop=general|namespaces"
        "&uiprop=groups|rights|blockinfo|hasmsg&continue=&action=query&format=json"
    )

    known = json.loads(switched(blocked="x")().send("GET", query).body)["query"]
    nobody = json.loads(at_the_door()().send("GET", query).body)["query"]

    assert "MediaWiki 1.39.17" == known["general"]["generator"]
    assert ("Glaab", "Admin") == (known["userinfo"]["name"], known["userinfo"]["blockedby"])
    assert ("127.0.0.1", "") == (nobody["userinfo"]["name"], nobody["userinfo"]["anon"])


def test_a_redirect_is_marked():
    wiki = MediaWikiSimulator.of(PAGE, "#REDIRECT [[Elsewhere]]")

    answer = Browser(wiki).send(
        "GET",
        f"action=query&format=json&prop=info|revisions&rvslots=main&rvprop=ids&titles={PAGE}",
    )

    [page] = json.loads(answer.body)["query"]["pages"].values()
    assert "" == page["redirect"]


def test_a_missing_page_has_no_text():
    assert None is MediaWikiSimulator.of(PAGE, None).text


def test_a_database_that_is_down_breaks_off_an_answer():
    """What was recorded of it is the page alone; the JSON before it was seen on another wiki."""
    answer = Browser(a_wiki(database_down=True)).send("GET", "action=query&format=json")

    assert 500 == answer.status
    assert answer.body.startswith(b'{"error":')
    assert b"}}<!DOCTYPE html>" in answer.body
