"""A run as the JSON document that the contract describes."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

import attrs

from glaab.adapters.record_json import evidence_json, identity_json, moment, record_json
from glaab.domain.accounts import AccountId
from glaab.domain.errors import System
from glaab.domain.identity import Unchecked
from glaab.domain.policy import Judgement, Verdict
from glaab.domain.ports import Unreadable
from glaab.domain.review import Case
from glaab.entrypoints.diagnostics.check_runner import DoctorReport
from glaab.entrypoints.render.report import Report
from glaab.entrypoints.runtime.result import DiffResult, RunResult

Json = dict[str, object]


def as_json(result: RunResult, verdicts: Collection[Verdict] = tuple(Verdict)) -> Iterator[str]:
    """One document in pieces, with these *verdicts*; text from outside is escaped to ASCII."""
    cases = chain(result.plan.cases, _recovered(result))
    shown = (case for case in cases if case.judgement.verdict in verdicts)
    return _document(result, (_account(result, case) for case in shown))


def as_json_line(result: RunResult) -> Iterator[str]:
    """The same on one line, for whoever reads one document after the other."""
    for piece in as_json(result):
        yield re.sub("\n *", "", piece)
    yield "\n"


def report_as_json(report: Report) -> Iterator[str]:
    """The same document about those who stay pending, with what only a report knows."""
    rows = (
        {
            **_account(report.result, row.case),
            "age_days": row.age_days,
            "self_description": attrs.asdict(row.case.account.self_description),
            "links": [attrs.asdict(link) for link in row.links],
        }
        for row in report.rows
    )
    return _document(report.result, rows)


def envelope(result: RunResult | DiffResult | DoctorReport) -> Json:
    """What every document begins with: the run and the systems."""
    return {
        "run": {
            "id": result.run,
            "command": result.command,
            **({"kind": result.kind} if result.kind else {}),
            "started_at": moment(result.started_at),
            "finished_at": moment(result.finished_at),
            "glaab": result.version,
            "policy": result.policy,
        },
        "systems": {system: _system(result, system) for system in result.systems},
    }


def _system(result: RunResult | DiffResult | DoctorReport, system: System) -> Json:
    requests = result.requests.get(system, 0)
    if reason := result.outages.get(system):
        return {"status": "unavailable", "reason": reason, "requests": requests}
    return {"status": "ok" if system in result.asked else "unused", "requests": requests}


def _document(result: RunResult, accounts: Iterable[Json]) -> Iterator[str]:
    after: Json = {"brake": _brake(result), "summary": result.summary}
    return document(envelope(result), accounts, after)


def document(before: Json, accounts: Iterable[Json], after: Json) -> Iterator[str]:
    """In pieces: never all accounts in memory."""
    yield json.dumps(before, indent=2).removesuffix("\n}") + ',\n  "accounts": ['
    for number, account in enumerate(accounts):
        yield f"{',' if number else ''}\n    {json.dumps(account)}"
    yield "\n  ],\n" + json.dumps(after, indent=2).removeprefix("{\n") + "\n"


def _brake(result: RunResult) -> Json:
    brake = result.outcomes.brake
    return {
        "limit": brake.limit,
        "would_approve": brake.would_approve,
        **({"approved_before": brake.approved_before} if result.kind else {}),
        "stopped": brake.stopped,
    }


def _recovered(result: RunResult) -> Iterator[Case]:
    """The approvals of earlier runs, as cases."""
    accounts = {noted.account.id: noted.account for noted in result.plan.open_notes}
    for record in result.outcomes.recovered:
        yield Case(
            account=accounts[record.account_id],
            proof=record.proof or Unchecked(record.remark),
            evidence=record.evidence,
            judgement=Judgement(Verdict.APPROVE, record.because, record.remark),
        )


def _account(result: RunResult, case: Case) -> Json:
    account, judgement = case.account, case.judgement
    done = result.outcomes.results[account.id]
    return {
        "id": account.id,
        "username": account.username or None,
        "state": account.state.value,
        "created_at": account.created_at and moment(account.created_at),
        "identity": identity_json(case.proof),
        "verdict": judgement.verdict.value,
        "because": list(judgement.because),
        "explanation": judgement.explanation,
        "evidence": evidence_json(case.evidence),
        "outcome": done.outcome.value,
        **({"remark": done.remark} if done.remark else {}),
        **_approval(result, account.id),
    }


def _approval(result: RunResult, account: AccountId) -> Json:
    """How glaab approved the account, if that was asked."""
    if result.plan.approvals is None:
        return {}
    match result.plan.approvals.get(account):
        case None:
            return {"approval": None}
        case Unreadable(reason):
            return {"approval": {"unreadable": reason}}
        case record:
            return {"approval": record_json(record)}
