"""Checks GitLab's settings about sign-up: do newcomers wait, and can they come by password."""

from collections.abc import Iterator
from typing import Any

import attrs

from glaab.domain.diagnostics import Finding, ok, problem, warning

_WHERE = "in GitLab's Admin area, Settings, General, Sign-up restrictions"


@attrs.frozen(kw_only=True)
class SignUp:
    """GitLab's settings about sign-up; versions and editions differ in which they show."""

    require_admin_approval_after_user_signup: bool | None = None
    signup_enabled: bool | None = None
    password_authentication_enabled_for_web: bool | None = None
    new_user_signups_cap: int | None = None
    seat_control: Any = None

    def findings(self) -> Iterator[Finding]:
        """What is right and wrong with the settings."""
        yield self._check_approval()
        yield self._check_passwords()
        # A cap is in force without seat control, or with seat control by cap (1).
        if self.new_user_signups_cap is not None and self.seat_control in (None, 1):
            yield warning(
                f"there is a user cap of {self.new_user_signups_cap}: newcomers beyond it wait"
                " as well, and glaab approves those whom the policy trusts",
                f"check that this is intended, {_WHERE}",
            )

    def _check_approval(self) -> Finding:
        is_required = self.require_admin_approval_after_user_signup
        if is_required is None:
            message = "it does not say whether newcomers wait for an administrator's approval"
            return warning(message, f"look it up {_WHERE}")
        if is_required:
            return ok("newcomers wait for an administrator's approval")
        return problem(
            "newcomers need no administrator's approval: only those whom OmniAuth blocks wait",
            f"switch on Require admin approval for new sign-ups, {_WHERE}",
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
