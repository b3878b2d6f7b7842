"""The Phabricator simulator answers as the real one was recorded to."""

import json
from pathlib import Path
from urllib.parse import urlencode

import attrs
import pytest

from tests.contract.phabricator.simulator import (
    ORDINARY,
    Link,
    PhabricatorProject,
    PhabricatorSimulator,
    PhabricatorUser,
)
from tests.contract.wire import Request

FOLDER = Path(__file__).parents[1] / "captures" / "phabricator"
READ_ONLY = [
    FOLDER / "more" / f"{name}.json" for name in ("120-readonly-whoami", "121-readonly-ldapquery")
]
"""Reads are answered as ever while Phorge is read-only; glaab sends nothing else."""
CAPTURES = [*sorted(FOLDER.glob("*.json")), *READ_ONLY]

OF_THAT_SERVER = {"image", "uri", "dateCreated", "dateModified"}
"""Keys whose values no other server would have."""

USERS = (
    ("PHID-USER-pnltkl5qw3szw3du4ize", "glaab", "GitLab Account Approval Bot"),
    ("PHID-USER-former", "former", "Former Bot"),
    ("PHID-USER-ct7cs22lbaps3nllufri", "only.tools", "Only Tools"),
    ("PHID-USER-4r3pbebxm4ooog2yn25v", "dis.tools", "Disabled Toolforge"),
    ("PHID-USER-umrrlr3di2pykrom6iaz", "dis.wmf", "Disabled Staff"),
    ("PHID-USER-iotyhgdkv7qshjufunvx", "samecn1", "Same Developer Name"),
    ("PHID-USER-sdkqeci4jp3argevhbib", "samecn2", "Same Developer Name"),
    ("PHID-USER-kpnhqha4tvd2yt6pk3bs", "twoldap", "Two LDAP accounts"),
)
ROLES = {
    "glaab": ("agent", *ORDINARY),
    "former": ("disabled",),
    "dis.tools": ("disabled", "verified", "approved"),
}
NAMES = {"twoldap": ("Two First", "Two Second"), "glaab": (), "former": ()}
MEMBERS = (
    "PHID-USER-sqjdk3rqyqalctqnute4",
    "PHID-USER-en7kj75etjekjeftu4a6",
    "PHID-USER-dd2s5gmiffafnltkyi6x",
)


@pytest.fixture
def simulator():
    """The part of the recorded world that the captures speak of."""
    return PhabricatorSimulator(
        users=[
            PhabricatorUser(
                phid=phid,
                username=username,
                real_name=real_name,
                roles=ROLES.get(username, ORDINARY),
                email=f"{username}@phab.rig.test",
            )
            for phid, username, real_name in USERS
        ],
        links=[
            Link("Orphan Account", None),
            *(
                Link(name, phid)
                for phid, username, real_name in USERS
                for name in NAMES.get(username, (real_name,))
            ),
        ],
        projects=[
            PhabricatorProject(
                phid="PHID-PROJ-veuomrwx5hc2vy3vrin3",
                name="Trusted Contributors",
                slugs=("trusted_contributors", "trusted-contributors"),
                members=MEMBERS,
            ),
            PhabricatorProject(
                id=3,
                phid="PHID-PROJ-htfohmytzgaludktccd3",
                name="Empty project",
                slugs=("empty_project",),
            ),
            PhabricatorProject(
                id=4,
                phid="PHID-PROJ-amkop4hhe4dm5a6zerkk",
                name="Archived project",
                slugs=("archived_project",),
                members=MEMBERS,
                is_archived=True,
            ),
        ],
        tokens={
            "api-glaabglaabglaabglaabglaab123": "glaab",
            "api-disabledbotdisabledbotdis123": "former",
        },
        expired={"cli-expiredexpiredexpiredexpire1"},
    )


def what_any_server_says(answer):
    """*answer* without what only that server has, and without what the recorder left out."""
    match answer:
        case dict():
            return {
                key: what_any_server_says(value)
                for key, value in answer.items()
                if key not in OF_THAT_SERVER
            }
        case list():
            return [what_any_server_says(each) for each in answer if "items in all" not in each]
        case _:
            return answer


def asked(capture):
    path = f"/api/{capture['request']['method']}"
    return Request(
        method="POST",
        path=path,
        raw_path=path,
        headers={},
        body=urlencode(capture["request"]["form"]).encode(),
    )


def ldapquery(**parameters):
    token = {"__conduit__": {"token": "api-glaabglaabglaabglaabglaab123"}}
    form = {"params": json.dumps(parameters | token), "output": "json"}
    return asked({"request": {"method": "user.ldapquery", "form": form}})


def a_crowd():
    """250 linked users, and their names."""
    users = [PhabricatorUser(phid=f"PHID-USER-{n}", username=f"user{n}") for n in range(250)]
    simulator = PhabricatorSimulator(
        users=users,
        links=[Link(f"Name {n}", user.phid) for n, user in enumerate(users)],
        tokens={"api-glaabglaabglaabglaabglaab123": "user0"},
    )
    return simulator, [link.name for link in simulator.links]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_answers_as_recorded(simulator, path):
    capture = json.loads(path.read_text())

    response = simulator.handle(asked(capture))

    assert capture["status"] == response.status
    assert what_any_server_says(capture["response"]) == what_any_server_says(
        json.loads(response.body)
    )


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, range(249, 149, -1)),
        ({"limit": 250}, range(249, -1, -1)),
        ({"limit": 0}, range(249, -1, -1)),
        ({"limit": "all"}, range(249, -1, -1)),
        ({"limit": "10"}, range(249, 239, -1)),
        ({"offset": 100}, range(149, 49, -1)),
        ({"offset": 300}, []),
    ],
)
def test_a_long_answer_is_cut_off_without_a_sign(parameters, expected):
    """As recorded (cases 47 to 55): newest first, a hundred unless a limit says otherwise."""
    simulator, names = a_crowd()

    answer = json.loads(simulator.handle(ldapquery(ldapnames=names, **parameters)).body)

    assert [f"user{n}" for n in expected] == [row["userName"] for row in answer["result"]]


def test_a_limit_below_nothing_is_an_error_of_the_database():
    """As recorded (case 52)."""
    simulator, names = a_crowd()

    answer = json.loads(simulator.handle(ldapquery(ldapnames=names, limit=-1)).body)

    assert "ERR-CONDUIT-CORE" == answer["error_code"]


def test_a_name_that_is_no_list_is_a_crash():
    """As recorded (case 29)."""
    simulator, _ = a_crowd()

    assert simulator.handle(ldapquery(ldapnames="Name 1")).status == 500


def test_a_name_that_is_no_unicode_spoils_all_parameters():
    simulator, _ = a_crowd()

    answer = json.loads(simulator.handle(ldapquery(ldapnames=["Name 1", "\udcff"])).body)

    assert (
        "Invalid parameter information was passed to method 'user.ldapquery'."
        == (answer["error_info"])
    )


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"path": "/api/user.edit"},
        {"query": (("limit", "1"),)},
        {"body": b"params=%7B%7D"},
        {"body": b"params=%7B%7D&output=human"},
    ],
)
def test_what_glaab_has_no_business_to_ask_is_an_error(simulator, change):
    with pytest.raises((AssertionError, KeyError)):
        simulator.handle(attrs.evolve(ldapquery(ldapnames=[]), **change))


def test_there_is_something_to_compare_with():
    assert len(CAPTURES) > 20
