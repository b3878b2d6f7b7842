"""Look: from waiting accounts to people, evidence and verdicts. Changes nothing anywhere."""

from collections.abc import Collection, Mapping
from enum import Enum

import attrs

from glaab.domain.accounts import Account, AccountId
from glaab.domain.errors import FailoverRestart, System, SystemUnavailable
from glaab.domain.evidence import (
    Elsewhere,
    Evidence,
    Person,
    Proof,
    Proven,
    Unchecked,
    Unknown,
    Unproven,
)
from glaab.domain.findings import claim, prove
from glaab.domain.gathering import Gathering, Sources
from glaab.domain.policy import Judgement, Policy, judge
from glaab.domain.ports import AccountWithNote, GitLab
from glaab.domain.questions import Questions


class Scope(Enum):
    """How much is asked; the verdicts are the same either way."""

    MINIMAL = "about vetoes only for those whom a rule would approve"
    FULL = "about everybody whose identity is proven"


@attrs.frozen(kw_only=True)
class Case:
    """An account, what was found out about it, and the verdict."""

    account: Account
    proof: Proof
    evidence: tuple[Evidence, ...]
    judgement: Judgement
    elsewhere: Elsewhere = attrs.field(factory=Elsewhere)
    """Proves nothing: for people who want to look for themselves."""


@attrs.frozen(kw_only=True)
class Plan:
    """Everybody's case, the unfinished business of earlier runs, and who gave no answer."""

    cases: tuple[Case, ...] = ()
    open_notes: tuple[AccountWithNote, ...] = ()
    outages: Mapping[System, str]
    """The reasons, by system."""
    asked: frozenset[System]


@attrs.frozen(kw_only=True)
class ReviewAccounts:
    """Prove who is behind each account, gather evidence, and judge."""

    sources: Sources
    policy: Policy
    scope: Scope

    def __call__(self, accounts: Collection[Account]) -> Plan:
        """
        The cases in the order of *accounts*.

        When the directory changes to another server everything is asked again, so that one
        server answers for the whole run.
        """
        while True:
            questions = Questions()
            try:
                cases = self._cases(accounts, questions)
            except FailoverRestart:
                continue
            return Plan(cases=cases, outages=questions.outages, asked=frozenset(questions.asked))

    def _cases(self, accounts: Collection[Account], questions: Questions) -> tuple[Case, ...]:
        gathering = Gathering(self.sources, self.policy, questions)
        proofs = self._proofs(accounts, questions)
        proven = {
            account: proof
            for account in accounts
            if isinstance(proof := proofs[account.id], Proven)
        }
        trust = gathering.trust(set(proven.values()))
        trusted = {
            account: proof
            for account, proof in proven.items()
            if judge(self.policy, proof, trust[proof]).because
        }
        vetoes = gathering.vetoes(trusted)
        if self.scope is Scope.FULL:  # afterwards, so that it cannot change a verdict
            others = {account: proven[account] for account in proven if account not in trusted}
            vetoes |= gathering.vetoes(others)
        unasked = gathering.no_vetoes()
        evidence = {
            account.id: trust[proof] + vetoes.get(account, unasked)
            for account, proof in proven.items()
        }
        return tuple(
            Case(
                account=account,
                proof=(proof := proofs[account.id]),
                evidence=evidence.get(account.id, ()),
                judgement=judge(self.policy, proof, evidence.get(account.id, ())),
                elsewhere=gathering.elsewhere(proof) if isinstance(proof, Proven) else Elsewhere(),
            )
            for account in accounts
        )

    def _proofs(
        self, accounts: Collection[Account], questions: Questions
    ) -> dict[AccountId, Proof]:
        claims = {account.id: claim(account, self.policy.providers) for account in accounts}
        names = {each.extern_uid for each in claims.values() if not isinstance(each, Unproven)}
        people: Mapping[str, tuple[Person, ...]] | Unknown = {}
        if names:
            people = questions.ask(
                System.DIRECTORY,
                lambda: self.sources.directory.people(names, self.policy.named_by),
            )

        def proof(key: AccountId) -> Proof:
            identity = claims[key]
            if isinstance(identity, Unproven):
                return identity
            if isinstance(people, Unknown):
                return Unchecked(people.reason)
            return prove(identity, self.policy.named_by, people.get(identity.extern_uid, ()))

        return {key: proof(key) for key in claims}


@attrs.frozen(kw_only=True)
class ReviewPending:
    """Look at everybody who waits, and at what earlier runs left unfinished."""

    gitlab: GitLab
    review: ReviewAccounts

    def __call__(self) -> Plan:
        """The plan; without cases if GitLab did not show the queue."""
        open_notes: tuple[AccountWithNote, ...] = ()
        asked = frozenset({System.GITLAB})
        try:
            open_notes = self.gitlab.open_notes()
            pending = self.gitlab.pending()
        except SystemUnavailable as error:
            outages = {System.GITLAB: error.reason}
            return Plan(open_notes=open_notes, outages=outages, asked=asked)
        plan = self.review(pending)
        return attrs.evolve(plan, open_notes=open_notes, asked=plan.asked | asked)
