"""One account as text for people: what it is, how glaab approved it, and what holds today."""

from collections.abc import Iterator

from rich.text import Text

from glaab.adapters.record_json import moment
from glaab.domain.accounts import is_marked, may_wait
from glaab.domain.identity import Unproven
from glaab.domain.outcome import Outcome
from glaab.domain.policy import Verdict, ways_to_trust
from glaab.domain.ports import ApprovalRecord, Unreadable
from glaab.domain.review import Case
from glaab.entrypoints.render.as_text import (
    INDENT,
    VERDICT_STYLES,
    answer,
    identity_in_words,
    known,
    remark,
    summary,
    title,
    titled,
)
from glaab.entrypoints.render.wrapping import print_lines
from glaab.entrypoints.runtime.result import RunResult


def explain_as_text(result: RunResult, *, color: bool) -> None:
    """Print all about the account, and a summary."""
    lines = [line for case in result.plan.cases for line in _story(result, case)]
    print_lines([*lines, *summary(result)], INDENT, color=color)


def _story(result: RunResult, case: Case) -> Iterator[Text]:
    approval = (result.plan.approvals or {}).get(case.account.id)
    is_to_be_decided = may_wait(case.account)
    first = title(result, case)
    yield first if is_to_be_decided else first + Text(", so nothing is to be decided")
    if approval or not is_to_be_decided:
        yield from _approval(approval)
        yield Text()
        today = "Today:" if is_to_be_decided else "Today's policy would make of it:"
        yield Text(today, style="bold")
    yield from _today(result, case)
    yield Text()


def _approval(approval: ApprovalRecord | Unreadable | None) -> Iterator[Text]:
    """How glaab approved the account, by the note on it."""
    if approval is None:
        yield titled("approved", "no note on it says that glaab approved it")
        return
    if isinstance(approval, Unreadable):
        yield titled("approved", f"by glaab; the note on that is unreadable: {approval.reason}")
        return
    yield titled("approved", f"by glaab {approval.version}, {moment(approval.at)}")
    if approval.because:
        yield titled("because", ", ".join(approval.because))
    if approval.proof:
        yield titled("identity", identity_in_words(approval.proof, ()))
    yield from map(answer, approval.evidence)
    yield titled("policy", approval.policy)
    yield titled("run", approval.run)
    if approval.remark:
        yield titled("note", approval.remark)


def _today(result: RunResult, case: Case) -> Iterator[Text]:
    judgement = case.judgement
    yield from known(case)
    style = VERDICT_STYLES[judgement.verdict]
    yield titled("verdict", f"{judgement.verdict}. {judgement.reason}", style)
    yield from remark(result, case)
    if result.outcomes.results[case.account.id].outcome is Outcome.WOULD_APPROVE:
        yield titled("unless", "the safety brake stops that run: glaab dry-run tells")
    for number, advice in enumerate(_advice(case)):
        yield titled("or" if number else "next", advice)


def _advice(case: Case) -> Iterator[str]:
    """What would change the verdict; more trust helps nobody who has some, or is marked."""
    judgement, is_held = case.judgement, case.judgement.verdict is Verdict.HOLD
    is_helped_by_trust = not (judgement.because or is_marked(case.account))
    ways = ways_to_trust(case.evidence) if is_helped_by_trust else {}
    yield from (f"{way} ({rule})" for rule, way in ways.items())
    is_about_person = is_marked(case.account) or isinstance(case.proof, Unproven)
    applies = may_wait(case.account) or (is_held and is_about_person)
    if judgement.advice and applies and not (is_held and ways):
        yield judgement.advice
