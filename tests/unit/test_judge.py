"""The verdict on every combination of answers, held against the table of the product page."""

from itertools import product

import pytest

from glaab.domain.errors import System
from glaab.domain.evidence import Evidence, Kind, No, NotAsked, Unchecked, Unknown, Unproven, Yes
from glaab.domain.policy import (
    InDirectoryGroup,
    InGerritGroup,
    InPhabricatorProject,
    Judgement,
    Rule,
    Verdict,
    Veto,
    judge,
)
from tests.builders import a_policy, a_proof

TWICE = Rule("Vouched for twice", (InPhabricatorProject("trusted"), InGerritGroup("Trusted")))
MEMBER = Rule("Toolforge member", (InDirectoryGroup("project-tools"),))
POLICY = a_policy(TWICE, MEMBER)

QUESTIONS = (
    (TWICE.name, Kind.TRUST, System.PHABRICATOR),
    (TWICE.name, Kind.TRUST, System.GERRIT),
    (MEMBER.name, Kind.TRUST, System.DIRECTORY),
    ("Marked by an administrator", Kind.VETO, System.GITLAB),
    ("Directory entry locked", Kind.VETO, System.DIRECTORY),
    ("Phabricator account disabled", Kind.VETO, System.PHABRICATOR),
    ("Gerrit account inactive", Kind.VETO, System.GERRIT),
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
        words: found
        for words, found in judgements.items()
        if expected(*words) != (found.verdict, found.because)
    }

    assert {} == wrong


def test_every_judgement_says_why(judgements):
    assert {True} == {
        found.explanation.endswith(".") and len(found.explanation) > 20
        for found in judgements.values()
    }


def better(place, word):
    """What may have become *word* by a Yes to a rule lost, a Yes to a veto won, or silence."""
    if word not in ("yes", "no") or (place >= 3 and word == "yes"):
        return ANSWERS.keys()
    return {"yes"} if place < 3 else set()


def test_worse_answers_never_let_anybody_in(judgements):
    """Whoever is approved is approved as well with any answer that is better."""
    approved = [words for words, found in judgements.items() if found.verdict is Verdict.APPROVE]

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
        judgements[(*words[:3], *nobody_asked)] == found
        for words, found in judgements.items()
        if not found.because
    }


def test_the_order_of_evidence_does_not_matter():
    words = ("yes", "unknown", "yes", "no", "no", "no", "no")

    there, back = evidence(*words), evidence(*words)[::-1]

    assert judge(POLICY, a_proof(), there) == judge(POLICY, a_proof(), back)


def test_only_answers_to_the_policys_own_questions_count():
    """Another rule's Yes, a veto's name as a rule's, another system's answer: nothing."""
    strange = [
        Evidence("Friend of a friend", Kind.TRUST, System.DIRECTORY, Yes("")),
        Evidence(MEMBER.name, Kind.VETO, System.DIRECTORY, Yes("")),
        Evidence(MEMBER.name, Kind.TRUST, System.GERRIT, Yes("")),
    ]

    assert Verdict.WAIT is judge(POLICY, a_proof(), strange).verdict


def test_a_veto_that_the_policy_leaves_out_is_not_read():
    policy = a_policy(MEMBER, vetoes=(Veto.MARKED,))
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
            Evidence(TWICE.name, Kind.TRUST, System.PHABRICATOR, No("", "link your account")),
            Evidence(TWICE.name, Kind.TRUST, System.GERRIT, No("", "ask to be added")),
            Evidence(MEMBER.name, Kind.TRUST, System.DIRECTORY, No("", "link your account")),
            Evidence(Veto.MARKED.title, Kind.VETO, System.GITLAB, No("", "not for newcomers")),
        ],
        Verdict.HOLD,
        "No system vouches for this person yet. Any one of these helps: link your account, and"
        " ask to be added; link your account.",
    ),
    (
        a_proof(),
        [
            Evidence(TWICE.name, Kind.TRUST, System.PHABRICATOR, No("", "link your account")),
            Evidence(TWICE.name, Kind.TRUST, System.GERRIT, No("nothing helps")),
            Evidence(MEMBER.name, Kind.TRUST, System.DIRECTORY, No("", "become a member")),
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


@pytest.mark.parametrize(("proof", "given", "verdict", "explanation"), EXPLANATIONS)
def test_a_judgement_tells_the_reason_and_what_can_be_done(proof, given, verdict, explanation):
    found = judge(POLICY, proof, given)

    assert (verdict, explanation) == (found.verdict, found.explanation)


def test_whoever_is_not_proven_is_trusted_as_nothing():
    given = evidence(*["yes"] * 3, *["no"] * 4)

    assert () == judge(POLICY, Unproven("nobody"), given).because
    assert () == judge(POLICY, Unchecked("timed out"), given).because


def test_a_judgement_is_the_same_each_time():
    given = evidence("no", "no", "yes", *["no"] * 4)
    expected_judgement = Judgement(
        Verdict.APPROVE,
        ("Toolforge member",),
        "Trusted as Toolforge member, and nothing speaks against it.",
    )

    assert expected_judgement == judge(POLICY, a_proof(), given)
    assert expected_judgement == judge(POLICY, a_proof(), tuple(given))


def test_a_policy_needs_a_rule_and_a_rule_a_condition():
    with pytest.raises(ValueError, match="rules"):
        a_policy(rules=())
    with pytest.raises(ValueError, match="conditions"):
        Rule("Nothing", ())


@pytest.mark.parametrize(
    ("policy", "systems"),
    [
        (POLICY, {System.DIRECTORY, System.PHABRICATOR, System.GERRIT}),
        (a_policy(MEMBER, vetoes=(Veto.MARKED,)), {System.DIRECTORY}),
        (
            a_policy(MEMBER, vetoes=(Veto.MARKED, Veto.GERRIT_INACTIVE)),
            {System.DIRECTORY, System.GERRIT},
        ),
        (
            a_policy(Rule("Gerrit", (InGerritGroup("Trusted"),)), vetoes=(Veto.MARKED,)),
            {System.DIRECTORY, System.GERRIT},
        ),
    ],
)
def test_a_policy_knows_which_systems_it_needs(policy, systems):
    """The directory always: it proves who is who."""
    assert systems == policy.systems


def test_a_policy_knows_all_its_conditions():
    assert (*TWICE.conditions, *MEMBER.conditions) == POLICY.conditions
