"""The table of contract tests by rung, and what docs/contract-tests.md says about the tests."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.contract.gerrit.contract import GerritContract
from tests.contract.gitlab.contract import GitLabContract
from tests.contract.keycloak.contract import KeycloakContract
from tests.contract.ldap.contract import DirectoryContract
from tests.contract.live_checks import (
    AuditLogChecks,
    AuditLogSandboxChecks,
    DirectoryChecks,
    GerritChecks,
    GitLabChecks,
    GitLabSandboxChecks,
    KeycloakChecks,
    PhabricatorChecks,
)
from tests.contract.mediawiki.contract import AuditLogContract
from tests.contract.phabricator.contract import PhabricatorContract
from tests.contract.rungs import RUNGS, Ending, Outcome, Place, Table, place_of

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "contract-tests.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+)\.py::([\w:]+)`", PAGE)
PASSED, FAILED = (Outcome.PASSED, ""), (Outcome.FAILED, "")


def skipped(reason: str) -> tuple[Outcome, str]:
    return Outcome.SKIPPED, reason


def ended(suite: str, test: str, rung: str, *endings: tuple[Outcome, str]) -> list[Ending]:
    place = Place(suite=suite, test=test, rung=rung)
    return [Ending(place, *each) for each in endings]


ENDINGS = [
    *ended("Gerrit", "test_reads", "memory", PASSED, PASSED),
    *ended("Gerrit", "test_writes", "memory", PASSED, FAILED, skipped("no")),
    *ended("GitLab", "test_asks", "live", skipped("no token"), skipped("no address")),
    *ended("Gerrit", "test_reads", "service", PASSED, skipped("no address")),
    *ended("GitLab", "test_asks", "elsewhere", PASSED),
]
SUMS = """\
     memory  simulator    service       live  elsewhere   contract
   1 FAILED          -    1/2 [3]          -          -   Gerrit
          -          -          -     [2][3]        1/1   GitLab

1/2: one of two passed    -: nothing to run on this rung    [1]: skipped, because
  [1] no
  [2] no token
  [3] no address"""
TESTS = """\
     memory  simulator    service       live  elsewhere   Gerrit
        2/2          -    1/2 [3]          -          -   reads
   1 FAILED          -          -          -          -   writes

     memory  simulator    service       live  elsewhere   GitLab
          -          -          -     [2][3]        1/1   asks

"""


class TestTable:
    def test_shows_every_test_by_rung_and_the_sums(self):
        assert TESTS + SUMS == "\n".join(Table(ENDINGS).lines())

    def test_shows_the_sums_alone_when_brief(self):
        assert SUMS == "\n".join(Table(ENDINGS).lines(briefly=True))


class Plain: ...


class Kept(GerritContract):
    rung = "service"

    def test_a_missing_group_is_unknown(self): ...

    def test_of_its_own(self): ...


class Checked(DirectoryChecks): ...


class TestPlaces:
    @pytest.mark.parametrize(
        "test", ["test_an_empty_group_is_unknown", "test_a_missing_group_is_unknown"]
    )
    def test_a_contract_test_belongs_to_its_contract(self, test):
        """Also where the class that inherits it narrows it."""
        assert Place(suite="Gerrit", test=test, rung="service") == place_of(Kept, test)

    def test_a_live_check_belongs_to_the_suite_that_it_names(self):
        test = "test_a_group_that_is_nowhere_is_unknown_alone"

        assert Place(suite="Directory", test=test, rung="?") == place_of(Checked, test)

    @pytest.mark.parametrize("owner", [None, Plain, Kept])
    def test_other_tests_belong_to_none(self, owner):
        assert place_of(owner, "test_of_its_own") is None


@pytest.mark.parametrize(
    ("contract", "checks"),
    [
        (AuditLogContract, [AuditLogChecks, AuditLogSandboxChecks]),
        (DirectoryContract, [DirectoryChecks]),
        (GerritContract, [GerritChecks]),
        (GitLabContract, [GitLabChecks, GitLabSandboxChecks]),
        (KeycloakContract, [KeycloakChecks]),
        (PhabricatorContract, [PhabricatorChecks]),
    ],
)
def test_no_live_check_shares_its_line_with_another_test(contract, checks):
    tests = [name for each in (contract, *checks) for name in vars(each) if name.startswith("test")]

    assert sorted(set(tests)) == sorted(tests)


def printed(*arguments: str) -> str:
    """What pytest prints."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60)
    return done.stdout


class TestEndOfRun:
    def test_the_table_stands_at_the_end(self):
        """Of the tests that ran, wherever they are, and of no others."""
        out = printed(
            "tests/contract/test_jsonl_audit_log.py",
            "tests/unit/mediawiki/test_memory.py",
            "tests/unit/ldap/test_memory.py",
            "-ktest_an_approval_is_logged or test_nobody_has_no_locks",
        )

        assert [
            "     memory  simulator    service       live       file   AuditLog",
            "        1/1          -          -          -        1/1   an_approval_is_logged",
            "",
            "     memory  simulator    service       live       file   Directory",
            "        1/1          -          -          -          -   nobody_has_no_locks",
        ] == out.partition("contract tests by rung")[2].splitlines()[1:6]
        assert re.search("=+ 3 passed, .*=\n$", out)

    def test_nothing_is_printed_when_no_contract_test_ran(self):
        out = printed("tests/contract/test_jsonl_audit_log.py", "-kTestTrouble")

        assert "rung" not in out
        assert " passed" in out


FILES = [
    *Path(__file__).parent.rglob("test_*.py"),
    *(PROJECT / "tests" / "unit").rglob("test_memory.py"),
]
MODULES = [".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in sorted(FILES)]


@pytest.mark.parametrize("module", MODULES)
def test_every_class_that_keeps_a_contract_names_its_rung(module):
    keeping = [
        each
        for each in vars(import_module(module)).values()
        if isinstance(each, type) and each.__name__.startswith("Test")
        if any(place_of(each, test) for test in dir(each))
    ]

    assert [] == [each for each in keeping if getattr(each, "rung", None) not in RUNGS]


def test_the_page_names_tests():
    assert len(NAMED) > 50


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED)))
def test_a_test_that_the_page_names_exists(file, test):
    found = import_module(f"tests.contract.{file.replace('/', '.')}")
    for name in test.split("::"):
        found = getattr(found, name)

    assert callable(found)
