"""`glaab report` as a command: its formats, its file, and how it exits."""

import json
import re
from pathlib import Path

import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.entrypoints.runtime.container import Container
from tests.pages import Page
from tests.unit.commands.small_world import EXAMPLE, run
from tests.unit.doubles import UnreachableGitLab

_RUN = re.compile(r'"[0-9a-f]{12}"|Run <code>\w+</code>|\d{4}-\d\d-\d\dT[0-9:]+Z|\d\d:\d\d UTC')
"""What differs between two runs: id and time."""

pytestmark = pytest.mark.usefixtures("elsewhere")

EMPTY = 'base_dn = "dc=wikimedia,dc=org"\n'


def report(*arguments):
    """On the example world."""
    return run("--world", EXAMPLE, "report", *arguments)


# -- the formats


@pytest.fixture(scope="module")
def waiting():
    """The names of those whom a dry run of the example lets wait, in no order."""
    accounts = json.loads(run("--world", EXAMPLE, "--format", "json", "dry-run").stdout)["accounts"]
    return {
        each["username"]
        for each in accounts
        if each["state"] == "blocked_pending_approval" and each["verdict"] != "approve"
    }


def names_in(form, shown):
    if form == "json":
        return [each["username"] for each in json.loads(shown)["accounts"]]
    pattern = r"<bdi>@(\w+)</bdi>" if form == "html" else r"(?m)^ *\d+ d \S+ +@(\S+)"
    return re.findall(pattern, shown)


@pytest.mark.parametrize("form", ["table", "json", "html"])
def test_everybody_who_stays_pending_is_in_every_format(waiting, form):
    """Once, and nobody else."""
    result = report("--format", form)

    names = names_in(form, result.stdout)
    assert 3 == result.exit_code
    assert (waiting, len(waiting)) == (set(names), len(names))


def test_the_order_is_that_of_nearness_in_every_format():
    """From those who are trusted and vetoed to the one who waits for a system."""
    orders = [names_in(form, report("--format", form).stdout) for form in ("table", "json", "html")]

    assert orders[0] == orders[1] == orders[2]
    assert ["pavel", "sami"] == [orders[0][0], orders[0][-1]]


def test_the_summary_is_of_the_whole_queue(waiting):
    counts = re.search(r"(\d+) pending: (\d+) trusted,", report().stdout)

    assert len(waiting) == int(counts[1]) - int(counts[2])


def test_text_is_another_word_for_table():
    assert report("--format", "table").stdout == report("--format", "text").stdout


@pytest.mark.parametrize(
    ("before", "after", "start"),
    [
        ("text", None, "  age verdict"),
        ("json", None, "{"),
        ("json", "table", "  age verdict"),
        ("text", "json", "{"),
        ("json", "html", "<!doctype html>"),
    ],
)
def test_the_format_after_the_command_wins(before, after, start):
    """Before it, text means table."""
    chosen = ("--format", after) if after else ()

    told = run("--world", EXAMPLE, "--format", before, "report", *chosen).stdout

    assert told.startswith(start)


def test_no_other_command_makes_a_page():
    assert 2 == run("--world", EXAMPLE, "dry-run", "--format", "html").exit_code


def test_the_json_is_that_of_a_dry_run_with_more_to_it():
    """Every account as there, and nothing else; the counts are of the whole queue."""
    looked = json.loads(run("--world", EXAMPLE, "dry-run", "--format", "json").stdout)

    told = json.loads(report("--format", "json").stdout)

    accounts = {each["username"]: each for each in looked["accounts"]}
    for each in told["accounts"]:
        assert each.pop("age_days") >= 0
        assert {"name", "email_domain"} == set(each.pop("self_description"))
        assert {"gitlab_admin", "gitlab_profile"} <= {link["kind"] for link in each.pop("links")}
        assert accounts[each["username"]] == each
    assert looked["summary"] == told["summary"]
    assert looked["brake"] == told["brake"]
    assert "report" == told["run"]["command"]


def test_links_lead_to_accounts_elsewhere():
    accounts = json.loads(report("--format", "json").stdout)["accounts"]

    links = {each["username"]: [link["url"] for link in each["links"]] for each in accounts}
    assert [
        "https://gitlab.wikimedia.org/admin/users/ines",
        "https://gitlab.wikimedia.org/ines",
        "ldaps://ldap-ro.eqiad.wikimedia.org:636/uid=ines,ou=people,dc=wikimedia,dc=org",
        "https://phabricator.wikimedia.org/p/ines1/",
        "https://phabricator.wikimedia.org/p/ines2/",
    ] == links["ines"]
    assert "https://gerrit.wikimedia.org/r/q/owner:rosa" in links["rosa"]
    assert 2 == len(links["ada1"])


def test_under_the_brake_the_trusted_are_in_the_report(monkeypatch):
    """They are nearest, and the brake does not count for the exit code."""
    monkeypatch.setenv("GLAAB_MAX_APPROVALS", "1")

    result = report("--format", "json")

    document = json.loads(result.stdout)
    verdicts = [each["verdict"] for each in document["accounts"]]
    trusted = document["summary"]["approve"]
    assert 3 == result.exit_code
    assert document["summary"]["pending"] == len(verdicts)
    assert ["approve"] * trusted == verdicts[:trusted]
    assert "approve" not in verdicts[trusted:]
    assert {"unchanged"} == {each["outcome"] for each in document["accounts"]}


def test_nobody_waits_in_an_empty_world(elsewhere):
    Path("empty.toml").write_text(EMPTY)

    result = run("--world", "empty.toml", "report")

    assert 0 == result.exit_code
    assert result.stdout.startswith("Nobody stays pending.\n0 pending: ")


def test_a_queue_that_cannot_be_read_is_3():
    """There is a page nevertheless, which says so."""
    with Container.writable_gitlab.override(UnreachableGitLab()):
        result = report("--format", "html")

    assert 3 == result.exit_code
    assert "The queue could not be read" in Page.of(result.stdout).text


def test_it_needs_the_credentials_of_what_it_reads_alone():
    result = run("report")

    assert 2 == result.exit_code
    assert ["GITLAB_ACCESS_TOKEN", "PHABRICATOR_TOKEN", "GERRIT_PASSWORD"] == re.findall(
        r"^glaab: (\w+):", result.stderr, re.MULTILINE
    )


# -- the file


@pytest.mark.parametrize("form", ["table", "json", "html"])
def test_the_result_goes_into_a_file_instead(elsewhere, waiting, form):
    """Nothing is on stdout then; a message says where it is. Nothing else is left behind."""
    shown = report("--format", form).stdout

    result = report("--format", form, "--output", "queue")

    (message,) = [each for each in map(json.loads, result.stderr.splitlines()) if "file" in each]
    assert 3 == result.exit_code
    assert "" == result.stdout
    assert ("report_written", "queue", len(waiting)) == (
        message["event"],
        message["file"],
        message["accounts"],
    )
    assert len(shown.splitlines()) == len(Path("queue").read_text().splitlines())
    assert ["queue"] == [path.name for path in elsewhere.iterdir()]


def test_a_file_that_is_there_is_replaced():
    Path("queue").write_text("old")

    report("--output", "queue")

    assert Path("queue").read_text().startswith("  age verdict")


def test_a_file_that_cannot_be_written_is_found_before_anything_is_asked():
    result = report("--output", "missing/queue")

    assert 2 == result.exit_code
    assert (
        "glaab: --output: missing/queue cannot be written: No such file or directory\n"
        == result.stderr
    )
    assert "" == result.stdout


def test_it_is_told_with_all_else_that_is_wrong():
    result = run("--policy", "missing.toml", "report", "--output", "missing/queue")

    assert 2 == result.exit_code
    assert ["policy missing.toml cannot be read", "GITLAB_ACCESS_TOKEN", "--output"] == [
        line.split(": ")[1] for line in result.stderr.splitlines()
    ]


def test_a_folder_is_no_file(elsewhere):
    assert 2 == report("--output", str(elsewhere)).exit_code


class VanishingFolder(InMemoryGitLab):
    """Takes the folder of the file away while it is asked."""

    def pending(self, created_after=None):
        Path("folder").rmdir()
        return super().pending()


def test_a_file_that_can_no_longer_be_written_is_4():
    """Something that had to be written was not; stdout stays empty."""
    Path("folder").mkdir()

    with Container.writable_gitlab.override(VanishingFolder(())):
        result = run("--quiet", "--world", EXAMPLE, "report", "--output", "folder/queue")

    (message,) = map(json.loads, result.stderr.splitlines())
    assert 4 == result.exit_code
    assert "" == result.stdout
    assert ("report_not_written", "folder/queue", "No such file or directory") == (
        message["event"],
        message["file"],
        message["reason"],
    )


@pytest.mark.parametrize("form", ["table", "json", "html"])
@pytest.mark.parametrize("secret", ["Sami Misal", "accounts", "verdict"])
def test_a_secret_that_equals_a_name_or_a_word_changes_nothing(monkeypatch, form, secret):
    report("--format", form, "--output", "before")
    monkeypatch.setenv("GITLAB_ACCESS_TOKEN", secret)

    report("--format", form, "--output", "after")

    before, after = (_RUN.sub("", Path(name).read_text()) for name in ("before", "after"))
    assert before == after
