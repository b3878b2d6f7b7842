"""GitLab's health check against the simulator: each thing that can be wrong, and its finding."""

from datetime import UTC, datetime

import pytest

from glaab.adapters.gitlab.api import GitLabApi
from glaab.adapters.gitlab.diagnostics import GitLabHealthCheck
from glaab.domain.accounts import AccountState
from glaab.domain.diagnostics import Finding, Health
from glaab.domain.errors import GITLAB, SystemUnavailable, Unreachable
from tests.builders import an_account
from tests.contract.gitlab.simulator import TOKEN, GitLabSimulator
from tests.contract.sessions import http_session
from tests.contract.wire import Recorder, answers, disconnects, json_response, text_response
from tests.faults.harness import InProcess

URL = "http://127.0.0.1:1"
RENEW = (
    "create an administrator's token with the scope api alone (and admin_mode where Admin Mode is"
    " on), and set GITLAB_ACCESS_TOKEN to it"
)
SIGN_UP = "in GitLab's Admin area, Settings, General, Sign-up restrictions"
HIDDEN = "so glaab can neither identify nor approve anybody"


class Rig:
    """A server where somebody waits, and its health check on 2026-11-22."""

    def __init__(self) -> None:
        self.simulator = GitLabSimulator.of([an_account()])
        self.recorder = Recorder(self.simulator)
        session = http_session(GITLAB, URL)
        session.mount(URL, InProcess(self.recorder))
        self.health_check = GitLabHealthCheck(
            api=GitLabApi(url=URL, token=TOKEN, session=session),
            clock=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC),
        )

    def check(self, title: str) -> list[tuple[str, str, str]]:
        """What the check finds: how it is, what is said, and what to do."""
        found = list(self.health_check.checks()[title]())
        return [(each.health.value, each.message, each.remedy) for each in found]

    def says(self, path: str, payload: object, status: int = 200) -> None:
        """Let GitLab answer this at *path*."""
        said = json_response(payload, status)
        self.recorder.always = lambda request, _: said if request.path.endswith(path) else None


@pytest.fixture
def rig():
    """A healthy one; at the end nothing but GET was sent, and nothing that is not known."""
    rig = Rig()
    yield rig
    assert {"GET"} >= set(rig.recorder.methods)
    assert [] == rig.recorder.errors


def test_all_is_well(rig):
    """Whole, in the order in which it is shown."""
    found = {title: rig.check(title) for title in rig.health_check.checks()}

    assert {
        "server": [("ok", "http://127.0.0.1:1 is GitLab 19.5.0", "")],
        "token": [
            ("ok", "it has the scopes that glaab needs and no further rights: api", ""),
            ("ok", "it expires on 2999-12-31, in 355420 days", ""),
        ],
        "administrator": [
            ("ok", "the token acts as one: it sees identities and custom attributes", "")
        ],
        "pages": [("ok", "long lists can be read to their end (keyset paging)", "")],
        "filter of active accounts": [
            ("ok", "it leaves out active accounts on request (exclude_active)", "")
        ],
        "filter of notes": [
            ("ok", "glaab's notes on accounts can be searched (custom_attributes)", "")
        ],
        "sign-up": [
            (
                "ok",
                "newcomers wait for an administrator's approval; if that is switched off, GitLab"
                " itself approves everybody who waits, the vetoed too",
                "",
            ),
            ("ok", "nobody can sign up with a password in the browser", ""),
        ],
    } == found
    assert list(found) == list(rig.health_check.checks())


def test_building_it_and_listing_its_checks_asks_nothing(rig):
    rig.health_check.checks()

    assert [] == rig.recorder.requests
    assert TOKEN not in repr(rig.health_check)
    assert GITLAB is rig.health_check.system


# The server.


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("16.5.0-ee", ("ok", f"{URL} is GitLab 16.5.0-ee", "")),
        ("17.0", ("ok", f"{URL} is GitLab 17.0", "")),
        (
            "16.4.9",
            ("problem", "it is GitLab 16.4.9, and 16.5 or later is needed", "upgrade GitLab"),
        ),
        (
            "9.5.1",
            ("problem", "it is GitLab 9.5.1, and 16.5 or later is needed", "upgrade GitLab"),
        ),
        *(
            (
                odd,
                (
                    "warning",
                    f'it calls its version "{odd[:300]}", which glaab does not understand',
                    "check that it is GitLab 16.5 or later",
                ),
            )
            for odd in ("unknown", "17", "9" * 5_000 + ".1")
        ),
    ],
)
def test_the_version_must_be_new_enough(rig, version, expected):
    rig.simulator.version = version

    assert [expected] == rig.check("server")


def test_a_server_that_does_not_show_its_version_is_a_warning(rig):
    rig.says("/version", {"message": "404 Not Found"}, 404)

    assert [
        (
            "warning",
            "it does not show its version: it answered HTTP 404: 404 Not Found",
            "look it up in GitLab",
        )
    ] == rig.check("server")


@pytest.mark.parametrize("flaw", ["expired", "revoked"])
def test_a_token_that_is_refused_ends_the_health_check(rig, flaw):
    """The first check raises, so that nothing else is asked."""
    setattr(rig.simulator.token, flaw, True)

    with pytest.raises(SystemUnavailable, match=r"it refused the credentials \(HTTP 401"):
        rig.check("server")


@pytest.mark.parametrize(
    "title", [each for each in Rig().health_check.checks() if each != "sign-up"]
)
def test_no_answer_at_all_is_raised(rig, title):
    """Whatever else is a warning: to ask more would only be to wait."""
    rig.recorder.always = disconnects

    with pytest.raises(Unreachable):
        rig.check(title)


# The token.


SCOPES = {
    "api admin_mode": (
        "ok",
        "it has the scopes that glaab needs and no further rights: admin_mode, api",
        "",
    ),
    "api read_user write_repository self_rotate create_runner": (
        "ok",
        "it has the scopes that glaab needs and no further rights:"
        " api, create_runner, read_user, self_rotate, write_repository",
        "",
    ),
    "api sudo": ("problem", "it has the scope sudo, so it can act as anybody", RENEW),
    "read_api": ("problem", "it lacks the scope api, so it cannot approve anybody", RENEW),
    "api k8s_proxy ai_features": (
        "warning",
        "it has scopes that glaab has no use for: ai_features, k8s_proxy",
        RENEW,
    ),
}


@pytest.mark.parametrize("scopes", SCOPES)
def test_scopes_are_too_few_too_many_or_right(rig, scopes):
    rig.simulator.token.scopes = frozenset(scopes.split())

    assert SCOPES[scopes] == rig.check("token")[0]


def test_scopes_may_be_too_few_and_too_many(rig):
    rig.simulator.token.scopes = frozenset({"read_api", "sudo"})

    assert ["problem", "problem", "ok"] == [health for health, *_ in rig.check("token")]


@pytest.mark.parametrize(
    ("expires_at", "expected"),
    [
        (None, ("ok", "it never expires", "")),
        ("2026-12-07", ("ok", "it expires on 2026-12-07, in 15 days", "")),
        ("2026-12-06", ("problem", "it expires on 2026-12-06, in 14 days", RENEW)),
        ("2026-11-23", ("problem", "it expires on 2026-11-23, in 1 day", RENEW)),
        ("2026-11-22", ("problem", "it expired on 2026-11-22", RENEW)),
        ("2026-11-01", ("problem", "it expired on 2026-11-01", RENEW)),
        (
            "soon",
            (
                "warning",
                'it expires on "soon", which glaab does not understand',
                "look it up in GitLab",
            ),
        ),
    ],
)
def test_a_token_must_last_for_more_than_a_fortnight(rig, expires_at, expected):
    """GitLab lets it expire as the day begins."""
    rig.simulator.token.expires_at = expires_at

    assert expected == rig.check("token")[-1]


@pytest.mark.parametrize("flaw", [{"active": False}, {"revoked": True}])
def test_a_token_that_is_not_active_is_a_problem(rig, flaw):
    rig.says("/personal_access_tokens/self", {"scopes": ["api"]} | flaw)

    assert ("problem", "it is not active any more", RENEW) == rig.check("token")[0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (json_response({"error": "404 Not Found"}, 404), "it answered HTTP 404: 404 Not Found"),
        (text_response("<html>", 200, "text/html"), "its answer is not JSON"),
        (
            json_response({"scopes": "api"}),
            "its answer has an unexpected shape: scopes: expected a list, got str",
        ),
    ],
)
def test_a_token_that_does_not_tell_of_itself_is_a_warning(rig, answer, said):
    """GitLab before 15.5, or a token of another kind."""
    rig.recorder.always = answers(answer)

    assert [
        (
            "warning",
            f"it does not show the token's scopes and when it expires: {said}",
            "look it up in GitLab",
        )
    ] == rig.check("token")


# The administrator.


def test_admin_mode_without_the_scope_is_a_problem(rig):
    """The owner still is an administrator by `GET /user`."""
    rig.simulator.admin_mode = True

    assert [
        (
            "problem",
            "@glaab-bot is one, but the token does not act as one (Admin Mode is on, and the"
            f" token lacks the scope admin_mode), {HIDDEN}",
            RENEW,
        )
    ] == rig.check("administrator")


def test_admin_mode_with_the_scope_is_well(rig):
    rig.simulator.admin_mode = True
    rig.simulator.token.scopes = frozenset({"api", "admin_mode"})

    assert ["ok"] == [health for health, *_ in rig.check("administrator")]


def test_a_token_of_somebody_else_is_a_problem(rig):
    rig.simulator.token.owner.is_admin = False

    assert [
        ("problem", f"@glaab-bot, the owner of the token, is no administrator, {HIDDEN}", RENEW)
    ] == rig.check("administrator")


@pytest.mark.parametrize("owner_is_shown", [True, False])
def test_a_list_that_is_empty_proves_nothing(rig, owner_is_shown):
    """Neither that the token acts as an administrator's, nor that it does not."""
    rig.recorder.faults.append(answers(json_response([])))
    if not owner_is_shown:
        rig.recorder.faults.append(answers(json_response({}, 404)))

    assert [
        (
            "warning",
            "it lists no account, so it is not known whether the token acts as one",
            "check in GitLab that its owner is one, and whether Admin Mode is on",
        )
    ] == rig.check("administrator")


def test_an_owner_who_is_none_is_a_problem_even_where_nobody_is_listed(rig):
    rig.simulator.token.owner.is_admin = False
    rig.says("/users", [])

    assert [
        ("problem", f"@glaab-bot, the owner of the token, is no administrator, {HIDDEN}", RENEW)
    ] == rig.check("administrator")


def test_an_administrator_who_is_not_told_of_is_a_problem_all_the_same(rig):
    basic = json_response([{"id": 1, "state": "active"}])
    rig.recorder.faults += [answers(basic), answers(json_response({}, 404))]

    assert [
        (
            "problem",
            "the token does not act as one (identities and custom attributes are hidden),"
            f" {HIDDEN}",
            RENEW,
        )
    ] == rig.check("administrator")


# Lists.


def test_a_server_without_keyset_paging_is_a_problem(rig):
    rig.simulator.knows_keyset = False

    assert [
        (
            "problem",
            "it does not know keyset paging: GitLab 16.5 or later is needed",
            "upgrade GitLab",
        )
    ] == rig.check("pages")


def test_a_server_that_ignores_exclude_active_is_a_warning(rig):
    rig.simulator.knows_exclude_active = False

    assert [
        (
            "warning",
            "it does not leave out active accounts (exclude_active): each run reads everybody",
            "upgrade GitLab to 17.0 or later, or accept slow runs",
        )
    ] == rig.check("filter of active accounts")


def test_a_server_that_does_not_search_notes_is_a_problem(rig):
    """As it is for a token that does not act as an administrator's."""
    rig.simulator.admin_mode = True

    assert [
        (
            "problem",
            "it does not search custom attributes, so glaab cannot find unfinished approvals",
            RENEW,
        )
    ] == rig.check("filter of notes")


def test_lists_are_asked_for_a_little(rig):
    for title in ("administrator", "pages", "filter of active accounts", "filter of notes"):
        rig.check(title)

    assert ["1", "1", "20", "1"] == [
        request.parameters["per_page"] for request in rig.recorder.requests
    ]


# Newcomers.


SIGN_UPS = {
    "approval not told": (
        {"require_admin_approval_after_user_signup": None},
        (
            "warning",
            "it does not say whether newcomers wait for an administrator's approval",
            f"look it up {SIGN_UP}",
        ),
    ),
    "passwords": (
        {"signup_enabled": True, "password_authentication_enabled_for_web": True},
        (
            "warning",
            "people can sign up with a password in the browser: if GitLab also links sign-ins to"
            " accounts by e-mail address, somebody's identity can get into a stranger's account",
            f"switch off Sign-up enabled, {SIGN_UP}",
        ),
    ),
    "passwords not told": (
        {"signup_enabled": True, "password_authentication_enabled_for_web": None},
        (
            "warning",
            "it does not say whether people can sign up with a password in the browser",
            f"look it up {SIGN_UP}",
        ),
    ),
    **{
        f"a cap with seat control {seats}": (
            {"new_user_signups_cap": 500, **seats},
            (
                "warning",
                "there is a user cap of 500: newcomers beyond it wait as well, and glaab approves"
                " those whom the policy trusts; if it is raised or taken away, GitLab itself"
                " approves everybody who waits, the vetoed too",
                f"check that this is intended, {SIGN_UP}",
            ),
        )
        for seats in ({}, {"seat_control": 1})
    },
}


@pytest.mark.parametrize("name", SIGN_UPS)
def test_what_is_odd_about_sign_up_is_said(rig, name):
    changes, expected = SIGN_UPS[name]
    rig.simulator.settings |= changes

    assert [expected] == [each for each in rig.check("sign-up") if each[0] != "ok"]


def test_where_no_approval_is_required_and_nobody_waits_it_is_not_known_who_will(rig):
    rig.simulator.settings["require_admin_approval_after_user_signup"] = False
    rig.simulator.users[41].state = AccountState.BLOCKED

    health, message, remedy = rig.check("sign-up")[0]

    assert "warning" == health
    assert message.startswith("Require admin approval for new sign-ups is off, and nobody waits:")
    assert f"see that one of the two is on; the first is {SIGN_UP}" == remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"require_admin_approval_after_user_signup": False},  # Wikimedia's way: OmniAuth blocks
        {"signup_enabled": True},
        {"password_authentication_enabled_for_web": True},
        {"new_user_signups_cap": 500, "seat_control": 0},
        {"new_user_signups_cap": None, "seat_control": 1},
    ],
)
def test_what_is_not_odd_about_sign_up_is_well(rig, changes):
    """Sign-up through a provider alone, and a cap that is not in force."""
    rig.simulator.settings |= changes

    assert {"ok"} == {health for health, *_ in rig.check("sign-up")}


@pytest.mark.parametrize(
    ("status", "said"), [(403, "HTTP 403: 403 Forbidden"), (404, "HTTP 404: 403 Forbidden")]
)
def test_settings_that_are_not_shown_are_a_warning(rig, status, said):
    rig.says("/application/settings", {"message": "403 Forbidden"}, status)

    assert [
        (
            "warning",
            f"it does not show how people sign up: it answered {said}",
            "look it up in GitLab",
        )
    ] == rig.check("sign-up")


def test_settings_about_which_there_is_no_answer_at_all_are_a_warning(rig):
    """No run asks for them, so nothing else is in doubt."""
    rig.recorder.always = disconnects

    assert ["warning"] == [health for health, *_ in rig.check("sign-up")]


def test_every_finding_that_is_not_well_says_what_to_do(rig):
    """Whatever GitLab answers, in any check: a finding, or no answer."""
    for payload in ([], {}, None, 7, "x", [{"id": 1, "state": "active"}], {"version": 7}):
        rig.recorder.always = answers(json_response(payload))
        for title, check in rig.health_check.checks().items():
            try:
                found = list(check())
            except SystemUnavailable as error:
                found = [Finding(Health.PROBLEM, error.reason, title)]

            assert found
            assert all((each.health is Health.OK) != bool(each.remedy) for each in found)
