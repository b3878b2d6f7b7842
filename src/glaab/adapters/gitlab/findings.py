"""The findings about a token, whether it acts as an administrator, and how people sign up."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import attrs

from glaab.adapters.redaction import quote
from glaab.domain.diagnostics import Finding, ok, problem, warning
from glaab.domain.errors import SystemUnavailable

RENEW = (
    "create an administrator's token with the scope api alone (and admin_mode where Admin Mode is"
    " on), and set GITLAB_ACCESS_TOKEN to it"
)
_WHERE = "in GitLab's Admin area, Settings, General, Sign-up restrictions"
_APPROVED_BY_GITLAB = "GitLab itself approves everybody who waits, the vetoed too"
_SOON_DAYS = 14
_HARMLESS = re.compile(r"api|admin_mode|(read|write)_\w+|self_rotate|(create|manage)_runner")
"""Scopes that glaab needs, and those that the scope api includes."""


@attrs.frozen(kw_only=True)
class TokenInfo:
    """What GitLab shows of a token (GET /personal_access_tokens/self, since 15.5)."""

    scopes: tuple[str, ...]
    active: bool = True
    revoked: bool = False
    expires_at: str | None = None

    def findings(self, today: date) -> Iterator[Finding]:
        """What is right and wrong with the token."""
        if self.revoked or not self.active:
            yield problem("it is not active any more", RENEW)
        yield from self._check_scopes()
        yield self._check_expiry(today)

    def _check_scopes(self) -> Iterator[Finding]:
        excess = sorted(each for each in self.scopes if not _HARMLESS.fullmatch(each))
        if "api" not in self.scopes:
            yield problem("it lacks the scope api, so it cannot approve anybody", RENEW)
        if "sudo" in self.scopes:
            yield problem("it has the scope sudo, so it can act as anybody", RENEW)
        elif excess:
            yield warning(
                f"it has scopes that glaab has no use for: {quote(', '.join(excess))}", RENEW
            )
        elif "api" in self.scopes:
            scopes = ", ".join(sorted(self.scopes))
            yield ok(f"it has the scopes that glaab needs and no further rights: {scopes}")

    def _check_expiry(self, today: date) -> Finding:
        """GitLab lets a token expire at the beginning of the day."""
        if not self.expires_at:
            return ok("it never expires")
        try:
            expires = date.fromisoformat(self.expires_at[:10])
        except ValueError:
            return warning(
                f'it expires on "{quote(self.expires_at)}", which glaab does not understand',
                "look it up in GitLab",
            )
        days = (expires - today).days
        if days <= 0:
            return problem(f"it expired on {expires}", RENEW)
        message = f"it expires on {expires}, in {days} day{'' if days == 1 else 's'}"
        return problem(message, RENEW) if days <= _SOON_DAYS else ok(message)


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


@attrs.frozen(kw_only=True)
class SignUp:
    """GitLab's settings about sign-up; versions and editions differ in which they show."""

    require_admin_approval_after_user_signup: bool | None = None
    signup_enabled: bool | None = None
    password_authentication_enabled_for_web: bool | None = None
    new_user_signups_cap: int | None = None
    seat_control: Any = None

    def findings(self, somebody_waits: Callable[[], bool]) -> Iterator[Finding]:
        """What is right and wrong with the settings; whether *somebody waits* is seldom asked."""
        yield self._check_approval(somebody_waits)
        yield self._check_passwords()
        # A cap is in force without seat control, or with seat control by cap (1).
        if self.new_user_signups_cap is not None and self.seat_control in (None, 1):
            yield warning(
                f"there is a user cap of {self.new_user_signups_cap}: newcomers beyond it wait"
                " as well, and glaab approves those whom the policy trusts; if it is raised or"
                f" taken away, {_APPROVED_BY_GITLAB}",
                f"check that this is intended, {_WHERE}",
            )

    def _check_approval(self, somebody_waits: Callable[[], bool]) -> Finding:
        is_required = self.require_admin_approval_after_user_signup
        if is_required is None:
            message = "it does not say whether newcomers wait for an administrator's approval"
            return warning(message, f"look it up {_WHERE}")
        if is_required:
            return ok(
                "newcomers wait for an administrator's approval; if that is switched off,"
                f" {_APPROVED_BY_GITLAB}"
            )
        if somebody_waits():
            return ok(
                "Require admin approval for new sign-ups is off, and people wait all the same, as"
                " where the sign-in provider's block_auto_created_users is on"
            )
        return warning(
            "Require admin approval for new sign-ups is off, and nobody waits: whether newcomers"
            " will is not known, as GitLab does not show block_auto_created_users of its sign-in"
            " providers",
            f"see that one of the two is on; the first is {_WHERE}",
        )

    def _check_passwords(self) -> Finding:
        switches = (self.signup_enabled, self.password_authentication_enabled_for_web)
        if False in switches:
            return ok("nobody can sign up with a password in the browser")
        if None in switches:
            message = "it does not say whether people can sign up with a password in the browser"
            return warning(message, f"look it up {_WHERE}")
        return warning(
            "people can sign up with a password in the browser: if GitLab also links sign-ins to"
            " accounts by e-mail address, somebody's identity can get into a stranger's account",
            f"switch off Sign-up enabled, {_WHERE}",
        )
