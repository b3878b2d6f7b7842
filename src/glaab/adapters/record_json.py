"""How evidence, identities and times look in JSON: in the audit file, the notes and on stdout."""

from collections.abc import Iterable
from datetime import UTC, datetime

from glaab.domain.accounts import AccountState
from glaab.domain.evidence import Answer, Evidence, No, NotAsked, Unknown, Yes
from glaab.domain.identity import Proof, Proven
from glaab.domain.ports import ApprovalRecord

_ANSWER_WORDS = {Yes: "yes", No: "no", Unknown: "unknown", NotAsked: "not-asked"}


def moment(at: datetime) -> str:
    """An aware time in UTC to the second, as `2026-11-22T19:00:04Z`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def answer_word(answer: Answer | NotAsked) -> str:
    """The word for an answer: `yes`, `no`, `unknown` or `not-asked`."""
    return _ANSWER_WORDS[type(answer)]


def evidence_json(evidence: Iterable[Evidence]) -> list[dict[str, str]]:
    """One object for each answer, in the order given."""
    return [
        {
            "rule": one.rule,
            "kind": one.kind.value,
            "system": one.system,
            "answer": answer_word(one.answer),
            "detail": one.answer.detail,
        }
        for one in evidence
    ]


def identity_json(proof: Proof | None) -> dict[str, str] | None:
    """Who it was proven to be; None when it was not."""
    if not isinstance(proof, Proven):
        return None
    claim = proof.identity
    return {"provider": claim.provider, "extern_uid": claim.extern_uid, **dict(proof.names)}


def record_json(record: ApprovalRecord) -> dict[str, object]:
    """An approval, as a line of the audit file has it."""
    is_certain = record.found is AccountState.ACTIVE
    doubt = "" if is_certain else f"may have been approved, found {record.found} later"
    note = "; ".join(filter(None, (doubt, record.remark)))
    entry: dict[str, object] = {
        "at": moment(record.at),
        "account": {"id": record.account_id, "username": record.username},
        "because": record.because,
        "identity": identity_json(record.proof),
        "evidence": evidence_json(record.evidence),
        "run": record.run,
        "policy": record.policy,
        "glaab": record.version,
    }
    return entry | ({"note": note} if note else {})
