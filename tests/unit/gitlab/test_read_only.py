"""A GitLab that may only be looked at."""

import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.adapters.gitlab.read_only import ReadOnlyGitLab
from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.errors import WriteRefused
from glaab.domain.ports import AccountWithNote, NoteStatus
from tests.builders import a_record, an_account

ADA = an_account()
BOB = an_account(id=AccountId(42), username=Username("bob"), state=AccountState.ACTIVE)


@pytest.fixture
def gitlab():
    return InMemoryGitLab([ADA, BOB], {BOB.id: a_record(account_id=BOB.id)})


def test_everything_is_shown(gitlab):
    looked_at = ReadOnlyGitLab(gitlab)

    assert (ADA,) == looked_at.pending()
    assert (AccountWithNote(BOB, a_record(account_id=BOB.id)),) == looked_at.open_notes()
    assert () == looked_at.logged_notes()
    assert AccountWithNote(ADA, None) == looked_at.find(Username("ADA"))
    assert looked_at.find(AccountId(7)) is None


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda gitlab: gitlab.note(a_record()), "refused to note the approval of account 41"),
        (
            lambda gitlab: gitlab.settle(BOB.id, NoteStatus.WITHDRAWN),
            "refused to mark the note on account 42 as withdrawn",
        ),
        (lambda gitlab: gitlab.approve(ADA.id), "refused to approve account 41"),
    ],
)
def test_every_write_is_refused_and_nothing_changes(gitlab, write, message):
    before = gitlab.find(ADA.id), gitlab.find(BOB.id), gitlab.open_notes()

    with pytest.raises(WriteRefused, match=f"{message}: this run only looks"):
        write(ReadOnlyGitLab(gitlab))

    assert before == (gitlab.find(ADA.id), gitlab.find(BOB.id), gitlab.open_notes())
