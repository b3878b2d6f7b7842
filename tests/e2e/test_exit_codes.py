"""Every exit code, as a scheduler sees it, and that the next run finishes what is left."""

import os
import signal
from threading import Event

import attrs
import pytest

from tests.contract.wire import Silence, answers, disconnects, json_response, text_response
from tests.e2e.installation import EXAMPLE
from tests.worlds import read_world

FORBIDDEN = json_response({"message": "You are not allowed to approve a user"}, 403)


@pytest.fixture
def two(install):
    """An installation where ada and chiara are trusted and wait."""
    world = read_world(EXAMPLE)
    accounts = tuple(each for each in world.accounts if each.username in {"ada", "chiara"})
    return install(attrs.evolve(world, accounts=accounts, notes={}))


class TestTwo:
    def test_bad_settings(self, two):
        """Every problem in one list, and no system was asked."""
        run = two.run("approve", GLAAB_MAX_APPROVALS="many", GLAAB_TIMEOUT="3", GERRIT_PASSWORD="")

        assert 2 == run.code
        assert (
            "glaab: GLAAB_TIMEOUT: there is no such setting; did you mean GLAAB_TIMEOUT_S?\n"
            'glaab: GLAAB_MAX_APPROVALS: "many" is not a whole number of 0 or more\n'
            "glaab: GERRIT_PASSWORD: needed by the policy; generate an HTTP password in Gerrit\n"
        ) == run.err
        assert {} == two.requests()

    @pytest.mark.parametrize(
        "name", ["GERRIT_PASSWORD", "MEDIAWIKI_LOG_PAGE", "MEDIAWIKI_ACCESS_SECRET"]
    )
    def test_settings_that_are_not_utf_8(self, two, name):
        run = two.run("approve", **{name: "p\udce4ss"})

        assert (2, f"glaab: {name}: it is not UTF-8 text\n") == (run.code, run.err)
        assert {} == two.requests()

    def test_settings_are_utf_8_whatever_the_locale(self, two):
        ascii_locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        audit_file, password = two.folder / "prüfung.jsonl", two.folder / "schlüssel"
        password.write_text(two.environ["GERRIT_PASSWORD"])
        files = {"GLAAB_AUDIT_FILE": str(audit_file), "GERRIT_PASSWORD_FILE": str(password)}

        run = two.run("approve", GERRIT_PASSWORD=None, **files, **ascii_locale)

        assert 0 == run.code
        assert 2 == len(audit_file.read_text().splitlines())

    def test_bad_policy(self, two):
        """Every problem with its place in the file, and no system was asked."""
        policy = two.folder / "policy.toml"
        policy.write_text(
            'version = 1\nextra = 1\n[identity]\nproviders = []\nextern_uid = "mail"\n'
        )

        run = two.run("--policy", str(policy), "approve")

        assert 2 == run.code
        assert 4 == run.err.count("glaab: policy ")
        assert {} == two.requests()

    def test_bad_world(self, two):
        """Every problem with its place in the file, and no system was asked."""
        world = two.folder / "world.toml"
        world.write_text('[[account]]\nid = "1"\nstate = "asleep"\n')

        run = two.run("--world", str(world), "approve")

        assert 2 == run.code
        assert 4 == run.err.count("glaab: world ")
        assert {} == two.requests()

    def test_wrong_usage(self, two):
        """An unknown option or command."""
        assert 2 == two.run("approve", "--force").code
        assert 2 == two.run("aprove").code

    def test_an_audit_file_that_cannot_be_written(self, two):
        """It is found before anything is asked."""
        run = two.run("approve", GLAAB_AUDIT_FILE=str(two.folder / "no" / "such" / "folder"))

        assert 2 == run.code
        assert "GLAAB_AUDIT_FILE" in run.err
        assert {} == two.requests()


class TestThree:
    def test_the_queue_cannot_be_read(self, two):
        """GitLab is down: everybody waits, and the output says so."""
        two.gitlab.always = disconnects

        run = two.run("approve")

        assert 3 == run.code
        assert "the queue could not be read, nobody was refused" in run.out

    def test_credentials_are_refused(self, two):
        """A token that GitLab does not know."""
        run = two.run("approve", "--format", "json", GITLAB_ACCESS_TOKEN="glpat-wrong")

        assert 3 == run.code
        assert "unavailable" == run.document["systems"]["gitlab"]["status"]
        assert "glpat-wrong" not in run.out + run.err

    def test_somebody_has_to_wait(self, two):
        """The directory is down: who they are cannot be looked up, and nobody is refused."""
        two.ldap.stop()

        run = two.run("approve", "--format", "json")

        assert 3 == run.code
        assert {"ada": "wait", "chiara": "wait"} == run.verdicts
        assert [] == two.approved()

    def test_a_veto_that_cannot_be_looked_up(self, two):
        """Phabricator is down: a disabled account there could not be seen."""
        two.phabricator.always = answers(text_response("<html>", 502, "text/html"))

        run = two.run("approve")

        assert 3 == run.code
        assert "phabricator gave no usable answer: it answered HTTP 502" in run.out
        assert "2 accounts wait for the next run, nobody was refused" in run.out

    def test_the_deadline_passes(self, two):
        """Past it no new approval is started."""
        run = two.run("approve", "--format", "json", GLAAB_DEADLINE_S="0.001")

        assert 3 == run.code
        assert {"ada": "unchanged", "chiara": "unchanged"} == run.outcomes
        assert [] == two.approved()

    def test_an_outage_that_touches_no_verdict_is_a_warning(self, install):
        """Nobody is proven, so Gerrit's being down changes nothing."""
        world = read_world(EXAMPLE)
        accounts = tuple(each for each in world.accounts if each.username == "ada1")
        alone = install(attrs.evolve(world, accounts=accounts, notes={}))
        alone.gerrit.always = disconnects

        assert 0 == alone.run("approve").code


class TestFour:
    def test_an_approval_is_refused(self, two):
        """GitLab says no to one: the other is approved and logged, and the code tells."""

        def refuses_ada(request, _handle):
            return FORBIDDEN if request.path == "/api/v4/users/101/approve" else None

        two.gitlab.always = refuses_ada

        run = two.run("approve", "--format", "json")

        assert 4 == run.code
        assert {"ada": "failed", "chiara": "approved"} == run.outcomes
        assert ["chiara"] == two.logged()

    def test_the_wiki_cannot_be_written(self, two):
        """The file has the entries, the next run writes the wiki's, each exactly once."""
        two.wiki.simulator.readonly = "maintenance"

        failed = two.run("approve", "--format", "json")
        two.wiki.simulator.readonly = ""
        healthy = two.run("approve", "--format", "json")

        text = two.wiki.simulator.text
        assert (4, 0) == (failed.code, healthy.code)
        assert {"ada": "approved", "chiara": "approved"} == failed.outcomes
        assert {"ada": "recovered", "chiara": "recovered"} == healthy.outcomes
        assert "unavailable" == failed.document["systems"]["audit_log"]["status"]
        assert ["ada", "chiara"] == two.approved() == two.logged()
        assert (1, 1) == (text.count("|@ada]]"), text.count("|@chiara]]"))

    def test_a_lost_answer_is_settled_by_reading(self, two):
        """GitLab approved and the answer was lost: it was us, and it is logged."""
        lost = []

        def loses_the_answer(request, handle):
            if request.path == "/api/v4/users/101/approve" and not lost:
                lost.append(request)
                handle()
                return text_response("<html>", 502, "text/html")
            return None

        two.gitlab.always = loses_the_answer

        run = two.run("approve", "--format", "json")

        assert 0 == run.code, run.err
        assert {"ada": "approved", "chiara": "approved"} == run.outcomes
        assert ["ada", "chiara"] == two.approved() == two.logged()


class TestFive:
    def test_the_brake_stops_the_run(self, two):
        """More than the limit would be approved: nobody is, and the output says who."""
        run = two.run("approve", "--max-approvals", "1")

        assert 5 == run.code
        assert [] == two.approved()
        assert (
            "2 accounts would be approved, more than the limit of 1 (GLAAB_MAX_APPROVALS)"
            in run.out
        )

    def test_the_limit_itself_is_allowed(self, two):
        """As many as the limit."""
        assert 0 == two.run("approve", "--max-approvals", "2").code


class TestInterrupted:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_the_account_in_hand_is_finished_and_logged(self, two, number):
        """A signal in the middle of an approval: that one is done, the other waits."""
        reached, signalled = Event(), Event()

        def slow_approval(request, _handle):
            if request.path.endswith("/approve"):
                reached.set()
                assert signalled.wait(30)

        two.gitlab.always = slow_approval
        process = two.start("approve", "--format", "json")
        assert reached.wait(30)

        process.send_signal(number)
        signalled.set()
        run = two.finish(process)

        assert 128 + number == run.code, run.err
        assert {"ada": "approved", "chiara": "unchanged"} == run.outcomes
        assert ["ada"] == two.logged()
        assert "@ada" in two.wiki.simulator.text

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_before_anything_is_approved_it_ends_at_once(self, two, number):
        """Nothing is left to finish."""
        reached = Event()

        def never_listed(_request, _handle):
            reached.set()
            raise Silence

        two.gitlab.always = never_listed
        process = two.start("approve")
        assert reached.wait(30)

        process.send_signal(number)
        run = two.finish(process)

        assert 128 + number == run.code
        assert [] == two.approved()


class TestAtTheEdge:
    def test_output_that_cannot_show_a_letter_escapes_it(self, installation):
        """Whatever the terminal's encoding is, everything is told."""
        run = installation.run("explain", "lea2", PYTHONIOENCODING="ascii")

        assert 0 == run.code, run.err
        assert r'"Le\u0301a Exemple"' in run.out

    def test_what_libraries_deprecate_is_no_error(self, two):
        """Whatever the variable says that is meant for whoever writes programs."""
        run = two.run("approve", "-q", PYTHONWARNINGS="error")

        assert (0, "") == (run.code, run.err)
        assert ["ada", "chiara"] == two.logged()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_before_the_run_begins(self, two, number):
        """Even while the settings are read: here, from a pipe that nobody writes to."""
        pipe = two.folder / "token"
        os.mkfifo(pipe)
        process = two.start("approve", GITLAB_ACCESS_TOKEN=None, GITLAB_ACCESS_TOKEN_FILE=str(pipe))
        writer = os.open(pipe, os.O_WRONLY)

        process.send_signal(number)
        run = two.finish(process)
        os.close(writer)

        assert 128 + number == run.code
        assert {} == two.requests()
