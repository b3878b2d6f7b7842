"""What people may write to name an account."""

import click
import pytest

from glaab.domain.accounts import AccountId, Username
from glaab.entrypoints.commands.explain import parse_account_ref

GITLAB = "https://git.example:8443/lab"


@pytest.mark.parametrize(
    ("reference", "who"),
    [
        ("41", AccountId(41)),
        ("1" * 18, AccountId(int("1" * 18))),
        ("1" * 19, Username("1" * 19)),
        ("@41", Username("41")),
        ("٤١", Username("٤١")),
        ("-1", Username("-1")),
        (f"{GITLAB}/41", Username("41")),
    ],
)
def test_a_number_is_an_id_and_all_else_is_a_name(reference, who):
    """In an address a name may look like a number; no id has more than 18 digits."""
    named = parse_account_ref(reference, GITLAB)

    assert (who, type(who)) == (named, type(named))


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("dan", "dan"),
        ("@dan/", "dan"),
        ("%64an?tab=activity#top", "dan"),
        ("users/dan/activity", "dan"),
        ("admin/users/dan", "dan"),
        ("-/u/41", 41),
    ],
)
def test_a_profile_has_several_addresses(path, who):
    assert who == parse_account_ref(f"{GITLAB}/{path}", f"{GITLAB}/")


@pytest.mark.parametrize(
    "reference",
    [
        "https://other.example/dan",
        "https://git.example/dan",
        "https://git.example:8443.example/dan",
        "https://git.example:8443@other.example/dan",
        "https://[dan",
    ],
)
def test_an_address_of_another_server_is_refused(reference):
    with pytest.raises(click.UsageError, match=f"is no profile on {GITLAB}"):
        parse_account_ref(reference, GITLAB)


@pytest.mark.parametrize("reference", ["", "@", GITLAB, f"{GITLAB}/"])
def test_nothing_names_nobody(reference):
    with pytest.raises(click.UsageError, match="name an account: NAME, @NAME"):
        parse_account_ref(reference, GITLAB)
