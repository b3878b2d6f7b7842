"""The variables of the LDAP directory."""

from pathlib import Path

import pytest

from glaab.adapters.ldap.settings import LdapServer, LdapSettings
from glaab.settings.values import Secret
from tests.unit.settings.settings_contract import SettingsContract
from tests.variables import (
    COMPLETE,
    SOMEWHERE_ELSE,
    changes,
    missing_in,
    read_settings,
    settings_of,
)

pytestmark = pytest.mark.usefixtures("elsewhere")

TABLE = {
    "LDAP_SERVERS": (
        (
            LdapServer("ldap-ro.eqiad.wikimedia.org", 636, tls=True),
            LdapServer("ldap-ro.codfw.wikimedia.org", 636, tls=True),
        ),
        "ldap.example",
        (LdapServer("ldap.example", 636, tls=True),),
    ),
    "LDAP_BASE_DN": ("dc=wikimedia,dc=org", "dc=example", "dc=example"),
    "LDAP_BIND_DN": (None, "cn=glaab,dc=example", "cn=glaab,dc=example"),
    "LDAP_BIND_PASSWORD": (None, "p", Secret("p")),
    "LDAP_STARTTLS": (False, "true", True),
    "LDAP_CA_FILE": (None, "/etc/ca.pem", Path("/etc/ca.pem")),
}


class TestLdapSettings(SettingsContract):
    group = LdapSettings
    table = TABLE


# -- how they are written


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("ldap.example", [("ldap.example", 636, True)]),
        ("ldap.example:3269", [("ldap.example", 3269, True)]),
        ("localhost", [("localhost", 389, False)]),
        ("LocalHost:1389", [("localhost", 1389, False)]),
        ("127.0.0.1:1389", [("127.0.0.1", 1389, False)]),
        ("127.8.9.1", [("127.8.9.1", 389, False)]),
        ("[::1]", [("::1", 389, False)]),
        ("[::1]:1389", [("::1", 1389, False)]),
        ("[2001:db8::1]:636", [("2001:db8::1", 636, True)]),
        ("ldaps://[2001:db8::1]", [("2001:db8::1", 636, True)]),
        ("ldaps://localhost", [("localhost", 636, True)]),
        ("ldaps://127.0.0.1:1636/", [("127.0.0.1", 1636, True)]),
        ("ldap://ldap.example", [("ldap.example", 389, False)]),
        ("LDAPS://ldap.example:1", [("ldap.example", 1, True)]),
        ("a,b", [("a", 636, True), ("b", 636, True)]),
        (" a ,  b:1, ldap://c ", [("a", 636, True), ("b", 1, True), ("c", 389, False)]),
    ],
)
def test_servers_have_several_forms(text, servers):
    """Without a scheme it means `ldaps`; on the loopback, where tunnels end, it means `ldap`."""
    settings = settings_of(LDAP_SERVERS=text).of(LdapSettings)

    assert servers == [(each.host, each.port, each.tls) for each in settings.ldap_servers]


@pytest.mark.parametrize(
    "dn", ["o=x", "DC=Example, DC=Org", r"o=Smith\, Sons,c=de", r"2.5.4.10=a\2Cb", "ou=a+o=b,c=é"]
)
def test_a_distinguished_name_may_be_spelt_in_many_ways(dn):
    assert {"LDAP_BASE_DN": dn} == changes(settings_of(LDAP_BASE_DN=dn))


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("LDAP_BASE_DN", "example.org", '"example.org" is no distinguished name'),
        ("LDAP_BASE_DN", "dc=example,", '"dc=example," is no distinguished name'),
        ("LDAP_BASE_DN", "dc=,dc=org", '"dc=,dc=org" is no distinguished name'),
        (
            "LDAP_BASE_DN",
            "dc=a,org",
            '"dc=a,org" is no distinguished name; it looks like dc=example',
        ),
        ("LDAP_SERVERS", " , ", "name at least one server"),
        ("LDAP_SERVERS", "https://ldap", '"https://ldap" is no LDAP server'),
        ("LDAP_SERVERS", "ldaps://", '"ldaps://" is no LDAP server'),
        ("LDAP_SERVERS", "ldaps://ldap/dc=x", '"ldaps://ldap/dc=x" is no LDAP server'),
        ("LDAP_SERVERS", "ldap:99999", '"ldap:99999" is no LDAP server'),
        ("LDAP_SERVERS", "ldap:ldap", '"ldap:ldap" is no LDAP server'),
        ("LDAP_SERVERS", "good bad:x", '"bad:x" is no LDAP server'),
    ],
)
def test_a_wrong_value_is_a_problem_and_leaves_the_default(name, text, wrong):
    settings, problems = read_settings({name: text}, None)

    (problem,) = problems
    assert problem.startswith(f"{name}: {wrong}")
    assert {} == changes(settings)


# -- what goes together


@pytest.mark.parametrize("name", ["LDAP_BIND_DN", "LDAP_BIND_PASSWORD"])
def test_a_bind_needs_a_name_and_a_password(name):
    (problem,) = missing_in(COMPLETE | {name: "x"})

    assert "LDAP_BIND_DN, LDAP_BIND_PASSWORD: set both, or neither for an anonymous bind" == problem


def test_a_bind_with_both_is_well():
    assert () == missing_in(COMPLETE | {"LDAP_BIND_DN": "cn=glaab", "LDAP_BIND_PASSWORD": "x"})


def test_ldap_without_tls_is_refused():
    (problem,) = missing_in(COMPLETE | SOMEWHERE_ELSE | {"LDAP_SERVERS": "ldaps://a ldap://b"})

    assert (
        "LDAP_SERVERS: ldap://b is not encrypted; use ldaps://, or set LDAP_STARTTLS=true"
        == problem
    )


def test_starttls_encrypts_ldap():
    servers = {"LDAP_SERVERS": "ldap://b", "LDAP_STARTTLS": "true"}

    assert () == missing_in(COMPLETE | SOMEWHERE_ELSE | servers)


def test_a_ca_file_must_be_there(elsewhere):
    (problem,) = missing_in(COMPLETE | {"LDAP_CA_FILE": str(elsewhere / "ca.pem")})

    assert f"LDAP_CA_FILE: there is no file {elsewhere / 'ca.pem'} that glaab can see" == problem


def test_a_ca_file_in_a_closed_folder_is_not_seen(closed):
    (problem,) = missing_in(COMPLETE | {"LDAP_CA_FILE": str(closed / "there")})

    assert f"LDAP_CA_FILE: there is no file {closed / 'there'} that glaab can see" == problem


def test_a_ca_file_that_is_there_is_well(elsewhere):
    (elsewhere / "ca.pem").write_text("")

    assert () == missing_in(COMPLETE | {"LDAP_CA_FILE": str(elsewhere / "ca.pem")})


# -- whose servers they are


@pytest.mark.parametrize("tunnel", ["localhost:1389", "127.0.0.1", "[::1]:1636 ldaps://localhost"])
def test_a_loopback_tunnel_moves_nothing(tunnel):
    assert () == missing_in(COMPLETE | {"LDAP_SERVERS": tunnel})


@pytest.mark.parametrize(
    "servers",
    ["ldap-ro.codfw.wikimedia.org", "ldap-ro.eqiad.wikimedia.org:636 127.0.0.1:3389"],
)
def test_a_part_or_another_spelling_of_the_default_moves_nothing(servers):
    """Still Wikimedia's: the other addresses may stay as they are."""
    assert () == missing_in(COMPLETE | {"LDAP_SERVERS": servers})


def test_a_tunnel_beside_another_server_is_not_only_a_tunnel():
    problems = missing_in(COMPLETE | {"LDAP_SERVERS": "localhost ldaps://ldap.example"})

    assert len(SOMEWHERE_ELSE) - 1 == len(problems)


def test_a_tunnel_counts_as_set_beside_addresses_that_moved():
    assert () == missing_in(COMPLETE | SOMEWHERE_ELSE | {"LDAP_SERVERS": "localhost"})
