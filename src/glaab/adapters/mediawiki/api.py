"""The action API of a MediaWiki, as whoever edits the log page."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import attrs
import requests

from glaab.adapters.http.errors import describe_http_status, describe_transport_error
from glaab.adapters.http.session import HttpSession
from glaab.adapters.http.structuring import structure
from glaab.adapters.mediawiki.answers import Answer, AnswerLost, Edit, Login, NotChecked, Refused
from glaab.adapters.mediawiki.clock import warn_of_clock
from glaab.adapters.redaction import redactor
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

if TYPE_CHECKING:
    from mwclient import Site

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class OAuth:
    """An owner-only consumer of OAuth 1.0a."""

    consumer_token: str = attrs.field(repr=False)
    consumer_secret: str = attrs.field(repr=False)
    access_token: str = attrs.field(repr=False)
    access_secret: str = attrs.field(repr=False)


@attrs.frozen
class BotPassword:
    """A bot password of Special:BotPasswords, the user as `Name@bot`."""

    user: str
    password: str = attrs.field(repr=False)


@attrs.frozen
class _Pool:
    """The session that mwclient is handed: every status but 200 is an error, at once."""

    session: HttpSession

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # noqa: ANN401
        response = self.session.request(method, url, **options)
        # mwclient 0.11.0 would sleep for the seconds of Retry-After, and fail without it
        response.headers.pop("X-Database-Lag", None)
        status = response.status_code
        if status == requests.codes.ok:
            return response
        # errors of the action API come with 200: what is said here is no error of its form
        reason = describe_http_status(status, "", "the credentials for MEDIAWIKI_URL")
        if status == requests.codes.not_found or 300 <= status < 400:
            reason += ": see that api.php is below MEDIAWIKI_URL"
        if 300 <= status < 500:
            raise Refused(AUDIT_LOG, reason, str(status))
        raise SystemUnavailable(AUDIT_LOG, reason)


@attrs.define(kw_only=True)
class WikiApi:
    """
    Queries and edits, after signing in when it is first needed.

    mwclient is asked for raw answers only: its own handling of errors repeats edits, waits
    for hours, and raises KeyError and TypeError where an answer has another shape (0.11.0).
    """

    url: str
    credentials: OAuth | BotPassword
    session: HttpSession = attrs.field(repr=False)
    clock: Callable[[], datetime]
    """This machine's: aware, UTC."""
    _token: str = attrs.field(default="", init=False, repr=False)
    _signed_in: bool = attrs.field(default=False, init=False, repr=False)

    def query(self, name: str, shape: type[T], **parameters: str) -> T:
        """What `action=query` gives as *name*; raises `SystemUnavailable` if that is unusable."""
        if not self._signed_in:
            self._sign_in()
        return self._query(name, shape, **parameters)

    def edit(self, **parameters: str) -> None:
        """Edit, signing in again if need be; raises `AnswerLost` if the edit may have been made."""
        try:
            self._edit(parameters)
        except Refused as error:
            if error.code == "assertuserfailed" and isinstance(self.credentials, BotPassword):
                self._sign_in()
            elif error.code != "badtoken":
                raise
            self._token = ""
            self._edit(parameters)

    def _edit(self, parameters: dict[str, str]) -> None:
        if not self._token:
            self._token = self._fresh_token("csrf")
        guards = {"assert": "user", "maxlag": "5", "token": self._token}
        try:
            self._request(Edit, "edit", "POST", **parameters, **guards).check()
        except Refused:
            raise
        except SystemUnavailable as error:
            raise AnswerLost(AUDIT_LOG, error.reason) from error

    def _sign_in(self) -> None:
        if isinstance(self.credentials, BotPassword):
            user, password = attrs.astuple(self.credentials)
            token = self._fresh_token("login")
            login = {"lgname": user, "lgpassword": password, "lgtoken": token}
            self._request(Login, "login", "POST", **login).check()
        self._signed_in = True

    def _fresh_token(self, kind: str) -> str:
        tokens = self._query("tokens", dict[str, str], meta="tokens", type=kind)
        if f"{kind}token" not in tokens:
            raise SystemUnavailable(AUDIT_LOG, f"it gave no {kind} token")
        token = tokens[f"{kind}token"]
        redactor().learn(token)
        return token

    def _query(self, name: str, shape: type[T], **parameters: str) -> T:
        found = self._request(dict[str, Any], "query", "GET", **parameters)
        return structure(AUDIT_LOG, found.get(name, {}), shape)

    def _request(self, shape: type[T], action: str, method: str, **parameters: str) -> T:
        """Ask, and once more if the wiki could not check who asks and it is no edit."""
        try:
            answer = self._ask(action, method, parameters)
        except NotChecked:
            if method != "GET":
                raise
            answer = self._ask(action, method, parameters)
        return structure(AUDIT_LOG, answer.get(action, {}), shape)

    def _ask(self, action: str, method: str, parameters: dict[str, str]) -> dict[str, Any]:
        """The whole answer, if it is no error; each request is signed anew."""
        from mwclient.errors import MwClientError

        answer: dict[str, Any]
        sent_at = self.clock()
        try:
            answer = self._site.raw_api(action, method, retry_on_error=False, **parameters)
        except requests.RequestException as error:
            raise SystemUnavailable(AUDIT_LOG, describe_transport_error(error)) from error
        except (MwClientError, RecursionError) as error:
            reason = "its answer is not the action API's: see that api.php is below MEDIAWIKI_URL"
            raise SystemUnavailable(AUDIT_LOG, reason) from error
        structure(AUDIT_LOG, answer, Answer).check()
        warn_of_clock(answer, sent_at=sent_at, received_at=self.clock())
        return answer

    @cached_property
    def _site(self) -> "Site":
        from mwclient import Site

        if isinstance(self.credentials, OAuth):
            from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # of mwclient

            # mwclient signs no request of a session that it did not make
            self.session.auth = OAuth1(*attrs.astuple(self.credentials))
        parts = urlsplit(self.url)
        return Site(
            parts.netloc,
            path=parts.path.rstrip("/") + "/",
            scheme=parts.scheme,
            pool=_Pool(self.session),
            do_init=False,
            max_retries=0,
            retry_timeout=0,
        )
