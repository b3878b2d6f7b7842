"""WikiHealthCheck against the simulator: all well, and each thing broken in turn."""

import re

import attrs
import pytest

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.mediawiki.api import BotPassword, OAuth, WikiApi
from glaab.adapters.mediawiki.diagnostics import WikiHealthCheck
from glaab.domain.errors import AUDIT_LOG
from glaab.entrypoints.runtime.clock import now
from tests.contract.mediawiki.simulator import MediaWikiSimulator
from tests.contract.mediawiki.simulator_oauth import Consumer
from tests.contract.sessions import http_session
from tests.contract.told import told
from tests.contract.wire import Recorder, json_response, served

PAGE = "Tool:Gitlab-account-approval/Log"
OAUTH = OAuth(**attrs.asdict(Consumer()))
BOT = BotPassword("Glaab@glaab", "the-password")
CAN_BE_EDITED = f'ok: glaab can edit "{PAGE}", as far as is known'
ALL_WELL = {
    "login": ["ok: logged in as Glaab"],
    "rights": ["ok: Glaab may edit"],
    "log page": [CAN_BE_EDITED],
    "wiki": ["ok: the wiki can be edited"],
}
CREDENTIALS = (
    " -> set MEDIAWIKI_CONSUMER_TOKEN and the other three OAuth settings, or MEDIAWIKI_USER and"
    " MEDIAWIKI_PASSWORD, to"
)
GRANTS = (
    f"{CREDENTIALS} a consumer or bot password that is granted editing of existing pages, creation"
    " of pages and high-volume editing, and nothing else"
)
ASK = " -> ask an administrator of the wiki to"
LET_EDIT = (
    f"{ASK} let glaab's account edit the page, and grant whatever right that takes to the consumer"
    " or bot password, too"
)


def lift(which="block 4"):
    return (
        f"ask an administrator of the wiki to lift {which} or, if that is of this machine's address"
        " and not of glaab's account, to give the account the right ipblock-exempt"
    )


UNTOLD = (
    f'warning: glaab cannot find out for certain whether it can edit "{PAGE}"'
    " -> see on the wiki that its account may edit the page"
)
LET_CREATE = (
    " -> create the page by hand, or ask an administrator of the wiki to let glaab's account do so,"
    " and grant whatever right that takes to the consumer or bot password, too"
)
ARCHIVE = " -> move its oldest days to another page, such as an archive, by hand"
WAIT = " -> nothing, if it is brief: what is approved meanwhile is logged by a later run"
MISSING = (
    f'warning: "{PAGE}" does not exist: the first approval will create it'
    " -> see that MEDIAWIKI_LOG_PAGE is right"
)
TITLE = " -> set MEDIAWIKI_LOG_PAGE to the title of one ordinary page"


def cannot_be_edited(reason, remedy=LET_EDIT):
    return [f'problem: glaab cannot edit "{PAGE}": {reason}{remedy}']


@pytest.fixture
def recorder():
    """In front of a wiki where all is well; a strict one, at the end."""
    recorder = Recorder(MediaWikiSimulator.of(PAGE, "An introduction, and no day."))
    yield recorder
    assert [] == recorder.errors


@pytest.fixture
def health_check(recorder):
    """A function: what differs -> the checkup of the log page."""
    with served(recorder) as url:

        def made(credentials=OAUTH, title=PAGE):
            session = http_session(AUDIT_LOG, url, timeouts=TimeoutPolicy(timeout_s=30, retries=0))
            api = WikiApi(url=f"{url}/w/", credentials=credentials, session=session, clock=now)
            return WikiHealthCheck(api, title)

        yield made


@pytest.fixture
def found(recorder, health_check):
    """A function: what differs in the wiki -> what the checkup tells, with what was asked."""

    def found(credentials=OAUTH, title=PAGE, **switches):
        for name, value in switches.items():
            assert hasattr(recorder.simulator, name)
            setattr(recorder.simulator, name, value)
        return told(health_check(credentials, title))

    return found


@pytest.mark.parametrize("credentials", [OAUTH, BOT], ids=["oauth", "bot-password"])
def test_all_is_well(found, credentials):
    assert ALL_WELL == found(credentials)


@pytest.mark.parametrize(
    ("credentials", "login"),
    [(OAUTH, []), (BOT, [("GET", "query"), ("POST", "login")])],
    ids=["oauth", "bot-password"],
)
def test_nothing_is_edited(found, recorder, credentials, login):
    """After the login everything is a query, and nothing is a POST."""
    found(credentials)

    asked = [(each.method, (each.parameters | each.form)["action"]) for each in recorder.requests]
    assert [*login, *[("GET", "query")] * 6] == asked
    assert "csrf" not in str(recorder.requests)


def test_nothing_is_asked_before_a_check_is_called(health_check, recorder):
    health_check().checks()

    assert [] == recorder.requests


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        (
            attrs.evolve(OAUTH, access_secret="wrong"),
            "The authorization headers in your request are not valid: Invalid signature"
            " (mwoauth-invalid-authorization): see MEDIAWIKI_CONSUMER_SECRET and"
            " MEDIAWIKI_ACCESS_SECRET; if they are right, the host of MEDIAWIKI_URL is not the one"
            " that the wiki calls its own ($wgServer), or a proxy changes addresses",
        ),
        (
            BotPassword("Glaab@glaab", "wrong"),
            "it refused the bot password (Incorrect username or password entered."
            " Please try again.): see MEDIAWIKI_USER and MEDIAWIKI_PASSWORD",
        ),
    ],
    ids=["oauth", "bot-password"],
)
def test_refused_credentials_are_told_of_wherever_they_are_needed(found, credentials, reason):
    untold = (
        f"warning: glaab cannot find out whether the wiki is read-only: {reason}"
        " -> see on the wiki that it can be edited"
    )
    refused = {title: [f"unavailable: {reason}"] for title in ALL_WELL}
    assert refused | {"wiki": [untold]} == found(credentials)


def test_being_nobody_is_a_problem(found, recorder):
    """As behind a proxy that takes away the Authorization header."""
    recorder.faults.append(
        lambda *_: json_response(
            {"query": {"userinfo": {"id": 0, "name": "127.0.0.1", "anon": "", "rights": []}}}
        )
    )

    assert [
        f"problem: the wiki treats glaab as somebody who is not logged in{CREDENTIALS} those of"
        " its account, and see that no proxy removes them"
    ] == found()["login"]


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        (
            {"may_edit": False},
            {
                "rights": [f"problem: Glaab may not edit with these credentials{GRANTS}"],
                "log page": cannot_be_edited(
                    "The action you have requested is limited to users in one of the groups: *,"
                    " [[Rig Wikitech:Users|Users]]."
                ),
            },
        ),
        (
            {"rights": ("bot", "read", "protect", "delete")},
            {
                "rights": [
                    "ok: Glaab may edit",
                    "problem: these credentials have rights that glaab does not need:"
                    f" delete, protect{GRANTS}",
                ]
            },
        ),
        (
            {"rights": ("read",)},
            {
                "rights": [
                    "ok: Glaab may edit",
                    "warning: edits of Glaab are not marked as a bot's, so each shows in the"
                    f" recent changes{ASK} put Glaab into the group bot, and grant high-volume"
                    " editing to the consumer or bot password",
                ]
            },
        ),
        (
            {"blocked": "A bad\nbot"},
            {
                "login": [
                    "ok: logged in as Glaab",
                    f"problem: Glaab is blocked by Admin with no end: A bad bot -> {lift()}",
                ],
                "log page": cannot_be_edited(
                    "You have been blocked from editing, by Admin with no end: A bad bot",
                    f" -> {lift()}",
                ),
            },
        ),
        (
            {"protected": True},
            {
                "log page": cannot_be_edited(
                    "This page has been protected to prevent editing or other actions."
                )
            },
        ),
        (
            {"cascading": True},
            {
                "log page": cannot_be_edited(
                    "This page has been protected from editing because it is transcluded in the"
                    ' following page, which is protected with the "cascading" option turned on:'
                    " * [[:Main Page]]"
                )
            },
        ),
        (
            {"protected": True, "pages": {}},
            {
                "log page": [
                    MISSING,
                    *cannot_be_edited(
                        "This page has been protected to prevent editing or other actions."
                    ),
                ]
            },
        ),
        (
            {"may_create": False, "pages": {}},
            {
                "log page": [
                    MISSING,
                    *cannot_be_edited(
                        "You do not have permission to create new pages.", LET_CREATE
                    ),
                ]
            },
        ),
        (
            {"autoblocked": "Another's"},
            {
                "login": [
                    "ok: logged in as Glaab",
                    f"problem: Glaab is blocked by Admin with no end: Another's -> {lift()}",
                ],
                "log page": cannot_be_edited(
                    "Your IP address has been blocked automatically, because it was used by a"
                    " blocked user, by Admin with no end: Another's",
                    f" -> {lift()}",
                ),
            },
        ),
        (
            {"max_bytes": 10_020},
            {
                "log page": [
                    f'problem: "{PAGE}" has 28 bytes, and the wiki takes 10,020 at most{ARCHIVE}'
                ]
            },
        ),
        (
            {"contentmodel": "json"},
            {"log page": [f'problem: "{PAGE}" holds json, not wikitext{TITLE}']},
        ),
        (
            {"readonly": "A new\nserver"},
            {
                "wiki": [
                    "warning: the wiki is read-only: A new server -> nothing, if it is brief:"
                    " what is approved meanwhile is logged by a later run"
                ]
            },
        ),
        (
            {"pages": {}},
            {"log page": [MISSING, CAN_BE_EDITED]},
        ),
    ],
    ids=lambda value: "-".join(value) if "log page" not in value else "",
)
def test_each_thing_that_is_wrong_is_found(found, switches, expected):
    assert ALL_WELL | expected == found(**switches)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (json_response({"error": {"code": "badvalue", "info": "What?"}}), "What? (badvalue)"),
        (
            json_response({"batchcomplete": ""}),
            "its answer has an unexpected shape: generator: required field missing",
        ),
        (json_response({}, 501), "it answered HTTP 501"),
    ],
    ids=["unknown", "ignored", "not implemented"],
)
def test_a_wiki_that_does_not_tell_whether_it_is_read_only_is_a_warning(
    found, recorder, answer, reason
):
    """No run asks for it."""
    recorder.always = lambda request, _: (
        answer if request.parameters.get("meta") == "siteinfo" else None
    )

    assert (
        ALL_WELL
        | {
            "wiki": [
                f"warning: glaab cannot find out whether the wiki is read-only: {reason}"
                " -> see on the wiki that it can be edited"
            ]
        }
        == found()
    )


@pytest.mark.parametrize("protected", [False, True])
def test_rights_that_are_not_told_are_a_warning_and_not_taken_for_none(found, recorder, protected):
    user = json_response({"query": {"userinfo": {"id": 5, "name": "Glaab"}}})
    unknown = json_response({"error": {"code": "badvalue", "info": "What?"}})
    recorder.always = lambda request, _: (
        user
        if request.parameters.get("uiprop") == "rights"
        else unknown
        if "intestactions" in request.parameters
        else None
    )

    told = found(protected=protected)

    assert [
        "warning: glaab cannot find out what Glaab may do with these credentials"
        " -> see on the wiki that Glaab may edit, and not much more"
    ] == told["rights"]
    assert [UNTOLD, CAN_BE_EDITED] == told["log page"]


def test_a_block_from_some_pages_is_a_warning_and_from_the_log_page_a_problem(found):
    expected = {
        "login": [
            "ok: logged in as Glaab",
            "warning: Glaab is blocked in part of the wiki by Admin with no end: Not here"
            f" -> if the log page is in that part, {lift()}",
        ],
        "log page": cannot_be_edited(
            "You have been blocked from editing this page, by Admin with no end: Not here",
            f" -> {lift()}",
        ),
    }

    assert ALL_WELL | expected == found(blocked="Not here", blocked_in_part=True)


def test_a_block_by_nobody_in_particular_and_without_a_reason_is_one(found, recorder):
    """Several blocks at once have no one who made them (MediaWiki 1.39, CompositeBlock)."""
    block = {"blockid": None, "blockedby": "", "blockreason": ""}
    recorder.faults.append(
        lambda *_: json_response({"query": {"userinfo": {"name": "Glaab"} | block}})
    )

    assert [
        "ok: logged in as Glaab",
        f"problem: Glaab is blocked by somebody: no reason is given -> {lift('its blocks')}",
    ] == found()["login"]


def test_a_redirect_is_not_the_log_page(found, recorder):
    recorder.simulator.save("#REDIRECT [[Elsewhere]]", user="Admin")

    assert (
        ALL_WELL
        | {"log page": [f'problem: "{PAGE}" is a redirect -> set MEDIAWIKI_LOG_PAGE to its target']}
        == found()
    )


@pytest.mark.parametrize("title", ["A|B", "Special:Log", "gitlab:ada", "<Log>", "|"])
def test_what_is_no_title_of_an_ordinary_page_is_a_problem(found, title):
    expected = [f'problem: "{title}" is not the title of a page to edit{TITLE}']

    assert ALL_WELL | {"log page": expected} == found(title=title)


def test_a_page_of_the_interface_is_not_the_log_page(found):
    expected = [
        'warning: "MediaWiki:Log" does not exist: the first approval will create it'
        " -> see that MEDIAWIKI_LOG_PAGE is right",
        'problem: glaab cannot edit "MediaWiki:Log": This page provides interface text for the'
        " software on this wiki, and is protected to prevent abuse. To add or change translations"
        " for all wikis, please use [https://translatewiki.net/ translatewiki.net], the MediaWiki"
        f" localisation project.{TITLE}",
    ]

    assert expected == found(title="MediaWiki:Log")["log page"]


def test_a_long_page_is_slow_and_is_told_of(found, recorder):
    recorder.simulator.save("x" * 1_048_576, user="Admin")

    assert [
        f'warning: "{PAGE}" has 1,048,576 bytes, all of which each edit reads and sends: that is'
        f" slow{ARCHIVE}",
        CAN_BE_EDITED,
    ] == found()["log page"]


@pytest.mark.parametrize(
    ("ahead_s", "said"), [(3605, r"1:00:0\d behind"), (-95, r"0:01:3\d ahead of")]
)
def test_a_clock_that_is_off_is_told_of(found, recorder, ahead_s, said):
    """With a bot password nothing else would: entries would be in the future, or in the past."""
    recorder.simulator.oauth.clock_ahead_s = ahead_s

    can_be_edited, clock = found(BOT)["wiki"]

    assert "ok: the wiki can be edited" == can_be_edited
    assert re.fullmatch(
        f"warning: this machine's clock is {said} the wiki's, and entries have this machine's time"
        " -> have this machine's clock set by NTP; if it is right, the wiki's is wrong",
        clock,
    )


@pytest.mark.parametrize("ahead_s", [30, -30])
def test_a_clock_that_is_a_little_off_is_none_of_our_business(found, recorder, ahead_s):
    recorder.simulator.oauth.clock_ahead_s = ahead_s

    assert ALL_WELL == found(BOT)


def test_a_clock_that_oauth_does_not_bear_with_is_a_clock_and_no_token(found, recorder):
    recorder.simulator.oauth.clock_ahead_s = -3605

    (told_of,) = found()["login"]

    assert "Expired timestamp, yours " in told_of
    assert re.search(r": this machine's clock is 1:00:0\d ahead of the wiki's: have this", told_of)
    assert "MEDIAWIKI_" not in told_of


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        (
            OAUTH,
            "The authorization headers in your request are not valid: Nonce already used: 1"
            " (mwoauth-invalid-authorization): the wiki cannot check credentials just now, as while"
            " it is read-only or its database is in trouble; that does not say that they are wrong",
        ),
        (
            BOT,
            "The wiki is currently in read-only mode. a new disk (readonly)",
        ),
    ],
    ids=["oauth", "bot-password"],
)
def test_a_wiki_that_is_read_only_lets_nobody_in_and_no_token_is_wrong(
    found, recorder, credentials, reason
):
    recorder.simulator.oauth.keeps_nonces = False

    told_of = {
        title: [re.sub("used: [0-9]+", "used: 1", each) for each in lines]
        for title, lines in found(credentials, readonly="a new disk").items()
    }

    (wiki,) = told_of.pop("wiki")
    expected = [f"warning: it could not be checked: {reason}{WAIT}"]
    assert dict.fromkeys(["login", "rights", "log page"], expected) == told_of
    assert f"warning: glaab cannot find out whether the wiki is read-only: {reason}" in wiki


def not_telling_of_edits(answer):
    """A wiki whose answers about what might be edited are made of the ordinary ones."""

    def interfere(request, handle):
        if "intestactions" not in request.parameters:
            return None
        return answer(request, handle)

    return interfere


NOT_TOLD = {
    "unknown": lambda *_: json_response({"error": {"code": "badvalue", "info": "What?"}}),
    "ignored": lambda *_: json_response({"query": {"pages": {"2": {"title": PAGE}}}}),
    "empty": lambda *_: json_response({"query": {"pages": {"2": {"actions": {}}}}}),
    "no page": lambda *_: json_response({"batchcomplete": ""}),
    "older": lambda *_: json_response({"query": {"pages": {"2": {"actions": {"edit": ""}}}}}),
}


@pytest.mark.parametrize("answer", NOT_TOLD.values(), ids=NOT_TOLD)
def test_a_wiki_that_does_not_tell_what_can_be_edited_is_judged_by_protection(
    found, recorder, answer
):
    recorder.always = not_telling_of_edits(answer)

    assert ALL_WELL | {"log page": [UNTOLD, CAN_BE_EDITED]} == found()


@pytest.mark.parametrize(
    ("rights", "pages", "expected"),
    [
        (
            ("bot",),
            None,
            [
                UNTOLD,
                *cannot_be_edited("it is protected: to edit it takes the right editprotected"),
            ],
        ),
        (("bot", "editprotected"), None, [UNTOLD, CAN_BE_EDITED]),
        (
            ("bot",),
            {},
            [
                MISSING,
                UNTOLD,
                *cannot_be_edited("it is protected: to create it takes the right editprotected"),
            ],
        ),
    ],
    ids=["too few rights", "enough rights", "missing page"],
)
def test_protection_counts_where_the_wiki_tells_nothing_else(
    found, recorder, rights, pages, expected
):
    recorder.always = not_telling_of_edits(NOT_TOLD["unknown"])
    switches = {} if pages is None else {"pages": pages}

    assert expected == found(protected=True, rights=rights, **switches)["log page"]


def test_secrets_are_not_in_its_repr(health_check):
    for secret in attrs.astuple(OAUTH):
        assert f"'{secret}'" not in repr(health_check())
