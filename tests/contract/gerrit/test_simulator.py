"""The simulator keeps to Gerrit's documentation, and glaab to what glaab has business to ask."""

import json
from base64 import b64encode

import pytest

from tests.contract.gerrit.contract import an_account
from tests.contract.gerrit.simulator import PASSWORD, USER, GerritSimulator
from tests.contract.wire import Request


def a_request(path, **changes):
    basic = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    values = {"method": "GET", "path": path, "raw_path": path}
    return Request(**(values | {"headers": {"authorization": f"Basic {basic}"}} | changes))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "username:ada"}, []),
        (
            {"q": "username:ada (is:active OR is:inactive)"},
            [{"_account_id": 1000096}],
        ),
        (
            {"q": "username:ada (is:active OR is:inactive)", "o": "DETAILS"},
            [{"_account_id": 1000096, "name": "Somebody", "username": "ada", "inactive": True}],
        ),
        (
            {"q": "(username:ada OR username:bob) (is:active OR is:inactive)", "n": "1"},
            [{"_account_id": 1000096, "_more_accounts": True}],
        ),
    ],
)
def test_tells_of_accounts_what_was_asked(query, expected):
    simulator = GerritSimulator.of([an_account(is_active=False), an_account("bob")], {})

    response = simulator.handle(a_request("/r/a/accounts/", query=tuple(query.items())))

    assert expected == json.loads(response.body.removeprefix(b")]}'\n"))


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/r/a/accounts/", {"query": (("q", "name:ada"),)}),
        ("/r/a/accounts/", {"query": (("q", "username:ada"), ("start", "1"))}),
        ("/r/a/accounts/", {"query": (("q", "username:ada"), ("o", "ALL_EMAILS"))}),
        ("/r/a/accounts/", {"method": "PUT"}),
        ("/r/a/accounts/self/groups", {}),
        ("/r/accounts/", {}),
        ("/r/a/groups/Trusted-Contributors/members/", {}),
    ],
)
def test_refuses_all_else(path, change):
    with pytest.raises((AssertionError, LookupError)):
        GerritSimulator().handle(a_request(path, **change))
