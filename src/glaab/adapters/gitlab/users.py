"""GitLab's users: its lists of them, and what it hides from whom."""

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import requests

from glaab.adapters.gitlab.api import BY_ID, GitLabApi, next_cursor
from glaab.adapters.http.structuring import structure, structure_json
from glaab.domain.accounts import AccountState
from glaab.domain.errors import GITLAB, SystemUnavailable

_HIDDEN = {"identities": "it hides identities", "custom_attributes": "it hides notes"}
"""What administrators alone are shown, and what is said if it is missing."""


@attrs.frozen(kw_only=True)
class UserSummary:
    """What tells whether a user is read any further; nothing but the id is checked."""

    id: int
    state: Any = None
    bot: Any = False
    is_admin: Any = None
    identities: Any = None
    custom_attributes: Any = None

    @property
    def is_complete(self) -> bool:
        """True if nothing is hidden that administrators see."""
        return None not in (self.is_admin, self.identities, self.custom_attributes)

    @property
    def may_wait(self) -> bool:
        """True for a person who waits for approval, and for whoever may be one."""
        is_elsewhere = isinstance(self.state, str) and self.state != AccountState.PENDING
        return not is_elsewhere and self.bot is not True


ShownUser = tuple[UserSummary, Any]
"""The summary of a user, and all that GitLab shows."""


def list_users(api: GitLabApi, filters: dict[str, str]) -> Iterator[ShownUser]:
    """Every user that passes *filters*; raises SystemUnavailable if the list is not whole."""
    query = BY_ID | {"with_custom_attributes": "true"} | filters
    seen: set[int] = set()
    while True:
        page = api.ask("get", "/users", query_data=query)
        users = summarize(page)
        yield from users
        cursor = next_cursor(page)
        if cursor is None:
            return
        new = {summary.id for summary, _ in users} - seen
        if not new:
            raise SystemUnavailable(GITLAB, "its pages never end")
        seen |= new
        query["cursor"] = cursor


def summarize(page: requests.Response) -> list[ShownUser]:
    """The users of a page; SystemUnavailable if something is hidden, or somebody has no id."""
    users: Any = structure_json(GITLAB, page.content, Any)
    summaries = structure(GITLAB, users, tuple[UserSummary, ...])
    refuse_if_hidden(summaries, *_HIDDEN)
    return list(zip(summaries, users, strict=True))


def refuse_if_hidden(users: Sequence[UserSummary], *fields: str) -> None:
    """
    Raise SystemUnavailable if one of the *fields* is shown of nobody.

    A token sees them of everybody or of nobody: a user without them among others is merely
    spoilt, and so is an only one if `is_admin` is there, which the same tokens see.
    """
    seen = len(users) == 1 and users[0].is_admin is not None
    for field in fields:
        if users and not seen and all(getattr(user, field) is None for user in users):
            raise not_administrator(_HIDDEN[field])


def not_administrator(symptom: str) -> SystemUnavailable:
    """GitLab answers such a token with 200, and leaves out what it may not see."""
    return SystemUnavailable(
        GITLAB,
        f"{symptom}: the token does not act as an administrator"
        " (it needs the scope api, and admin_mode where Admin Mode is on)",
    )
