"""`glaab policy diff`: who gains approval by another policy, who loses it, and why."""

import json
import re
from pathlib import Path

import attrs
import pytest

from glaab.domain.errors import AUDIT_LOG, GITLAB
from tests.faults.harness import Installation
from tests.unit.commands.small_world import POLICY, WORLD, run, run_small

pytestmark = pytest.mark.usefixtures("small_world")

RENAMED = POLICY.replace("Toolforge member", "Tool maintainer")
STRANGERS = POLICY.replace("project-tools", "strangers")
GUESTS = """
[[directory_group]]
name = "guests"
members = ["dan"]

[[directory_group]]
name = "strangers"
members = ["eve"]
"""
BY_LIST = """
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "itself"
[[trust]]
name = "Hackathon"
vetted_list = "list.toml"
"""


def a_list(*names):
    return "version = 1\n" + "".join(f'[[person]]\nextern_uid = "{name}"\n' for name in names)


@pytest.fixture(autouse=True)
def policies(small_world):
    """Beside the one in force."""
    Path("world.toml").write_text(WORLD + GUESTS)
    Path("guests.toml").write_text(RENAMED.replace("project-tools", "guests"))
    Path("renamed.toml").write_text(RENAMED)
    Path("strangers.toml").write_text(STRANGERS)


def document_of(*arguments):
    return json.loads(run_small("--format", "json", "policy", "diff", *arguments).stdout)


def changes_of(*arguments):
    accounts = document_of(*arguments)["accounts"]
    return {each["username"]: each["change"] for each in accounts}


# -- what is told


def test_gains_and_losses_are_told_with_both_judgements():
    result = run_small("policy", "diff", "guests.toml")

    assert 0 == result.exit_code
    assert (
        """\
From policy policy.toml to policy guests.toml:

1 pending account would gain approval:
@dan (44), since 2026-11-21
  old       hold. No system vouches for this person yet. Any one of these helps: become a member\
 of LDAP group project-tools.
  new       approve. Trusted as Tool maintainer, and nothing speaks against it.

1 pending account would lose approval:
@ada (41), since 2026-11-20
  old       approve. Trusted as Toolforge member, and nothing speaks against it.
  new       hold. No system vouches for this person yet. Any one of these helps: become a member\
 of LDAP group guests.

1 would be judged for other reasons, and approved by both or by neither:
@cleo (43), since 2026-11-21
  old       veto. Trusted as Toolforge member, but an administrator marked the account: asked to\
 wait. An administrator of GitLab has to decide.
  new       hold. No system vouches for this person yet. An administrator marked the account:\
 asked to wait; while that stands, nothing else helps.

4 pending: 1 would gain approval, 1 would lose it, 1 would be judged for other reasons,\
 0 could not be looked up.
Requests: gitlab 0, directory 0.
"""
        == result.stdout
    )


def test_several_of_a_kind_stand_together():
    out = run_small("policy", "diff", "renamed.toml").stdout

    assert (
        "\n2 would be judged for other reasons, and approved by both or by neither:\n@ada (41)"
        in out
    )


def test_nothing_may_change():
    result = run_small("policy", "diff", "policy.toml")

    assert 0 == result.exit_code
    assert (
        "From policy policy.toml to policy policy.toml:\n\n4 pending: 0 would gain approval,"
        " 0 would lose it, 0 would be judged for other reasons, 0 could not be looked up.\n"
        "Requests: gitlab 0, directory 0.\n"
    ) == result.stdout


def test_the_document_has_both_judgements_of_whoever_is_touched():
    document = document_of("guests.toml")

    ada = document["accounts"][0]
    assert ["ada", "cleo", "dan"] == [each["username"] for each in document["accounts"]]
    assert ["loses", "reasons", "gains"] == [each["change"] for each in document["accounts"]]
    assert {"id", "username", "state", "created_at", "change", "old", "new"} == ada.keys()
    assert ("approve", ["Toolforge member"]) == (ada["old"]["verdict"], ada["old"]["because"])
    assert ("hold", []) == (ada["new"]["verdict"], ada["new"]["because"])
    keys = {"identity", "verdict", "because", "explanation", "evidence"}
    assert keys == ada["old"].keys() == ada["new"].keys()
    assert "Ada Example" == ada["old"]["identity"]["cn"]
    assert ["Toolforge member", "Tool maintainer"] == [
        ada[side]["evidence"][0]["rule"] for side in ("old", "new")
    ]
    summary = {"pending": 4, "gains": 1, "loses": 1, "reasons": 1, "wait": 0}
    assert summary == document["summary"]


def test_the_document_names_both_policies():
    told = document_of("guests.toml")["run"]

    digests = [
        json.loads(run("policy", "check", name, "--format", "json").stdout)["digest"]
        for name in ("policy.toml", "guests.toml")
    ]
    assert digests == [told["policy_old"], told["policy_new"]]
    assert ("policy diff", digests[0]) == (told["command"], told["policy"])


def test_the_old_policy_need_not_be_in_force():
    """Nor is the one in force looked at then."""
    result = run(
        *("--world", "world.toml", "--policy", "missing.toml"),
        *("policy", "diff", "guests.toml", "renamed.toml"),
    )

    assert 0 == result.exit_code
    assert result.stdout.startswith("From policy renamed.toml to policy guests.toml:\n")


def test_without_a_policy_of_its_own_the_built_in_one_is_old():
    out = run("--world", "example", "policy", "diff", "guests.toml").stdout

    assert out.startswith("From the built-in policy to policy guests.toml:\n")


def test_whoever_waits_is_told_and_makes_it_3():
    Path("unlooked.toml").write_text(RENAMED.replace("project-tools", "no-such-group"))

    result = run_small("policy", "diff", "unlooked.toml")

    assert 3 == result.exit_code
    assert (
        """
1 account could not be looked up, so what changes is not known:
@dan (44), since 2026-11-21
  old       hold. No system vouches for this person yet. Any one of these helps: become a member\
 of LDAP group project-tools.
  new       wait. Trust could not be looked up: group no-such-group is missing, empty or\
 unreadable. It is looked at again in the next run.

4 pending: 0 would gain approval, 1 would lose it, 1 would be judged for other reasons,\
 3 could not be looked up.
"""
        in result.stdout
    )


def test_of_many_who_wait_twenty_are_told():
    crowd = "".join(
        f'[[account]]\nid = {number}\nusername = "u{number}"\ncreated_at = 2026-11-21T11:00:00Z\n'
        f'identities = [{{ provider = "openid_connect", extern_uid = "U{number}" }}]\n'
        f'[[person]]\nuid = "u{number}"\ncn = "U{number}"\n'
        for number in range(100, 121)
    )
    Path("world.toml").write_text(WORLD + GUESTS + crowd)
    Path("unlooked.toml").write_text(RENAMED.replace("project-tools", "no-such-group"))

    out = run_small("policy", "diff", "unlooked.toml").stdout

    assert "\n22 accounts could not be looked up" in out
    assert "@u118 (118)" in out
    assert "@u119 (119)" not in out
    assert "\nAnd 2 more: see glaab dry-run with each policy.\n" in out


# -- lists, and other ways to prove people


@pytest.mark.parametrize("extern_uid", ["itself", "cn"])
def test_lists_of_one_name_in_two_folders_are_two_lists(extern_uid):
    for folder, name in (("one", "Ada Example"), ("two", "Dan Example")):
        Path(folder).mkdir()
        Path(folder, "policy.toml").write_text(BY_LIST.replace("itself", extern_uid))
        Path(folder, "list.toml").write_text(a_list(name))

    told = changes_of("two/policy.toml", "one/policy.toml")

    assert {"ada": "loses", "dan": "gains"} == told


def test_policies_may_prove_people_in_different_ways():
    Path("by-list.toml").write_text(BY_LIST)
    Path("list.toml").write_text(a_list("Ada Example", "Dan Example"))

    document = document_of("by-list.toml")

    ada, cleo, dan = document["accounts"]
    assert ["reasons", "reasons", "gains"] == [each["change"] for each in (ada, cleo, dan)]
    assert "dn" in ada["old"]["identity"]
    assert {"provider", "extern_uid"} == ada["new"]["identity"].keys()


# -- what is wrong


def test_every_problem_of_both_policies_and_the_world_is_said_at_once(monkeypatch):
    monkeypatch.setenv("GLAAB_TIMEOUT_S", "soon")
    Path("bad.toml").write_text(POLICY.replace("version = 1", "version = 2"))

    result = run("--world", "no.toml", "policy", "diff", "missing.toml", "bad.toml")

    assert (2, "") == (result.exit_code, result.stdout)
    assert [
        'GLAAB_TIMEOUT_S: "soon" is not a number of seconds above 0, a day at most',
        "policy bad.toml: version: this glaab reads version 1, not 2",
        "policy missing.toml cannot be read: No such file or directory",
        "world no.toml cannot be read: No such file or directory",
    ] == [line.removeprefix("glaab: ") for line in result.stderr.splitlines()]


def test_what_either_policy_needs_is_needed():
    """But no credentials of a wiki; and nothing is named twice."""
    Path("gerrit.toml").write_text(POLICY + '[[trust]]\nname = "G"\ngerrit_group = "G"\n')
    Path("phabricator.toml").write_text(
        POLICY + '[[trust]]\nname = "P"\nphabricator_project = "p"\n'
    )

    result = run("policy", "diff", "gerrit.toml", "phabricator.toml")

    assert 2 == result.exit_code
    assert ["GITLAB_ACCESS_TOKEN", "PHABRICATOR_TOKEN", "GERRIT_PASSWORD"] == re.findall(
        r"^glaab: (\w+):", result.stderr, re.MULTILINE
    )


# -- over the wire


@pytest.fixture
def installation(elsewhere):
    return Installation.healthy(elsewhere / "installed")


def test_the_queue_is_listed_once_and_nothing_is_changed(installation):
    """GitLab is asked for nothing else, and nobody is asked twice what both policies ask."""
    Path("fewer.toml").write_text(POLICY)
    looked = installation.run("dry-run", "--format", "json")
    before = {name: len(system.requests) for name, system in installation.http.items()}

    run = installation.run("policy", "diff", "fewer.toml", "--format", "json")

    assert 0 == run.code, run.err
    after = {name: len(system.requests) for name, system in installation.http.items()}
    new = {name: after[name] - before[name] for name in after}
    (listing,) = installation.gitlab.requests[before[GITLAB] :]
    assert ("GET", "/api/v4/users") == (listing.method, listing.path)
    assert 0 == new[AUDIT_LOG]
    for system in ("phabricator", "gerrit"):
        assert new[system] <= looked.document["systems"][system]["requests"]
        assert new[system] == run.document["systems"][system]["requests"]
    assert "unused" == run.document["systems"][AUDIT_LOG]["status"]
    assert not installation.audit_file.exists()


def test_a_queue_that_cannot_be_read_is_3(installation):
    Path("fewer.toml").write_text(POLICY)
    run = installation.run("policy", "diff", "fewer.toml", GITLAB_ACCESS_TOKEN="wrong")

    assert 3 == run.code
    assert "\nNobody was looked at.\ngitlab gave no usable answer: " in run.out
    document = installation.run(
        *("policy", "diff", "fewer.toml", "--format", "json"), GITLAB_ACCESS_TOKEN="wrong"
    ).document
    assert document["summary"]["unread"] is True
    assert "system_unavailable" in run.err


def without_the_first_time(_, handle):
    response = handle()
    users = json.loads(response.body)
    users[0]["created_at"] = None
    return attrs.evolve(response, body=json.dumps(users).encode())


def test_an_account_that_cannot_be_understood_is_named(installation):
    Path("fewer.toml").write_text(POLICY)
    installation.gitlab.always = without_the_first_time

    run = installation.run("policy", "diff", "fewer.toml")

    assert "since nobody knows when" in run.out
    assert "account_unreadable" in run.err
