"""The report: who is in it, in what order, with what to look at, as a table and as JSON."""

import json
import sys
from datetime import timedelta
from io import StringIO
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glaab.adapters.gerrit.settings import GerritSettings
from glaab.adapters.ldap.settings import LdapServer, LdapSettings
from glaab.adapters.phabricator.settings import PhabricatorSettings
from glaab.domain.accounts import AccountId, Username
from glaab.domain.brake import Brake
from glaab.domain.errors import GITLAB
from glaab.domain.evidence import Evidence, Kind, No, NotAsked, Profile, Unknown, Yes
from glaab.domain.identity import Unchecked, Unproven
from glaab.domain.policy import Judgement, Verdict
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.render.as_json import report_as_json
from glaab.entrypoints.render.links import account_links
from glaab.entrypoints.render.report_row import Line, Mark, Nearness
from glaab.entrypoints.render.report_table import as_table
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.settings.core import Settings
from tests.builders import NOON, an_account, an_identity, an_unreadable_account
from tests.unit.made_up_source import roster
from tests.unit.made_up_source.roster import ROSTER, RosterSettings
from tests.unit.results import ENTRY, QUEUE, SETTINGS, a_case, a_profile, a_report

TRUSTED = ("Toolforge member",)


def evidence(answer, rule="Toolforge member", kind=Kind.TRUST, system=DIRECTORY):
    return Evidence(rule, kind, system, answer)


def order(report):
    return [row.case.account.id for row in report.rows]


# -- who, and in what order


BY_NEARNESS = {
    Nearness.HELD_BY_THE_BRAKE: {"judgement": Judgement(Verdict.APPROVE, TRUSTED, "Trusted.")},
    Nearness.VETOED: {"judgement": Judgement(Verdict.VETO, TRUSTED, "Trusted, but no.")},
    Nearness.PARTLY_TRUSTED: {
        "judgement": Judgement(Verdict.HOLD, (), "Nobody.", "this helps: more"),
        "evidence": (evidence(Yes("a member")), evidence(No("none"), system=GERRIT)),
    },
    Nearness.KNOWN_ELSEWHERE: {
        "judgement": Judgement(Verdict.HOLD, (), "Nobody.", "this helps: more"),
        "evidence": (evidence(No("none")), evidence(Yes("it is locked"), kind=Kind.VETO)),
        "profiles": (ENTRY, a_profile(GERRIT, "ada")),
    },
    Nearness.PROVEN: {
        "judgement": Judgement(Verdict.HOLD, (), "Nobody.", "this helps: more"),
        "evidence": (evidence(No("none")), evidence(Yes("it is locked"), kind=Kind.VETO)),
        "profiles": (ENTRY,),
    },
    Nearness.UNPROVEN: {
        "judgement": Judgement(Verdict.HOLD, (), "Who is it?"),
        "proof": Unproven("who is it"),
    },
    Nearness.WITHOUT_IDENTITY: {
        "judgement": Judgement(Verdict.HOLD, (), "Who is it?"),
        "proof": Unproven("who is it"),
        "account": an_account(id=AccountId(6), identities=()),
    },
    Nearness.TRUSTED_AND_WAITING: {"judgement": Judgement(Verdict.WAIT, TRUSTED, "Later.")},
    Nearness.WAITING: {
        "judgement": Judgement(Verdict.WAIT, (), "Later."),
        "proof": Unchecked("it is down"),
    },
}


def a_queue():
    """One of each, those who are furthest from being trusted first."""
    return [
        a_case(int(nearness), Verdict.HOLD, **given)
        for nearness, given in reversed(BY_NEARNESS.items())
    ]


def test_those_nearest_to_being_trusted_come_first():
    """Those who wait for a system come after those who carry no identity at all."""
    report = a_report(*a_queue(), brake=Brake(0, 1))

    assert list(Nearness) == [row.nearness for row in report.rows]
    assert list(range(9)) == order(report)


def test_the_oldest_come_first_among_equals():
    """And of those made in one moment the one with the lower id."""
    ages = {1: 1, 2: 3, 4: 2, 3: 2}
    cases = [
        a_case(
            key,
            Verdict.HOLD,
            account=an_account(id=AccountId(key), created_at=NOON - timedelta(days=days)),
        )
        for key, days in ages.items()
    ]

    assert [2, 3, 4, 1] == order(a_report(*cases))


def test_whose_age_cannot_be_read_comes_last_among_equals():
    """And is told without one."""
    spoilt = an_unreadable_account(id=AccountId(1), username=Username(""))
    wait = Judgement(Verdict.WAIT, (), "Later.")
    report = a_report(
        a_case(1, Verdict.WAIT, account=spoilt, judgement=wait), a_case(2, Verdict.WAIT)
    )

    assert [2, 1] == order(report)
    assert "    ? wait    id 1\n              Later.\n" in as_table(report, None, color=False)
    assert [2, None] == [
        each["age_days"] for each in json.loads("".join(report_as_json(report)))["accounts"]
    ]


def test_whom_the_next_run_lets_in_is_not_in_the_report():
    assert list(range(1, 9)) == order(a_report(*a_queue(), brake=Brake(1, 1)))


@pytest.mark.parametrize(
    ("age", "days"),
    [
        (timedelta(hours=23, minutes=59), 0),
        (timedelta(days=1), 1),
        (timedelta(days=400, hours=23), 400),
        (-timedelta(days=3), 0),
    ],
)
def test_an_age_is_of_whole_days(age, days):
    """An account from the future, by another clock, is new."""
    case = a_case(1, Verdict.HOLD, account=an_account(created_at=NOON - age))

    (row,) = a_report(case).rows

    assert days == row.age_days


# -- the reason, and what is known


def row_of(**changes):
    (row,) = a_report(a_case(1, Verdict.HOLD, **changes), brake=Brake(0, 1)).rows
    return row


@pytest.mark.parametrize(
    ("nearness", "reason", "way"),
    [
        (Nearness.HELD_BY_THE_BRAKE, "Trusted. The safety brake holds everybody back.", ""),
        (Nearness.VETOED, "Trusted, but no.", ""),
        (
            Nearness.PARTLY_TRUSTED,
            "A rule of the policy is satisfied in part.",
            "This helps: more.",
        ),
        (Nearness.KNOWN_ELSEWHERE, "Nobody.", "This helps: more."),
        (Nearness.PROVEN, "Nobody.", "This helps: more."),
        (Nearness.UNPROVEN, "Who is it?", ""),
    ],
)
def test_the_reason_is_short(nearness, reason, way):
    """Where there is advice on all that would help, it stands apart; nothing is said twice."""
    row = row_of(**BY_NEARNESS[nearness])

    assert (reason, way) == (row.reason, row.way)


def test_what_is_known_and_what_is_missing_are_told_apart():
    """What is as it should be, and what was not asked, is not told at all."""
    row = row_of(
        evidence=(
            evidence(Yes("a member")),
            evidence(No("no member", "become one"), rule="Staff"),
            evidence(Unknown("it is down"), rule="Trusted", system=GERRIT),
            evidence(No("not locked"), rule="Locked", kind=Kind.VETO),
            evidence(Yes("it is disabled"), rule="Disabled", kind=Kind.VETO),
            evidence(NotAsked(), rule="Inactive", kind=Kind.VETO),
        )
    )

    assert (
        Line(Mark.FOR, "Identity", "proven to be Ada Example (uid ada)"),
        Line(Mark.FOR, "Toolforge member", "a member"),
        Line(Mark.UNKNOWN, "Trusted", "it is down"),
        Line(Mark.AGAINST, "Disabled", "it is disabled"),
    ) == row.known
    assert (Line(Mark.MISSING, "Staff", "no member"),) == row.missing


def test_what_the_reason_says_is_not_said_again():
    row = row_of(
        judgement=Judgement(Verdict.VETO, TRUSTED, "Trusted, but it is locked."),
        evidence=(evidence(Yes("it is locked"), kind=Kind.VETO),),
    )

    assert ["Identity"] == [line.about for line in row.known]


@pytest.mark.parametrize("system", [PHABRICATOR, GERRIT])
def test_what_an_account_elsewhere_falls_short_of_is_known(system):
    """It tells more than that there is none."""
    item = evidence(No("not activated"), system=system)

    without = row_of(evidence=(item,))
    with_account = row_of(evidence=(item,), profiles=(Profile(system, "ada", "Ada"),))

    assert "not activated" in [line.text for line in without.missing]
    assert "not activated" in [line.text for line in with_account.known]


def test_an_entry_that_everybody_has_tells_nothing():
    """Whoever is proven has one; that it is no member of a group is not told as knowledge."""
    row = row_of(evidence=(evidence(No("no member")),), profiles=(ENTRY,))

    assert [("Toolforge member", False)] == [(line.about, line.has_account) for line in row.missing]


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (Unproven("who is it"), 'not proven; it carries github "ada", cas "Ada"'),
        (Unchecked("it is down"), 'not looked up; it carries github "ada", cas "Ada"'),
    ],
)
def test_an_identity_that_is_not_proven_is_told(proof, said):
    account = an_account(identities=(an_identity("ada", "github"), an_identity("Ada", "cas")))

    row = row_of(account=account, proof=proof)

    assert (Line(Mark.UNKNOWN, "Identity", said),) == row.known


def test_of_no_identity_there_is_nothing_to_tell():
    assert () == row_of(account=an_account(identities=()), proof=Unproven("who is it")).known


# -- what several have in common


def waits_for(key, *details, reason="", proof=None):
    """Somebody for whom this much is not known."""
    return a_case(
        key,
        Verdict.WAIT,
        judgement=Judgement(Verdict.WAIT, (), reason or f"Not known: {'; '.join(details)}."),
        evidence=tuple(evidence(Unknown(each), rule=each.title()) for each in details),
        **({"proof": proof} if proof else {}),
    )


def test_an_outage_is_told_once_and_named_by_those_who_wait_for_it():
    down = "gerrit gave no usable answer: HTTP 503"
    queue = [waits_for(1, down), waits_for(2, "no such group", down), waits_for(3, "ink")]

    report = a_report(*queue, outages={GERRIT: "HTTP 503"})

    (cause,) = report.causes
    assert ("gerrit gave no usable answer", "HTTP 503", GERRIT, 2) == (
        *(cause.name, cause.reason, cause.system, cause.count),
    )
    assert [
        "Not known: gerrit gave no usable answer.",
        "Not known: no such group; gerrit gave no usable answer.",
        "Not known: ink.",
    ] == [row.reason for row in report.rows]
    assert ["Identity"] * 3 == [line.about for row in report.rows for line in row.known]


def test_what_two_have_in_common_is_told_once_with_a_number():
    """The commonest first; also why it could not be looked up who somebody is."""
    queue = [
        waits_for(1, "ink", "ink on the group"),
        waits_for(2, "ink"),
        waits_for(3, reason="Who this is: ink on the group.", proof=Unchecked("ink on the group")),
        waits_for(4, "ink"),
        waits_for(5, "their own"),
    ]

    report = a_report(*queue)

    assert [("Cause 1", "ink", None, 3), ("Cause 2", "ink on the group", None, 2)] == [
        (each.name, each.reason, each.system, each.count) for each in report.causes
    ]
    assert [
        *("Not known: Cause 1; Cause 2.", "Not known: Cause 1.", "Who this is: Cause 2."),
        *("Not known: Cause 1.", "Not known: their own."),
    ] == [row.reason for row in report.rows]


def test_whoever_is_not_in_the_report_has_nothing_in_common_with_anybody():
    approved = a_case(2, Verdict.APPROVE, evidence=(evidence(Unknown("ink")),))

    assert () == a_report(waits_for(1, "ink"), approved).causes


def test_what_is_not_known_beside_the_reason_is_referred_to_too():
    vetoed = [
        a_case(key, Verdict.VETO, evidence=(evidence(Unknown("ink"), kind=Kind.VETO),))
        for key in (1, 2)
    ]

    assert ["Cause 1", "Cause 1"] == [row.known[-1].text for row in a_report(*vetoed).rows]


def test_the_table_tells_what_several_have_in_common_below_their_rows():
    """An outage is told by the summary."""
    queue = [waits_for(key, "\x1bink", "gerrit gave no usable answer: dry") for key in (1, 2)]

    table = as_table(a_report(*queue, outages={GERRIT: "dry"}), None, color=False)

    assert "\n\nCause 1, of 2 accounts: \\x1bink\n\n2 pending:" in table
    assert 1 == table.count("ink") == table.count("gerrit gave no usable answer: dry")


# -- links


def links_of(settings=SETTINGS, integrations=INTEGRATIONS, **changes):
    links = account_links(a_case(1, "", **changes), integrations, settings)
    return [(link.kind, link.title, link.url) for link in links]


def test_everything_that_is_known_can_be_looked_at():
    """Whole, the place where one approves first."""
    profiles = (
        ENTRY,
        a_profile(PHABRICATOR, "AdaP"),
        a_profile(PHABRICATOR, "ada2"),
        a_profile(GERRIT, "ada"),
    )

    assert [
        ("gitlab_admin", "GitLab admin page", "https://git.example/admin/users/user1"),
        ("gitlab_profile", "GitLab profile", "https://git.example/user1"),
        (
            "directory",
            "LDAP entry",
            "ldaps://ldap.example:636/uid=ada,ou=people,dc=wikimedia,dc=org",
        ),
        ("phabricator", "Phabricator: AdaP", "https://phab.example/p/AdaP/"),
        ("phabricator", "Phabricator: ada2", "https://phab.example/p/ada2/"),
        ("gerrit", "Gerrit: ada", "https://review.example/r/q/owner:ada"),
    ] == links_of(profiles=profiles)


def test_a_further_source_makes_the_links_to_its_own_profiles():
    """By its integration, and with its own settings."""
    settings = Settings(
        sources={RosterSettings: RosterSettings(roster_url="https://roster.example")}
    )
    integrations = (*INTEGRATIONS, roster.INTEGRATION)

    found = links_of(settings, integrations, profiles=(Profile(ROSTER, "ada b", "Duty roster"),))

    assert ("roster", "Duty roster", "https://roster.example/of/ada%20b") == found[-1]


def test_nothing_is_guessed():
    """Without a profile elsewhere there are the pages of GitLab alone."""
    found = [kind for kind, _, _ in links_of()]

    assert ["gitlab_admin", "gitlab_profile"] == found


def settings_of(*servers, slash=""):
    return Settings(
        gitlab_url=f"https://git.example/gitlab{slash}",
        sources={
            LdapSettings: LdapSettings(ldap_servers=servers),
            PhabricatorSettings: PhabricatorSettings(
                phabricator_url=f"https://phab.example{slash}"
            ),
            GerritSettings: GerritSettings(gerrit_url=f"https://review.example/r{slash}"),
        },
    )


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_addresses_are_those_of_the_settings(slash):
    """The first directory server; no slash is doubled."""
    servers = (LdapServer("ldap.example", 389, tls=False), LdapServer("b", 1, tls=True))
    settings = settings_of(*servers, slash=slash)
    profiles = (ENTRY, a_profile(PHABRICATOR, "ada"), a_profile(GERRIT, "ada"))

    assert [
        "https://git.example/gitlab/admin/users/user1",
        "https://git.example/gitlab/user1",
        "ldap://ldap.example:389/uid=ada,ou=people,dc=wikimedia,dc=org",
        "https://phab.example/p/ada/",
        "https://review.example/r/q/owner:ada",
    ] == [url for _, _, url in links_of(settings, profiles=profiles)]


def test_an_address_of_ipv6_stands_in_brackets():
    settings = settings_of(LdapServer("::1", 636, tls=True))

    assert links_of(settings, profiles=(ENTRY,))[-1][2].startswith("ldaps://[::1]:636/uid=ada")


@pytest.mark.parametrize("name", ["", ".", "..", "..."])
def test_what_is_no_part_of_a_path_is_not_linked(name):
    account = an_account(username=Username(name))
    profiles = (ENTRY, a_profile(PHABRICATOR, name))

    assert ["directory"] == [kind for kind, _, _ in links_of(account=account, profiles=profiles)]


@given(text=st.text(st.characters(), min_size=1, max_size=40))
@example(text='"><script>')
@example(text="a/../b?c#d")
@example(text="\ud800")
def test_no_name_can_leave_its_part_of_an_address(text):
    """It is there whole, and the rest of the address is as with any other name."""
    name = f"x{text}"
    found = links_of(
        account=an_account(username=Username(name)),
        profiles=(
            a_profile(DIRECTORY, f"uid={name}"),
            a_profile(PHABRICATOR, name),
            a_profile(GERRIT, name),
        ),
    )

    paths = [urlsplit(url) for _, _, url in found]
    assert all(url.isascii() and url.isprintable() and " " not in url for _, _, url in found)
    assert {("", "")} == {(each.query, each.fragment) for each in paths}
    assert [3, 1, 1, 3, 3] == [each.path.count("/") for each in paths]
    assert name == unquote(paths[1].path[1:], errors="surrogatepass")
    assert f"uid={name}" == unquote(paths[2].path[1:], errors="surrogatepass")


# -- the table


def test_the_table_tells_all_of_everybody():
    """Whole, and not folded: what reads it is no terminal."""
    assert """\
  age verdict account, and why it stays pending
              + speaks for it, ! against it, - not found, ? could not be looked up

  2 d veto    @user2 (2)
              Trusted as Staff, but it is locked.
              + Identity: proven to be Ada Example (uid ada)
              + Staff: one of us
              ? Inactive: it is down
              GitLab admin page https://git.example/admin/users/user2
              GitLab profile https://git.example/user2
              LDAP entry ldaps://ldap.example:636/uid=ada,ou=people,dc=wikimedia,dc=org
              Gerrit: ada https://review.example/r/q/owner:ada

  2 d hold    @user1 (1)
              A rule of the policy is satisfied in part.
              + Identity: proven to be Ada Example (uid ada)
              + Staff: a member
              - Toolforge member: ada is no member
              GitLab admin page https://git.example/admin/users/user1
              GitLab profile https://git.example/user1
              LDAP entry ldaps://ldap.example:636/uid=ada,ou=people,dc=wikimedia,dc=org

3 pending: 1 trusted, 1 held, 1 vetoed, 0 waiting. 0 approved, 0 to recover, 0 failed.
Requests: none.
""" == as_table(a_report(*QUEUE), sys.stdout, color=True)


def test_on_a_terminal_the_table_is_folded_below_its_heads(terminal):
    lines = as_table(a_report(*QUEUE), terminal, color=False).splitlines()

    table = lines[: lines.index("") + 1]
    assert all(len(line) <= 60 for line in lines)
    assert all(line.startswith(" " * 14) for line in table[2:-1])


@pytest.mark.parametrize("columns", ["1", "14", "23"])
def test_a_terminal_that_has_hardly_any_columns_gets_all_of_the_text(
    terminal, monkeypatch, columns
):
    """As what is no terminal does."""
    monkeypatch.setenv("COLUMNS", columns)

    text = as_table(a_report(*QUEUE), terminal, color=True)

    assert as_table(a_report(*QUEUE), None, color=False) == text


def test_on_a_terminal_with_colours_there_are_links_to_open(terminal):
    """The place where one approves is written out, for a terminal that cannot open it."""
    text = as_table(a_report(*QUEUE), terminal, color=True)

    assert "\x1b]8;" in text
    assert ";https://review.example/r/q/owner:ada\x1b\\" in text
    assert "mhttps://git.example/admin/users/user2\x1b" in text


def test_a_file_is_no_terminal_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert "\x1b" not in as_table(a_report(*QUEUE), None, color=True)


@pytest.mark.parametrize(
    ("outages", "said"),
    [
        ({}, "Nobody stays pending.\n0 pending: "),
        (
            {GITLAB: "it is down"},
            "gitlab gave no usable answer: it is down; the queue could not be read, nobody was"
            " refused.\n",
        ),
    ],
)
def test_a_queue_that_was_not_read_is_not_an_empty_one(outages, said):
    text = as_table(a_report(outages=outages), StringIO(), color=False)

    assert said in text
    assert bool(outages) is ("Nobody stays pending." not in text)


# -- JSON


def test_the_json_is_about_those_who_stay():
    """The counts are of all; each has an age and links besides what a dry run tells."""
    document = json.loads("".join(report_as_json(a_report(*QUEUE))))

    assert "report" == document["run"]["command"]
    assert 3 == document["summary"]["pending"]
    assert [(2, 2, "veto"), (1, 2, "hold")] == [
        (each["id"], each["age_days"], each["verdict"]) for each in document["accounts"]
    ]
    assert {
        "kind": "gerrit",
        "title": "Gerrit: ada",
        "url": "https://review.example/r/q/owner:ada",
    } == document["accounts"][0]["links"][-1]
