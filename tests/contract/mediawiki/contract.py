"""What every audit log must do."""

from datetime import UTC, datetime, timedelta

import pytest

from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.ports import RunId
from tests.builders import NOON, a_record

HOSTILE_NAMES = (
    "..",
    "__x",
    "x_",
    "a__b",
    "__NOTOC__",
    "~~~~",
    "a]]|[[b",
    "{{subst:x}}",
    "<!--",
    "<nowiki>",
    "' '''b'''",
    "http://x.example",
    "%5D%5D",
    "&#93;",
    "Ünïcode",
    '"\\',
)
UNPRINTABLE_NAMES = (
    "1\nb",
    "2\r\n=== b ===",
    "3\u2028b",
    "4\u202eb",
    "5\ud800b",
    "6\x00b",
    "7\x85b",
)
HOSTILE_TEXTS = (
    "== x ==\n* y",
    "{{subst:x}} ~~~~ '''b''' <ref>",
    "ISBN 1234567890, RFC 1",
    "\u202eevil\u2028",
    "\ud800",
    "<!-- never closed",
    "}]]",
)


def a_record_of(number: int, username: str, **changes: object):
    """A record of account *number*, approved so many minutes after noon."""
    return a_record(
        account_id=AccountId(number),
        username=Username(username),
        at=NOON + timedelta(minutes=number),
        **changes,
    )


class AuditLogContract:
    """
    What every audit log must do.

    Subclass, provide `given` and `entries`, name it Test....
    """

    @pytest.fixture
    def given(self):
        """A function: nothing -> the empty audit log under test."""
        raise NotImplementedError

    @pytest.fixture
    def entries(self):
        """A function: the log -> the usernames of its entries, sorted, as its readers see them."""
        raise NotImplementedError

    def test_an_approval_is_logged(self, given, entries):
        log = given()

        log.append([a_record_of(1, "ada")])

        assert ("ada",) == entries(log)

    def test_several_approvals_are_logged_in_one_call(self, given, entries):
        log = given()

        log.append([a_record_of(1, "ada"), a_record_of(2, "bob"), a_record_of(3, "cy")])

        assert ("ada", "bob", "cy") == entries(log)

    def test_later_approvals_join_earlier_ones(self, given, entries):
        log = given()

        log.append([a_record_of(1, "ada")])
        log.append([a_record_of(2, "bob")])

        assert ("ada", "bob") == entries(log)

    def test_logging_nothing_does_nothing(self, given, entries):
        log = given()

        log.append([])

        assert () == entries(log)

    def test_logging_twice_is_logging_once(self, given, entries):
        """What is there already is not written again."""
        log = given()

        log.append([a_record_of(1, "ada")])
        log.append([a_record_of(1, "ada"), a_record_of(2, "bob")])

        assert ("ada", "bob") == entries(log)

    def test_one_approval_given_twice_is_logged_once(self, given, entries):
        log = given()

        log.append([a_record_of(1, "ada"), a_record_of(1, "ada")])

        assert ("ada",) == entries(log)

    @pytest.mark.parametrize("later", [timedelta(minutes=3), timedelta(days=40)])
    def test_an_account_is_recognised_whichever_run_logged_it(self, given, entries, later):
        """An account is approved once in its life, so the time and the run do not matter."""
        log = given()
        record = a_record_of(1, "ada")

        log.append([record])
        log.append([a_record(account_id=record.account_id, at=record.at + later, run=RunId("2"))])

        assert ("ada",) == entries(log)

    def test_a_former_account_of_the_same_name_is_another_account(self, given, entries):
        """Names are used again; an entry older than the account is not about it."""
        log = given()
        then = datetime(2021, 5, 4, 10, tzinfo=UTC)

        log.append([a_record(account_id=AccountId(7), at=then, created_at=then)])
        log.append([a_record(account_id=AccountId(41), created_at=NOON, at=NOON)])

        assert ("ada", "ada") == entries(log)

    def test_names_that_begin_alike_are_different(self, given, entries):
        log = given()

        log.append([a_record_of(1, "ada"), a_record_of(2, "ada.b"), a_record_of(3, "Ada")])

        assert ("Ada", "ada", "ada.b") == entries(log)

    def test_an_approval_of_another_day_is_logged(self, given, entries):
        """A later run may have to log what an earlier one approved."""
        log = given()

        log.append([a_record_of(1, "ada")])
        log.append([a_record(account_id=AccountId(2), username="bob", at=NOON - timedelta(days=2))])

        assert ("ada", "bob") == entries(log)

    def test_an_approval_of_unknown_outcome_is_logged(self, given, entries):
        log = given()

        log.append([a_record_of(1, "ada", found=AccountState.BLOCKED)])

        assert ("ada",) == entries(log)

    def test_an_approval_whose_note_was_unreadable_is_logged(self, given, entries):
        log = given()

        log.append([a_record_of(1, "ada", because=(), proof=None, evidence=(), remark="odd")])
        log.append([a_record_of(1, "ada")])

        assert ("ada",) == entries(log)

    def test_hostile_names_survive(self, given, entries):
        """Names that mean something to a format arrive as they are, each once."""
        log = given()
        records = [a_record_of(i, name) for i, name in enumerate(HOSTILE_NAMES)]

        log.append(records)
        log.append(records)

        assert tuple(sorted(HOSTILE_NAMES)) == entries(log)

    def test_unprintable_names_make_one_entry_each(self, given, entries):
        log = given()
        records = [a_record_of(i, name) for i, name in enumerate(UNPRINTABLE_NAMES)]

        for record in records:
            log.append([record])
            log.append([record])

        assert len(UNPRINTABLE_NAMES) == len(entries(log))

    @pytest.mark.parametrize("text", HOSTILE_TEXTS)
    def test_hostile_texts_stay_in_their_entry(self, given, entries, text):
        """Whatever a rule is called, entries before and after it stay whole."""
        log = given()

        log.append([a_record_of(1, "ada")])
        log.append([a_record_of(2, "bob", because=(text, text), remark=text)])
        log.append([a_record_of(2, "bob"), a_record_of(3, "cy")])

        assert ("ada", "bob", "cy") == entries(log)

    def test_a_hundred_approvals_are_logged(self, given, entries):
        log = given()
        names = [f"user{number:03}" for number in range(100)]

        log.append([a_record_of(number, name) for number, name in enumerate(names)])

        assert tuple(names) == entries(log)
