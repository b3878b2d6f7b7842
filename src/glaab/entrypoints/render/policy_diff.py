"""What another policy would change, as text and as a JSON document."""

from collections.abc import Iterable, Iterator

from rich.text import Text

from glaab.adapters.record_json import evidence_json, identity_json, moment
from glaab.domain.policy_diff import Change, Comparison
from glaab.domain.review import Case
from glaab.entrypoints.render.as_json import Json, document, envelope
from glaab.entrypoints.render.as_text import VERDICT_STYLES, request_counts
from glaab.entrypoints.render.escaping import account_in_words, escape_control, pluralize
from glaab.entrypoints.render.wrapping import print_lines
from glaab.entrypoints.runtime.result import DiffResult

_INDENT = 12
_NAMED = 20
_TITLES = {
    Change.GAINS: (
        "1 pending account would gain approval:",
        "{} pending accounts would gain approval:",
    ),
    Change.LOSES: (
        "1 pending account would lose approval:",
        "{} pending accounts would lose approval:",
    ),
    Change.REASONS: (
        "1 would be judged for other reasons, and approved by both or by neither:",
        "{} would be judged for other reasons, and approved by both or by neither:",
    ),
}


def as_json(result: DiffResult) -> Iterator[str]:
    """One document in pieces; text from outside is escaped to ASCII."""
    head = envelope(result)
    run = {"policy_old": result.policy, "policy_new": result.policy_new}
    head["run"] = {**head["run"], **run}  # type: ignore[dict-item]  # a dict of its own
    accounts = (_account(each) for each in result.diff.comparisons if each.change)
    return document(head, accounts, {"summary": result.summary})


def _account(each: Comparison) -> Json:
    account = each.account
    return {
        "id": account.id,
        "username": account.username or None,
        "state": account.state.value,
        "created_at": account.created_at and moment(account.created_at),
        "change": each.change,
        "old": _judged(each.old),
        "new": _judged(each.new),
    }


def _judged(case: Case) -> Json:
    return {
        "identity": identity_json(case.proof),
        "verdict": case.judgement.verdict.value,
        "because": list(case.judgement.because),
        "explanation": case.judgement.explanation,
        "evidence": evidence_json(case.evidence),
    }


def as_text(result: DiffResult, *, color: bool) -> None:
    """Print who gains, who loses, whose rules change, who could not be looked up, and a summary."""
    comparisons = result.diff.comparisons
    lines = [
        Text(f"From {escape_control(result.sources[0])} to {escape_control(result.sources[1])}:")
    ]
    for change, (one, several) in _TITLES.items():
        group = [each for each in comparisons if each.change is change]
        if group:
            title = one if len(group) == 1 else several.format(len(group))
            lines += [Text(), Text(title, style="bold")]
            lines += [line for each in group for line in _story(each)]
    waiting = [each for each in comparisons if each.waits and not each.change]
    if waiting:
        lines += [Text(), *_waiting(waiting)]
    print_lines([*lines, Text(), *_summary(result)], _INDENT, color=color)


def _story(each: Comparison) -> Iterator[Text]:
    account = each.account
    since = f"{account.created_at:%Y-%m-%d}" if account.created_at else "nobody knows when"
    name = account_in_words(account.username, account.id)
    yield Text.assemble((name, "bold"), f", since {since}")
    yield _judgement("old", each.old)
    yield _judgement("new", each.new)


def _judgement(title: str, case: Case) -> Text:
    verdict = case.judgement.verdict
    text = f"{verdict}. {escape_control(case.judgement.explanation)}"
    return Text.assemble(f"  {title:<9} ", (text, VERDICT_STYLES[verdict]))


def _waiting(waiting: list[Comparison]) -> Iterator[Text]:
    """Of whom nothing can be told."""
    accounts = pluralize(len(waiting), "account")
    yield Text(f"{accounts} could not be looked up, so what changes is not known:", style="yellow")
    for each in waiting[:_NAMED]:
        yield from _story(each)
    if len(waiting) > _NAMED:
        yield Text(f"And {len(waiting) - _NAMED} more: see glaab dry-run with each policy.")


def _summary(result: DiffResult) -> Iterator[Text]:
    counts = result.counts
    counted = (
        "{pending} pending: {gains} would gain approval, {loses} would lose it, {reasons} would be"
        " judged for other reasons, {wait} could not be looked up."
    ).format_map(counts)
    seen = result.has_seen_accounts
    yield Text(counted if seen else "Nobody was looked at.", style="bold")
    yield from (Text(line, style="yellow") for line in _outages(result.outages.items()))
    yield request_counts(result)


def _outages(outages: Iterable[tuple[str, str]]) -> Iterator[str]:
    for system, reason in outages:
        yield f"{system} gave no usable answer: {escape_control(reason)}."
