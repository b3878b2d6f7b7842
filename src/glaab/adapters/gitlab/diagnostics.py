"""Checks whether GitLab is as glaab needs it: the server, the token, lists and sign-up."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

import attrs
import requests

from glaab.adapters.gitlab.api import BY_ID, GitLabApi, Refused, next_cursor
from glaab.adapters.gitlab.findings import RENEW, Owner, SignUp, TokenInfo, why_not_administrator
from glaab.adapters.gitlab.users import UserSummary
from glaab.adapters.http.structuring import structure_json
from glaab.adapters.redaction import quote
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
class GitLabHealthCheck(HealthCheck):
    """The server, the token and its rights, what lists can do, and how newcomers sign up."""

    system = GITLAB
    settings = "GITLAB_URL and GITLAB_ACCESS_TOKEN"

    _api: GitLabApi
    _clock: Callable[[], datetime]

    def checks(self) -> Checks:
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
            version = self._api.read("/version", _Version).version
        except Refused as refused:
            if refused.status == requests.codes.unauthorized:
                raise
            yield _hidden("its version", refused)
            return
        numbers = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", version)
        needed = ".".join(map(str, _OLDEST))
        if not numbers:
            message = f'it calls its version "{quote(version)}", which glaab does not understand'
            yield warning(message, f"check that it is GitLab {needed} or later")
        elif (int(numbers[1]), int(numbers[2])) < _OLDEST:
            yield problem(f"it is GitLab {version}, and {needed} or later is needed", _UPGRADE)
        else:
            yield ok(f"{self._api.url} is GitLab {version}")

    def _token(self) -> Iterator[Finding]:
        token = self._read_or_error("/personal_access_tokens/self", TokenInfo)
        if isinstance(token, SystemUnavailable):
            yield _hidden("the token's scopes and when it expires", token)
            return
        yield from token.findings(self._clock().date())

    def _administrator(self) -> Iterator[Finding]:
        users = self._users({"with_custom_attributes": "true", "per_page": "1"})
        if users and all(user.is_complete for user in users):
            yield ok("the token acts as one: it sees identities and custom attributes")
        else:
            owner = self._read_or_error("/user", Owner)
            yield why_not_administrator(owner, lists_accounts=bool(users))

    def _pages(self) -> Iterator[Finding]:
        page = self._page({"per_page": "1"})
        try:
            next_cursor(page)
        except SystemUnavailable as error:
            yield problem(error.reason, _UPGRADE)
        else:
            yield ok("long lists can be read to their end (keyset paging)")

    def _filter_of_active(self) -> Iterator[Finding]:
        query = {"exclude_active": "true", "humans": "true", "per_page": "20"}
        if any(user.state == AccountState.ACTIVE for user in self._users(query)):
            yield warning(
                "it does not leave out active accounts (exclude_active): each run reads everybody",
                f"{_UPGRADE} to 17.0 or later, or accept slow runs",
            )
        else:
            yield ok("it leaves out active accounts on request (exclude_active)")

    def _filter_of_notes(self) -> Iterator[Finding]:
        """No note of glaab has this status: if accounts are listed, the filter is ignored."""
        if self._users({"custom_attributes[glaab]": "doctor", "per_page": "1"}):
            yield problem(
                "it does not search custom attributes, so glaab cannot find unfinished approvals",
                RENEW,
            )
        else:
            yield ok("glaab's notes on accounts can be searched (custom_attributes)")

    def _sign_up(self) -> Iterator[Finding]:
        """No run needs these settings, so no answer is a warning, even if GitLab is unreachable."""
        try:
            sign_up = self._api.read("/application/settings", SignUp)
        except SystemUnavailable as error:
            yield _hidden("how people sign up", error)
        else:
            yield from sign_up.findings(self._somebody_waits)

    def _somebody_waits(self) -> bool:
        """True if one of the hundred newest accounts that are not active does."""
        newest = {"exclude_active": "true", "humans": "true", "per_page": "100", "sort": "desc"}
        return any(user.state == AccountState.PENDING for user in self._users(newest))

    def _read_or_error(self, path: str, shape: type[T]) -> T | SystemUnavailable:
        """What is at *path*, or the error if GitLab answers anything else."""
        try:
            return self._api.read(path, shape)
        except Unreachable:
            raise
        except SystemUnavailable as error:
            return error

    def _users(self, query: dict[str, str]) -> tuple[UserSummary, ...]:
        return structure_json(GITLAB, self._page(query).content, tuple[UserSummary, ...])

    def _page(self, query: dict[str, str]) -> requests.Response:
        return self._api.ask("get", "/users", query_data=BY_ID | query)


def _hidden(what: str, error: SystemUnavailable) -> Finding:
    return warning(f"it does not show {what}: {error.reason}", "look it up in GitLab")
