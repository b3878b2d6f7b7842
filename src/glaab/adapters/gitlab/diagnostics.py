"""Whether GitLab is as glaab needs it."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import attrs
import requests

from glaab.adapters.gitlab.account_list import BY_ID, next_cursor
from glaab.adapters.gitlab.api import GitLabApi, Refused, payload
from glaab.adapters.gitlab.sign_up import SignUp
from glaab.adapters.gitlab.token import RENEW, TokenShown
from glaab.adapters.http.structuring import structure
from glaab.domain.accounts import AccountState
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.errors import GITLAB, SystemUnavailable, Unreachable

T = TypeVar("T")

_OLDEST = (16, 5)
"""Keyset paging of users came with it."""
_UPGRADE = "upgrade GitLab"


@attrs.frozen
class _Version:
    version: str


@attrs.frozen(kw_only=True)
class _User:
    """An account; to all but administrators some of it is missing."""

    state: str
    is_admin: bool | None = None
    identities: Any = None
    custom_attributes: Any = None

    @property
    def is_whole(self) -> bool:
        return None not in (self.is_admin, self.identities, self.custom_attributes)


@attrs.frozen
class _Owner:
    username: str
    is_admin: bool = False


@attrs.frozen(kw_only=True)
class GitLabHealthCheck(HealthCheck):
    """The server, the token and its rights, what lists can do, and how newcomers sign up."""

    system = GITLAB
    settings = "GITLAB_URL and GITLAB_ACCESS_TOKEN"

    _api: GitLabApi
    _clock: Callable[[], datetime]

    def checks(self) -> Checks:
        """See `Checkup`."""
        return {
            "server": self._server,
            "token": self._token,
            "administrator": self._administrator,
            "pages": self._pages,
            "filter of active accounts": self._filter_of_active,
            "filter of notes": self._filter_of_notes,
            "sign-up": self._sign_up,
        }

    def _server(self) -> Iterator[Finding]:
        try:
            found = structure(GITLAB, self._api.read("/version"), _Version).version
        except Refused as refused:
            if refused.status == requests.codes.unauthorized:
                raise
            yield _untold("its version", refused)
            return
        numbers = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", found)
        needed = ".".join(map(str, _OLDEST))
        if not numbers:
            said = f'it calls its version "{found}", so it cannot be told whether it is new enough'
            yield warning(said, f"see that it is GitLab {needed} or later")
        elif (int(numbers[1]), int(numbers[2])) < _OLDEST:
            yield problem(f"it is GitLab {found}, and {needed} or later is needed", _UPGRADE)
        else:
            yield ok(f"{self._api.url} is GitLab {found}")

    # -- the token

    def _token(self) -> Iterator[Finding]:
        token = self._shown("/personal_access_tokens/self", TokenShown)
        if isinstance(token, SystemUnavailable):
            yield _untold("the token's scopes and when it expires", token)
            return
        yield from token.findings(self._clock().date())

    def _administrator(self) -> Iterator[Finding]:
        """Whether the token acts as one, which `is_admin` of its owner alone does not prove."""
        users = self._listed({"with_custom_attributes": "true", "per_page": "1"})
        if users and all(user.is_whole for user in users):
            yield ok("the token acts as one: it is shown identities and custom attributes")
            return
        owner = self._shown("/user", _Owner)
        if isinstance(owner, _Owner) and not owner.is_admin:
            said = f"@{owner.username}, whose token it is, is none"
        elif not users:
            said = "it lists nobody, so it cannot be told whether the token acts as one"
            yield warning(said, "see in GitLab that its owner is one, and whether Admin Mode is on")
            return
        elif isinstance(owner, SystemUnavailable):
            said = "the token does not act as one (identities and custom attributes are hidden)"
        else:
            said = (
                f"@{owner.username} is one, but the token does not act as one (Admin Mode is on,"
                " and the token lacks the scope admin_mode)"
            )
        yield problem(f"{said}, so glaab cannot see who anybody is, nor approve them", RENEW)

    # -- lists

    def _pages(self) -> Iterator[Finding]:
        page = self._page({"per_page": "1"})
        try:
            next_cursor(page)
        except SystemUnavailable as error:
            yield problem(error.reason, _UPGRADE)
        else:
            yield ok("lists come page by page without end (keyset paging)")

    def _filter_of_active(self) -> Iterator[Finding]:
        wanted = {"exclude_active": "true", "humans": "true", "per_page": "20"}
        if any(user.state == AccountState.ACTIVE for user in self._listed(wanted)):
            yield warning(
                "it does not leave out active accounts (exclude_active): each run reads everybody",
                f"{_UPGRADE} to 17.0 or later, or bear with slow runs",
            )
        else:
            yield ok("active accounts are left out where that is asked for (exclude_active)")

    def _filter_of_notes(self) -> Iterator[Finding]:
        """No note of glaab's is called so: whoever is listed shows that nothing is filtered."""
        if self._listed({"custom_attributes[glaab]": "doctor", "per_page": "1"}):
            yield problem(
                "it does not search custom attributes, so glaab cannot find what a run left open",
                RENEW,
            )
        else:
            yield ok("glaab's notes on accounts can be searched (custom_attributes)")

    # -- newcomers

    def _sign_up(self) -> Iterator[Finding]:
        """No run asks for it: if there is no answer, whatever the reason, all else still works."""
        try:
            found = structure(GITLAB, self._api.read("/application/settings"), SignUp)
        except SystemUnavailable as error:
            yield _untold("how people sign up", error)
        else:
            yield from found.findings()

    # -- asking

    def _shown(self, path: str, shape: type[T]) -> T | SystemUnavailable:
        """What is at *path*, or why that cannot be told."""
        try:
            return structure(GITLAB, self._api.read(path), shape)
        except Unreachable:
            raise
        except SystemUnavailable as error:
            return error

    def _listed(self, query: dict[str, str]) -> tuple[_User, ...]:
        return structure(GITLAB, payload(self._page(query)), tuple[_User, ...])

    def _page(self, query: dict[str, str]) -> requests.Response:
        return self._api.ask("get", "/users", query_data=BY_ID | query)


def _untold(what: str, error: SystemUnavailable) -> Finding:
    return warning(f"it does not tell {what}: {error.reason}", "look it up in GitLab")
