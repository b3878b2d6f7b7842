"""How checks are run: each alone, nobody who must not be asked, and nobody twice for nothing."""

import pytest

from glaab.domain.diagnostics import ok, problem, warning
from glaab.domain.errors import FailoverRestart, SystemUnavailable, Unreachable
from glaab.domain.sources.gerrit import GERRIT
from glaab.entrypoints.diagnostics.check_runner import CheckResult, CheckRunner
from tests.unit.diagnostics.reports import a_report

SETTINGS = "GERRIT_URL, GERRIT_USER and GERRIT_PASSWORD"
LOOK_AT_THEM = f"see that it is up, and that {SETTINGS} are right; then run glaab doctor again"
THAT_FIRST = "mend that first, then run glaab doctor again"
SILENCE = Unreachable(GERRIT, "the connection failed")


class Recorded:
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


def a_run(*looks, closed=None):
    """What comes of looking at Gerrit with these checks, each time in another area."""
    runner = CheckRunner(closed or {}, {GERRIT: SETTINGS})
    for area, recorded in zip(("gerrit", "policy"), looks, strict=False):
        runner.look(area, GERRIT, recorded.checks)
    return runner


def test_findings_are_kept_in_order():
    runner = a_run(Recorded(a=ok("so"), b=warning("so so", "do")), Recorded(c=problem("no", "do")))

    assert [
        CheckResult("gerrit", "a", ok("so")),
        CheckResult("gerrit", "b", warning("so so", "do")),
        CheckResult("policy", "c", problem("no", "do")),
    ] == runner.results
    assert ({GERRIT}, {}) == (runner.asked, runner.outages)


def test_what_nobody_is_asked_about_is_kept_like_an_answer():
    runner = a_run()

    runner.note("settings", [("variables", ok("so")), ("variables", ok("so, too"))])

    assert [
        CheckResult("settings", "variables", ok("so")),
        CheckResult("settings", "variables", ok("so, too")),
    ] == runner.results
    assert set() == runner.asked


@pytest.mark.parametrize(
    "error",
    [SystemUnavailable(GERRIT, "it answered HTTP 500"), FailoverRestart("it went away")],
)
def test_a_check_that_cannot_look_is_a_problem_and_the_others_go_on(error):
    """The remedy names the settings of that system."""
    recorded = Recorded(a=ok("so"), b=error, c=ok("so"))

    runner = a_run(recorded)

    assert ["a", "b", "c"] == recorded.titles
    assert (
        CheckResult(
            "gerrit", "b", problem(f"it could not be checked: {error.reason}", LOOK_AT_THEM)
        )
        == runner.results[1]
    )
    assert {GERRIT: error.reason} == runner.outages


def test_after_no_answer_at_all_the_system_is_left_alone():
    """Also where the policy is about it; what was not checked is named."""
    recorded = Recorded(a=ok("so"), b=SILENCE, c=ok("so"), d=ok("so"))
    of_policy = Recorded(e=ok("so"))

    runner = a_run(recorded, of_policy)

    left = problem("not checked, because gerrit gave no usable answer", THAT_FIRST)
    failed = problem("it could not be checked: the connection failed", LOOK_AT_THEM)
    assert (["a", "b"], []) == (recorded.titles, of_policy.titles)
    assert [
        CheckResult("gerrit", "b", failed),
        CheckResult("gerrit", "c, d", left),
        CheckResult("policy", "e", left),
    ] == runner.results[1:]


def test_if_the_first_check_cannot_look_the_others_are_not_run():
    """Refused credentials need not be told seven times."""
    recorded = Recorded(a=SystemUnavailable(GERRIT, "401"), b=ok("so"))

    runner = a_run(recorded)

    assert ["a"] == recorded.titles
    assert ["a", "b"] == [result.check for result in runner.results]


def test_the_first_reason_of_several_is_the_outage():
    recorded = Recorded(a=ok("so"), b=SystemUnavailable(GERRIT, "500"), c=SILENCE)

    assert {GERRIT: "500"} == a_run(recorded).outages


def test_who_must_not_be_asked_is_not():
    recorded = Recorded(a=ok("so"), b=ok("so"))

    runner = a_run(recorded, closed={GERRIT: "GERRIT_PASSWORD is wrong or missing"})

    left = problem("not checked, because GERRIT_PASSWORD is wrong or missing", THAT_FIRST)
    assert ([], set(), {}) == (recorded.titles, runner.asked, runner.outages)
    assert [CheckResult("gerrit", "a, b", left)] == runner.results


def test_a_system_without_checks_is_not_asked():
    runner = a_run(Recorded(), closed={GERRIT: "x"})

    assert ([], set()) == (runner.results, runner.asked)


# -- the report


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
    assert code == a_report(*(CheckResult("x", "y", each) for each in findings)).exit_code


def test_findings_are_counted():
    results = [CheckResult("x", "y", each) for each in (ok("a"), ok("b"), problem("c", "d"))]

    assert {"ok": 2, "warning": 0, "problem": 1} == a_report(*results).counts
