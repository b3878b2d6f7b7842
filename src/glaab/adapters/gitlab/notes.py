"""The record that the bot leaves on an account: JSON of at most 2,000 bytes, and back."""

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, NoReturn

import attrs

from glaab.adapters.http.structuring import STRUCTURE_ERRORS, problems, strict_converter
from glaab.adapters.record_json import answer_word, identity_json
from glaab.domain.accounts import AccountId, Identity, Username
from glaab.domain.errors import System
from glaab.domain.evidence import Answer, Evidence, Kind, No, NotAsked, Unknown, Yes
from glaab.domain.identity import Proven
from glaab.domain.names import NameKind
from glaab.domain.ports import ApprovalRecord, RunId, Unreadable

MOST_BYTES = 2000
_MORE = "…"


@attrs.frozen(kw_only=True)
class _TruncationLimits:
    """How much of a record is kept."""

    rule: int = sys.maxsize
    """Characters of each answer's rule."""
    text: int = sys.maxsize
    """Characters of every other text, but the account's own."""
    answers: int = sys.maxsize
    reasons: int = sys.maxsize


_WHOLE = _TruncationLimits()
_LEVELS = (
    _WHOLE,
    _TruncationLimits(rule=40),
    _TruncationLimits(rule=40, text=200, answers=12, reasons=12),
    _TruncationLimits(rule=20, text=100, answers=8, reasons=6),
    _TruncationLimits(rule=10, text=80, answers=4, reasons=2),
    _TruncationLimits(text=40, answers=0, reasons=1),
    _TruncationLimits(text=8, answers=0, reasons=1),
    _TruncationLimits(text=0, answers=0, reasons=0),
)


def encode(record: ApprovalRecord) -> str:
    """
    The record as JSON of at most 2,000 bytes in UTF-8, without the answers' details.

    What is too long is cut, ends with `…`, and makes the whole say `"shortened": true`;
    never the run, the times, the account's id and username.
    """
    for room in _LEVELS:
        text = _json(_document(record, room))
        if _size(text) <= MOST_BYTES:
            break
    return text


def _document(record: ApprovalRecord, room: _TruncationLimits) -> dict[str, object]:
    identity = identity_json(record.proof)
    because = [_cut(rule, room.text) for rule in record.because[: room.reasons]]
    document: dict[str, object] = {
        "run": record.run,
        "at": _moment(record.at),
        "account": {
            "id": record.account_id,
            "username": record.username,
            "created_at": _moment(record.created_at),
        },
        "because": because + [_MORE] * (len(because) < len(record.because)),
        "identity": identity and {key: _cut(value, room.text) for key, value in identity.items()},
        "evidence": [
            {
                "rule": _cut(one.rule, room.rule),
                "kind": one.kind.value,
                "system": one.system,
                "answer": answer_word(one.answer),
            }
            for one in record.evidence[: room.answers]
        ],
        "policy": _cut(record.policy, room.text),
        "glaab": _cut(record.version, room.text),
    }
    return document if room is _WHOLE else document | {"shortened": True}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + _MORE


def _moment(at: datetime) -> str:
    """An aware time in UTC, with every digit that it has."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _json(document: dict[str, object]) -> str:
    """Compact JSON; only what UTF-8 cannot say (a lone surrogate) is escaped beyond need."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[\ud800-\udfff]", lambda lone: f"\\u{ord(lone[0]):04x}", text)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@attrs.frozen(kw_only=True)
class _Account:
    id: int
    username: str
    created_at: datetime


@attrs.frozen(kw_only=True)
class _Answered:
    rule: str
    kind: Kind
    system: System
    answer: Literal["yes", "no", "unknown", "not-asked"]

    def to_evidence(self) -> Evidence:
        return Evidence(self.rule, self.kind, self.system, _ANSWERS[self.answer])


_ANSWERS: Mapping[str, Answer | NotAsked] = {
    answer_word(answer): answer for answer in (Yes(""), No(""), Unknown(""), NotAsked())
}


@attrs.frozen(kw_only=True)
class _Note:
    run: str
    at: datetime
    account: _Account
    because: tuple[str, ...]
    identity: dict[str, str] | None
    evidence: tuple[_Answered, ...]
    policy: str
    glaab: str
    shortened: bool = False

    def to_record(self) -> ApprovalRecord:
        return ApprovalRecord(
            at=self.at,
            account_id=AccountId(self.account.id),
            username=Username(self.account.username),
            created_at=self.account.created_at,
            because=self.because,
            proof=_proof(self.identity) if self.identity else None,
            evidence=tuple(one.to_evidence() for one in self.evidence),
            run=RunId(self.run),
            policy=self.policy,
            version=self.glaab,
            remark="not all that was known fitted into the note" if self.shortened else "",
        )


def _proof(identity: dict[str, str]) -> Proven:
    """Who it was: what is no part of the claim is a name."""
    names = dict(identity)
    claim = Identity(names.pop("provider"), names.pop("extern_uid"))
    return Proven(
        identity=claim, names=tuple((NameKind(kind), name) for kind, name in names.items())
    )


_converter = strict_converter()


def decode(text: str) -> ApprovalRecord | Unreadable:
    """The record that `encode` made into *text*; whatever else it is, is unreadable."""
    if _size(text) > MOST_BYTES:
        return Unreadable(f"it is longer than the {MOST_BYTES} bytes that glaab writes")
    try:
        note = _converter.structure(json.loads(text, parse_constant=_refuse), _Note)
    except RecursionError:
        return Unreadable("it is nested too deeply")
    except STRUCTURE_ERRORS as error:
        return Unreadable("; ".join(problems(error)))
    try:
        return note.to_record()
    except KeyError as error:
        return Unreadable(f"identity: required field missing: {error}")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
