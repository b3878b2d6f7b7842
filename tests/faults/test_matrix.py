"""
Every request of every system, and everything that can happen to it.

The requests are those that a healthy run sends, the faults are those of `faults.py`; nothing is
listed by hand. Each cell is a test of its own, so that a failing one can be run again by its
name. A cell is a fresh installation, an approving run with the fault, and a healthy run.
Coverage is not measured meanwhile: it would take three times as long.
"""

import re
from collections import Counter

import pytest

from glaab.domain.errors import GITLAB, FailoverRestart, SystemUnavailable
from glaab.domain.sources.directory import DIRECTORY
from tests.faults.harness import Installation, Result
from tests.faults.matrix import by_name, cells, hiccups, spoilt_cells

pytestmark = [pytest.mark.usefixtures("socket_disabled"), pytest.mark.no_cover]

CELLS, SPOILT, HICCUPS = by_name(cells()), by_name(spoilt_cells()), by_name(hiccups())
NO_FAULTS = {
    "gerrit-01 GET r/a/accounts, without [].inactive": "what Gerrit says of active accounts",
    "gitlab-01 GET users exclude_active, null [].identities.[].extern_uid": "nobody is proven",
}
"""Answers that differ from the true one and are as good, by the systems' documentation."""
FAULTY = {name: cell for name, cell in SPOILT.items() if name not in NO_FAULTS}


@pytest.fixture
def installation(tmp_path):
    return Installation.healthy(tmp_path / "it")


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_fault(tmp_path, cell):
    """It adds no approval, loses none, and is told: by the exit code, and in words."""
    endure(cell.installed(tmp_path / "it"), cell)


@pytest.mark.parametrize("cell", FAULTY.values(), ids=FAULTY)
def test_an_answer_that_is_spoilt(tmp_path, cell):
    """The same, of a field that is missing or of another type."""
    endure(cell.installed(tmp_path / "it"), cell)


def test_the_answers_that_are_no_faults_are_among_the_generated():
    assert SPOILT.keys() >= NO_FAULTS.keys()


@pytest.mark.parametrize("cell", HICCUPS.values(), ids=HICCUPS)
def test_a_hiccup(tmp_path, cell):
    """A read that fails in transit once is repeated, and nobody notices."""
    installation = cell.installed(tmp_path / "it")
    faults = [*[None] * cell.sent.position, cell.fault.intervene]
    installation.http[cell.sent.system].faults += faults

    run = installation.run("approve")

    assert 0 == run.code
    assert is_done(installation)
    assert 1 == len(installation.slept_s)


@pytest.mark.parametrize("position", range(3))
@pytest.mark.parametrize("lasts", [False, True])
def test_the_directory(installation, position, lasts):
    """The same, of each question to the directory."""
    fault = SystemUnavailable(DIRECTORY, "it is down")
    installation.directory.faults += [*[None] * position, fault]
    installation.directory.always = fault if lasts else None

    run = installation.run("approve")

    assert_nobody_else(installation)
    assert 3 == run.code
    assert {3} == expected_codes(run)
    assert re.search(r"directory gave no usable answer: it is down; \d accounts wait", run.out)
    assert_finished_by_a_healthy_run(installation)


def test_another_directory_server(installation):
    """When one server fails in the middle, everything is asked again, and nobody waits."""
    installation.directory.faults += [None, None, FailoverRestart("ldap://one: it is down")]

    run = installation.run("approve")

    assert 0 == run.code
    assert is_done(installation)


# -- what must hold


def endure(installation: Installation, cell) -> None:
    cell.strike(installation)

    form = "json" if cell.lasts else "text"
    run = installation.run("approve", "--format", form, **cell.environ)

    print(run.code, run.out, run.err, sep="\n")  # noqa: T201  # shown of a cell that fails
    assert [] == installation.errors()
    assert_nobody_else(installation)
    assert_logged_what_happened(installation)
    assert run.code in expected_codes(run)
    if cell.lasts:
        assert_document_agrees(run)
    else:
        assert_told(installation, run, cell)
    if not is_done(installation):
        assert_finished_by_a_healthy_run(installation)


def assert_nobody_else(installation: Installation) -> None:
    """No fault adds an approval, or changes an account in any other way."""
    users = installation.gitlab.simulator.users.values()
    assert set(installation.approved()) <= set(installation.trusted)
    assert {"active", "blocked_pending_approval"} == {str(each.state) for each in users}


def assert_logged_what_happened(installation: Installation) -> None:
    """Nobody is in a log who was not approved, or twice."""
    recovered = set(installation.entitled) - set(installation.trusted)
    approved = {*installation.approved(), *recovered}
    for entries in (installation.wiki_entries(), installation.file_entries()):
        assert {1} >= set(Counter(entries).values())
        assert approved >= set(entries)


def expected_codes(run: Result) -> set[int]:
    """
    The exit code that the contract gives to what the run said of itself.

    Of an account that waits for its own data alone it depends on the time of day.
    """
    (end,) = run.events("run_finished")
    outages = {each["system"] for each in run.events("system_unavailable")}
    spoilt = len(run.events("account_unreadable"))
    if run.events("approval_failed") or run.events("record_not_written"):
        return {4}
    if end["wait"] > spoilt or GITLAB in outages:
        return {3}
    return {0, 3} if spoilt else {0}


def assert_document_agrees(run: Result) -> None:
    """The JSON document tells of the same failures as the messages."""
    outages = {each["system"] for each in run.events("system_unavailable")}
    failed = [each["account"] for each in run.events("approval_failed")]
    accounts = run.document["accounts"]
    systems = run.document["systems"]
    down = {name for name, each in systems.items() if each["status"] == "unavailable"}

    assert outages == down - {"audit_log"}
    assert "audit_log" not in down or run.code == 4
    assert all(systems[name]["reason"] for name in down)
    assert failed == [each["id"] for each in accounts if has_failed(each)]
    assert all(each["remark"] for each in accounts if each["outcome"] == "failed")
    assert run.document["summary"]["wait"] == sum(each["verdict"] == "wait" for each in accounts)


def has_failed(account: dict[str, object]) -> bool:
    """Whether it was to be approved now; what earlier runs approved is told in one line."""
    is_earlier = str(account.get("remark")).startswith("approved earlier, not yet logged")
    return account["outcome"] == "failed" and not is_earlier


CONSEQUENCE = "nobody was refused|the next run"


def assert_told(installation: Installation, run: Result, cell) -> None:
    """What is not done is said: of which system, why, and what follows."""
    lines = lines_of_trouble(run)
    for line in lines:
        assert re.search(cell.sent.system, line, re.IGNORECASE)
        assert re.search(cell.fault.says, line)
        assert re.search(CONSEQUENCE, line)
    assert lines or (run.code == 0 and is_done(installation)) or "changed meanwhile" in run.out


def lines_of_trouble(run: Result) -> list[str]:
    marks = "gave no usable answer|may or may not|FAILED|still open|waiting: "
    return [line for line in run.out.splitlines() if re.search(marks, line)]


def is_done(installation: Installation) -> bool:
    """Whether all that a healthy run does is done."""
    return (
        installation.trusted == installation.approved()
        and installation.entitled == installation.wiki_entries() == installation.file_entries()
        and [] == installation.notes_left_open()
    )


def assert_finished_by_a_healthy_run(installation: Installation, **changes: str) -> None:
    """Everything is approved, logged once and settled."""
    installation.heal()

    run = installation.run("approve", **changes)

    assert 0 == run.code
    assert is_done(installation)
