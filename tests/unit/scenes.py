"""A small world to look at, in systems that remember what they were asked."""

import attrs

from glaab.adapters.memory import InMemoryDirectory
from glaab.domain.accounts import AccountId, Username
from glaab.domain.policy import InDirectoryGroup, InGerritGroup, InPhabricatorProject, Rule
from glaab.domain.ports import Directory, Gerrit, Phabricator
from glaab.domain.review import Asking, Plan, ReviewAccounts, Sources
from tests.builders import (
    a_dn,
    a_gerrit_account,
    a_person,
    a_phabricator_account,
    a_policy,
    an_account,
    an_identity,
)
from tests.unit.doubles import AttentiveDirectory, AttentiveGerrit, AttentivePhabricator

TOOLFORGE = Rule("Toolforge member", (InDirectoryGroup("project-tools"),))
PHABRICATOR = Rule("Trusted (Phabricator)", (InPhabricatorProject("trusted"),))
GERRIT = Rule("Trusted (Gerrit)", (InGerritGroup("Trusted"),))
ANY_OF_THREE = a_policy(TOOLFORGE, PHABRICATOR, GERRIT)


def a_newcomer(number: int, name: str, **changes: object):
    """The account of somebody whose cn is *name* and whose uid is that in lower case."""
    values = {
        "id": AccountId(number),
        "username": Username(f"user{number}"),
        "identities": (an_identity(name),),
    }
    return an_account(**(values | changes))


ADA, BOB, CYD, DAN = people = tuple(
    a_newcomer(number, name) for number, name in enumerate(("Ada", "Bob", "Cyd", "Dan"), start=1)
)
PEOPLE = tuple(a_person(name.lower(), name) for name in ("Ada", "Bob", "Cyd", "Dan"))


def a_directory(*, tools=(), people=PEOPLE, kind=AttentiveDirectory, **locks) -> InMemoryDirectory:
    """A directory where *tools* are the uids of the Toolforge members."""
    dns = {key: frozenset(map(a_dn, uids)) for key, uids in locks.items()}
    return kind(people, {"project-tools": frozenset(map(a_dn, tools))}, **dns)


def a_phabricator(*, trusted=(), disabled=(), linked=("Ada", "Bob", "Cyd"), kind=None):
    """Everybody *linked* has an account of that name in lower case; unlike *trusted*."""
    accounts = {name: a_phabricator_account(name.lower(), is_disabled=name in disabled)
                for name in linked}  # fmt: skip
    members = frozenset(accounts[name].phid for name in trusted)
    return (kind or AttentivePhabricator)(
        {name: (account,) for name, account in accounts.items()}, {"trusted": members}
    )


def a_gerrit(*, trusted=(), inactive=(), accounts=("ada", "bob", "cyd"), kind=AttentiveGerrit):
    return kind(
        [a_gerrit_account(uid, is_active=uid not in inactive) for uid in accounts],
        {"Trusted": frozenset(trusted)},
    )


@attrs.frozen(kw_only=True)
class Scene:
    """Three systems, and what comes of looking at them."""

    directory: Directory = attrs.field(factory=a_directory)
    phabricator: Phabricator = attrs.field(factory=a_phabricator)
    gerrit: Gerrit = attrs.field(factory=a_gerrit)

    def look(self, *accounts, policy=ANY_OF_THREE, asking=Asking.WHAT_MATTERS) -> Plan:
        sources = Sources(self.directory, self.phabricator, self.gerrit)
        return ReviewAccounts(sources=sources, policy=policy, asking=asking)(accounts)


def verdicts(plan: Plan) -> dict[str, str]:
    """The verdict on each, by the name that was vouched for."""
    return {
        case.account.identities[0].extern_uid: str(case.judgement.verdict) for case in plan.cases
    }
