"""Every adapter against the contract of its port; a failing contract shows what it compared."""

import pytest

pytest.register_assert_rewrite(
    "tests.contract.live_checks",
    *(
        f"tests.contract.{system}.contract"
        for system in ("gerrit", "gitlab", "ldap", "mediawiki", "phabricator")
    ),
)
