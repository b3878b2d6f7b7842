"""Look: from waiting accounts to people, evidence and verdicts. Changes nothing anywhere."""

from collections.abc import Collection, Mapping
from enum import Enum
from types import MappingProxyType

import attrs

from glaab.domain.accounts import (
    Account,
    AccountId,
    AnyAccount,
    UnreadableAccount,
    is_marked,
)
from glaab.domain.errors import GITLAB, FailoverRestart, System, SystemUnavailable
from glaab.domain.evidence import Evidence, Profile
from glaab.domain.evidence_collector import EvidenceCollector, RunLookups
from glaab.domain.identity import (
    LOOKED_AT_AGAIN,
    Proof,
    Proven,
    Unchecked,
    Unproven,
    claim,
    hold_accounts_of_one_person,
)
from glaab.domain.policy import Judgement, Policy, Verdict, judge, marked
from glaab.domain.ports import AccountWithNote, ApprovalRecord, GitLab, Unreadable
from glaab.domain.source import Source

_MEND = (
    "an administrator of GitLab has to look at this account, and may approve it by hand;"
    f" {LOOKED_AT_AGAIN}"
)
_MARK_COMES_FIRST = "while that stands, nothing else helps"


class Scope(Enum):
    """How much is asked; the verdicts are the same either way."""

    MINIMAL = "about vetoes only for those whom a rule would approve"
    FULL = "about everybody whose identity is proven"


@attrs.frozen(kw_only=True)
class Case:
    """An account, its evidence, and the verdict."""

    account: AnyAccount
    proof: Proof
    evidence: tuple[Evidence, ...]
    judgement: Judgement
    profiles: tuple[Profile, ...] = ()
    """Proves nothing: for people who want to look for themselves."""


@attrs.frozen(kw_only=True)
class Plan:
    """Everybody's case, the open notes of earlier runs, and who gave no answer."""

    cases: tuple[Case, ...] = ()
    open_notes: tuple[AccountWithNote, ...] = ()
    outages: Mapping[System, str]
    """The reasons, by system."""
    asked: frozenset[System]
    own_proofs: Mapping[AccountId, Proof] = MappingProxyType({})
    """Who is behind each account as far as it is looked at alone, also of those *beside*."""
    approvals: Mapping[AccountId, ApprovalRecord | Unreadable] | None = None
    """How glaab approved those whom it did approve; None if that was not asked."""


@attrs.frozen(kw_only=True)
class ReviewAccounts:
    """Prove who is behind each account, collect evidence, and judge."""

    sources: Mapping[System, Source]
    policy: Policy
    scope: Scope
    confirm_at_most: int
    """
    How many who would be approved are looked at more closely: no more than the brake lets
    through. 0 for commands after which nobody is approved.
    """
    outages: Mapping[System, str] = MappingProxyType({})
    """Sources that cannot be asked, which is known beforehand: the reasons."""

    def __call__(
        self,
        accounts: Collection[AnyAccount],
        *,
        beside: Collection[AnyAccount] = (),
        known: Mapping[AnyAccount, Proven] = MappingProxyType({}),
    ) -> Plan:
        """
        The cases in the order of *accounts*.

        Nobody is proven if another account, also one *beside* or of those whose people are
        *known*, proves to be the same person. When a system changes to another of its servers
        everything is asked again, so that one server answers for the whole run.
        """
        while True:
            try:
                return self.by(RunLookups(self.outages), accounts, beside=beside, known=known)
            except FailoverRestart:
                continue

    def by(
        self,
        lookups: RunLookups,
        accounts: Collection[AnyAccount],
        *,
        beside: Collection[AnyAccount] = (),
        known: Mapping[AnyAccount, Proven] = MappingProxyType({}),
    ) -> Plan:
        """The same by *lookups* that others may share; raises FailoverRestart."""
        others = {each.id: each for each in (*beside, *accounts)}.values()
        collector = EvidenceCollector(self.sources, self.policy, lookups)
        own_proofs: dict[AccountId, Proof] = {each.id: proof for each, proof in known.items()}
        own_proofs |= self._own_proofs(others, collector)
        proofs = _final_proofs((*known, *others), own_proofs)
        return Plan(
            cases=self._cases(accounts, proofs, collector),
            outages=collector.outages,
            asked=collector.asked,
            own_proofs=own_proofs,
        )

    def _cases(
        self,
        accounts: Collection[AnyAccount],
        proofs: Mapping[AccountId, Proof],
        collector: EvidenceCollector,
    ) -> tuple[Case, ...]:
        people = {
            account: proof
            for account in accounts
            if isinstance(account, Account) and isinstance(proof := proofs[account.id], Proven)
        }
        evidence = self._evidence(people, collector)
        return tuple(
            Case(
                account=account,
                proof=(proof := proofs[account.id]),
                evidence=(answers := evidence.get(account.id, ())),
                judgement=self._judge(account, proof, answers),
                profiles=collector.profiles(proof) if isinstance(proof, Proven) else (),
            )
            for account in accounts
        )

    def _judge(
        self, account: AnyAccount, proof: Proof, evidence: tuple[Evidence, ...]
    ) -> Judgement:
        """With no advice that cannot help while an administrator's mark stands."""
        judgement = judge(self.policy, proof, evidence)
        if judgement.verdict is Verdict.HOLD and is_marked(account):
            return attrs.evolve(judgement, advice=f"{marked(account).detail}; {_MARK_COMES_FIRST}")
        return judgement

    def _own_proofs(
        self, accounts: Collection[AnyAccount], collector: EvidenceCollector
    ) -> dict[AccountId, Proof]:
        """Who is behind each account as far as it is looked at alone."""
        claims = {account.id: claim(account, self.policy.providers) for account in accounts}
        identities = {each for each in claims.values() if not isinstance(each, Unproven)}
        answers = collector.proofs(identities)
        return {
            account: each if isinstance(each, Unproven) else answers[each]
            for account, each in claims.items()
        }

    def _evidence(
        self, people: Mapping[Account, Proven], collector: EvidenceCollector
    ) -> dict[AccountId, tuple[Evidence, ...]]:
        trust = collector.trust(set(people.values()))
        trusted = {
            account: person
            for account, person in people.items()
            if judge(self.policy, person, trust[person]).because
        }
        vetoes = collector.vetoes(trusted)
        candidates = {
            account: person
            for account, person in trusted.items()
            if judge(self.policy, person, trust[person] + vetoes[account]).verdict
            is Verdict.APPROVE
        }
        if len(candidates) <= self.confirm_at_most:
            confirmed = set(candidates.values())
            collector.confirm(confirmed)
            trust |= collector.trust(confirmed)
            vetoes |= collector.vetoes(candidates)
        if self.scope is Scope.FULL:  # afterwards and apart, so that it cannot change a verdict
            others = {account: people[account] for account in people if account not in trusted}
            vetoes |= collector.vetoes(others)
        unasked = collector.vetoes_not_asked()
        return {
            account.id: trust[person] + vetoes.get(account, unasked)
            for account, person in people.items()
        }


def _final_proofs(
    accounts: Collection[AnyAccount], own_proofs: Mapping[AccountId, Proof]
) -> dict[AccountId, Proof]:
    """None for accounts of which several prove one person, or that cannot be understood."""
    unreadable = {
        account.id: Unchecked(account.trouble, _MEND)
        for account in accounts
        if isinstance(account, UnreadableAccount)
    }
    return hold_accounts_of_one_person(accounts, own_proofs) | unreadable


@attrs.frozen(kw_only=True)
class ReviewPending:
    """Look at everybody who waits, and at the open notes of earlier runs."""

    gitlab: GitLab
    review: ReviewAccounts

    def __call__(self) -> Plan:
        """The plan; without cases if GitLab did not show the queue."""
        open_notes: tuple[AccountWithNote, ...] = ()
        try:
            open_notes = self.gitlab.open_notes()
            pending = self.gitlab.pending()
        except SystemUnavailable as error:
            plan = Plan(outages={GITLAB: error.reason}, asked=frozenset())
        else:
            plan = self.review(pending)
        return attrs.evolve(plan, open_notes=open_notes, asked=plan.asked | {GITLAB})
