"""A small world to look at, in systems that remember what they were asked."""

from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from glaab.adapters.ldap.memory import InMemoryDirectory
from glaab.domain.accounts import AccountId, Username
from glaab.domain.approval import ApplyPlan
from glaab.domain.brake import Brake
from glaab.domain.evidence import Answer, Kind, NotAsked
from glaab.domain.outcome import Outcomes, preview
from glaab.domain.policy import Rule
from glaab.domain.ports import AuditLog, GitLab, RunId
from glaab.domain.review import Case, Plan, ReviewAccounts, ReviewPending, Scope
from glaab.domain.sources.directory import LOCKED, Directory, InDirectoryGroup
from glaab.domain.sources.gerrit import INACTIVE, Gerrit, InGerritGroup
from glaab.domain.sources.phabricator import (
    DISABLED,
    InPhabricatorProject,
    Phabricator,
    PhabricatorAccount,
)
from tests.builders import (
    NOON,
    a_dn,
    a_gerrit_account,
    a_person,
    a_phabricator_account,
    a_policy,
    an_account,
    an_identity,
    sources,
)
from tests.unit.doubles import AttentiveDirectory, AttentiveGerrit, AttentivePhabricator

TOOLFORGE = Rule("Toolforge member", (InDirectoryGroup("project-tools"),))
BY_PHABRICATOR = Rule("Trusted (Phabricator)", (InPhabricatorProject("trusted"),))
BY_GERRIT = Rule("Trusted (Gerrit)", (InGerritGroup("Trusted"),))
SIMPLE = a_policy(TOOLFORGE)
ANY_OF_THREE = a_policy(TOOLFORGE, BY_PHABRICATOR, BY_GERRIT)


def a_newcomer(number: int, name: str, **changes: object):
    """The account of somebody whose cn is *name* and whose uid is that in lower case."""
    values = {
        "id": AccountId(number),
        "username": Username(f"user{number}"),
        "identities": (an_identity(name),),
    }
    return an_account(**(values | changes))


ADA, BOB, CYD, DAN = tuple(
    a_newcomer(number, name) for number, name in enumerate(("Ada", "Bob", "Cyd", "Dan"), start=1)
)
EVERYBODY = (ADA, BOB, CYD, DAN)
STRANGER = an_account(identities=())
CANARIES = {
    LOCKED: "Dan",
    DISABLED: "Dan",
    INACTIVE: "dan",
}
TRUSTED = ("ada", "bob", "cyd")
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

    def look(
        self,
        *accounts,
        beside=(),
        policy=ANY_OF_THREE,
        scope=Scope.MINIMAL,
        confirm_at_most=25,
        outages=None,
    ) -> Plan:
        review = ReviewAccounts(
            sources=sources(self.directory, self.phabricator, self.gerrit),
            policy=policy,
            scope=scope,
            confirm_at_most=confirm_at_most,
            outages=outages or {},
        )
        return review(accounts, beside=beside)


def linked(*links: tuple[str, PhabricatorAccount]) -> AttentivePhabricator:
    """A Phabricator where each name is linked to the account beside it, and all are trusted."""
    by_name: dict[str, tuple[PhabricatorAccount, ...]] = {}
    for name, account in links:
        by_name[name] = (*by_name.get(name, ()), account)
    phids = frozenset(account.phid for _, account in links)
    return AttentivePhabricator(by_name, {"trusted": phids})


def answers(case: Case, kind: Kind) -> dict[str, Answer | NotAsked]:
    """What the rules or the vetoes were told, by their names."""
    return {item.rule: item.answer for item in case.evidence if item.kind is kind}


def verdicts(plan: Plan) -> dict[str, str]:
    """The verdict on each, by the name that was vouched for."""
    return {
        case.account.identities[0].extern_uid: str(case.judgement.verdict) for case in plan.cases
    }


@attrs.frozen(kw_only=True)
class Run:
    """One run of the job, minutes after noon; everybody but Dan is trusted."""

    gitlab: GitLab
    logs: tuple[AuditLog, ...]
    number: int = 1
    scene: Scene = attrs.field(factory=lambda: Scene(directory=a_directory(tools=TRUSTED)))
    limit: int = 25
    may_start: Callable[[], bool] = lambda: True

    def now(self) -> datetime:
        return NOON + timedelta(minutes=self.number)

    def look(self) -> Plan:
        scene = self.scene
        review = ReviewAccounts(
            sources=sources(scene.directory, scene.phabricator, scene.gerrit),
            policy=SIMPLE,
            scope=Scope.MINIMAL,
            confirm_at_most=self.limit,
        )
        return ReviewPending(gitlab=self.gitlab, review=review)()

    def act(self, plan: Plan) -> Outcomes:
        apply_plan = ApplyPlan(
            gitlab=self.gitlab,
            audit_logs=self.logs,
            clock=self.now,
            may_start=self.may_start,
            run=RunId(f"run-{self.number}"),
            policy=SIMPLE.digest,
            version="1.0.0",
        )
        return apply_plan(plan, Brake(self.limit))

    def preview(self) -> Outcomes:
        return preview(self.look(), self.limit, self.now)

    def __call__(self) -> Outcomes:
        return self.act(self.look())


def outcomes(done: Outcomes) -> dict[int, str]:
    """What became of each, by the account's id."""
    return {account: str(result.outcome) for account, result in done.results.items()}
