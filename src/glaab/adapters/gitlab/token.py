"""Whether a token of GitLab has the rights that glaab needs, no more, and for long enough."""

import re
from collections.abc import Iterator
from datetime import date

import attrs

from glaab.domain.diagnostics import Finding, ok, problem, warning

RENEW = (
    "create an administrator's token with the scope api alone (and admin_mode where Admin Mode is"
    " on), and set GITLAB_ACCESS_TOKEN to it"
)
_SOON_DAYS = 14
_OF_USE = re.compile(r"api|admin_mode|(read|write)_\w+|self_rotate|(create|manage)_runner")
"""Scopes that are needed, or give no right that the scope api does not give anyway."""


@attrs.frozen(kw_only=True)
class TokenShown:
    """What a token tells of itself (GET /personal_access_tokens/self, GitLab 15.5)."""

    scopes: tuple[str, ...]
    active: bool = True
    revoked: bool = False
    expires_at: str | None = None

    def findings(self, today: date) -> Iterator[Finding]:
        """What is right and wrong with it."""
        if self.revoked or not self.active:
            yield problem("it is not active any more", RENEW)
        yield from self._of_scopes()
        yield self._of_expiry(today)

    def _of_scopes(self) -> Iterator[Finding]:
        besides = sorted(each for each in self.scopes if not _OF_USE.fullmatch(each))
        if "api" not in self.scopes:
            yield problem("it lacks the scope api, so it cannot approve anybody", RENEW)
        if "sudo" in self.scopes:
            yield problem("it has the scope sudo, so it can act as anybody", RENEW)
        elif besides:
            said = f"it has scopes that glaab has no use for: {', '.join(besides)}"
            yield warning(said, RENEW)
        elif "api" in self.scopes:
            had = ", ".join(sorted(self.scopes))
            yield ok(f"its scopes give it what is needed and no more: {had}")

    def _of_expiry(self, today: date) -> Finding:
        """It ends as the day begins."""
        if not self.expires_at:
            return ok("it never expires")
        try:
            expires = date.fromisoformat(self.expires_at[:10])
        except ValueError:
            return warning(
                f'it expires on "{self.expires_at}", which is no date that glaab understands',
                "see in GitLab when it expires",
            )
        days = (expires - today).days
        if days <= 0:
            return problem(f"it expired on {expires}", RENEW)
        left = f"it expires on {expires}, in {days} day{'' if days == 1 else 's'}"
        return problem(left, RENEW) if days <= _SOON_DAYS else ok(left)
