"""Who is behind an account: the claim of a sign-in provider, and the proof of it."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import attrs

from glaab.domain.accounts import AccountId, AnyAccount, Identity, may_wait, name_of
from glaab.domain.names import NameKind

LOOKED_AT_AGAIN = "it is looked at again in the next run"
_LDAP_SIGN_IN = "ldap"
"""How the names of GitLab's own LDAP providers begin: `ldapmain`."""
_NAMED = 5
"""How many of the accounts that prove one person are named."""


@attrs.frozen(kw_only=True, cache_hash=True)
class Proven:
    """The provider vouched for somebody, and exactly one person is meant."""

    identity: Identity
    names: tuple[tuple[NameKind, str], ...]
    """The person's names, each of another kind, as the system has them that proved it."""

    def name(self, kind: NameKind) -> str:
        """The name of this kind; KeyError if there is none, but no policy that needs it is read."""
        return dict(self.names)[kind]


@attrs.frozen
class Unproven:
    """Nobody vouches for who this is, or it is not certain who is meant."""

    reason: str
    advice: str = ""


@attrs.frozen
class Unchecked:
    """It could not be looked up who this is."""

    reason: str
    advice: str = LOOKED_AT_AGAIN


Proof = Proven | Unproven | Unchecked


class People(Protocol):
    """Knows whom an `extern_uid` means; may raise SystemUnavailable or FailoverRestart."""

    @abstractmethod
    def prove(self, identities: Collection[Identity]) -> Mapping[Identity, Proof]:
        """The proof for each identity; every one has a key."""


def claim(account: AnyAccount, providers: Collection[str]) -> Identity | Unproven:
    """The one identity that a trusted provider vouched for; other providers count for nothing."""
    vouched = [identity for identity in account.identities if identity.provider in providers]
    by = " or ".join(sorted(providers))
    match vouched:
        case [Identity(extern_uid="")]:
            return Unproven(
                f"its {by} identity names nobody",
                f"ask an administrator to remove that identity, then sign in through {by} again",
            )
        case [one] if one.provider.startswith(_LDAP_SIGN_IN) and len(account.identities) > 1:
            # GitLab may attach an LDAP identity to an account by e-mail (auto_link_ldap_user)
            return Unproven(
                f"it carries other identities besides that of {one.provider}, which GitLab may"
                " have attached by an e-mail address alone",
                "ask an administrator to look at this account's identities",
            )
        case [identity]:
            return identity
        case []:
            return Unproven(
                f"no sign-in through {by} proves who this is",
                f"sign in to GitLab once through {by}; a username or an e-mail proves nothing",
            )
        case _:
            return Unproven(
                f"it carries {len(vouched)} identities of {by}, so who this is cannot be told",
                "ask an administrator to remove the identity that is not yours",
            )


def hold_accounts_of_one_person(
    accounts: Collection[AnyAccount], proofs: Mapping[AccountId, Proof]
) -> dict[AccountId, Proof]:
    """*proofs*, but nothing is proven for accounts of which several prove the same person."""
    sharers: dict[object, list[AnyAccount]] = {}
    for account in accounts:
        if isinstance(proof := proofs[account.id], Proven):
            sharers.setdefault(proof.names or proof.identity, []).append(account)
    held = {
        account.id: _shared(together)
        for together in sharers.values()
        for account in together
        if len(together) > 1
    }
    return {**proofs, **held}


def _shared(accounts: Sequence[AnyAccount]) -> Unproven:
    names = ", ".join(map(name_of, accounts[:_NAMED]))
    more = ", …" if len(accounts) > _NAMED else ""
    what = "accounts that wait" if all(map(may_wait, accounts)) else "accounts"
    return Unproven(
        f"{len(accounts)} {what} prove to be the same person: {names}{more}",
        "ask an administrator which of them to keep",
    )
