"""What the note on an account says of its approval."""

import pytest

from glaab.domain.accounts import AccountState
from glaab.domain.ports import AccountWithNote, Unreadable
from tests.builders import a_record, an_account

NOT_LOGGED = "not yet logged; the next run writes the entry"
INK = Unreadable("ink")


def noted(state, note=None, **of):
    return AccountWithNote(an_account(state=state), note, **of)


@pytest.mark.parametrize("state", AccountState)
@pytest.mark.parametrize("record", [a_record(), INK])
def test_what_was_logged_was_an_approval(state, record):
    """Whatever became of the account."""
    assert record == noted(state, logged=record).approval


def test_what_is_noted_on_an_active_account_was_an_approval():
    """It says that the entry is missing yet."""
    shortened = a_record(remark="shortened")

    active = AccountState.ACTIVE
    assert a_record(remark=NOT_LOGGED) == noted(active, a_record()).approval
    assert a_record(remark=f"{NOT_LOGGED}; shortened") == noted(active, shortened).approval
    assert INK == noted(active, INK).approval


@pytest.mark.parametrize("state", sorted(set(AccountState) - {AccountState.ACTIVE}))
@pytest.mark.parametrize("note", [a_record(), INK, None])
def test_an_intent_is_no_approval(state, note):
    assert noted(state, note).approval is None
