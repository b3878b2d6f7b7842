"""`glaab recheck`: who was approved, and would not be today."""

import json
import re
from pathlib import Path

import pytest

from glaab.domain.sources.directory import DIRECTORY, DirectorySource
from glaab.entrypoints.runtime.container import Container
from tests.pages import Page
from tests.unit.commands.small_world import run, run_small
from tests.unit.doubles import UnreachableDirectory, UnreachableGitLab

APPROVED = """
[[account]]
id = 51
username = "finn"
state = "active"
created_at = 2026-11-01T10:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Finn Example" }]

[account.note]
run = "run-1"
at = 2026-11-01T10:01:00Z
because = ["Toolforge member"]
logged = true

[[account]]
id = 52
username = "gerd"
state = "active"
created_at = 2026-11-01T11:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Gerd Example" }]

[account.note]
run = "run-2"
at = 2026-11-01T11:01:00Z
because = ["Hackathon", "Toolforge member"]
logged = true

[[account]]
id = 53
username = "hana"
state = "active"
created_at = 2026-11-01T12:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Hana Example" }]
veto = "has left"

[account.note]
run = "run-3"
at = 2026-11-01T12:01:00Z
because = ["Toolforge member"]
logged = true

[[account]]
id = 54
username = "ivar"
state = "blocked"
created_at = 2026-11-01T13:00:00Z

[account.note]
run = "run-4"
at = 2026-11-01T13:01:00Z
because = ["Toolforge member"]
logged = true

[[person]]
uid = "finn"
cn = "Finn Example"

[[person]]
uid = "gerd"
cn = "Gerd Example"

[[person]]
uid = "hana"
cn = "Hana Example"
"""
LISTED = ["hana", "tove", "gerd"]
HANA, GERD, TOVE = (
    f"""\
              GitLab admin page https://gitlab.wikimedia.org/admin/users/{name}
              GitLab profile https://gitlab.wikimedia.org/{name}
"""
    for name in ("hana", "gerd", "tove")
)
HANA, GERD = (
    f"""\
{links}\
              LDAP entry ldaps://ldap-ro.eqiad.wikimedia.org:636/uid={name},ou=people,\
dc=wikimedia,dc=org
"""
    for name, links in (("hana", HANA), ("gerd", GERD))
)
TABLE = f"""\
  age verdict account, and why it would not be approved today
              + speaks for it, ! against it, - not found, ? could not be looked up

AGE veto    @hana (53)
              Trusted as Toolforge member, but an administrator marked the account: has left.
              + Approved: 2026-11-01T12:01:00Z as Toolforge member, by run run-3
              + Identity: proven to be Hana Example (uid hana)
              + Toolforge member: hana is a member of project-tools
{HANA}
AGE hold    @tove (46)
              No sign-in through openid_connect proves who this is.
              + Approved: 2026-11-21T23:57:00Z as Toolforge member, by run run-0; not yet logged;\
 the next run writes the entry
{TOVE}
AGE hold    @gerd (52)
              No system vouches for this person yet.
              + Approved: 2026-11-01T11:01:00Z as Hackathon, Toolforge member, by run run-2
              + Identity: proven to be Gerd Example (uid gerd)
              - Toolforge member: gerd is not a member of project-tools
{GERD}
Judged by policy policy.toml.
4 checked: 1 would be approved today, 2 held, 1 vetoed, 0 could not be looked up.
Requests: gitlab 0, directory 0.
"""


@pytest.fixture(autouse=True)
def approved(small_world):
    """Four more accounts that glaab approved, of which one is blocked since."""
    world = (small_world / "world.toml").read_text()
    world = world.replace('members = ["ada", ', 'members = ["finn", "hana", "ada", ')
    (small_world / "world.toml").write_text(world + APPROVED)


def recheck(*arguments):
    return run_small("recheck", *arguments)


def document(*arguments):
    return json.loads(recheck("--format", "json", *arguments).stdout)


def names_in(form, shown):
    if form == "json":
        return [each["username"] for each in json.loads(shown)["accounts"]]
    pattern = r"<bdi>@(\w+)</bdi>" if form == "html" else r"(?m)^ *\d+ d \S+ +@(\S+)"
    return re.findall(pattern, shown)


def test_it_tells_who_would_not_be_approved_today_and_why():
    """Whole: those with something against them first, each with how it was approved."""
    result = recheck()

    assert 0 == result.exit_code
    assert TABLE == re.sub(r"(?m)^ *\d+ d ", "AGE ", result.stdout)


@pytest.mark.parametrize("form", ["table", "text", "json", "html"])
def test_they_are_the_same_in_every_format(form):
    result = recheck("--format", form)

    assert (0, LISTED) == (result.exit_code, names_in(form, result.stdout))


def test_the_summary_counts_everybody_and_each_account_carries_its_approval():
    told = document()

    assert {
        "checked": 4,
        "pending": 0,
        "approve": 1,
        "hold": 2,
        "veto": 1,
        "wait": 0,
        "approved": 0,
        "recovered": 0,
        "failed": 0,
    } == told["summary"]
    assert "recheck" == told["run"]["command"]
    assert ["run-3", "run-0", "run-2"] == [each["approval"]["run"] for each in told["accounts"]]
    assert {"unchanged"} == {each["outcome"] for each in told["accounts"]}


def test_the_page_has_words_of_its_own():
    page = Page.of(recheck("--format", "html").stdout)

    assert "Let in, but would not be today" in page.text
    assert "Of 4 accounts that glaab approved and that are active, 3 would not be approved" in (
        page.text
    )
    assert "pending" not in page.text
    assert "still trusted, but something speaks against it" in page.text


@pytest.mark.parametrize(
    ("rule", "listed", "checked"),
    [("Hackathon", ["gerd"], 1), ("Toolforge member", LISTED, 4), ("Nothing", [], 0)],
)
def test_those_whom_one_rule_let_in_can_be_looked_at_alone(rule, listed, checked):
    told = document("--because", rule)

    assert listed == [each["username"] for each in told["accounts"]]
    assert checked == told["summary"]["checked"]


def test_another_policy_can_be_tried(small_world):
    policy = (small_world / "policy.toml").read_text().replace("project-tools", "wmf")
    (small_world / "stricter.toml").write_text(policy)

    told = document("--policy", "stricter.toml")

    assert "Judged by policy stricter.toml." in recheck("--policy", "stricter.toml").stdout
    assert ["finn", "gerd", "hana", "tove"] == sorted(each["username"] for each in told["accounts"])


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("table", "No active account has a note that glaab approved it, or none that was asked"),
        ("html", "No active account has a note that glaab approved it, or none that was asked"),
    ],
)
def test_nobody_is_looked_at_whom_glaab_did_not_approve(form, words):
    result = recheck("--because", "Nothing", "--format", form)

    assert 0 == result.exit_code
    assert words in (Page.of(result.stdout).text if form == "html" else result.stdout)
    assert "rule_not_in_policy" in result.stderr
    assert "Toolforge member" in result.stderr


@pytest.mark.parametrize("form", ["table", "html"])
def test_it_is_told_that_all_is_as_it_was(small_world, form):
    world = (small_world / "world.toml").read_text()
    world = world.replace('members = ["finn", ', 'members = ["finn", "gerd", ')
    (small_world / "world.toml").write_text(world.replace('veto = "has left"', "", 1))

    result = recheck("--because", "Hackathon", "--format", form)

    text = Page.of(result.stdout).text if form == "html" else result.stdout
    assert 0 == result.exit_code
    assert "Everybody would be approved today" in text
    assert ("1 checked: 1 would be approved" in text) or "The one account that glaab" in text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("table", "Nobody was looked at.\ngitlab gave no usable answer: "),
        ("html", "Whom glaab approved could not be read"),
    ],
)
def test_a_list_that_cannot_be_read_is_3(form, words):
    with Container.writable_gitlab.override(UnreachableGitLab()):
        result = recheck("--format", form)

    text = Page.of(result.stdout).text if form == "html" else result.stdout
    assert 3 == result.exit_code
    assert words in text
    assert "Everybody" not in text


def test_the_numbers_of_a_list_that_cannot_be_read_are_marked():
    with Container.writable_gitlab.override(UnreachableGitLab()):
        summary = json.loads(recheck("--format", "json").stdout)["summary"]

    assert 0 == summary["checked"]
    assert summary["unread"] is True


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("table", "3 could not be looked up.\ndirectory gave no usable answer: "),
        ("html", "Whoever it could have spoken for or against is marked “wait”."),
    ],
)
def test_whoever_could_not_be_looked_up_is_3(form, words):
    with Container.sources.override({DIRECTORY: DirectorySource(UnreachableDirectory())}):
        result = recheck("--format", form)

    text = Page.of(result.stdout).text if form == "html" else result.stdout
    assert 3 == result.exit_code
    assert words in text


@pytest.mark.parametrize("form", ["table", "json", "html"])
def test_the_result_goes_into_a_file_instead(form):
    result = recheck("--format", form, "--output", "recheck")

    assert (0, "") == (result.exit_code, result.stdout)
    assert LISTED == names_in(form, Path("recheck").read_text())


def test_a_file_that_cannot_be_written_is_found_before_anything_is_asked():
    result = recheck("--output", "missing/recheck")

    assert (2, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith("glaab: --output: missing/recheck cannot be written")


def test_it_needs_the_credentials_of_what_it_reads_alone():
    result = run("recheck")

    assert 2 == result.exit_code
    assert ["GITLAB_ACCESS_TOKEN", "PHABRICATOR_TOKEN", "GERRIT_PASSWORD"] == re.findall(
        r"^glaab: (\w+):", result.stderr, re.MULTILINE
    )
