"""One user of GitLab's whom nobody understands: it waits and is named, all others are served."""

import json
import re
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from glaab.domain.accounts import AccountId
from tests.contract.wire import answers, json_response
from tests.faults.faults import spoilt_user
from tests.faults.harness import Installation
from tests.faults.matrix import fields_that_are_read, requests_of
from tests.faults.world import ENTITLED, small_world

pytestmark = [pytest.mark.usefixtures("socket_disabled"), pytest.mark.no_cover]

EMIL = AccountId(103)
"""Trusted, and under the note of a run that was killed."""
TOVE = AccountId(109)
"""Approved by a run that did not come to log it."""


def shown(user):
    """What a healthy GitLab shows of somebody in a list."""
    lists = (json.loads(sent.answer.body) for sent in requests_of("approve") if sent.is_list)
    return next(each for users in lists for each in users if each["id"] == user)


def faults_of(user):
    faults = spoilt_user(shown(user), fields_that_are_read())
    return {str(each): each for each in faults if not str(each).endswith(" id")}


EMILS, TOVES = faults_of(EMIL), faults_of(TOVE)
NO_TIME = EMILS["null created_at"]


@pytest.fixture
def installation(tmp_path):
    return Installation.healthy(tmp_path / "it")


def cases(run, but=None):
    """What a document tells of each account."""
    return {each["id"]: each for each in run.document["accounts"] if each["id"] != but}


@pytest.mark.parametrize("fault", EMILS.values(), ids=EMILS)
def test_who_else_waits_is_judged_approved_and_logged_as_ever(tmp_path, fault):
    well, spoilt = (Installation.healthy(tmp_path / name) for name in ("well", "spoilt"))
    spoilt.gitlab.always = fault.intervene

    healthy = well.run("approve", "--format", "json")
    run = spoilt.run("approve", "--format", "json")

    assert cases(healthy, but=EMIL) == cases(run, but=EMIL)
    emil = cases(run)[EMIL]
    assert emil["outcome"] in ("approved", "unchanged")
    assert ("approve" if emil["outcome"] == "approved" else "wait") == emil["verdict"] or (
        "names nobody" in emil["explanation"]
    )
    expected = ENTITLED if emil["outcome"] == "approved" else ENTITLED - {"emil"}
    assert sorted(expected) == spoilt.wiki_entries() == spoilt.file_entries()
    assert run.code in (0, 3)


@pytest.mark.parametrize("fault", TOVES.values(), ids=TOVES)
def test_whose_note_is_open_keeps_no_other_note_open(installation, fault):
    """It stays open itself, and that is said, until GitLab shows the account as it should."""
    installation.gitlab.always = fault.intervene

    run = installation.run("approve")

    told = re.findall(r"^the note on account 109 is still open: .+$", run.out, re.MULTILINE)
    assert (4 if told else 0) == run.code
    assert (["tove"] if told else []) == installation.notes_left_open()

    installation.heal()
    assert 0 == installation.run("approve").code
    assert sorted(ENTITLED) == installation.wiki_entries() == installation.file_entries()


@pytest.mark.parametrize("who", ["103", "emil"])
def test_explain_tells_what_is_wrong(installation, who):
    installation.gitlab.always = NO_TIME.intervene

    run = installation.run("explain", who, "--format", "json")

    assert (3, {EMIL}) == (run.code, set(cases(run)))
    emil = cases(run)[EMIL]
    assert (None, None, [], "wait") == tuple(
        emil[key] for key in ("created_at", "identity", "evidence", "verdict")
    )
    assert "created_at: expected a time, got NoneType. An administrator" in emil["explanation"]


@pytest.mark.parametrize("command", ["approve", "dry-run", "report"])
def test_every_command_names_it(installation, command):
    """By its id, if its username is what cannot be read."""
    installation.gitlab.always = EMILS["another type username"].intervene

    run = installation.run(command)

    assert re.search(r"\bid 103\b", run.out)
    assert "its data from GitLab cannot be understood: username: expected str, got int" in run.out
    (event,) = run.events("account_unreadable")
    assert (103, "username: expected str, got int") == (event["account"], event["reason"])


@pytest.mark.parametrize(("age", "code"), [(timedelta(hours=23), 3), (timedelta(hours=25), 0)])
def test_for_a_day_it_counts(tmp_path, age, code):
    """Afterwards nobody is called any more; it is named all the same."""
    world = small_world()
    accounts = tuple(
        attrs.evolve(each, created_at=datetime.now(UTC) - age) for each in world.accounts
    )
    installation = Installation.healthy(tmp_path / "it", attrs.evolve(world, accounts=accounts))
    installation.gitlab.always = EMILS["null username"].intervene

    run = installation.run("approve")

    assert code == run.code
    assert "id 103 waiting: " in run.out


def test_whoever_is_deleted_before_the_note_is_withdrawn(installation):
    """It was there when it was looked at again."""
    gone = answers(json_response({"message": "404 User Not Found"}, 404))
    installation.gitlab.always = lambda request, handle: (
        gone(request, handle) if "users/101/custom_attributes/" in request.path else None
    )

    run = installation.run("approve", "--format", "json")

    assert (0, "withdrawn") == (run.code, cases(run)[101]["outcome"])
    assert "it does not exist any more" == cases(run)[101]["remark"]
    assert ["dora", "emil"] == installation.approved()
