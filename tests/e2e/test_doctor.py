"""`glaab doctor` as a process, against every system."""

import socket
from collections import Counter

import pytest

from tests.contract.wire import answers, disconnects, json_response

READING = {"/api/user.whoami", "/api/project.search", "/api/user.ldapquery"}
SETTINGS = "/application/settings"


def findings(run, health: str) -> list[tuple[str, str]]:
    """The area and the title of each finding that is so."""
    return [
        (each["area"], each["check"]) for each in run.document["checks"] if each["health"] == health
    ]


def doctor(installation, *arguments: str, **changes: str | None):
    return installation.run("--format", "json", *arguments, "doctor", **changes)


def test_a_healthy_installation(installation):
    """No problem, every system asked, and exit code 0."""
    run = doctor(installation)

    assert (0, []) == (run.code, findings(run, "problem")), run.err
    sent, systems = installation.requests(), run.document["systems"]
    assert {"ok"} == {systems[name]["status"] for name in sent}
    assert sent == Counter({name: each["requests"] for name, each in systems.items()})


def test_it_changes_nothing(installation):
    """GET alone, Phabricator's reading methods, bind and search, and no file."""
    before = installation.wiki.simulator.text

    run = installation.run("doctor")

    assert 0 == run.code, run.err
    for system in ("gitlab", "gerrit", "audit_log"):
        assert {"GET"} == set(installation.http[system].methods)
    assert {request.path for request in installation.phabricator.requests} <= READING
    assert {"SRCH", "BIND", "UNBIND"} >= set(installation.ldap.operations)
    assert before == installation.wiki.simulator.text
    assert [] == list(installation.folder.iterdir())


def test_it_asks_a_queue_of_any_length_little(installation):
    """What is asked besides the pages of the queue does not follow it."""
    few = doctor(installation).document["systems"]["gitlab"]["requests"]
    installation.gitlab.simulator.queue(950, first=5000)

    many = doctor(installation).document["systems"]["gitlab"]["requests"]

    assert 9 >= many - few


BROKEN = {
    "a token that ends": ("gitlab", "token"),
    "a token with sudo": ("gitlab", "token"),
    "an old version": ("gitlab", "server"),
    "no directory": ("policy", "LDAP group wmde, LDAP group project-tools"),
    "no Gerrit": ("gerrit", "credentials"),
    "a group that is not there": ("policy", "LDAP group no-such-group"),
    "a setting that is missing": ("settings", "PHABRICATOR_TOKEN"),
}


def broken(installation, name: str) -> dict[str, str | None]:
    """Break it; what changes in the environment."""
    gitlab = installation.gitlab.simulator
    match name:
        case "a token that ends":
            gitlab.token.expires_at = "2001-01-01"
        case "a token with sudo":
            gitlab.token.scopes = frozenset({"api", "sudo"})
        case "an old version":
            gitlab.version = "15.11.13"
        case "no directory":
            with socket.socket() as unused:
                unused.bind(("127.0.0.1", 0))
                return {"LDAP_SERVERS": f"ldap://127.0.0.1:{unused.getsockname()[1]}"}
        case "no Gerrit":
            installation.gerrit.always = disconnects
        case "a group that is not there":
            policy = installation.folder / "policy.toml"
            policy.write_text(
                'version = 1\n[identity]\nproviders = ["openid_connect"]\nextern_uid = "cn"\n'
                '[[trust]]\nname = "Nobody"\ndirectory_group = "no-such-group"\n'
            )
            return {"GLAAB_POLICY": str(policy)}
        case "a setting that is missing":
            return {"PHABRICATOR_TOKEN": None}
    return {}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_a_problem(installation, name):
    """It is named, the exit code is 3, and the other systems are examined all the same."""
    changes = broken(installation, name)

    run = doctor(installation, **changes)

    assert 3 == run.code, run.err
    assert BROKEN[name] in findings(run, "problem")
    told = [each for each in run.document["checks"] if each["health"] != "ok"]
    assert all(each["said"] and each["remedy"] for each in told)
    assert ("gitlab", "administrator") in findings(run, "ok")
    assert {"GET"} == set(installation.gitlab.methods)


def test_settings_that_gitlab_does_not_show_are_a_warning(installation):
    """It cannot be told, which is no problem."""
    refused = answers(json_response({"message": "403 Forbidden"}, 403))
    installation.gitlab.always = lambda request, handle: (
        refused(request, handle) if request.path.endswith(SETTINGS) else None
    )

    run = doctor(installation)

    assert 0 == run.code
    assert ("gitlab", "sign-up") in findings(run, "warning")


def test_while_an_address_is_in_doubt_nothing_is_sent(installation):
    """Not even to the systems whose address is known."""
    run = doctor(installation, MEDIAWIKI_URL=None)

    assert (3, {}) == (run.code, dict(installation.requests()))
    assert ("settings", "MEDIAWIKI_URL") in findings(run, "problem")


def test_an_interrupted_examination_says_so_by_its_exit_code(installation):
    """As any other command that only looks."""
    process = None

    def interrupt(_request, _handle):
        process.terminate()

    installation.gitlab.always = interrupt
    process = installation.start("doctor")
    run = installation.finish(process)

    assert (143, "") == (run.code, run.out)
