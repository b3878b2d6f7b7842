"""GitLab through its REST API, by way of python-gitlab."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import requests
import structlog

from glaab.adapters.gitlab.accounts import OPEN, RECORD_KEY, STATUS_KEY, account_with_note
from glaab.adapters.gitlab.api import GitLabApi, Refused
from glaab.adapters.gitlab.notes import encode
from glaab.adapters.gitlab.users import (
    ShownUser,
    UserSummary,
    list_users,
    not_administrator,
    refuse_if_hidden,
    summarize,
)
from glaab.adapters.http.structuring import structure, structure_json
from glaab.adapters.redaction import quote
from glaab.domain.accounts import AccountId, AccountState, AnyAccount, Username
from glaab.domain.errors import GITLAB, NoSuchAccount, NotConfirmed, SystemUnavailable
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


@attrs.frozen
class _State:
    state: str


@attrs.frozen
class _Attribute:
    key: str
    value: str


@attrs.frozen
class _Approval:
    message: str


@attrs.frozen(kw_only=True)
class GitLabRest(GitLab):
    """A GitLab server, used with an administrator's token."""

    _api: GitLabApi

    def pending(self, created_after: datetime | None = None) -> tuple[AnyAccount, ...]:
        accounts: dict[int, AnyAccount] = {}
        listed = active = 0
        # No REST filter selects pending accounts (up to 19.5); `blocked=true` leaves them out.
        filters = {"exclude_active": "true", "humans": "true"}
        if created_after:
            filters["created_after"] = _wire_time(created_after)
        for summary, details in list_users(self._api, filters):
            listed += 1
            active += summary.state == AccountState.ACTIVE
            if summary.may_wait:
                accounts[summary.id] = account_with_note(details).account
        if active and not created_after:  # by GitLab 16; a page is a request
            log.warning("exclude_active_ignored", system=GITLAB, listed=listed, active=active)
        return tuple(account for _, account in sorted(accounts.items()))

    def open_notes(self) -> tuple[AccountWithNote, ...]:
        return self._with_notes(OPEN, lambda noted: noted.note is not None)

    def logged_notes(self) -> tuple[AccountWithNote, ...]:
        return self._with_notes(
            NoteStatus.LOGGED,
            lambda noted: noted.logged is not None or isinstance(noted.note, Unreadable),
        )

    def find(self, who: AccountId | Username) -> AccountWithNote | None:
        return self._find_by_name(who) if isinstance(who, str) else self._find_by_id(who)

    def note(self, record: ApprovalRecord) -> None:
        self._set(record.account_id, RECORD_KEY, encode(record))
        self._set(record.account_id, STATUS_KEY, OPEN)

    def settle(self, account: AccountId, ending: NoteStatus) -> None:
        self._set(account, STATUS_KEY, ending.value)

    def approve(self, account: AccountId) -> ApprovalAnswer:
        try:
            answer = self._api.ask("post", f"/users/{account}/approve")
            if answer.status_code != requests.codes.created:
                raise SystemUnavailable(GITLAB, f"it answered HTTP {answer.status_code}")
            structure_json(GITLAB, answer.content, _Approval)
        except Refused as refusal:
            return self._after_refusal(account, refusal)
        except SystemUnavailable as error:
            return self._after_lost_answer(account, error)
        return ApprovalAnswer.APPROVED

    def _with_notes(
        self, status: str, may_have_it: Callable[[AccountWithNote], bool]
    ) -> tuple[AccountWithNote, ...]:
        """Whose note has this status; all of whom GitLab shows must be such, or it did not look."""
        accounts: dict[int, AccountWithNote] = {}
        for summary, details in list_users(self._api, {f"custom_attributes[{STATUS_KEY}]": status}):
            accounts[summary.id] = noted = account_with_note(details)
            if not may_have_it(noted):
                raise not_administrator("it does not search notes")
        return tuple(account for _, account in sorted(accounts.items()))

    def _after_refusal(self, account: AccountId, refusal: Refused) -> ApprovalAnswer:
        """What a refusal means: GitLab 17 answers 409 for every state that is not pending."""
        if refusal.status >= requests.codes.server_error:
            return self._after_lost_answer(account, refusal)
        if refusal.status != requests.codes.conflict and not refusal.means_no_account:
            raise refusal
        match self._state(account):
            case AccountState.ACTIVE:
                return ApprovalAnswer.ALREADY_ACTIVE
            case AccountState.PENDING:  # a contradiction: it cannot be taken for settled
                raise refusal
            case _:
                return ApprovalAnswer.NOT_PENDING

    def _after_lost_answer(self, account: AccountId, lost: SystemUnavailable) -> ApprovalAnswer:
        """Read whether the account was approved; the approval is never sent again."""
        try:
            state = self._state(account)
        except SystemUnavailable as error:
            doubt = f"nor could the account be read: {error.reason}"
        else:
            if state == AccountState.ACTIVE:
                return ApprovalAnswer.APPROVED
            doubt = f"read again, the account is {quote(state or 'gone')}"
        raise NotConfirmed(GITLAB, f"{lost.reason}; {doubt}") from lost

    def _state(self, account: AccountId) -> str | None:
        user = self._read(account)
        return structure(GITLAB, user[1], _State).state if user else None

    def _read(self, account: AccountId) -> ShownUser | None:
        """Exactly this user; None if there is none."""
        query = {"with_custom_attributes": "true"}
        try:
            details = self._api.read(f"/users/{account}", Any, query_data=query)
        except Refused as refusal:
            if refusal.means_no_account:
                return None
            raise
        summary = structure(GITLAB, details, UserSummary)
        if summary.id != account:
            raise SystemUnavailable(GITLAB, f"asked for account {account}, it showed another")
        return summary, details

    def _find_by_id(self, account: AccountId) -> AccountWithNote | None:
        if not (user := self._read(account)):
            return None
        summary, details = user
        refuse_if_hidden([summary], "identities")
        if "custom_attributes" in details:
            return account_with_note(details)
        # GitLab's source shows them since 10.4 (lib/api/users.rb), no recording does
        attributes = self._api.read(f"/users/{account}/custom_attributes", tuple[Any, ...])
        return account_with_note(details | {"custom_attributes": list(attributes)})

    def _find_by_name(self, username: Username) -> AccountWithNote | None:
        if not username.strip() or not username.isprintable():
            return None  # GitLab takes an empty name for no filter at all
        query = {"username": username, "with_custom_attributes": "true"}
        match summarize(self._api.ask("get", "/users", query_data=query)):
            case []:
                return None
            case [(_, details)]:
                found = account_with_note(details)
                shown = found.account.username or username
                return found if same_name(shown, username) else None
            case _:
                raise SystemUnavailable(GITLAB, "several accounts answer to one username")

    def _set(self, account: AccountId, key: str, value: str) -> None:
        path = f"/users/{account}/custom_attributes/{key}"
        try:
            answer = self._api.ask("put", path, post_data={"value": value})
        except Refused as refusal:
            if refusal.means_no_account:
                raise NoSuchAccount(GITLAB, refusal.reason) from refusal
            raise
        if structure_json(GITLAB, answer.content, _Attribute) != _Attribute(key, value):
            raise SystemUnavailable(GITLAB, f"it did not store the attribute {key}")


def _wire_time(moment: datetime) -> str:
    """As GitLab writes times itself: UTC, with milliseconds."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
