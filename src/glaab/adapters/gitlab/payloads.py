"""What GitLab's REST API shows of an account, as far as glaab reads it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from glaab.adapters.gitlab.notes import decode
from glaab.domain.accounts import Account, AccountId, AccountState, Identity, Username
from glaab.domain.ports import AccountWithNote, ApprovalRecord, Unreadable

STATUS_KEY = "glaab"
"""The custom attribute with the status of a note: `open`, `logged` or `withdrawn`."""
OPEN = "open"
RECORD_KEY = "glaab_approval"
_VETO_KEY = "glaab_veto"
_STATES = {state.value: state for state in AccountState}


@attrs.frozen
class Success:
    """The answer to an approval."""

    message: str


@attrs.frozen
class Attribute:
    """A custom attribute."""

    key: str
    value: str


@attrs.frozen(kw_only=True)
class UserSummary:
    """What every account must have, also one that glaab does not read any further."""

    id: int
    state: str
    bot: bool = False
    identities: Any = None
    custom_attributes: Any = None


@attrs.frozen
class _Identity:
    provider: str
    extern_uid: str | None


@attrs.frozen(kw_only=True)
class User:
    """An account as an administrator sees it."""

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
            mark=self.attributes.get(_VETO_KEY),
        )

    def to_account_with_note(self) -> AccountWithNote:
        """The account and its note, if that is open."""
        return AccountWithNote(self.to_account(), self._open_note())

    def _open_note(self) -> ApprovalRecord | Unreadable | None:
        if self.attributes.get(STATUS_KEY) != OPEN:
            return None
        if RECORD_KEY not in self.attributes:
            return Unreadable("it is open and has no record")
        record = decode(self.attributes[RECORD_KEY])
        if isinstance(record, ApprovalRecord) and record.account_id != self.id:
            return Unreadable(f"its record is about account {record.account_id}")
        return record
