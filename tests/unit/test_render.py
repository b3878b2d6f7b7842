"""Results as text and as JSON: what people read, and that no name can leave its place."""

import json
import sys
import unicodedata
from pathlib import Path

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glaab.adapters.policy_file import built_in_policy_text
from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.brake import Brake
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.evidence import Evidence, Kind, No, NotAsked, Unknown, Yes
from glaab.domain.identity import Unchecked, Unproven
from glaab.domain.names import NameKind
from glaab.domain.outcome import Outcome, Result
from glaab.domain.policy import Judgement, Verdict
from glaab.domain.ports import AccountWithNote
from glaab.domain.review import Case
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.commands.policy import as_json as policy_as_json
from glaab.entrypoints.commands.policy import as_text as policy_as_text
from glaab.entrypoints.render.as_json import as_json
from glaab.entrypoints.render.as_text import answer, as_text, page_as_text
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.runtime.bootstrap import PolicyText
from tests.builders import (
    NOON,
    a_proof,
    a_record,
    an_account,
    an_identity,
    an_unreadable_account,
)
from tests.policies import parse_policy
from tests.unit.doubles import Terminal
from tests.unit.made_up_source.roster import ROSTER
from tests.unit.results import HOSTILE, SYSTEMS, a_case, a_run

# -- one text


@given(st.text(st.characters()))
@example("\ud800")
@example("a\u2028b\x85c")
def test_what_is_printable_shows_in_one_line(text):
    shown = escape_control(text)

    assert not {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} & set(map(unicodedata.category, shown))
    assert len(shown.splitlines()) <= 1
    assert len(shown) <= 500 * 10 + 30
    assert bool(shown.encode()) is bool(text)


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"]), max_size=500))
def test_what_shows_stays_as_it_is(text):
    assert text == escape_control(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\u202e", r"\u202e"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("\ud800", r"\ud800"),
        ("\U000e0001", r"\U000e0001"),
        ("Ａｄａ é 名", "Ａｄａ é 名"),
        ("x" * 500, "x" * 500),
        ("x" * 501, f"{'x' * 500}… (501 characters)"),
        ("", ""),
    ],
)
def test_what_does_not_show_is_written_out(text, shown):
    assert shown == escape_control(text)


# -- a run with everything in it


@pytest.fixture
def told(capsys):
    """A function: a run -> its text."""

    def told(result):
        as_text(result, color=True)
        return capsys.readouterr().out

    return told


def test_an_approving_run_tells_what_changed(told):
    trusted = {"judgement": Judgement(Verdict.APPROVE, ("Toolforge member", "Staff"), "x")}
    outcomes = [
        Result(Outcome.APPROVED),
        Result(Outcome.ALREADY_APPROVED, "somebody else was quicker"),
        Result(Outcome.WITHDRAWN, "it is banned now"),
        Result(Outcome.FAILED, "gitlab gave no usable answer: it is down"),
        Result(Outcome.UNCHANGED, "its note is withdrawn"),
    ]
    cases = [a_case(key, Verdict.APPROVE, **trusted) for key in range(1, 6)]
    recovered = (
        a_record(account_id=AccountId(6), username=Username("user6")),
        a_record(
            account_id=AccountId(7), username=Username("user7"), because=(), remark="unreadable"
        ),
    )
    run = a_run(
        *cases,
        results={AccountId(key): result for key, result in enumerate(outcomes, 1)}
        | {record.account_id: Result(Outcome.RECOVERED) for record in recovered},
        recovered=recovered,
        unlogged=recovered,
        asked=[GITLAB, DIRECTORY],
        requests={GITLAB: 9, DIRECTORY: 2, AUDIT_LOG: 4},
    )

    assert """\
@user1 (1) approved: Toolforge member, Staff
@user2 (2) approved by somebody else meanwhile: somebody else was quicker
@user3 (3) not approved: changed meanwhile: it is banned now
@user4 (4) FAILED: gitlab gave no usable answer: it is down; the next run looks again
@user5 (5) stays pending: its note is withdrawn
@user6 (6) approved by an earlier run, logged now: Toolforge member
@user7 (7) approved by an earlier run, logged now: unreadable
5 pending: 5 trusted, 0 held, 0 vetoed, 0 waiting. 1 approved, 2 recovered, 1 failed.
Requests: gitlab 9, directory 2, audit_log 4.
""" == told(run)


def test_a_note_that_is_withdrawn_is_foreseen(told):
    case = a_case(1, Verdict.HOLD)
    withdrawn = Result(Outcome.UNCHANGED, "its note is withdrawn")

    text = told(a_run(case, command="dry-run", results={case.account.id: withdrawn}))

    assert "  note      its note is withdrawn" in text.splitlines()


def test_what_went_wrong_is_told_with_what_follows(told):
    """Which system, why, who is affected, and what happens next."""
    run = a_run(
        a_case(1, Verdict.WAIT),
        a_case(2, Verdict.WAIT),
        a_case(3, Verdict.WAIT, judgement=Judgement(Verdict.WAIT, (), "Another reason.")),
        a_case(4, Verdict.HOLD),
        outages={GITLAB: "it is down", GERRIT: "its answer was cut off"},
        log_failures=(
            "audit_log gave no usable answer: disk full",
            "audit_log may or may not have done it: its answer was cut off",
        ),
        notes_left_open=("the note on account 1 is still open: it is down",),
        cut_short=True,
        brake=Brake(1, 2),
        requests={GITLAB: 3, GERRIT: 1, AUDIT_LOG: 2},
    )

    assert """\
4 pending: 0 trusted, 1 held, 0 vetoed, 3 waiting. 0 approved, 0 recovered, 0 failed.
gitlab gave no usable answer: it is down; the queue could not be read, nobody was refused.
gerrit gave no usable answer: its answer was cut off; 3 accounts wait for the next run, nobody was\
 refused.
audit_log gave no usable answer: disk full; the next run writes what is missing.
audit_log may or may not have done it: its answer was cut off; the next run writes what is missing.
the note on account 1 is still open: it is down; the next run closes it.
Time was up before anybody was approved: if the next run says so again, raise GLAAB_DEADLINE_S,\
 and the limit of whatever starts glaab above it.
2 waiting: Such is the reason.
1 waiting: Another reason.
The safety brake stops the run: 2 accounts would be approved, more than the limit of 1\
 (GLAAB_MAX_APPROVALS), so nobody is. Look at them with glaab dry-run; if all is well, run glaab\
 approve --max-approvals 2.
Requests: gitlab 3, gerrit 1, audit_log 2.
""" == told(run)


EVIDENCE = (
    Evidence("Toolforge member", Kind.TRUST, DIRECTORY, No("no member", "become one")),
    Evidence("Staff", Kind.TRUST, DIRECTORY, No("no staff")),
    Evidence("Twice", Kind.TRUST, PHABRICATOR, Yes("a member")),
    Evidence("Twice", Kind.TRUST, GERRIT, Unknown("it is down")),
    Evidence("Gerrit account inactive", Kind.VETO, GERRIT, NotAsked()),
)


def test_a_run_that_looks_tells_everybodys_story(told):
    run = a_run(
        a_case(1, Verdict.WAIT, evidence=EVIDENCE),
        a_case(2, Verdict.HOLD, proof=Unproven("nobody vouches", "sign in once")),
        a_case(3, Verdict.WAIT, proof=Unchecked("it is down"), account=an_account(identities=())),
        a_case(4, Verdict.HOLD, account=an_account(id=AccountId(4), state=AccountState.BANNED)),
        command="dry-run",
        results={
            AccountId(1): Result(Outcome.WOULD_APPROVE),
            AccountId(41): Result(Outcome.UNCHANGED),
        },
    )

    assert """\
@user1 (1), since 2026-11-20: would be approved
  identity  openid_connect "Ada Example" is Ada Example (uid ada,\
 dn uid=ada,ou=people,dc=wikimedia,dc=org)
  trust     no        Toolforge member [directory]: no member
  trust     no        Staff [directory]: no staff
  trust     yes       Twice [phabricator]: a member
  trust     unknown   Twice [gerrit]: it is down
  veto      not-asked Gerrit account inactive [gerrit]: not needed for the verdict
  verdict   wait. Such is the reason.

@user2 (2), since 2026-11-20: stays pending
  identity  not proven: nobody vouches (it carries openid_connect "Ada Example")
  verdict   hold. Such is the reason.

@ada (41), since 2026-11-20: stays pending
  identity  could not be looked up: it is down
  verdict   wait. Such is the reason.

@ada (4), since 2026-11-20: is banned
  identity  openid_connect "Ada Example" is Ada Example (uid ada,\
 dn uid=ada,ou=people,dc=wikimedia,dc=org)
  verdict   hold. Such is the reason.

3 pending: 0 trusted, 2 held, 0 vetoed, 2 waiting. 0 approved, 0 to recover, 0 failed.
Requests: none.
""" == told(run)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"dn": "uid=ada", "cn": "Ada", "uid": "ada"}, "Ada (uid ada, dn uid=ada)"),
        ({"roster_id": "7", "roster_name": "ada"}, "7 (roster_name ada)"),
        ({"roster_id": "7"}, "7"),
    ],
)
def test_a_person_is_told_by_every_name(told, names, words):
    """Those that the system gives which proved it, of whatever kinds; a DN is told last."""
    proof = a_proof(names=tuple((NameKind(kind), name) for kind, name in names.items()))

    text = told(a_run(a_case(1, Verdict.HOLD, proof=proof), command="dry-run"))

    assert f'  identity  openid_connect "Ada Example" is {words}\n' in text


# -- JSON


def test_the_json_has_every_system_in_order():
    """Whatever sources there are, with what each was to the run."""
    run = a_run(
        systems=(GITLAB, ROSTER, DIRECTORY, GERRIT, AUDIT_LOG),
        asked=[GITLAB, ROSTER],
        outages={DIRECTORY: "it is down"},
        requests={GITLAB: 2, DIRECTORY: 1},
    )

    document = json.loads("".join(as_json(run)))

    assert [
        ("gitlab", {"status": "ok", "requests": 2}),
        ("roster", {"status": "ok", "requests": 0}),
        ("directory", {"status": "unavailable", "reason": "it is down", "requests": 1}),
        ("gerrit", {"status": "unused", "requests": 0}),
        ("audit_log", {"status": "unused", "requests": 0}),
    ] == list(document["systems"].items())


def test_the_identity_in_the_json_has_the_names_that_its_system_gives():
    proof = a_proof(names=((NameKind("roster_id"), "7"), (NameKind("roster_name"), "ada")))

    document = json.loads("".join(as_json(a_run(a_case(1, Verdict.HOLD, proof=proof)))))

    (account,) = document["accounts"]

    assert {
        "provider": "openid_connect",
        "extern_uid": "Ada Example",
        "roster_id": "7",
        "roster_name": "ada",
    } == account["identity"]


# -- on a terminal


@pytest.fixture
def shown(terminal, monkeypatch):
    """A function: a run -> what a terminal of 60 columns gets."""

    def shown(result, *, color):
        monkeypatch.setattr(sys, "stdout", terminal)
        as_text(result, color=color)
        return terminal.getvalue()

    return shown


LONG = a_case(
    1,
    Verdict.HOLD,
    evidence=(Evidence("Toolforge member", Kind.TRUST, DIRECTORY, No("no " + "member " * 12)),),
)


@pytest.mark.parametrize("columns", ["1", "12", "13"])
def test_a_terminal_may_have_hardly_any_columns(shown, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)

    text = "".join(shown(a_run(LONG, command="dry-run"), color=False).split())

    assert "member" * 12 in text


def test_a_terminal_has_colours(shown):
    assert "\x1b[" in shown(a_run(LONG, command="dry-run"), color=True)


def test_a_terminal_without_colour_has_no_escape_at_all(shown):
    assert "\x1b" not in shown(a_run(a_case(1, Verdict.WAIT), command="dry-run"), color=False)


def test_lines_are_folded_to_the_terminal_below_their_text(shown):
    lines = shown(a_run(LONG, command="dry-run"), color=False).splitlines()

    trust = next(index for index, line in enumerate(lines) if line.startswith("  trust"))
    assert all(len(line) <= 60 for line in lines)
    assert "  trust     no        Toolforge member [directory]: no" == lines[trust]
    assert lines[trust + 1].startswith(" " * 22 + "member")


def test_a_veto_that_is_present_does_not_look_like_a_good_answer():
    evidence = (
        Evidence("Staff", Kind.TRUST, GERRIT, Yes("a member")),
        Evidence("Gerrit account inactive", Kind.VETO, GERRIT, Yes("it is inactive")),
    )

    trust, veto = (_of(line) for line in (answer(each) for each in evidence))

    assert ("green", "bold red") == (trust, veto)


def test_a_line_without_text_is_left_alone(monkeypatch, shown):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)

    page_as_text("* one\n  two", color=False)

    assert "\nThe audit log now reads:\n\n* one\n  two\n" == terminal.getvalue()


def test_only_the_commonest_reasons_to_wait_are_told(told):
    cases = [
        a_case(key, Verdict.WAIT, judgement=Judgement(Verdict.WAIT, (), f"Reason {reason}."))
        for key, reason in enumerate((1, 1, 2, 3, 4, 5, 6, 7))
    ]

    text = told(a_run(*cases))

    assert [
        "2 waiting: Reason 1.",
        "1 waiting: Reason 2.",
        "1 waiting: Reason 3.",
        "1 waiting: Reason 4.",
        "1 waiting: Reason 5.",
        "2 waiting for other reasons: see glaab dry-run.",
    ] == [line for line in text.splitlines() if " waiting" in line and "pending" not in line]


def spoilt(key, **changes):
    """A case as `ReviewAccounts` makes it."""
    account = an_unreadable_account(id=AccountId(key), **changes)
    return a_case(
        key,
        Verdict.WAIT,
        account=account,
        proof=Unchecked(account.trouble),
        judgement=Judgement(Verdict.WAIT, (), "Such is its data. The next run looks again."),
    )


def test_whoever_waits_for_their_own_data_is_named(told):
    text = told(a_run(spoilt(1), spoilt(2, username=Username("")), a_case(3, Verdict.WAIT)))

    assert [
        "1 waiting: Such is the reason.",
        "@ada (1) waiting: Such is its data. The next run looks again.",
        "id 2 waiting: Such is its data. The next run looks again.",
    ] == text.splitlines()[1:-1]


def test_of_many_who_wait_for_their_own_data_twenty_are_named(told):
    text = told(a_run(*map(spoilt, range(1, 23))))

    assert 20 == text.count(" waiting: Such")
    assert "\n2 more waiting for their own data: see glaab dry-run.\n" in text


def test_a_dry_run_tells_what_can_be_read_of_whoever_cannot_be_understood(told):
    text = told(a_run(spoilt(1, username=Username("")), command="dry-run"))

    assert text.startswith(
        """\
id 1, since nobody knows when: stays pending
  identity  could not be looked up: its data from GitLab cannot be understood: created_at: expected\
 a time, got NoneType (it carries openid_connect "Ada Example")
  verdict   wait. Such is its data. The next run looks again.

1 pending: 0 trusted, 0 held, 0 vetoed, 1 waiting."""
    )


def test_what_cannot_be_read_is_null_in_the_document():
    result = a_run(spoilt(1), spoilt(2, username=Username(""), created_at=NOON))

    known, unknown = json.loads("".join(as_json(result)))["accounts"]

    assert ("ada", None, None, []) == tuple(
        known[key] for key in ("username", "created_at", "identity", "evidence")
    )
    assert (2, None, "2026-11-22T12:00:00Z", "wait") == tuple(
        unknown[key] for key in ("id", "username", "created_at", "verdict")
    )


def test_what_is_no_terminal_is_neither_coloured_nor_folded(told):
    text = told(a_run(LONG, command="dry-run"))

    assert "\x1b" not in text
    assert "no " + "member " * 12 in text


# -- hostile names


def everywhere(text):
    """A run in which every text from outside is *text*."""
    account = an_account(username=Username(text), identities=(an_identity(text, text),), mark=text)
    proof = a_proof(identity=an_identity(text, text), dn=f"uid={text}", cn=text, uid=text)
    answers = (Yes(text), No(text, text), Unknown(text))
    judgement = Judgement(Verdict.WAIT, (text,), text)
    evidence = tuple(Evidence(text, Kind.TRUST, GERRIT, answer) for answer in answers)
    proofs = (proof, Unproven(text, text), Unchecked(text))
    cases = [
        Case(
            account=attrs.evolve(account, id=AccountId(key)),
            proof=each,
            evidence=evidence,
            judgement=judgement,
        )
        for key, each in enumerate(proofs, 1)
    ]
    outcomes = (
        Result(Outcome.FAILED, text),
        Result(Outcome.WITHDRAWN, text),
        Result(Outcome.APPROVED),
    )
    records = [
        a_record(account_id=AccountId(key), username=Username(text), because=because, remark=text)
        for key, because in ((4, (text,)), (5, ()))
    ]
    return {
        "cases": cases,
        "outages": dict.fromkeys(SYSTEMS, text),
        "open_notes": tuple(
            AccountWithNote(attrs.evolve(account, id=record.account_id), record)
            for record in records
        ),
        "recovered": tuple(records),
        "results": {AccountId(key): result for key, result in enumerate(outcomes, 1)}
        | {record.account_id: Result(Outcome.RECOVERED, text) for record in records},
        "log_failures": (text, text),
        "notes_left_open": (text,),
    }


def a_hostile_run(text, command):
    parts = everywhere(text)
    return a_run(*parts.pop("cases"), command=command, **parts)


@pytest.mark.parametrize("command", ["approve", "dry-run", "explain"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_can_leave_its_place_in_the_text(told, command, name):
    """As many lines as with an ordinary name, and nothing in them but what shows."""
    ordinary = told(a_hostile_run("name", command))

    text = told(a_hostile_run(HOSTILE[name], command))

    assert len(ordinary.split("\n")) == len(text.split("\n"))
    assert text == "\n".join(text.splitlines()) + "\n"
    assert all(unicodedata.category(each)[0] != "C" for each in set(text) if each != "\n")
    assert max(map(len, text.split("\n"))) < 20_000


@pytest.mark.parametrize("command", ["approve", "dry-run", "explain"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_can_leave_its_place_in_the_json(command, name):
    """It comes back as it was, and the document itself is plain ASCII."""
    text = HOSTILE[name]

    document = "".join(as_json(a_hostile_run(text, command)))

    assert document.isascii()
    assert all(each.isprintable() or each == "\n" for each in set(document))
    first = json.loads(document)["accounts"][0]
    assert text == first["username"] == first["identity"]["cn"] == first["evidence"][0]["detail"]


@pytest.mark.parametrize("keys", [(), (1,), (1, 2)])
def test_an_account_is_one_line_of_the_json_and_one_piece(keys):
    """So a secret in one of its texts is in one piece when it is redacted."""
    run = a_run(*(a_case(key, Verdict.HOLD) for key in keys))

    _, *accounts, _ = pieces = list(as_json(run))

    assert list(keys) == [json.loads(each.lstrip(",\n"))["id"] for each in accounts]
    assert list(keys) == [each["id"] for each in json.loads("".join(pieces))["accounts"]]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_line_of_a_page_can_move_the_cursor(capsys, name):
    page_as_text(f"* {HOSTILE[name]}\n* end", color=True)

    text = capsys.readouterr().out
    assert text.startswith("\nThe audit log now reads:\n")
    assert text.endswith("\n* end\n")
    assert all(unicodedata.category(each)[0] != "C" for each in set(text) if each != "\n")


def _of(line):
    """The style of the answer."""
    return next(str(span.style) for span in line.spans if line.plain[span.start] == "y")


# -- no time


def test_a_run_whose_time_was_up_leaves_the_others_for_the_next(told):
    results = {AccountId(1): Result(Outcome.APPROVED)}

    text = told(a_run(a_case(1, Verdict.APPROVE), cut_short=True, results=results))

    assert "Time was up: those who are trusted and unchanged wait for the next run.\n" in text


def test_a_run_whose_time_was_up_before_anybody_was_approved_says_what_to_raise(told):
    """A review that takes longer than the deadline would approve nobody for ever."""
    text = told(a_run(a_case(1, Verdict.APPROVE), cut_short=True))

    assert (
        "Time was up before anybody was approved: if the next run says so again, raise"
        " GLAAB_DEADLINE_S, and the limit of whatever starts glaab above it.\n"
    ) in text


# -- approvals that some log still lacks


def test_what_is_approved_and_not_yet_logged_is_told_in_one_line(told):
    """Once a run, and not for each account."""
    records = tuple(
        a_record(account_id=AccountId(number), username=Username(f"user{number}"))
        for number in range(22)
    )
    failed = Result(Outcome.FAILED, "approved earlier, not yet logged: it is read-only")
    results = {record.account_id: failed for record in records}

    text = told(a_run(recovered=records, results=results, log_failures=("it is read-only",)))

    assert "FAILED" not in text
    assert "it is read-only; the next run writes what is missing.\n" in text
    assert "Approved earlier, not yet logged: @user0 (0), @user1 (1), " in text
    assert "@user19 (19), and 2 more.\n" in text


# -- the brake and the vetoed


def test_a_brake_that_counts_what_looks_have_approved_says_so(told):
    brake = Brake(25, would_approve=3, approved_before=24)

    text = told(a_run(kind="look", brake=brake))

    assert (
        "3 accounts would be approved, beside 24 that looks have approved since the last full run"
        " began, more than the limit of 25"
    ) in text


def test_a_brake_that_stood_before_is_told_in_short(told):
    text = told(a_run(kind="full-run", brake=Brake(25, would_approve=30, stood=True)))

    assert "The safety brake still stands: 30 trusted accounts wait.\n" in text
    assert "dry-run" not in text


def test_of_many_vetoed_twenty_are_named(told):
    text = told(a_run(*(a_case(number, Verdict.VETO) for number in range(22))))

    assert 20 == text.count(" vetoed: Such is the reason.")
    assert "2 more vetoed: see glaab dry-run --verdict veto.\n" in text


# -- the policy


@pytest.mark.parametrize(
    ("name", "on_terminal"),
    [("name", False), ("name", True), ("n" * 600, False), ("\u200b\u2028n\u202e", False)],
)
def test_a_policy_is_shown_so_that_it_can_be_used_again(name, on_terminal):
    """Also one that is indented with tabs; where nobody looks, whatever it says."""
    text = built_in_policy_text().replace("directory_group", "\tdirectory_group")
    text = text.replace("Toolforge member", name)
    policy = parse_policy(text, "it")

    written = PolicyText(text, "policy file\nversion = 2", Path())
    shown = policy_as_text(policy, written, on_terminal=on_terminal)

    assert policy == parse_policy(shown, "shown")
    assert shown.startswith("# in force: policy file\\nversion = 2\n# sha256:")


def test_a_policy_cannot_move_the_cursor():
    """A comment may hold what it likes; the screen does not obey it."""
    text = built_in_policy_text() + "# \u202e\x85\n"

    written = PolicyText(text, "it", Path())
    shown = policy_as_text(parse_policy(text, "it"), written, on_terminal=True)

    assert r"# \u202e" in shown
    assert all(unicodedata.category(each)[0] != "C" for each in set(shown) if each != "\n")


def test_a_policy_is_shown_as_json():
    text = built_in_policy_text().replace(
        "gerrit_inactive = true", "gerrit_inactive = true\n[canary]\ngerrit_inactive = 'former'"
    )
    policy = parse_policy(text, "it")

    shown = json.loads(policy_as_json(policy, "the built-in policy"))

    assert "the built-in policy" == shown["source"]
    assert policy.digest == shown["digest"]
    assert {"providers": ["openid_connect"], "extern_uid": "cn"} == shown["identity"]
    assert [
        ("Toolforge member", ["directory"], {"directory_group": "project-tools"}),
        (
            "Trusted contributor (Phabricator)",
            ["phabricator"],
            {"phabricator_project": "trusted_contributors"},
        ),
        ("Trusted contributor (Gerrit)", ["gerrit"], {"gerrit_group": "Trusted-Contributors"}),
    ] == [(rule.pop("name"), rule.pop("systems"), rule) for rule in shown["trust"][2:]]
    assert 4 == len(shown["veto"])
    assert {"Gerrit account inactive": "former"} == shown["canary"]
