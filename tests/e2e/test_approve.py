"""`glaab approve` as a process, against every system."""

import json
import re

import attrs
import pytest

from glaab.domain.accounts import AccountState
from tests.e2e.installation import EXAMPLE
from tests.e2e.systems import BOB_ON_PAGE
from tests.log_lines import a_log_line
from tests.worlds import read_world

TRUSTED = ["ada", "bruno", "chiara", "dora", "emil", "finn", "gita"]
REASONS = {
    "ada": "Wikimedia Foundation staff",
    "bruno": "Wikimedia Deutschland staff",
    "chiara": "Toolforge member",
    "dora": "Trusted contributor (Phabricator)",
    "emil": "Trusted contributor (Gerrit)",
    "finn": "Toolforge member, Trusted contributor (Gerrit)",
    "gita": "Toolforge member",
}
PAGE_AFTERWARDS = """\
Whom the bot let in.

=== TODAY ===
{lines}
=== 2026-11-21 ===
{tove}

=== 2024-12-21 ===
{bob}"""


@pytest.fixture
def healthy(install):
    """The example world, but that everything can be looked up."""
    world = read_world(EXAMPLE)
    accounts = tuple(each for each in world.accounts if each.username != "sami")
    return install(attrs.evolve(world, accounts=accounts))


class TestApprove:
    def test_approves_exactly_the_trusted(self, healthy):
        """Whom the policy trusts is active afterwards, nobody else was even tried."""
        run = healthy.run("approve")

        assert 0 == run.code, run.err
        assert TRUSTED == healthy.approved()

    def test_writes_the_wiki_page(self, healthy):
        """Newest first, with every rule; a late entry under its own day; the rest as it was."""
        run = healthy.run("approve")

        lines = "".join(f"{a_log_line(name, REASONS[name])}\n" for name in reversed(TRUSTED))
        tove = a_log_line("tove", when="23:57")
        assert 0 == run.code
        assert PAGE_AFTERWARDS.format(lines=lines, tove=tove, bob=BOB_ON_PAGE) == re.sub(
            r"=== [\d-]{10} ===\n(?=\* HH:MM)",
            "=== TODAY ===\n",
            re.sub(
                r"\* \d\d:\d\d(?= .*@(?!tove|bob))",
                "* HH:MM",
                healthy.wiki.simulator.text,
            ),
        )
        assert 2 == len(healthy.wiki.simulator.revisions)

    def test_writes_the_json_lines(self, healthy):
        """A line for each approval, from which it can be judged again."""
        healthy.run("approve")

        lines = healthy.audit_file.read_text().splitlines()
        ada = next(json.loads(line) for line in lines if '"ada"' in line)
        assert sorted([*TRUSTED, "tove"]) == healthy.logged()
        assert ["Wikimedia Foundation staff"] == ada["because"]
        assert {"id": 101, "username": "ada"} == ada["account"]
        assert {
            "provider": "openid_connect",
            "extern_uid": "Ada Example",
            "dn": "uid=ada,ou=people,dc=wikimedia,dc=org",
            "cn": "Ada Example",
            "uid": "ada",
        } == ada["identity"]
        assert {"yes", "no"} == {each["answer"] for each in ada["evidence"]}

    def test_settles_every_note(self, healthy):
        """Each approved account says `logged`, and keeps its record."""
        healthy.run("approve")

        notes = {
            user.username: user.attributes
            for user in healthy.gitlab.simulator.users.values()
            if "glaab" in user.attributes
        }
        assert sorted([*TRUSTED, "tove"]) == sorted(notes)
        assert {"logged"} == {each["glaab"] for each in notes.values()}
        assert all(each["glaab_approval"] for each in notes.values())

    def test_a_second_run_changes_nothing(self, healthy):
        """Once everything is done, a run only reads, and does not even ask the wiki."""
        healthy.run("approve")
        text, logged = healthy.wiki.simulator.text, healthy.audit_file.read_bytes()
        for recorder in healthy.http.values():
            recorder.requests.clear()

        run = healthy.run("approve", "--format", "json")

        assert 0 == run.code
        assert {"unchanged"} == set(run.outcomes.values())
        assert {"GET"} == set(healthy.gitlab.methods)
        assert [] == healthy.wiki.requests
        assert (text, logged) == (healthy.wiki.simulator.text, healthy.audit_file.read_bytes())

    def test_tells_what_it_changed(self, healthy):
        """Text names whom it approved and why, and not those who stay."""
        run = healthy.run("approve")

        assert "@finn (106) approved: Toolforge member, Trusted contributor (Gerrit)\n" in run.out
        assert "@tove (601) approved by an earlier run, logged now: Toolforge member\n" in run.out
        assert "7 approved, 1 recovered, 0 failed." in run.out
        assert "newcomer" not in run.out
        assert "\x1b" not in run.out

    def test_an_empty_queue_is_nothing_special(self, install):
        """Nobody waits: 0, and only GitLab was asked."""
        empty = install(attrs.evolve(read_world(EXAMPLE), accounts=(), notes={}))

        run = empty.run("approve", "--format", "json")

        assert 0 == run.code
        assert {"gitlab": 2} == dict(empty.requests())
        assert 0 == run.document["summary"]["pending"]

    def test_somebody_else_may_be_quicker(self, healthy):
        """An account that is active when it is looked at again is not approved, nor logged."""

        def approved_meanwhile(request, _handle):
            if request.path == "/api/v4/users/101":
                healthy.gitlab.simulator.users[101].state = AccountState.ACTIVE

        healthy.gitlab.always = approved_meanwhile

        run = healthy.run("approve", "--format", "json")

        assert 0 == run.code
        assert "already-approved" == run.outcomes["ada"]
        assert "ada" not in healthy.logged()

    def test_a_bot_password_serves_as_well_as_oauth(self, healthy):
        """The wiki log is written with MEDIAWIKI_USER and MEDIAWIKI_PASSWORD."""
        oauth = dict.fromkeys(
            f"MEDIAWIKI_{part}"
            for part in ("CONSUMER_TOKEN", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET")
        )

        run = healthy.run(
            "approve", MEDIAWIKI_USER="Glaab@glaab", MEDIAWIKI_PASSWORD="the-password", **oauth
        )

        assert 0 == run.code, run.err
        assert "@ada" in healthy.wiki.simulator.text
