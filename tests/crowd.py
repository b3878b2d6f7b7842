"""A queue of any length with the same ten to approve, and people of every odd kind in it."""

from collections.abc import Iterable, Iterator

import attrs

from glaab.domain.accounts import Account, AccountId, AccountState, Identity, Username
from glaab.domain.names import Cn, Dn, Uid
from glaab.domain.sources.directory import Person
from glaab.domain.sources.gerrit import GerritAccount
from glaab.domain.sources.phabricator import PhabricatorAccount, Phid
from tests.builders import (
    a_gerrit_account,
    a_person,
    a_phabricator_account,
    an_account,
    an_identity,
)
from tests.worlds import World

TRUSTED = 10
"""How many are approved, however many wait."""
VETOED = 5
"""How many are trusted and vetoed, where at least 100 wait."""
_NAMES = (
    *("Ada Example", "Doe, Jane", "Ærøskøbing Ø", "Zoë (WMF)"),  # the directory trusts them
    *("Finn Example", "Grace * Example", "Hugo Example"),  # Phabricator does
    *("Iris Example", "Jo\\hn Example", "Kim Example"),  # Gerrit does
)
_FIRST_ID = 1000


@attrs.frozen(kw_only=True)
class Newcomer:
    """An account that waits, and what the systems hold about its owner."""

    name: str
    """The cn, and the extern_uid unless `claims` says otherwise."""
    uid: str
    claims: tuple[Identity, ...] | None = None
    people: tuple[Person, ...] | None = None
    group: str | None = None
    is_locked: bool = False
    mark: str | None = None
    linked: PhabricatorAccount | None = None
    also_linked: PhabricatorAccount | None = None
    is_vouched_for: bool = False
    """Member of the Phabricator project."""
    gerrit: GerritAccount | None = None
    is_gerrit_trusted: bool = False

    @property
    def entries(self) -> tuple[Person, ...]:
        return (a_person(self.uid, self.name),) if self.people is None else self.people

    def account(self, number: int) -> Account:
        claims = (an_identity(self.name),) if self.claims is None else self.claims
        return an_account(
            id=AccountId(number),
            username=Username(f"user{number}"),
            identities=claims,
            mark=self.mark,
        )


def a_crowd(pending: int, *, blocked: int = 0, active: int = 0) -> World:
    """A world where *pending* people wait, at least ten, among others who do not."""
    newcomers = list(_newcomers(pending))
    others = [AccountState.BLOCKED] * blocked + [AccountState.ACTIVE] * active
    return World(
        accounts=(*_waiting(newcomers), *_others(others, _FIRST_ID + pending)),
        notes={},
        people=tuple(person for each in newcomers for person in each.entries),
        directory_groups={
            group: frozenset(each.entries[0].dn for each in newcomers if each.group == group)
            for group in ("wmf", "wmde", "project-tools")
        },
        locked=frozenset(each.entries[0].dn for each in newcomers if each.is_locked),
        lock_hidden=frozenset(),
        linked={
            Cn(each.name): tuple(filter(None, (each.linked, each.also_linked)))
            for each in newcomers
            if each.linked
        },
        projects={
            "trusted_contributors": frozenset(
                each.linked.phid for each in newcomers if each.linked and each.is_vouched_for
            )
        },
        gerrit_accounts=tuple(each.gerrit for each in newcomers if each.gerrit),
        gerrit_groups={
            "Trusted-Contributors": frozenset(
                Uid(each.uid) for each in newcomers if each.is_gerrit_trusted
            )
        },
    )


def _waiting(newcomers: Iterable[Newcomer]) -> Iterator[Account]:
    return (each.account(number) for number, each in enumerate(newcomers, _FIRST_ID))


def _others(states: Iterable[AccountState], first: int) -> Iterator[Account]:
    for number, state in enumerate(states, first):
        yield an_account(id=AccountId(number), username=Username(f"other{number}"), state=state)


def claimed(world: World) -> set[str]:
    """Whom those who wait say that they are, if each says it once."""
    claims = (
        [each.extern_uid for each in account.identities if each.provider == "openid_connect"]
        for account in world.accounts
        if account.state is AccountState.PENDING
    )
    return {said[0] for said in claims if len(said) == 1 and said[0]}


def _newcomers(count: int) -> Iterator[Newcomer]:
    """The ten, then everything odd once, then ordinary people of whom some are known a little."""
    few = [*_trusted(), *_odd()][:count]
    yield from few
    yield from map(_ordinary, range(count - len(few)))


def _trusted() -> Iterator[Newcomer]:
    groups = ("wmf", "wmde", "project-tools", "project-tools")
    for number, name in enumerate(_NAMES):
        uid = f"trusted{number}"
        if number < 4:
            yield Newcomer(name=name, uid=uid, group=groups[number])
        elif number < 7:
            yield Newcomer(name=name, uid=uid, linked=_linked(uid), is_vouched_for=True)
        else:
            gerrit = a_gerrit_account(uid)
            yield Newcomer(name=name, uid=uid, gerrit=gerrit, is_gerrit_trusted=True)


def _odd() -> Iterator[Newcomer]:
    """Nobody of these is approved."""
    trusted = _NAMES[0]
    yield Newcomer(name="Lea Locked", uid="lea", is_locked=True, group="wmf")
    yield Newcomer(name="Max Marked", uid="max", mark="wait for the lawyers", group="wmf")
    yield Newcomer(
        name="Dis Abled", uid="dis", linked=_linked("dis", is_disabled=True), is_vouched_for=True
    )
    yield Newcomer(
        name="Nora, Disabled", uid="nora", linked=_linked("nora", is_disabled=True), group="wmf"
    )
    yield Newcomer(
        name="In Active",
        uid="inactive",
        gerrit=a_gerrit_account("inactive", is_active=False),
        is_gerrit_trusted=True,
    )
    yield Newcomer(
        name="Ina Active", uid="ina", gerrit=a_gerrit_account("ina", is_active=False), group="wmf"
    )
    shared = _linked("shared")
    yield Newcomer(
        name="Two Accounts",
        uid="two",
        linked=_linked("two"),
        also_linked=shared,
        is_vouched_for=True,
    )
    yield Newcomer(name="Shared Account", uid="shared", linked=shared)
    yield from _unproven(trusted)
    yield from _hard_to_look_up(trusted)


def _unproven(trusted: str) -> Iterator[Newcomer]:
    """Those who have no identity, or too many."""
    claims = {
        "nothing": (),
        "nothing-again": (),
        "a-name-of-another-provider": (an_identity(trusted, "github"),),
        "two-names": (an_identity(trusted), an_identity("Doe, Jane")),
        "no-name": (an_identity(""),),
    }
    for uid, claimed in claims.items():
        yield Newcomer(name=f"Claims {uid}", uid=uid, claims=claimed, group="wmf")


def _hard_to_look_up(trusted: str) -> Iterator[Newcomer]:
    """Look-alikes of a trusted name, and entries that are not one person of one name."""
    look_alike = "".join(chr(ord(each) + 0xFEE0) if each.isalpha() else each for each in trusted)
    yield Newcomer(name=look_alike, uid="look-alike", people=())
    yield Newcomer(name=f"{trusted}\u200b", uid="joiner", people=())
    yield Newcomer(name="*", uid="star", people=())
    yield Newcomer(name="No Entry)(cn=*", uid="no-entry", people=())
    yield Newcomer(name="n" * 300, uid="long", people=())
    twins = (a_person("twin1", "Twin Example"), a_person("twin2", "Twin Example"))
    yield Newcomer(name="Twin Example", uid="twin1", people=twins, group="wmf")
    several = a_person("several", cns=(Cn("Several Names"), Cn("Ada Example II")))
    yield Newcomer(name="Several Names", uid="several", people=(several,), group="wmf")
    spelling = (an_identity("otherwise  SPELT"),)
    yield Newcomer(name="Otherwise Spelt", uid="spelt", claims=spelling)
    comma = a_person("o, neil", "Comma Uid", dn=Dn(r"uid=o\2C neil,ou=people,dc=wikimedia,dc=org"))
    yield Newcomer(
        name="Comma Uid", uid="o, neil", people=(comma,), is_locked=True, group="project-tools"
    )


def _ordinary(number: int) -> Newcomer:
    """A developer, of whom every tenth is linked on Phabricator, and every fiftieth disabled."""
    name, uid = f"Developer {number}", f"dev{number}"
    if number % 20 == 7:
        return Newcomer(name=name, uid=uid, claims=())
    linked = _linked(uid, is_disabled=number % 50 == 0) if number % 10 == 0 else None
    return Newcomer(name=name, uid=uid, linked=linked)


def _linked(uid: str, *, is_disabled: bool = False) -> PhabricatorAccount:
    return a_phabricator_account(uid, phid=Phid(f"PHID-USER-{uid:0>20}"), is_disabled=is_disabled)
