"""Who and what people are told of, in which words, and what they are never told."""

from datetime import timedelta

import attrs
import pytest

from glaab.domain.accounts import AccountId, SelfDescription, Username
from glaab.domain.brake import Brake
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.evidence import Evidence, Kind, No, Yes
from glaab.domain.identity import Unproven
from glaab.domain.outcome import Outcome, Result
from glaab.domain.policy import Judgement, Verdict
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.entrypoints.watching.announcements import Announcements
from glaab.entrypoints.watching.messages import brake_stopped
from glaab.entrypoints.watching.outages import Outage
from tests.builders import NOON, an_account, an_unreadable_account
from tests.unit.results import HOSTILE, a_case, a_run

URL = "https://git.example/gitlab/"
ADMIN = "https://git.example/gitlab/admin/users"
PRIVATE = ("Ada Example", "uid=ada", "openid_connect", "because of s3cret", "ou=people")


def announcements(**changes):
    values = {
        "gitlab_url": URL,
        "started_at": NOON,
        "holds": True,
        "approvals": True,
        "outage_after_s": 180,
    }
    return Announcements(**(values | changes))


def somebody(key, verdict=Verdict.VETO, *, username=None, created_at=NOON, **changes):
    account = an_account(
        id=AccountId(key), username=Username(username or f"user{key}"), created_at=created_at
    )
    judgement = Judgement(verdict, ("Staff",), "Such is the reason: because of s3cret.")
    return a_case(key, verdict, **({"account": account, "judgement": judgement} | changes))


def told(result, **changes):
    """Of one look, by somebody who was told nothing before."""
    return announcements(**changes).of_accounts(result, is_whole_queue=False)


def approval_of(*cases, **changes):
    results = {each.account.id: Result(Outcome.APPROVED) for each in cases}
    return a_run(*cases, results=results, **changes)


HELD = somebody(
    41,
    Verdict.HOLD,
    evidence=(
        Evidence("Vouched for twice", Kind.TRUST, DIRECTORY, Yes("because of s3cret")),
        Evidence("Vouched for twice", Kind.TRUST, GERRIT, No("because of s3cret", "Ada Example")),
        Evidence("Staff", Kind.TRUST, DIRECTORY, No("because of s3cret")),
        Evidence("Locked", Kind.VETO, DIRECTORY, No("because of s3cret")),
    ),
)
VETOED = somebody(42, evidence=(Evidence("Marked", Kind.VETO, GITLAB, Yes("because of s3cret")),))
APPROVED = somebody(43, Verdict.APPROVE)


# -- who is told, and in which words


def test_the_vetoed_are_told():
    line = f"Veto: user42 is trusted, but a veto is present: {ADMIN}/user42"

    assert (line,) == told(a_run(VETOED))


def test_the_held_are_told_with_the_rules_that_none_of_them_satisfies():
    """Each once, however many conditions it has."""
    line = f"Hold: user41 satisfies no rule (Vouched for twice, Staff): {ADMIN}/user41"

    assert (line,) == told(a_run(HELD))


def test_the_approved_are_told_with_the_rules_that_they_satisfy():
    assert (f"Approved: user43 (Staff): {ADMIN}/user43",) == told(approval_of(APPROVED))


def test_those_who_need_a_person_come_first():
    result = a_run(APPROVED, HELD, VETOED, results={APPROVED.account.id: Result(Outcome.APPROVED)})

    assert ["Hold", "Veto", "Approved"] == [line.partition(":")[0] for line in told(result)]


@pytest.mark.parametrize("verdict", [Verdict.WAIT, Verdict.APPROVE])
def test_whoever_waits_or_is_about_to_be_approved_needs_nobody(verdict):
    assert () == told(a_run(somebody(41, verdict)))


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.APPROVED])
def test_only_approvals_of_this_run_are_told(outcome):
    assert () == told(a_run(APPROVED, results={APPROVED.account.id: Result(outcome)}))


def test_the_held_whose_identity_is_not_proven_are_not_told():
    """Anybody can make such an account."""
    assert () == told(a_run(somebody(41, Verdict.HOLD, proof=Unproven("nobody", "sign in"))))


def test_an_account_that_cannot_be_read_is_not_told():
    account = an_unreadable_account(id=AccountId(41), created_at=NOON)

    assert () == told(a_run(somebody(41, Verdict.WAIT, account=account)))


def test_accounts_that_are_older_than_the_process_are_not_told():
    older = somebody(41, created_at=NOON - timedelta(seconds=1))

    assert () == told(a_run(older))


def test_an_old_account_that_gains_trust_is_told():
    old = somebody(41, Verdict.APPROVE, created_at=NOON - timedelta(days=9))

    assert 1 == len(told(approval_of(old)))


def test_the_held_are_told_only_if_that_is_wanted():
    assert () == told(a_run(HELD), holds=False)
    assert 1 == len(told(a_run(VETOED), holds=False))


def test_the_approved_are_told_only_if_that_is_wanted():
    assert () == told(approval_of(APPROVED), approvals=False)


# -- what is never told


@pytest.mark.parametrize("case", [HELD, VETOED, APPROVED])
def test_what_newcomers_say_of_themselves_is_never_told(case):
    said = SelfDescription(name="s3cret", email_domain="s3cret.example")
    account = attrs.evolve(case.account, self_description=said)
    case = attrs.evolve(case, account=account)

    (line,) = told(approval_of(case) if case.judgement.verdict is Verdict.APPROVE else a_run(case))

    assert "s3cret" not in line


@pytest.mark.parametrize("case", [HELD, VETOED, APPROVED])
def test_nothing_of_the_person_and_no_reason_is_told(case):
    result = approval_of(case) if case is APPROVED else a_run(case)

    (line,) = told(result)

    assert [] == [secret for secret in PRIVATE if secret in line or secret not in repr(result)]
    assert 1 == line.count("://")


HOSTILE_NAMES = {
    **HOSTILE,
    **{name: name for name in ("@everyone", "@here", "<!channel>", "a@b", "a/b", "a b", "a?b")},
    **{name: name for name in (".", "..", "ada.", "ada%2e", "аda", "[x](https://evil.example)")},
}


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_username_that_gitlab_does_not_give_is_not_told(name):
    """Nor is there a link: GitLab knows accounts by their username alone."""
    case = somebody(41, username=HOSTILE_NAMES[name])

    assert ("Veto: account 41 is trusted, but a veto is present",) == told(a_run(case))


@pytest.mark.parametrize("name", ["ada", "A.d_a-1", "_ada", "-ada", "x" * 255])
def test_a_username_that_gitlab_gives_is_told(name):
    (line,) = told(a_run(somebody(41, username=name)))

    assert line.startswith(f"Veto: {name} is ")
    assert line.endswith(f"/admin/users/{name}")


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_rule_stays_in_its_line(name):
    evidence = Evidence(HOSTILE[name], Kind.TRUST, DIRECTORY, No("no"))

    (held,) = told(a_run(somebody(41, Verdict.HOLD, evidence=(evidence,))))
    judgement = Judgement(Verdict.APPROVE, (HOSTILE[name],), "")
    (approved,) = told(approval_of(somebody(41, Verdict.APPROVE, judgement=judgement)))

    assert held.isprintable()
    assert approved.isprintable()
    assert 10_000 > len(held) + len(approved)


# -- how many


def test_ten_of_a_result_are_named_and_the_others_are_counted():
    lines = told(a_run(*(somebody(key) for key in range(1, 13))))

    assert 11 == len(lines)
    assert "user10" in lines[9]
    assert "And 2 more accounts; glaab report tells who waits" == lines[10]


def test_ten_are_all_named():
    assert 10 == len(told(a_run(*(somebody(key) for key in range(1, 11)))))


def test_those_who_were_counted_are_not_told_later():
    news, result = announcements(), a_run(*(somebody(key) for key in range(1, 13)))
    news.of_accounts(result, is_whole_queue=False)

    assert () == news.of_accounts(result, is_whole_queue=True)


# -- once


@pytest.mark.parametrize("case", [HELD, VETOED])
def test_everybody_is_told_once(case):
    news = announcements()
    news.of_accounts(a_run(case), is_whole_queue=False)

    assert () == news.of_accounts(a_run(case), is_whole_queue=True)
    assert () == news.of_accounts(a_run(case), is_whole_queue=True)


def test_whoever_had_to_wait_is_told_afterwards():
    news = announcements()
    news.of_accounts(a_run(somebody(41, Verdict.WAIT)), is_whole_queue=False)

    assert 1 == len(news.of_accounts(a_run(somebody(41)), is_whole_queue=True))


def test_whoever_was_told_can_be_approved():
    news = announcements()
    news.of_accounts(a_run(somebody(41)), is_whole_queue=False)
    approval = approval_of(somebody(41, Verdict.APPROVE))

    assert 1 == len(news.of_accounts(approval, is_whole_queue=True))


def test_whoever_has_left_the_queue_is_forgotten():
    """So that memory does not grow; a readable queue has everybody else."""
    news = announcements()
    news.of_accounts(a_run(somebody(41), somebody(42)), is_whole_queue=False)

    news.of_accounts(a_run(somebody(42)), is_whole_queue=True)

    assert ["user41"] == [
        line.split()[1]
        for line in news.of_accounts(a_run(somebody(41), somebody(42)), is_whole_queue=False)
    ]


@pytest.mark.parametrize(
    ("outages", "is_whole_queue"), [({GITLAB: "it is down"}, True), ({}, False)]
)
def test_whoever_was_not_looked_for_is_not_forgotten(outages, is_whole_queue):
    news = announcements()
    news.of_accounts(a_run(somebody(41)), is_whole_queue=False)

    news.of_accounts(a_run(outages=outages), is_whole_queue=is_whole_queue)

    assert () == news.of_accounts(a_run(somebody(41)), is_whole_queue=False)


# -- the brake


def test_the_brake_tells_what_it_counted():
    assert (
        "The brake has stopped: 30 would be approved, the limit is 25. Nobody is approved until a"
        " full run counts no more than that; see glaab dry-run"
    ) == brake_stopped(Brake(25, 30))
    assert "3 would be approved, and looks have approved 24, the limit is 25." in brake_stopped(
        Brake(25, 3, approved_before=24)
    )


# -- outages

DOWN = Outage(GITLAB, "refused by 10.0.0.1", 100, NOON)
OLD_S = 180


def test_an_outage_that_lasts_is_told_once():
    news = announcements()

    line = "Outage: gitlab gives no usable answer since 2026-11-22 12:00 UTC"
    assert (line,) == news.of_outage(DOWN, OLD_S)
    assert () == news.of_outage(DOWN, 2 * OLD_S)


def test_a_short_outage_is_not_told():
    news = announcements()

    assert () == news.of_outage(DOWN, OLD_S - 1)
    assert () == news.outage_over(GITLAB)


def test_the_end_of_an_outage_is_told_once():
    news = announcements()
    news.of_outage(DOWN, OLD_S)

    assert () == news.outage_over(AUDIT_LOG)
    assert ("Over: the outage of gitlab",) == news.outage_over(GITLAB)
    assert () == news.outage_over(GITLAB)


def test_the_next_outage_is_told_again():
    news = announcements()
    news.of_outage(DOWN, OLD_S)
    news.outage_over(GITLAB)

    assert 1 == len(news.of_outage(DOWN, OLD_S))
