"""What about an attribute means that an entry is locked."""

from datetime import UTC, datetime

import pytest

from glaab.adapters.ldap.lock_tests import LockTest, LockTestKind

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PRESENT, EQUALS, IN = LockTestKind.PRESENT, LockTestKind.EQUALS, LockTestKind.IN
BIT, BEFORE_NOW = LockTestKind.BIT, LockTestKind.BEFORE_NOW


def holds(kind, operands, value):
    return LockTest("lock", kind, operands).holds(value, NOW)


# -- what a value means


@pytest.mark.parametrize(
    ("kind", "operands", "value", "is_locked"),
    [
        (PRESENT, (), "", True),
        (PRESENT, (), "FALSE", True),
        (EQUALS, ("TRUE",), "TRUE", True),
        (EQUALS, ("TRUE",), "true", True),
        (EQUALS, ("TRUE",), "FALSE", False),
        (IN, ("/bin/false", "/usr/sbin/nologin"), "/usr/sbin/nologin", True),
        (IN, ("/bin/false", "/usr/sbin/nologin"), "/bin/bash", False),
        (BIT, ("2",), "514", True),
        (BIT, ("2",), "512", False),
        (BIT, ("16",), "-1", True),
        (BEFORE_NOW, ("generalized",), "20261127115959Z", True),
        (BEFORE_NOW, ("generalized",), "20261127120000Z", False),
        (BEFORE_NOW, ("generalized",), "20261127130000+0200", True),
        (BEFORE_NOW, ("generalized",), "20261127115959.5Z", True),
        (BEFORE_NOW, ("generalized",), "20261127115959,5Z", True),
        (BEFORE_NOW, ("generalized",), "202611271159Z", True),
        (BEFORE_NOW, ("generalized",), "2026112713Z", False),
        (BEFORE_NOW, ("filetime",), "134402544000000000", False),
        (BEFORE_NOW, ("filetime",), "132223104000000000", True),
        (BEFORE_NOW, ("filetime",), "0", False),
        (BEFORE_NOW, ("filetime",), "9223372036854775807", False),
        (BEFORE_NOW, ("filetime",), "9223372036854775806", False),
        (BEFORE_NOW, ("filetime",), "1", True),
        (BEFORE_NOW, ("days",), "20784", True),
        (BEFORE_NOW, ("days",), "20785", False),
        (BEFORE_NOW, ("days",), "0", True),
        (BEFORE_NOW, ("days",), "-1", False),
        (BEFORE_NOW, ("days",), "-5", True),
        (BEFORE_NOW, ("days",), "-" + "9" * 30, True),
        (BEFORE_NOW, ("filetime",), "-9223372036854775808", True),
        (BEFORE_NOW, ("days",), "2900000", False),
    ],
)
def test_a_value_means_locked_or_not(kind, operands, value, is_locked):
    assert is_locked == holds(kind, operands, value)


@pytest.mark.parametrize(
    ("kind", "operands", "value"),
    [
        (BIT, ("2",), "disabled"),
        (BIT, ("2",), ""),
        (BIT, ("2",), "1_000"),
        (BIT, ("2",), " 512 "),
        (BIT, ("2",), "１"),
        (BEFORE_NOW, ("generalized",), "20261127115959"),
        (BEFORE_NOW, ("generalized",), "never"),
        (BEFORE_NOW, ("generalized",), "000001010000Z"),
        (BEFORE_NOW, ("generalized",), "Z"),
        (BEFORE_NOW, ("generalized",), "209912311Z"),
        (BEFORE_NOW, ("generalized",), "20991231235Z"),
        (BEFORE_NOW, ("generalized",), "2099123123595Z"),
        (BEFORE_NOW, ("generalized",), "20991231235959.xZ"),
        (BEFORE_NOW, ("filetime",), "2026-11-27"),
        (BEFORE_NOW, ("days",), "soon"),
        (BEFORE_NOW, ("days",), "133000000000000000"),
    ],
)
def test_a_value_that_cannot_be_understood_means_nothing(kind, operands, value):
    with pytest.raises(ValueError):  # int() and strptime() say it in words of their own
        holds(kind, operands, value)


# -- the filter that finds whoever is not locked


@pytest.mark.parametrize(
    ("kind", "operands", "filter"),
    [
        (PRESENT, (), "(!(lock=*))"),
        (EQUALS, ("TRUE",), "(!(|(lock=TRUE)))"),
        (IN, ("a", "b c"), r"(!(|(lock=a)(lock=b\20c)))"),
        (BIT, ("2",), "(!(lock=*))"),
        (BEFORE_NOW, ("days",), "(!(lock=*))"),
    ],
)
def test_a_filter_negates_what_means_locked(kind, operands, filter):  # noqa: A002  # what it is
    """Of values that no filter can compare on every server, their being there at all."""
    assert filter == LockTest("lock", kind, operands).negation()
