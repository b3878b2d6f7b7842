"""The note on an account: a record as JSON of at most 2,000 bytes, and back."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NoReturn

import attrs

from glaab.adapters.http.structuring import STRUCTURE_ERRORS, problems, strict_converter
from glaab.adapters.record_json import answer_word, evidence_json, identity_json
from glaab.domain.accounts import AccountId, Identity, Username
from glaab.domain.evidence import Answer, Evidence, No, NotAsked, Unknown, Yes
from glaab.domain.identity import Proven
from glaab.domain.names import NameKind
from glaab.domain.ports import ApprovalRecord, RunId, Unreadable

MOST_BYTES = 2000
_MORE = "…"
#: Characters of each text, and number of reasons and answers, that a shortened note keeps: what
#: fits with one byte a character and the whole digest, then with six in the longest username.
_LIMITS = ((72, 5), (0, 0))


def encode(record: ApprovalRecord) -> str:
    """
    The record as JSON of at most 2,000 bytes in UTF-8, without the answers' details.

    Texts that are too long are cut and end with `…`, lists keep their first elements, and
    the note says `"shortened": true`. Never cut: run, times, the account's id and username.
    """
    text = _json(_document(record))
    for characters, elements in _LIMITS:
        if _size(text) > MOST_BYTES:
            text = _json(_document(record, characters, elements) | {"shortened": True})
    return text


def _document(
    record: ApprovalRecord, characters: int = sys.maxsize, elements: int = sys.maxsize
) -> dict[str, object]:
    def cut(text: str) -> str:
        return text if len(text) <= characters else text[:characters] + _MORE

    identity = identity_json(record.proof)
    because = [cut(rule) for rule in record.because[:elements]]
    return {
        "run": record.run,
        "at": _utc(record.at),
        "account": {
            "id": record.account_id,
            "username": record.username,
            "created_at": _utc(record.created_at),
        },
        "because": because + [_MORE] * (len(because) < len(record.because)),
        "identity": identity and {key: cut(value) for key, value in identity.items()},
        "evidence": [
            {key: cut(one[key]) for key in ("rule", "kind", "system", "answer")}
            for one in evidence_json(record.evidence[:elements])
        ],
        "policy": cut(record.policy),
        "glaab": cut(record.version),
    }


def _utc(at: datetime) -> str:
    """An aware time in UTC, with every digit that it has."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _json(document: dict[str, object]) -> str:
    """Compact JSON; of all that is not ASCII only lone surrogates are escaped, for UTF-8."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace").decode()


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@attrs.frozen(kw_only=True)
class _Account:
    id: int
    username: str
    created_at: datetime


@attrs.frozen(kw_only=True)
class _Note:
    run: str
    at: datetime
    account: _Account
    because: tuple[str, ...]
    identity: dict[str, str] | None
    evidence: tuple[Evidence, ...]
    policy: str
    glaab: str
    shortened: bool = False

    def to_record(self) -> ApprovalRecord:
        return ApprovalRecord(
            at=self.at,
            account_id=AccountId(self.account.id),
            username=Username(self.account.username),
            created_at=self.account.created_at,
            because=tuple(map(sys.intern, self.because)),
            proof=None if self.identity is None else _proof(self.identity),
            evidence=_shared(self.evidence),
            run=RunId(sys.intern(self.run)),
            policy=sys.intern(self.policy),
            version=sys.intern(self.glaab),
            remark="not all that was known fitted into the note" if self.shortened else "",
            is_shortened=self.shortened,
        )


@lru_cache(maxsize=1024)
def _shared(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The same for all notes that say the same: tens of thousands may be read at once."""
    return evidence


def _proof(identity: dict[str, str]) -> Proven:
    """Who it was: what is no part of the claim is a name."""
    rest = dict(identity)
    claim = Identity(sys.intern(rest.pop("provider")), rest.pop("extern_uid"))
    names = tuple((NameKind(sys.intern(kind)), rest[kind]) for kind in rest)
    return Proven(identity=claim, names=names)


_ANSWERS: Mapping[object, Answer | NotAsked] = {
    answer_word(answer): answer for answer in (Yes(""), No(""), Unknown(""), NotAsked())
}


def _answer(word: object, _: object) -> Answer | NotAsked:
    if word not in _ANSWERS:
        raise ValueError(f"{word} is no answer")
    return _ANSWERS[word]


_converter = strict_converter()
_converter.register_structure_hook(Answer | NotAsked, _answer)


def decode(text: str) -> ApprovalRecord | Unreadable:
    """The record that `encode` made into *text*; any other text is unreadable."""
    if _size(text) > MOST_BYTES:
        return Unreadable(f"it is longer than the {MOST_BYTES} bytes that glaab writes")
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        return _converter.structure(document, _Note).to_record()
    except RecursionError:
        return Unreadable("it is nested too deeply")
    except STRUCTURE_ERRORS as error:
        return Unreadable("; ".join(problems(error)))
    except KeyError as error:
        return Unreadable(f"identity: required field missing: {error}")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
