"""
The action API of a MediaWiki, as far as one page is read and edited through it.

Behaves as recorded from MediaWiki 1.39.17 (`tests/contract/captures/mediawiki`) and as the
Debian package 1:1.39.17-1+deb12u2 answers when asked the same
(`tests/contract/mediawiki/test_simulator_service.py`).
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, quote, unquote

import attrs

from tests.contract.mediawiki.simulator_merge import merged
from tests.contract.mediawiki.simulator_oauth import OAuthExtension, OAuthRefused
from tests.contract.wire import Request, Response, json_response, text_response

_SEE = (
    "See http://127.0.0.1:8080/w/api.php for API usage. Subscribe to the mediawiki-api-announce"
    " mailing list at &lt;https://lists.wikimedia.org/postorius/lists/mediawiki-api-announce"
    ".lists.wikimedia.org/&gt; for notice of API deprecations and breaking changes."
)
_ANON = "127.0.0.1"
_PAGE = "Tool:Gitlab-account-approval/Log"
_BAD_IN_TITLE = re.compile(r"[\[\]{}|<>#\x00-\x1f]|%[0-9A-Fa-f]{2}")
_RELATIVE_TITLE = re.compile(r"(^|/)\.\.?(/|$)")
_INTERWIKI = "gitlab:"
_LINK = re.compile(r"\[\[gitlab:([^]|]*)\|[^]]*\]\]|\[(https?://[^ ]*) [^]]*\]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_ALWAYS = {"action", "format", "maxlag", "assert", "curtimestamp"}
_QUERY = {
    "continue", "meta", "siprop", "uiprop", "type",
    "prop", "titles", "inprop", "intestactions", "intestactionsdetail",
    "rvprop", "rvslots", "rvdir", "rvlimit",
}  # fmt: skip
_LOGIN = {"lgname", "lgpassword", "lgtoken"}
_EDIT = {
    "title", "text", "summary", "token", "bot", "minor", "notminor",
    "baserevid", "basetimestamp", "starttimestamp", "nocreate", "createonly",
}  # fmt: skip


class Unexpected(Exception):
    """A client asked for what no client of ours should ask for."""


class _ApiError(Exception):
    def __init__(self, code: str, info: str, **more: object) -> None:
        super().__init__(code)
        self.code = code
        self.info = info
        self.more = more


@attrs.frozen(kw_only=True)
class Revision:
    revid: int
    text: str
    summary: str
    user: str
    timestamp: str
    bot: bool = False


@attrs.define
class _Session:
    login_token: str
    user: str = _ANON
    warned: bool = False


@attrs.define(kw_only=True)
class MediaWikiSimulator:
    """A wiki with pages, one account, and switches for what can be wrong with it."""

    title: str = _PAGE
    """The page that `text` and `revisions` are about."""
    script_path: str = "/w/"
    user: str = "Glaab"
    oauth: OAuthExtension = attrs.field(factory=OAuthExtension)
    bot_passwords: dict[str, str] = attrs.field(factory=lambda: {"Glaab@glaab": "the-password"})
    pages: dict[str, list[Revision]] = attrs.field(factory=dict)

    interwiki: str = "https://gitlab.wikimedia.org"
    """Where links lead that begin with `gitlab:`."""
    readonly: str = ""
    """The reason, if the wiki is read-only."""
    blocked: str = ""
    """The reason, if the account is blocked."""
    blocked_in_part: bool = False
    """Whether the block, if there is one, is from the log page alone."""
    autoblocked: str = ""
    """The reason, if the address is blocked because a blocked user had it."""
    rights: tuple[str, ...] = ("bot", "autoconfirmed", "editsemiprotected", "read", "createpage")
    """What the credentials give besides `edit`."""
    contentmodel: str = "wikitext"
    protected: bool = False
    """Whether only administrators may edit the pages that there are, and create others."""
    cascading: bool = False
    """Whether a page that includes the log page is protected with all that it includes."""
    may_create: bool = True
    """Whether the credentials give the creation of pages."""
    may_edit: bool = True
    """Whether the grants of the credentials include editing."""
    edits_left: int | None = None
    """How many edits the rate limit still allows."""
    lag_s: int = 0
    lag_headers: Mapping[str, str] = attrs.field(factory=lambda: {"Retry-After": "5"})
    disallow: str = ""
    """AbuseFilter disallows edits whose added lines match."""
    warn: str = ""
    """AbuseFilter warns once a session of edits whose added lines match."""
    captcha: str = ""
    """ConfirmEdit asks a captcha for edits whose added lines match."""
    hook: str = ""
    """An extension's hook aborts edits whose added lines match."""
    max_bytes: int = 2 * 1024 * 1024
    token_salt: str = ""
    """Changing it makes all tokens stale."""
    rivals: list[str] = attrs.field(factory=list)
    """Before each edit, another account makes one of these the text."""
    deletions: int = 0
    """Before so many edits, another account deletes the page."""

    database_down: bool = False
    """Then it is HTTP 500: an answer in JSON, which could not be finished, and a page after it."""

    now: datetime = datetime(2026, 11, 22, 9, tzinfo=UTC)
    _last_revid: int = 180
    _sessions: dict[str, _Session] = attrs.field(factory=dict)
    _deleted: set[str] = attrs.field(factory=set)

    @classmethod
    def of(cls, title: str = _PAGE, text: str | None = "") -> "MediaWikiSimulator":
        """A wiki whose page *title* has *text*; None for a missing page."""
        wiki = cls(title=title)
        if text is not None:
            wiki.save(text, user="Admin")
        return wiki

    @property
    def text(self) -> str | None:
        """What is on the page; None if it is missing."""
        return self.revisions[-1].text if self.revisions else None

    @property
    def links(self) -> list[str]:
        """Where the links of the page lead, from top to bottom; `%5F` is a `_` of a title, too."""
        links = []
        for link in _LINK.finditer(self.text or ""):
            name = re.sub("[ _]+", "_", unquote(link[1] or "")).strip("_")
            links.append(link[2] or f"{self.interwiki}/{quote(name)}")
        return links

    @property
    def revisions(self) -> list[Revision]:
        return self.pages.get(self.title, [])

    def save(self, text: str, *, title: str = "", summary: str = "", user: str, bot: bool = False):
        """Make a revision, whoever asks."""
        self.now += timedelta(seconds=1)
        self._last_revid += 1
        revision = Revision(
            revid=self._last_revid,
            text=text,
            summary=summary,
            user=user,
            timestamp=self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            bot=bot,
        )
        self.pages.setdefault(title or self.title, []).append(revision)
        return revision

    def delete(self, title: str = "") -> None:
        self.pages.pop(title or self.title, None)
        self._deleted.add(title or self.title)

    def forget_sessions(self) -> None:
        """Log everybody out."""
        self._sessions.clear()

    def handle(self, request: Request) -> Response:
        if request.path != f"{self.script_path}api.php":
            raise Unexpected(f"no such path: {request.path}")
        if request.method not in {"GET", "POST"}:
            raise Unexpected(f"no such method: {request.method}")
        if request.method == "GET" and request.body:
            raise Unexpected("a GET with a body")
        if self.database_down:
            return text_response(_FATAL, 500, "text/html; charset=UTF-8")
        conversation = _Conversation(self, request)
        try:
            payload, headers = conversation.answer(), {}
        except _ApiError as error:
            payload = {"error": {"code": error.code, "info": error.info} | error.more}
            payload["error"].setdefault("*", _SEE)
            headers = {"MediaWiki-API-Error": error.code} | conversation.headers
        return json_response(payload, **headers | conversation.cookies)


@attrs.define
class _Conversation:
    """One request to the API."""

    wiki: MediaWikiSimulator
    request: Request
    headers: dict[str, str] = attrs.field(factory=dict)
    cookies: dict[str, str] = attrs.field(factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        pairs = [*self.request.query]
        if self.request.body:
            kind = self.request.headers.get("content-type", "")
            if kind != "application/x-www-form-urlencoded":
                raise Unexpected(f"a body of type {kind}")
            pairs += parse_qsl(
                self.request.body.decode(), keep_blank_values=True, strict_parsing=True
            )
        if len(dict(pairs)) < len(pairs):
            raise Unexpected(f"a parameter twice: {pairs}")
        return dict(pairs)

    def answer(self) -> dict[str, object]:
        user = self._user()
        given = self.parameters
        if given.get("format") != "json":
            raise Unexpected(f"not JSON: {given}")
        if user == _ANON and given.get("assert") == "user":
            raise _ApiError(
                "assertuserfailed",
                "You are no longer logged in, so the action could not be completed.",
            )
        match given["action"]:
            case "query":
                _only(given, _QUERY)
                stamp = {"curtimestamp": self._time} if "curtimestamp" in given else {}
                return stamp | self._query(user, given)
            case "login":
                _only(given, _LOGIN)
                return self._login(given)
            case "edit":
                _only(given, _EDIT)
                return self._edit(user, given)
            case action:
                raise Unexpected(f"no such action: {action}")

    # who asks

    @property
    def _signed(self) -> bool:
        return self.request.headers.get("authorization", "").startswith("OAuth ")

    def _user(self) -> str:
        if not self._signed:
            session = self._session()
            return session.user if session else _ANON
        try:
            self.wiki.oauth.check(self.request)
        except OAuthRefused as error:
            raise _ApiError(*error.args) from error
        return self.wiki.user

    @property
    def _time(self) -> str:
        """By the wiki's clock, which is as far from the client's as Extension:OAuth's."""
        now = datetime.now(UTC) + timedelta(seconds=self.wiki.oauth.clock_ahead_s)
        return now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _session(self) -> _Session | None:
        cookie = SimpleCookie(self.request.headers.get("cookie", "")).get("wiki_session")
        return self.wiki._sessions.get(cookie.value) if cookie else None

    def _new_session(self) -> _Session:
        key = sha256(f"session {len(self.wiki._sessions)} {self.wiki.now}".encode()).hexdigest()[
            :32
        ]
        self.wiki.now += timedelta(seconds=1)
        self.wiki._sessions[key] = _Session(login_token=f"{key}login+\\")
        self.cookies["Set-Cookie"] = f"wiki_session={key}; path=/; httponly"
        return self.wiki._sessions[key]

    # login

    def _login(self, given: dict[str, str]) -> dict[str, object]:
        self._must_post()
        if self._signed:
            reason = (
                "Cannot log in when using MediaWiki\\Extension\\OAuth\\SessionProvider sessions."
            )
            return {"login": {"result": "Aborted", "reason": reason}}
        self._not_readonly()
        session = self._session()
        if session is None:
            reason = "Unable to continue login. Your session most likely timed out."
            return {"login": {"result": "Failed", "reason": reason}}
        if session.user != _ANON:
            reason = (
                "Cannot log in when using MediaWiki\\Session\\BotPasswordSessionProvider sessions."
            )
            return {"login": {"result": "Aborted", "reason": reason}}
        if given.get("lgtoken") != session.login_token:
            return {"login": {"result": "WrongToken"}}
        if self.wiki.bot_passwords.get(given["lgname"]) != given["lgpassword"]:
            reason = "Incorrect username or password entered. Please try again."
            return {"login": {"result": "Failed", "reason": reason}}
        self._new_session().user = self.wiki.user
        return {"login": {"result": "Success", "lguserid": 3, "lgusername": self.wiki.user}}

    # queries

    def _query(self, user: str, given: dict[str, str]) -> dict[str, object]:
        answer: dict[str, object] = {}
        for meta in dict.fromkeys(_list(given, "meta", {"siteinfo", "userinfo", "tokens"})):
            answer |= {
                "siteinfo": self._siteinfo,
                "userinfo": self._userinfo,
                "tokens": self._tokens,
            }[meta](user, given)
        if "prop" in given:
            answer |= self._pages(given)
        elif "titles" in given:
            raise Unexpected("titles without prop")
        return {"batchcomplete": ""} | ({"query": answer} if answer else {})

    def _siteinfo(self, _user: str, given: dict[str, str]) -> dict[str, object]:
        _list(given, "siprop", {"general", "namespaces"})
        return {
            "general": {
                "sitename": "Rig Wikitech",
                "generator": "MediaWiki 1.39.17",
                "maxarticlesize": self.wiki.max_bytes,
                "time": self._time,
            }
            | (
                {"readonly": "", "readonlyreason": self.wiki.readonly} if self.wiki.readonly else {}
            ),
            "namespaces": {
                "0": {"id": 0, "case": "first-letter", "subpages": "", "content": "", "*": ""},
                "100": {"id": 100, "case": "first-letter", "canonical": "Tool", "*": "Tool"},
            },
        }

    def _userinfo(self, user: str, given: dict[str, str]) -> dict[str, object]:
        wanted = _list(given, "uiprop", {"groups", "rights", "blockinfo", "hasmsg"})
        info: dict[str, object] = {"id": 0 if user == _ANON else 3, "name": user}
        if user == _ANON:
            info["anon"] = ""
        elif (self.wiki.blocked or self.wiki.autoblocked) and "blockinfo" in wanted:
            info |= self._blockinfo()
        if "groups" in wanted:
            info["groups"] = ["*"] if user == _ANON else ["bot", "*", "user", "autoconfirmed"]
        if "rights" in wanted:
            info["rights"] = [*self.wiki.rights, *(["edit"] if self.wiki.may_edit else [])]
        return {"userinfo": info}

    def _blockinfo(self) -> dict[str, object]:
        return {
            "blockid": 4,
            "blockedby": "Admin",
            "blockedbyid": 1,
            "blockreason": self.wiki.blocked or self.wiki.autoblocked,
            "blockedtimestamp": "2026-11-22T08:02:11Z",
            "blockexpiry": "infinite",
            **({"blockpartial": ""} if self.wiki.blocked_in_part else {"blocknocreate": ""}),
            "blockedtimestampformatted": "08:02, 22 November 2026",
        }

    def _tokens(self, user: str, given: dict[str, str]) -> dict[str, object]:
        kind = given.get("type", "csrf")
        if kind == "csrf":
            return {"tokens": {"csrftoken": self._csrf(user)}}
        if kind == "login":
            session = self._session() or self._new_session()
            return {"tokens": {"logintoken": session.login_token}}
        raise Unexpected(f"no such token: {kind}")

    def _csrf(self, user: str) -> str:
        if user == _ANON:
            return "+\\"
        return sha256(f"{user} {self.wiki.token_salt}".encode()).hexdigest()[:40] + "+\\"

    def _pages(self, given: dict[str, str]) -> dict[str, object]:
        wanted = _list(given, "prop", {"revisions", "info"})
        _list(given, "inprop", {"protection"})
        normalized, pages, interwiki = [], {}, []
        for number, asked in enumerate(filter(None, given["titles"].split("|")), start=1):
            if asked.lower().startswith(_INTERWIKI):
                interwiki.append({"title": asked, "iw": _INTERWIKI.rstrip(":")})
                continue
            title = asked if _invalid(asked) else _normal(asked)
            if title != asked:
                normalized.append({"from": asked, "to": title})
            page = self._page(title, wanted, given)
            pages[str(page.get("pageid", -number))] = page
        found = {"normalized": normalized, "pages": pages, "interwiki": interwiki}
        return {name: value for name, value in found.items() if value}

    def _page(self, title: str, wanted: list[str], given: dict[str, str]) -> dict[str, object]:
        if reason := _invalid(title):
            return {"title": title, "invalidreason": reason, "invalid": ""}
        if title.startswith("Special:"):
            return {"ns": -1, "title": title, "special": ""}
        revisions = self.wiki.pages.get(title)
        namespace = {"Tool": 100, "MediaWiki": 8}.get(title.partition(":")[0], 0)
        if not revisions:
            return {"ns": namespace, "title": title, "missing": ""} | self._info(
                title, wanted, given, []
            )
        number = 2 + list(self.wiki.pages).index(title)
        page = {"pageid": number, "ns": namespace, "title": title}
        page |= self._info(title, wanted, given, revisions)
        if "revisions" in wanted:
            page["revisions"] = [self._revision(revisions, given)]
        return page

    def _info(
        self, title: str, wanted: list[str], given: dict[str, str], revisions: list[Revision]
    ) -> dict[str, object]:
        if "info" not in wanted:
            return {}
        info = {
            "contentmodel": self.wiki.contentmodel,
            "pagelanguage": "en",
            "pagelanguagehtmlcode": "en",
        }
        info |= {"pagelanguagedir": "ltr"}
        if given.get("inprop") == "protection":
            kinds = ["edit", "move"] if revisions else ["create"]
            sysop = {"level": "sysop", "expiry": "infinity"}
            protected = [{"type": kind} | sysop for kind in kinds] if self.wiki.protected else []
            info |= {"protection": protected, "restrictiontypes": kinds}
        if given.get("intestactions"):
            assert ("edit", "full") == (given["intestactions"], given["intestactionsdetail"]), given
            info["actions"] = {"edit": self._objections(title)}
        if not revisions:
            return info
        revision = revisions[-1]
        info |= {"new": ""} if len(revisions) == 1 else {}
        info |= {"touched": revision.timestamp, "lastrevid": revision.revid}
        if re.match(r"#REDIRECT\s*\[\[", revision.text, re.IGNORECASE):
            info["redirect"] = ""
        return info | {"length": len(revision.text.encode())}

    def _objections(self, title: str) -> list[dict[str, object]]:
        """Everything that speaks against an edit, in the order of 1.39."""
        wiki, exists = self.wiki, title in self.wiki.pages
        blockinfo = {"data": {"blockinfo": self._blockinfo()}}
        blocked = _BLOCKED_PARTLY if wiki.blocked_in_part else _BLOCKED
        return [
            {"code": code, "*": words, **more}
            for code, words, more, holds in (
                ("permissiondenied", _PERMISSION_DENIED, {}, not wiki.may_edit),
                (
                    "protectednamespace-interface",
                    _INTERFACE,
                    {},
                    title.startswith("MediaWiki:"),
                ),
                ("protectedpage", _PROTECTED, {}, wiki.protected),
                ("cascadeprotected", _CASCADING, {}, wiki.cascading),
                ("cantcreate", _CANT_CREATE, {}, not wiki.may_create and not exists),
                ("blocked", blocked, blockinfo, wiki.blocked),
                ("autoblocked", _AUTOBLOCKED, blockinfo, wiki.autoblocked),
            )
            if holds
        ]

    def _revision(self, revisions: list[Revision], given: dict[str, str]) -> dict[str, object]:
        wanted = _list(given, "rvprop", {"ids", "timestamp", "content", "user", "comment"})
        if given.get("rvslots") != "main":
            raise Unexpected("the slot main must be asked for")
        if given.get("rvlimit", "1") != "1" or given.get("rvdir", "older") != "older":
            raise Unexpected("only the newest revision is simulated")
        newest = revisions[-1]
        revision: dict[str, object] = {}
        if "ids" in wanted:
            parent = revisions[-2].revid if len(revisions) > 1 else 0
            revision |= {"revid": newest.revid, "parentid": parent}
        if "timestamp" in wanted:
            revision["timestamp"] = newest.timestamp
        if "content" in wanted:
            slot = {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "*": newest.text}
            revision["slots"] = {"main": slot}
        return revision

    # edits

    def _edit(self, user: str, given: dict[str, str]) -> dict[str, object]:
        self._must_post()
        if not given.get("token"):
            raise _ApiError("missingparam", 'The "token" parameter must be set.')
        if given["token"] != self._csrf(user):
            raise _ApiError("badtoken", "Invalid CSRF token.")
        self._not_readonly()
        self._not_lagged(given)
        if user == _ANON:
            raise Unexpected("an edit as an IP address")
        title = _normal(given["title"])
        if _invalid(given["title"]) or title.lower().startswith(_INTERWIKI):
            raise _ApiError("invalidtitle", f'Bad title "{given["title"]}".')
        if title.startswith("Special:"):
            raise _ApiError("pagecannotexist", "Namespace doesn't allow actual pages.")
        self._others_interfere(title)
        self._may(title)
        text = _CONTROLS.sub("\ufffd", unicodedata.normalize("NFC", given["text"]))
        saved = text.replace("\r\n", "\n").rstrip()
        saved = self._merged(user, title, saved, given)
        warned = {"warnings": {"edit": {"*": _NOT_NORMAL}}} if text != given["text"] else {}
        return {"edit": self._saved(user, title, saved, given)} | warned

    def _not_lagged(self, given: dict[str, str]) -> None:
        lag = self.wiki.lag_s
        if "maxlag" in given and lag > int(given["maxlag"]):
            self.headers |= {"X-Database-Lag": str(lag)} | self.wiki.lag_headers
            info = f"Waiting for a database server: {lag} seconds lagged."
            raise _ApiError("maxlag", info, host="db1", lag=lag, type="db")

    def _not_readonly(self) -> None:
        if self.wiki.readonly:
            info = "The wiki is currently in read-only mode."
            raise _ApiError("readonly", info, readonlyreason=self.wiki.readonly)

    def _others_interfere(self, title: str) -> None:
        if self.wiki.rivals:
            self.wiki.save(self.wiki.rivals.pop(0), title=title, user="Rival")
        if self.wiki.deletions:
            self.wiki.deletions -= 1
            self.wiki.delete(title)

    def _may(self, title: str) -> None:
        """Of several objections a block is told first, else the first one (1.39)."""
        objections = self._objections(title)
        objections.sort(key=lambda each: "blocked" not in str(each["code"]))
        for each in objections:
            data = each.get("data", {})
            raise _ApiError(str(each["code"]), str(each["*"]), **data)

    def _merged(self, user: str, title: str, text: str, given: dict[str, str]) -> str:
        """The text to save: with what others changed meanwhile, unless that is in conflict."""
        revisions = self.wiki.pages.get(title, [])
        if not revisions and title in self.wiki._deleted and "basetimestamp" in given:
            info = "The page has been deleted since you fetched its timestamp."
            raise _ApiError("pagedeleted", info)
        if not revisions and "nocreate" in given:
            raise _ApiError("missingtitle", "The page you specified doesn't exist.")
        if revisions and "createonly" in given:
            info = "The article you tried to create has been created already."
            raise _ApiError("articleexists", info)
        if not revisions or not (base := _base(given, revisions)):
            return text
        known = [revision for revision in revisions if revision.revid == base]
        later = [revision for revision in revisions if revision.revid > base]
        mine_alone = all(revision.user == user for revision in later)
        if known and (not later or text == later[-1].text):
            return text
        if "basetimestamp" in given and mine_alone:
            return text
        both = merged(known[0].text, text, later[-1].text) if known else None
        if both is None:
            raise _ApiError("editconflict", "Edit conflict.")
        return both

    def _saved(self, user: str, title: str, text: str, given: dict[str, str]) -> dict[str, object]:
        old = self.wiki.pages.get(title, [])
        before = old[-1].text if old else ""
        if len(text.encode()) > self.wiki.max_bytes:
            limit = self.wiki.max_bytes // 1024
            unit = "kibibyte" if limit == 1 else "kibibytes"
            info = f"The content you supplied exceeds the article size limit of {limit} {unit}."
            raise _ApiError("contenttoobig", info)
        if failure := self._objection(text, before):
            return failure
        if self.wiki.edits_left is not None:
            if not self.wiki.edits_left:
                raise _ApiError("ratelimited", _RATE_LIMITED)
            self.wiki.edits_left -= 1
        number = 2 + (list(self.wiki.pages).index(title) if old else len(self.wiki.pages))
        done = {"result": "Success", "pageid": number, "title": title, "contentmodel": "wikitext"}
        if old and text == before:
            return done | {"nochange": ""}
        summary, bot = given.get("summary", "")[:500], "bot" in given
        new = self.wiki.save(text, title=title, summary=summary, user=user, bot=bot)
        done |= {"new": ""} if not old else {}
        last = {"oldrevid": old[-2].revid if len(old) > 1 else 0, "newrevid": new.revid}
        return done | last | {"newtimestamp": new.timestamp}

    def _objection(self, text: str, before: str) -> dict[str, object] | None:
        lines_before = set(before.split("\n"))
        added = "\n".join(line for line in text.split("\n") if line not in lines_before)
        wiki, session = self.wiki, self._session()
        if _matches(wiki.disallow, added):
            raise _ApiError("abusefilter-disallowed", _DISALLOWED, abusefilter=_EVIL_LINE)
        if _matches(wiki.warn, added) and not (session and session.warned):
            if session:
                session.warned = True
            raise _ApiError("abusefilter-warning", _WARNED, abusefilter=_WARN_LINE)
        if _matches(wiki.hook, added):
            info = "The modification you tried to make was aborted by an extension."
            raise _ApiError("hookaborted", info)
        if _matches(wiki.captcha, added):
            question = {"type": "simple", "mime": "text/plain", "id": "59590", "question": "21+3"}
            return {"captcha": question, "result": "Failure"}
        return None

    def _must_post(self) -> None:
        if self.request.method != "POST" or self.request.query:
            raise Unexpected("this must be a POST, with everything in its body")


_FATAL = (
    '{"error":{"code":"internal_api_error_DBConnectionError","info":"[0123456789abcdef01234567]'
    ' Caught exception of type Wikimedia\\\\Rdbms\\\\DBConnectionError"}}<!DOCTYPE html>\n'
    "<html><head><title>Internal error - Rig Wikitech</title></head><body></body></html>\n"
)
_BLOCKED = "You have been blocked from editing."
_BLOCKED_PARTLY = "You have been blocked from editing this page."
_AUTOBLOCKED = (
    "Your IP address has been blocked automatically, because it was used by a blocked user."
)
_CANT_CREATE = "You do not have permission to create new pages."
_CASCADING = (
    "This page has been protected from editing because it is transcluded in the following page,"
    ' which is protected with the "cascading" option turned on: * [[:Main Page]]'
)
_INTERFACE = (
    "This page provides interface text for the software on this wiki, and is protected to prevent"
    " abuse. To add or change translations for all wikis, please use"
    " [https://translatewiki.net/ translatewiki.net], the MediaWiki localisation project."
)
_PERMISSION_DENIED = (
    "The action you have requested is limited to users in one of the groups:"
    " *, [[Rig Wikitech:Users|Users]]."
)
_PROTECTED = "This page has been protected to prevent editing or other actions."
_NOT_NORMAL = (
    'The value passed for "text" contains invalid or non-normalized data. Textual data should be'
    " valid, NFC-normalized Unicode without C0 control characters other than HT (\\t), LF (\\n),"
    " and CR (\\r)."
)
_RATE_LIMITED = (
    "As an anti-abuse measure, you are limited from performing this action too many times in a"
    " short space of time, and you have exceeded this limit. Please try again in a few minutes."
)
_DISALLOWED = (
    "This action has been automatically identified as harmful, and therefore disallowed. If you"
    " believe your action was constructive, please inform an administrator of what you were trying"
    " to do. A brief description of the abuse rule which your action matched is: Rig evil line"
)
_WARNED = (
    "'''Warning:''' This action has been automatically identified as harmful. Unconstructive"
    " actions will be quickly reverted, and egregious or repeated unconstructive editing will"
    " result in your account or IP address being blocked. If you believe this action to be"
    " constructive, you may submit it again to confirm it. A brief description of the abuse rule"
    " which your action matched is: Rig warn line"
)


_EVIL_LINE = {"id": "1", "description": "Rig evil line", "actions": ["disallow"]}
_WARN_LINE = {"id": "2", "description": "Rig warn line", "actions": ["warn"]}


def _matches(pattern: str, added: str) -> bool:
    return bool(pattern and re.search(pattern, added))


def _only(given: dict[str, str], known: set[str]) -> None:
    if unknown := set(given) - known - _ALWAYS:
        raise Unexpected(f"no such parameters: {unknown}")


def _list(given: dict[str, str], name: str, known: set[str]) -> list[str]:
    values = given[name].split("|") if given.get(name) else []
    if unknown := set(values) - known:
        raise Unexpected(f"no such {name}: {unknown}")
    return values


def _normal(title: str) -> str:
    spaced = " ".join(title.replace("_", " ").split())
    parts = [part.strip() for part in spaced.split(":", 1)]
    return ":".join(part[:1].upper() + part[1:] for part in parts)


def _invalid(title: str) -> str:
    """Why there can be no page of this title; empty if there can."""
    if bad := _BAD_IN_TITLE.search(title):
        return f'The requested page title contains invalid characters: "{bad[0]}".'
    if "\ufffd" in title:
        return "The requested page title contains an invalid UTF-8 sequence."
    if not _normal(title).rpartition(":")[2]:
        return "The requested page title is empty or contains only the name of a namespace."
    if _RELATIVE_TITLE.search(title):
        return (
            "Title has relative path. Relative page titles (./, ../) are invalid, because they"
            " will often be unreachable when handled by user's browser."
        )
    if "~~~" in title:
        return (
            "The requested page title contains invalid magic tilde sequence (<nowiki>~~~</nowiki>)."
        )
    if len(title.encode()) > 255:
        return (
            "The requested page title is too long. It must be no longer than 255 bytes in UTF-8"
            " encoding."
        )
    return ""


def _base(given: dict[str, str], revisions: list[Revision]) -> int | None:
    """The revision that an edit says it is based on."""
    if "basetimestamp" in given:
        digits = re.sub(r"[^0-9]", "", given["basetimestamp"])
        return max(
            (r.revid for r in revisions if re.sub(r"[^0-9]", "", r.timestamp) <= digits), default=1
        )
    if "baserevid" in given:
        return int(given["baserevid"])
    return None
