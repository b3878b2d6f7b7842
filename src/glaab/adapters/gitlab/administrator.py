"""Checks whether a token acts as an administrator: that its owner is one does not prove it."""

from typing import Any

import attrs

from glaab.adapters.gitlab.token import RENEW
from glaab.domain.diagnostics import Finding, ok, problem, warning
from glaab.domain.errors import SystemUnavailable

ACTS_AS_ADMINISTRATOR = ok("the token acts as one: it sees identities and custom attributes")


@attrs.frozen(kw_only=True)
class ListedUser:
    """An account of a list; only administrators see all of it."""

    state: str
    is_admin: bool | None = None
    identities: Any = None
    custom_attributes: Any = None

    @property
    def is_complete(self) -> bool:
        """True if nothing is hidden."""
        return None not in (self.is_admin, self.identities, self.custom_attributes)


@attrs.frozen
class Owner:
    """The account that a token belongs to."""

    username: str
    is_admin: bool = False


def why_not_administrator(owner: Owner | SystemUnavailable, *, lists_accounts: bool) -> Finding:
    """The finding where no complete account was listed."""
    if isinstance(owner, Owner) and not owner.is_admin:
        message = f"@{owner.username}, the owner of the token, is no administrator"
    elif not lists_accounts:
        return warning(
            "it lists no account, so it is not known whether the token acts as one",
            "check in GitLab that its owner is one, and whether Admin Mode is on",
        )
    elif isinstance(owner, SystemUnavailable):
        message = "the token does not act as one (identities and custom attributes are hidden)"
    else:
        message = (
            f"@{owner.username} is one, but the token does not act as one (Admin Mode is on,"
            " and the token lacks the scope admin_mode)"
        )
    return problem(f"{message}, so glaab can neither identify nor approve anybody", RENEW)
