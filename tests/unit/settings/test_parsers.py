"""How the value of a setting is written, and every way in which it may be wrong."""

from pathlib import Path

import pytest

from glaab.settings.parsers import is_file, is_loopback, parse
from tests.variables import FIELDS, changes, problems_of, read_settings, settings_of

pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "yes"])
def test_yes_has_several_words(word):
    assert parse(word, FIELDS["LDAP_STARTTLS"]) is True


@pytest.mark.parametrize("word", ["false", "False", "0", "no"])
def test_no_has_several_words(word):
    assert parse(word, FIELDS["LDAP_STARTTLS"]) is False


def test_a_path_may_begin_at_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/tool")

    assert Path("/home/tool/audit") == settings_of(GLAAB_AUDIT_FILE="~/audit").glaab_audit_file


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]"])
def test_http_is_well_on_the_loopback(host):
    assert f"http://{host}" == settings_of(GITLAB_URL=f"http://{host}").gitlab_url


WRONG = [
    ("GITLAB_URL", "gitlab.wikimedia.org", "is no address; it looks like https://host/path"),
    ("GITLAB_URL", "ftp://gitlab.example", "is no address; it looks like https://host/path"),
    ("GITLAB_URL", "https://", "is no address; it looks like https://host/path"),
    ("GITLAB_URL", "https://[::1", "Invalid IPv6 URL"),
    ("GITLAB_URL", "https://host:0", "is no address; it looks like https://host/path"),
    ("GITLAB_URL", "https://host:99999", "Port out of range"),
    ("GITLAB_URL", "https://host:http", "Port could not be cast"),
    ("GITLAB_URL", "https://ada:pw@host", "leave out user, password, query and fragment"),
    ("GITLAB_URL", "https://:pw@host", "leave out user, password, query and fragment"),
    ("GITLAB_URL", "https://host/?a=b", "leave out user, password, query and fragment"),
    ("GITLAB_URL", "https://host/#a", "leave out user, password, query and fragment"),
    ("GITLAB_URL", "http://gitlab.example", "would send credentials unencrypted; use https"),
    ("PHABRICATOR_URL", "http://10.0.0.1", "would send credentials unencrypted; use https"),
    ("GERRIT_URL", "http://localhost.example", "would send credentials unencrypted; use https"),
    ("MEDIAWIKI_URL", "http://wiki.example", "would send credentials unencrypted; use https"),
    ("GITLAB_URL", "https://git.example/api/v4/", "leave out /api/v4; write https://git.example"),
    ("GERRIT_URL", "https://host.example/r/a", "leave out /a; write https://host.example/r"),
    ("PHABRICATOR_URL", "https://p.example/api", "leave out /api; write https://p.example"),
    ("MEDIAWIKI_URL", "https://w.example/w/api.php", "api.php; write https://w.example/w/"),
    ("MEDIAWIKI_URL", "https://w.example/index.php", "index.php; write https://w.example/"),
    ("MEDIAWIKI_LOG_PAGE", "https://w.example/wiki/Log", "it is an address; write the title"),
    ("MEDIAWIKI_LOG_PAGE", "//w.example/wiki/Log", "it is an address; write the title"),
    ("GLAAB_HEARTBEAT_URL", "http://hc.example", "is no address with TLS; it looks like https:"),
    ("GLAAB_HEARTBEAT_URL", "hc.example?key=1", "is no address with TLS; it looks like https:"),
    ("LDAP_STARTTLS", "maybe", '"maybe" is neither true nor false'),
    ("GLAAB_MAX_APPROVALS", "-1", '"-1" is not a whole number of 0 or more'),
    ("GLAAB_MAX_APPROVALS", "2.5", '"2.5" is not a whole number of 0 or more'),
    ("GLAAB_MAX_APPROVALS", "٢", '"٢" is not a whole number of 0 or more'),
    ("GLAAB_TIMEOUT_S", "0", '"0" is not a number of seconds above 0, a day at most'),
    ("GLAAB_TIMEOUT_S", "-3", '"-3" is not a number of seconds above 0, a day at most'),
    ("GLAAB_TIMEOUT_S", "soon", '"soon" is not a number of seconds above 0, a day at most'),
    ("GLAAB_DEADLINE_S", "nan", '"nan" is not a number of seconds above 0, a day at most'),
    ("GLAAB_DEADLINE_S", "inf", '"inf" is not a number of seconds above 0, a day at most'),
    ("GLAAB_DEADLINE_S", "86401", '"86401" is not a number of seconds above 0, a day at most'),
    ("GLAAB_LOOK_EVERY_S", "0.5", '"0.5" is not a number of seconds from 1 to 3,600'),
    ("GLAAB_LOOK_EVERY_S", "3601", '"3601" is not a number of seconds from 1 to 3,600'),
    ("GLAAB_LOOK_EVERY_S", "5s", '"5s" is not a number of seconds from 1 to 3,600'),
    ("GLAAB_LISTEN", "9187", '"9187" is no host with a port; it looks like 127.0.0.1:9187'),
    ("GLAAB_LISTEN", ":9187", '":9187" is no host with a port; it looks like 127.0.0.1:9187'),
    ("GLAAB_LISTEN", "localhost", '"localhost" is no host with a port'),
    ("GLAAB_LISTEN", "localhost:0", '"localhost:0" is no host with a port'),
    ("GLAAB_LISTEN", "localhost:65536", '"localhost:65536" is no host with a port'),
    ("GLAAB_LISTEN", "http://localhost:80", "is no host with a port"),
    ("GLAAB_LOG_FORMAT", "xml", '"xml" is neither text nor json'),
    ("GLAAB_LOG_FORMAT", "JSON", '"JSON" is neither text nor json'),
    (
        "GLAAB_AUDIT_FILE",
        "~nobody-of-that-name/audit",
        'nobody knows whose folder "~nobody-of-that-name/audit" begins with; write it out',
    ),
]


@pytest.mark.parametrize(("name", "text", "wrong"), WRONG)
def test_a_wrong_value_is_a_problem_and_leaves_the_default(name, text, wrong):
    settings, problems = read_settings({name: text}, None)

    (problem,) = problems
    assert problem.startswith(f"{name}: ")
    assert wrong in problem
    assert ({}, {name}) == (changes(settings), settings.are_set)


def test_full_runs_are_not_more_frequent_than_looks():
    assert (
        "GLAAB_RUN_EVERY_S: full runs cannot be more frequent than looks, every 300 s; set it to"
        " 300 or more, or GLAAB_LOOK_EVERY_S to less",
    ) == problems_of(GLAAB_LOOK_EVERY_S="300")
    assert () == problems_of(GLAAB_LOOK_EVERY_S="180")


@pytest.mark.parametrize("text", ["[::1]:9187", "::1:9187"])
def test_where_to_listen_is_written_as_in_an_address(text):
    assert "[::1]:9187" == str(settings_of(GLAAB_LISTEN=text).glaab_listen)


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\x00", "\x1b", "\x7f"])
@pytest.mark.parametrize("name", ["GITLAB_ACCESS_TOKEN", "LDAP_BASE_DN", "GLAAB_CONTACT"])
def test_a_control_character_is_a_problem_which_does_not_show_it(name, character):
    """A token with a line break would end up in the middle of a header."""
    problems = problems_of(**{name: f"glpat{character}1"})

    assert (f"{name}: it contains a line break or another control character",) == problems


def test_what_is_not_utf_8_is_a_problem_which_does_not_show_it():
    problem = ("GERRIT_PASSWORD: it is not UTF-8 text",)

    assert problem == problems_of(GERRIT_PASSWORD="p\udce4ss")
    assert problem == problems_of(GERRIT_PASSWORD_FILE="p\udce4ss")


def test_a_letter_that_no_header_takes_is_a_problem():
    """The contact goes into the User-Agent."""
    problems = problems_of(GLAAB_CONTACT="https://wiki.example/Benützer")

    assert (
        "GLAAB_CONTACT: it goes into a header of HTTP, where only ASCII is allowed",
    ) == problems


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.0.9", "::1"])
def test_this_machine_is_the_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example", "10.0.0.1", "0.0.0.0", "127.1", "::2", ""])
def test_everything_else_is_not_the_loopback(host):
    assert not is_loopback(host)


def test_a_file_in_a_closed_folder_is_not_seen(closed):
    """Rather than an error."""
    assert not is_file(closed / "there")
