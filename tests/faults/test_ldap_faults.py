"""Every message to a real OpenLDAP, and everything that can happen to it, through whole runs."""

import re
from collections.abc import Callable, Iterator

import attrs
import pytest

from tests.contract.services.ldap_faults import BIND, SEARCH, Reply, ends_with, meddling
from tests.contract.services.openldap import BIND_DN, BIND_PASSWORD, OpenLdap, Tree, openldap
from tests.faults.harness import Installation
from tests.faults.test_matrix import (
    assert_finished_by_a_healthy_run,
    assert_logged_what_happened,
    assert_nobody_else,
    expected_codes,
    is_done,
    lines_of_trouble,
)
from tests.faults.world import small_world

pytestmark = pytest.mark.no_cover

MESSAGES = 8
"""Bind, people, three groups, two about locks and, between them, what the server is."""


@attrs.frozen
class LdapFault:
    """Something that happens to a message."""

    name: str
    reply: Callable[[int, int], Reply]
    says: str
    timeout_s: float = 30
    """How long glaab waits: only where a test waits for that is it short."""

    def __str__(self) -> str:
        return self.name


def refusal(code: int, name: str, says: str = "") -> LdapFault:
    return LdapFault(
        f"{code} {name}",
        lambda number, tag: Reply(ends_with(number, tag, code)),
        says or f"LDAP {code} {name}|refused to bind",
    )


ABSENT = "|cannot be read"
FAULTS = (
    LdapFault("hangs up", lambda _number, _tag: Reply(hangs_up=True), "socket|clos|session"),
    LdapFault("is silent", lambda _number, _tag: Reply(), "timed out|time", timeout_s=0.3),
    LdapFault(
        "is cut off",
        lambda number, tag: Reply(ends_with(number, tag, 0)[:7], hangs_up=True),
        "socket|clos|session|not LDAP",
    ),
    LdapFault("speaks HTTP", lambda _number, _tag: Reply(b"HTTP/1.1 400 Bad\r\n\r\n", True), "."),
    LdapFault("says nonsense", lambda _number, _tag: Reply(b"0\x03\x02\x01\x07", True), "."),
    refusal(4, "sizeLimitExceeded", "more entries match|refused to bind|gives at once"),
    refusal(10, "referral", f"LDAP 10 referral|refused to bind{ABSENT}"),
    refusal(32, "noSuchObject", f"LDAP 32 noSuchObject|refused to bind{ABSENT}"),
    refusal(49, "invalidCredentials"),
    refusal(50, "insufficientAccessRights", f"LDAP 50|refused to bind{ABSENT}"),
    refusal(51, "busy"),
    refusal(52, "unavailable"),
)


@pytest.fixture(scope="module")
def slapd() -> Iterator[OpenLdap]:
    world = small_world()
    tree = Tree(people=world.people, groups=world.directory_groups, disabled=world.locked)
    with openldap(tree) as server:
        yield server


@pytest.fixture
def installation(tmp_path) -> Installation:
    """One that asks the directory that its settings name."""
    made = Installation.healthy(tmp_path / "it")
    made.directory = None
    return made


def approve(installation: Installation, *ports: int, **changes: str):
    servers = " ".join(f"ldap://127.0.0.1:{port}" for port in ports)
    return installation.run("approve", LDAP_SERVERS=servers, **changes)


def test_a_healthy_run_sends_so_many_messages(installation, slapd):
    with meddling(slapd.port, lambda *_: None) as proxy:
        run = approve(installation, proxy.port)

    assert 0 == run.code
    assert is_done(installation)
    assert [BIND, *[SEARCH] * (MESSAGES - 1)] == proxy.tags[:MESSAGES]
    assert proxy.tags.count(SEARCH) < MESSAGES


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("position", range(MESSAGES))
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault(installation, slapd, fault, position, lasts):
    """It adds no approval, loses none, and is told: by the exit code, and in words."""

    def meddle(at, number, tag):
        return fault.reply(number, tag) if at == position or (lasts and at > position) else None

    with meddling(slapd.port, meddle) as proxy:
        run = approve(installation, proxy.port, GLAAB_TIMEOUT_S=str(fault.timeout_s))

    print(run.code, run.out, run.err, sep="\n")  # noqa: T201  # shown of a cell that fails
    assert_nobody_else(installation)
    assert_logged_what_happened(installation)
    assert run.code in expected_codes(run)
    assert 3 == run.code or is_done(installation)
    for line in lines_of_trouble(run):
        assert re.search("directory|group|lock", line)
        assert re.search(fault.says, line)
        assert re.search("nobody was refused|in the next run", line)
    if not is_done(installation):
        assert_finished_by_a_healthy_run(installation, LDAP_SERVERS=f"127.0.0.1:{slapd.port}")


@pytest.mark.parametrize("position", range(MESSAGES))
@pytest.mark.parametrize("fault", FAULTS[:3], ids=str)
def test_another_server_answers_for_the_whole_run(installation, slapd, fault, position):
    """When one fails in the middle everything is asked again of the next, and nobody waits."""

    def meddle(at, number, tag):
        return fault.reply(number, tag) if at >= position else None

    with meddling(slapd.port, meddle) as proxy:
        timeout_s = max(2, fault.timeout_s)
        run = approve(installation, proxy.port, slapd.port, GLAAB_TIMEOUT_S=str(timeout_s))

    assert 0 == run.code
    assert is_done(installation)


@pytest.mark.parametrize("code", [1, 49, 52])
@pytest.mark.parametrize("position", range(2))
def test_a_server_that_quotes_the_password(installation, slapd, code, position):
    """Its diagnostic message is shown to nobody."""

    def meddle(at, number, tag):
        return (
            Reply(ends_with(number, tag, code, BIND_PASSWORD.encode())) if at >= position else None
        )

    with meddling(slapd.port, meddle) as proxy:
        run = approve(
            installation, proxy.port, LDAP_BIND_DN=BIND_DN, LDAP_BIND_PASSWORD=BIND_PASSWORD
        )

    assert 3 == run.code
    assert BIND == proxy.tags[0]
    assert BIND_PASSWORD not in run.out + run.err
