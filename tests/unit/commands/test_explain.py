"""`glaab explain`: everything about one account."""

import json

import click
import pytest

from glaab.entrypoints.commands.explain import explain
from tests.unit.commands.small_world import DAN, LOOKED, document_of, run_small
from tests.unit.doubles import UnreachableGitLab

pytestmark = pytest.mark.usefixtures("small_world")


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
        f"{DAN}"
        "  changes   become a member of LDAP group project-tools (Toolforge member)\n\n"
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
    assert "@eve (45), since 2026-11-19: is banned\n" in run_small("explain", "eve").stdout


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
