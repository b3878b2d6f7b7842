"""Credentials never follow: neither a redirect nor a link nor a referral to another server."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from glaab.adapters.gerrit.client import GerritApi, GerritRest
from glaab.adapters.gitlab.api import GitLabApi
from glaab.adapters.gitlab.client import GitLabRest
from glaab.adapters.http.session import HttpSession
from glaab.adapters.mediawiki.api import BotPassword, OAuth, WikiApi
from glaab.adapters.mediawiki.audit_log import WikiAuditLog
from glaab.adapters.mediawiki.page import WikiPage
from glaab.adapters.phabricator.client import PhabricatorConduit
from glaab.adapters.phabricator.conduit import Conduit
from glaab.domain.accounts import AccountId
from glaab.domain.errors import AUDIT_LOG, GITLAB, NotConfirmed, System, SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.names import CN, Cn, Uid
from glaab.domain.ports import NoteStatus
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR, Phid
from glaab.entrypoints.runtime.clock import now
from tests.builders import (
    GITLAB_URL,
    a_gerrit_account,
    a_phabricator_account,
    a_record,
    an_account,
)
from tests.contract.gerrit import simulator as gerrit
from tests.contract.gerrit.simulator import GerritSimulator
from tests.contract.gitlab import simulator as gitlab
from tests.contract.gitlab.simulator import GitLabSimulator
from tests.contract.mediawiki.simulator import MediaWikiSimulator
from tests.contract.mediawiki.simulator_oauth import Consumer
from tests.contract.phabricator import simulator as phabricator
from tests.contract.phabricator.simulator import PhabricatorSimulator
from tests.contract.services.ldap_faults import a_referral, answering, searches_end_with
from tests.contract.sessions import an_ldap_directory, http_session, ldap_sessions
from tests.contract.wire import Recorder, Request, Response, json_response, served
from tests.faults.harness import InProcess

REDIRECTS = (301, 302, 303, 307, 308)


class Stranger:
    """Another server, which would take whatever it is given."""

    def handle(self, _: Request) -> Response:
        return json_response({})


# -- the adapters, each as a function of its address


def a_session(system: System, url: str, *reads: str) -> HttpSession:
    return http_session(system, url, reads=reads)


def a_gitlab(url: str, session: HttpSession | None = None) -> GitLabRest:
    asked = session or a_session(GITLAB, url)
    return GitLabRest(api=GitLabApi(url=url, token=gitlab.TOKEN, session=asked))


def a_phabricator(url: str) -> PhabricatorConduit:
    session = a_session(PHABRICATOR, url, "POST")
    conduit = Conduit(url=url, token=phabricator.TOKEN, session=session)
    return PhabricatorConduit(conduit=conduit, user=phabricator.USER)


def a_gerrit(url: str) -> GerritRest:
    return GerritRest(
        api=GerritApi(
            url=f"{url}{gerrit.ROOT}",
            user=gerrit.USER,
            password=gerrit.PASSWORD,
            session=a_session(GERRIT, url),
        )
    )


def a_wiki(url: str, *, by_password: bool = False) -> WikiAuditLog:
    consumer = Consumer()
    oauth = OAuth(
        consumer_token=consumer.consumer_token,
        consumer_secret=consumer.consumer_secret,
        access_token=consumer.access_token,
        access_secret=consumer.access_secret,
    )
    api = WikiApi(
        url=f"{url}/w/",
        credentials=BotPassword("Glaab@glaab", "the-password") if by_password else oauth,
        session=a_session(AUDIT_LOG, url),
        clock=now,
    )
    return WikiAuditLog(WikiPage(api, "Tool:Gitlab-account-approval/Log"), GITLAB_URL)


SIMULATORS = {
    "gitlab": lambda: GitLabSimulator.of([an_account()]),
    "phabricator": lambda: PhabricatorSimulator.of(
        {Cn("Ada"): (a_phabricator_account(),)}, {"trusted": frozenset({Phid("PHID-USER-ada")})}
    ),
    "gerrit": lambda: GerritSimulator.of(
        [a_gerrit_account()], {"Trusted": frozenset({Uid("ada")})}
    ),
    "wiki": MediaWikiSimulator.of,
}
ASKING = {
    "gitlab: GET a list": ("GET", lambda url: a_gitlab(url).pending()),
    "gitlab: GET an account": ("GET", lambda url: a_gitlab(url).find(AccountId(41))),
    "gitlab: PUT": ("PUT", lambda url: a_gitlab(url).note(a_record())),
    "gitlab: PUT again": (
        "PUT",
        lambda url: a_gitlab(url).settle(AccountId(41), NoteStatus.LOGGED),
    ),
    "gitlab: POST": ("POST", lambda url: a_gitlab(url).approve(AccountId(41))),
    "phabricator: POST names": ("POST", lambda url: a_phabricator(url).accounts([Cn("Ada")])),
    "phabricator: POST a slug": ("POST", lambda url: a_phabricator(url).members("trusted")),
    "gerrit: GET a group": ("GET", lambda url: a_gerrit(url).members("Trusted")),
    "gerrit: GET accounts": ("GET", lambda url: a_gerrit(url).accounts([Uid("ada")])),
    "wiki: GET": ("GET", lambda url: a_wiki(url).append([a_record()])),
    "wiki: POST": ("POST", lambda url: a_wiki(url).append([a_record()])),
    "wiki: POST a password": (
        "POST",
        lambda url: a_wiki(url, by_password=True).append([a_record()]),
    ),
}


@contextmanager
def two_servers(name: str) -> Iterator[tuple[Recorder, str, Recorder, str]]:
    """The system that is meant, and another server; each with its address."""
    meant, other = Recorder(SIMULATORS[name]()), Recorder(Stranger())
    with served(meant) as url, served(other) as elsewhere:
        yield meant, url, other, elsewhere
    assert [] == meant.errors


# -- redirects


def along(elsewhere: str, request: Request) -> str:
    return f"{elsewhere}{request.raw_path}"


def without_scheme(elsewhere: str, request: Request) -> str:
    return f"{elsewhere.removeprefix('http:')}{request.raw_path}"


def disguised(elsewhere: str, request: Request) -> str:
    """Looks as if it led back, to whoever reads it carelessly."""
    return f"http://{request.headers['host']}@{elsewhere.removeprefix('http://')}/"


@pytest.mark.parametrize("place", [along, without_scheme, disguised])
@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("what", ASKING)
def test_a_redirect_is_not_followed(what, status, place):
    """The other server sees no request at all, and the question counts as not answered."""
    method, ask = ASKING[what]
    with two_servers(what.partition(":")[0]) as (meant, url, other, elsewhere):

        def redirect(request, _):
            if request.method != method:
                return None
            return Response(status=status, headers={"Location": place(elsewhere, request)})

        meant.always = redirect
        with pytest.raises((SystemUnavailable, NotConfirmed)) as raised:
            ask(url)

    assert [] == other.requests
    assert f"it redirects elsewhere (HTTP {status})" in str(raised.value)


@pytest.mark.parametrize("what", ASKING)
def test_without_a_redirect_every_question_is_answered(what):
    """So that what the redirects prevent is seen to be prevented by them."""
    method, ask = ASKING[what]
    with two_servers(what.partition(":")[0]) as (meant, url, other, _):
        ask(url)

    assert method in meant.methods
    assert [] == other.requests


def test_a_redirect_back_to_the_same_server_is_not_followed_either():
    """Nobody knows what stands between."""
    with two_servers("gitlab") as (meant, url, _, _):
        meant.always = lambda *_: Response(status=307, headers={"Location": f"{url}/api/v4/users"})
        with pytest.raises(SystemUnavailable):
            a_gitlab(url).pending()

    assert 1 == len(meant.requests)


# -- links


def test_a_link_to_another_server_is_not_followed():
    """GitLab's link names the next page by an address; only the cursor in it is used."""
    with two_servers("gitlab") as (meant, url, other, elsewhere):
        meant.simulator.queue(250, first=100)
        meant.simulator.external_url = elsewhere

        found = a_gitlab(url).pending()

    assert 251 == len(found)
    assert len(meant.requests) >= 3
    assert [] == other.requests


def test_a_plain_link_from_a_server_with_tls_is_not_followed():
    """Of a GitLab behind a proxy that ends TLS, the links begin with http."""
    simulator = SIMULATORS["gitlab"]()
    simulator.queue(250, first=100)
    simulator.external_url = "http://gitlab.example"
    encrypted, plain = Recorder(simulator), Recorder(Stranger())
    session = a_session(GITLAB, url := "https://gitlab.example")
    session.mount("https://", InProcess(encrypted))
    session.mount("http://", InProcess(plain))

    found = a_gitlab(url, session).pending()

    assert 251 == len(found)
    assert len(encrypted.requests) >= 3
    assert [] == plain.requests


@pytest.mark.parametrize(
    "link",
    [
        '<{}/api/v4/users?cursor=x>; rel="next"',
        '<//{}/api/v4/users?cursor=x>; rel="next"',
        "<{}\\@evil/?cursor=x>; rel=next",
        '<{}>; rel="next"',
        '<{}/?cursor=%0d%0aHost:%20x>; rel="next"',
    ],
)
def test_no_form_of_a_link_leads_elsewhere(link):
    """Whether it is refused or its cursor is used: nothing arrives at the other server."""
    with two_servers("gitlab") as (meant, url, other, elsewhere):
        meant.always = lambda *_: json_response([], Link=link.format(elsewhere))
        with pytest.raises(SystemUnavailable):
            a_gitlab(url).pending()

    assert [] == other.requests
    assert {"/api/v4/users"} == {request.path for request in meant.requests}


# -- referrals


@pytest.mark.parametrize("code", [0, 10])
def test_a_referral_is_not_followed(code):
    """The server that the directory refers to sees neither a bind nor a search."""
    arrived = []

    def stranger(number: int, tag: int) -> bytes:
        arrived.append(tag)
        return searches_end_with(0)(number, tag)

    with (
        answering(stranger) as elsewhere,
        answering(
            searches_end_with(code, a_referral(f"ldap://127.0.0.1:{elsewhere}/".encode()))
        ) as port,
    ):
        asked = ldap_sessions(port, bind_dn="cn=bot", password="s3cret")
        directory = an_ldap_directory(asked)
        if code:
            with pytest.raises(SystemUnavailable):
                directory.people(["Ada Example"], CN)
        else:
            (answer,) = directory.people(["Ada Example"], CN).values()
            assert isinstance(answer, Unknown)

    assert [] == arrived
