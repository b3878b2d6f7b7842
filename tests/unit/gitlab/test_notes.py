"""The note on an account: what goes in comes out, it fits, and other texts are unreadable."""

import json
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glaab.adapters.gitlab.notes import MOST_BYTES, decode, encode
from glaab.domain.accounts import AccountId, AccountState, Identity, Username
from glaab.domain.errors import GITLAB
from glaab.domain.evidence import Evidence, Kind, No, NotAsked, Unknown, Yes
from glaab.domain.identity import Proven
from glaab.domain.names import CN, NameKind
from glaab.domain.policy import MARKED
from glaab.domain.ports import ApprovalRecord, RunId, Unreadable
from glaab.domain.sources.directory import DIRECTORY, LOCKED
from glaab.domain.sources.gerrit import GERRIT, INACTIVE
from glaab.domain.sources.phabricator import DISABLED, PHABRICATOR
from tests.builders import a_proof, a_record, an_identity

moments = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
answers = (
    st.builds(Yes, st.text())
    | st.builds(No, st.text(), st.text())
    | st.builds(Unknown, st.text())
    | st.just(NotAsked())
)
systems = st.sampled_from([GITLAB, DIRECTORY, PHABRICATOR, GERRIT])
evidence = st.builds(Evidence, st.text(), st.sampled_from(Kind), systems, answers)
kinds = st.sampled_from(["dn", "cn", "uid", "roster_id"]).map(NameKind)
proofs = st.builds(
    Proven,
    identity=st.builds(Identity, st.text(), st.text()),
    names=st.dictionaries(kinds, st.text()).map(lambda names: tuple(names.items())),
)
records = st.builds(
    ApprovalRecord,
    at=moments.map(lambda at: at.replace(microsecond=0)),
    account_id=st.integers(1, 2**63 - 1).map(AccountId),
    username=st.text(max_size=255).map(Username),
    created_at=moments,
    because=st.lists(st.text(), max_size=40).map(tuple),
    proof=st.none() | proofs,
    evidence=st.lists(evidence, max_size=40).map(tuple),
    run=st.uuids().map(lambda run: RunId(str(run))),
    policy=st.text(),
    version=st.text(),
)


def without_details(record: ApprovalRecord) -> ApprovalRecord:
    """As much of a record as a note keeps."""
    bare = {Yes: Yes(""), No: No(""), Unknown: Unknown(""), NotAsked: NotAsked()}
    return attrs.evolve(
        record,
        evidence=tuple(attrs.evolve(one, answer=bare[type(one.answer)]) for one in record.evidence),
        found=AccountState.ACTIVE,
        remark="",
    )


def size(text: str) -> int:
    return len(text.encode())


@given(records)
def test_a_note_fits(record):
    assert size(encode(record)) <= MOST_BYTES


@given(records)
def test_what_goes_in_comes_out(record):
    """All but the details, if it was short enough; then nothing says that it was shortened."""
    text = encode(record)

    if "shortened" not in json.loads(text):
        assert without_details(record) == decode(text)


@given(records)
def test_whose_approval_it_was_is_never_shortened(record):
    decoded = decode(encode(record))

    kept = ("run", "at", "account_id", "username", "created_at")
    assert [getattr(record, name) for name in kept] == [getattr(decoded, name) for name in kept]


@given(records)
def test_a_shortened_note_invents_nothing(record):
    """Each text is whole or begins like the original, and the answers are the first of them."""
    decoded = decode(encode(record))

    for kept, whole in zip(decoded.because, [*record.because, ""], strict=False):
        assert kept == whole or (kept[-1] == "…" and whole.startswith(kept[:-1])) or kept == "…"
    assert [(one.kind, one.system) for one in decoded.evidence] == [
        (one.kind, one.system) for one in record.evidence[: len(decoded.evidence)]
    ]


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
@example("")
@example("\ud800")
def test_nonsense_is_unreadable(text):
    assert isinstance(decode(text), Unreadable)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
PATHS = [
    ("run",),
    ("at",),
    ("account",),
    ("account", "id"),
    ("account", "username"),
    ("account", "created_at"),
    ("because",),
    ("because", 0),
    ("identity",),
    ("identity", "dn"),
    ("evidence",),
    ("evidence", 0),
    ("evidence", 0, "rule"),
    ("evidence", 0, "kind"),
    ("evidence", 0, "system"),
    ("evidence", 0, "answer"),
    ("policy",),
    ("glaab",),
]


@given(st.sampled_from(PATHS), json_values)
@example(("account", "id"), True)
@example(("account", "id"), 41.0)
@example(("account", "id"), "41")
@example(("at",), "2026-11-22T12:00:00")
@example(("at",), "0001-01-01T00:00:00+23:59")
@example(("at",), 1795348800)
@example(("because",), "Toolforge member")
@example(("evidence", 0, "answer"), "maybe")
@example(("evidence", 0, "answer"), [])
@example(("evidence", 0, "kind"), {})
@example(("evidence", 0, "system"), "nosuch")
def test_a_note_with_anything_in_it_is_read_or_unreadable(path, value):
    """Whatever is in a field: a record or the reason why not, never an exception."""
    document = json.loads(encode(a_record()))
    *outer, last = path
    holder = document
    for step in outer:
        holder = holder[step]
    holder[last] = value

    assert isinstance(decode(json.dumps(document)), ApprovalRecord | Unreadable)


WRONG = {
    "no object": ("[]", "top level: expected an object, got list"),
    "huge number": ("9" * 1999, "top level: expected an object, got int"),
    "cut off": ('{"run":"x"', "delimiter"),
    "too long": ("x" * 2001, "it is longer than the 2000 bytes that glaab writes"),
    "too long in bytes": ("é" * 1001, "it is longer than the 2000 bytes that glaab writes"),
    "NaN": ('{"other":NaN}', "NaN is no JSON"),
    "Infinity": ('{"other":-Infinity}', "-Infinity is no JSON"),
}


@pytest.mark.parametrize(("text", "reason"), WRONG.values(), ids=WRONG)
def test_an_unreadable_note_says_why(text, reason):
    assert reason in decode(text).reason


def test_a_note_that_is_nested_deeply_is_unreadable():
    """Python 3.11 gives up before the end; later ones read it, and find no note."""
    reason = decode("[" * 990 + "]" * 990).reason

    assert reason in {"it is nested too deeply", "top level: expected an object, got list"}


WRONG_FIELDS = {
    "no zone": ({"at": "2026-11-22T12:00:00"}, "at: the time 2026-11-22T12:00:00 has no zone"),
    "no time": ({"at": "noon"}, "at: "),
    "text for a list": ({"because": "Toolforge member"}, "because: expected a list, got str"),
    "unknown system": ({"evidence": [{"system": "x"}]}, "evidence[0]"),
    "id true": ({"account": {"id": True}}, "account.id: expected int, got bool"),
    "missing": ({"identity": {}}, "identity: required field missing: 'provider'"),
}


@pytest.mark.parametrize(("changes", "reason"), WRONG_FIELDS.values(), ids=WRONG_FIELDS)
def test_a_wrong_field_is_named(changes, reason):
    document = json.loads(encode(a_record())) | changes

    assert reason in decode(json.dumps(document)).reason


def test_unknown_keys_are_a_later_versions_business():
    document = json.loads(encode(a_record())) | {"mood": "sunny"}

    assert isinstance(decode(json.dumps(document)), ApprovalRecord)


def test_an_ordinary_note_is_readable_by_people():
    """Compact JSON with the names that the JSON Lines log has."""
    record = a_record(proof=a_proof(cn="Zoë", identity=an_identity("Zoë")))

    assert (
        '{"run":"run-1","at":"2026-11-22T12:00:00Z",'
        '"account":{"id":41,"username":"ada","created_at":"2026-11-20T10:00:00Z"},'
        '"because":["Toolforge member"],'
        '"identity":{"provider":"openid_connect","extern_uid":"Zoë",'
        '"dn":"uid=ada,ou=people,dc=wikimedia,dc=org","cn":"Zoë","uid":"ada"},'
        '"evidence":[{"rule":"Toolforge member","kind":"trust","system":"directory",'
        '"answer":"yes"}],"policy":"sha256:0123","glaab":"1.0.0"}'
    ) == encode(record)


def test_what_the_default_policy_finds_is_kept_whole():
    """Five rules and four vetoes, a digest of full length, ordinary names."""
    rules = [
        ("Wikimedia Foundation staff", DIRECTORY),
        ("Wikimedia Deutschland staff", DIRECTORY),
        ("Toolforge member", DIRECTORY),
        ("Trusted contributor (Phabricator)", PHABRICATOR),
        ("Trusted contributor (Gerrit)", GERRIT),
    ]
    vetoes = (MARKED, LOCKED, DISABLED, INACTIVE)
    asked = [Evidence(rule, Kind.TRUST, system, NotAsked()) for rule, system in rules]
    asked += [Evidence(veto.title, Kind.VETO, veto.source, NotAsked()) for veto in vetoes]
    record = a_record(
        evidence=tuple(asked),
        because=tuple(rule for rule, _ in rules),
        policy="sha256:" + "0" * 64,
        run=RunId("0" * 36),
        username=Username("somebody-with-a-name-of-ordinary-length"),
    )

    assert record == decode(encode(record))


def a_long_record(letter, length=300, **changes):
    """Forty reasons and forty answers, and each text of this length."""
    text = letter * length
    answer = Evidence(text, Kind.TRUST, PHABRICATOR, NotAsked())
    identity = an_identity(text, text)
    known = {
        "because": (text,) * 40,
        "proof": a_proof(identity=identity, dn=text, cn=text, uid=text),
        "evidence": (answer,) * 40,
        "policy": "sha256:" + "0" * 64,
        "version": "1.0.0",
        "run": RunId("0" * 36),
    }
    return a_record(**known | changes)


def test_a_shortened_note_keeps_the_beginnings():
    """Of each text 72 characters, of each list five elements, and the policy's whole digest."""
    record = a_long_record("x", username=Username("u" * 60))

    text = encode(record)

    cut, decoded = "x" * 72 + "…", decode(text)
    assert json.loads(text)["shortened"] is True
    assert (cut,) * 5 + ("…",) == decoded.because
    assert [cut] * 5 == [one.rule for one in decoded.evidence]
    assert (("dn", cut), ("cn", cut), ("uid", cut)) == decoded.proof.names
    assert record.policy == decoded.policy
    assert "not all that was known fitted into the note" == decoded.remark
    assert decoded.is_shortened


def test_a_note_that_is_too_long_even_so_keeps_the_bare_minimum():
    """Where letters take several bytes: nothing but what is never shortened."""
    record = a_long_record("名")

    decoded = decode(encode(record))

    assert (("…",), (), "…", "…") == (
        decoded.because,
        decoded.evidence,
        decoded.proof.name(CN),
        decoded.policy,
    )


def test_the_longest_username_leaves_room():
    """Even if every character takes six bytes."""
    record = a_long_record(
        "\x01",
        username=Username("\x01" * 255),
        version="\x01" * 300,
        account_id=AccountId(2**63 - 1),
    )

    text = encode(record)

    assert size(text) <= MOST_BYTES
    assert record.username == decode(text).username


def test_a_username_beyond_gitlabs_limit_is_no_error():
    """What cannot fit is written all the same, and read as a note that is not glaab's."""
    record = a_record(username=Username("x" * 3000))

    assert isinstance(decode(encode(record)), Unreadable)


def test_other_zones_are_written_in_utc():
    """With every digit that GitLab gave."""
    zone = timezone(timedelta(hours=2))
    created_at = datetime(2026, 11, 20, 12, 0, 0, 5000, tzinfo=zone)

    text = encode(a_record(created_at=created_at))

    assert '"created_at":"2026-11-20T10:00:00.005000Z"' in text
    assert created_at == decode(text).created_at


def test_a_lone_surrogate_survives():
    """JSON from outside may contain one; UTF-8 cannot."""
    record = a_record(username=Username("a\ud800b"))

    text = encode(record)

    assert size(text)
    assert "a\ud800b" == decode(text).username
