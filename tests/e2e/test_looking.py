"""`glaab dry-run` and `glaab explain` as processes, against every system."""

import attrs
import pytest

from tests.e2e.installation import EXAMPLE
from tests.worlds import read_world

READING = {"/api/user.whoami", "/api/project.search", "/api/user.ldapquery"}


def story(out: str, username: str) -> str:
    """What text output tells of one account."""
    return next(each for each in out.split("\n\n") if each.startswith(f"@{username} ("))


class TestDryRun:
    def test_reports_the_verdicts_that_approve_reaches(self, installation):
        """Both commands judge alike, although the dry run asks more."""
        looked = installation.run("dry-run", "--format", "json")
        acted = installation.run("--format", "json", "approve")

        judged = ("verdict", "because", "explanation", "identity")
        assert 3 == looked.code == acted.code
        assert [{key: each[key] for key in judged} for each in acted.document["accounts"]] == [
            {key: each[key] for key in judged} for each in looked.document["accounts"]
        ]

    def test_says_what_approve_then_does(self, installation):
        """Who would be approved is approved, and what would be recovered is."""
        looked = installation.run("dry-run", "--format", "json")
        acted = installation.run("approve", "--format", "json")

        told = {"would-approve": "approved", "would-recover": "recovered"}
        assert acted.outcomes == {
            name: told.get(outcome, outcome) for name, outcome in looked.outcomes.items()
        }

    def test_changes_nothing(self, installation):
        """GitLab and Gerrit see GET alone, Phabricator reading methods, the wiki nothing."""
        before = installation.wiki.simulator.text

        installation.run("dry-run")

        assert {"GET"} == set(installation.gitlab.methods)
        assert {"GET"} == set(installation.gerrit.methods)
        assert {request.path for request in installation.phabricator.requests} <= READING
        assert [] == installation.wiki.requests
        assert before == installation.wiki.simulator.text
        assert {"SRCH", "BIND"} >= set(installation.ldap.operations)
        assert not installation.audit_file.exists()

    def test_needs_no_wiki_credentials(self, installation):
        """Nothing that only writing needs must be set."""
        run = installation.run(
            "dry-run",
            MEDIAWIKI_CONSUMER_TOKEN=None,
            MEDIAWIKI_CONSUMER_SECRET=None,
            MEDIAWIKI_ACCESS_TOKEN=None,
            MEDIAWIKI_ACCESS_SECRET=None,
            GLAAB_AUDIT_FILE=None,
        )

        assert 3 == run.code, run.err

    def test_the_real_systems_tell_what_the_ones_in_memory_tell(self, installation):
        """The example world has one meaning, on the wire and in memory."""
        live = installation.run("dry-run", "--format", "json")
        memory = installation.run("--world", str(EXAMPLE), "dry-run", "--format", "json")

        def essence(run):
            return [
                (
                    each["username"],
                    each["verdict"],
                    each["because"],
                    each["outcome"],
                    each["identity"],
                    [(one["rule"], one["answer"]) for one in each["evidence"]],
                )
                for each in run.document["accounts"]
                if each["outcome"] != "would-recover"
            ]

        assert essence(memory) == essence(live)

    def test_tells_the_story_of_each_account(self, installation):
        """Whom it found, what each rule and veto was told, and what follows."""
        run = installation.run("dry-run")

        assert (
            "@finn (106), since 2026-11-20: would be approved\n"
            '  identity  openid_connect "Finn Esimerkki" is Finn Esimerkki (uid finn,'
            " dn uid=finn,ou=people,dc=wikimedia,dc=org)\n"
            "  trust     no        Wikimedia Foundation staff [directory]:"
            " finn is not a member of wmf\n"
            "  trust     no        Wikimedia Deutschland staff [directory]:"
            " finn is not a member of wmde\n"
            "  trust     yes       Toolforge member [directory]:"
            " finn is a member of project-tools\n"
            "  trust     no        Trusted contributor (Phabricator) [phabricator]:"
            ' no Phabricator account is linked to "Finn Esimerkki"\n'
            "  trust     yes       Trusted contributor (Gerrit) [gerrit]:"
            " Gerrit account finn is a member of Trusted-Contributors\n"
            "  veto      no        Marked by an administrator [gitlab]:"
            " no administrator marked the account\n"
        ) in run.out
        assert "26 pending: 7 trusted, 14 held, 4 vetoed, 1 waiting." in run.out

    def test_reports_the_brake_and_does_not_fail(self, install):
        """More than the limit would be approved: it says so, and ends with 0."""
        world = read_world(EXAMPLE)
        accounts = tuple(each for each in world.accounts if each.username in {"ada", "bruno"})
        run = install(_with(world, accounts)).run(
            "dry-run", "--format", "json", GLAAB_MAX_APPROVALS="1"
        )

        assert 0 == run.code
        assert {"limit": 1, "would_approve": 2, "stopped": True} == run.document["brake"]
        assert {"unchanged"} == set(run.outcomes.values())


def _with(world, accounts):
    return attrs.evolve(world, accounts=accounts, notes={})


TRAPS = {
    "ada1": "No sign-in through openid_connect proves who this is.",
    "ada2": "No sign-in through openid_connect proves who this is.",
    "ada3": "It carries 2 identities of openid_connect, so who this is cannot be told.",
    "nobody": 'The directory has no entry with cn "No Body".',
    "ada5": "only looks like cn",
    "kim2": "only looks like cn",
    "lea2": "only looks like cn",
    "max": '2 entries of the directory have cn "Max Muster".',
    "nora": "has 2 values of cn and 1 of uid, where exactly one of each is needed.",
    "olga": "an administrator marked the account: asked us to wait until December.",
    "pavel": "is locked",
    "quinn": "Phabricator account quinn is disabled",
    "rosa": "Gerrit account rosa is inactive",
    "sami": "cannot be read",
    "ines": "unlink all but one of your Phabricator accounts",
    "newcomer": "link your Phabricator account to your developer account",
}


class TestWhoIsNotApproved:
    def test_and_why(self, installation):
        """Every trap of identity and every veto leaves the account pending, with the reason."""
        out = installation.run("dry-run").out

        stories = {name: story(out, name) for name in TRAPS}
        assert all(": stays pending\n" in told for told in stories.values())
        assert TRAPS == {
            name: reason if reason in stories[name] else stories[name]
            for name, reason in TRAPS.items()
        }


class TestReport:
    def test_shows_those_whom_the_dry_run_leaves_pending(self, installation):
        """On the wire as in memory, with the links that the systems' answers allow."""
        looked = installation.run("dry-run", "--format", "json")
        live = installation.run("report", "--format", "json")
        memory = installation.run("--world", str(EXAMPLE), "report", "--format", "json")

        def places(run):
            return {
                each["username"]: [(link["kind"], link["title"]) for link in each["links"]]
                for each in run.document["accounts"]
            }

        assert 3 == live.code == looked.code
        assert places(memory) == places(live)
        assert set(places(live)) == {
            name for name, outcome in looked.outcomes.items() if outcome == "unchanged"
        }

    def test_asks_less_than_a_dry_run_and_changes_nothing(self, installation):
        """No wiki, no audit file, and nobody is asked about alone."""
        looked = installation.run("dry-run", "--format", "json")
        installation.gitlab.requests.clear()

        told = installation.run("report", "--format", "json", MEDIAWIKI_CONSUMER_TOKEN=None)

        asked_alone = looked.document["summary"]["approve"]
        dry_run, report = looked.document["systems"], told.document["systems"]
        assert report["phabricator"]["requests"] == (
            dry_run["phabricator"]["requests"] - asked_alone
        )
        assert report | {"phabricator": {}} == dry_run | {"phabricator": {}}
        assert {"GET"} == set(installation.gitlab.methods)
        assert {request.path for request in installation.phabricator.requests} <= READING
        assert [] == installation.wiki.requests
        assert not installation.audit_file.exists()

    def test_writes_a_page(self, installation, tmp_path):
        """Whole, and nothing on stdout."""
        page = tmp_path / "report.html"

        run = installation.run("report", "--format", "html", "--output", str(page))

        assert (3, "") == (run.code, run.out), run.err
        assert page.read_text().startswith("<!doctype html>")


class TestExplain:
    @pytest.mark.parametrize("reference", ["newcomer", "@newcomer", "NEWCOMER", "201"])
    def test_names_an_account_in_several_ways(self, installation, reference):
        """By username without regard to case, with or without @, or by id."""
        run = installation.run("explain", reference)

        assert 0 == run.code, run.err
        assert run.out.startswith("@newcomer (201), since 2026-11-21: stays pending\n")
        assert "  or        link your Phabricator account to your developer account" in run.out

    def test_takes_the_address_of_a_profile(self, installation):
        """As copied from the browser."""
        run = installation.run("explain", f"{installation.environ['GITLAB_URL']}/newcomer")

        assert 0 == run.code, run.err

    def test_judges_an_account_that_is_not_pending(self, installation):
        """As if it were pending; nothing would be done to it."""
        run = installation.run("explain", "uwe", "--format", "json")

        assert {"uwe": "approve"} == run.verdicts
        assert {"uwe": "unchanged"} == run.outcomes
        assert "blocked" == run.document["accounts"][0]["state"]

    def test_of_an_account_that_does_not_exist(self, installation):
        """Exit code 2, and the name that was asked for."""
        run = installation.run("explain", "nobody-at-all")

        assert (2, "") == (run.code, run.out)
        assert "GitLab has no account nobody-at-all" in run.err

    def test_only_reads(self, installation):
        """As a dry run."""
        installation.run("explain", "ada")

        assert {"GET"} == set(installation.gitlab.methods)
        assert [] == installation.wiki.requests
