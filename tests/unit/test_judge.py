"""The verdict on every combination of answers, held against the table of the product page."""

from itertools import product

import pytest

from glaab.domain.errors import GITLAB
from glaab.domain.evidence import Evidence, Kind, No, NotAsked, Unknown, Yes
from glaab.domain.identity import Unchecked, Unproven
from glaab.domain.policy import MARKED, Judgement, Rule, Verdict, judge
from glaab.domain.sources.directory import DIRECTORY, InDirectoryGroup
from glaab.domain.sources.gerrit import GERRIT, INACTIVE, InGerritGroup
from glaab.domain.sources.phabricator import PHABRICATOR, InPhabricatorProject
from tests.builders import a_policy, a_proof

TWICE = Rule("Vouched for twice", (InPhabricatorProject("trusted"), InGerritGroup("Trusted")))
MEMBER = Rule("Toolforge member", (InDirectoryGroup("project-tools"),))
POLICY = a_policy(TWICE, MEMBER)

QUESTIONS = (
    (TWICE.name, Kind.TRUST, PHABRICATOR),
    (TWICE.name, Kind.TRUST, GERRIT),
    (MEMBER.name, Kind.TRUST, DIRECTORY),
    ("Marked by an administrator", Kind.VETO, GITLAB),
    ("Directory entry locked", Kind.VETO, DIRECTORY),
    ("Phabricator account disabled", Kind.VETO, PHABRICATOR),
    ("Gerrit account inactive", Kind.VETO, GERRIT),
)
ANSWERS = {
    "yes": Yes("so it is"),
    "no": No("so it is not"),
    "unknown": Unknown("timed out"),
    "not-asked": NotAsked(),
    "missing": None,
}
ITEMS = [
    {word: Evidence(*question, answer) for word, answer in ANSWERS.items() if answer}
    for question in QUESTIONS
]


def evidence(*words):
    return [items[word] for items, word in zip(ITEMS, words, strict=True) if word in items]


def expected(*words):
    """Written from the product page alone: a verdict, and the rules that are satisfied."""
    sure = [word if word in ("yes", "no") else "?" for word in words]
    twice, member, vetoes = sure[0:2], sure[2], sure[3:]
    because = (TWICE.name,) * (twice == ["yes", "yes"]) + (MEMBER.name,) * (member == "yes")
    if because:
        if "yes" in vetoes:
            return "veto", because
        return ("wait" if "?" in vetoes else "approve"), because
    neither = "no" in twice and member == "no"
    return ("hold" if neither else "wait"), because


@pytest.fixture(scope="module")
def judgements():
    """The judgement on each of the 78,125 combinations."""
    proof = a_proof()
    return {
        words: judge(POLICY, proof, evidence(*words))
        for words in product(ANSWERS, repeat=len(QUESTIONS))
    }


def test_every_combination_gets_the_verdict_of_the_table(judgements):
    """What is missing or was not asked is not known; `because` is complete, in policy order."""
    wrong = {
        words: judgement
        for words, judgement in judgements.items()
        if expected(*words) != (judgement.verdict, judgement.because)
    }

    assert {} == wrong


def test_every_judgement_says_why(judgements):
    assert {True} == {
        judgement.explanation.endswith(".") and len(judgement.explanation) > 20
        for judgement in judgements.values()
    }


def better(place, word):
    """What may have become *word* by a Yes to a rule lost, a Yes to a veto won, or silence."""
    if word not in ("yes", "no") or (place >= 3 and word == "yes"):
        return ANSWERS.keys()
    return {"yes"} if place < 3 else set()


def test_worse_answers_never_let_anybody_in(judgements):
    """Whoever is approved is approved as well with any answer that is better."""
    approved = [
        words for words, judgement in judgements.items() if judgement.verdict is Verdict.APPROVE
    ]

    kept_out = {
        (*words[:place], other, *words[place + 1 :])
        for words in approved
        for place, word in enumerate(words)
        for other in better(place, word)
    } - set(approved)

    assert approved
    assert set() == kept_out


def test_without_a_satisfied_rule_vetoes_are_not_read(judgements):
    """So that asking more than needed changes neither the verdict nor a word of the reason."""
    nobody_asked = ("not-asked",) * 4

    assert {True} == {
        judgements[(*words[:3], *nobody_asked)] == judgement
        for words, judgement in judgements.items()
        if not judgement.because
    }


def test_the_order_of_evidence_does_not_matter():
    words = ("yes", "unknown", "yes", "no", "no", "no", "no")

    there, back = evidence(*words), evidence(*words)[::-1]

    assert judge(POLICY, a_proof(), there) == judge(POLICY, a_proof(), back)


def test_only_answers_to_the_policys_own_questions_count():
    """Another rule's Yes, a veto's name as a rule's, another system's answer: nothing."""
    strange = [
        Evidence("Friend of a friend", Kind.TRUST, DIRECTORY, Yes("")),
        Evidence(MEMBER.name, Kind.VETO, DIRECTORY, Yes("")),
        Evidence(MEMBER.name, Kind.TRUST, GERRIT, Yes("")),
    ]

    assert Verdict.WAIT is judge(POLICY, a_proof(), strange).verdict


def test_a_veto_that_the_policy_leaves_out_is_not_read():
    policy = a_policy(MEMBER, vetoes=(MARKED,))
    words = ("missing", "missing", "yes", "no", "yes", "unknown", "missing")

    assert Verdict.APPROVE is judge(policy, a_proof(), evidence(*words)).verdict


EXPLANATIONS = [
    (
        Unchecked("connection refused"),
        [],
        Verdict.WAIT,
        "Who this is could not be looked up: connection refused. It is looked at again in the"
        " next run.",
    ),
    (
        Unproven("no sign-in proves who this is", "sign in once"),
        evidence(*["yes"] * 3, *["no"] * 4),
        Verdict.HOLD,
        "No sign-in proves who this is. Sign in once.",
    ),
    (Unproven("it names nobody"), [], Verdict.HOLD, "It names nobody."),
    (
        a_proof(),
        evidence("no", "unknown", "no", *["no"] * 4),
        Verdict.HOLD,
        "No system vouches for this person yet. An administrator of GitLab has to decide.",
    ),
    (
        a_proof(),
        [
            Evidence(TWICE.name, Kind.TRUST, PHABRICATOR, No("", "link your account")),
            Evidence(TWICE.name, Kind.TRUST, GERRIT, No("", "ask to be added")),
            Evidence(MEMBER.name, Kind.TRUST, DIRECTORY, No("", "link your account")),
            Evidence(MARKED.title, Kind.VETO, GITLAB, No("", "not for newcomers")),
        ],
        Verdict.HOLD,
        "No system vouches for this person yet. Any one of these helps: link your account, and"
        " ask to be added; link your account.",
    ),
    (
        a_proof(),
        [
            Evidence(TWICE.name, Kind.TRUST, PHABRICATOR, No("", "link your account")),
            Evidence(TWICE.name, Kind.TRUST, GERRIT, No("nothing helps")),
            Evidence(MEMBER.name, Kind.TRUST, DIRECTORY, No("", "become a member")),
        ],
        Verdict.HOLD,
        "No system vouches for this person yet. Any one of these helps: become a member.",
    ),
    (
        a_proof(),
        evidence("yes", "unknown", "unknown", *["no"] * 4),
        Verdict.WAIT,
        "Trust could not be looked up: timed out. It is looked at again in the next run.",
    ),
    (
        a_proof(),
        [],
        Verdict.WAIT,
        "Trust could not be looked up: phabricator was not asked about: Vouched for twice;"
        " directory was not asked about: Toolforge member. It is looked at again in the next run.",
    ),
    (
        a_proof(),
        evidence("yes", "yes", "yes", "yes", "unknown", "yes", "no"),
        Verdict.VETO,
        "Trusted as Vouched for twice, Toolforge member, but so it is; so it is. An administrator"
        " of GitLab has to decide.",
    ),
    (
        a_proof(),
        evidence("no", "no", "yes", "no", "unknown", "missing", "no"),
        Verdict.WAIT,
        "Trusted as Toolforge member, but a veto could not be looked up: timed out; phabricator"
        " was not asked about: Phabricator account disabled. It is looked at again in the next"
        " run.",
    ),
    (
        a_proof(),
        evidence("no", "no", "yes", *["no"] * 4),
        Verdict.APPROVE,
        "Trusted as Toolforge member, and nothing speaks against it.",
    ),
]


@pytest.mark.parametrize(("proof", "answers", "verdict", "explanation"), EXPLANATIONS)
def test_a_judgement_tells_the_reason_and_what_can_be_done(proof, answers, verdict, explanation):
    judgement = judge(POLICY, proof, answers)

    assert (verdict, explanation) == (judgement.verdict, judgement.explanation)


def test_whoever_is_not_proven_is_trusted_as_nothing():
    answers = evidence(*["yes"] * 3, *["no"] * 4)

    assert () == judge(POLICY, Unproven("nobody"), answers).because
    assert () == judge(POLICY, Unchecked("timed out"), answers).because


def test_a_judgement_is_the_same_each_time():
    answers = evidence("no", "no", "yes", *["no"] * 4)
    expected_judgement = Judgement(
        Verdict.APPROVE,
        ("Toolforge member",),
        "Trusted as Toolforge member, and nothing speaks against it.",
    )

    assert expected_judgement == judge(POLICY, a_proof(), answers)
    assert expected_judgement == judge(POLICY, a_proof(), tuple(answers))


def test_a_policy_needs_a_rule_and_a_rule_a_condition():
    with pytest.raises(ValueError, match="rules"):
        a_policy(rules=())
    with pytest.raises(ValueError, match="conditions"):
        Rule("Nothing", ())


@pytest.mark.parametrize(
    ("policy", "systems"),
    [
        (POLICY, {DIRECTORY, PHABRICATOR, GERRIT}),
        (a_policy(MEMBER, vetoes=(MARKED,)), {DIRECTORY}),
        (
            a_policy(MEMBER, vetoes=(MARKED, INACTIVE)),
            {DIRECTORY, GERRIT},
        ),
        (
            a_policy(Rule("Gerrit", (InGerritGroup("Trusted"),)), vetoes=(MARKED,)),
            {DIRECTORY, GERRIT},
        ),
    ],
)
def test_a_policy_knows_which_systems_it_needs(policy, systems):
    """That which proves who is who always."""
    assert systems == policy.systems


def test_a_policy_knows_all_its_conditions():
    assert (*TWICE.conditions, *MEMBER.conditions) == POLICY.conditions


def test_a_policy_knows_its_different_conditions_of_one_kind():
    policy = a_policy(TWICE, MEMBER, Rule("Again", (*MEMBER.conditions, InGerritGroup("Other"))))

    assert MEMBER.conditions == policy.conditions_of(InDirectoryGroup)
    assert (InGerritGroup("Trusted"), InGerritGroup("Other")) == policy.conditions_of(InGerritGroup)
    assert () == a_policy(MEMBER).conditions_of(InPhabricatorProject)


def test_who_proves_people_is_asked_whatever_else_the_policy_needs():
    policy = a_policy(MEMBER, vetoes=(MARKED,), proved_by=GERRIT)

    assert {GERRIT, DIRECTORY} == policy.systems
