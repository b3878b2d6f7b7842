"""Accounts move through their states as GitLab moves them, and in no other way."""

from itertools import product

import attrs
import pytest

from glaab.domain.accounts import (
    TRANSITIONS,
    AccountEvent,
    AccountState,
    SelfDescription,
    Username,
    advance,
    may_wait,
    name_of,
)
from glaab.domain.errors import IllegalTransition
from tests.builders import an_account, an_unreadable_account

#: app/models/user.rb of GitLab 17.9, as written there; `approve` activates whoever is pending.
GITLAB = """
block: active deactivated ldap_blocked blocked_pending_approval -> blocked
ldap_block: active deactivated -> ldap_blocked
activate: deactivated blocked ldap_blocked blocked_pending_approval banned -> active
block_pending_approval: active -> blocked_pending_approval
ban: active -> banned
unban: banned -> active
deactivate: active -> deactivated
approve: blocked_pending_approval -> active
"""


def moves():
    for line in GITLAB.strip().splitlines():
        event, _, change = line.partition(": ")
        starts, _, end = change.partition(" -> ")
        for start in starts.split():
            yield (start, event), end


MOVES = dict(moves())
GRID = list(product(AccountState, AccountEvent))


@pytest.mark.parametrize(("state", "event"), [pair for pair in GRID if pair in MOVES])
def test_a_move_that_gitlab_makes_leads_where_gitlab_goes(state, event):
    assert MOVES[state, event] == advance(state, event)


@pytest.mark.parametrize(("state", "event"), [pair for pair in GRID if pair not in MOVES])
def test_every_other_move_is_illegal(state, event):
    """The message names the state and the event."""
    with pytest.raises(IllegalTransition, match=f"is {state} cannot {event}$"):
        advance(state, event)


def test_the_table_is_gitlabs():
    assert dict(TRANSITIONS) == MOVES


def test_the_table_does_not_change():
    with pytest.raises(TypeError):
        TRANSITIONS[AccountState.BANNED, AccountEvent.APPROVE] = AccountState.ACTIVE


def test_only_whoever_waits_can_be_approved():
    approvable = {state for state, event in TRANSITIONS if event is AccountEvent.APPROVE}

    assert {AccountState.PENDING} == approvable


def test_nobody_gets_back_to_waiting_but_from_active():
    """An account is approved once in its life: GitLab only makes newcomers wait."""
    back = {pair for pair, end in TRANSITIONS.items() if end is AccountState.PENDING}

    assert {(AccountState.ACTIVE, AccountEvent.BLOCK_PENDING_APPROVAL)} == back


@pytest.mark.parametrize("state", AccountState)
def test_whoever_may_wait_for_all_that_can_be_read_may_wait(state):
    """Only where GitLab's data cannot be understood, a state that is not known leaves a doubt."""
    assert (state is AccountState.PENDING) is may_wait(an_account(state=state))
    assert (state in {AccountState.PENDING, AccountState.UNKNOWN}) is may_wait(
        an_unreadable_account(state=state)
    )


def test_whoever_has_no_username_is_called_by_the_id():
    assert "@ada" == name_of(an_account()) == name_of(an_unreadable_account())
    assert "id 41" == name_of(an_unreadable_account(username=Username("")))


@pytest.mark.parametrize("account", [an_account(), an_unreadable_account()])
def test_what_newcomers_say_of_themselves_is_compared_nowhere(account):
    """Nor is it in what a program prints of an account."""
    said = SelfDescription(name="s3cret", email_domain="s3cret.example")

    talkative = attrs.evolve(account, self_description=said)

    assert said == talkative.self_description != account.self_description
    assert (account, hash(account), repr(account)) == (talkative, hash(talkative), repr(talkative))
