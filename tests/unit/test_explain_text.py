"""`explain` as text: what an account is, how glaab approved it, and what holds today."""

import pytest

from glaab.domain.accounts import AccountState
from glaab.domain.errors import GITLAB
from glaab.domain.evidence import Evidence, Kind, No, NotAsked, Unknown, Yes
from glaab.domain.identity import Unproven
from glaab.domain.outcome import Outcome, Result
from glaab.domain.policy import Judgement, Verdict
from glaab.domain.ports import Unreadable
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.render.explain_text import explain_as_text
from tests.builders import a_record, an_account
from tests.unit.results import a_case, a_run

MEMBER = Evidence("Toolforge member", Kind.TRUST, DIRECTORY, No("no member", "become one"))
STAFF = Evidence("Staff", Kind.TRUST, DIRECTORY, No("no staff"))
NOT_KNOWN = Evidence("Twice", Kind.TRUST, GERRIT, Unknown("it is down"))
WITHOUT_DETAILS = (
    Evidence("Toolforge member", Kind.TRUST, DIRECTORY, Yes("")),
    Evidence("Trusted contributor", Kind.TRUST, PHABRICATOR, No("")),
    Evidence("Gerrit account inactive", Kind.VETO, GERRIT, NotAsked()),
)
ACTIVE = an_account(state=AccountState.ACTIVE)
AGAIN = "look again"


@pytest.fixture
def told(capsys):
    """A function: a case, its outcome, and how it was approved -> what people read."""

    def told(case, approval=None, outcome=Outcome.UNCHANGED):
        approvals = {case.account.id: approval} if approval else {}
        results = {case.account.id: Result(outcome)}
        run = a_run(case, command="explain", approvals=approvals, results=results)
        explain_as_text(run, color=False)
        return capsys.readouterr().out

    return told


def test_who_let_somebody_in_comes_first_and_todays_judgement_apart(told):
    case = a_case(
        41,
        Verdict.HOLD,
        account=ACTIVE,
        evidence=(MEMBER,),
        judgement=Judgement(Verdict.HOLD, (), "Such is the reason.", "become one"),
    )
    approval = a_record(evidence=WITHOUT_DETAILS, remark="it was shortened")

    assert """\
@ada (41), since 2026-11-20: is active, so nothing is to be decided
  approved  by glaab 1.0.0, 2026-11-22T12:00:00Z
  because   Toolforge member
  identity  openid_connect "Ada Example" is Ada Example (uid ada,\
 dn uid=ada,ou=people,dc=wikimedia,dc=org)
  trust     yes       Toolforge member [directory]
  trust     no        Trusted contributor [phabricator]
  veto      not-asked Gerrit account inactive [gerrit]: not needed for the verdict
  policy    sha256:0123
  run       run-1
  note      it was shortened

Today's policy would make of it:
  identity  openid_connect "Ada Example" is Ada Example (uid ada,\
 dn uid=ada,ou=people,dc=wikimedia,dc=org)
  trust     no        Toolforge member [directory]: no member
  verdict   hold. Such is the reason.
  next      become one (Toolforge member)

0 pending: 0 trusted, 1 held, 0 vetoed, 0 waiting. 0 approved, 0 to recover, 0 failed.
Requests: none.
""" == told(case, approval)


@pytest.mark.parametrize(
    ("approval", "words"),
    [
        (None, "no note on it says that glaab approved it"),
        (Unreadable("ink"), "by glaab; the note on that is unreadable: ink"),
    ],
)
def test_what_the_note_does_not_tell_is_told(told, approval, words):
    case = a_case(41, Verdict.APPROVE, account=ACTIVE)

    first, second, third, fourth, *_ = told(case, approval).splitlines()

    assert "@ada (41), since 2026-11-20: is active, so nothing is to be decided" == first
    assert (f"  approved  {words}", "") == (second, third)
    assert "Today's policy would make of it:" == fourth


def test_a_record_that_lacks_something_is_told_without_it(told):
    """As a later run logs an approval whose note it could not read."""
    record = a_record(because=(), proof=None, evidence=())

    assert """\
  approved  by glaab 1.0.0, 2026-11-22T12:00:00Z
  policy    sha256:0123
  run       run-1

Today""" in told(a_case(41, Verdict.APPROVE, account=ACTIVE), record)


def test_whoever_waits_again_was_approved_all_the_same(told):
    """GitLab can return an active account to pending."""
    text = told(a_case(1, Verdict.HOLD), a_record())

    assert text.startswith("@user1 (1), since 2026-11-20: stays pending\n  approved  by glaab")
    assert "\n\nToday:\n  identity " in text


def test_of_whoever_waits_and_was_never_approved_nothing_is_told_but_today(told):
    text = told(a_case(1, Verdict.HOLD))

    assert text.startswith("@user1 (1), since 2026-11-20: stays pending\n  identity ")
    assert "Today" not in text


def judged(verdict, *because, advice=AGAIN, **of):
    return a_case(
        1, verdict, judgement=Judgement(verdict, because, "Such is the reason.", advice), **of
    )


UNPROVEN = Unproven("nobody vouches", "sign in once")
BLOCKED = an_account(state=AccountState.BLOCKED)
MARKED_ACCOUNT = an_account(mark="asked to wait")


@pytest.mark.parametrize(
    ("case", "advice"),
    [
        (judged(Verdict.HOLD, evidence=(MEMBER, STAFF)), ["become one (Toolforge member)"]),
        (judged(Verdict.HOLD, evidence=(STAFF,)), [AGAIN]),
        (judged(Verdict.HOLD, proof=UNPROVEN, advice="sign in once"), ["sign in once"]),
        (judged(Verdict.HOLD, proof=Unproven("nobody vouches"), advice=""), []),
        (
            judged(Verdict.WAIT, evidence=(MEMBER, NOT_KNOWN)),
            ["become one (Toolforge member)", AGAIN],
        ),
        (judged(Verdict.WAIT, "Twice", evidence=(MEMBER,)), [AGAIN]),
        (judged(Verdict.APPROVE, "Twice", evidence=(MEMBER,), advice=""), []),
        (judged(Verdict.VETO, "Twice", evidence=(MEMBER,)), [AGAIN]),
        (judged(Verdict.HOLD, evidence=(MEMBER,), account=MARKED_ACCOUNT), [AGAIN]),
        (
            judged(Verdict.HOLD, evidence=(MEMBER,), account=BLOCKED),
            ["become one (Toolforge member)"],
        ),
        (judged(Verdict.HOLD, evidence=(STAFF,), account=BLOCKED), []),
        (judged(Verdict.HOLD, proof=UNPROVEN, account=BLOCKED), [AGAIN]),
        (judged(Verdict.VETO, "Twice", account=BLOCKED), []),
        (judged(Verdict.WAIT, "Twice", account=BLOCKED), []),
    ],
)
def test_what_would_change_the_verdict_is_said_once(told, case, advice):
    """A rule that would trust helps nobody who is trusted, or marked by an administrator."""
    lines = told(case).splitlines()

    told = [line for line in lines if line.startswith(("  next", "  or"))]
    assert advice == [line[12:] for line in told]
    assert ["next", "or"][: len(told)] == [line.split()[0] for line in told]
    assert f"  verdict   {case.judgement.verdict}. Such is the reason." in lines


@pytest.mark.parametrize("outcome", [Outcome.WOULD_APPROVE, Outcome.UNCHANGED])
def test_it_cannot_tell_of_the_brake(told, outcome):
    """One account is looked at; the brake counts all."""
    text = told(a_case(1, Verdict.APPROVE), outcome=outcome)

    is_told = "\n  unless    the safety brake stops that run" in text
    assert is_told is (outcome is Outcome.WOULD_APPROVE)


def test_without_an_account_only_the_failure_is_told(capsys):
    run = a_run(command="explain", outages={GITLAB: "it is down"})

    explain_as_text(run, color=False)

    assert capsys.readouterr().out.startswith("Nobody was looked at. ")
