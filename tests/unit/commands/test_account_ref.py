"""How people name an account."""

import click
import pytest

from glaab.domain.accounts import AccountId, Username
from glaab.entrypoints.commands.account_ref import parse_account_ref


@pytest.mark.parametrize(
    ("reference", "who"),
    [
        ("https://git.example:8443/gitlab/ada", Username("ada")),
        ("https://git.example:8443/41", Username("41")),
        ("@41", Username("41")),
        ("41", AccountId(41)),
        ("٤١", Username("٤١")),
        ("-1", Username("-1")),
    ],
)
def test_a_number_is_an_id_and_all_else_is_a_name(reference, who):
    """The last part of an address is a name even if it looks like a number."""
    named = parse_account_ref(reference, "https://git.example:8443/gitlab")

    assert (who, type(who)) == (named, type(named))


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("dan", "dan"),
        ("@dan/", "dan"),
        ("users/dan/activity", "dan"),
        ("admin/users/dan", "dan"),
        ("-/u/41", 41),
    ],
)
def test_a_profile_has_several_addresses(path, who):
    assert who == parse_account_ref(
        f"https://git.example.org/lab/{path}", "https://git.example.org/lab/"
    )


def test_the_address_of_a_gitlab_names_nobody():
    with pytest.raises(click.UsageError):
        parse_account_ref("https://git.example.org/", "https://git.example.org")
