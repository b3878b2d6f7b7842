"""What every GitLab must do, whichever way the port is fulfilled."""

from collections.abc import Callable
from datetime import timedelta, timezone

import attrs
import pytest

from glaab.domain.accounts import AccountId, AccountState, SelfDescription, Username
from glaab.domain.errors import NoSuchAccount
from glaab.domain.evidence import Evidence, Kind, No, NotAsked, Unknown, Yes
from glaab.domain.ports import (
    AccountWithNote,
    ApprovalAnswer,
    ApprovalRecord,
    GitLab,
    NoteStatus,
    RunId,
    Unreadable,
)
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from tests.builders import a_record as a_detailed_record
from tests.builders import an_account, an_identity

ADA = an_account()
BOB = an_account(id=AccountId(7), username=Username("bob"), identities=())
CYD = an_account(
    id=AccountId(900),
    username=Username("Cyd"),
    identities=(an_identity("Cyd", "cas3"), an_identity("Cyd E.")),
    mark="asked by security",
)
NOT_PENDING = sorted(set(AccountState) - {AccountState.PENDING})
NOT_LETTING_IN = sorted(set(NOT_PENDING) - {AccountState.ACTIVE})

DIFFICULT_NAMES = [
    "",
    " leading and  double spaces ",
    "Zoë Ångström",  # NFC
    "Zoe\u0308 A\u030angstro\u0308m",  # NFD
    "ｏｎｌｙ.ｗｍｆ",
    "*)(uid=*))(|(cn=*",
    "NUL \0 inside",
    "[[User:Eve|@ada]] '''x'''\n=== 2026-11-22 ===",
    "\x1b[2J\u202egpj.exe",
    '"quotes" \\ and %2e%2e/ ../ & ; ?',
    "名" * 1000,
]
NOBODY = ["", " ", ".", "..", "a/b", "41", "ada ", "ada&admins=true", "ada\0", "ádá", "\ud800", "*"]


def a_record(**changes: object) -> ApprovalRecord:
    """A record without details: notes do not keep them."""
    evidence = (
        Evidence("Toolforge member", Kind.TRUST, DIRECTORY, Yes("")),
        Evidence("Trusted contributor", Kind.TRUST, PHABRICATOR, No("")),
        Evidence("Trusted contributor", Kind.TRUST, GERRIT, Unknown("")),
        Evidence("Gerrit account inactive", Kind.VETO, GERRIT, NotAsked()),
    )
    return a_detailed_record(**({"evidence": evidence} | changes))


class GitLabContract:
    """Subclass, provide `given`, name it Test…."""

    @pytest.fixture
    def given(self) -> Callable[..., GitLab]:
        """A function: accounts, and open notes by account id -> the GitLab under test."""
        raise NotImplementedError

    def test_nobody_waits_on_an_empty_server(self, given):
        assert () == given([]).pending()

    def test_whoever_waits_is_listed_whole_and_by_id(self, given):
        """Identities of all providers and the administrators' mark are part of an account."""
        gitlab = given([CYD, ADA, BOB])

        assert (BOB, ADA, CYD) == gitlab.pending()

    @pytest.mark.parametrize("state", NOT_PENDING)
    def test_whoever_does_not_wait_is_not_listed(self, given, state):
        gitlab = given([ADA, attrs.evolve(BOB, state=state)])

        assert (ADA,) == gitlab.pending()

    def test_only_the_newest_are_listed_if_asked_for(self, given):
        """Whoever was created in that very moment was there before; zones are the same time."""
        moment = ADA.created_at
        older = attrs.evolve(BOB, created_at=moment - timedelta(milliseconds=1))
        newer = attrs.evolve(CYD, created_at=moment + timedelta(milliseconds=1))

        gitlab = given([older, ADA, newer])

        assert (newer,) == gitlab.pending(moment)
        assert (newer,) == gitlab.pending(moment.astimezone(timezone(timedelta(hours=5))))
        assert (ADA, newer) == gitlab.pending(moment - timedelta(milliseconds=1))

    def test_a_long_queue_is_listed_to_its_end(self, given):
        """Nobody is left out or doubled where pages meet."""
        queue = tuple(
            an_account(id=AccountId(number), username=Username(f"newcomer-{number}"))
            for number in range(1, 302)
        )

        assert queue == given(reversed(queue)).pending()

    @pytest.mark.parametrize("name", DIFFICULT_NAMES)
    def test_an_extern_uid_is_told_as_it_is(self, given, name):
        """No character of what a provider vouched for is lost or changed."""
        account = attrs.evolve(ADA, identities=(an_identity(name),))

        gitlab = given([account])

        assert (account,) == gitlab.pending()
        assert AccountWithNote(account, None) == gitlab.find(account.id)

    @pytest.mark.parametrize("mark", DIFFICULT_NAMES)
    def test_a_mark_is_told_as_it_is(self, given, mark):
        """An empty reason is a mark too."""
        account = attrs.evolve(ADA, mark=mark)

        gitlab = given([account])

        assert (account,) == gitlab.pending()
        assert AccountWithNote(account, None) == gitlab.find(account.username)

    @pytest.mark.parametrize("name", DIFFICULT_NAMES)
    def test_what_newcomers_say_of_themselves_is_told_as_it_is(self, given, name):
        """The display name, and of the e-mail address its domain."""
        said = SelfDescription(name=name, email_domain="mail.example.org")

        gitlab = given([attrs.evolve(ADA, self_description=said)])

        (waiting,), found = gitlab.pending(), gitlab.find(ADA.id)
        assert said == waiting.self_description == found.account.self_description

    @pytest.mark.parametrize("state", AccountState)
    def test_an_account_is_found_by_id_in_every_state(self, given, state):
        account = attrs.evolve(CYD, state=state)

        assert AccountWithNote(account, None) == given([ADA, account]).find(account.id)

    @pytest.mark.parametrize("spelling", ["Cyd", "cyd", "CYD"])
    @pytest.mark.parametrize("state", AccountState)
    def test_an_account_is_found_by_username_without_regard_to_case(self, given, state, spelling):
        account = attrs.evolve(CYD, state=state)

        assert AccountWithNote(account, None) == given([ADA, account]).find(Username(spelling))

    @pytest.mark.parametrize("name", NOBODY)
    def test_a_username_that_nobody_bears_finds_nobody(self, given, name):
        """Whatever a person types is a name to look for, and nothing else."""
        assert given([ADA, BOB]).find(Username(name)) is None

    @pytest.mark.parametrize("number", [0, 4, 410, 2**40])
    def test_an_id_that_nobody_bears_finds_nobody(self, given, number):
        assert given([ADA, BOB]).find(AccountId(number)) is None

    def test_approving_lets_the_account_in_and_nobody_else(self, given):
        gitlab = given([ADA, BOB, CYD])

        answer = gitlab.approve(ADA.id)

        assert ApprovalAnswer.APPROVED is answer
        assert attrs.evolve(ADA, state=AccountState.ACTIVE) == gitlab.find(ADA.id).account
        assert (BOB, CYD) == gitlab.pending()

    def test_approving_twice_is_approving_once(self, given):
        """A second approval is not an error and changes nothing."""
        gitlab = given([ADA])
        gitlab.approve(ADA.id)

        answer = gitlab.approve(ADA.id)

        assert ApprovalAnswer.ALREADY_ACTIVE is answer
        assert AccountState.ACTIVE is gitlab.find(ADA.id).account.state

    @pytest.mark.parametrize("state", NOT_LETTING_IN)
    def test_whoever_does_not_wait_cannot_be_approved(self, given, state):
        account = attrs.evolve(ADA, state=state)
        gitlab = given([account])

        answer = gitlab.approve(ADA.id)

        assert ApprovalAnswer.NOT_PENDING is answer
        assert account == gitlab.find(ADA.id).account

    def test_an_account_that_is_gone_is_not_pending(self, given):
        assert ApprovalAnswer.NOT_PENDING is given([ADA]).approve(BOB.id)

    def test_nothing_is_unfinished_without_notes(self, given):
        assert () == given([ADA, CYD]).open_notes()

    def test_a_note_is_found_again(self, given):
        """The account with the record, by every way of asking; it still waits."""
        gitlab = given([ADA, BOB])

        gitlab.note(a_record())

        assert (AccountWithNote(ADA, a_record()),) == gitlab.open_notes()
        assert AccountWithNote(ADA, a_record()) == gitlab.find(ADA.id) == gitlab.find(ADA.username)
        assert AccountWithNote(BOB, None) == gitlab.find(BOB.id)
        assert (BOB, ADA) == gitlab.pending()

    def test_a_note_does_not_touch_the_mark(self, given):
        gitlab = given([CYD])

        gitlab.note(a_record(account_id=CYD.id))

        assert CYD == gitlab.find(CYD.id).account

    def test_a_new_note_replaces_the_old_one(self, given):
        gitlab = given([ADA], {ADA.id: a_record()})

        gitlab.note(a_record(run=RunId("run-2")))

        assert (AccountWithNote(ADA, a_record(run=RunId("run-2"))),) == gitlab.open_notes()

    def test_a_note_outlives_the_approval(self, given):
        """That is its purpose: an approval that was not logged is found by the next run."""
        gitlab = given([ADA])
        gitlab.note(a_record())

        gitlab.approve(ADA.id)

        let_in = attrs.evolve(ADA, state=AccountState.ACTIVE)
        assert (AccountWithNote(let_in, a_record()),) == gitlab.open_notes()

    @pytest.mark.parametrize("state", AccountState)
    def test_a_note_is_found_in_every_state(self, given, state):
        account = attrs.evolve(ADA, state=state)

        gitlab = given([account], {ADA.id: a_record()})

        assert (AccountWithNote(account, a_record()),) == gitlab.open_notes()

    def test_notes_are_found_by_id(self, given):
        records = {each.id: a_record(account_id=each.id) for each in (CYD, BOB, ADA)}

        open_notes = given([CYD, BOB, ADA], records).open_notes()

        assert [BOB.id, ADA.id, CYD.id] == [noted.account.id for noted in open_notes]

    def test_a_username_in_a_note_is_the_one_of_then(self, given):
        record = a_record(username=Username("ada-before-renaming"))

        gitlab = given([ADA], {ADA.id: record})

        assert (AccountWithNote(ADA, record),) == gitlab.open_notes()

    def test_a_note_that_cannot_be_understood_is_still_a_note(self, given):
        gitlab = given([ADA], {ADA.id: Unreadable("ink")})

        (noted,) = gitlab.open_notes()

        assert ADA == noted.account
        assert isinstance(noted.note, Unreadable)
        assert isinstance(gitlab.find(ADA.id).note, Unreadable)

    @pytest.mark.parametrize("ending", NoteStatus)
    def test_a_settled_note_is_no_longer_open(self, given, ending):
        """The account itself stays as it is."""
        notes = {ADA.id: a_record(), BOB.id: a_record(account_id=BOB.id)}
        gitlab = given([ADA, BOB], notes)

        gitlab.settle(ADA.id, ending)

        found = gitlab.find(ADA.id)
        assert [BOB.id] == [noted.account.id for noted in gitlab.open_notes()]
        assert (ADA, None) == (found.account, found.note)

    def test_the_record_outlives_the_note_that_is_logged(self, given):
        """By every way of asking, and whatever becomes of the account; it is not open for that."""
        gitlab = given([ADA], {ADA.id: a_record()})
        gitlab.approve(ADA.id)

        gitlab.settle(ADA.id, NoteStatus.LOGGED)

        let_in = attrs.evolve(ADA, state=AccountState.ACTIVE)
        noted = AccountWithNote(let_in, None, logged=a_record())
        assert noted == gitlab.find(ADA.id) == gitlab.find(ADA.username)
        assert a_record() == noted.approval

    @pytest.mark.parametrize("state", AccountState)
    def test_a_logged_note_is_listed_in_every_state(self, given, state):
        """With the record; open and withdrawn ones are not among them."""
        account = attrs.evolve(ADA, state=state)
        records = {each.id: a_record(account_id=each.id) for each in (ADA, BOB, CYD)}
        gitlab = given([CYD, BOB, account], records)
        gitlab.settle(ADA.id, NoteStatus.LOGGED)
        gitlab.settle(CYD.id, NoteStatus.WITHDRAWN)

        logged = gitlab.logged_notes()

        assert (AccountWithNote(account, None, logged=records[ADA.id]),) == logged
        assert [BOB.id] == [noted.account.id for noted in gitlab.open_notes()]

    def test_logged_notes_are_listed_to_their_end_and_by_id(self, given):
        approved = [
            an_account(id=AccountId(number), username=Username(f"newcomer-{number}"))
            for number in range(1, 202)
        ]
        gitlab = given(
            reversed(approved), {each.id: a_record(account_id=each.id) for each in approved}
        )
        for each in approved:
            gitlab.settle(each.id, NoteStatus.LOGGED)

        assert approved == [noted.account for noted in gitlab.logged_notes()]

    def test_nobody_was_let_in_without_notes(self, given):
        assert () == given([ADA, CYD]).logged_notes()

    def test_a_withdrawn_note_tells_of_no_approval(self, given):
        gitlab = given([ADA], {ADA.id: a_record()})

        gitlab.settle(ADA.id, NoteStatus.WITHDRAWN)

        assert AccountWithNote(ADA, None) == gitlab.find(ADA.id)

    @pytest.mark.parametrize("last", NoteStatus)
    def test_of_two_endings_the_last_one_counts(self, given, last):
        gitlab = given([ADA], {ADA.id: a_record()})
        for ending in (*NoteStatus, last):
            gitlab.settle(ADA.id, ending)

        logged = a_record() if last is NoteStatus.LOGGED else None
        assert AccountWithNote(ADA, None, logged=logged) == gitlab.find(ADA.id)

    def test_what_was_logged_and_cannot_be_understood_was_an_approval(self, given):
        gitlab = given([ADA], {ADA.id: Unreadable("ink")})

        gitlab.settle(ADA.id, NoteStatus.LOGGED)

        assert isinstance(gitlab.find(ADA.id).logged, Unreadable)

    def test_a_note_that_is_logged_without_record_cannot_be_understood(self, given):
        gitlab = given([ADA])

        gitlab.settle(ADA.id, NoteStatus.LOGGED)

        unreadable = Unreadable("it is logged and has no record")
        assert AccountWithNote(ADA, None, logged=unreadable) == gitlab.find(ADA.id)

    @pytest.mark.parametrize("ending", NoteStatus)
    def test_settling_twice_is_settling_once(self, given, ending):
        gitlab = given([ADA], {ADA.id: a_record()})
        gitlab.settle(ADA.id, ending)

        gitlab.settle(ADA.id, ending)

        assert () == gitlab.open_notes()

    @pytest.mark.parametrize("ending", NoteStatus)
    def test_an_unreadable_note_can_be_settled(self, given, ending):
        gitlab = given([ADA], {ADA.id: Unreadable("ink")})

        gitlab.settle(ADA.id, ending)

        assert () == gitlab.open_notes()

    @pytest.mark.parametrize("ending", NoteStatus)
    def test_a_settled_account_can_be_noted_again(self, given, ending):
        gitlab = given([ADA], {ADA.id: a_record()})
        gitlab.settle(ADA.id, ending)

        gitlab.note(a_record(run=RunId("run-2")))

        assert (AccountWithNote(ADA, a_record(run=RunId("run-2"))),) == gitlab.open_notes()

    def test_an_account_that_is_gone_cannot_be_noted(self, given):
        gitlab = given([ADA])

        with pytest.raises(NoSuchAccount):
            gitlab.note(a_record(account_id=BOB.id))

    def test_a_note_on_an_account_that_is_gone_cannot_be_settled(self, given):
        gitlab = given([ADA])

        with pytest.raises(NoSuchAccount):
            gitlab.settle(BOB.id, NoteStatus.LOGGED)
