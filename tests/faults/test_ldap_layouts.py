"""The faults of `test_ldap_faults.py` on other servers, whose layouts take other messages."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path
from uuid import UUID

import attrs
import pytest

from glaab.domain.accounts import AccountId, Username
from tests.builders import an_account, an_identity
from tests.contract.services import active_directory as ad
from tests.contract.services import freeipa, rfc2307
from tests.contract.services.ds389 import ds389
from tests.contract.services.entries import Login
from tests.contract.services.ldap_faults import (
    Meddler,
    Reply,
    a_referral,
    meddling,
    searches_end_with,
)
from tests.contract.services.ldap_requests import Purpose
from tests.contract.services.samba import samba
from tests.faults.harness import Installation, Result
from tests.faults.test_ldap_faults import FAULTS, LdapFault, refusal
from tests.faults.test_matrix import expected_codes, lines_of_trouble
from tests.worlds import World

pytestmark = [
    pytest.mark.no_cover,
    # Python 3.11 warns of what ldap3 2.9.1 uses for TLS, pyasn1 0.6 of what it imports.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

POLICY = """\
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "{extern_uid}"
[directory]
{layout}
[veto]
directory_locked = true
"""
RULE = '[[trust]]\nname = "{group}"\ndirectory_group = "{group}"\n'
UNIX = """\
layout = "rfc2307"
member = "member"
nested = true
locked = [
  {attribute = "loginShell", in = ["/bin/false", "/usr/sbin/nologin"]},
  {attribute = "shadowExpire", before_now = "days"},
  {attribute = "employeeType", equals = "inactive"},
]"""


@attrs.frozen(kw_only=True)
class Site:
    """A directory, who waits to be approved, and what the policy says."""

    extern_uids: Mapping[str, str]
    """Of everybody who waits, by username."""
    trusted: tuple[str, ...]
    """Whom an undisturbed run approves."""
    policy: str
    settings: Mapping[str, str]
    port: int
    host: str = "127.0.0.1"
    ca_file: Path | None = None

    @property
    def world(self) -> World:
        return World(
            accounts=tuple(
                an_account(
                    id=AccountId(number),
                    username=Username(name),
                    identities=(an_identity(extern_uid),),
                )
                for number, (name, extern_uid) in enumerate(self.extern_uids.items(), 101)
            )
        )

    def meddling(
        self, meddle: Callable[[int, int, int], Reply | None]
    ) -> AbstractContextManager[Meddler]:
        """Whoever asks the proxy needs no TLS."""
        return meddling(self.port, meddle, self.host, self.ca_file)


def a_policy_file(extern_uid: str, layout: str, *groups: str) -> str:
    rules = "".join(RULE.format(group=group) for group in groups)
    return POLICY.format(extern_uid=extern_uid, layout=layout) + rules


def login(base: str, user: str, password: str) -> dict[str, str]:
    return {"LDAP_BASE_DN": base, "LDAP_BIND_DN": user, "LDAP_BIND_PASSWORD": password}


@contextmanager
def a_freeipa() -> Iterator[Site]:
    """People by DN; bob is locked, dave has run out, mia is in no group."""
    uids = ("alice", "bob", "carol", "dave", "erin")
    people = {uid: freeipa.person_dn(uid) for uid in uids}
    with ds389() as server:
        yield Site(
            extern_uids=people | {"mia": f"mail=mia@example.org,{freeipa.PEOPLE}"},
            trusted=("alice", "carol", "erin"),
            policy=a_policy_file("dn", 'layout = "freeipa"', "alldevs", "cycle1"),
            settings=login(freeipa.BASE, freeipa.READER, freeipa.PASSWORD),
            port=server.port,
        )


@contextmanager
def an_active_directory() -> Iterator[Site]:
    """People by objectGUID; bob is disabled, dave has run out, erin is in no group."""
    try:
        with samba() as server:
            guids = object_guids(server.administrator)
            yield Site(
                extern_uids={n: guids[n] for n in ("alice", "bob", "carol", "dave", "erin")},
                trusted=("alice", "carol"),
                policy=a_policy_file("objectGUID", 'layout = "active-directory"', "alldevs"),
                settings=login(ad.BASE, ad.READER, ad.PASSWORD),
                port=server.tls_port,
                host=server.host,
                ca_file=server.ca_file,
            )
    except PermissionError:
        pytest.skip("Samba listens on ports 389 and 636, which takes root")


def object_guids(administrator: Login) -> dict[str, str]:
    """Of all people, by the name of their account."""
    with administrator.connection() as connection:
        connection.search(ad.PEOPLE, "(mail=*)", attributes=["sAMAccountName", "objectGUID"])
        found = [each["raw_attributes"] for each in connection.response]
    return {
        each["sAMAccountName"][0].decode(): str(UUID(bytes_le=each["objectGUID"][0]))
        for each in found
    }


@contextmanager
def an_openldap() -> Iterator[Site]:
    """People by uid; bob has no shell, carol has run out, gina is in no group."""
    with rfc2307.rfc2307() as server:
        yield Site(
            extern_uids={uid: uid for uid in ("alice", "bob", "carol", "erin", "gina")},
            trusted=("alice", "erin"),
            policy=a_policy_file("uid", UNIX, "allnames", "cycle1"),
            settings=login(rfc2307.BASE, rfc2307.READER, rfc2307.PASSWORD),
            port=server.port,
        )


PROOF = (Purpose.NOT_LOCKED, Purpose.LOCKS, Purpose.NOT_LOCKED, Purpose.ROOT_DSE)
MESSAGES = {
    a_freeipa: (Purpose.PEOPLE, *[Purpose.GROUP, Purpose.MEMBERS] * 2, *PROOF, Purpose.SCHEMA),
    an_active_directory: (
        Purpose.PEOPLE,
        Purpose.NAME,
        Purpose.GROUP,
        Purpose.MEMBERS,
        Purpose.MEMBER_OF,
        Purpose.LOCKS,
        Purpose.ROOT_DSE,
    ),
    an_openldap: (Purpose.PEOPLE, *[Purpose.GROUP] * 4, *PROOF),
}
"""What a run searches for, after the bind."""
CELLS = [
    pytest.param(site, position, id=f"{site.__name__}-{position} {message}")
    for site, searches in MESSAGES.items()
    for position, message in enumerate(("bind", *searches))
]


FATAL = (
    *FAULTS[:2],
    refusal(1, "operationsError"),
    refusal(3, "timeLimitExceeded"),
    refusal(11, "adminLimitExceeded"),
    refusal(51, "busy"),
    refusal(53, "unwillingToPerform"),
)
"""After these nothing more is sent."""
UNREADABLE = "|cannot be (read|found)|does not show"
PASSING = (
    refusal(4, "sizeLimitExceeded", "more entries match|refused to bind|gives at once|is hidden"),
    refusal(10, "referral", f"LDAP 10|refused to bind{UNREADABLE}"),
    refusal(32, "noSuchObject", f"LDAP 32|refused to bind{UNREADABLE}"),
    refusal(50, "insufficientAccessRights", f"LDAP 50|refused to bind{UNREADABLE}"),
)


def untrue(name: str, *before: bytes) -> LdapFault:
    answer = searches_end_with(0, *before)
    return LdapFault(name, lambda number, tag: Reply(answer(number, tag)), ".")


UNTRUE = (untrue("finds nothing"), untrue("refers", a_referral(b"ldap://elsewhere")))
"""Answers that might be true: of these a run may tell nothing."""


@pytest.fixture(scope="module")
def running() -> Iterator[Callable[..., Site]]:
    """A function: one of the sites -> the same, started when it is first needed."""
    with ExitStack() as stack:
        yield cache(lambda site: stack.enter_context(site()))


@pytest.fixture
def site(running, request) -> Site:
    return running(request.param)


@pytest.fixture
def installation(site, tmp_path) -> Installation:
    made = Installation.healthy(tmp_path / "it", site.world)
    made.directory = None
    (made.folder / "policy.toml").write_text(site.policy)
    return made


def approve(site: Site, installation: Installation, proxy: Meddler, **changes: str) -> Result:
    policy = str(installation.folder / "policy.toml")
    servers = f"ldap://127.0.0.1:{proxy.port}"
    environ = {**site.settings, "LDAP_SERVERS": servers, **changes}
    return installation.run("--policy", policy, "approve", **environ)


@pytest.mark.parametrize(("site", "searches"), MESSAGES.items(), indirect=["site"])
def test_a_healthy_run_searches_for_so_much(site, searches, installation):
    with site.meddling(lambda *_: None) as proxy:
        run = approve(site, installation, proxy)

    assert 0 == run.code
    assert list(site.trusted) == installation.approved()
    assert searches == tuple(search.purpose for search in proxy.searches)


@pytest.mark.parametrize(("site", "position"), CELLS, indirect=["site"])
@pytest.mark.parametrize("fault", FATAL, ids=str)
def test_a_fault_that_ends_all_questions(site, installation, position, fault):
    """It adds no approval, loses none, and is told: by the exit code, and in words."""
    run = disturbed(site, installation, fault, position, lasts=False)

    assert 3 == run.code
    assert [] == installation.approved()
    assert_told(run, fault)
    assert_nobody_refused(site, run)


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize(("site", "position"), CELLS, indirect=["site"])
@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_a_fault(site, installation, position, fault, lasts):
    """It adds no approval, and is told unless everybody is approved all the same."""
    run = disturbed(site, installation, fault, position, lasts=lasts)

    assert 3 == run.code or list(site.trusted) == installation.approved()
    assert_told(run, fault)
    assert_nobody_refused(site, run)


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize(("site", "position"), CELLS, indirect=["site"])
@pytest.mark.parametrize("fault", UNTRUE, ids=str)
def test_an_answer_without_anybody(site, installation, position, fault, lasts):
    """It adds no approval."""
    disturbed(site, installation, fault, position, lasts=lasts)


def disturbed(
    site: Site, installation: Installation, fault: LdapFault, position: int, *, lasts: bool
) -> Result:
    """A run with a fault, in which nobody is approved who would not be otherwise."""

    def meddle(at: int, number: int, tag: int) -> Reply | None:
        return fault.reply(number, tag) if at == position or (lasts and at > position) else None

    with site.meddling(meddle) as proxy:
        run = approve(site, installation, proxy, GLAAB_TIMEOUT_S=str(fault.timeout_s))
    print(run.code, run.out, run.err, sep="\n")  # noqa: T201  # shown of a cell that fails
    approved = installation.approved()
    assert set(approved) <= set(site.trusted)
    assert approved == installation.wiki_entries() == installation.file_entries()
    assert run.code in expected_codes(run)
    return run


def assert_told(run: Result, fault: LdapFault) -> None:
    """What is not done is said: why, and what follows."""
    lines = lines_of_trouble(run)
    assert lines or 0 == run.code
    for line in lines:
        assert re.search("directory|group|lock", line)
        assert re.search(fault.says, line)
        assert re.search("nobody was refused|in the next run", line)


def assert_nobody_refused(site: Site, run: Result) -> None:
    """Whoever is held would be held by an undisturbed run, too: one person at each site."""
    (end,) = run.events("run_finished")
    assert end["hold"] <= 1
