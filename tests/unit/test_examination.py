"""How checks are run: each alone, nobody who must not be asked, and nobody twice for nothing."""

import pytest

from glaab.domain.diagnostics import ok, problem, warning
from glaab.domain.errors import FailoverRestart, System, SystemUnavailable, Unreachable
from glaab.domain.ports import RunId
from glaab.entrypoints.runtime.check_runner import CheckRunner, DoctorReport, Row
from tests.builders import NOON

REMEDY = "see that it is up, and that {} are right; then run glaab doctor again"
GERRIT = REMEDY.format("GERRIT_URL, GERRIT_USER and GERRIT_PASSWORD")
THAT_FIRST = "mend that first, then run glaab doctor again"


class Asked:
    """Checks by title that answer, or fail, as they are told; knows which were run."""

    def __init__(self, **answers: object) -> None:
        self.titles: list[str] = []
        self.checks = {title: self._check(title, answer) for title, answer in answers.items()}

    def _check(self, title, answer):
        def check():
            self.titles.append(title)
            if isinstance(answer, Exception):
                raise answer
            yield answer

        return check


def examined(*looks, unasked=None):
    """What comes of looking at Gerrit with these checks, each time in another area."""
    runner = CheckRunner(unasked or {})
    for area, asked in zip(("gerrit", "policy"), looks, strict=False):
        runner.look(area, System.GERRIT, asked.checks)
    return runner


def an_examination(*rows: Row, **changes) -> DoctorReport:
    values = {
        "run": RunId("run-1"),
        "started_at": NOON,
        "finished_at": NOON,
        "version": "1.0.0",
        "policy": "sha256:0123",
        "rows": rows,
        "outages": {},
        "asked": frozenset(),
        "requests": {},
    }
    return DoctorReport(**(values | changes))


def test_findings_are_kept_in_order():
    runner = examined(Asked(a=ok("so"), b=warning("so so", "do")), Asked(c=problem("no", "do")))

    assert [
        Row("gerrit", "a", ok("so")),
        Row("gerrit", "b", warning("so so", "do")),
        Row("policy", "c", problem("no", "do")),
    ] == runner.rows
    assert ({System.GERRIT}, {}) == (runner.asked, runner.outages)


@pytest.mark.parametrize(
    "error",
    [SystemUnavailable(System.GERRIT, "it answered HTTP 500"), FailoverRestart("it went away")],
)
def test_a_check_that_cannot_look_is_a_problem_and_the_others_go_on(error):
    asked = Asked(a=ok("so"), b=error, c=ok("so"))

    runner = examined(asked)

    assert ["a", "b", "c"] == asked.titles
    assert (
        Row("gerrit", "b", problem(f"it could not be checked: {error.reason}", GERRIT))
        == runner.rows[1]
    )
    assert {System.GERRIT: error.reason} == runner.outages


def test_after_no_answer_at_all_the_system_is_left_alone():
    """Also where the policy is about it; what was not checked is named."""
    asked, named = (
        Asked(a=ok("so"), b=_silence(), c=ok("so"), d=ok("so")),
        Asked(e=ok("so")),
    )

    runner = examined(asked, named)

    left = problem("not checked, because gerrit gave no usable answer", THAT_FIRST)
    assert (["a", "b"], []) == (asked.titles, named.titles)
    assert [
        Row("gerrit", "b", problem("it could not be checked: the connection failed", GERRIT)),
        Row("gerrit", "c, d", left),
        Row("policy", "e", left),
    ] == runner.rows[1:]


def _silence():
    return Unreachable(System.GERRIT, "the connection failed")


def test_if_the_first_check_cannot_look_the_others_are_not_run():
    """Refused credentials need not be told seven times."""
    asked = Asked(a=SystemUnavailable(System.GERRIT, "401"), b=ok("so"))

    runner = examined(asked)

    assert ["a"] == asked.titles
    assert ["a", "b"] == [row.check for row in runner.rows]


def test_the_first_reason_of_several_is_the_outage():
    asked = Asked(a=ok("so"), b=SystemUnavailable(System.GERRIT, "500"), c=_silence())

    assert {System.GERRIT: "500"} == examined(asked).outages


def test_who_must_not_be_asked_is_not():
    asked = Asked(a=ok("so"), b=ok("so"))

    runner = examined(asked, unasked={System.GERRIT: "GERRIT_PASSWORD is not right"})

    left = problem("not checked, because GERRIT_PASSWORD is not right", THAT_FIRST)
    assert ([], set(), {}) == (asked.titles, runner.asked, runner.outages)
    assert [Row("gerrit", "a, b", left)] == runner.rows


def test_a_system_without_checks_is_not_asked():
    runner = examined(Asked(), unasked={System.GERRIT: "x"})

    assert ([], set()) == (runner.rows, runner.asked)


@pytest.mark.parametrize(("unasked", "may_ask"), [(System, False), ({System.GERRIT}, True)])
def test_it_is_known_whether_there_is_anybody_to_ask(unasked, may_ask):
    assert may_ask is CheckRunner(dict.fromkeys(unasked, "x")).may_ask


@pytest.mark.parametrize("system", System)
def test_every_system_that_fails_has_a_remedy_that_names_its_settings(system):
    runner = CheckRunner({})

    runner.look("x", system, {"a": Asked(a=SystemUnavailable(system, "x")).checks["a"]})

    assert "_URL" in runner.rows[0].finding.remedy or "LDAP" in runner.rows[0].finding.remedy


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([ok("so")], 0),
        ([ok("so"), warning("so so", "do")], 0),
        ([warning("so so", "do"), problem("no", "do"), ok("so")], 3),
    ],
)
def test_only_a_problem_makes_the_exit_code_three(findings, code):
    assert code == an_examination(*(Row("x", "y", each) for each in findings)).exit_code


def test_findings_are_counted():
    rows = [Row("x", "y", each) for each in (ok("a"), ok("b"), problem("c", "d"))]

    assert {"ok": 2, "warning": 0, "problem": 1} == an_examination(*rows).counts
