"""Gerrit's tables of a world file."""

import pytest

from glaab.adapters import gerrit
from glaab.domain.names import Uid
from glaab.domain.sources.gerrit import GERRIT
from tests.builders import a_gerrit_account
from tests.unit.world_files import problems_in, world_in


@pytest.fixture
def gerrit_of(tmp_path):
    """A function: tables -> the Gerrit that they describe."""
    return lambda text: world_in(tmp_path, text, (gerrit.INTEGRATION,)).ports[GERRIT]


def test_a_gerrit_may_be_empty(gerrit_of):
    assert {} == gerrit_of("").accounts({Uid("ada")})


def test_accounts_are_active_unless_told_otherwise(gerrit_of):
    found = gerrit_of(
        '[[gerrit_account]]\nusername = "ada"\n'
        '[[gerrit_account]]\nusername = "bob"\nactive = false\n'
    )

    assert {
        "ada": a_gerrit_account("ada"),
        "bob": a_gerrit_account("bob", is_active=False),
    } == found.accounts({Uid("ada"), Uid("bob")})


def test_groups_have_members(gerrit_of):
    found = gerrit_of('[[gerrit_group]]\nname = "Trusted"\nmembers = ["ada", "Bob"]\n')

    assert {"ada", "bob"} == found.members("Trusted")


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    text = """
        [[gerrit_account]]
        username = "ada"
        active = 1
        [[gerrit_account]]
        username = "ada"
        [[gerrit_group]]
        name = "g"
        [[gerrit_group]]
        name = "g"
        members = []
    """

    assert {
        "gerrit_account[0].active: expected bool, got int",
        'gerrit_account: 2 of them have the username "ada"',
        "gerrit_group[0].members: required field missing",
        'gerrit_group: 2 of them have the name "g"',
    } == set(problems_in(tmp_path, text, (gerrit.INTEGRATION,)))
