"""Every adapter against the contract of its port; a failing contract shows what it compared."""

import pytest

pytest.register_assert_rewrite(
    *(
        f"tests.contract.{name}"
        for name in (
            "audit_log_contract",
            "directory_contract",
            "gerrit_contract",
            "gitlab.contract",
            "live_checks",
            "phabricator_contract",
        )
    )
)
