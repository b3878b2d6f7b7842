"""GitLabRest against the simulator: the contract, GitLab's quirks, and everything that fails."""

import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import attrs
import pytest
from structlog.testing import capture_logs

from glaab.adapters.gitlab.api import GitLabApi
from glaab.adapters.gitlab.client import GitLabRest
from glaab.adapters.gitlab.notes import encode
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.domain.accounts import (
    Account,
    AccountId,
    AccountState,
    Identity,
    SelfDescription,
    UnreadableAccount,
    Username,
)
from glaab.domain.errors import GITLAB, NotConfirmed, System, SystemUnavailable
from glaab.domain.ports import (
    AccountWithNote,
    ApprovalAnswer,
    ApprovalRecord,
    GitLab,
    NoteStatus,
    Unreadable,
)
from tests.contract.gitlab.contract import ADA, BOB, CYD, GitLabContract, a_record
from tests.contract.gitlab.simulator import TOKEN, GitLabSimulator
from tests.contract.gitlab.simulator_state import User, an_identity, user_with_admin
from tests.contract.sessions import http_session
from tests.contract.wire import (
    Intervention,
    Recorder,
    Request,
    Response,
    acts_then_disconnects,
    answers,
    disconnects,
    is_silent,
    json_response,
    served,
    text_response,
)
from tests.faults.faults import spoilt_user


class Rig:
    """A simulator on the loopback, and the adapter that talks to it."""

    def __init__(self, simulator: GitLabSimulator, url: str, recorder: Recorder) -> None:
        self.simulator = simulator
        self.recorder = recorder
        self.request_counter: Counter[System] = Counter()
        self.timeouts = TimeoutPolicy(timeout_s=30)
        self.session = http_session(
            GITLAB, url, timeouts=self.timeouts, request_counter=self.request_counter
        )
        self.gitlab = GitLabRest(api=GitLabApi(url=url, token=TOKEN, session=self.session))

    def wait_for(self, fault: Intervention) -> None:
        """As long as an answer may take, and not long for one that never comes."""
        self.timeouts.timeout_s = 0.3 if fault is is_silent else 30

    @property
    def asked(self) -> list[str]:
        """What was asked, as `METHOD path`, without `/api/v4`."""
        return [
            f"{each.method} {each.path.removeprefix('/api/v4')}" for each in self.recorder.requests
        ]


@pytest.fixture
def serve() -> Iterator[Callable[..., Rig]]:
    """A function: simulator -> rig; at the end, nothing unexpected may have been asked."""
    rigs: list[Rig] = []
    with ExitStack() as stack:

        def start(simulator: GitLabSimulator) -> Rig:
            recorder = Recorder(simulator)
            rig = Rig(simulator, stack.enter_context(served(recorder)), recorder)
            stack.callback(rig.session.close)
            rigs.append(rig)
            return rig

        yield start
    assert [] == [error for rig in rigs for error in rig.recorder.errors]


@pytest.fixture
def rig(serve) -> Rig:
    """A server where Ada (41) and Bob (7) wait."""
    return serve(GitLabSimulator.of([ADA, BOB]))


class TestGitLabRest(GitLabContract):
    rung = "simulator"

    @pytest.fixture
    def given(self, serve) -> Callable[..., GitLab]:
        def build(accounts, notes=None) -> GitLab:
            texts = {
                account: encode(note) if isinstance(note, ApprovalRecord) else note.reason
                for account, note in (notes or {}).items()
            }
            return serve(GitLabSimulator.of(accounts, texts)).gitlab

        return build


# What is asked, and what is read.


def test_building_it_opens_nothing(serve):
    rig = serve(GitLabSimulator())

    assert TOKEN not in repr(rig.gitlab)
    assert [] == rig.asked


def test_the_queue_costs_one_request_for_a_hundred_accounts(serve):
    """A last page that is full has no successor."""
    rig = serve(GitLabSimulator.of())
    rig.simulator.queue(300)

    assert 300 == len(rig.gitlab.pending())

    assert ["GET /users"] * 3 == rig.asked


def test_every_request_says_who_asks_and_carries_the_token(rig):
    rig.gitlab.pending()

    (request,) = rig.recorder.requests
    assert "glaab/test (contact)" == request.headers["user-agent"]
    assert TOKEN == request.headers["private-token"]


def test_approving_is_one_request_and_one_mail(rig):
    rig.gitlab.approve(ADA.id)

    assert ["POST /users/41/approve"] == rig.asked
    assert 1 == rig.simulator.mails


def test_the_record_is_noted_before_the_note_is_opened(rig):
    """A run that dies in between leaves nothing open."""
    rig.gitlab.note(a_record())

    assert [
        "PUT /users/41/custom_attributes/glaab_approval",
        "PUT /users/41/custom_attributes/glaab",
    ] == rig.asked


@pytest.mark.parametrize("ending", NoteStatus)
def test_a_settled_note_keeps_its_record(rig, ending):
    rig.gitlab.note(a_record())

    rig.gitlab.settle(ADA.id, ending)

    settled = {"glaab": ending.value, "glaab_approval": encode(a_record())}
    assert settled == rig.simulator.attributes(41)


def test_bots_are_not_people(serve):
    """Old servers do not know the filter that leaves them out."""
    rig = serve(GitLabSimulator.of([ADA]))
    rig.simulator.knows_exclude_active = False
    rig.simulator.users[3] = User(id=3, username="bot", user_type="project_bot")

    assert (ADA,) == rig.gitlab.pending()


def test_an_identity_without_extern_uid_names_nobody(serve):
    rig = serve(GitLabSimulator.of([ADA]))
    rig.simulator.users[41].identities = [an_identity("openid_connect", None)]

    (account,) = rig.gitlab.pending()

    assert (Identity("openid_connect", ""),) == account.identities


def test_an_account_in_a_state_of_the_future_does_not_hide_the_others(rig):
    odd = {"id": 9, "state": "hibernating", "identities": [], "custom_attributes": []}
    rig.recorder.faults.append(adds_to_the_list(odd))

    assert (BOB, ADA) == rig.gitlab.pending()


def test_an_account_that_does_not_wait_need_not_be_complete(rig):
    """Accounts of old have no creation time."""
    old = {"id": 9, "state": "blocked", "created_at": None}
    rig.recorder.faults.append(adds_to_the_list(old | {"identities": [], "custom_attributes": []}))

    assert (BOB, ADA) == rig.gitlab.pending()


def adds_to_the_list(element: object) -> Intervention:
    def fault(_request: Request, handle: Callable[[], Response]) -> Response:
        return json_response([*json.loads(handle().body), element])

    return fault


def test_a_server_that_ignores_exclude_active_is_filtered_here(serve):
    """What that cost is told once, however many accounts are active; glaab's own is one."""
    rig = serve(GitLabSimulator.of([ADA]))
    rig.simulator.knows_exclude_active = False
    rig.simulator.queue(150, first=1000)
    for each in range(1000, 1150):
        rig.simulator.users[each].state = AccountState.ACTIVE

    with capture_logs() as logs:
        pending = rig.gitlab.pending()

    assert (ADA,) == pending
    assert [
        {
            "event": "exclude_active_ignored",
            "log_level": "warning",
            "system": GITLAB,
            "listed": 152,
            "active": 151,
        }
    ] == [each for each in logs if each["log_level"] == "warning"]


def test_a_record_about_another_account_is_unreadable(serve):
    rig = serve(GitLabSimulator.of([ADA], {ADA.id: encode(a_record(account_id=AccountId(7)))}))

    (noted,) = rig.gitlab.open_notes()

    assert Unreadable("its record is about account 7") == noted.note


def test_an_open_note_without_record_is_unreadable(serve):
    rig = serve(GitLabSimulator.of([ADA]))
    rig.simulator.users[41].attributes["glaab"] = "open"

    (noted,) = rig.gitlab.open_notes()

    assert Unreadable("it is open and has no record") == noted.note


# Paging.


@pytest.mark.parametrize("elsewhere", ["http://evil.example", "https://gitlab.test:8443/gitlab"])
def test_only_the_cursor_is_taken_from_a_link(serve, elsewhere):
    """A link to another server or without TLS is followed at home, with our own parameters."""
    rig = serve(GitLabSimulator.of())
    rig.simulator.external_url = elsewhere
    rig.simulator.queue(250)

    assert 250 == len(rig.gitlab.pending())

    first, second, third = (request.parameters for request in rig.recorder.requests)
    assert "cursor" not in first
    for later in (second, third):
        assert first == {name: value for name, value in later.items() if name != "cursor"}


def test_an_account_that_leaves_the_queue_meanwhile_shifts_nobody(serve):
    rig = serve(GitLabSimulator.of())
    rig.simulator.queue(150)

    def approved_by_a_person(_request: Request, handle: Callable[[], Response]) -> Response:
        response = handle()
        del rig.simulator.users[1]
        return response

    rig.recorder.faults.append(approved_by_a_person)

    assert list(range(1, 151)) == [account.id for account in rig.gitlab.pending()]


def test_a_server_before_16_5_is_told_by_its_offset_pages(serve):
    rig = serve(GitLabSimulator.of([ADA]))
    rig.simulator.knows_keyset = False

    with pytest.raises(SystemUnavailable, match=r"GitLab 16\.5 or later is needed"):
        rig.gitlab.pending()


LINKS = {
    "no query": '<http://x/api/v4/users>; rel="next"',
    "no cursor": '<http://x/api/v4/users?page=2>; rel="next"',
    "empty cursor": '<http://x/api/v4/users?cursor=>; rel="next"',
    "broken address": '<http://[x/?page=2>; rel="next"',
}


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_next_page_without_cursor_is_not_followed(rig, link):
    rig.recorder.always = answers(json_response([], Link=link))

    with pytest.raises(SystemUnavailable, match=r"GitLab 16\.5 or later is needed"):
        rig.gitlab.pending()


def test_a_link_that_is_not_the_next_page_means_nothing(rig):
    rig.recorder.always = answers(json_response([], Link='<http://x/?page=1>; rel="first"'))

    assert () == rig.gitlab.pending()


@pytest.mark.parametrize(
    ("cursor", "bio"),
    [("abc", "changed {} times"), ("c{}", "the same")],
    ids=["cursor", "page"],
)
def test_a_list_in_which_something_comes_again_ends(rig, cursor, bio):
    """A cursor, or under ever new ones the same page, as from a cache that ignores them."""
    users = []

    def comes_again(_request, handle):
        users[:] = users or json.loads(handle().body)
        number = len(rig.recorder.requests)
        page = [user | {"bio": bio.format(number)} for user in users]
        return json_response(page, Link=f'<http://x/?cursor={cursor.format(number)}>; rel="next"')

    rig.recorder.always = comes_again

    with pytest.raises(SystemUnavailable, match="its pages never end"):
        rig.gitlab.pending()

    assert 2 == len(rig.recorder.requests)


def test_pages_that_take_turns_end(rig):
    """Under ever new cursors, too: a page with a successor must show a new account."""
    pages = []

    def takes_turns(request, handle):
        pages[:] = pages or json.loads(handle().body)
        number = len(rig.recorder.requests)
        page = [pages[number % 2]]
        return json_response(page, Link=f'<http://x/?cursor=c{number}>; rel="next"')

    rig.recorder.always = takes_turns

    with pytest.raises(SystemUnavailable, match="its pages never end"):
        rig.gitlab.pending()

    assert 3 == len(rig.recorder.requests)


def test_an_empty_page_has_no_successor(rig):
    """Whatever it says: there could be ever new ones."""
    link = '<http://x/?cursor=abc>; rel="next"'
    rig.recorder.always = answers(json_response([], Link=link))

    with pytest.raises(SystemUnavailable, match="its pages never end"):
        rig.gitlab.pending()

    assert 1 == len(rig.recorder.requests)


# A token that is no administrator's: GitLab answers 200, and leaves out what it may not see.

WITHOUT_RIGHTS = {
    "Admin Mode on": lambda simulator: setattr(simulator, "admin_mode", True),
    "no administrator": lambda simulator: setattr(simulator.token.owner, "is_admin", False),
}
READS = {
    "pending": lambda gitlab: gitlab.pending(),
    "open notes": lambda gitlab: gitlab.open_notes(),
    "logged notes": lambda gitlab: gitlab.logged_notes(),
    "find by id": lambda gitlab: gitlab.find(AccountId(41)),
    "find by username": lambda gitlab: gitlab.find(Username("ada")),
}
WRITES = {
    "note": lambda gitlab: gitlab.note(a_record()),
    "settle": lambda gitlab: gitlab.settle(AccountId(41), NoteStatus.LOGGED),
}


@pytest.mark.parametrize("without_rights", WITHOUT_RIGHTS.values(), ids=WITHOUT_RIGHTS)
@pytest.mark.parametrize("ask", READS.values(), ids=READS)
def test_a_token_without_rights_is_told_by_what_is_hidden(rig, ask, without_rights):
    without_rights(rig.simulator)

    with pytest.raises(SystemUnavailable, match=r"does not act as an administrator .*admin_mode"):
        ask(rig.gitlab)


@pytest.mark.parametrize("without_rights", WITHOUT_RIGHTS.values(), ids=WITHOUT_RIGHTS)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_token_without_rights_writes_nothing(rig, write, without_rights):
    without_rights(rig.simulator)

    with pytest.raises(SystemUnavailable, match="HTTP 403: 403 Forbidden"):
        write(rig.gitlab)

    assert {} == rig.simulator.attributes(41)


@pytest.mark.parametrize("without_rights", WITHOUT_RIGHTS.values(), ids=WITHOUT_RIGHTS)
def test_a_token_without_rights_approves_nobody(rig, without_rights):
    without_rights(rig.simulator)

    with pytest.raises(SystemUnavailable, match="You are not allowed to approve a user"):
        rig.gitlab.approve(AccountId(41))

    assert ["POST /users/41/approve"] == rig.asked


def test_admin_mode_is_satisfied_by_its_scope(rig):
    rig.simulator.admin_mode = True
    rig.simulator.token.scopes = frozenset({"api", "admin_mode"})

    assert ApprovalAnswer.APPROVED is rig.gitlab.approve(AccountId(41))


@pytest.mark.parametrize("ask", [READS["open notes"], READS["logged notes"]])
def test_an_ignored_search_for_notes_is_noticed(rig, ask):
    """Everybody comes back, without the attribute that was asked for."""
    rig.recorder.faults.append(
        asked_instead(rig, with_custom_attributes="true", pagination="keyset")
    )

    with pytest.raises(SystemUnavailable, match="does not search notes"):
        ask(rig.gitlab)


@pytest.mark.parametrize(
    ("ask", "status"), [(READS["open notes"], "logged"), (READS["logged notes"], "open")]
)
def test_a_note_of_another_status_is_noticed(rig, ask, status):
    """A logged note must not be taken for unfinished business, nor an open one for a logged one."""
    rig.simulator.users[41].attributes |= {"glaab": status, "glaab_approval": encode(a_record())}
    rig.recorder.faults.append(
        asked_instead(rig, with_custom_attributes="true", pagination="keyset", username="ada")
    )

    with pytest.raises(SystemUnavailable, match="does not search notes"):
        ask(rig.gitlab)


def test_a_logged_note_on_an_account_that_hides_it_is_unreadable(serve):
    """It passed the filter, so there is a note."""
    rig = serve(GitLabSimulator.of([ADA]))
    rig.simulator.users[41].attributes["glaab"] = "logged"
    rig.recorder.always = changes_users(ADA.id, custom_attributes=[{"value": 7}])

    (noted,) = rig.gitlab.logged_notes()

    assert Unreadable("it cannot be read either") == noted.note


def test_hidden_notes_are_not_missing_notes(rig):
    """A mark that cannot be seen must not look like no mark."""
    rig.recorder.faults.append(changes_users(custom_attributes=None))

    with pytest.raises(SystemUnavailable, match="hides notes"):
        rig.gitlab.pending()


@pytest.mark.parametrize("hidden", ["identities", "custom_attributes"])
def test_what_is_hidden_of_one_user_alone_is_that_users_trouble(rig, hidden):
    """A token sees it of everybody or of nobody; of an only user `is_admin` tells which."""
    rig.recorder.always = changes_users(ADA.id, **{hidden: None})

    assert [BOB, UnreadableAccount] == [BOB, type(rig.gitlab.pending()[1])]
    assert isinstance(rig.gitlab.find(ADA.username).account, UnreadableAccount)


@pytest.mark.parametrize("who", [ADA.id, ADA.username])
def test_an_only_user_without_anything_that_administrators_see_is_not_shown_whole(rig, who):
    rig.recorder.always = changes_users(is_admin=None, identities=None, custom_attributes=None)

    with pytest.raises(SystemUnavailable, match="hides identities: the token does not act as an"):
        rig.gitlab.find(who)


def changes_users(only: int | None = None, **changes: object) -> Intervention:
    """Whoever is shown, or one of them, has other fields."""

    def change(_request: Request, handle: Callable[[], Response]) -> Response:
        response = handle()
        shown = json.loads(response.body)
        for each in shown if isinstance(shown, list) else [shown]:
            if "id" in each and only in (None, each["id"]):
                each.update(changes)
        return json_response(shown, response.status)

    return change


# Everything that fails.


def cut_off(_request: Request, handle: Callable[[], Response]) -> Response:
    return attrs.evolve(response := handle(), cut_to=len(response.body) // 2)


HTML = "<!DOCTYPE html><html><title>Sign in</title></html>"
DEEP = b"[" * 100_000
JSON = {"Content-Type": "application/json"}


def throttled(retry_after: str) -> Intervention:
    headers = {"Content-Type": "text/plain", "Retry-After": retry_after}
    return answers(Response(status=429, headers=headers, body=b"Retry later\n"))


def says(status: int, **body: object) -> Intervention:
    return answers(json_response(body, status))


#: Misbehaviour of any answer -> what the error says.
FAILURES: dict[str, tuple[Intervention, str]] = {
    "timeout": (is_silent, "did not answer in time"),
    "disconnect": (disconnects, "the connection failed"),
    "cut off": (cut_off, "cut off|connection failed"),
    "400": (says(400, error="per_page is invalid"), "HTTP 400: per_page is invalid"),
    "401": (says(401, message="401 Unauthorized"), "refused the credentials .*HTTP 401"),
    "401 expired": (
        says(401, error="invalid_token", error_description="Token is expired."),
        r"refused the credentials \(HTTP 401: invalid_token: Token is expired\.\): see GITLAB_ACC",
    ),
    "403": (says(403, message="403 Forbidden - Terms not accepted"), "Terms not accepted"),
    "403 scope": (says(403, error="insufficient_scope", scope="api"), "insufficient_scope"),
    "404 HTML": (answers(text_response(HTML, 404, "text/html")), "HTTP 404$"),
    "404 route": (says(404, error="404 Not Found"), "HTTP 404: 404 Not Found"),
    "404 deep": (answers(Response(status=404, headers=JSON, body=DEEP)), "nested too deeply"),
    "409": (says(409, message="409 Conflict: Resource lock"), "HTTP 409"),
    "422": (says(422, message="Email is invalid"), "Email is invalid"),
    "429 short": (throttled("1"), "asks for fewer requests"),
    "429 long": (throttled("3600"), "asks for fewer requests"),
    "429 not a number": (throttled("1m0s"), "asks for fewer requests"),
    "429 JSON": (says(429, message={"error": "too many times"}), "too many times"),
    "500": (says(500, message="500 Internal Server Error"), "HTTP 500: 500 Internal Server Error"),
    "502 HTML": (answers(text_response(HTML, 502, "text/html")), "HTTP 502$"),
    "502 text": (answers(text_response("a proxy's words", 502)), "HTTP 502$"),
    "500 lines": (says(500, message="no entry\nsecond line"), "HTTP 500: no entry$"),
    "503 number": (answers(Response(status=503, headers=JSON, body=b"7")), "HTTP 503$"),
    "200 HTML": (answers(text_response(HTML, 200, "text/html")), "not JSON"),
    "200 HTML called JSON": (answers(text_response(HTML, 200, "application/json")), "not JSON"),
    "200 empty": (answers(Response(status=200)), "not JSON"),
    "204": (answers(Response(status=204)), "not JSON"),
    "200 deep": (answers(Response(status=200, headers=JSON, body=DEEP)), "not JSON"),
    "200 huge number": (answers(Response(status=200, headers=JSON, body=b"1" * 9000)), "not JSON"),
    "200 number": (answers(json_response(3)), "unexpected shape"),
    "200 null": (answers(json_response(None)), "unexpected shape"),
    "200 message": (says(200, message="Success"), "unexpected shape"),
    "200 list of texts": (answers(json_response(["ada"])), "unexpected shape"),
    "200 wrong types": (answers(json_response([{"id": "41", "state": 1}])), "unexpected shape"),
    "302": (
        answers(Response(status=302, headers={"Location": "http://evil.example/"})),
        "redirects elsewhere",
    ),
}


@pytest.mark.parametrize(("fault", "said"), FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("ask", (READS | WRITES).values(), ids=READS | WRITES)
def test_a_failure_is_never_an_answer(rig, ask, fault, said):
    rig.wait_for(fault)
    rig.recorder.always = fault

    with pytest.raises(SystemUnavailable, match=said) as caught:
        ask(rig.gitlab)

    assert GITLAB is caught.value.system


@pytest.fixture
def nobody_listens() -> Iterator[GitLabRest]:
    """The adapter, pointed at a port that is closed."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with http_session(GITLAB, url) as session:
            yield GitLabRest(api=GitLabApi(url=url, token=TOKEN, session=session))


@pytest.mark.parametrize("ask", (READS | WRITES).values(), ids=READS | WRITES)
def test_a_server_that_is_down_is_not_an_answer(nobody_listens, ask):
    with pytest.raises(SystemUnavailable, match="the connection failed"):
        ask(nobody_listens)


@pytest.mark.parametrize("ask", READS.values(), ids=READS)
def test_a_read_survives_a_short_trouble(rig, ask):
    """The session repeats it; python-gitlab neither waits nor repeats."""
    rig.recorder.faults += [disconnects, throttled("1")]

    assert ask(rig.gitlab) is not None


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("fault", [disconnects, acts_then_disconnects, throttled("1")])
def test_a_write_is_not_repeated(rig, write, fault):
    rig.recorder.always = fault

    with pytest.raises(SystemUnavailable):
        write(rig.gitlab)

    assert ["PUT"] == rig.recorder.methods


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_value_that_was_not_stored_is_noticed(rig, write):
    rig.recorder.always = answers(json_response({"key": "glaab", "value": "something else"}))

    with pytest.raises(SystemUnavailable, match="did not store the attribute glaab"):
        write(rig.gitlab)


@pytest.mark.parametrize("wrong", ["41", True, None])
@pytest.mark.parametrize("ask", READS.values(), ids=READS)
def test_a_user_without_an_id_can_be_nobody(serve, ask, wrong):
    rig = serve(noted_for(ask))
    rig.recorder.faults.append(changes_users(id=wrong))

    with pytest.raises(SystemUnavailable, match="unexpected shape"):
        ask(rig.gitlab)


def noted_for(ask) -> GitLabSimulator:
    """A server where everything that is asked for shows ada."""
    simulator = GitLabSimulator.of([ADA], {ADA.id: encode(a_record())})
    if ask is READS["logged notes"]:
        simulator.users[ADA.id].attributes["glaab"] = "logged"
    return simulator


# One user who cannot be understood.

SPOILT_USERS: dict[str, tuple[dict[str, object], str]] = {
    "no username": ({"username": None}, "username: expected str, got NoneType"),
    "no creation time": ({"created_at": None}, "created_at: expected a time, got NoneType"),
    "no zone": (
        {"created_at": "2026-11-20T10:00:00"},
        "created_at: the time 2026-11-20T10:00:00 has no zone",
    ),
    "before time began": (
        {"created_at": "0001-01-01T00:00:00+01:00"},
        "created_at: date value out of range",
    ),
    "no state": ({"state": None}, "state: expected str, got NoneType"),
    "bot a text": ({"bot": "no"}, "bot: expected bool, got str"),
    "identities no list": ({"identities": {}}, "identities: expected a list, got dict"),
    "identity without provider": (
        {"identities": [{"extern_uid": "Ada"}]},
        "identities[0].provider: required field missing",
    ),
    "identity with a number": (
        {"identities": [{"provider": "x", "extern_uid": 7}]},
        "identities[0].extern_uid: expected str, got int",
    ),
    "attribute no object": (
        {"custom_attributes": ["x"]},
        "custom_attributes[0]: expected an object, got str",
    ),
    "attribute without key": (
        {"custom_attributes": [{"value": "x"}]},
        "custom_attributes[0].key: required field missing",
    ),
    "mark no text": (
        {"custom_attributes": [{"key": "glaab_veto", "value": None}]},
        "custom_attributes[0]: the value of glaab_veto: expected str, got NoneType",
    ),
}


@pytest.mark.parametrize(("wrong", "said"), SPOILT_USERS.values(), ids=SPOILT_USERS)
@pytest.mark.parametrize("ask", READS.values(), ids=READS)
def test_a_user_who_cannot_be_understood_is_never_guessed(serve, ask, wrong, said):
    """It is known by its id, and what is wrong with it is said."""
    rig = serve(noted_for(ask))
    rig.recorder.always = changes_users(ADA.id, **wrong)

    answer = ask(rig.gitlab)

    found = answer[0] if isinstance(answer, tuple) else answer
    account = found.account if isinstance(found, AccountWithNote) else found
    assert isinstance(account, UnreadableAccount)
    assert (ADA.id, said) == (account.id, account.reason)


def test_what_can_be_read_of_a_user_is_told(rig):
    """Also identities: nobody else is to be approved as the same person."""
    named = {"username": None, "identities": [an_identity("openid_connect", "Ada"), {}, "x"]}
    rig.recorder.faults += [
        changes_users(ADA.id, created_at=None),
        changes_users(ADA.id, state=7, **named),
        changes_users(ADA.id, identities=7),
    ]

    timeless, nameless, faceless = (rig.gitlab.pending()[1] for _ in range(3))

    seen = {"state": ADA.state, "username": ADA.username, "identities": ADA.identities}
    assert UnreadableAccount(id=ADA.id, reason=timeless.reason, **seen) == timeless
    assert nameless == UnreadableAccount(
        id=ADA.id,
        created_at=ADA.created_at,
        identities=(Identity("openid_connect", "Ada"),),
        reason=nameless.reason,
    )
    assert () == faceless.identities


@pytest.mark.parametrize("spoilt", [{}, {"state": 7}], ids=["readable", "unreadable"])
@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({"name": "Ada", "email": "a@b@mail.example"}, ("Ada", "mail.example")),
        ({"name": None, "email": None}, ("", "")),
        ({"name": 7, "email": ["a@b"]}, ("", "")),
        ({"name": "", "email": "ada"}, ("", "")),
    ],
)
def test_of_an_address_nothing_but_the_domain_is_kept(rig, shown, told, spoilt):
    """What GitLab leaves out, or shows as something else, is empty and harms nothing."""
    rig.recorder.always = changes_users(ADA.id, **shown, **spoilt)

    account = rig.gitlab.pending()[1]

    assert (ADA.id, bool(spoilt)) == (account.id, isinstance(account, UnreadableAccount))
    assert SelfDescription(name=told[0], email_domain=told[1]) == account.self_description


SHOWN = user_with_admin(User.of(CYD)) | {"custom_attributes": User.of(CYD).custom_attributes}
SPOILT = {str(each): each for each in spoilt_user(SHOWN, SHOWN) if not str(each).endswith(" id")}
"""Each field of a user, but the id."""


@pytest.mark.parametrize("fault", SPOILT.values(), ids=SPOILT)
def test_one_user_spoils_nobody_else(serve, fault):
    """Whatever is wrong with one, who else waits is the same as ever, and its note too."""
    notes = {key: encode(a_record(account_id=key)) for key in (BOB.id, CYD.id)}
    rig = serve(GitLabSimulator.of([ADA, BOB, CYD], notes))
    rig.recorder.always = fault.intervene

    *others, last = rig.gitlab.pending()
    noted, spoilt = rig.gitlab.open_notes()

    assert [BOB, ADA] == others
    assert AccountWithNote(BOB, a_record(account_id=BOB.id)) == noted
    assert CYD.id == last.id == spoilt.account.id
    assert last == spoilt.account
    assert isinstance(last, UnreadableAccount) or last in (CYD, without_extern_uids(CYD))


def without_extern_uids(account: Account) -> Account:
    """As GitLab shows identities that name nobody."""
    identities = tuple(Identity(each.provider, "") for each in account.identities)
    return attrs.evolve(account, identities=identities)


@pytest.mark.parametrize("value", [None, 7, {"0": 1}, ...], ids=str)
def test_what_others_keep_on_an_account_does_not_matter(rig, value):
    """An attribute that is not glaab's may hold anything, or nothing at all."""
    foreign = {"key": "department"} if value is ... else {"key": "department", "value": value}
    rig.recorder.always = changes_users(ADA.id, custom_attributes=[foreign])

    assert (BOB, ADA) == rig.gitlab.pending()
    assert AccountWithNote(ADA, None) == rig.gitlab.find(ADA.id)
    assert AccountWithNote(ADA, None) == rig.gitlab.find(ADA.username)


def test_a_record_that_is_no_text_is_unreadable(rig):
    record = {"key": "glaab_approval", "value": 7}
    attributes = [{"key": "glaab", "value": "open"}, record]
    rig.recorder.always = changes_users(ADA.id, custom_attributes=attributes)

    noted = rig.gitlab.find(ADA.id)

    assert AccountWithNote(ADA, Unreadable("its record: expected str, got int")) == noted


def test_one_account_is_one_request(rig):
    rig.gitlab.note(a_record())
    rig.recorder.requests.clear()

    assert AccountWithNote(ADA, a_record()) == rig.gitlab.find(ADA.id)
    assert ["GET /users/41"] == rig.asked


def test_attributes_that_do_not_come_with_the_account_are_asked_for(rig):
    """A mark that is not shown must not look like no mark."""
    rig.simulator.users[41].attributes["glaab_veto"] = "wait for the board"
    rig.recorder.faults.append(without_attributes)

    found = rig.gitlab.find(ADA.id)

    assert "wait for the board" == found.account.mark
    assert ["GET /users/41", "GET /users/41/custom_attributes"] == rig.asked


def test_attributes_that_are_no_list_are_no_answer(rig):
    rig.recorder.faults += [without_attributes, says(200, message="none")]

    with pytest.raises(SystemUnavailable, match="expected a list"):
        rig.gitlab.find(ADA.id)


def without_attributes(_request: Request, handle: Callable[[], Response]) -> Response:
    """The user alone, though more was asked for."""
    shown = json.loads(handle().body)
    del shown["custom_attributes"]
    return json_response(shown)


def test_whoever_may_be_a_person_who_waits_is_listed(serve):
    """Neither a bot nor somebody in another state, whatever else cannot be read."""
    rig = serve(GitLabSimulator.of([ADA]))
    shown = {"id": 9, "identities": [], "custom_attributes": []}
    cases = [{"state": None, "bot": True}, {"state": "blocked", "bot": None}, {"state": 7}]
    rig.recorder.faults += [adds_to_the_list(shown | case) for case in cases]

    queues = [rig.gitlab.pending() for _ in cases]

    assert [[41], [41], [9, 41]] == [[each.id for each in queue] for queue in queues]


def test_a_conflict_about_an_account_whose_state_cannot_be_read_is_not_settled(rig):
    rig.simulator.users[41].state = AccountState.BLOCKED
    rig.recorder.faults += [lambda _request, handle: handle(), changes_users(state=None)]

    with pytest.raises(SystemUnavailable, match="state: expected str, got NoneType"):
        rig.gitlab.approve(ADA.id)


def test_a_state_that_nobody_knows_is_none_of_those_that_are_known(rig):
    odd = {"id": 41, "username": "ada", "state": "hibernating", "identities": []}
    rig.recorder.faults.append(says(200, **odd, created_at="2026-11-20T10:00:00Z"))

    assert AccountState.UNKNOWN is rig.gitlab.find(ADA.id).account.state


def test_a_note_on_an_account_in_a_state_that_nobody_knows_stops_no_run(rig):
    def hibernates(_request, handle):
        (user,) = json.loads(handle().body)
        return json_response([user | {"state": "hibernating"}])

    rig.gitlab.note(a_record(account_id=ADA.id))
    rig.recorder.faults.append(hibernates)

    (noted,) = rig.gitlab.open_notes()

    assert AccountState.UNKNOWN is noted.account.state
    assert {ADA, BOB} == set(rig.gitlab.pending())


def test_another_account_than_asked_for_is_not_taken(rig):
    rig.recorder.faults.append(says(200, id=7, state="active", identities=[]))

    with pytest.raises(SystemUnavailable, match="asked for account 41, it showed another"):
        rig.gitlab.find(ADA.id)


def test_a_server_that_ignores_the_username_is_noticed(rig):
    """Everybody comes back."""
    rig.recorder.faults.append(asked_instead(rig, with_custom_attributes="true"))

    with pytest.raises(SystemUnavailable, match="several accounts"):
        rig.gitlab.find(Username("ada"))


def test_a_namesake_by_look_alike_letters_is_nobody(rig):
    """The server's own matching may fold more than case."""
    rig.simulator.users[50] = User(id=50, username="kate")
    folded = asked_instead(rig, username="kate", with_custom_attributes="true")
    rig.recorder.faults.append(folded)

    assert rig.gitlab.find(Username("\N{KELVIN SIGN}ate")) is None


def asked_instead(rig: Rig, **query: str) -> Intervention:
    """The server answers another question of the same kind."""
    return lambda request, _handle: rig.simulator.handle(
        attrs.evolve(request, query=tuple(query.items()))
    )


# Approving, when the answer is not a plain one.

#: An answer to the approval that leaves open whether it happened.
LOST: dict[str, Intervention] = {
    name: FAILURES[name][0]
    for name in (
        *("timeout", "disconnect", "404 deep", "500", "502 HTML", "503 number", "200 HTML"),
        *("200 HTML called JSON", "200 empty", "204", "200 deep", "200 number", "200 null"),
        *("200 message", "200 list of texts"),
    )
} | {
    "201 HTML": answers(text_response(HTML, 201, "text/html")),
    "201 empty": answers(Response(status=201)),
    "201 without message": says(201, id=41),
    "201 message no text": says(201, message=None),
    "201 true": answers(json_response(True, 201)),
}
REFUSED = (
    *("400", "401", "401 expired", "403", "403 scope", "404 HTML", "404 route", "422", "429 short"),
    *("429 long", "429 not a number", "429 JSON", "302"),
)


def acting(fault: Intervention) -> Intervention:
    """The request is carried out, and the answer replaced."""

    def act(request: Request, handle: Callable[[], Response]) -> Response | None:
        handle()
        return fault(request, handle)

    return act


@pytest.mark.parametrize("fault", [*LOST.values(), cut_off], ids=[*LOST, "cut off"])
def test_an_approval_whose_answer_was_lost_is_found_by_reading(rig, fault):
    """Active: it was us. It is never sent again."""
    rig.wait_for(fault)
    rig.recorder.faults.append(fault if fault is cut_off else acting(fault))

    answer = rig.gitlab.approve(ADA.id)

    assert ApprovalAnswer.APPROVED is answer
    assert ["POST /users/41/approve", "GET /users/41"] == rig.asked
    assert 1 == rig.simulator.mails


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_lost_approval_that_did_not_happen_is_not_confirmed(rig, fault):
    rig.wait_for(fault)
    rig.recorder.faults.append(fault)

    with pytest.raises(NotConfirmed, match="read again, the account is blocked_pending_approval"):
        rig.gitlab.approve(ADA.id)

    assert ["POST /users/41/approve", "GET /users/41"] == rig.asked


def test_a_lost_approval_of_an_account_that_is_gone_is_not_confirmed(rig):
    rig.recorder.faults.append(disconnects)
    del rig.simulator.users[41]

    with pytest.raises(NotConfirmed, match="read again, the account is gone"):
        rig.gitlab.approve(ADA.id)


@pytest.mark.parametrize(
    "fault",
    [fault for name, (fault, _) in FAILURES.items() if name != "cut off"],
    ids=[name for name in FAILURES if name != "cut off"],
)
def test_a_lost_approval_that_cannot_be_read_is_not_confirmed(rig, fault):
    rig.wait_for(fault)
    rig.recorder.faults.append(acts_then_disconnects)
    rig.recorder.always = fault

    with pytest.raises(NotConfirmed, match="nor could the account be read") as caught:
        rig.gitlab.approve(ADA.id)

    assert GITLAB is caught.value.system
    assert 1 == rig.recorder.methods.count("POST")


def test_an_approval_by_a_server_that_is_down_is_not_confirmed(nobody_listens):
    with pytest.raises(NotConfirmed, match="the connection failed"):
        nobody_listens.approve(ADA.id)


@pytest.mark.parametrize("name", REFUSED)
def test_an_approval_that_was_refused_says_so(rig, name):
    """Nothing happened, and nothing more is asked."""
    fault, said = FAILURES[name]
    rig.recorder.faults.append(fault)

    with pytest.raises(SystemUnavailable, match=said):
        rig.gitlab.approve(ADA.id)

    assert ["POST /users/41/approve"] == rig.asked
    assert AccountState.PENDING is rig.simulator.state(41)


def test_a_record_that_gitlab_cannot_save_is_refused(rig):
    rig.simulator.users[41].valid = False

    with pytest.raises(SystemUnavailable, match="HTTP 422: Email is invalid"):
        rig.gitlab.approve(ADA.id)


def test_a_conflict_that_cannot_be_read_is_a_refusal(rig):
    """Nothing happened through us, whatever the account is now."""
    rig.simulator.users[41].state = AccountState.BLOCKED
    rig.recorder.faults += [lambda _request, handle: handle(), says(500, message="500")]

    with pytest.raises(SystemUnavailable, match="HTTP 500"):
        rig.gitlab.approve(ADA.id)


@pytest.mark.parametrize("status", [404, 409])
def test_a_conflict_about_an_account_that_is_pending_is_a_refusal(rig, status):
    """What contradicts itself settles nothing: the account still waits."""
    rig.recorder.faults.append(says(status, message="no"))

    with pytest.raises(SystemUnavailable, match=f"HTTP {status}: no"):
        rig.gitlab.approve(ADA.id)


def test_an_account_that_vanishes_after_a_conflict_is_not_pending(rig):
    rig.simulator.users[41].state = AccountState.BLOCKED
    rig.recorder.faults += [lambda _request, handle: handle(), says(404, message="404 User")]

    assert ApprovalAnswer.NOT_PENDING is rig.gitlab.approve(ADA.id)


def test_a_redirect_is_not_followed_with_the_token(rig):
    rig.recorder.always = FAILURES["302"][0]

    with pytest.raises(SystemUnavailable, match="where credentials must not follow"):
        rig.gitlab.approve(ADA.id)

    assert {GITLAB: 1} == rig.request_counter
