"""Checks that the policy fits the world: rules that can match, canaries that are seen."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TypeVar

import attrs

from glaab.domain.accounts import Identity
from glaab.domain.diagnostics import Checks, Finding, ok, problem, warning
from glaab.domain.errors import GITLAB, FailoverRestart, System, SystemUnavailable
from glaab.domain.evidence import Unknown, Yes
from glaab.domain.identity import Proof, Proven, Unproven, claim
from glaab.domain.names import NameKind
from glaab.domain.policy import Policy, Rule
from glaab.domain.ports import GitLab
from glaab.domain.source import Condition, Lookup, Source, Veto
from glaab.entrypoints.diagnostics.settings_checks import Titled, as_titled_problem
from glaab.entrypoints.render.escaping import pluralize, policy_size
from glaab.entrypoints.runtime.bootstrap import App

T = TypeVar("T")

_EXAMPLES = 3
"""How many identities that prove nobody are named."""


def _examples(identities: Collection[Identity]) -> str:
    """Some of them, as the end of a sentence; empty if there are none."""
    names = sorted(each.extern_uid for each in identities)[:_EXAMPLES]
    return f" ({', '.join(map(json.dumps, names))})" if names else ""


def check_policy(app: App) -> Iterator[Titled]:
    """What is wrong with the policy file, or which of its rules need not be there."""
    remedy = "compare it with what glaab policy prints without it"
    yield from (as_titled_problem(text, remedy) for text in app.wrong_policy)
    if not app.policy:
        return
    source = app.settings.glaab_policy or "the built-in policy"
    yield "file", ok(f"{source} is valid, with {policy_size(app.policy)}")
    for rule in app.policy.rules:
        if other := _making_redundant(rule, app.policy):
            message = f'it trusts nobody whom "{other.name}" does not trust already'
            remedy = "take it out, unless its name is wanted in the log besides"
            yield f'rule "{rule.name}"', warning(message, remedy)


def _making_redundant(rule: Rule, policy: Policy) -> Rule | None:
    """A rule that asks for less, or one before it that asks for the same."""
    conditions = set(rule.conditions)
    before = policy.rules[: policy.rules.index(rule)]
    for other in policy.rules:
        fewer = set(other.conditions)
        if fewer < conditions or (fewer == conditions and other in before):
            return other
    return None


@attrs.frozen(kw_only=True)
class PolicyChecks:
    """Asks each system about what the policy names in it; writes nothing."""

    policy: Policy
    gitlab: GitLab
    sources: Mapping[System, Source]

    def of(self, system: System) -> Checks:
        """The checks that ask *system*; none if the policy names nothing there."""
        if system == GITLAB:
            return {"identity providers": self._providers}
        checks: dict[str, Callable[[], Iterator[Finding]]] = {}
        if system == self.policy.proved_by and self.sources[system].unproven:
            checks["identities"] = self._identities
        for condition in dict.fromkeys(self.policy.conditions):
            if condition.source == system:
                checks[condition.title] = partial(self._group, condition)
        for veto, name in self.policy.canaries.items():
            if veto.source == system:
                checks[f'canary "{name}"'] = partial(self._canary, veto, name)
        return checks

    def _providers(self) -> Iterator[Finding]:
        waiting = self.gitlab.pending()
        wanted = " or ".join(sorted(self.policy.providers))
        providers = [{each.provider for each in account.identities} for account in waiting]
        carried = set().union(*providers)
        vouched = sum(not each.isdisjoint(self.policy.providers) for each in providers)
        if vouched or not waiting:
            yield ok(f"{vouched} of {len(waiting)} waiting accounts signed in through {wanted}")
            return
        yield warning(
            f"none of {len(waiting)} waiting accounts signed in through {wanted}; what they"
            f" carry: {', '.join(sorted(carried)) or 'no identities'}",
            "see that identity.providers of the policy names the provider as GitLab does",
        )

    def _identities(self) -> Iterator[Finding]:
        """Whether those who wait go by the kind of name that the policy says."""
        prover = self.sources[self.policy.proved_by]
        try:
            waiting = self.gitlab.pending()
        except SystemUnavailable as error:
            yield warning(f"the queue cannot be read: {error.reason}", "see the checks of gitlab")
            return
        claims = {claim(account, self.policy.providers) for account in waiting}
        identities = {each for each in claims if not isinstance(each, Unproven)}
        proofs = self._proofs(identities, self.policy.extern_uid)
        unproven = {each for each, proof in proofs.items() if isinstance(proof, Unproven)}
        proven = sum(isinstance(proof, Proven) for proof in proofs.values())
        message = f"{proven} of {len(proofs)} in the queue are proven by {self.policy.extern_uid}"
        if unproven:
            message += f", {len(unproven)} are nobody's{_examples(unproven)}"
        yield warning(message, prover.unproven) if unproven and not proven else ok(message)
        for kind in prover.proves_by:
            others = self._proofs(unproven, kind) if kind != self.policy.extern_uid else {}
            if named := {each for each, proof in others.items() if isinstance(proof, Proven)}:
                yield warning(
                    f"{len(named)} of them go by their {kind}{_examples(named)}: GitLab holds two"
                    " kinds of names, so that one person's can be equal to another's of the other"
                    " kind",
                    "have the identities of these accounts removed or corrected in GitLab",
                )

    def _proofs(self, identities: Collection[Identity], kind: NameKind) -> Mapping[Identity, Proof]:
        prover = self.policy.proved_by
        return self._ask(prover, lambda lookup: lookup.people(kind, ()).prove(identities))

    def _group(self, condition: Condition) -> Iterator[Finding]:
        members = self._ask(condition.source, lambda lookup: lookup.members(condition))
        if not isinstance(members, Unknown):
            yield ok(f"it has {pluralize(members, 'member')}")
            return
        rules = ", ".join(each.name for each in self.policy.rules if condition in each.conditions)
        yield problem(
            f"{members.detail}: nobody can be trusted as {rules}",
            self.sources[condition.source].unseen,
        )

    def _canary(self, veto: Veto, name: str) -> Iterator[Finding]:
        kind = self.policy.extern_uid
        answer = self._ask(veto.source, lambda lookup: lookup.canary(veto, name, kind))
        if isinstance(answer, Yes):
            yield ok(f'it is seen that the veto "{veto.title}" works: {answer.detail}')
            return
        yield problem(
            f'the veto "{veto.title}" should be seen on it and is not ({answer.detail}): whoever'
            " is trusted waits",
            f"see whether the veto can be looked up; else let canary.{veto.key} name somebody who"
            " has it",
        )

    def _ask(self, system: System, question: Callable[[Lookup], T]) -> T:
        """The answer, asked again when the system changes its server; outages are raised."""
        while True:
            try:
                return question(self.sources[system].start(lambda asking: asking()))
            except FailoverRestart:
                continue
