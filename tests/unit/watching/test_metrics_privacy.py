"""Metrics are for everybody who can reach the port: they tell numbers, and nothing of anybody."""

import attrs
from prometheus_client import generate_latest

from glaab.domain.accounts import AccountId, Username
from glaab.domain.policy import Verdict
from glaab.entrypoints.watching.metrics import WatchMetrics
from glaab.entrypoints.watching.outages import Outage
from tests.builders import NOON, a_proof, an_account
from tests.unit.exposed_metrics import exposed_metrics
from tests.unit.results import SYSTEMS, a_case, a_run


def test_every_label_is_a_verdict_a_system_or_a_bound():
    labels = {
        name: value
        for metric in exposed_metrics()
        for sample in metric.samples
        for name, value in sample.labels.items()
        if value not in (*Verdict, *SYSTEMS)
    }

    assert {"le"} == set(labels)


def test_nobody_is_named_and_no_reason_is_told():
    """Neither an account nor whoever is behind it, and nothing that a system said."""
    metrics = WatchMetrics(SYSTEMS)
    account = an_account(id=AccountId(987654), username=Username("s3cret-user"))
    case = a_case(1, Verdict.VETO, account=account, proof=a_proof("s3cret-uid", "s3cret-cn"))
    outage = Outage(SYSTEMS[0], "s3cret-reason", 0, NOON)

    for kind in ("full-run", "look"):
        run = a_run(case, command="watch", outages={outage.system: outage.reason})
        metrics.note(attrs.evolve(run, kind=kind), (outage,), is_standing=True)

    text = generate_latest(metrics.registry).decode()
    assert "s3cret" not in text
    assert "987654" not in text
