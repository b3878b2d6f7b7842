"""
Every schedule of two runs over two accounts: thousands, so `make interleavings` runs them.

`make check` tries a part of them (test_interleavings.py), and every one over one account.
"""

import pytest

from tests.faults.test_interleavings import (
    TWO_STARTS,
    all_schedules,
    assert_as_one_run,
    bare,
    pytestmark,
)

__all__ = ["bare", "pytestmark"]


@pytest.mark.timeout(0)
@pytest.mark.parametrize("start", TWO_STARTS.values(), ids=TWO_STARTS)
def test_all_schedules_of_two_runs_over_two_accounts(tmp_path, start):
    """Every interleaving that there is."""
    seen: set[str] = set()
    for race in all_schedules(tmp_path, start):
        assert_as_one_run(start, race, seen)
