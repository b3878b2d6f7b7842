"""What every source of trust can rely on: the circuit breaker, and what it need not say itself."""

from typing import ClassVar

import attrs
import pytest

from glaab.domain.errors import FailoverRestart, System, SystemUnavailable, Unreachable
from glaab.domain.evidence import Unknown
from glaab.domain.names import CN, UID
from glaab.domain.source import AnswerCache, CircuitBreaker, Lookup, Source, get
from glaab.domain.sources.gerrit import GERRIT
from tests.builders import a_proof

ROSTER = System("roster")


class Question:
    """Gives its answers one after the other, and counts how often it was asked."""

    def __init__(self, *answers: object) -> None:
        self.asked = 0
        self._answers = list(answers)

    def __call__(self) -> object:
        self.asked += 1
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def breaker():
    return CircuitBreaker(GERRIT)


# -- the circuit breaker


def test_an_answer_is_handed_on(breaker):
    assert "an answer" == breaker(Question("an answer"))
    assert (True, None) == (breaker.was_asked, breaker.outage)


def test_a_system_that_nobody_asked_is_not_down(breaker):
    assert (False, None) == (breaker.was_asked, breaker.outage)


@pytest.mark.parametrize("reason", ["connection refused", ""])
@pytest.mark.parametrize("kind", [SystemUnavailable, Unreachable])
def test_a_system_that_failed_is_not_asked_again(breaker, kind, reason):
    """Every later question gets the first failure's reason, also an empty one."""
    question = Question(kind(GERRIT, reason), "an answer")

    answers = [breaker(question) for _ in range(3)]

    assert [Unknown(f"gerrit gave no usable answer: {reason}")] * 3 == answers
    assert (1, True, reason) == (question.asked, breaker.was_asked, breaker.outage)


def test_what_came_before_the_failure_stands(breaker):
    question = Question("an answer", SystemUnavailable(GERRIT, "timed out"))

    assert ["an answer", Unknown] == [breaker(question), type(breaker(question))]


def test_an_unknown_is_an_answer_and_no_failure(breaker):
    """One group that cannot be read does not make the system unavailable."""
    question = Question(Unknown("no such group"), "an answer")

    assert [Unknown("no such group"), "an answer"] == [breaker(question), breaker(question)]
    assert breaker.outage is None


@pytest.mark.parametrize("error", [FailoverRestart("ldap-1 went away"), KeyError("a bug")])
def test_only_an_outage_breaks_the_circuit(breaker, error):
    """Another server takes over, or there is a bug: neither is an answer."""
    with pytest.raises(type(error)):
        breaker(Question(error))

    assert breaker.outage is None


# -- answers about many


@pytest.mark.parametrize(
    ("answers", "answer"),
    [
        ({"ada": "a member"}, "a member"),
        ({"ada": None}, None),
        ({}, "nobody"),
        (Unknown("timed out"), Unknown("timed out")),
    ],
)
def test_one_of_many_answers_may_be_missing_or_unknown(answers, answer):
    assert answer == get(answers, "ada", "nobody")


class Shelf:
    """Knows what is in some boxes, and remembers which it was asked about."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []

    def contents(self, boxes):
        self.asked.append(set(boxes))
        return {box: f"in {box}" for box in boxes if box != "lost"}


def test_what_is_known_is_not_asked_again(breaker):
    shelf = Shelf()
    answers = AnswerCache(breaker, shelf.contents)

    assert {"a": "in a", "b": "in b"} == answers.for_keys({"a", "b"})
    assert {"a": "in a", "b": "in b", "c": "in c"} == answers.for_keys({"b", "c"})
    assert answers == answers.for_keys({"a"})
    assert [{"a", "b"}, {"c"}] == shelf.asked


def test_what_is_asked_about_on_purpose_is_asked_again(breaker):
    shelf = Shelf()
    answers = AnswerCache(breaker, shelf.contents)

    answers.ask_about({"a"})
    answers.ask_about({"a"})

    assert [{"a"}, {"a"}] == shelf.asked


def test_what_has_no_answer_is_unknown_unless_the_source_means_something_by_it(breaker):
    contents = Shelf().contents

    assert {"lost": Unknown("no answer about lost")} == AnswerCache(breaker, contents).for_keys(
        {"lost"}
    )
    assert {"lost": ()} == AnswerCache(breaker, contents, lambda _: ()).for_keys({"lost"})


def test_an_outage_is_unknown_for_everything_that_was_asked_about(breaker):
    answers = AnswerCache(breaker, lambda keys: Question(SystemUnavailable(GERRIT, "timed out"))())

    down = Unknown("gerrit gave no usable answer: timed out")
    assert {"a": down, "b": down} == answers.for_keys({"a", "b"})


# -- what a source says only if it has it


@attrs.frozen
class OnDuty:
    """The smallest condition."""

    source: ClassVar = ROSTER
    key: ClassVar = "on_duty"
    value: str
    title: str = "the roster"


class RosterLookup(Lookup):
    def trust(self, people, conditions):
        return {}

    def vetoes(self, people, vetoes):
        return {}

    def canary(self, veto, name, extern_uid):
        return Unknown("there is no veto")

    def members(self, condition):
        return 0


class Roster(Source):
    """The smallest source: it holds trust, and nothing else."""

    name = ROSTER
    conditions = (OnDuty,)
    knows_by = UID

    def start(self, ask):
        return RosterLookup()


def test_a_source_has_no_vetoes_and_proves_nobody_unless_it_says_so():
    roster = Roster()

    assert ((), (), ()) == (roster.vetoes, roster.proves_by, roster.gives_names)
    assert not roster.in_every_digest


def test_a_source_that_proves_nobody_cannot_be_asked_who_somebody_is():
    """A bug, since no policy that would is read."""
    with pytest.raises(AssertionError, match=r"^nobody is proven here by cn$"):
        Roster().start(CircuitBreaker(ROSTER)).people(CN, ())


def test_a_lookup_has_nothing_to_confirm_and_nothing_to_show_unless_it_says_so():
    lookup = Roster().start(CircuitBreaker(ROSTER))

    lookup.confirm([a_proof()])

    assert () == lookup.profiles(a_proof())


@pytest.mark.parametrize("method", ["trust", "vetoes", "canary", "members"])
def test_a_lookup_that_leaves_something_out_cannot_be_made(method):
    methods = {name: member for name, member in vars(RosterLookup).items() if name[0] != "_"}
    del methods[method]

    with pytest.raises(TypeError, match=method):
        type("Incomplete", (Lookup,), methods)()


def test_a_source_without_questions_cannot_be_made():
    with pytest.raises(TypeError, match="start"):
        type("Incomplete", (Source,), {})()
