"""Phabricator's tables of a world file."""

import pytest

from glaab.adapters import phabricator
from glaab.domain.names import Cn
from glaab.domain.sources.phabricator import PHABRICATOR, Phid
from tests.builders import a_phabricator_account
from tests.unit.world_files import problems_in, world_in


@pytest.fixture
def phabricator_of(tmp_path):
    """A function: tables -> the Phabricator that they describe."""
    return lambda text: world_in(tmp_path, text, (phabricator.INTEGRATION,)).ports[PHABRICATOR]


def test_a_phabricator_may_be_empty(phabricator_of):
    assert {} == phabricator_of("").accounts({Cn("Ada")})


def test_accounts_are_linked_to_names(phabricator_of):
    """Several may be linked to one name; a disabled one is not activated."""
    found = phabricator_of(
        """
        [[phabricator_account]]
        username = "ada"
        linked_to = "Ada"

        [[phabricator_account]]
        username = "adabot"
        linked_to = "Ada"
        bot = true
        activated = false

        [[phabricator_account]]
        username = "bob"
        linked_to = "Bob"
        disabled = true
        """
    )

    assert {
        "Ada": (
            a_phabricator_account("ada"),
            a_phabricator_account("adabot", is_person=False, is_activated=False),
        ),
        "Bob": (a_phabricator_account("bob", is_disabled=True),),
    } == found.accounts({Cn("Ada"), Cn("Bob")})


def test_projects_have_members(phabricator_of):
    found = phabricator_of(
        """
        [[phabricator_account]]
        username = "Ada"
        linked_to = "Ada Example"

        [[phabricator_project]]
        slug = "trusted"
        members = ["Ada"]
        """
    )

    assert {Phid("PHID-USER-Ada")} == found.members("trusted")


def test_every_member_must_be_an_account(tmp_path):
    text = """
        [[phabricator_project]]
        slug = "trusted"
        members = ["nobody", "noone"]
        [[phabricator_project]]
        slug = "other"
        members = ["nobody"]
    """

    assert [
        'phabricator_project trusted: no phabricator_account is called "nobody"',
        'phabricator_project trusted: no phabricator_account is called "noone"',
        'phabricator_project other: no phabricator_account is called "nobody"',
    ] == problems_in(tmp_path, text, (phabricator.INTEGRATION,))


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    text = """
        [[phabricator_account]]
        username = "ada"
        bot = "no"
        [[phabricator_account]]
        username = "ada"
        linked_to = "Ada"
        [[phabricator_project]]
        slug = "trusted"
        members = ["ada", {}]
        [[phabricator_project]]
        slug = "trusted"
        members = "ada"
    """

    assert {
        "phabricator_account[0].linked_to: required field missing",
        "phabricator_account[0].bot: expected bool, got str",
        'phabricator_account: 2 of them have the username "ada"',
        "phabricator_project[0].members[1]: expected str, got dict",
        "phabricator_project[1].members: expected a list, got str",
        'phabricator_project: 2 of them have the slug "trusted"',
    } == set(problems_in(tmp_path, text, (phabricator.INTEGRATION,)))
