"""A run as the JSON document that the contract describes."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain

import attrs

from glaab.adapters.record_json import evidence_json, identity_json, moment
from glaab.domain.accounts import Account
from glaab.domain.errors import System
from glaab.domain.outcome import Result
from glaab.domain.policy import Verdict
from glaab.domain.ports import ApprovalRecord
from glaab.domain.review import Case
from glaab.entrypoints.render.report import Report
from glaab.entrypoints.runtime.result import RunResult

Json = dict[str, object]


def as_json(result: RunResult) -> Iterator[str]:
    """One document in pieces; text from outside is escaped to ASCII."""
    judged = (_judged(result, case) for case in result.plan.cases)
    return _document(result, chain(judged, _recovered(result)))


def report_as_json(report: Report) -> Iterator[str]:
    """The same document about those who stay pending, with what only a report knows."""
    return _document(
        report.result,
        (
            {
                **_judged(report.result, row.case),
                "age_days": row.age_days,
                "links": [attrs.asdict(link) for link in row.links],
            }
            for row in report.rows
        ),
    )


def _document(result: RunResult, accounts: Iterable[Json]) -> Iterator[str]:
    """
    An account is one line and one piece, so that the whole is never in memory.

    Every text stands in one piece, so that a secret in it can be redacted there.
    """
    before = {
        "run": {
            "id": result.run,
            "command": result.command,
            "started_at": moment(result.started_at),
            "finished_at": moment(result.finished_at),
            "glaab": result.version,
            "policy": result.policy,
        },
        "systems": {system: _system(result, system) for system in result.systems},
    }
    after = {
        "brake": {
            "limit": result.outcomes.brake.limit,
            "would_approve": result.outcomes.brake.would_approve,
            "stopped": result.outcomes.brake.stopped,
        },
        "summary": result.counts,
    }
    yield json.dumps(before, indent=2).removesuffix("\n}") + ',\n  "accounts": ['
    for number, account in enumerate(accounts):
        yield f"{',' if number else ''}\n    {json.dumps(account)}"
    yield "\n  ],\n" + json.dumps(after, indent=2).removeprefix("{\n") + "\n"


def _system(result: RunResult, system: System) -> Json:
    requests = result.requests.get(system, 0)
    if reason := result.outage(system):
        return {"status": "unavailable", "reason": reason, "requests": requests}
    return {"status": "ok" if result.was_used(system) else "unused", "requests": requests}


def _judged(result: RunResult, case: Case) -> Json:
    return {
        **_account(case.account),
        "identity": identity_json(case.proof),
        **_judgement(case),
        "evidence": evidence_json(case.evidence),
        **_outcome(result.outcomes.results[case.account.id]),
    }


def _recovered(result: RunResult) -> Iterable[Json]:
    accounts = {noted.account.id: noted.account for noted in result.plan.open_notes}
    for record in result.outcomes.recovered:
        yield {
            **_account(accounts[record.account_id]),
            "identity": identity_json(record.proof),
            **_recovery(record),
            "evidence": evidence_json(record.evidence),
            **_outcome(result.outcomes.results[record.account_id]),
        }


def _account(account: Account) -> Json:
    return {
        "id": account.id,
        "username": account.username,
        "state": account.state.value,
        "created_at": moment(account.created_at),
    }


def _judgement(case: Case) -> Json:
    judgement = case.judgement
    return {
        "verdict": judgement.verdict.value,
        "because": list(judgement.because),
        "explanation": judgement.explanation,
    }


def _recovery(record: ApprovalRecord) -> Json:
    return {
        "verdict": Verdict.APPROVE.value,
        "because": list(record.because),
        "explanation": record.remark,
    }


def _outcome(result: Result) -> Json:
    said = {"outcome": result.outcome.value}
    return {**said, "remark": result.remark} if result.remark else {**said}
