"""What was asked about an account, and what was answered."""

from enum import StrEnum

import attrs

from glaab.domain.errors import System


@attrs.frozen
class Yes:
    """So it is."""

    detail: str


@attrs.frozen
class No:
    """So it is not: somebody looked."""

    detail: str
    advice: str = ""
    """What the newcomer can do about it; empty when nothing."""


@attrs.frozen
class Unknown:
    """We could not look."""

    detail: str
    """The reason."""


@attrs.frozen
class NotAsked:
    """The answer could not have changed the verdict."""

    detail: str = "not needed for the verdict"


Answer = Yes | No | Unknown


class Kind(StrEnum):
    """TRUST if a Yes speaks for an account, VETO if it speaks against it."""

    TRUST = "trust"
    VETO = "veto"


@attrs.frozen
class Evidence:
    """One answer about one account; a rule with several conditions has one of each system."""

    rule: str
    kind: Kind
    system: System
    answer: Answer | NotAsked


@attrs.frozen
class Profile:
    """Where somebody can be looked at in another system; proves nothing."""

    system: System
    name: str
    """The account's name there, or the entry's DN."""
    title: str
    is_account: bool = True
    """False for an entry that everybody with a proven identity has."""


def with_canary(answer: Answer, canary: str, control: Answer) -> Answer:
    """*answer* to a veto; its No counts only if the *control*, about the canary, is a Yes."""
    if isinstance(answer, No) and not isinstance(control, Yes):
        return Unknown(
            f'the policy\'s canary "{canary}" should have been seen as a Yes and was not'
            f" ({control.detail}), so this No is not believed: {answer.detail}"
        )
    return answer
