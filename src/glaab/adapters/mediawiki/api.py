"""One page of a MediaWiki, read and edited through the action API."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import attrs
import requests
from requests.auth import AuthBase

from glaab.adapters.http.session import HttpSession, describe_transport_error
from glaab.adapters.mediawiki.answers import (
    AnswerLost,
    EditAnswer,
    LoginAnswer,
    PagesAnswer,
    Refused,
    Revision,
    TokensAnswer,
    of_status,
    parse_answer,
    plain,
)
from glaab.domain.errors import AUDIT_LOG, SystemUnavailable

if TYPE_CHECKING:
    from mwclient import Site

T = TypeVar("T")

_SYSTEM = AUDIT_LOG
_NOT_API = "its answer is not the action API's: api.php may be elsewhere"


@attrs.frozen(kw_only=True)
class OAuth:
    """An owner-only consumer of OAuth 1.0a."""

    consumer_token: str = attrs.field(repr=False)
    consumer_secret: str = attrs.field(repr=False)
    access_token: str = attrs.field(repr=False)
    access_secret: str = attrs.field(repr=False)

    def signing(self) -> AuthBase:
        """What signs requests; mwclient leaves that to a session that it is given."""
        from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # of mwclient

        auth: AuthBase = OAuth1(
            self.consumer_token, self.consumer_secret, self.access_token, self.access_secret
        )
        return auth


@attrs.frozen
class BotPassword:
    """A bot password of Special:BotPasswords, the user as `Name@bot`."""

    user: str
    password: str = attrs.field(repr=False)


Credentials = OAuth | BotPassword


@attrs.frozen
class _Pool:
    """What mwclient takes for its session: every status but 200 is an error, at once."""

    session: HttpSession

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # noqa: ANN401
        response = self.session.request(method, url, **options)
        if response.status_code != requests.codes.ok:
            raise requests.HTTPError(response=response)
        # mwclient 0.11.0 would sleep for the seconds of Retry-After, and fail without it
        response.headers.pop("X-Database-Lag", None)
        return response


@attrs.define(kw_only=True)
class WikiPage:
    """
    A page, and who edits it.

    mwclient is asked for raw answers only: its own handling of errors repeats edits, waits
    for hours, and raises KeyError and TypeError where an answer has another shape (0.11.0).
    """

    url: str
    title: str
    credentials: Credentials
    session: HttpSession = attrs.field(repr=False)
    _token: str = attrs.field(default="", init=False, repr=False)
    _signed_in: bool = attrs.field(default=False, init=False, repr=False)

    def read(self) -> Revision:
        """
        The page as it is now.

        Raises:
            SystemUnavailable: it could not be read.
        """
        answer = self.query(
            PagesAnswer,
            prop="revisions|info",
            titles=self.title,
            rvprop="ids|timestamp|content",
            rvslots="main",
        )
        match tuple(answer.query.pages.values()):
            case (page,):
                return page.to_revision()
            case _:
                raise SystemUnavailable(_SYSTEM, f'"{self.title}" is not the title of one page')

    def query(self, shape: type[T], **parameters: str) -> T:
        """
        What `action=query` answers to whoever edits the page.

        Raises:
            SystemUnavailable: it gave no usable answer.
        """
        if not self._signed_in:
            self._sign_in()
        return self._learn(shape, "query", "GET", **parameters)

    def edit(self, base: Revision, text: str, summary: str) -> None:
        """
        Make *text* the text of the page, if it is still at *base*.

        Raises:
            Refused: nothing was changed.
            AnswerLost: the edit may or may not have been made.
            SystemUnavailable: nothing was changed, and the wiki did not say why.
        """
        try:
            self._edit(base, text, summary)
        except Refused as error:
            if not self._renewed(error):
                raise
            self._edit(base, text, summary)

    def _renewed(self, error: Refused) -> bool:
        """Whether what the wiki no longer accepts could be had anew."""
        if error.code == "assertuserfailed" and isinstance(self.credentials, BotPassword):
            self._sign_in()
        elif error.code != "badtoken":
            return False
        self._token = ""
        return True

    def _edit(self, base: Revision, text: str, summary: str) -> None:
        if not self._token:
            self._token = self._fresh_token("csrf")
        # with basetimestamp the edits of one account would never be in conflict (1.39)
        on_base = {"createonly": "1"}
        if base.revid is not None:
            on_base = {"baserevid": str(base.revid), "nocreate": "1"}
        answer = self._ask(
            EditAnswer,
            "edit",
            "POST",
            title=self.title,
            text=text,
            summary=summary,
            bot="1",
            notminor="1",
            maxlag="5",
            token=self._token,
            **{"assert": "user"},
            **on_base,
        )
        answer.edit.check()

    def _sign_in(self) -> None:
        if isinstance(self.credentials, BotPassword):
            answer = self._learn(
                LoginAnswer,
                "login",
                "POST",
                lgname=self.credentials.user,
                lgpassword=self.credentials.password,
                lgtoken=self._fresh_token("login"),
            )
            if answer.login.result != "Success":
                why = plain(answer.login.reason or answer.login.result)
                see = "see MEDIAWIKI_USER and MEDIAWIKI_PASSWORD"
                raise SystemUnavailable(_SYSTEM, f"it refused the bot password ({why}): {see}")
        self._signed_in = True

    def _fresh_token(self, kind: str) -> str:
        answer = self._learn(TokensAnswer, "query", "GET", meta="tokens", type=kind)
        try:
            return answer.query.tokens[f"{kind}token"]
        except KeyError as error:
            raise SystemUnavailable(_SYSTEM, f"it gave no {kind} token") from error

    def _learn(self, shape: type[T], action: str, method: str, **parameters: str) -> T:
        """Ask for something that leaves the page as it is: a lost answer is no riddle."""
        try:
            return self._ask(shape, action, method, **parameters)
        except AnswerLost as error:
            raise SystemUnavailable(_SYSTEM, error.reason) from error

    def _ask(self, shape: type[T], action: str, method: str, **parameters: str) -> T:
        from mwclient.errors import MwClientError

        try:
            answer = self._site.raw_api(action, method, retry_on_error=False, **parameters)
        except requests.HTTPError as error:
            raise of_status(error.response) from error
        except requests.RequestException as error:
            raise AnswerLost(_SYSTEM, describe_transport_error(error)) from error
        except (MwClientError, RecursionError) as error:
            raise AnswerLost(_SYSTEM, _NOT_API) from error
        return parse_answer(answer, shape)

    @cached_property
    def _site(self) -> "Site":
        from mwclient import Site

        if isinstance(self.credentials, OAuth):
            self.session.auth = self.credentials.signing()
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
