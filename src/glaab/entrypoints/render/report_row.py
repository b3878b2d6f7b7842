"""What a report tells of one account: how near it is to being trusted, and why it is not."""

from collections.abc import Iterator
from enum import IntEnum, StrEnum

import attrs

from glaab.adapters.record_json import moment
from glaab.domain.errors import System
from glaab.domain.evidence import Kind, No, Unknown, Yes
from glaab.domain.identity import Proven, Unproven
from glaab.domain.policy import Verdict
from glaab.domain.ports import ApprovalRecord, Unreadable
from glaab.domain.review import Case
from glaab.entrypoints.render.causes import Causes, refer_to
from glaab.entrypoints.render.escaping import identities_in_words, names_in_words
from glaab.entrypoints.render.links import Link
from glaab.entrypoints.runtime.result import RunResult


class Nearness(IntEnum):
    """
    How little is missing for an account to be trusted; less is nearer.

    Last are those who wait for a system: nobody but an operator can mend that.
    """

    HELD_BY_THE_BRAKE = 0
    VETOED = 1
    PARTLY_TRUSTED = 2
    KNOWN_ELSEWHERE = 3
    PROVEN = 4
    UNPROVEN = 5
    WITHOUT_IDENTITY = 6
    TRUSTED_AND_WAITING = 7
    WAITING = 8


_ADVISED = (Nearness.PARTLY_TRUSTED, Nearness.KNOWN_ELSEWHERE, Nearness.PROVEN)
"""Whose advice lists everything that would help."""


class Mark(StrEnum):
    """How a piece of evidence counts."""

    FOR = "for"
    AGAINST = "against"
    UNKNOWN = "unknown"
    MISSING = "missing"


_MARKS = {
    (Kind.TRUST, Yes): Mark.FOR,
    (Kind.TRUST, No): Mark.MISSING,
    (Kind.TRUST, Unknown): Mark.UNKNOWN,
    (Kind.VETO, Yes): Mark.AGAINST,
    (Kind.VETO, Unknown): Mark.UNKNOWN,
}
"""The rest is as it should be, or was not asked."""


@attrs.frozen
class Line:
    """A piece of evidence in words."""

    mark: Mark
    about: str
    """The rule or veto, or `Identity`."""
    text: str
    has_account: bool = False
    """True if the person has an account in that system."""


@attrs.frozen(kw_only=True)
class Row:
    """An account that stays pending, or would not be approved today."""

    case: Case
    age_days: int | None
    """None if it is not known."""
    nearness: Nearness
    reason: str
    """Why; as short as can be, if `way` is given besides."""
    way: str
    """What would help; empty if the reason says so."""
    known: tuple[Line, ...]
    """What there is to know beyond the reason; also what an account elsewhere falls short of."""
    missing: tuple[Line, ...]
    links: tuple[Link, ...]

    @property
    def is_proven(self) -> bool:
        """True if it is known who is behind the account."""
        return isinstance(self.case.proof, Proven)

    @property
    def has_account_elsewhere(self) -> bool:
        """True if an account of that person was found in another system."""
        return bool(systems_with_account(self.case))


def report_row(result: RunResult, case: Case, links: tuple[Link, ...], causes: Causes) -> Row:
    """What is told of *case*; what several people have in common is referred to by its name."""
    nearness = _nearness(case)
    made, judgement = case.account.created_at, case.judgement
    reason, way = judgement.explanation, ""
    if nearness is Nearness.HELD_BY_THE_BRAKE:
        reason = f"{reason} The safety brake holds everybody back."
    elif nearness in _ADVISED and result.command != "recheck":
        reason, way = judgement.reason, reason.removeprefix(judgement.reason).strip()
        if nearness is Nearness.PARTLY_TRUSTED:
            reason = "A rule of the policy is satisfied in part."
    reason = refer_to(causes, reason)
    lines = [line for line in _lines(case, causes) if line.text not in reason]
    if approval := (result.plan.approvals or {}).get(case.account.id):
        lines.insert(0, _approval_line(approval))
    known = [line for line in lines if line.mark is not Mark.MISSING or line.has_account]
    return Row(
        case=case,
        age_days=None if made is None else max(0, (result.started_at - made).days),
        nearness=nearness,
        reason=reason,
        way=way,
        known=tuple(known),
        missing=tuple(line for line in lines if line not in known),
        links=links,
    )


def _nearness(case: Case) -> Nearness:
    judgement = case.judgement
    match judgement.verdict:
        case Verdict.APPROVE:
            return Nearness.HELD_BY_THE_BRAKE
        case Verdict.VETO:
            return Nearness.VETOED
        case Verdict.WAIT:
            return Nearness.TRUSTED_AND_WAITING if judgement.because else Nearness.WAITING
    if not isinstance(case.proof, Proven):
        return Nearness.UNPROVEN if case.account.identities else Nearness.WITHOUT_IDENTITY
    is_partly = (Kind.TRUST, Yes) in {(each.kind, type(each.answer)) for each in case.evidence}
    if is_partly:
        return Nearness.PARTLY_TRUSTED
    return Nearness.KNOWN_ELSEWHERE if systems_with_account(case) else Nearness.PROVEN


def _approval_line(approval: ApprovalRecord | Unreadable) -> Line:
    """When and as what it was approved."""
    if isinstance(approval, Unreadable):
        return Line(Mark.UNKNOWN, "Approved", f"the note on that is unreadable: {approval.reason}")
    rules = ", ".join(approval.because) or "nobody knows what"
    note = f"; {approval.remark}" if approval.remark else ""
    text = f"{moment(approval.at)} as {rules}, by run {approval.run}{note}"
    return Line(Mark.FOR, "Approved", text)


def _lines(case: Case, causes: Causes) -> Iterator[Line]:
    proof = case.proof
    if isinstance(proof, Proven):
        yield Line(Mark.FOR, "Identity", f"proven to be {names_in_words(proof, most=2)}")
    elif claims := identities_in_words(case.account.identities):
        state = "not proven" if isinstance(proof, Unproven) else "not looked up"
        yield Line(Mark.UNKNOWN, "Identity", f"{state}; it carries {claims}")
    has_account = systems_with_account(case)
    for item in case.evidence:
        if mark := _MARKS.get((item.kind, type(item.answer))):
            detail = refer_to(causes, item.answer.detail)
            yield Line(mark, item.rule, detail, item.system in has_account)


def systems_with_account(case: Case) -> frozenset[System]:
    """Where an account of the person was found, beside the entry that everybody has."""
    return frozenset(profile.system for profile in case.profiles if profile.is_account)
