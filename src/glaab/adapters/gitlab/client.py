"""GitLab through its REST API, by way of python-gitlab."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs
import requests
import structlog

from glaab.adapters.gitlab.api import GitLabApi, Refused, payload
from glaab.adapters.gitlab.notes import decode, encode
from glaab.adapters.http.structuring import structure
from glaab.domain.accounts import Account, AccountId, AccountState, Identity, Username
from glaab.domain.errors import GITLAB, NotConfirmed, SystemUnavailable
from glaab.domain.names import same_name
from glaab.domain.ports import (
    AccountWithNote,
    ApprovalAnswer,
    ApprovalRecord,
    GitLab,
    NoteStatus,
    Unreadable,
)

log = structlog.get_logger()

_NOTE = "glaab"
"""The custom attribute that says how a note stands: `open`, `logged` or `withdrawn`."""
_OPEN = "open"
_RECORD = "glaab_approval"
_MARK = "glaab_veto"
_STATES = {state.value: state for state in AccountState}


@attrs.frozen
class _Success:
    message: str


@attrs.frozen
class _Identity:
    provider: str
    extern_uid: str | None


@attrs.frozen
class _Attribute:
    key: str
    value: str


@attrs.frozen(kw_only=True)
class _UserSummary:
    """As much of an account as tells whether the rest is worth reading."""

    id: int
    state: str
    bot: bool = False
    identities: Any = None
    custom_attributes: Any = None


@attrs.frozen(kw_only=True)
class _User:
    id: int
    username: str
    state: str
    created_at: datetime
    identities: tuple[_Identity, ...]
    custom_attributes: tuple[_Attribute, ...] = ()

    @property
    def attributes(self) -> Mapping[str, str]:
        return {each.key: each.value for each in self.custom_attributes}

    def to_account(self) -> Account:
        return Account(
            id=AccountId(self.id),
            username=Username(self.username),
            state=_STATES.get(self.state, AccountState.UNKNOWN),
            created_at=self.created_at,
            identities=tuple(
                Identity(each.provider, each.extern_uid or "") for each in self.identities
            ),
            mark=self.attributes.get(_MARK),
        )

    def to_account_with_note(self) -> AccountWithNote:
        return AccountWithNote(self.to_account(), self._note())

    def _note(self) -> ApprovalRecord | Unreadable | None:
        if self.attributes.get(_NOTE) != _OPEN:
            return None
        if _RECORD not in self.attributes:
            return Unreadable("it is open and has no record")
        note = decode(self.attributes[_RECORD])
        if isinstance(note, ApprovalRecord) and note.account_id != self.id:
            return Unreadable(f"its record is about account {note.account_id}")
        return note


@attrs.frozen(kw_only=True)
class GitLabRest(GitLab):
    """A GitLab server, asked with an administrator's token."""

    _api: GitLabApi

    def pending(self) -> tuple[Account, ...]:
        """See `GitLab`."""
        found: dict[int, Account] = {}
        listed = active = 0
        # No REST filter selects pending accounts (up to 19.5); `blocked=true` leaves them out.
        for summary, whole in self._listed({"exclude_active": "true", "humans": "true"}):
            listed += 1
            active += summary.state == AccountState.ACTIVE
            if summary.state == AccountState.PENDING and not summary.bot:
                found[summary.id] = structure(GITLAB, whole, _User).to_account()
        if active:  # by GitLab 16; a page is a request
            log.warning("exclude_active_ignored", system=GITLAB, listed=listed, active=active)
        return tuple(account for _, account in sorted(found.items()))

    def open_notes(self) -> tuple[AccountWithNote, ...]:
        """See `GitLab`."""
        found: dict[int, AccountWithNote] = {}
        for summary, whole in self._listed({f"custom_attributes[{_NOTE}]": _OPEN}):
            user = structure(GITLAB, whole, _User)
            if user.attributes.get(_NOTE) != _OPEN:
                raise _not_administrator("it does not search notes")
            found[summary.id] = user.to_account_with_note()
        return tuple(noted for _, noted in sorted(found.items()))

    def find(self, who: AccountId | Username) -> AccountWithNote | None:
        """See `GitLab`."""
        user = self._named(who) if isinstance(who, str) else self._numbered(who)
        return user.to_account_with_note() if user else None

    def note(self, record: ApprovalRecord) -> None:
        """See `GitLab`."""
        self._set(record.account_id, _RECORD, encode(record))
        self._set(record.account_id, _NOTE, _OPEN)

    def settle(self, account: AccountId, ending: NoteStatus) -> None:
        """See `GitLab`."""
        self._set(account, _NOTE, ending.value)

    def approve(self, account: AccountId) -> ApprovalAnswer:
        """See `GitLab`."""
        try:
            answer = self._api.ask("post", f"/users/{account}/approve")
            if answer.status_code != requests.codes.created:
                raise SystemUnavailable(GITLAB, f"it answered HTTP {answer.status_code}")
            structure(GITLAB, payload(answer), _Success)
        except Refused as refused:
            return self._not_approved(account, refused)
        except SystemUnavailable as lost:
            return self._looked(account, lost)
        return ApprovalAnswer.APPROVED

    def _not_approved(self, account: AccountId, refused: Refused) -> ApprovalAnswer:
        """What a refusal means: GitLab 17 says 409 of every state that is not pending."""
        if refused.status >= requests.codes.server_error:
            return self._looked(account, refused)
        if refused.status != requests.codes.conflict and not refused.means_nobody:
            raise refused
        match self._state(account):
            case AccountState.ACTIVE:
                return ApprovalAnswer.ALREADY_ACTIVE
            case AccountState.PENDING:  # it contradicts itself: nothing is known to be settled
                raise refused
            case _:
                return ApprovalAnswer.NOT_PENDING

    def _looked(self, account: AccountId, lost: SystemUnavailable) -> ApprovalAnswer:
        """What became of an approval whose answer was lost; it is never sent again."""
        try:
            state = self._state(account)
        except SystemUnavailable as error:
            reason = f"{lost.reason}; nor could the account be read: {error.reason}"
            raise NotConfirmed(GITLAB, reason) from lost
        if state != AccountState.ACTIVE:
            reason = f"{lost.reason}; read again, the account is {state or 'gone'}"
            raise NotConfirmed(GITLAB, reason) from lost
        return ApprovalAnswer.APPROVED

    def _state(self, account: AccountId) -> str | None:
        whole = self._account(account)
        return None if whole is None else structure(GITLAB, whole, _UserSummary).state

    def _account(self, account: AccountId) -> object | None:
        """What GitLab shows of exactly this account; None if there is none."""
        try:
            whole: object = self._api.read(f"/users/{account}")
        except Refused as refused:
            if refused.means_nobody:
                return None
            raise
        if structure(GITLAB, whole, _UserSummary).id != account:
            raise SystemUnavailable(GITLAB, f"asked for account {account}, it showed another")
        return whole

    def _numbered(self, account: AccountId) -> _User | None:
        whole = self._account(account)
        if whole is None:
            return None
        if structure(GITLAB, whole, _UserSummary).identities is None:
            raise _not_administrator("it hides identities")
        user = structure(GITLAB, whole, _User)
        notes = self._api.read(f"/users/{account}/custom_attributes")
        return attrs.evolve(
            user, custom_attributes=structure(GITLAB, notes, tuple[_Attribute, ...])
        )

    def _named(self, username: Username) -> _User | None:
        if not username.strip() or not username.isprintable():
            return None  # an empty name is taken for everybody's
        found = self._api.read("/users", username=username, with_custom_attributes="true")
        match _seen(found):
            case []:
                return None
            case [(_, whole)]:
                user = structure(GITLAB, whole, _User)
                return user if same_name(user.username, username) else None
            case _:
                raise SystemUnavailable(GITLAB, "several accounts answer to one username")

    def _set(self, account: AccountId, key: str, value: str) -> None:
        path = f"/users/{account}/custom_attributes/{key}"
        answer = self._api.ask("put", path, post_data={"value": value})
        if structure(GITLAB, payload(answer), _Attribute) != _Attribute(key, value):
            raise SystemUnavailable(GITLAB, f"it did not store the attribute {key}")

    def _listed(self, filters: dict[str, str]) -> Iterator[tuple[_UserSummary, object]]:
        for page in self._api.pages("/users", {"with_custom_attributes": "true"} | filters):
            yield from _seen(page)


def _seen(page: Any) -> list[tuple[_UserSummary, object]]:  # noqa: ANN401
    """Every account of a list, at a glance and whole, as only an administrator is shown it."""
    glances = structure(GITLAB, page, tuple[_UserSummary, ...])
    for summary in glances:
        if summary.identities is None:
            raise _not_administrator("it hides identities")
        if summary.custom_attributes is None:
            raise _not_administrator("it hides notes")
    return list(zip(glances, page, strict=True))


def _not_administrator(symptom: str) -> SystemUnavailable:
    """GitLab answers 200 to such a token, and leaves out what it may not see."""
    return SystemUnavailable(
        GITLAB,
        f"{symptom}: the token does not act as an administrator"
        " (it needs the scope api, and admin_mode where Admin Mode is on)",
    )
