"""`glaab explain`: everything about one account."""

import json

import click
import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.domain.accounts import AccountState
from glaab.domain.ports import Unreadable
from glaab.entrypoints.commands.explain import explain
from tests.builders import an_account
from tests.unit.commands.small_world import DAN, LOOKED, document_of, run_small
from tests.unit.doubles import UnreachableGitLab

pytestmark = pytest.mark.usefixtures("small_world")

ADVICE = " Any one of these helps: become a member of LDAP group project-tools."


@pytest.mark.parametrize(
    "reference",
    [
        "dan",
        "@dan",
        "DAN",
        "44",
        "https://gitlab.wikimedia.org/dan",
        "https://gitlab.wikimedia.org/dan/",
        "https://gitlab.wikimedia.org/%64an?tab=activity#top",
        "https://GitLab.wikimedia.org/@dan",
    ],
)
def test_explain_tells_all_about_one_account(reference):
    """Whole: its story, and what would change the verdict."""
    result = run_small("explain", reference)

    assert 0 == result.exit_code
    assert (
        f"{DAN.replace(ADVICE, '')}"
        "  next      become a member of LDAP group project-tools (Toolforge member)\n\n"
        "1 pending: 0 trusted, 1 held, 0 vetoed, 0 waiting. 0 approved, 0 to recover, 0 failed.\n"
        f"{LOOKED}" == result.stdout
    )


def test_explain_judges_who_is_not_pending_as_if():
    document = document_of("explain", "eve")

    (account,) = document["accounts"]
    assert ("banned", "approve", "unchanged") == (
        account["state"],
        account["verdict"],
        account["outcome"],
    )
    assert 0 == document["summary"]["pending"] == document["brake"]["would_approve"]
    assert account["approval"] is None


def test_explain_tells_who_let_somebody_in():
    """The record, as the audit file has it; here the run came no further."""
    (account,) = document_of("explain", "tove")["accounts"]

    assert {
        "at": "2026-11-21T23:57:00Z",
        "account": {"id": 46, "username": "tove"},
        "because": ["Toolforge member"],
        "identity": None,
        "evidence": [],
        "run": "run-0",
        "policy": "unknown",
        "glaab": "unknown",
        "note": "not yet logged; the next run writes the entry",
    } == account["approval"]
    assert "  run       run-0\n" in run_small("explain", "tove").stdout


def test_a_note_that_cannot_be_understood_says_so(small_app, capsys):
    app = small_app("look")
    active = an_account(state=AccountState.ACTIVE)
    logged = {active.id: Unreadable("ink")}
    app.container.writable_gitlab.override(InMemoryGitLab([active], logged=logged))

    assert 0 == explain(app, "ada")

    (account,) = json.loads(capsys.readouterr().out)["accounts"]
    assert {"unreadable": "ink"} == account["approval"]


def test_a_marked_account_gets_no_advice_that_cannot_help(small_world):
    """Neither trust nor an identity lets it in while the mark stands."""
    world = (small_world / "world.toml").read_text().replace('members = ["ada", "cleo", "eve"]', "")
    (small_world / "world.toml").write_text(world + 'members = ["ada"]\n')
    mark = "an administrator marked the account: asked to wait"
    advice = f"{mark}; while that stands, nothing else helps"

    (account,) = document_of("explain", "cleo")["accounts"]

    assert f"No system vouches for this person yet. A{advice[1:]}." == account["explanation"]
    told = run_small("explain", "cleo").stdout
    assert f"  next      {advice}\n\n" in told


def test_explain_tells_what_is_about_to_happen():
    assert "would-approve" == document_of("explain", "ada")["accounts"][0]["outcome"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_account_that_gitlab_does_not_have_is_2(form):
    result = run_small("explain", "no\x1bbody", "--format", form)

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert "glaab: GitLab has no account no\\x1bbody\n" == result.stderr


@pytest.mark.parametrize("reference", ["4444", "nobody"])
def test_nobody_is_found_who_is_not_there(reference):
    assert 2 == run_small("explain", reference).exit_code


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("https://git.example/dan", "is no profile on https://gitlab.wikimedia.org"),
        ("https://gitlab.wikimedia.org.example/dan", "is no profile on"),
        ("https://gitlab.wikimedia.org@git.example/dan", "is no profile on"),
        ("https://[dan", "is no profile on"),
        ("https://gitlab.wikimedia.org/", "name an account: NAME, @NAME"),
        ("", "name an account: NAME, @NAME"),
        ("@", "name an account: NAME, @NAME"),
        ("dan@example.org", "accounts are found by username, id or the address of their profile"),
        ("Dan Example", "not by e-mail address or display name: Dan Example"),
        ("dan\u2028x", "or display name: dan\\u2028x"),
    ],
)
def test_what_names_no_account_here_is_wrong_usage(reference, words):
    result = run_small("explain", reference)

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert words in result.stderr


def test_an_account_that_could_not_be_asked_for_is_3(small_app, capsys):
    app = small_app("look")
    app.container.writable_gitlab.override(UnreachableGitLab())

    code = explain(app, "ada")

    assert 3 == code
    assert [] == json.loads(capsys.readouterr().out)["accounts"]


def test_usage_errors_of_explain_are_clicks(small_app):
    with pytest.raises(click.UsageError):
        explain(small_app("look"), "@")
