"""However many wait, each system is asked so many times at most, and only what it must be."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path

import attrs
import pytest

from glaab.domain.review import Case
from glaab.entrypoints.runtime.container import Container
from tests.benchmarks import one_by_one
from tests.contract.services.openldap import OpenLdap, Tree, openldap
from tests.crowd import TRUSTED, VETOED, a_crowd, claimed
from tests.faults.harness import Installation, Result
from tests.worlds import World

SIZES = [10, 100, 1_000, 10_000]


@attrs.frozen(kw_only=True)
class Crowd:
    """A crowd in simulators in this process, but for the directory, which is a real OpenLDAP."""

    world: World
    installation: Installation
    ldap: OpenLdap

    def run(self, command: str) -> Result:
        """Run it on systems that have not been asked anything yet."""
        for recorder in self.installation.http.values():
            recorder.requests.clear()
        (self.ldap.folder / "log").write_bytes(b"")
        return self.installation.run(command, "--format", "json", **self.address)

    @property
    def address(self) -> dict[str, str]:
        return {"LDAP_SERVERS": f"ldap://127.0.0.1:{self.ldap.port}"}

    def app(self) -> Container:
        """What reviews, for those who drive its parts themselves."""
        return self.installation.app(**self.address).container

    def asked(self) -> Counter[str]:
        """How many requests each system saw, binds among them."""
        seen = {system: len(each.requests) for system, each in self.installation.http.items()}
        operations = self.ldap.operations
        return Counter(seen | {"directory": operations["SRCH"] + operations["BIND"]})

    # -- about whom each system was asked

    def ldap_log(self) -> str:
        return (self.ldap.folder / "log").read_text(encoding="utf-8")

    def named_to_phabricator(self) -> set[str]:
        sent = [json.loads(each.form["params"]) for each in self.installation.phabricator.requests]
        return {name for each in sent for name in each.get("ldapnames", ())}

    def named_to_gerrit(self) -> set[str]:
        sent = [each.parameters.get("q", "") for each in self.installation.gerrit.requests]
        return {name for each in sent for name in re.findall(r"username:([^\s()]+)", each)}

    def looked_at_again(self) -> set[str]:
        """Accounts, by their numbers in GitLab."""
        sent = [each.path.split("/") for each in self.installation.gitlab.requests]
        return {number for _, _, _, _, number, *_ in (each for each in sent if len(each) > 4)}


@pytest.fixture(scope="module")
def directory() -> Iterator[OpenLdap]:
    """Limited to 500 entries a search, as OpenLDAP is unless told otherwise."""
    with openldap(size_limit=500) as server:
        yield server


@pytest.fixture
def crowd(tmp_path: Path, directory: OpenLdap) -> Iterator[Callable[[int], Crowd]]:
    """A function: how many wait -> them, half as many blocked, and as many active accounts."""
    built: list[Installation] = []

    def make(pending: int) -> Crowd:
        world = a_crowd(pending, blocked=pending // 2, active=pending)
        directory.load(
            Tree(people=world.people, groups=world.directory_groups, disabled=world.locked)
        )
        installation = Installation.healthy(tmp_path / "installed", world)
        installation.directory = None
        built.append(installation)
        return Crowd(world=world, installation=installation, ldap=directory)

    yield make
    assert [[] for _ in built] == [each.errors() for each in built]


# -- how often


@pytest.mark.parametrize("pending", SIZES)
def test_requests_follow_pages_and_batches_and_approvals(pending, crowd):
    """The same ten are approved whatever the length, and what the result tells was sent."""
    many = crowd(pending)

    run = many.run("approve")

    asked = many.asked()
    assert 0 == run.code, run.err
    assert TRUSTED == len(many.installation.approved()) == len(many.installation.wiki_entries())
    systems = run.document["systems"]
    assert asked == Counter({name: each["requests"] for name, each in systems.items()})
    assert asked["gitlab"] <= ceil((pending + pending // 2) / 100) + 2 + 5 * TRUSTED
    assert asked["directory"] - 1 <= 4 + 3 * ceil(pending / 100)  # beside the bind
    alone = TRUSTED + 1  # one has a second account, which only asking alone shows
    assert asked["phabricator"] <= 3 + ceil(pending / 100) + alone
    assert asked["gerrit"] <= 4 + ceil(TRUSTED / 50)
    assert asked["audit_log"] <= 10


def test_blocked_accounts_cost_their_pages_and_nothing_else(crowd):
    """A page of a hundred is one request to GitLab; nobody else hears of them."""
    many = crowd(100)
    many.run("dry-run")
    before = many.asked()
    users = many.installation.gitlab.simulator.users
    blocked = next(each for each in users.values() if each.username == "other1100")
    for number in range(50_000, 51_000):
        users[number] = attrs.evolve(blocked, id=number, username=f"blocked{number}")

    many.run("dry-run")

    assert Counter(gitlab=10) == many.asked() - before


# -- the verdicts


@pytest.mark.parametrize("pending", [10, 100, 1_000])
def test_the_verdicts_are_those_of_asking_one_by_one(pending, crowd):
    """And the reasons; of look-alikes, twins, the locked and the disabled too."""
    container = crowd(pending).app()
    accounts = container.gitlab().pending()
    review = container.review_accounts()

    together = review(accounts).cases
    alone = [case for account in accounts for case in review([account]).cases]

    assert pending == len(accounts)
    assert list(map(told, alone)) == list(map(told, together))


def told(case: Case) -> tuple[object, ...]:
    return case.account.username, case.proof, case.judgement


def test_the_usual_way_that_the_benchmark_compares_with_approves_the_same(crowd):
    many = crowd(10)

    done = one_by_one.run(many.app())

    assert TRUSTED == len(many.installation.approved()) == len(done.unlogged)
    assert () == done.log_failures == done.notes_left_open


def test_a_dry_run_asks_more_and_reaches_the_same_verdicts(crowd):
    """For the same reasons; on the wire it asks about vetoes against everybody proven."""
    many = crowd(100)

    looked = many.run("dry-run")
    more = many.asked()
    acted = many.run("approve")

    judged = ("username", "verdict", "because", "explanation", "identity")
    less = many.asked()
    assert [{key: each[key] for key in judged} for each in looked.document["accounts"]] == [
        {key: each[key] for key in judged} for each in acted.document["accounts"]
    ]
    assert more["gerrit"] > less["gerrit"]
    assert more["directory"] >= less["directory"]


# -- about whom


def test_nobody_is_asked_about_without_need(crowd):
    """Who is not proven is looked up nowhere, who is not trusted is asked no veto about."""
    many = crowd(100)

    run = many.run("approve")

    accounts = run.document["accounts"]
    proven = {each["identity"]["cn"] for each in accounts if each["identity"]}
    trusted = {each["identity"]["uid"] for each in accounts if each["because"]}
    approved = {str(each["id"]) for each in accounts if each["outcome"] == "approved"}
    vouched = trusted | {"two"}  # has two accounts, as only asking alone shows
    members = many.world.gerrit_groups["Trusted-Contributors"]
    assert TRUSTED + VETOED == len(trusted)
    assert len(claimed(many.world)) == len(re.findall(r"\(cn=", many.ldap_log()))
    assert vouched == set(re.findall(r"\(uid=([^()]*)\)", many.ldap_log()))
    assert proven == many.named_to_phabricator()
    assert {each for each in vouched | members if " " not in each} == many.named_to_gerrit()
    assert approved == many.looked_at_again()
