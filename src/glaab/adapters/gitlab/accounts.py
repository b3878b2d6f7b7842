"""Accounts from users as GitLab shows them: whole, or as much as can be understood."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import attrs

from glaab.adapters.gitlab.notes import decode
from glaab.adapters.http.structuring import STRUCTURE_ERRORS, problems, strict_converter
from glaab.domain.accounts import (
    Account,
    AccountId,
    AccountState,
    AnyAccount,
    Identity,
    SelfDescription,
    UnreadableAccount,
    Username,
)
from glaab.domain.ports import AccountWithNote, ApprovalRecord, NoteStatus, Unreadable

T = TypeVar("T")

STATUS_KEY = "glaab"
"""The custom attribute with the status of a note: `open`, `logged` or `withdrawn`."""
OPEN = "open"
RECORD_KEY = "glaab_approval"
_MARK_KEY = "glaab_veto"
_STATES = {state.value: state for state in AccountState}


@attrs.frozen
class _Identity:
    provider: str
    extern_uid: str | None

    def to_identity(self) -> Identity:
        return Identity(self.provider, self.extern_uid or "")


@attrs.frozen
class _Attribute:
    """A custom attribute; the values of those that others set are not looked at."""

    key: str
    value: Any = attrs.field(default=None)

    @value.validator
    def _is_text(self, _: object, value: object) -> None:
        if self.key in (STATUS_KEY, _MARK_KEY) and not isinstance(value, str):
            raise TypeError(f"the value of {self.key}: expected str, got {type(value).__name__}")


_Attributes = tuple[_Attribute, ...]


@attrs.frozen(kw_only=True)
class _User:
    """A user as an administrator sees it."""

    id: int
    username: str
    state: str
    created_at: datetime
    bot: bool = False
    identities: tuple[_Identity, ...]
    custom_attributes: _Attributes
    name: Any = None
    email: Any = None

    def to_account(self) -> Account:
        """The account; a state that glaab does not know is `UNKNOWN`."""
        return Account(
            id=AccountId(self.id),
            username=Username(self.username),
            state=_STATES.get(self.state, AccountState.UNKNOWN),
            created_at=self.created_at,
            identities=tuple(each.to_identity() for each in self.identities),
            mark=_values(self.custom_attributes).get(_MARK_KEY),
            self_description=_self_description(self.name, self.email),
        )


_converter = strict_converter()


def account_with_note(shown: Mapping[str, Any]) -> AccountWithNote:
    """The account, and what its note says; *shown* has an id, and anything besides."""
    try:
        user = _converter.structure(shown, _User)
    except STRUCTURE_ERRORS as error:
        account = _unreadable(shown, "; ".join(problems(error)))
        attributes = _part(shown.get("custom_attributes"), _Attributes)
        if attributes is None:
            return AccountWithNote(account, Unreadable("it cannot be read either"))
        return _with_note(account, attributes)
    return _with_note(user.to_account(), user.custom_attributes)


def _unreadable(shown: Mapping[str, Any], reason: str) -> UnreadableAccount:
    """What there is to know of an account that cannot be understood whole."""
    identities = shown.get("identities")
    read = (_part(each, _Identity) for each in (identities if isinstance(identities, list) else ()))
    return UnreadableAccount(
        id=AccountId(shown["id"]),
        username=Username(_part(shown.get("username"), str) or ""),
        state=_STATES.get(_part(shown.get("state"), str) or "", AccountState.UNKNOWN),
        created_at=_part(shown.get("created_at"), datetime),
        identities=tuple(each.to_identity() for each in read if each),
        self_description=_self_description(shown.get("name"), shown.get("email")),
        reason=reason,
    )


def _self_description(name: object, email: object) -> SelfDescription:
    """What is no text is left out, and so is all of an address before its last @."""
    _, at, domain = email.rpartition("@") if isinstance(email, str) else ("", "", "")
    return SelfDescription(
        name=name if isinstance(name, str) else "", email_domain=domain if at else ""
    )


def _part(shown: object, shape: type[T]) -> T | None:
    """A part of a user; None if it has another shape."""
    try:
        return _converter.structure(shown, shape)
    except STRUCTURE_ERRORS:
        return None


def _values(attributes: _Attributes) -> dict[str, Any]:
    return {each.key: each.value for each in attributes}


def _with_note(account: AnyAccount, attributes: _Attributes) -> AccountWithNote:
    values = _values(attributes)
    status = values.get(STATUS_KEY)
    if status == OPEN:
        return AccountWithNote(account, _record(account, status, values))
    if status == NoteStatus.LOGGED:
        return AccountWithNote(account, None, logged=_record(account, status, values))
    return AccountWithNote(account, None)


def _record(
    account: AnyAccount, status: str, values: Mapping[str, Any]
) -> ApprovalRecord | Unreadable:
    if RECORD_KEY not in values:
        return Unreadable(f"it is {status} and has no record")
    text = values[RECORD_KEY]
    if not isinstance(text, str):
        return Unreadable(f"its record: expected str, got {type(text).__name__}")
    record = decode(text)
    if isinstance(record, ApprovalRecord) and record.account_id != account.id:
        return Unreadable(f"its record is about account {record.account_id}")
    return record
