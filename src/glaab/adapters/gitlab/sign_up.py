"""Whether GitLab lets newcomers wait for approval, and in what other ways they come."""

from collections.abc import Iterator
from typing import Any

import attrs

from glaab.domain.diagnostics import Finding, ok, problem, warning

_THERE = "in GitLab's Admin area, Settings, General, Sign-up restrictions"


@attrs.frozen(kw_only=True)
class SignUp:
    """What of GitLab's own settings is about newcomers; which ones it shows varies."""

    require_admin_approval_after_user_signup: bool | None = None
    signup_enabled: bool | None = None
    password_authentication_enabled_for_web: bool | None = None
    new_user_signups_cap: int | None = None
    seat_control: Any = None

    def findings(self) -> Iterator[Finding]:
        """What is right and wrong with them."""
        yield self._of_approval()
        yield self._of_passwords()
        # Where there is seat control, a cap counts only while that is by cap, which is 1.
        if self.new_user_signups_cap is not None and self.seat_control in (None, 1):
            yield warning(
                f"there is a user cap of {self.new_user_signups_cap}: beyond it newcomers wait"
                " because there are too many, and glaab approves those of them whom the policy"
                " trusts",
                f"see whether that is meant, {_THERE}",
            )

    def _of_approval(self) -> Finding:
        is_required = self.require_admin_approval_after_user_signup
        if is_required is None:
            said = "it does not say whether newcomers wait for an administrator's approval"
            return warning(said, f"look it up {_THERE}")
        if is_required:
            return ok("newcomers wait for an administrator's approval")
        return problem(
            "newcomers need no administrator's approval: nobody waits, but those whom OmniAuth"
            " blocks",
            f"switch on Require admin approval for new sign-ups, {_THERE}",
        )

    def _of_passwords(self) -> Finding:
        switches = (self.signup_enabled, self.password_authentication_enabled_for_web)
        if False in switches:
            return ok("nobody can sign up with a password in the browser")
        if None in switches:
            said = "it does not say whether people can sign up with a password in the browser"
            return warning(said, f"look it up {_THERE}")
        return warning(
            "people can sign up with a password in the browser: if GitLab also links sign-ins to"
            " accounts by e-mail address, somebody's identity can get into a stranger's account",
            f"switch off Sign-up enabled, {_THERE}",
        )
