"""The JSON of every command that looks at accounts: its keys and words."""

import json
import re
from importlib.metadata import version

import pytest

from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.unit.commands.small_world import EXAMPLE, document_of, run

pytestmark = pytest.mark.usefixtures("small_world")

SYSTEMS = ["gitlab", *(each.name for each in INTEGRATIONS), "audit_log"]
KEYS = {
    "": {"run", "systems", "accounts", "brake", "summary"},
    "run": {"id", "command", "started_at", "finished_at", "glaab", "policy"},
    "systems": set(SYSTEMS),
    "brake": {"limit", "would_approve", "stopped"},
    "summary": {
        *("pending", "approve", "hold", "veto", "wait"),
        *("approved", "recovered", "failed"),
    },
}
ACCOUNT = {
    *("id", "username", "state", "created_at", "identity"),
    *("verdict", "because", "explanation", "evidence", "outcome"),
}
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.mark.parametrize("command", [["approve"], ["dry-run"], ["explain", "ada"]])
def test_the_document_has_the_keys_and_words_of_the_contract(command):
    document = json.loads(run("--world", EXAMPLE, "--format", "json", *command).stdout)

    for place, keys in KEYS.items():
        assert keys == (document[place] if place else document).keys()
    assert SYSTEMS == list(document["systems"])
    assert command[0] == document["run"]["command"]
    assert version("glaab") == document["run"]["glaab"]
    assert re.fullmatch("sha256:[0-9a-f]{64}", document["run"]["policy"])
    assert re.fullmatch(MOMENT, document["run"]["started_at"])
    assert re.fullmatch(MOMENT, document["run"]["finished_at"])
    for system in document["systems"].values():
        assert {"status", "requests"} == system.keys()
        assert system["status"] in {"ok", "unused"}
    for account in document["accounts"]:
        of_explain = {"approval"} if command[0] == "explain" else set()
        assert ACCOUNT | of_explain == account.keys() - {"remark"}
        assert_account(account)


def assert_account(account):
    assert type(account["id"]) is int
    assert re.fullmatch(MOMENT, account["created_at"])
    assert account["verdict"] in {"approve", "hold", "veto", "wait"}
    assert account["outcome"] in {
        *("approved", "would-approve", "already-approved", "withdrawn"),
        *("unchanged", "recovered", "would-recover", "failed"),
    }
    assert (
        account["identity"] is None
        or {
            *("provider", "extern_uid", "dn", "cn", "uid"),
        }
        == account["identity"].keys()
    )
    for item in account["evidence"]:
        assert {"rule", "kind", "system", "answer", "detail"} == item.keys()
        assert item["kind"] in {"trust", "veto"}
        assert item["system"] in KEYS["systems"]
        assert item["answer"] in {"yes", "no", "unknown", "not-asked"}


def test_an_account_in_the_document_is_as_in_the_contract():
    """Whole, but for the words of details."""
    account = document_of("approve")["accounts"][0]

    for item in account["evidence"]:
        assert item.pop("detail")
    assert account.pop("explanation")
    assert {
        "id": 41,
        "username": "ada",
        "state": "blocked_pending_approval",
        "created_at": "2026-11-20T10:00:00Z",
        "identity": {
            "provider": "openid_connect",
            "extern_uid": "Ada Example",
            "dn": "uid=ada,ou=people,dc=wikimedia,dc=org",
            "cn": "Ada Example",
            "uid": "ada",
        },
        "verdict": "approve",
        "because": ["Toolforge member"],
        "evidence": [
            {
                "rule": "Toolforge member",
                "kind": "trust",
                "system": "directory",
                "answer": "yes",
            },
            {
                "rule": "Marked by an administrator",
                "kind": "veto",
                "system": "gitlab",
                "answer": "no",
            },
            {
                "rule": "Directory entry locked",
                "kind": "veto",
                "system": "directory",
                "answer": "no",
            },
        ],
        "outcome": "approved",
    } == account


def test_who_was_recovered_counts_neither_as_pending_nor_in_the_verdicts():
    document = document_of("approve")

    assert {
        "pending": 4,
        "approve": 1,
        "hold": 2,
        "veto": 1,
        "wait": 0,
        "approved": 1,
        "recovered": 1,
        "failed": 0,
    } == document["summary"]
    assert 5 == len(document["accounts"])


def test_who_is_not_proven_has_no_identity():
    bob = document_of("dry-run")["accounts"][1]

    assert bob["identity"] is None
    assert [] == bob["evidence"] == bob["because"]


def test_a_system_that_was_not_needed_is_unused():
    statuses = {name: each["status"] for name, each in document_of("dry-run")["systems"].items()}

    unused = dict.fromkeys(SYSTEMS, "unused")
    assert unused | {"gitlab": "ok", "directory": "ok"} == statuses
