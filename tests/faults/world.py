"""A small world in which every kind of request occurs, and almost every verdict."""

from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.names import Cn, Uid
from tests.builders import (
    a_dn,
    a_gerrit_account,
    a_person,
    a_phabricator_account,
    a_record,
    an_account,
    an_identity,
)
from tests.worlds import World

TRUSTED = ("ada", "dora", "emil")
"""Who waits and is to be approved: by the directory, by Phabricator, and by Gerrit."""
RECOVERED = ("tove",)
"""Who was approved by an earlier run that did not come to log it."""
ENTITLED = frozenset(TRUSTED + RECOVERED)
"""Who belongs in the logs in the end, once each."""


def small_world() -> World:
    """
    Every kind of request occurs in a run over it.

    ada, dora and emil are approved (emil under the note of a run that was killed), tove is
    recovered, the stale note on hugo is withdrawn; olga, pavel, quinn and rosa are trusted and
    vetoed, one by each system; hugo is held, and ines has no proof of who she is.
    """
    names = ("ada", "dora", "emil", "hugo", "olga", "pavel", "quinn", "rosa", "tove")
    numbers = {name: AccountId(number) for number, name in enumerate(names, 101)}
    marks = {"olga": "asked us to wait until December"}
    accounts = [
        an_account(
            id=numbers[name],
            username=Username(name),
            state=AccountState.ACTIVE if name == "tove" else AccountState.PENDING,
            identities=(an_identity(_cn(name)),),
            mark=marks.get(name),
        )
        for name in names
    ]
    accounts.append(an_account(id=AccountId(110), username=Username("ines"), identities=()))
    linked = {
        "dora": a_phabricator_account("DoraOnPhab"),
        "hugo": a_phabricator_account("hugo"),
        "quinn": a_phabricator_account("quinn", is_disabled=True),
    }
    return World(
        accounts=tuple(accounts),
        notes={
            numbers[name]: a_record(account_id=numbers[name], username=Username(name), run="run-0")
            for name in ("emil", "hugo", "tove")
        },
        people=tuple(a_person(name, _cn(name)) for name in names),
        directory_groups={
            "wmf": frozenset(map(a_dn, ("ada", "olga"))),
            "wmde": frozenset(map(a_dn, ("pavel",))),
            "project-tools": frozenset(map(a_dn, ("quinn", "rosa", "tove"))),
        },
        locked=frozenset({a_dn("pavel")}),
        lock_hidden=frozenset(),
        linked={Cn(_cn(name)): (account,) for name, account in linked.items()},
        projects={
            "trusted_contributors": frozenset({linked["dora"].phid, linked["quinn"].phid}),
        },
        gerrit_accounts=(a_gerrit_account("emil"), a_gerrit_account("rosa", is_active=False)),
        gerrit_groups={"Trusted-Contributors": frozenset({Uid("emil"), Uid("rosa")})},
    )


def _cn(name: str) -> str:
    return f"{name.capitalize()} Example"
