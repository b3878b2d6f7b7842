"""What was asked about an account, and what was answered."""

from enum import StrEnum

import attrs

from glaab.domain.accounts import Identity
from glaab.domain.errors import System
from glaab.domain.names import Cn, Dn, Phid, Uid


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

    reason: str

    @property
    def detail(self) -> str:
        """The reason, under the name that every answer has."""
        return self.reason


@attrs.frozen
class NotAsked:
    """The answer could not have changed the verdict."""

    detail: str = "not needed for the verdict"


Answer = Yes | No | Unknown


class Kind(StrEnum):
    """Whether a Yes speaks for an account or against it."""

    TRUST = "trust"
    VETO = "veto"


@attrs.frozen
class Evidence:
    """One answer about one account; a rule with several conditions has one of each system."""

    rule: str
    kind: Kind
    system: System
    answer: Answer | NotAsked


@attrs.frozen(kw_only=True)
class Person:
    """An entry of the directory, with every name that it bears."""

    dn: Dn
    cns: tuple[Cn, ...]
    uids: tuple[Uid, ...]


@attrs.frozen(kw_only=True)
class Proven:
    """The provider vouched for a name, and exactly one entry of the directory bears it."""

    identity: Identity
    dn: Dn
    cn: Cn
    uid: Uid


@attrs.frozen
class Unproven:
    """Nobody vouches for who this is, or the directory does not know it for certain."""

    reason: str
    advice: str = ""


@attrs.frozen
class Unchecked:
    """The directory could not be asked who this is."""

    reason: str


Proof = Proven | Unproven | Unchecked


@attrs.frozen(kw_only=True)
class PhabricatorAccount:
    """A Phabricator account that is linked to somebody's name in the directory."""

    phid: Phid
    username: str
    is_person: bool
    """Neither a bot nor a mailing list."""
    is_activated: bool
    is_disabled: bool


@attrs.frozen(kw_only=True)
class GerritAccount:
    """A Gerrit account, active or not."""

    username: str
    is_active: bool


@attrs.frozen(kw_only=True)
class Elsewhere:
    """The accounts that came to light in other systems; not all that there are."""

    phabricator: tuple[PhabricatorAccount, ...] = ()
    gerrit: GerritAccount | None = None
