"""The metrics that the service serves."""

from prometheus_client import generate_latest

from glaab.domain.errors import GITLAB
from glaab.domain.outcome import Outcome, Result
from glaab.domain.policy import Verdict
from glaab.domain.sources.directory import DIRECTORY
from glaab.entrypoints.watching.metrics import WatchMetrics
from glaab.entrypoints.watching.outages import Outage
from tests.builders import NOON, a_record
from tests.unit.results import SYSTEMS, a_case, a_run


def samples(metrics) -> dict[str, float]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def noted(*results, outages=(), is_standing=False):
    metrics = WatchMetrics(SYSTEMS)
    for result in results:
        metrics.note(result, outages, is_standing=is_standing)
    return samples(metrics)


def test_before_anything_has_happened_nothing_is_told_of_a_run():
    told = noted()

    assert "glaab_exit_code" not in told
    assert (0, 0) == (told["glaab_looks_total"], told["glaab_full_runs_total"])


def test_looks_and_full_runs_are_counted_apart():
    look = a_run(a_case(1, Verdict.HOLD), kind="look")

    told = noted(a_run(a_case(7, Verdict.VETO), kind="full-run"), look, look)

    assert (2, 1) == (told["glaab_looks_total"], told["glaab_full_runs_total"])
    assert NOON.timestamp() == told["glaab_last_look_timestamp_seconds"]
    assert {"approve": 0, "hold": 2, "veto": 0, "wait": 0} == {
        verdict: told[f'glaab_newcomers_total{{verdict="{verdict}"}}'] for verdict in Verdict
    }


def test_the_last_full_run_is_told_as_in_the_metrics_file():
    """A look does not change that."""
    told = noted(a_run(a_case(7, Verdict.VETO), kind="full-run"), a_run(kind="look"))

    assert 1 == told["glaab_pending"] == told['glaab_verdicts{verdict="veto"}']
    assert told["glaab_last_run_timestamp_seconds"] == told["glaab_last_success_timestamp_seconds"]


def test_a_full_run_that_fails_leaves_the_time_of_the_last_success():
    failed = a_run(kind="full-run", outages={GITLAB: "refused"})

    told = noted(failed)
    assert 3 == told["glaab_exit_code"]
    assert "glaab_last_success_timestamp_seconds" not in told

    assert "glaab_last_success_timestamp_seconds" in noted(a_run(kind="full-run"), failed)


def test_the_time_from_sign_up_to_approval_is_of_those_who_were_approved():
    """Not of those whom an earlier run approved; and it is never negative."""
    records = (
        a_record(account_id=1, created_at=NOON.replace(minute=0, second=0)),
        a_record(account_id=2, created_at=NOON.replace(minute=9)),
        a_record(account_id=3),
    )
    approved, recovered = Result(Outcome.APPROVED), Result(Outcome.RECOVERED)
    results = {1: approved, 2: approved, 3: recovered}

    told = noted(a_run(kind="look", unlogged=records, results=results))

    assert 2 == told["glaab_signup_to_approval_seconds_count"]
    assert 2 == told['glaab_signup_to_approval_seconds_bucket{le="1.0"}']
    assert 0 == told["glaab_signup_to_approval_seconds_sum"]


def test_outages_and_the_brake_are_told_while_they_last():
    told = noted(a_run(kind="look"), outages=[Outage(DIRECTORY, "down", 0, NOON)], is_standing=True)

    assert 1 == told['glaab_outage{system="directory"}'] == told["glaab_brake_standing"]
    assert 0 == told['glaab_outage{system="gitlab"}']
    assert 0 == noted(a_run(kind="look"))["glaab_brake_standing"]
