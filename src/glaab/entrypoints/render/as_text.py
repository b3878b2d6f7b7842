"""A run as text for people: the story of each account, and a summary."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from rich.text import Text

from glaab.adapters.record_json import answer_word
from glaab.domain.accounts import Account, AccountState, Identity, UnreadableAccount
from glaab.domain.brake import Brake
from glaab.domain.errors import GITLAB
from glaab.domain.evidence import Evidence, Kind
from glaab.domain.identity import Proof, Proven, Unproven
from glaab.domain.outcome import LEFT_ALONE, Outcome
from glaab.domain.policy import Verdict
from glaab.domain.review import Case
from glaab.entrypoints.render.escaping import (
    account_in_words,
    escape_control,
    identities_in_words,
    names_in_words,
)
from glaab.entrypoints.render.wrapping import print_lines
from glaab.entrypoints.runtime.result import DiffResult, RunResult

_STYLES = {"yes": "green", "no": "dim", "unknown": "yellow", "not-asked": "dim"}
VERDICT_STYLES = {
    Verdict.APPROVE: "bold green",
    Verdict.HOLD: "bold",
    Verdict.VETO: "bold red",
    Verdict.WAIT: "bold yellow",
}
INDENT = 12
_REASONS = 5
_NAMED = 20
_OUTCOMES = {
    Outcome.APPROVED: "approved",
    Outcome.WOULD_APPROVE: "would be approved",
    Outcome.ALREADY_APPROVED: "approved by somebody else meanwhile",
    Outcome.WITHDRAWN: "not approved: changed meanwhile",
    Outcome.UNCHANGED: "stays pending",
    Outcome.RECOVERED: "approved by an earlier run, logged now",
    Outcome.WOULD_RECOVER: "approved by an earlier run, would be logged now",
    Outcome.FAILED: "FAILED",
}
_TRUSTED = (Outcome.APPROVED, Outcome.RECOVERED, Outcome.WOULD_RECOVER)


def as_text(result: RunResult, *, color: bool) -> None:
    """Print the run: what changed if it acted, everybody's story if it only looked."""
    stories = () if result.acted else result.plan.cases
    lines = [line for case in stories for line in _story(result, case)]
    told = [*lines, *_changes(result), *_vetoed(result), *summary(result)]
    print_lines(told, INDENT, color=color)


def dry_run_as_text(result: RunResult, verdicts: Collection[Verdict], *, color: bool) -> None:
    """Print the summary and who would be approved, then the stories of those with *verdicts*."""
    shown = [case for case in result.plan.cases if case.judgement.verdict in verdicts]
    first = [case for case in shown if _outcome(result, case) is Outcome.WOULD_APPROVE]
    others = [case for case in shown if _outcome(result, case) is not Outcome.WOULD_APPROVE]
    stories = [line for case in (*first, *others) for line in _story(result, case)]
    told = [*summary(result), *_changes(result), *_would_approve(result), Text(), *stories]
    print_lines(told[:-1], INDENT, color=color)  # stories end with an empty line


def page_as_text(page: str, *, color: bool) -> None:
    """Print a log page that would be gone with the process."""
    title = Text("\nThe audit log now reads:\n", style="bold")
    lines = (Text(escape_control(line)) for line in page.splitlines())
    print_lines([title, *lines], INDENT, color=color)


def _story(result: RunResult, case: Case) -> Iterator[Text]:
    judgement = case.judgement
    yield title(result, case)
    yield from known(case)
    style = VERDICT_STYLES[judgement.verdict]
    yield titled("verdict", f"{judgement.verdict}. {judgement.explanation}", style)
    yield from remark(result, case)
    yield Text()


def title(result: RunResult, case: Case) -> Text:
    """Which account it is, and what becomes of it if it waits."""
    account = case.account
    is_pending = account.state is AccountState.PENDING
    outcome = result.outcomes.results[account.id].outcome
    state = _OUTCOMES[outcome] if is_pending else f"is {account.state}"
    name = account_in_words(account.username, account.id)
    since = f"{account.created_at:%Y-%m-%d}" if account.created_at else "nobody knows when"
    style = VERDICT_STYLES[case.judgement.verdict]
    return Text.assemble((name, "bold"), f", since {since}: ", (state, style))


def known(case: Case) -> Iterator[Text]:
    """Who it is, and what was answered."""
    yield titled("identity", identity_in_words(case.proof, case.account.identities))
    yield from map(answer, case.evidence)


def identity_in_words(proof: Proof, carried: Iterable[Identity]) -> str:
    """Who it is proven to be, or why not, and what the account says of itself."""
    if isinstance(proof, Proven):
        return f"{identities_in_words([proof.identity])} is {names_in_words(proof)}"
    what = "not proven" if isinstance(proof, Unproven) else "could not be looked up"
    claims = identities_in_words(carried)
    return f"{what}: {proof.reason}" + (f" (it carries {claims})" if claims else "")


def answer(item: Evidence) -> Text:
    """What was asked and answered."""
    word = answer_word(item.answer)
    detail = escape_control(item.answer.detail)
    is_against = item.kind is Kind.VETO and word == "yes"
    return Text.assemble(
        f"  {item.kind:<9} ",
        (f"{word:<9} ", "bold red" if is_against else _STYLES[word]),
        (f"{escape_control(item.rule)} ", "bold" if word == "yes" else ""),
        (f"[{item.system}]", "dim"),
        f": {detail}" if detail else "",
    )


def remark(result: RunResult, case: Case) -> Iterator[Text]:
    """What there is to say besides about an account that stays as it is."""
    done = result.outcomes.results[case.account.id]
    if done.outcome is Outcome.UNCHANGED and done.remark:
        yield titled("note", done.remark)


def titled(title: str, text: str, style: str = "") -> Text:
    """A line of a story."""
    return Text.assemble(f"  {title:<9} ", (escape_control(text), style))


def _changes(result: RunResult) -> Iterator[Text]:
    """What became of each account that changed, or should have, and why."""
    cases = result.plan.cases if result.acted else ()
    not_logged = result.outcomes.not_logged
    recovered = [each for each in result.outcomes.recovered if each not in not_logged]
    accounts = [
        *((each.account.username, each.account.id, each.judgement.because) for each in cases),
        *((each.username, each.account_id, each.because or (each.remark,)) for each in recovered),
    ]
    for username, account_id, because in accounts:
        done = result.outcomes.results[account_id]
        change = f"{account_in_words(username, account_id)} {_OUTCOMES[done.outcome]}"
        reason = escape_control(", ".join(because) if done.outcome in _TRUSTED else done.remark)
        if done.outcome is Outcome.FAILED:
            yield Text(f"{change}: {reason}; the next run looks again", style="red")
        elif done != LEFT_ALONE:
            yield Text(f"{change}: {reason}")


def _would_approve(result: RunResult) -> Iterator[Text]:
    """Whom the next run would approve, in one line."""
    cases = [e for e in result.plan.cases if _outcome(result, e) is Outcome.WOULD_APPROVE]
    names = [account_in_words(each.account.username, each.account.id) for each in cases]
    if names:
        more = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
        yield Text(f"Would be approved: {', '.join(names[:_NAMED] + more)}.", style="green")


def _outcome(result: RunResult, case: Case) -> Outcome:
    return result.outcomes.results[case.account.id].outcome


def _vetoed(result: RunResult) -> Iterator[Text]:
    """Who is left to a person, and why, if the run acted."""
    cases = [case for case in result.plan.cases if case.judgement.verdict is Verdict.VETO]
    for case in cases[:_NAMED] if result.acted else ():
        name = account_in_words(case.account.username, case.account.id)
        yield Text(f"{name} vetoed: {escape_control(case.judgement.explanation)}")
    if result.acted and len(cases) > _NAMED:
        yield Text(f"{len(cases) - _NAMED} more vetoed: see glaab dry-run --verdict veto.")


def summary(result: RunResult) -> Iterator[Text]:
    """How many there are of each verdict, and what went wrong."""
    counts, brake = result.counts, result.outcomes.brake
    verdicts = "{pending} pending: {approve} trusted, {hold} held, {veto} vetoed, {wait} waiting."
    if not result.has_seen_accounts:
        verdicts = "Nobody was looked at."  # how many are pending is not known
    recovered = "recovered" if result.acted else "to recover"
    counted = verdicts + " {approved} approved, {recovered} " + recovered + ", {failed} failed."
    yield Text(counted.format_map(counts), style="bold")
    yield from (Text(line, style="yellow") for line in _consequences(result))
    if result.outcomes.cut_short and counts["approved"]:
        yield Text("Time was up: those who are trusted and unchanged wait for the next run.")
    elif result.outcomes.cut_short:
        yield Text(
            "Time was up before anybody was approved: if the next run says so again, raise"
            " GLAAB_DEADLINE_S, and the limit of whatever starts glaab above it."
        )
    if result.acted:
        yield from (Text(line, style="yellow") for line in _who_waits(result))
    if brake.stopped:
        yield Text(_stop(brake), style="bold red")
    yield request_counts(result)


def request_counts(result: RunResult | DiffResult) -> Text:
    """How many requests each system had that was needed."""
    requests = (
        f"{system} {result.requests.get(system, 0)}"
        for system in result.systems
        if system in result.outages or system in result.asked
    )
    return Text(f"Requests: {', '.join(requests) or 'none'}.")


def _stop(brake: Brake) -> str:
    """Why the brake holds everybody back, and what to do; short if that was said before."""
    if brake.stood:
        return f"The safety brake still stands: {brake.would_approve} trusted accounts wait."
    before = (
        f" beside {brake.approved_before} that looks have approved since the last full run began,"
        if brake.approved_before
        else ""
    )
    return (
        f"The safety brake stops the run: {brake.would_approve} accounts would be approved,{before}"
        f" more than the limit of {brake.limit} (GLAAB_MAX_APPROVALS), so nobody is. Look at"
        " them with glaab dry-run; if all is well, run glaab approve --max-approvals"
        f" {brake.would_approve}."
    )


def _consequences(result: RunResult) -> Iterator[str]:
    """What went wrong: which system, why, and what follows."""
    waiting = len(_waiting(result)[0])
    waits = "1 account waits" if waiting == 1 else f"{waiting} accounts wait"
    for system in result.systems:
        if reason := result.plan.outages.get(system):
            effect = (
                "the queue could not be read" if system == GITLAB else f"{waits} for the next run"
            )
            failure = f"{system} gave no usable answer: {escape_control(reason)}"
            yield f"{failure}; {effect}, nobody was refused."
    for failure in result.outcomes.log_failures:
        yield f"{escape_control(failure)}; the next run writes what is missing."
    not_logged = result.outcomes.not_logged
    if named := [account_in_words(each.username, each.account_id) for each in not_logged]:
        more = [f"and {len(named) - _NAMED} more"] if len(named) > _NAMED else []
        yield f"Approved earlier, not yet logged: {', '.join(named[:_NAMED] + more)}."
    for failure in result.outcomes.notes_left_open:
        yield f"{escape_control(failure)}; the next run closes it."


def _who_waits(result: RunResult) -> Iterator[str]:
    """Why somebody waits: the five commonest reasons, and whose own data is the reason."""
    for_systems, spoilt = _waiting(result)
    reasons = Counter(case.judgement.explanation for case in for_systems).most_common()
    for reason, count in reasons[:_REASONS]:
        yield f"{count} waiting: {escape_control(reason)}"
    if others := sum(count for _, count in reasons[_REASONS:]):
        yield f"{others} waiting for other reasons: see glaab dry-run."
    for case in spoilt[:_NAMED]:
        name = account_in_words(case.account.username, case.account.id)
        yield f"{name} waiting: {escape_control(case.judgement.explanation)}"
    if len(spoilt) > _NAMED:
        yield f"{len(spoilt) - _NAMED} more waiting for their own data: see glaab dry-run."


def _waiting(result: RunResult) -> tuple[list[Case], list[Case]]:
    """Who waits for a system, and who for their own data alone."""
    cases = [case for case in result.plan.cases if case.judgement.verdict is Verdict.WAIT]
    spoilt = [case for case in cases if isinstance(case.account, UnreadableAccount)]
    return [case for case in cases if isinstance(case.account, Account)], spoilt
