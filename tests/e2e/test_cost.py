"""The number of requests follows pages and batches, not accounts."""

from collections import Counter

import attrs

from glaab.domain.accounts import AccountState, Identity
from glaab.domain.errors import GITLAB
from glaab.domain.names import Cn
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR, PhabricatorAccount, Phid
from tests.builders import a_person, a_record, an_account
from tests.e2e.installation import EXAMPLE
from tests.worlds import read_world

WAITING = 500
TRUSTED = 5


def a_crowd():
    """500 people of whom every tenth is linked on Phabricator, and five are in Toolforge."""
    people = tuple(a_person(f"dev{number}", f"Developer {number}") for number in range(WAITING))
    accounts = tuple(
        an_account(
            id=1000 + number,
            username=f"dev{number}",
            identities=(Identity("openid_connect", f"Developer {number}"),),
        )
        for number in range(WAITING)
    )
    linked = {
        Cn(f"Developer {number}"): (
            PhabricatorAccount(
                phid=Phid(f"PHID-USER-{number:020}"),
                username=f"dev{number}",
                is_person=True,
                is_activated=True,
                is_disabled=False,
            ),
        )
        for number in range(0, WAITING, 10)
    }
    world = read_world(EXAMPLE)
    members = frozenset(person.dn for person in people[:TRUSTED])
    groups = {**world.directory_groups, "project-tools": members}
    return attrs.evolve(
        world,
        accounts=accounts,
        notes={},
        people=(*people, *(each for each in world.people)),
        directory_groups=groups,
        locked=frozenset(),
        lock_hidden=frozenset(),
        linked={**world.linked, **linked},
    )


class TestCost:
    def test_500_waiting_and_5_approvals_take_fewer_than_60_requests(self, install):
        """Over all systems, notes and logs included; and the JSON counts what was really sent."""
        crowd = install(a_crowd())

        run = crowd.run("approve", "--format", "json")

        sent, systems = crowd.requests(), run.document["systems"]
        told = Counter({name: each["requests"] for name, each in systems.items()})
        assert 0 == run.code, run.err
        assert TRUSTED == len(crowd.approved()) == len(crowd.logged())
        assert told == sent
        assert sum(sent.values()) < 60, sent

    def test_a_recheck_of_500_takes_pages_and_batches(self, install):
        """All are members, so that nothing is spared."""
        world = a_crowd()
        members = frozenset(person.dn for person in world.people)
        accounts = tuple(attrs.evolve(each, state=AccountState.ACTIVE) for each in world.accounts)
        notes = {each.id: a_record(account_id=each.id, proof=None) for each in accounts}
        groups = {**world.directory_groups, "project-tools": members}
        crowd = install(
            attrs.evolve(world, accounts=accounts, notes=notes, directory_groups=groups)
        )
        for each in accounts:
            crowd.gitlab.simulator.users[each.id].attributes["glaab"] = "logged"

        run = crowd.run("recheck", "--format", "json")

        assert 0 == run.code, run.err
        assert [] == run.document["accounts"]
        assert WAITING == run.document["summary"]["checked"]
        sent = {GITLAB: 6, DIRECTORY: 11, PHABRICATOR: 4, GERRIT: 11}
        assert Counter(sent) == crowd.requests()
