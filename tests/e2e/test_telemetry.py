"""The metrics file and the heartbeat, as monitoring sees them."""

import os
from collections.abc import Iterator

import attrs
import pytest

from glaab import __version__
from glaab.entrypoints.runtime.heartbeat import with_heartbeat
from glaab.settings.core import Settings
from glaab.settings.values import SecretUrl
from tests.contract.wire import Recorder, Request, Response, answers, served
from tests.e2e.installation import EXAMPLE, heartbeat_trouble
from tests.worlds import read_world


class Monitor:
    """Whoever is told that the job is alive."""

    def handle(self, request: Request) -> Response:
        assert "GET" == request.method
        return Response()


@pytest.fixture
def monitor() -> Iterator[tuple[Recorder, str]]:
    recorder = Recorder(Monitor())
    with served(recorder) as url:
        yield recorder, f"{url}/ping/made-up-key"


@pytest.fixture
def ada(install):
    """An installation where ada is trusted and waits, and nothing else is to be done."""
    world = read_world(EXAMPLE)
    accounts = tuple(each for each in world.accounts if each.username == "ada")
    return install(attrs.evolve(world, accounts=accounts, notes={}))


def samples(installation) -> dict[str, float]:
    lines = (installation.folder / "glaab.prom").read_text().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


class TestMetrics:
    def test_tell_what_the_run_did(self, ada):
        """Verdicts, approvals, requests and times, in Prometheus' text format."""
        run = ada.run("approve", GLAAB_METRICS_FILE=str(ada.folder / "glaab.prom"))

        told = samples(ada)
        assert 0 == run.code, run.err
        assert 1 == told["glaab_approvals"] == told['glaab_verdicts{verdict="approve"}']
        assert 0 == told["glaab_exit_code"] == told['glaab_failures{system="gitlab"}']
        assert len(ada.gitlab.requests) == told['glaab_requests{system="gitlab"}']
        assert (
            told["glaab_last_run_timestamp_seconds"] == told["glaab_last_success_timestamp_seconds"]
        )
        assert told["glaab_oldest_pending_age_seconds"] > 0
        assert not told["glaab_run_duration_seconds"].is_integer()

    def test_keep_when_a_run_last_succeeded(self, ada):
        """A run that fails replaces the file, but for that."""
        path = str(ada.folder / "glaab.prom")
        ada.run("approve", GLAAB_METRICS_FILE=path)
        before = samples(ada)["glaab_last_success_timestamp_seconds"]

        ada.run("approve", GLAAB_METRICS_FILE=path, GITLAB_ACCESS_TOKEN="glpat-wrong")

        told = samples(ada)
        assert before == told["glaab_last_success_timestamp_seconds"]
        assert (3, 1) == (told["glaab_exit_code"], told['glaab_failures{system="gitlab"}'])

    @pytest.mark.parametrize("content", [b"# TYPE other gauge\nother 1.0\n", b"\xff"])
    def test_replace_whatever_was_there(self, ada, content):
        """A file of somebody else's tells of no success of ours."""
        (ada.folder / "glaab.prom").write_bytes(content)

        ada.run(
            "approve",
            GLAAB_METRICS_FILE=str(ada.folder / "glaab.prom"),
            GITLAB_ACCESS_TOKEN="glpat-wrong",
        )

        told = samples(ada)
        assert 3 == told["glaab_exit_code"]
        assert not {"other", "glaab_last_success_timestamp_seconds"} & told.keys()

    def test_that_cannot_be_written_are_a_warning(self, ada):
        run = ada.run("approve", GLAAB_METRICS_FILE=str(ada.folder / "no" / "such" / "folder"))

        assert 0 == run.code
        assert "metrics_not_written" in run.err

    def test_replace_nothing_but_a_file(self, ada):
        """A pipe or device is not replaced, nor is it read for the time of the last success."""
        path = ada.folder / "glaab.prom"
        os.mkfifo(path)

        run = ada.run("approve", GLAAB_METRICS_FILE=str(path), GITLAB_ACCESS_TOKEN="glpat-wrong")

        assert 3 == run.code
        assert "it is no ordinary file" in run.err
        assert path.is_fifo()

    def test_are_replaced_by_each_full_run_of_the_service(self, ada):
        path = ada.folder / "glaab.prom"

        ada.run("watch", "--for", "2", GLAAB_METRICS_FILE=str(path))

        assert "glaab_approvals 1.0" in path.read_text()

    def test_are_not_touched_by_a_dry_run(self, ada):
        ada.run("dry-run", GLAAB_METRICS_FILE=str(ada.folder / "glaab.prom"))

        assert not (ada.folder / "glaab.prom").exists()


class TestHeartbeat:
    def test_is_sent_when_all_is_well(self, ada, monitor):
        recorder, url = monitor

        run = ada.run("approve", GLAAB_HEARTBEAT_URL=f"{url}?rid=1")

        assert 0 == run.code
        assert [("/ping/made-up-key", {"rid": "1"})] == [
            (request.path, request.parameters) for request in recorder.requests
        ]

    @pytest.mark.parametrize(
        "changes", [{"GITLAB_ACCESS_TOKEN": "glpat-wrong"}, {"GITLAB_ACCESS_TOKEN": None}]
    )
    def test_tells_of_every_failure(self, ada, monitor, changes):
        """Whatever the exit code is, wrong settings included."""
        recorder, url = monitor

        ada.run("approve", GLAAB_HEARTBEAT_URL=f"{url}?rid=1", **changes)

        assert [("/ping/made-up-key/fail", {"rid": "1"})] == [
            (request.path, request.parameters) for request in recorder.requests
        ]

    def test_that_is_not_heard_is_a_warning(self, ada, monitor):
        recorder, url = monitor
        recorder.always = answers(Response(status=500))

        refused = ada.run("approve", GLAAB_HEARTBEAT_URL=url)
        gone = ada.run("approve", GLAAB_HEARTBEAT_URL="http://127.0.0.1:9/")

        assert 0 == refused.code == gone.code
        assert "heartbeat_not_sent" in refused.err
        assert "heartbeat_not_sent" in gone.err

    def test_is_a_failure_if_the_run_ends_with_an_error(self, monitor):
        """A bug is a traceback, and the heartbeat says so as well."""
        recorder, url = monitor

        def fails() -> int:
            raise KeyError

        with pytest.raises(KeyError):
            with_heartbeat(Settings(glaab_heartbeat_url=SecretUrl(url)), fails)

        assert ["/ping/made-up-key/fail"] == [request.path for request in recorder.requests]

    def test_is_a_failure_if_a_signal_ended_the_run(self, monitor):
        recorder, url = monitor

        code = with_heartbeat(Settings(glaab_heartbeat_url=SecretUrl(url)), lambda: 143)

        assert 143 == code
        assert ["/ping/made-up-key/fail"] == [request.path for request in recorder.requests]

    @pytest.mark.parametrize("token", ["glpat-wrong", None])
    def test_keeps_its_address_secret(self, ada, token):
        """Also at -v, and with settings that are wrong; its warning is a message on stderr."""
        run = ada.run(
            "-v",
            "approve",
            GLAAB_HEARTBEAT_URL="http://127.0.0.1:9/made-up-key?rid=1",
            GITLAB_ACCESS_TOKEN=token,
        )

        assert "heartbeat_not_sent" in run.err
        assert "heartbeat_not_sent" not in run.out
        assert "made-up-key" not in run.out + run.err

    def test_takes_no_credentials_from_netrc(self, ada, monitor):
        recorder, url = monitor
        netrc = ada.folder / "netrc"
        netrc.write_text("default login ada password s3cret\n")
        netrc.chmod(0o600)

        ada.run("approve", GLAAB_HEARTBEAT_URL=url, NETRC=str(netrc))

        assert [False] == ["authorization" in request.headers for request in recorder.requests]

    def test_says_who_is_calling(self, ada, monitor):
        recorder, url = monitor

        ada.run("approve", GLAAB_HEARTBEAT_URL=url, GLAAB_CONTACT="ops@example.org")

        assert [f"glaab/{__version__} (ops@example.org)"] == [
            request.headers["user-agent"] for request in recorder.requests
        ]

    @pytest.mark.parametrize("status", [302, 308])
    def test_that_is_redirected_is_a_warning(self, ada, monitor, status):
        """Whoever keeps it was not reached, a page for signing in perhaps; nothing follows it."""
        recorder, url = monitor
        recorder.always = answers(Response(status=status, headers={"Location": f"{url}/else"}))

        run = ada.run("approve", GLAAB_HEARTBEAT_URL=url)

        assert 0 == run.code
        assert [f"it answered HTTP {status}"] == heartbeat_trouble(run)
        assert 1 == len(recorder.requests)

    def test_that_is_redirected_to_nowhere_is_a_warning(self, ada, monitor):
        """Requests reads the address although it is not to follow it."""
        recorder, url = monitor
        recorder.always = answers(Response(status=302, headers={"Location": "//["}))

        run = ada.run("approve", GLAAB_HEARTBEAT_URL=url)

        assert 0 == run.code
        assert ["its answer could not be used (InvalidHeader)"] == heartbeat_trouble(run)
        assert "Traceback" not in run.err

    def test_is_not_sent_by_a_dry_run(self, ada, monitor):
        recorder, url = monitor

        ada.run("dry-run", GLAAB_HEARTBEAT_URL=url)

        assert [] == recorder.requests
