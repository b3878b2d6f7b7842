"""Look again at those who were let in: who would not be, by today's policy and evidence."""

from collections.abc import Iterator, Sequence

import attrs

from glaab.domain.accounts import AccountId, AnyAccount, may_be_active
from glaab.domain.errors import GITLAB, SystemUnavailable
from glaab.domain.identity import Proof, Proven, Unproven, hold_accounts_of_one_person
from glaab.domain.names import DN
from glaab.domain.policy import Judgement, Verdict, judge
from glaab.domain.ports import ApprovalRecord, GitLab, Unreadable
from glaab.domain.review import Case, Plan, ReviewAccounts

_CUT = "…"
_AS_EVER = Judgement(Verdict.APPROVE, (), "")


@attrs.frozen(kw_only=True)
class RecheckApproved:
    """Judge afresh everybody whom glaab approved and who is active."""

    gitlab: GitLab
    review: ReviewAccounts
    at_once: int = 5_000
    """So many are looked at together: more take more memory, fewer ask groups more often."""

    def __call__(self, because: str | None = None) -> Plan:
        """
        The plan, without advice; without cases if GitLab did not show the notes.

        With *because* only those whom the rule of this name let in, as far as their notes tell:
        a note that is shortened or unreadable may have named it.
        """
        asked = frozenset({GITLAB})
        try:
            approved = self._approved(because)
        except SystemUnavailable as error:
            return Plan(outages={GITLAB: error.reason}, asked=asked, approvals={})
        accounts = [account for account, _ in approved.values()]
        approvals = {key: approval for key, (_, approval) in approved.items()}
        plan = Plan(outages={}, asked=asked, approvals=approvals)
        for start in range(0, len(accounts), self.at_once):
            plan = self._reviewed(plan, accounts[start : start + self.at_once])
        proofs = hold_accounts_of_one_person(accounts, plan.own_proofs)
        cases = (self._held_if_shared(case, proofs[case.account.id]) for case in plan.cases)
        return attrs.evolve(plan, cases=tuple(cases))

    def _reviewed(self, plan: Plan, accounts: Sequence[AnyAccount]) -> Plan:
        """The plan with these accounts besides; what is down already is not asked again."""
        more = attrs.evolve(self.review, outages=plan.outages)(accounts)
        approvals = plan.approvals or {}
        cases = (_compared(case, approvals[case.account.id]) for case in more.cases)
        own_proofs = {key: _known(approvals[key], each) for key, each in more.own_proofs.items()}
        return attrs.evolve(
            plan,
            cases=(*plan.cases, *(_slim(each, approvals[each.account.id]) for each in cases)),
            outages={**plan.outages, **more.outages},
            asked=plan.asked | more.asked,
            own_proofs={**plan.own_proofs, **own_proofs},
        )

    def _held_if_shared(self, case: Case, proof: Proof) -> Case:
        """The case, held if it proves the same person as one that was looked at apart from it."""
        if not (isinstance(case.proof, Proven) and isinstance(proof, Unproven)):
            return case
        judgement = attrs.evolve(judge(self.review.policy, proof, ()), advice="")
        return attrs.evolve(case, proof=proof, evidence=(), judgement=judgement)

    def _approved(self, because: str | None) -> "_Approved":
        """By id; whoever's note is closed between the two questions is in the answer to one."""
        noted = (*self.gitlab.open_notes(), *self.gitlab.logged_notes())
        return {
            each.account.id: (each.account, approval)
            for each in sorted(noted, key=lambda each: each.account.id)
            if may_be_active(each.account)
            if (approval := each.approval or each.note) and _may_rest_on(approval, because)
        }


def _slim(case: Case, approval: "_Approval") -> Case:
    """Of whoever is listed everything; of the tens of thousands of others what is counted."""
    if case.judgement.verdict is not Verdict.APPROVE:
        return case
    proof = _known(approval, case.proof)
    return attrs.evolve(case, proof=proof, evidence=(), profiles=(), judgement=_AS_EVER)


def _known(approval: "_Approval", proof: Proof) -> Proof:
    """*proof*, but the one of the record where both are the same, to keep one of them."""
    recorded = approval.proof if isinstance(approval, ApprovalRecord) else None
    return recorded if recorded is not None and recorded == proof else proof


_Approval = ApprovalRecord | Unreadable
_Approved = dict[AccountId, tuple[AnyAccount, _Approval]]


def _may_rest_on(approval: _Approval, rule: str | None) -> bool:
    if rule is None or isinstance(approval, Unreadable):
        return True
    return rule in approval.because or approval.is_shortened


def _compared(case: Case, approval: _Approval) -> Case:
    """The case, held if the identity is another than at the approval; nobody needs advice."""
    judgement = attrs.evolve(case.judgement, advice="")
    if changes := "; ".join(_changes(approval, case.proof)):
        changed = f"Its identity is another than at the approval: {changes}."
        if judgement.verdict is Verdict.APPROVE:
            judgement = Judgement(Verdict.HOLD, judgement.because, changed)
        else:
            judgement = attrs.evolve(judgement, reason=f"{changed} {judgement.reason}")
    return attrs.evolve(case, judgement=judgement)


def _changes(approval: _Approval, proof: Proof) -> Iterator[str]:
    """
    What is another name now, of those that both times have and the note has whole.

    Entries are moved within a directory, so a DN counts only where there is no other name.
    """
    if isinstance(approval, Unreadable) or not (approval.proof and isinstance(proof, Proven)):
        return
    then, now = _names(approval.proof), _names(proof)
    common = [kind for kind in now if kind in then]
    for kind in common:
        was, is_now = then[kind], now[kind]
        is_cut = approval.is_shortened and was.endswith(_CUT)
        if was != is_now and not is_cut and not (kind == DN and len(common) > len(_CLAIM) + 1):
            yield f"its {kind} was {was} and is {is_now}"


_CLAIM = ("provider", "extern_uid")


def _names(proof: Proven) -> dict[str, str]:
    """All names of a person, with those by which GitLab knows them."""
    return {
        **dict(zip(_CLAIM, (proof.identity.provider, proof.identity.extern_uid), strict=True)),
        **dict(proof.names),
    }
