"""What keeps several people waiting: told once, and elsewhere referred to by a name."""

from collections import Counter
from collections.abc import Collection, Iterator

import attrs

from glaab.domain.errors import System, SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.identity import Unchecked
from glaab.domain.review import Case, Plan


@attrs.frozen(kw_only=True)
class Cause:
    """An outage, or another reason why something is not known of several accounts."""

    name: str
    """What it is referred to by: `SYSTEM gave no usable answer`, `Cause 1`."""
    detail: str
    """As the answers have it."""
    reason: str
    """What is told once, beside the name."""
    system: System | None
    """The one that is out, if it is an outage."""
    count: int
    """How many accounts it concerns."""


Causes = tuple[Cause, ...]


def shared_causes(plan: Plan, cases: Collection[Case]) -> Causes:
    """The outages, then what two or more of *cases* have in common, the commonest first."""
    counts = Counter(detail for case in cases for detail in set(_unknown(case)))
    errors = [SystemUnavailable(*outage) for outage in plan.outages.items()]
    outages = tuple(
        Cause(
            name=f"{error.system} gave no usable answer",
            detail=str(error),
            reason=error.reason,
            system=error.system,
            count=counts.pop(str(error), 0),
        )
        for error in errors
    )
    shared = [(detail, count) for detail, count in counts.most_common() if count > 1]
    return outages + tuple(
        Cause(name=f"Cause {number}", detail=detail, reason=detail, system=None, count=count)
        for number, (detail, count) in enumerate(shared, 1)
    )


def refer_to(causes: Causes, text: str) -> str:
    """*text* with the names of the causes in the place of their details."""
    for cause in sorted(causes, key=lambda cause: -len(cause.detail)):
        text = text.replace(cause.detail, cause.name)
    return text


def _unknown(case: Case) -> Iterator[str]:
    """Why something is not known of an account."""
    if isinstance(case.proof, Unchecked):
        yield case.proof.reason
    for item in case.evidence:
        if isinstance(item.answer, Unknown):
            yield item.answer.detail
