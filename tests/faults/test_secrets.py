"""No secret is ever printed, logged, represented or written, whatever the systems answer."""

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from functools import cache, partial
from itertools import cycle
from pathlib import Path
from urllib.parse import quote, quote_plus

import attrs
import markupsafe
import pytest
import requests

from glaab.entrypoints.cli import glaab
from tests.contract.gerrit import simulator as gerrit
from tests.contract.wire import Response, json_response, text_response
from tests.faults.faults import Fault, every_fault
from tests.faults.harness import Installation, Result, settings
from tests.faults.matrix import BOT_PASSWORD, Cell, first_of_each_kind, requests_of
from tests.faults.scenes import SCENES
from tests.variables import SECRETS

pytestmark = [pytest.mark.usefixtures("socket_disabled"), pytest.mark.no_cover]

OF_A_SCENE = ("approve", "doctor")
"""The commands whose requests to another source are all there are."""
COMMANDS = (
    *("approve", "dry-run", "explain ada", "explain hugo", "doctor"),
    *("report", "report --format html", "recheck"),
    *("policy", "policy --format json"),
)
LDAP_BIND = {"LDAP_BIND_DN": "cn=proxy,dc=wikimedia,dc=org", "LDAP_BIND_PASSWORD": 'bind "mé"'}
LOGINS = {"OAuth": LDAP_BIND, "bot password": LDAP_BIND | BOT_PASSWORD}
NAMES = {
    *("username", "name", "provider", "extern_uid", "key", "value"),  # of GitLab, and its notes
    *("userName", "realName", "phid", "ldap_username", "slug", "projectPHID"),  # of Phabricator
    *("id", "path", "parentId", "access_token"),  # of Keycloak
    *("title", "*", "csrftoken", "logintoken"),  # of MediaWiki: the log itself
}
"""The fields of answers that are shown as they are, or sent back."""
STYLES = (
    ("--log-format", "json", "-v"),
    ("--log-format", "text", "-v", "--format", "json"),
    ("--log-format", "text", "-v"),
    ("--log-format", "json", "-v", "--format", "json"),
)


def secrets_of(login: str) -> frozenset[str]:
    """Those that are set."""
    environ = settings(Path()) | LOGINS[login]
    return frozenset(filter(None, map(environ.get, SECRETS)))


ALL = secrets_of("OAuth") | secrets_of("bot password")


@cache
def spelt(login: str) -> frozenset[str]:
    """The same, in every spelling in which one of them travels or is quoted."""
    found = secrets_of(login)
    for each in secrets_of(login):
        found |= {quote(each), quote_plus(each), json.dumps(each)[1:-1], repr(each)[1:-1]}
        found |= {b64encode(f"glaab:{each}".encode()).decode(), str(markupsafe.escape(each))}
    return found


def leaked(text: str, login: str = "OAuth") -> set[str]:
    """The secrets in *text*, also those that are spread over lines."""
    joined = "".join(text.split())
    return {each for each in spelt(login) if each in text or "".join(each.split()) in joined}


def everything(installation: Installation, run: Result) -> str:
    """All that a run printed and wrote, but what it sent to the systems to sign in."""
    files = [path.read_text() for path in installation.folder.iterdir() if path.is_file()]
    notes = [user.attributes for user in installation.gitlab.simulator.users.values()]
    return "\n".join([run.out, run.err, *files, str(notes), str(installation.wiki.simulator.pages)])


# -- servers that repeat what they were sent


def echoes() -> Iterator[Fault]:
    """Every place of an answer in which a server may quote a request."""
    words = " ".join(sorted(ALL, key=len))
    errors = {"message": words, "error": words, "error_description": words}
    conduit = {"result": None, "error_info": words}
    for status in (200, 400, 401, 403, 404, 409, 429, 500):
        yield _answers(f"{status} errors", json_response(errors | conduit, status))
        yield _answers(f"{status} text", text_response(words, status))
    for code in ("ERR-INVALID-AUTH", "ERR-CONDUIT-CORE", words):
        yield _answers(f"Conduit {code[:9]}", json_response(conduit | {"error_code": code}))
    for name, answer in {
        "error": {"error": {"code": words, "info": words, "readonlyreason": words}},
        "login": {"login": {"result": words, "reason": words}},
        "edit failure": {"edit": {"result": "Failure", "info": words}},
        "edit": {"edit": {"result": words}},
        "page": {"query": {"pages": {words: {"title": words, "invalidreason": words}}}},
    }.items():
        yield _answers(f"MediaWiki {name}", json_response(answer))
    yield _answers("redirect", Response(status=302, headers={"Location": f"http://x/?{words}"}))
    for kind in (
        requests.ConnectionError,
        requests.ReadTimeout,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.InvalidHeader,
        requests.exceptions.SSLError,
    ):
        yield Fault(kind.__name__, partial(_raises, kind, words), "")
    for secret in (words, min(ALL)):
        yield Fault("every text but names", partial(_texts_become, secret), "")


def _answers(name: str, response: Response) -> Fault:
    return Fault(name, lambda _request, _handle: response, "")


def _raises(kind, words, _request, _handle):
    raise kind(words)


def _texts_become(secret, _request, handle):
    """Every value that is a text, and no name or key, is *secret* instead."""
    answer = handle()
    prefix, brace, rest = answer.body.partition(answer.body.lstrip(b")]}'\n")[:1])
    changed = json.dumps(_changed(json.loads(brace + rest), secret))
    return attrs.evolve(answer, body=prefix + changed.encode())


def _changed(content, secret):
    match content:
        case dict():
            return {
                key: value if key in NAMES else _changed(value, secret)
                for key, value in content.items()
            }
        case list():
            return [_changed(each, secret) for each in content]
        case str():
            return secret
    return content


def runs(faults) -> dict[str, tuple]:
    """For every command: each kind of request with one fault after another, all of them in use."""
    chosen = {}
    faults, styles, logins = cycle(faults), cycle(STYLES), cycle(LOGINS)
    for command in COMMANDS:
        for scene in (None, *(SCENES if command in OF_A_SCENE else ())):
            for sent in first_of_each_kind(requests_of(command, scene=scene)):
                for fault in (next(faults) for _ in range(7)):
                    cell = Cell(sent=sent, fault=fault, lasts=True, scene=scene)
                    chosen[f"{command}: {cell}"] = (command, cell, next(styles), next(logins))
    return chosen


ECHOES, FAULTS = runs(echoes()), runs(every_fault())


@pytest.mark.parametrize("chosen", (ECHOES | FAULTS).values(), ids=ECHOES | FAULTS)
def test_no_secret_leaves(tmp_path, chosen):
    """Neither printed nor logged nor written, at -v, in either format."""
    command, cell, style, login = chosen
    installation = cell.installed(tmp_path / "it")
    cell.strike(installation)

    run = installation.run(
        *style,
        *command.split(),
        **LOGINS[login],
        GLAAB_METRICS_FILE=str(tmp_path / "it" / "metrics"),
    )

    assert "request_sent" in run.err
    assert set() == leaked(everything(installation, run), login)


@pytest.mark.parametrize("style", STYLES, ids=" ".join)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("login", LOGINS)
def test_no_secret_leaves_when_all_is_well(tmp_path, command, style, login):
    installation = Installation.healthy(tmp_path / "it")

    run = installation.run(*style, *command.split(), **LOGINS[login])

    assert 0 == run.code
    assert set() == leaked(everything(installation, run), login)


def test_all_faults_and_echoes_are_used():
    used = {str(cell.fault) for _, cell, _, _ in (ECHOES | FAULTS).values()}

    assert {str(each) for each in (*echoes(), *every_fault())} <= used


# -- where nothing is printed


def test_a_reason_that_quotes_a_secret_does_not_get_into_the_audit_file(tmp_path):
    """Somebody is approved while another system, which no veto needs, quotes what it was sent."""
    installation = Installation.healthy(tmp_path / "it")
    installation.gerrit.always = lambda _request, _handle: text_response(
        " ".join(sorted(secrets_of("OAuth"))), 500
    )
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'version = 1\n[identity]\nproviders = ["openid_connect"]\nextern_uid = "cn"\n'
        '[[trust]]\nname = "Staff"\ndirectory_group = "wmf"\n'
        '[[trust]]\nname = "Gerrit"\ngerrit_group = "Trusted-Contributors"\n'
    )

    run = installation.run("--policy", str(policy), "approve", **LOGINS["OAuth"])

    (entry,) = [
        line
        for line in installation.audit_file.read_text().splitlines()
        if json.loads(line)["account"]["username"] == "ada"
    ]
    assert "gerrit gave no usable answer: it answered HTTP 500: [secret]" in entry
    assert set() == leaked(everything(installation, run))


WORDS = (
    *("wikimedia", "account", "approve", "approved", "evidence", "username", "gitlab", "gerrit"),
    *("Toolforge member", "openid_connect", "blocked_pending_approval", "directory", "People"),
)
"""Of records, verdicts and names, all of six letters or more."""


@pytest.mark.parametrize("command", ["approve", "dry-run", "explain ada", "report"])
@pytest.mark.parametrize("word", WORDS)
def test_a_secret_that_is_a_word_changes_no_record(tmp_path, command, word):
    """Neither a verdict nor a key nor a name, in the result, in the logs and in the notes."""
    told = []
    for folder, password in {"1": "a secret of its own", "2": word}.items():
        installation = Installation.healthy(tmp_path / folder)
        installation.gerrit.simulator.credentials = (gerrit.USER, password)
        arguments = ("--format", "json", *command.split())
        runs = [installation.run(*arguments, GERRIT_PASSWORD=password) for _ in range(2)]
        assert [0, 0] == [run.code for run in runs]
        told.append([shape(json.loads(run.out)) for run in runs] + records(installation))

    assert told[0] == told[1]


def records(installation: Installation) -> list[object]:
    """The audit file as far as it is the same in each run, and how often each wiki line stands."""
    file = installation.audit_file
    lines = file.read_text().splitlines() if file.exists() else []
    wiki = "".join(str(page) for page in installation.wiki.simulator.pages.values())
    return [[shape(json.loads(line)) for line in lines], wiki.count("[[gitlab:ada|@ada]]")]


def shape(content: object) -> object:
    """*content* without what differs from run to run."""
    match content:
        case dict():
            rest = {key: shape(value) for key, value in content.items()}
            return {key: rest[key] for key in rest.keys() - {"run", "at", "created_at"}}
        case list():
            return [shape(each) for each in content]
    return content


@pytest.mark.parametrize("login", LOGINS)
def test_no_secret_is_in_the_repr_of_anything(tmp_path, login):
    """Nor in that of anything that it is made of, but the plain texts inside."""
    app = Installation.healthy(tmp_path / "it").app(**LOGINS[login])
    container = app.container
    sources = container.sources().values()

    shown = [app, container, container.gitlab(), *sources, *container.audit_logs()]

    assert set() == leaked("\n".join(map(repr, within(shown))), login)


def within(values: list[object]) -> list[object]:
    """The *values*, and all that they are made of, as far as it is glaab's."""
    found: dict[int, object] = {}
    while values:
        value = values.pop()
        if id(value) in found or not type(value).__module__.startswith("glaab"):
            continue
        found[id(value)] = value
        names = [*getattr(type(value), "__slots__", ()), *getattr(value, "__dict__", ())]
        parts = [getattr(value, name, None) for name in names if name != "__weakref__"]
        values += [each for part in parts for each in (part if isinstance(part, tuple) else [part])]
    return list(found.values())


def test_no_option_or_argument_takes_a_secret():
    """So none is in a process's title, which everybody on the machine can read."""
    commands = [glaab]
    names = set()
    while commands:
        command = commands.pop()
        names |= {parameter.name for parameter in command.params}
        commands += getattr(command, "commands", {}).values()

    assert not [name for name in names if re.search("token|secret|password|credential", name)]


@pytest.mark.enable_socket
def test_no_secret_is_in_a_traceback(tmp_path):
    """A bug's message may quote what was sent, as http.client does of a header."""
    script = (
        "import glaab.entrypoints.commands.dry_run as command\n"
        "from glaab.entrypoints.cli import main\n"
        "def broken(app, verdicts):\n"
        "    token = app.settings.gitlab_access_token.reveal()\n"
        "    raise TypeError(f'Invalid header value {token!r}')\n"
        "command.dry_run = broken\n"
        "main()\n"
    )
    environ = {"PATH": os.environ["PATH"], **settings(tmp_path)}

    run = subprocess.run(
        [sys.executable, "-c", script, "dry-run"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert 1 == run.returncode
    assert run.stderr.endswith("TypeError: Invalid header value '[secret]'\n")
    assert set() == leaked(run.stdout + run.stderr)
