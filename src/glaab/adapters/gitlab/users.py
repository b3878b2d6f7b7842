"""GitLab's users: its lists of them, and what it shows of each to an administrator."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs
import requests

from glaab.adapters.gitlab.api import BY_ID, GitLabApi, next_cursor
from glaab.adapters.gitlab.notes import decode
from glaab.adapters.http.structuring import structure, structure_json
from glaab.domain.accounts import Account, AccountId, AccountState, Identity, Username
from glaab.domain.errors import GITLAB, SystemUnavailable
from glaab.domain.ports import AccountWithNote, ApprovalRecord, Unreadable

STATUS_KEY = "glaab"
"""The custom attribute with the status of a note: `open`, `logged` or `withdrawn`."""
OPEN = "open"
RECORD_KEY = "glaab_approval"
_STATES = {state.value: state for state in AccountState}


@attrs.frozen
class Attribute:
    """A custom attribute."""

    key: str
    value: str


@attrs.frozen(kw_only=True)
class UserSummary:
    """What every user must have, also one that glaab does not read any further."""

    id: int
    state: str
    bot: bool = False
    is_admin: Any = None
    identities: Any = None
    custom_attributes: Any = None

    @property
    def is_complete(self) -> bool:
        """True if nothing is hidden that administrators see."""
        return None not in (self.is_admin, self.identities, self.custom_attributes)


@attrs.frozen
class _Identity:
    provider: str
    extern_uid: str | None


@attrs.frozen(kw_only=True)
class User:
    """A user as an administrator sees it."""

    id: int
    username: str
    state: str
    created_at: datetime
    identities: tuple[_Identity, ...]
    custom_attributes: tuple[Attribute, ...] = ()

    @property
    def attributes(self) -> Mapping[str, str]:
        """The custom attributes by key."""
        return {each.key: each.value for each in self.custom_attributes}

    def to_account(self) -> Account:
        """The account; a state that glaab does not know is `UNKNOWN`."""
        return Account(
            id=AccountId(self.id),
            username=Username(self.username),
            state=_STATES.get(self.state, AccountState.UNKNOWN),
            created_at=self.created_at,
            identities=tuple(
                Identity(each.provider, each.extern_uid or "") for each in self.identities
            ),
            mark=self.attributes.get("glaab_veto"),
        )

    def to_account_with_note(self) -> AccountWithNote:
        """The account and its note, if that is open."""
        note: ApprovalRecord | Unreadable | None = None
        if self.attributes.get(STATUS_KEY) == OPEN:
            note = Unreadable("it is open and has no record")
            if RECORD_KEY in self.attributes:
                note = decode(self.attributes[RECORD_KEY])
            if isinstance(note, ApprovalRecord) and note.account_id != self.id:
                note = Unreadable(f"its record is about account {note.account_id}")
        return AccountWithNote(self.to_account(), note)


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
    """The users of a page; raises SystemUnavailable if something is hidden."""
    users: Any = structure_json(GITLAB, page.content, Any)
    summaries = structure(GITLAB, users, tuple[UserSummary, ...])
    for summary in summaries:
        if summary.identities is None:
            raise not_administrator("it hides identities")
        if summary.custom_attributes is None:
            raise not_administrator("it hides notes")
    return list(zip(summaries, users, strict=True))


def not_administrator(symptom: str) -> SystemUnavailable:
    """GitLab answers such a token with 200, and leaves out what it may not see."""
    return SystemUnavailable(
        GITLAB,
        f"{symptom}: the token does not act as an administrator"
        " (it needs the scope api, and admin_mode where Admin Mode is on)",
    )
