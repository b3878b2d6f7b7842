"""Whatever outsiders write stays in its place, on the whole path through glaab."""

import json
import re
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.names import Cn, Dn, Uid
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from tests.builders import (
    a_gerrit_account,
    a_person,
    a_phabricator_account,
    a_proof,
    a_record,
    an_account,
    an_identity,
)
from tests.contract.wire import Intervention, Response
from tests.faults.harness import INTRODUCTION, Installation, Result
from tests.faults.world import TRUSTED
from tests.log_lines import a_log_line
from tests.pages import Page
from tests.worlds import World

ORDINARY = "Ordinary"
"""Stands where something hostile stands in the other world."""

HOSTILE = {
    "LDAP filter": "*)(uid=*))(|(cn=\\2a",
    "DN": "ada,ou=people,dc=wikimedia,dc=org+uid=#x",
    "NUL": "a\x00b",
    "entry of the log": f"a\n{a_log_line('mallory', when='00:00')}\n",
    "line of JSON": '"}\r\n{"event": "run_finished", "account": {"id": 7}}',
    "terminal escapes": "\x1b[2J\x1b]0;title\x07\x9b2J\x08\x7f",
    "separators": "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg",
    "wikitext": "]] |}} '''x''' {{subst:x}} ~~~~ __TOC__ == y ==",
    "wikitext that hides": "<!-- <nowiki> <pre>",
    "HTML": "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;",
    "bidirectional marks": "\u202eada\u2066\u200f\u061c",
    "invisible": "a\u200b\ufeff\u00ad\U000e0041",
    "look-alike": "Аdа Ехаmрlе",
    "compatibility letters": "Ａｄａ Ｅｘａｍｐｌｅ \u212a ﬁ",
    "rich markup": "[bold red]x[/] [link=https://evil.example]y[/link] :smile:",
    "placeholders": "%s %00 {0} ${HOME} $(id)",
    "lone surrogate": "a\ud800b",
    "combining marks": "a" + "\u0300" * 300,
    "10,000 characters": "x" * 10_000,
    "many escapes": "\x1b" * 1_000,
}
TEXTS = st.text(st.characters(), max_size=60)

APPROVED, MARKED, STRANGER, UNREADABLE, RECOVERED, LOCKED, DISABLED, GINA, LOOK_ALIKE, RAW = range(
    1, 11
)
LOGGED = {APPROVED, UNREADABLE, RECOVERED, GINA}
"""Who belongs into the logs; the others wait."""


# -- the world


def hostile_world(text: str) -> World:
    """A world in which *text* stands in every field that an outsider can write to."""
    name = text.encode("utf-8", "replace").decode()  # only JSON holds lone surrogates
    cns = {key: Cn(f"{key} {name}") for key in (APPROVED, MARKED, RECOVERED, LOCKED, DISABLED)}
    people = {
        key: a_person(cn=cn, dn=_dn(f"{key} {name}"), uids=(Uid(f"{key} {name}"),))
        for key, cn in cns.items()
    }
    gina, ada = a_person("gina", "Gina"), a_person("ada", "Ada Example")
    accounts = {
        **{key: _account(key, text, an_identity(cn)) for key, cn in cns.items()},
        STRANGER: _account(STRANGER, text, an_identity(text, text)),
        UNREADABLE: _account(UNREADABLE, text),
        GINA: _account(GINA, text, an_identity("Gina"), an_identity(text, text)),
        LOOK_ALIKE: _account(LOOK_ALIKE, text, an_identity("Ａｄａ Ｅｘａｍｐｌｅ")),
        RAW: _account(RAW, text, an_identity(f"{RAW} {text}")),
    }
    accounts[MARKED] = attrs.evolve(accounts[MARKED], mark=text)
    for key in (UNREADABLE, RECOVERED):
        accounts[key] = attrs.evolve(accounts[key], state=AccountState.ACTIVE)
    trusted = {person.dn for person in (*people.values(), ada)}
    owner = a_phabricator_account(f"{name}-owner")
    disabled = a_phabricator_account(f"{name}-disabled", is_disabled=True)
    return World(
        accounts=tuple(accounts.values()),
        notes={AccountId(RECOVERED): _note(text)},
        people=(*people.values(), gina, ada),
        directory_groups={
            "wmf": frozenset(trusted) | {Dn(text), Dn(f"uid={text},ou=people"), _dn(name)},
            "wmde": frozenset({Dn(text)}),
            "project-tools": frozenset({_dn(name)}),
        },
        locked=frozenset({people[LOCKED].dn}),
        lock_hidden=frozenset(),
        linked={cns[APPROVED]: (owner,), cns[DISABLED]: (disabled,)},
        projects={"trusted_contributors": frozenset({disabled.phid})},
        gerrit_accounts=(a_gerrit_account("gina"),),
        gerrit_groups={"Trusted-Contributors": frozenset({Uid("gina"), Uid(name)})},
    )


def _account(key: int, text: str, *identities):
    return an_account(id=AccountId(key), username=Username(f"{text}{key}"), identities=identities)


def _dn(uid: str) -> Dn:
    """As a directory writes it: only what has a meaning in a DN is escaped."""
    escaped = "".join(f"\\{each}" if each in ',+"\\<>;=#' else each for each in uid)
    return Dn(f"uid={escaped},ou=people,dc=wikimedia,dc=org".replace("\0", r"\00"))


def _note(text: str):
    return a_record(
        account_id=AccountId(RECOVERED),
        username=Username(f"{text}{RECOVERED}"),
        because=(text,),
        proof=a_proof(identity=an_identity(text, text), dn=text, cn=text, uid=text),
        run=text,
        policy=text,
        version=text,
    )


def installed(folder: Path, text: str) -> Installation:
    installation = Installation.healthy(folder, hostile_world(text))
    unreadable = installation.gitlab.simulator.users[UNREADABLE]
    unreadable.attributes |= {"glaab": "open", "glaab_approval": json.dumps({text: text})}
    return installation


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Callable[..., Result]:
    """A function: text, arguments -> what is printed about the world with that text in it."""
    known: dict[tuple[str, ...], Result] = {}

    def told(text: str, *arguments: str) -> Result:
        if (text, *arguments) not in known:
            installation = installed(tmp_path_factory.mktemp("told"), text)
            known[text, *arguments] = installation.run("-v", *arguments)
        return known[text, *arguments]

    return told


def ordinary(name: str) -> str:
    """What is compared with; as long, where notes are shortened for it."""
    return ORDINARY * (250 if len(HOSTILE[name]) > 200 else 1)


# -- what must not be found


def unseen(text: str) -> set[str]:
    """What of *text* does not show, or moves what does, but for ends of lines."""
    return {each for each in text if unicodedata.category(each)[0] == "C" and each != "\n"}


def in_their_places(expected: str, shown: str) -> bool:
    """Whether every line begins as its counterpart, up to where the outsider's text begins."""
    pairs = list(zip(expected.split("\n"), shown.split("\n"), strict=True))
    return all(
        line.startswith(like.partition(ORDINARY)[0]) if ORDINARY in like else like == line
        for like, line in pairs
    )


def new_lines(page: str) -> list[str]:
    """The lines of the log page that were not there before."""
    before = INTRODUCTION.splitlines()
    return [line for line in page.split("\n") if line and line not in before]


def log_of(installation: Installation) -> list[int]:
    """The ids on the lines of the file, each as often as it stands there."""
    lines = installation.audit_file.read_bytes().splitlines()
    return [json.loads(line)["account"]["id"] for line in lines]


ENTRY = re.compile(
    r"\* \d\d:\d\d (?:\[\[gitlab:[A-Za-z0-9_.%-]+\||\[http://[A-Za-z0-9_.%:/-]+ )"
    r"@[^\[\]{}<>|']*\]\]? (?:[^\[\]{}<>|~'=]|(?<=t)'(?=s ))+"
)
HEADING = re.compile(r"=== \d{4}-\d\d-\d\d ===")


# -- the commands


COMMANDS = (
    ["approve"],
    ["dry-run"],
    ["explain", str(MARKED)],
    ["explain", str(STRANGER)],
    ["report"],
    ["recheck"],
)
FOR_PEOPLE = ("--log-format", "text")
FOR_PROGRAMS = ("--log-format", "json", "--format", "json")
OF_THE_RUN = r"\d+ \w+ \d{4}, \d\d:\d\d UTC|(?<=Run <code>)\w+|(?<=, )\d+ \w+ \d{4}(?=</title>)"

every_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
every_name = pytest.mark.parametrize("name", HOSTILE)


@every_command
@every_name
def test_every_line_stays_where_it_is(told, name, command):
    """The lines, and so the verdicts, are those of the world in which nothing is hostile."""
    expected = told(ordinary(name), *FOR_PEOPLE, *command)

    shown = told(HOSTILE[name], *FOR_PEOPLE, *command)

    assert expected.code == shown.code, shown.err
    assert set() == unseen(shown.out)
    assert in_their_places(expected.out, shown.out)


@every_command
@every_name
def test_each_message_for_people_is_one_line(told, name, command):
    expected = told(ordinary(name), *FOR_PEOPLE, *command).err.splitlines()

    shown = told(HOSTILE[name], *FOR_PEOPLE, *command).err

    lines = shown.splitlines()
    assert len(expected) == len(lines)
    assert [] == [line for line in lines if not re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z \[", line)]
    assert set() == unseen(shown)


@every_command
@every_name
def test_each_message_for_programs_is_one_object(told, name, command):
    expected = told(ordinary(name), *FOR_PROGRAMS, *command).err.splitlines()

    shown = told(HOSTILE[name], *FOR_PROGRAMS, *command).err

    events = [json.loads(line)["event"] for line in shown.splitlines()]
    assert [json.loads(line)["event"] for line in expected] == events
    assert set() == unseen(shown)


@every_command
@every_name
def test_json_holds_what_was_written_and_nothing_else(told, name, command):
    expected = told(ordinary(name), *FOR_PROGRAMS, *command).document

    shown = told(HOSTILE[name], *FOR_PROGRAMS, *command)

    assert shown.out.isascii()
    assert set() == unseen(shown.out)
    assert shape(expected) == shape(shown.document)
    usernames = {each["id"]: each["username"] for each in shown.document["accounts"]}
    assert {key: f"{HOSTILE[name]}{key}" for key in usernames} == usernames


@pytest.mark.parametrize("command", ["report", "recheck"])
@every_name
def test_every_text_stays_in_its_place_in_the_page(told, name, command):
    """The elements are those of the page in which nothing is hostile, and so are the texts."""
    expected = told(ordinary(name), command, "--format", "html")

    shown = told(HOSTILE[name], command, "--format", "html")

    page, like = (Page.of(re.sub(OF_THE_RUN, "", each.out)) for each in (shown, expected))
    assert expected.code == shown.code, shown.err
    assert set() == unseen(shown.out)
    assert like.skeleton == page.skeleton
    assert page.has_the_places_of(like, ORDINARY)


def shape(document: dict) -> dict:
    """What of a document no outsider writes."""
    judged = ("id", "state", "verdict", "because", "outcome")
    return {
        "summary": document["summary"],
        "brake": document["brake"],
        "accounts": [
            {key: each[key] for key in judged if ORDINARY not in each["because"]}
            | {"evidence": [(item["rule"], item["answer"]) for item in each["evidence"]]}
            for each in document["accounts"]
            if each["id"] != RECOVERED  # its reasons are the note's
        ],
    }


@every_name
def test_each_approval_is_one_line_in_each_log(tmp_path, name):
    installation = installed(tmp_path, HOSTILE[name])

    installation.run("approve")

    page = installation.wiki.simulator.text
    headings = [line for line in new_lines(page) if HEADING.fullmatch(line)]
    entries = [line for line in new_lines(page) if not HEADING.fullmatch(line)]
    assert [] == [line for line in entries if not ENTRY.fullmatch(line)]
    assert len(LOGGED) == len(entries)
    assert 1 <= len(headings) <= 2
    assert set() == unseen(page)
    assert sorted(LOGGED) == sorted(log_of(installation))
    assert installation.audit_file.read_bytes().isascii()
    assert [] == installation.errors()


@every_name
def test_a_second_run_finds_every_entry_again(tmp_path, name):
    """Whatever was written can be read back: nobody is logged twice, and no note stays open."""
    installation = installed(tmp_path, HOSTILE[name])
    installation.run("approve")
    page = installation.wiki.simulator.text
    for key in LOGGED:
        installation.gitlab.simulator.users[key].attributes["glaab"] = "open"

    again = installation.run("approve")

    assert 0 == again.code, again.err
    assert page == installation.wiki.simulator.text
    assert sorted(LOGGED) == sorted(log_of(installation))
    assert [] == installation.notes_left_open()


@pytest.mark.parametrize("prefix", ["", "@", "https://evil.example/", "http://127.0.0.1:1/"])
@every_name
def test_a_reference_that_somebody_was_handed_is_told_in_one_line(tmp_path, name, prefix):
    """An administrator pastes what a newcomer wrote: it is no account, and does no harm."""
    shown = Installation.healthy(tmp_path).run("explain", f"{prefix}{HOSTILE[name]}")

    assert 2 == shown.code, shown.err
    assert "" == shown.out
    assert set() == unseen(shown.err)
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("digits", [20, 5_000])
def test_a_number_that_no_account_can_have_is_nobodys(tmp_path, digits):
    shown = Installation.healthy(tmp_path).run("explain", "9" * digits)

    assert 2 == shown.code, shown.err
    assert 1 == len(shown.err.splitlines())


# -- any text at all


@given(text=TEXTS)
@example(text="")
@example(text="\x1b\r\n")
@example(text="]]")
@example(text="\ud800\udc00")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_can_leave_its_place(text):
    """Terminal, page, JSON, log lines, wiki and JSON Lines at once, for any text there is."""
    with tempfile.TemporaryDirectory() as folder:
        installation = installed(Path(folder), text)
        looked = installation.run("-v", "--log-format", "text", "dry-run")
        page = installation.run("report", "--format", "html")
        acted = installation.run("approve", "--format", "json")

        approved = [key for key, what in outcomes(acted).items() if what == "approved"]
        entries = [each for each in new_lines(installation.wiki.simulator.text) if each[0] == "*"]
        assert (0, 0, 0) == (looked.code, page.code, acted.code), looked.err + acted.err
        assert {APPROVED, GINA} == set(approved)
        assert set() == unseen(looked.out + looked.err + page.out + acted.out + acted.err)
        assert left_pending(acted) == sorted(Page.of(page.out).values("tr", "data-verdict"))
        assert len(LOGGED) == len(entries)
        assert [] == [line for line in entries if not ENTRY.fullmatch(line)]
        assert sorted(LOGGED) == sorted(log_of(installation))


def left_pending(result: Result) -> list[str]:
    """The verdicts on those who stay."""
    accounts = result.document["accounts"]
    return sorted(each["verdict"] for each in accounts if each["outcome"] == "unchanged")


def outcomes(result: Result) -> dict[int, str]:
    return {each["id"]: each["outcome"] for each in result.document["accounts"]}


# -- what systems say


BODIES = {
    **{
        name: HOSTILE[name].encode()
        for name in ("line of JSON", "terminal escapes", "separators", "HTML", "many escapes")
    },
    "JSON that says it": json.dumps(
        {
            "message": {"\x1b[2J": ["\n\u202e"]},
            "error": {"code": "\x1b[2J\n", "info": "\x1b\u202e\n", "readonlyreason": "\r"},
            "error_code": "\x1b[2J\n",
            "error_info": "\u2028\x9b",
            "result": "\x00",
        }
    ).encode(),
    "a list": b"[1]",
    "null": b"null",
    "an infinite number": b'{"id": Infinity, "result": NaN, "error_code": null}',
    "a long number": b'{"id": ' + b"9" * 5_000 + b"}",
    "a long number in a list": b"[" + b"9" * 5_000 + b"]",
    "deep": b"[" * 100_000,
    "deep objects": b'{"message":' * 100_000,
    "magic and deep": b")]}'\n" + b"[" * 100_000,
    "magic and a long number": b")]}'\n[" + b"9" * 5_000 + b"]",
    "no UTF-8": b'\xff\xfe{"message": "\xc3\x28"}',
    "another encoding": '{"message": "x"}'.encode("utf-16"),
}


def says(response: Response, *methods: str) -> Intervention:
    """Answer requests of these methods so."""
    return lambda request, _: response if request.method in methods else None


SPEAKERS = {
    "GitLab": ({GITLAB}, ("GET", "POST", "PUT")),
    "GitLab of writes": ({GITLAB}, ("POST", "PUT")),
    "the wiki of edits": ({AUDIT_LOG}, ("POST",)),
    "the others": ({PHABRICATOR, GERRIT, AUDIT_LOG}, ("GET", "POST")),
}


@pytest.mark.parametrize("status", [200, 403, 404, 500])
@pytest.mark.parametrize("speaker", SPEAKERS)
@pytest.mark.parametrize("body", BODIES)
def test_whatever_a_system_says_is_told_in_its_place(tmp_path, speaker, body, status):
    """Nobody is let in for it, and it is no bug of ours."""
    installation = Installation.healthy(tmp_path)
    said = Response(status=status, headers={"Content-Type": "application/json"}, body=BODIES[body])
    systems, methods = SPEAKERS[speaker]
    for system in systems:
        installation.http[system].always = says(said, *methods)

    shown = installation.run("approve")

    assert shown.code in (3, 4), shown.err
    assert set() == unseen(shown.out + shown.err)
    assert [] == [line for line in shown.err.splitlines() if "event" not in json.loads(line)]
    assert set(installation.approved()) <= set(TRUSTED)
    assert len(shown.out) < 20_000


@pytest.mark.parametrize(
    "created_at", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_time_at_the_edge_of_time_is_no_bug(tmp_path, created_at):
    """GitLab's answer for everybody says so, and so does the note."""
    installation = Installation.healthy(tmp_path)

    def at_the_edge(_, handle):
        answer = handle()
        told = re.sub(
            rb'(created_at\\?": ?\\?")[^"\\]*', rb"\g<1>" + created_at.encode(), answer.body
        )
        return attrs.evolve(answer, body=told)

    installation.gitlab.always = at_the_edge
    for command in ("dry-run", "approve"):
        shown = installation.run(command)

        assert shown.code in (0, 3, 4), shown.err
