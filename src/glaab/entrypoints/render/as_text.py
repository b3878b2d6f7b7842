"""A run as text for people: the story of each account, and a summary."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from glaab.adapters.record_json import answer_word
from glaab.domain.accounts import Account, AccountState
from glaab.domain.errors import GITLAB, System
from glaab.domain.evidence import Evidence, Kind
from glaab.domain.identity import Proof, Proven, Unproven
from glaab.domain.outcome import Outcome, Result
from glaab.domain.policy import Verdict, ways_to_trust
from glaab.domain.review import Case
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.render.names import names_in_words
from glaab.entrypoints.render.wrapping import wrap_lines
from glaab.entrypoints.runtime.result import RunResult

_STYLES = {"yes": "green", "no": "dim", "unknown": "yellow", "not-asked": "dim"}
VERDICT_STYLES = {
    Verdict.APPROVE: "bold green",
    Verdict.HOLD: "bold",
    Verdict.VETO: "bold red",
    Verdict.WAIT: "bold yellow",
}
_INDENT = 12
_REASONS = 5
_TOLD = {
    Outcome.APPROVED: "approved",
    Outcome.WOULD_APPROVE: "would be approved",
    Outcome.ALREADY_APPROVED: "approved by somebody else meanwhile",
    Outcome.WITHDRAWN: "not approved: changed meanwhile",
    Outcome.UNCHANGED: "stays pending",
    Outcome.RECOVERED: "approved by an earlier run, logged now",
    Outcome.WOULD_RECOVER: "approved by an earlier run, would be logged now",
    Outcome.FAILED: "FAILED",
}


def as_text(result: RunResult, *, color: bool) -> None:
    """Print the run: what changed if it acted, everybody's story if it only looked."""
    stories = () if result.acted else result.plan.cases
    lines = [line for case in stories for line in _story(result, case)]
    _print([*lines, *_changes(result), *summary(result)], color=color)


def page_as_text(page: str, *, color: bool) -> None:
    """Print a log page that would be gone with the process."""
    title = Text("\nThe audit log now reads:\n", style="bold")
    _print([title, *(Text(escape_control(line)) for line in page.splitlines())], color=color)


def _print(lines: Iterable[Text], *, color: bool) -> None:
    console = Console(color_system="auto" if color else None, highlight=False)
    placed = ((line, _INDENT if line.plain.startswith("  ") else 0) for line in lines)
    console.file.write(wrap_lines(placed, console))


# -- the story of one account


def _story(result: RunResult, case: Case) -> Iterator[Text]:
    account, judgement = case.account, case.judgement
    done = result.outcomes.results[account.id]
    outcome, remark = done.outcome, done.remark
    told = _TOLD[outcome] if account.state is AccountState.PENDING else f"is {account.state}"
    style = VERDICT_STYLES[judgement.verdict]
    yield Text.assemble((_name(account), "bold"), f", since {_day(account)}: ", (told, style))
    yield _line("identity", _identity(case))
    for item in case.evidence:
        yield _evidence(item)
    yield _line("verdict", f"{judgement.verdict}. {judgement.explanation}", style)
    if outcome is Outcome.UNCHANGED and remark:
        yield _line("note", remark)
    if result.command == "explain":
        yield from _what_else(case, outcome)
    yield Text()


def _identity(case: Case) -> str:
    proof = case.proof
    if isinstance(proof, Proven):
        claimed = f'{proof.identity.provider} "{proof.identity.extern_uid}"'
        return f"{claimed} is {names_in_words(proof)}"
    what = "not proven" if isinstance(proof, Unproven) else "could not be looked up"
    return f"{what}: {proof.reason}{_claimed(case.account)}"


def _claimed(account: Account) -> str:
    claims = ", ".join(f'{each.provider} "{each.extern_uid}"' for each in account.identities)
    return f" (it carries {claims})" if claims else ""


def _evidence(item: Evidence) -> Text:
    word = answer_word(item.answer)
    kind = "trust" if item.kind is Kind.TRUST else "veto"
    return Text.assemble(
        f"  {kind:<9} ",
        (f"{word:<9} ", _STYLES[word]),
        (f"{escape_control(item.rule)} ", "bold" if word == "yes" else ""),
        f"[{item.system}] ",
        escape_control(item.answer.detail),
    )


def _what_else(case: Case, outcome: Outcome) -> Iterator[Text]:
    """What would help, or could keep it waiting; more trust helps nobody who has some."""
    if outcome is Outcome.WOULD_APPROVE:
        yield _line("unless", "the safety brake stops that run: glaab dry-run tells")
    if case.judgement.because:
        return
    advice = [f"{way} ({rule})" for rule, way in ways_to_trust(case.evidence).items()]
    for way in [*_proof_advice(case.proof), *advice]:
        yield _line("changes", way)


def _proof_advice(proof: Proof) -> list[str]:
    return [proof.advice] if isinstance(proof, Unproven) and proof.advice else []


def _line(title: str, text: str, style: str = "") -> Text:
    return Text.assemble(f"  {title:<9} ", (escape_control(text), style))


def _name(account: Account) -> str:
    return f"@{escape_control(account.username)} ({account.id})"


def _day(account: Account) -> str:
    return f"{account.created_at:%Y-%m-%d}"


# -- what changed


def _changes(result: RunResult) -> Iterator[Text]:
    """One line for each account that changed, or should have."""
    for case in result.plan.cases if result.acted else ():
        done = result.outcomes.results[case.account.id]
        if done.outcome is not Outcome.UNCHANGED or done.remark:
            said = ", ".join(case.judgement.because)
            yield _change(_name(case.account), done, said)
    for record in result.outcomes.recovered:
        done = result.outcomes.results[record.account_id]
        name = f"@{escape_control(record.username)} ({record.account_id})"
        yield _change(name, done, ", ".join(record.because) or record.remark)


def _change(name: str, done: Result, because: str) -> Text:
    """What became of somebody, and why; what follows, if it went wrong."""
    told = f"{name} {_TOLD[done.outcome]}"
    if done.outcome is Outcome.FAILED:
        return Text(f"{told}: {escape_control(done.remark)}; the next run looks again", style="red")
    is_trust = done.outcome in (Outcome.APPROVED, Outcome.RECOVERED, Outcome.WOULD_RECOVER)
    return Text(f"{told}: {escape_control(because if is_trust else done.remark)}")


# -- the summary


def summary(result: RunResult) -> Iterator[Text]:
    """How many there are of each verdict, and what went wrong."""
    counts = result.counts
    looked = (
        f"{counts['pending']} pending: {counts['approve']} trusted, {counts['hold']} held,"
        f" {counts['veto']} vetoed, {counts['wait']} waiting."
    )
    if GITLAB in result.plan.outages and not result.plan.cases:
        looked = "Nobody was looked at."  # how many are pending is not known
    recovered = "recovered" if result.acted else "to recover"
    yield Text(
        f"{looked} {counts['approved']} approved, {counts['recovered']} {recovered},"
        f" {counts['failed']} failed.",
        style="bold",
    )
    yield from _consequences(result)
    yield from _who_waits(result)
    brake = result.outcomes.brake
    if brake.stopped:
        yield Text(
            f"The safety brake stops the run: {brake.would_approve} accounts would be approved,"
            f" more than the {brake.limit} of GLAAB_MAX_APPROVALS, so nobody is. Look at them"
            " with glaab dry-run; if all is well, run glaab approve --max-approvals"
            f" {brake.would_approve}.",
            style="bold red",
        )
    yield Text("Requests: " + ", ".join(_usage(result, system) for system in result.systems) + ".")


def _consequences(result: RunResult) -> Iterator[Text]:
    """What went wrong: which system, why, and what follows."""
    waiting = result.counts["wait"]
    waits = "1 account waits" if waiting == 1 else f"{waiting} accounts wait"
    for system in result.systems:
        if reason := result.plan.outages.get(system):
            follows = f"{waits} for the next run, nobody was refused"
            if system == GITLAB:
                follows = "the queue could not be read, nobody was refused"
            yield Text(
                f"{system} gave no usable answer: {escape_control(reason)}; {follows}.",
                style="yellow",
            )
    for said in result.outcomes.log_failures:
        yield Text(f"{escape_control(said)}; the next run writes what is missing.", style="yellow")
    for said in result.outcomes.notes_left_open:
        yield Text(f"{escape_control(said)}; the next run closes it.", style="yellow")
    if result.outcomes.cut_short:
        yield Text("Time was up: those who are trusted and unchanged wait for the next run.")


def _who_waits(result: RunResult) -> Iterator[Text]:
    """Why somebody waits, which makes the exit code 3; the five commonest reasons."""
    reasons = Counter(
        case.judgement.explanation
        for case in (result.plan.cases if result.acted else ())
        if case.judgement.verdict is Verdict.WAIT
    )
    first, others = reasons.most_common(_REASONS), reasons.most_common()[_REASONS:]
    for reason, count in first:
        yield Text(f"{count} waiting: {escape_control(reason)}", style="yellow")
    if others:
        more = sum(count for _, count in others)
        yield Text(f"{more} waiting for other reasons: see glaab dry-run.", style="yellow")


def _usage(result: RunResult, system: System) -> str:
    if result.outage(system) or result.was_used(system):
        return f"{system} {result.requests.get(system, 0)}"
    return f"{system} unused"
