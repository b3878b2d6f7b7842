"""Looking again at those who were approved: who would not be today, and why."""

from collections.abc import Mapping

import attrs
import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.errors import GITLAB, SystemUnavailable
from glaab.domain.evidence import Evidence, Kind, Profile, Yes
from glaab.domain.identity import Proof, Unproven
from glaab.domain.policy import Judgement, Policy, Rule, Verdict
from glaab.domain.ports import NoteStatus, Unreadable
from glaab.domain.recheck import RecheckApproved
from glaab.domain.review import Case, Plan
from glaab.domain.sources.directory import DIRECTORY, InDirectoryGroup
from tests.builders import (
    a_policy,
    a_proof,
    a_record,
    an_account,
    an_identity,
    an_unreadable_account,
)
from tests.unit.doubles import UnreachableGitLab

ACTIVE = AccountState.ACTIVE
ADA = an_account(state=ACTIVE)
BOB = an_account(id=AccountId(7), username=Username("bob"), state=ACTIVE)
INK = Unreadable("ink")
HELD = Judgement(Verdict.HOLD, (), "Such is the reason.", "become one")
EVIDENCE = (Evidence("Staff", Kind.TRUST, DIRECTORY, Yes("a member of it")),)
PROFILES = (Profile(DIRECTORY, "uid=ada", "Ada"),)


@attrs.frozen(kw_only=True)
class SameForAll:
    """A review in which everybody gets the same case, and one system is down from the second on."""

    proof: Proof = a_proof()
    judgement: Judgement = Judgement(Verdict.APPROVE, ("Staff",), "Trusted.", "look again")
    own_proof: Proof | None = None
    """Everybody's; None if each is somebody else."""
    policy: Policy = a_policy(Rule("Staff", (InDirectoryGroup("staff"),)))
    outages: Mapping[str, str] = attrs.field(factory=dict)
    asked: list = attrs.field(factory=list)
    """How many, and what was known to be down."""

    def __call__(self, accounts):
        self.asked.append((len(accounts), dict(self.outages)))
        proofs = {each.id: self.own_proof or a_proof(uid=str(each.id)) for each in accounts}
        return Plan(
            cases=tuple(
                Case(
                    account=each,
                    proof=self.proof,
                    evidence=EVIDENCE,
                    judgement=self.judgement,
                    profiles=PROFILES,
                )
                for each in accounts
            ),
            outages={"gerrit": "it is down"} if len(self.asked) > 1 else {},
            asked=frozenset({"directory"}),
            own_proofs=proofs,
        )


def recheck(accounts, notes=None, logged=None, because=None, **of):
    gitlab = InMemoryGitLab(accounts, notes, logged)
    return RecheckApproved(gitlab=gitlab, review=SameForAll(**of))(because)


def names(plan):
    return [case.account.username for case in plan.cases]


# -- who is looked at


def test_everybody_is_looked_at_whom_glaab_approved_and_who_is_active():
    """Whether that is logged or not yet, ordered by id; with the record."""
    records = {each.id: a_record(account_id=each.id) for each in (ADA, BOB)}

    plan = recheck([ADA, BOB], {ADA.id: records[ADA.id]}, {BOB.id: records[BOB.id]})

    not_logged = "not yet logged; the next run writes the entry"
    assert ["bob", "ada"] == names(plan)
    assert {
        BOB.id: records[BOB.id],
        ADA.id: attrs.evolve(records[ADA.id], remark=not_logged),
    } == plan.approvals
    assert ({GITLAB, "directory"}, ()) == (plan.asked, plan.open_notes)


@pytest.mark.parametrize("state", sorted(set(AccountState) - {ACTIVE}))
def test_whoever_is_not_active_is_not_looked_at(state):
    accounts = [attrs.evolve(each, state=state) for each in (ADA, BOB)]

    assert [] == names(recheck(accounts, {ADA.id: a_record()}, {BOB.id: a_record()}))


def test_whoever_was_not_approved_by_glaab_is_not_looked_at():
    gitlab = InMemoryGitLab([ADA, BOB], {ADA.id: a_record()})
    gitlab.settle(ADA.id, NoteStatus.WITHDRAWN)

    plan = RecheckApproved(gitlab=gitlab, review=SameForAll())()

    assert ((), {}) == (plan.cases, plan.approvals)


@pytest.mark.parametrize("note", [a_record(), INK])
def test_whoever_may_be_active_is_looked_at(note):
    """For all that can be read of the account."""
    doubtful = an_unreadable_account(state=AccountState.UNKNOWN)

    assert ["ada"] == names(recheck([doubtful], {ADA.id: note}))
    assert ["ada"] == names(recheck([doubtful], logged={ADA.id: note}))


@pytest.mark.parametrize(
    ("note", "is_looked_at"),
    [
        (a_record(because=("Staff", "Member")), True),
        (a_record(because=("Member",)), False),
        (a_record(because=("Member",), is_shortened=True), True),
        (INK, True),
    ],
)
def test_of_one_rule_those_are_looked_at_whom_it_may_have_let_in(note, is_looked_at):
    """A note that is not whole may have named it."""
    plan = recheck([ADA], logged={ADA.id: note}, because="Staff")

    assert is_looked_at is bool(plan.cases)


def test_a_gitlab_that_does_not_answer_shows_nobody():
    plan = RecheckApproved(gitlab=UnreachableGitLab(), review=SameForAll())()

    assert ((), {GITLAB}, {}) == (plan.cases, plan.outages.keys(), plan.approvals)
    assert {GITLAB} == plan.asked


class GitLabThatTires(InMemoryGitLab):
    """Shows open notes, and no others."""

    def logged_notes(self):
        raise SystemUnavailable(GITLAB, "timed out")


def test_half_a_list_is_none():
    gitlab = GitLabThatTires([ADA], {ADA.id: a_record()})

    assert () == RecheckApproved(gitlab=gitlab, review=SameForAll())().cases


# -- many


def approved(count):
    accounts = [
        an_account(id=AccountId(number), username=Username(f"user{number}"), state=ACTIVE)
        for number in range(1, count + 1)
    ]
    return InMemoryGitLab(
        accounts, logged={each.id: a_record(account_id=each.id) for each in accounts}
    )


def test_many_are_looked_at_a_part_at_a_time_and_what_is_down_is_asked_once():
    review = SameForAll()

    plan = RecheckApproved(gitlab=approved(7), review=review, at_once=3)()

    down = {"gerrit": "it is down"}
    assert [f"user{number}" for number in range(1, 8)] == names(plan)
    assert [(3, {}), (3, {}), (1, down)] == review.asked
    assert down == plan.outages


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.HOLD])
def test_two_accounts_of_one_person_are_held_wherever_they_are(verdict):
    """One part knows nothing of the other; whatever else was found does not count."""
    review = SameForAll(own_proof=a_proof(), judgement=Judgement(verdict, (), "Found."))

    plan = RecheckApproved(gitlab=approved(2), review=review, at_once=1)()

    reason = "2 accounts prove to be the same person: @user1, @user2."
    assert [Judgement(Verdict.HOLD, (), reason)] * 2 == [case.judgement for case in plan.cases]
    assert {(Unproven, ())} == {(type(case.proof), case.evidence) for case in plan.cases}


def test_of_whoever_would_be_approved_only_what_is_counted_is_kept():
    """Tens of thousands may be; those who are listed keep everything."""
    record = a_record()

    (case,) = recheck([ADA], logged={ADA.id: record}, own_proof=a_proof()).cases
    (listed,) = recheck([ADA], logged={ADA.id: record}, judgement=HELD).cases

    assert Judgement(Verdict.APPROVE, (), "") == case.judgement
    assert ((), ()) == (case.evidence, case.profiles)
    assert case.proof is record.proof
    assert (EVIDENCE, PROFILES) == (listed.evidence, listed.profiles)


# -- what is said of them


def test_a_verdict_is_told_without_advice():
    """It is for those who wait."""
    (case,) = recheck([ADA], logged={ADA.id: a_record()}, judgement=HELD).cases

    assert Judgement(Verdict.HOLD, (), "Such is the reason.") == case.judgement


NEW_DN = a_proof(dn="uid=ada,ou=former,dc=wikimedia,dc=org")
OTHER_UID = "its uid was ada and is eve"
WITHOUT_CN, MOVED_WITHOUT_CN = (
    attrs.evolve(a_proof(), names=(("dn", dn), ("uid", "ada")))
    for dn in ("uid=ada,dc=x", "uid=ada")
)
DN_ALONE = attrs.evolve(a_proof(), names=(("dn", "uid=ada,dc=x"),))


@pytest.mark.parametrize(
    ("then", "now", "changes"),
    [
        (a_proof(), a_proof(), ""),
        (a_proof(), a_proof(uid="eve"), OTHER_UID),
        (
            a_proof(),
            a_proof(identity=an_identity("Eve")),
            "its extern_uid was Ada Example and is Eve",
        ),
        (
            a_proof(),
            a_proof(identity=an_identity(provider="cas3"), uid="eve"),
            f"its provider was openid_connect and is cas3; {OTHER_UID}",
        ),
        (a_proof(), NEW_DN, ""),
        (WITHOUT_CN, MOVED_WITHOUT_CN, ""),
        (
            DN_ALONE,
            NEW_DN,
            "its dn was uid=ada,dc=x and is uid=ada,ou=former,dc=wikimedia,dc=org",
        ),
        (a_proof(), attrs.evolve(a_proof(), names=(("keycloak_id", "7"),)), ""),
        (None, a_proof(uid="eve"), ""),
    ],
)
def test_whoever_is_another_now_is_held(then, now, changes):
    """Entries are moved within a directory; other kinds of names cannot be compared."""
    (case,) = recheck([ADA], logged={ADA.id: a_record(proof=then)}, proof=now).cases

    reason = f"Its identity is another than at the approval: {changes}."
    expected_judgement = (
        Judgement(Verdict.HOLD, ("Staff",), reason)
        if changes
        else Judgement(Verdict.APPROVE, (), "")
    )
    assert expected_judgement == case.judgement
    assert now == case.proof


@pytest.mark.parametrize("verdict", [Verdict.HOLD, Verdict.VETO, Verdict.WAIT])
def test_of_whoever_would_not_be_approved_anyway_it_is_told_besides(verdict):
    judgement = Judgement(verdict, (), "Such is the reason.")

    (case,) = recheck(
        [ADA], logged={ADA.id: a_record()}, proof=a_proof(uid="eve"), judgement=judgement
    ).cases

    reason = f"Its identity is another than at the approval: {OTHER_UID}. Such is the reason."
    assert Judgement(verdict, (), reason) == case.judgement


@pytest.mark.parametrize(("is_shortened", "verdict"), [(True, "approve"), (False, "hold")])
def test_a_name_that_was_cut_is_not_compared(is_shortened, verdict):
    record = a_record(proof=a_proof(uid="ad…"), is_shortened=is_shortened)

    (case,) = recheck([ADA], logged={ADA.id: record}).cases

    assert verdict == case.judgement.verdict


@pytest.mark.parametrize("note", [a_record(), INK])
def test_whoever_is_not_proven_is_no_other(note):
    (case,) = recheck([ADA], logged={ADA.id: note}, proof=Unproven("nobody vouches")).cases

    assert Verdict.APPROVE is case.judgement.verdict
