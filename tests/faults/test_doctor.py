"""`glaab doctor` against all systems: everything that can be wrong is seen, nothing is written."""

import json
from collections.abc import Callable

import pytest

from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.contract.wire import (
    Intervention,
    Request,
    Response,
    answers,
    disconnects,
    json_response,
    text_response,
)
from tests.faults.harness import Installation, Result
from tests.faults.test_hostile_input import BODIES, HOSTILE, unseen

pytestmark = [pytest.mark.usefixtures("socket_disabled"), pytest.mark.no_cover]

READING = {"/api/user.whoami", "/api/project.search", "/api/user.ldapquery"}
GROUPS = {"LDAP group wmf", "LDAP group wmde", "LDAP group project-tools"}
POLICY = """
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "cn"
[[trust]]
name = "Staff"
directory_group = "wmf"
"""
CANARIES = """
[veto]
directory_locked = true
phabricator_disabled = true
gerrit_inactive = true
[canary]
directory_locked = "Ada Example"
phabricator_disabled = "Ada Example"
gerrit_inactive = "ada"
"""


@pytest.fixture
def installation(tmp_path) -> Installation:
    return Installation.healthy(tmp_path / "it")


def checked(run: Result) -> dict[tuple[str, str], set[str]]:
    """How each check is, by its area and title; one may find several things."""
    found: dict[tuple[str, str], set[str]] = {}
    for each in run.document["checks"]:
        found.setdefault((each["area"], each["check"]), set()).add(each["health"])
    return found


def doctor(installation: Installation, *arguments: str, **changes: str | None) -> Result:
    return installation.run("--format", "json", *arguments, "doctor", **changes)


# -- when all is well


def test_a_healthy_installation_has_no_problem(installation):
    run = doctor(installation)

    assert (0, []) == (run.code, installation.errors())
    assert 0 == run.document["summary"]["problem"]
    areas = [each["area"] for each in run.document["checks"]]
    assert ["settings", "gitlab", "phabricator", "gerrit", "audit_log", "policy"] == list(
        dict.fromkeys(areas)
    )
    assert GROUPS <= {check for area, check in checked(run) if area == "policy"}


def test_nothing_is_written_anywhere(installation):
    """GitLab, Gerrit and the wiki see GET alone, Phabricator only methods that read."""
    before = sorted(each.name for each in installation.folder.iterdir())
    page = installation.wiki.simulator.text

    run = doctor(
        installation,
        GLAAB_METRICS_FILE=str(installation.folder / "metrics"),
        GLAAB_HEARTBEAT_URL="http://127.0.0.1:9/ping",
    )

    for system in (GITLAB, GERRIT, AUDIT_LOG):
        assert {"GET"} == set(installation.http[system].methods)
    assert {request.path for request in installation.phabricator.requests} <= READING
    assert before == sorted(each.name for each in installation.folder.iterdir())
    assert (page, [], []) == (
        installation.wiki.simulator.text,
        installation.approved(),
        run.events("heartbeat_not_sent"),
    )


def test_requests_are_counted(installation):
    run = doctor(installation)

    pluralize = {name: each["requests"] for name, each in run.document["systems"].items()}
    not_asked = dict.fromkeys((each.name for each in INTEGRATIONS), 0)
    assert (
        not_asked
        | {system: len(recorder.requests) for system, recorder in installation.http.items()}
        == pluralize
    )


# -- when something is wrong


def _gitlab(**changes: object) -> Callable[[Installation], None]:
    def change(installation: Installation) -> None:
        for name, value in changes.items():
            target = installation.gitlab.simulator
            setattr(target if hasattr(target, name) else target.token, name, value)

    return change


def _sign_up(**changes: object) -> Callable[[Installation], None]:
    return lambda installation: installation.gitlab.simulator.settings.update(changes)


def _no_group(installation: Installation) -> None:
    del installation.directory.inner._groups["wmde"]


def _empty_project(installation: Installation) -> None:
    installation.phabricator.always = lambda request, handle: (
        _without_members(handle()) if request.path.endswith("project.search") else None
    )


def _without_members(answer: Response) -> Response:
    body = json.loads(answer.body)
    for project in body["result"]["data"]:
        project["attachments"] = {"members": {"members": []}}
    return Response(body=json.dumps(body).encode(), headers=answer.headers)


def _no_gerrit_group(installation: Installation) -> None:
    installation.gerrit.simulator.groups.clear()


def _nobody_signed_in(installation: Installation) -> None:
    for user in installation.gitlab.simulator.users.values():
        user.identities = []


BROKEN: dict[str, tuple[Callable[[Installation], None], str, str, str]] = {
    "an old GitLab": (_gitlab(version="16.4.1"), "gitlab", "server", "problem"),
    "no keyset paging": (_gitlab(knows_keyset=False), "gitlab", "pages", "problem"),
    "active accounts listed": (
        _gitlab(knows_exclude_active=False),
        "gitlab",
        "filter of active accounts",
        "warning",
    ),
    "an expired token": (_gitlab(expired=True), "gitlab", "server", "problem"),
    "a token without api": (
        _gitlab(scopes=frozenset({"read_api"})),
        "gitlab",
        "token",
        "problem",
    ),
    "a token with sudo": (
        _gitlab(scopes=frozenset({"api", "sudo"})),
        "gitlab",
        "token",
        "problem",
    ),
    "a token of before": (_gitlab(expires_at="2001-01-01"), "gitlab", "token", "problem"),
    "Admin Mode": (_gitlab(admin_mode=True), "gitlab", "administrator", "problem"),
    "Admin Mode hides notes": (_gitlab(admin_mode=True), "gitlab", "filter of notes", "problem"),
    "passwords": (
        _sign_up(signup_enabled=True, password_authentication_enabled_for_web=True),
        "gitlab",
        "sign-up",
        "warning",
    ),
    "a user cap": (_sign_up(new_user_signups_cap=9), "gitlab", "sign-up", "warning"),
    "nobody signed in": (_nobody_signed_in, "policy", "identity providers", "warning"),
    "no LDAP group": (_no_group, "policy", "LDAP group wmde", "problem"),
    "an empty project": (
        _empty_project,
        "policy",
        "Phabricator project #trusted_contributors",
        "problem",
    ),
    "no Gerrit group": (
        _no_gerrit_group,
        "policy",
        "Gerrit group Trusted-Contributors",
        "problem",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_seen(installation, name):
    """The finding, the exit code that goes with it, and no more than reading."""
    breaks, area, check, health = BROKEN[name]
    breaks(installation)

    run = doctor(installation)

    assert health in checked(run)[area, check]
    assert (3 if run.document["summary"]["problem"] else 0) == run.code
    assert {"GET"} == set(installation.gitlab.methods)
    assert health != "problem" or 3 == run.code


@pytest.mark.parametrize("system", [GITLAB, PHABRICATOR, GERRIT])
def test_a_system_that_does_not_answer_is_left_alone_and_the_others_are_not(installation, system):
    """One read with its two repetitions; the findings say what was not checked."""
    installation.http[system].always = disconnects

    run = doctor(installation)

    silent = {name for name, each in run.document["systems"].items() if "reason" in each}
    assert (3, {system}) == (run.code, silent)
    assert 3 == len(installation.http[system].requests)
    assert all(each.requests for each in installation.http.values())
    assert 1 == sum("not checked" in said(each, system) for each in run.document["checks"])


def said(row: dict[str, str], area: str) -> str:
    return row["said"] if row["area"] == area else ""


def test_canaries_that_are_not_seen_are_problems(installation, tmp_path):
    (tmp_path / "policy.toml").write_text(POLICY + CANARIES)

    run = doctor(installation, "--policy", str(tmp_path / "policy.toml"))

    assert 3 == run.code
    assert {"problem"} == checked(run)["policy", 'canary "Ada Example"']
    assert {"problem"} == checked(run)["policy", 'canary "ada"']


# -- systems that answer what a run asks, and nothing else

BESIDES = {
    GITLAB: {"/api/v4/application/settings"},
    GERRIT: {
        "/r/a/accounts/self/capabilities",
        "/r/a/groups/Trusted-Contributors/groups/",
    },
    AUDIT_LOG: {"siteinfo", "intestactions"},
}
"""What only doctor asks for; at the wiki by a parameter."""
NOT_ANSWERED = {
    "JSON, 404": answers(json_response({"error": "404 Not Found"}, 404)),
    "HTML, 404": answers(text_response("<html>Nothing here", 404, "text/html")),
    "405": answers(text_response("No", 405)),
    "501": answers(text_response("Not implemented", 501)),
    "HTML": answers(text_response("<html>Sign in", 200, "text/html")),
    "an empty object": answers(json_response({})),
    "no answer": disconnects,
}


@pytest.mark.parametrize("name", NOT_ANSWERED)
def test_what_a_system_does_not_know_is_a_warning_and_hides_nothing_else(installation, name):
    """The exit code is 0; what the policy names is examined all the same."""
    warned = {"sign-up", "rights", "groups in Trusted-Contributors", "log page", "wiki"}
    for system, besides in BESIDES.items():
        installation.http[system].always = _only(besides, NOT_ANSWERED[name])

    run = doctor(installation)

    assert (0, 0) == (run.code, run.document["summary"]["problem"]), run.out
    assert warned <= {title for (_, title), healths in checked(run).items() if "warning" in healths}
    assert {"ok"} == checked(run)["policy", "Gerrit group Trusted-Contributors"]
    assert {"ok"} == checked(run)["policy", "identity providers"]


def _only(besides: set[str], fault: Intervention) -> Intervention:
    def interfere(request: Request, handle: Callable[[], Response]) -> Response | None:
        named = {request.path, request.parameters.get("meta"), *request.parameters}
        return fault(request, handle) if besides & named else None

    return interfere


# -- when settings or policy are wrong


def test_while_an_address_is_in_doubt_nobody_is_asked_anything(installation):
    """The default would be Wikimedia's."""
    run = doctor(installation, GERRIT_URL=None)

    assert 3 == run.code
    assert [0] * 4 == [len(each.requests) for each in installation.http.values()]
    assert [] == installation.directory.calls


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("GITLAB_ACCESS_TOKEN", GITLAB),
        ("PHABRICATOR_TOKEN", PHABRICATOR),
        ("GERRIT_PASSWORD", GERRIT),
        ("MEDIAWIKI_ACCESS_TOKEN", AUDIT_LOG),
    ],
)
def test_a_system_whose_credential_is_missing_is_not_asked(installation, name, system):
    run = doctor(installation, **{name: None})

    asked = {each for each, recorder in installation.http.items() if recorder.requests}
    assert (3, set(installation.http) - {system}) == (run.code, asked)
    assert any(
        f"{name} is wrong or missing" in said(each, system) for each in run.document["checks"]
    )


def test_with_a_policy_that_is_wrong_gitlab_is_examined_all_the_same(installation, tmp_path):
    (tmp_path / "policy.toml").write_text(POLICY.replace("wmf", ""))

    run = doctor(installation, "--policy", str(tmp_path / "policy.toml"))

    assert 3 == run.code
    assert {"settings", "gitlab", "policy"} == {area for area, _ in checked(run)}
    assert [] == installation.gerrit.requests


def test_a_system_that_the_policy_does_not_use_is_not_asked(installation, tmp_path):
    (tmp_path / "policy.toml").write_text(POLICY)

    run = doctor(installation, "--policy", str(tmp_path / "policy.toml"), MEDIAWIKI_LOG_PAGE="")

    assert 0 == run.code
    assert {"settings", "gitlab", "policy"} == {area for area, _ in checked(run)}
    assert {"unused"} == {
        run.document["systems"][each]["status"] for each in ("phabricator", "gerrit", "audit_log")
    }


# -- whatever systems say


@pytest.mark.parametrize("status", [200, 403, 404, 500])
@pytest.mark.parametrize("system", [GITLAB, PHABRICATOR, GERRIT, AUDIT_LOG])
@pytest.mark.parametrize("body", BODIES)
def test_whatever_a_system_says_is_told_in_its_place(installation, system, body, status):
    """No bug, no escape, and never that all is well."""
    installation.http[system].always = answers(
        Response(status=status, headers={"Content-Type": "application/json"}, body=BODIES[body])
    )

    shown = installation.run("--log-format", "text", "doctor")

    assert 3 == shown.code, shown.err
    assert set() == unseen(shown.out + shown.err)
    assert len(shown.out) < 20_000


@pytest.mark.parametrize("text", HOSTILE)
def test_what_systems_are_called_by_outsiders_stays_in_its_line(installation, text):
    """The provider of an identity, say, and GitLab's version."""
    for user in installation.gitlab.simulator.users.values():
        user.identities = [{"provider": HOSTILE[text], "extern_uid": HOSTILE[text]}]
    installation.gitlab.simulator.version = HOSTILE[text]

    shown = installation.run("--log-format", "text", "doctor")

    lines = [line for line in shown.out.splitlines() if "it calls its version" in line]
    assert (0, 1) == (shown.code, len(lines)), shown.err
    assert set() == unseen(shown.out + shown.err)
