"""The report as a page: what it says, and that no name can leave its place in it."""

import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import product

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from glaab.domain.accounts import AccountId, SelfDescription, Username
from glaab.domain.brake import Brake
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.evidence import Evidence, Kind, No, Unknown, Yes
from glaab.domain.identity import Unchecked, Unproven
from glaab.domain.policy import Judgement, Verdict
from glaab.domain.ports import RunId, Unreadable
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.render.links import Link
from glaab.entrypoints.render.report import Report
from glaab.entrypoints.render.report_html import as_html
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.builders import NOON, a_proof, a_record, an_account, an_identity, an_unreadable_account
from tests.pages import Page
from tests.unit.results import (
    ENTRY,
    HOSTILE,
    QUEUE,
    SETTINGS,
    SYSTEMS,
    a_case,
    a_profile,
    a_report,
    a_run,
)

ORDINARY = "Ordinary"


def page_of(report):
    return Page.of(as_html(report))


# -- what it says


def test_everybody_has_a_row_with_everything():
    page = page_of(a_report(*QUEUE))

    assert ["veto", "hold"] == page.values("tr", "data-verdict")
    for words in (
        "@user2 2 by openid_connect 2 days 20 November 2026 veto Trusted as Staff, but",
        "✓ Staff: one of us ? Inactive: it is down What was not found Toolforge member: no member",
        "GitLab admin page GitLab profile LDAP entry Gerrit: ada @user1 1",
        "What would help This helps: more. Not found: Toolforge member: ada is no member",
    ):
        assert words in page.text
    assert "ldaps://ldap.example:636/uid=ada,ou=people,dc=wikimedia,dc=org" in page.values(
        "a", "href"
    )
    assert ["Speaks for it", "Speaks for it", "Not known"] == page.values("span", "aria-label")[:3]


def test_beside_a_username_stands_what_the_newcomer_wrote_and_how_the_account_signs_in():
    """Each provider once; what there is not is not mentioned."""
    identities = (an_identity("a", "github"), an_identity("b", "github"), an_identity("c", "cas"))
    said = SelfDescription(name="Ada E.", email_domain="mail.example")
    account = an_account(id=AccountId(7), identities=identities, self_description=said)

    talkative = page_of(a_report(a_case(7, Verdict.HOLD, account=account))).text
    silent = page_of(a_report(a_case(7, Verdict.HOLD, account=an_account(identities=())))).text

    assert "@ada 7 Ada E. mail.example by github by cas 2 days" in talkative
    assert "@ada 41 2 days" in silent
    assert "as the newcomer wrote them: they prove nothing. Behind “by” stands how" in silent


def test_rows_say_by_what_they_can_be_filtered():
    """A directory's entry, which all have who are proven, is no account elsewhere."""
    page = page_of(
        a_report(
            a_case(1, Verdict.HOLD, profiles=(ENTRY, a_profile(GERRIT, "ada"))),
            a_case(2, Verdict.HOLD, profiles=(ENTRY,)),
            a_case(3, Verdict.HOLD, proof=Unproven("who is it")),
            a_case(4, Verdict.WAIT, proof=Unchecked("it is down"), account=an_unreadable_account()),
        )
    )

    facets = ("verdict", "identity", "elsewhere", "age")
    assert [
        ("hold", "proven", "found", "1 to 6 days"),
        ("hold", "proven", "none", "1 to 6 days"),
        ("hold", "unproven", "none", "1 to 6 days"),
        ("wait", "unproven", "none", "not known"),
    ] == list(zip(*(page.values("tr", f"data-{facet}") for facet in facets), strict=True))


def test_what_cannot_be_read_of_an_account_is_left_out():
    spoilt = an_unreadable_account(id=AccountId(7), username=Username(""))

    page = page_of(a_report(a_case(7, Verdict.WAIT, account=spoilt)))

    assert "id 7 by openid_connect nobody knows wait Such is the reason." in page.text
    assert [""] == page.values("tr", "data-made")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://git.example/gitlab", "git.example"),
        ("https://git.example:8443/", "git.example:8443"),
    ],
)
def test_it_names_the_host_of_gitlab(url, host):
    """With a port if there is one."""
    page = page_of(attrs.evolve(a_report(), gitlab_url=url))

    assert f"on {host} , as of" in page.text


def test_it_says_when_and_by_what_it_was_made():
    page = page_of(a_report(*QUEUE))

    assert page.text.startswith("Waiting for approval on git.example, 22 November 2026 ")
    assert "as of 22 November 2026, 12:00 UTC" in page.text
    assert (
        "Made by glaab 1.0.0, which changed nothing. Run run-1 , policy sha256:0123 ." in page.text
    )
    assert "2026-11-22T12:00:00Z" == page.values("time", "datetime")[0]


@pytest.mark.parametrize(
    ("stay", "trusted", "said"),
    [
        (1, 0, "1 account stays pending. Those"),
        (2, 1, "2 accounts stay pending; 1 more is trusted and will be let in by the next run."),
        (1, 2, "1 account stays pending; 2 more are trusted and will be let in by the next run."),
        (1000, 0, "1,000 accounts stay pending. Those"),
        (0, 2, "Nobody stays pending. Of those who wait, all 2 are trusted and will be let in by"),
        (0, 0, "Nobody stays pending. Nobody waits for approval at all."),
    ],
)
def test_it_says_how_many_stay(stay, trusted, said):
    verdicts = [Verdict.HOLD] * stay + [Verdict.APPROVE] * trusted
    cases = [a_case(key, verdict) for key, verdict in enumerate(verdicts, 1)]

    assert said in page_of(a_report(*cases)).text


def test_without_anybody_there_is_no_table_and_no_picture():
    page = page_of(a_report())

    assert not {"table", "svg", "form"} & {tag for tag, _ in page.elements}


def test_a_queue_that_was_not_read_is_not_called_empty():
    page = page_of(a_report(outages={GITLAB: "it is down"}))

    assert "gitlab gave no usable answer. it is down. The queue could not be read" in page.text
    assert "Nobody" not in page.text


def test_it_names_the_systems_that_gave_no_usable_answer():
    page = page_of(a_report(*QUEUE, outages={GERRIT: "it is down"}))

    assert "gerrit gave no usable answer. it is down. Whoever it could have helped" in page.text


def test_what_many_wait_for_is_said_once():
    """With the number of those whom it concerns; in their rows stands its name."""
    down = "gerrit gave no usable answer: HTTP 503"
    evidence = tuple(
        Evidence("Staff", Kind.TRUST, GERRIT, Unknown(each)) for each in (down, "no ink")
    )
    judgement = Judgement(Verdict.WAIT, (), f"Not known: {down}; no ink.")
    cases = [
        a_case(key, Verdict.WAIT, evidence=evidence, judgement=judgement) for key in range(200)
    ]

    text = page_of(a_report(*cases, outages={GERRIT: "HTTP 503"})).text

    assert (1, 1) == (text.count("HTTP 503"), text.count("no ink"))
    assert "gerrit gave no usable answer. HTTP 503. Whoever it could have helped is" in text
    assert "Cause 1. no ink. Whoever it could have helped is" in text
    assert 2 == text.count("It concerns 200 accounts on this page.")
    assert 200 == text.count("Not known: gerrit gave no usable answer; Cause 1.")


def test_it_says_that_the_brake_stops_the_next_run():
    page = page_of(a_report(*QUEUE, brake=Brake(25, 26)))

    assert "The safety brake stops the next run. 26 accounts would be approved" in page.text
    assert ["approve", "veto", "hold"] == page.values("tr", "data-verdict")


@pytest.mark.parametrize(
    ("days", "said"), [(0, "today"), (1, "1 day "), (2, "2 days"), (1234, "1,234 days")]
)
def test_an_age_is_told_in_days(days, said):
    account = an_account(created_at=NOON - timedelta(days=days))

    assert (
        f"by openid_connect {said}"
        in page_of(a_report(a_case(1, Verdict.HOLD, account=account))).text
    )


@pytest.mark.parametrize("year", [1, 9999])
def test_the_edges_of_time_can_be_told(year):
    account = an_account(created_at=datetime(year, 6, 1, tzinfo=UTC))

    assert f"1 June {year}" in page_of(a_report(a_case(1, Verdict.HOLD, account=account))).text


# -- pictures


def test_the_pictures_are_of_those_who_have_a_row():
    """So that their numbers are those of the table; each says the same in words."""
    days = {1: 0, 2: 6, 3: 7, 4: 30, 5: 91, 6: 365, 7: 5000, 8: 0}
    cases = [
        a_case(
            key,
            {1: Verdict.VETO, 8: Verdict.APPROVE}.get(key, Verdict.HOLD),
            account=an_account(id=AccountId(key), created_at=NOON - timedelta(days=age)),
        )
        for key, age in days.items()
    ]

    page = page_of(a_report(*cases))

    assert (
        "today: 1, 1 to 6 days: 1, 1 to 4 weeks: 1, 1 to 3 months: 1, 3 to 12 months: 1,"
        " over a year: 2" in page.texts
    )
    assert "veto: 1, hold: 6" in page.texts
    assert [
        *(("part age", width) for width in ("75", "75", "75", "75", "75", "150")),
        *[("part veto", "25"), ("part hold", "150")],
    ] == list(zip(page.values("rect", "class"), page.values("rect", "width"), strict=True))[1::2]
    assert ["1"] * 5 + ["2", "1", "6"] == page.values("g", "data-total")


def test_whose_age_is_not_known_is_in_the_picture_too():
    """So that its numbers add up."""
    page = page_of(a_report(a_case(1, Verdict.WAIT, account=an_unreadable_account())))

    assert any(text.endswith("over a year: 0, not known: 1") for text in page.texts)


def test_a_bar_of_few_can_be_seen_beside_many():
    cases = [a_case(key, Verdict.HOLD) for key in range(1, 200)]

    page = page_of(a_report(a_case(200, Verdict.VETO), *cases))

    assert ["2", "2", "150", "150"] == page.values("rect", "width")[-4:]


# -- nothing from elsewhere


def test_only_its_own_style_and_script_are_allowed():
    html = as_html(a_report(*QUEUE))

    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    parts = {
        tag: re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[1] for tag in ("style", "script")
    }
    digests = {
        tag: b64encode(sha256(text.encode()).digest()).decode() for tag, text in parts.items()
    }
    assert (
        f"default-src 'none'; style-src 'sha256-{digests['style']}';"
        f" script-src 'sha256-{digests['script']}'; img-src data:; base-uri 'none';"
        " form-action 'none'" == policy.replace("&#39;", "'")
    )
    assert 1 == html.count("<script>") == html.count("</script>") == html.count("</style>")


def test_it_fetches_nothing():
    page = page_of(a_report(*QUEUE))

    assert [] == page.values("script", "src") == page.values("img", "src")
    assert ["data:,"] == page.values("link", "href")
    assert not re.search(r"url\(|@import", as_html(a_report(*QUEUE)))


def test_no_address_leads_to_a_script():
    """Whatever might come to make addresses one day."""
    report = a_report(QUEUE[0])
    link = Link(kind="gerrit", title="x", url="javascript:alert(1)")
    hostile = attrs.evolve(report, rows=(attrs.evolve(report.rows[0], links=(link,)),))

    assert [""] == page_of(hostile).values("a", "href")


# -- hostile names


def everywhere(text, command="report"):
    """A page of *command* in which every text from outside is *text*, and everything is said."""
    account = an_account(
        username=Username(text),
        identities=(an_identity(text, text),),
        self_description=SelfDescription(name=text, email_domain=text),
    )
    proven = a_proof(dn=f"uid={text}", cn=text, uid=text)
    answers = (Yes(f"1{text}"), No(f"2{text}", text), Unknown(f"3{text}"))
    evidence = tuple(
        Evidence(text, kind, system, answer)
        for kind, answer, system in product(Kind, answers, (GERRIT, DIRECTORY))
    )
    profiles = (
        a_profile(DIRECTORY, f"uid={text}"),
        a_profile(PHABRICATOR, text),
        a_profile(GERRIT, text),
    )
    cases = [
        a_case(
            key,
            verdict,
            account=attrs.evolve(account, id=AccountId(key)),
            proof=proof,
            evidence=evidence,
            judgement=Judgement(verdict, (text,), text),
            profiles=profiles,
        )
        for key, (verdict, proof) in enumerate(
            product(Verdict, (proven, Unproven(text, text), Unchecked(text))), 1
        )
    ]
    outages = {system: text for system in SYSTEMS if system != AUDIT_LOG}
    record = a_record(because=(text,), run=RunId(text), remark=text)
    approvals = {
        case.account.id: record if case.account.id % 2 else Unreadable(text) for case in cases
    }
    result = a_run(
        *cases,
        command=command,
        outages=outages,
        brake=Brake(0, 1 if command == "report" else 0),
        approvals=None if command == "report" else approvals,
    )
    result = attrs.evolve(result, run=RunId(text), policy=text, version=text)
    return Report.of(result, INTEGRATIONS, SETTINGS)


def assert_in_their_places(text, command="report"):
    expected, page = page_of(everywhere(ORDINARY, command)), page_of(everywhere(text, command))

    assert expected.skeleton == page.skeleton
    assert page.has_the_places_of(expected, ORDINARY)
    assert all(url.isascii() and url.isprintable() for url in page.values("a", "href"))


@pytest.mark.parametrize("command", ["report", "recheck"])
@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE.values(),
        "</script><script>alert(1)</script>",
        "\"'><img src=x onerror=alert(1)>",
        "{{ 7 * 7 }}{% endfor %}",
        "--><!--",
        "]]>&lt;&#60;",
    ],
)
def test_no_name_can_leave_its_place_in_the_page(text, command):
    """The elements are those of a page in which nothing is hostile, and so are the texts."""
    assert_in_their_places(text, command)


@given(text=st.text(st.characters(), min_size=1, max_size=60))
@example(text="\ud800\udc00")
@example(text="</td>")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_at_all_can_leave_its_place_in_the_page(text):
    """And it is there whole, with what does not show written out."""
    named = f"x{text}"

    assert_in_their_places(named)
    assert " ".join(escape_control(named).split()) in page_of(everywhere(named)).text


@pytest.mark.parametrize("command", ["report", "recheck"])
@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_in_a_page_is_invisible(name, command):
    page = as_html(everywhere(HOSTILE[name], command))

    assert page.encode()
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", page
    )
