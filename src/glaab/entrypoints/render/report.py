"""Whom a person has to look at: who stays pending, or was approved and would not be today."""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum, StrEnum
from functools import partial

import attrs

from glaab.adapters.integration import Integrations
from glaab.adapters.record_json import moment
from glaab.domain.accounts import AccountId
from glaab.domain.evidence import Kind, No, Unknown, Yes
from glaab.domain.identity import Proven, Unproven
from glaab.domain.policy import Verdict
from glaab.domain.ports import ApprovalRecord, Unreadable
from glaab.domain.review import Case
from glaab.entrypoints.render.escaping import identities_in_words, names_in_words
from glaab.entrypoints.render.links import Link, account_links
from glaab.entrypoints.runtime.result import RunResult
from glaab.settings.core import Settings


class Nearness(IntEnum):
    """How little is missing for an account to be trusted; less is nearer."""

    HELD_BY_THE_BRAKE = 0
    TRUSTED_AND_WAITING = 1
    VETOED = 2
    WAITING = 3
    PARTLY_TRUSTED = 4
    KNOWN = 5
    UNPROVEN = 6
    WITHOUT_IDENTITY = 7


_SHORT = {
    Nearness.PARTLY_TRUSTED: "A rule of the policy is satisfied in part.",
    Nearness.KNOWN: "No system vouches for this person yet.",
}
"""The explanation of these lists everything that would help."""


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


@attrs.frozen(kw_only=True)
class Report:
    """A run, and everybody whom the next one leaves pending, or who would not be approved today."""

    result: RunResult
    rows: tuple[Row, ...]
    gitlab_url: str

    @classmethod
    def of(cls, result: RunResult, integrations: Integrations, settings: Settings) -> "Report":
        """The nearest to being trusted first; among equals the oldest."""
        rows = [
            _row(result, case, tuple(account_links(case, integrations, settings)))
            for case in result.plan.cases
            if result.outcomes.brake.stopped or case.judgement.verdict is not Verdict.APPROVE
        ]
        key = _recheck_order if result.command == "recheck" else partial(_order, result.started_at)
        rows.sort(key=key)
        return cls(result=result, rows=tuple(rows), gitlab_url=settings.gitlab_url)

    @property
    def is_recheck(self) -> bool:
        """True if it is about those who were approved."""
        return self.result.command == "recheck"


def _order(now: datetime, row: Row) -> tuple[Nearness, datetime, AccountId]:
    account = row.case.account
    return row.nearness, account.created_at or now, account.id


def _recheck_order(row: Row) -> tuple[int, AccountId]:
    """What speaks against somebody first, and what could not be looked up last."""
    worst_first = (Verdict.VETO, Verdict.HOLD, Verdict.WAIT)
    return worst_first.index(row.case.judgement.verdict), row.case.account.id


def _row(result: RunResult, case: Case, links: tuple[Link, ...]) -> Row:
    nearness = _nearness(case)
    made, reason, way = case.account.created_at, case.judgement.explanation, ""
    if nearness is Nearness.HELD_BY_THE_BRAKE:
        reason = f"{reason} The safety brake holds everybody back."
    elif nearness in _SHORT and result.command != "recheck":
        reason, way = _SHORT[nearness], reason
    approval = (result.plan.approvals or {}).get(case.account.id)
    lines = [line for line in _lines(case) if line.text not in reason]
    if approval:
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
    return Nearness.PARTLY_TRUSTED if is_partly else Nearness.KNOWN


def _approval_line(approval: ApprovalRecord | Unreadable) -> Line:
    """When and as what it was approved."""
    if isinstance(approval, Unreadable):
        return Line(Mark.UNKNOWN, "Approved", f"the note on that is unreadable: {approval.reason}")
    rules = ", ".join(approval.because) or "nobody knows what"
    note = f"; {approval.remark}" if approval.remark else ""
    text = f"{moment(approval.at)} as {rules}, by run {approval.run}{note}"
    return Line(Mark.FOR, "Approved", text)


def _lines(case: Case) -> Iterator[Line]:
    proof = case.proof
    if isinstance(proof, Proven):
        yield Line(Mark.FOR, "Identity", f"proven to be {names_in_words(proof, most=2)}")
    elif claims := identities_in_words(case.account.identities):
        state = "not proven" if isinstance(proof, Unproven) else "not looked up"
        yield Line(Mark.UNKNOWN, "Identity", f"{state}; it carries {claims}")
    has_account = {profile.system for profile in case.profiles if profile.is_account}
    for item in case.evidence:
        if mark := _MARKS.get((item.kind, type(item.answer))):
            yield Line(mark, item.rule, item.answer.detail, item.system in has_account)
