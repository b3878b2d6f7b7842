"""Evidence in, verdict out: whom the rules trust, and what speaks against it."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import attrs
from attrs.validators import min_len

from glaab.domain.accounts import Account
from glaab.domain.errors import GITLAB, System
from glaab.domain.evidence import Answer, Evidence, Kind, No, NotAsked, Unknown, Yes
from glaab.domain.identity import LOOKED_AT_AGAIN, Proof, Unchecked, Unproven
from glaab.domain.names import NameKey, NameKind
from glaab.domain.source import Condition, Veto

C = TypeVar("C")

MARKED = Veto(GITLAB, "marked", "Marked by an administrator")
"""Always in force: the custom attribute `glaab_veto` on the account."""
_ADMINISTRATOR_DECIDES = "an administrator of GitLab has to decide"


@attrs.frozen
class Rule:
    """A reason to trust somebody: all its conditions must hold, at most one of each system."""

    name: str
    conditions: tuple[Condition, ...] = attrs.field(validator=min_len(1))


@attrs.frozen(kw_only=True)
class Policy:
    """Who is trusted: one rule is enough, and every veto beats every rule."""

    providers: frozenset[str]
    """GitLab's identity providers that prove who somebody is."""
    extern_uid: NameKind
    """The kind of name that the providers' `extern_uid` holds."""
    proved_by: System
    """The source that knows whom an `extern_uid` means."""
    name_key: NameKey = attrs.field(eq=False, repr=False)
    """What is equal for two spellings of one `extern_uid`, as that source takes them."""
    rules: tuple[Rule, ...] = attrs.field(validator=min_len(1))
    vetoes: tuple[Veto, ...]
    """Those in force; an administrator's mark always is."""
    canaries: Mapping[Veto, str]
    """Somebody known to have the veto; if that is not seen, a No to it becomes Unknown."""
    digest: str
    """`sha256:…` of the content."""
    options: Mapping[System, Any] = attrs.field(factory=dict)
    """By source that has a table or files of its own: what they say, as a value of its own."""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition of every rule."""
        return tuple(condition for rule in self.rules for condition in rule.conditions)

    def conditions_of(self, kind: type[C]) -> tuple[C, ...]:
        """The different conditions of one kind."""
        return tuple(dict.fromkeys(each for each in self.conditions if isinstance(each, kind)))

    @property
    def systems(self) -> frozenset[System]:
        """The sources that prove who people are, and hold trust or vetoes."""
        return frozenset(
            {self.proved_by}
            | {condition.source for condition in self.conditions}
            | {veto.source for veto in self.vetoes if veto != MARKED}
        )


def marked(account: Account) -> Answer:
    """Yes if an administrator keeps the account waiting."""
    if account.mark is None:
        return No("no administrator marked the account")
    return Yes(f"an administrator marked the account: {account.mark or 'no reason given'}")


class Verdict(StrEnum):
    """What is to become of a pending account."""

    APPROVE = "approve"
    HOLD = "hold"
    VETO = "veto"
    WAIT = "wait"


@attrs.frozen
class Judgement:
    """A verdict, every rule that speaks for the account, and the reason in words."""

    verdict: Verdict
    because: tuple[str, ...]
    reason: str
    """In a sentence."""
    advice: str = ""
    """What would change the verdict, as part of a sentence; empty when nothing is to be done."""

    @property
    def explanation(self) -> str:
        """The reason and the advice, in sentences."""
        return f"{self.reason} {_sentence(self.advice)}" if self.advice else self.reason


def judge(policy: Policy, proof: Proof, evidence: Collection[Evidence]) -> Judgement:
    """
    The verdict on an account.

    Total and deterministic. What was not asked counts as not known; vetoes are read only
    where a rule says Yes, so that asking more than needed changes nothing.
    """
    if isinstance(proof, Unchecked):
        reason = f"who this is could not be looked up: {proof.reason}"
        return Judgement(Verdict.WAIT, (), _sentence(reason), proof.advice)
    if isinstance(proof, Unproven):
        return Judgement(Verdict.HOLD, (), _sentence(proof.reason), proof.advice)
    rules = {rule.name: _all_of(rule, evidence) for rule in policy.rules}
    because = tuple(name for name, answer in rules.items() if isinstance(answer, Yes))
    if not because:
        return _untrusted(rules.values(), evidence)
    vetoes = [_answer(evidence, veto.title, Kind.VETO, veto.source) for veto in policy.vetoes]
    trusted = f"trusted as {', '.join(because)}"
    if present := [answer.detail for answer in vetoes if isinstance(answer, Yes)]:
        reason = f"{trusted}, but {'; '.join(present)}"
        return Judgement(Verdict.VETO, because, _sentence(reason), _ADMINISTRATOR_DECIDES)
    if missing := [answer.detail for answer in vetoes if isinstance(answer, Unknown)]:
        reason = f"{trusted}, but a veto could not be looked up: {'; '.join(missing)}"
        return _wait(because, reason)
    reason = f"{trusted}, and nothing speaks against it"
    return Judgement(Verdict.APPROVE, because, _sentence(reason))


def _untrusted(rules: Iterable[Answer], evidence: Iterable[Evidence]) -> Judgement:
    if missing := dict.fromkeys(each.detail for each in rules if isinstance(each, Unknown)):
        return _wait((), f"trust could not be looked up: {'; '.join(missing)}")
    advice = "; ".join(dict.fromkeys(ways_to_trust(evidence).values()))
    ways = f"any one of these helps: {advice}" if advice else _ADMINISTRATOR_DECIDES
    return Judgement(Verdict.HOLD, (), "No system vouches for this person yet.", ways)


def _wait(because: tuple[str, ...], reason: str) -> Judgement:
    return Judgement(Verdict.WAIT, because, _sentence(reason), LOOKED_AT_AGAIN)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def ways_to_trust(evidence: Iterable[Evidence]) -> dict[str, str]:
    """By rule that does not hold, the steps to satisfy it; without rules that lack advice."""
    lacking: dict[str, list[str]] = {}
    for item in evidence:
        if item.kind is Kind.TRUST and isinstance(item.answer, No):
            lacking.setdefault(item.rule, []).append(item.answer.advice)
    return {rule: ", and ".join(advice) for rule, advice in lacking.items() if all(advice)}


def _all_of(rule: Rule, evidence: Collection[Evidence]) -> Answer:
    """Kleene's AND of its conditions: one No decides, else one Unknown, else it is Yes."""
    return min(
        (_answer(evidence, rule.name, Kind.TRUST, each.source) for each in rule.conditions),
        key=lambda answer: (No, Unknown, Yes).index(type(answer)),
    )


def _answer(evidence: Collection[Evidence], rule: str, kind: Kind, system: System) -> Answer:
    """The answer that was given; Unknown where nobody asked."""
    for item in evidence:
        if item.rule == rule and item.kind is kind and item.system == system:
            if isinstance(item.answer, NotAsked):
                break
            return item.answer
    return Unknown(f"{system} was not asked about: {rule}")
