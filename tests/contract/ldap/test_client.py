"""LdapDirectory against a real OpenLDAP, and against servers that misbehave."""

import gc
import math
import unicodedata

import pytest

from glaab.adapters.http.session import RequestCounter
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.adapters.ldap.settings import LdapServer
from glaab.domain.errors import FailoverRestart, SystemUnavailable
from glaab.domain.evidence import No, Unknown, Yes
from glaab.domain.names import CN, Cn
from glaab.domain.sources.directory import DIRECTORY
from tests.builders import a_dn, a_person
from tests.contract.ldap.contract import ADA, BOB, DirectoryContract, members
from tests.contract.services.ldap_faults import (
    BIND,
    an_entry,
    answering,
    proxy,
    searches_end_with,
    silent,
)
from tests.contract.services.openldap import (
    BASE,
    BIND_DN,
    BIND_PASSWORD,
    HIDE_ALL,
    HIDE_LOCKS,
    Tree,
    free_port,
    openldap,
)
from tests.contract.sessions import LOOPBACK, an_ldap_directory, ldap_sessions

# pyasn1 0.6 warns of names that ldap3 2.9.1 imports.
pytestmark = pytest.mark.filterwarnings("ignore:(tag|type)Map is deprecated:DeprecationWarning")

POSIX_ACCOUNT_TO_ANYTHING = ("cG9zaXhBY2NvdW50", "ZXh0ZW5zaWJsZU9iamVjdA==")
WORLD = Tree(people=[ADA, BOB], groups={"wmf": [ADA.dn]}, disabled=[BOB.dn])


@pytest.fixture(scope="module")
def running():
    """OpenLDAP with two people, for tests that change nothing."""
    with openldap(WORLD, tls=True) as server:
        yield server


@pytest.fixture
def request_counter():
    return RequestCounter()


@pytest.fixture
def directory(request_counter):
    """A function: ports or servers -> the adapter that asks them."""

    def made(*servers, timeout_s=30, **login):
        asked = ldap_sessions(
            *servers, timeouts=TimeoutPolicy(timeout_s), request_counter=request_counter, **login
        )
        return an_ldap_directory(asked)

    return made


def who_is(directory, name="Ada Example"):
    return directory.people([name], CN)


FOUND = {"Ada Example": (ADA,)}


class TestOpenLdap(DirectoryContract):
    """The contract, kept by a real OpenLDAP."""

    rung = "service"

    @pytest.fixture
    def given(self, serving, directory):
        def made(people, groups=None, locked=frozenset(), hidden=frozenset()):
            tree = Tree(people=tuple(people), groups=groups or {}, disabled=locked)
            return directory(serving(tree, hidden=hidden).port)

        return made


class TestQuestions:
    def test_nothing_is_opened_before_the_first_question(self, directory, request_counter):
        asked = directory(free_port())

        assert {} == asked.people([], CN)
        assert {} == asked.memberships([])
        assert {} == asked.locked([])
        assert 0 == request_counter[DIRECTORY]

    def test_names_that_nobody_can_bear_are_not_sent(self, directory, request_counter):
        asked = directory(free_port())

        assert {} == asked.people(["\ud800", "", "x" * 40_000], CN)
        assert 0 == request_counter[DIRECTORY]

    @pytest.mark.parametrize(("people", "most"), [(1, 7), (100, 7), (101, 10), (450, 19)])
    def test_cost_follows_batches(self, serving, directory, request_counter, people, most):
        """Every search and bind is counted; at most 4 and 3 for each hundred people."""
        crowd = [a_person(f"u{at}", f"Person {at}") for at in range(people)]
        server = serving(Tree(people=crowd, groups={group: [ADA.dn] for group in "abc"}))
        asked = directory(server.port)

        asked.people([person.cns[0] for person in crowd], CN)
        members(asked, ["a", "b", "c"])
        asked.locked([person.dn for person in crowd])

        assert request_counter[DIRECTORY] <= most
        assert {"SRCH": request_counter[DIRECTORY] - 1, "BIND": 1} == server.operations

    def test_long_names_are_spread_over_searches(self, serving, directory):
        """OpenLDAP drops an anonymous connection that sends more than 256 KiB at once."""
        people = [a_person(f"u{at}", f"{at} {'山' * 9_000}") for at in range(5)]
        asked = directory(serving(Tree(people=people)).port)

        found = asked.people([person.cns[0] for person in people], CN)

        assert {person.cns[0]: (person,) for person in people} == found

    def test_no_letter_that_openldap_folds_is_missed(self, serving, directory, request_counter):
        """Entries would be found that nobody seems to have asked for, and searches be repeated."""
        codes = [*range(0x21, 0x590), *range(0x1E00, 0x2200), *range(0xFF00, 0xFFF0)]
        people = {
            f"x{letter}x": a_person(f"u{ord(letter):x}", f"x{letter}x")
            for letter in map(chr, codes)
            if unicodedata.category(letter) not in ("Cn", "Cs", "Co")
        }
        asked = directory(serving(Tree(people=people.values()), size_limit=10_000).port)

        found = asked.people(people, CN)

        assert [] == [name for name, person in people.items() if person not in found[name]]
        assert 1 + math.ceil(len(people) / 200) == request_counter[DIRECTORY]

    def test_the_longest_names_are_understood(self, directory, running):
        found = directory(running.port).people(["🐈" * 32_768, "Ada Example"], CN)

        assert FOUND == found

    def test_a_cut_off_answer_is_asked_for_in_parts(self, serving, directory, request_counter):
        """OpenLDAP ends a search at its size limit; ldap3 reports that in passing."""
        people = [a_person(f"u{at}", f"Person {at}") for at in range(8)]
        locked = [person.dn for person in people[:3]]
        asked = directory(serving(Tree(people=people, disabled=locked), size_limit=3).port)

        found = asked.people([person.cns[0] for person in people], CN)
        locks = asked.locked([person.dn for person in people])

        assert {person.cns[0]: (person,) for person in people} == found
        assert [Yes] * 3 + [No] * 5 == [type(locks[person.dn]) for person in people]

    @pytest.mark.parametrize("others", [[], ["Ada Example", "Nobody"]])
    def test_a_name_with_more_bearers_than_can_be_seen_is_no_answer(
        self, serving, directory, others
    ):
        namesakes = [a_person(f"u{at}", "Namesake") for at in range(4)]
        asked = directory(serving(Tree(people=[ADA, *namesakes]), size_limit=3).port)

        with pytest.raises(SystemUnavailable, match="more entries match than the directory gives"):
            asked.people(["Namesake", *others], CN)

    def test_a_name_in_another_language_is_a_name_too(self, serving, directory):
        """OpenLDAP finds `cn;lang-de` when asked for `cn`, and gives it."""
        both = a_person("both", "Impostor", cns=(Cn("Impostor"), Cn("Ada Example")))
        tree = Tree(people=[both, BOB])
        server = serving(Tree())
        server.load(tree, rewrite=("cn:: QWRhIEV4YW1wbGU=", "cn;lang-de:: QWRhIEV4YW1wbGU="))

        found = directory(server.port).people(["Ada Example", "Bob Example"], CN)

        assert {"Ada Example": (both,), "Bob Example": (BOB,)} == found

    def test_whatever_bears_a_name_is_found(self, serving, directory):
        """An entry of another class than posixAccount is one more bearer of its name."""
        server = serving(Tree())
        server.load(Tree(people=[ADA]), rewrite=POSIX_ACCOUNT_TO_ANYTHING)

        assert FOUND == who_is(directory(server.port))

    @pytest.mark.parametrize("holder", ["disabled", "locked_out"])
    def test_either_attribute_locks(self, serving, directory, holder):
        tree = Tree(people=[ADA, BOB], **{holder: [BOB.dn]})
        attribute = {"disabled": "pwdPolicySubentry", "locked_out": "pwdAccountLockedTime"}[holder]

        locked = directory(serving(tree).port).locked([ADA.dn, BOB.dn])

        assert {
            ADA.dn: No(f"{ADA.dn} is not locked"),
            BOB.dn: Yes(f"{BOB.dn} is locked ({attribute})"),
        } == locked

    @pytest.mark.parametrize(("locked", "searches"), [([], 2), ([BOB.dn], 3)])
    def test_only_whoever_is_not_seen_to_be_unlocked_is_asked_about_again(
        self, serving, directory, locked, searches
    ):
        """Beside the search for what the server is."""
        server = serving(Tree(people=[ADA, BOB], disabled=locked))

        directory(server.port).locked([ADA.dn, BOB.dn])

        assert searches == server.operations["SRCH"]

    @pytest.mark.parametrize(
        ("root_dse", "product"),
        [
            ("vendorName: 389 Project\n", "389 Directory Server"),
            ("supportedCapabilities: 1.2.840.113556.1.4.800\n", "Active Directory"),
            (
                "vendorName: Samba Team\nsupportedCapabilities: 1.2.840.113556.1.4.800\n",
                "Active Directory by Samba Team",
            ),
        ],
    )
    def test_on_another_product_nobody_is_proven_unlocked(
        self, serving, directory, root_dse, product
    ):
        """There a negated filter may match everybody (Samba 4.17, 389-DS 2.3)."""
        server = serving(Tree(people=[ADA, BOB], disabled=[BOB.dn]), root_dse=root_dse)

        locked = directory(server.port).locked([ADA.dn, BOB.dn])

        assert (
            Unknown(
                f"that no lock is found proves nothing: it is {product}, and the policy's layout is"
                " for openldap (directory.server)"
            )
            == locked[ADA.dn]
        )
        assert isinstance(locked[BOB.dn], Yes)

    def test_a_server_that_hides_what_it_is_is_taken_for_openldap(self, serving, directory):
        server = serving(Tree(people=[ADA]), root_dse=None)

        assert isinstance(directory(server.port).locked([ADA.dn])[ADA.dn], No)

    def test_a_root_dse_that_may_not_be_read_tells_nothing(self):
        with answering(searches_end_with(32)) as port:
            (session,) = ldap_sessions(port)

            assert "" == session.product.name

    def test_a_server_without_password_policies_proves_nothing(self, serving, directory):
        """An unknown attribute makes a filter undefined, even when it is negated."""
        asked = directory(serving(Tree(people=[ADA]), ppolicy=False).port)

        assert isinstance(asked.locked([ADA.dn])[ADA.dn], Unknown)

    def test_hidden_locks_are_unknown_for_everybody(self, serving, directory):
        asked = directory(serving(WORLD, acl=HIDE_LOCKS).port)

        locked = asked.locked([ADA.dn, BOB.dn])

        assert FOUND == who_is(asked)
        assert [Unknown, Unknown] == [type(answer) for answer in locked.values()]

    def test_a_directory_that_shows_nothing_gives_no_answer(self, serving, directory):
        server = serving(WORLD, acl=HIDE_ALL)

        assert isinstance(members(directory(server.port), ["wmf"])["wmf"], Unknown)
        with pytest.raises(SystemUnavailable, match="LDAP 32 noSuchObject"):
            who_is(directory(server.port))
        with pytest.raises(SystemUnavailable, match="LDAP 32 noSuchObject"):
            directory(server.port).locked([ADA.dn])

    def test_a_group_of_which_only_a_part_is_shown_is_unknown(self, directory):
        """Active Directory gives 1,500 values at once, and says so in the attribute's name."""
        part = an_entry(
            f"cn=wmf,ou=groups,{BASE}".encode(), **{"member;range=0-1499": ADA.dn.text.encode()}
        )
        with answering(searches_end_with(0, part)) as port:
            found = members(directory(port), ["wmf"])

        cut_off = f"group cn=wmf,ou=groups,{BASE} shows only a part of its members"
        assert {"wmf": Unknown(cut_off)} == found

    def test_names_that_may_be_searched_but_not_read_are_not_shown(self, serving, directory):
        acl = "access to attrs=cn,uid by * search\naccess to * by * read"
        asked = directory(serving(WORLD, acl=acl).port)

        found = asked.people(["Ada Example", "Bob Example", "Nobody"], CN)

        assert {"Ada Example", "Bob Example"} == found.keys()
        assert ((), ()) == (found["Ada Example"][0].cns, found["Ada Example"][0].uids)

    def test_a_group_is_the_same_by_name_and_by_dn(self, directory, running):
        dn = f"cn=wmf,ou=groups,{BASE}"

        found = members(directory(running.port), ["wmf", dn])

        assert {"wmf": frozenset({ADA.dn}), dn: frozenset({ADA.dn})} == found


class TestAccess:
    @pytest.mark.parametrize("host", [LOOPBACK, "localhost"])
    def test_ldaps_with_a_trusted_certificate_is_used(self, directory, running, host):
        server = LdapServer(host, running.tls_port, tls=True)

        assert FOUND == who_is(directory(server, ca_file=running.ca_file))

    def test_starttls_with_a_trusted_certificate_is_used(self, directory, running):
        asked = directory(running.port, starttls=True, ca_file=running.ca_file)

        assert FOUND == who_is(asked)
        assert "TLS established" in (running.folder / "log").read_text()

    def test_starttls_means_nothing_where_tls_is_already(self, directory, running):
        server = LdapServer(LOOPBACK, running.tls_port, tls=True)

        assert FOUND == who_is(directory(server, starttls=True, ca_file=running.ca_file))

    @pytest.mark.parametrize("tls", [True, False])
    def test_a_certificate_of_an_unknown_authority_is_refused(self, directory, running, tls):
        """The system's authorities alone are trusted unless others are named."""
        server = LdapServer(LOOPBACK, running.tls_port if tls else running.port, tls=tls)

        with pytest.raises(SystemUnavailable, match="certificate verify failed: self-signed"):
            who_is(directory(server, starttls=not tls))

    @pytest.mark.parametrize("tls", [True, False])
    def test_a_certificate_for_another_host_is_refused(self, serving, directory, tls):
        running = serving(WORLD, tls=True, certified_for="DNS:elsewhere.example")
        server = LdapServer(LOOPBACK, running.tls_port if tls else running.port, tls=tls)

        with pytest.raises(SystemUnavailable, match="IP address mismatch"):
            who_is(directory(server, starttls=not tls, ca_file=running.ca_file))

    def test_a_missing_file_of_authorities_is_no_permission(self, directory, running):
        server = LdapServer(LOOPBACK, running.tls_port, tls=True)

        with pytest.raises(SystemUnavailable, match="No such file"):
            who_is(directory(server, ca_file=running.folder / "missing.pem"))

    def test_starttls_refused_means_no_answer(self, serving, directory):
        with pytest.raises(SystemUnavailable, match="startTLS failed - protocolError"):
            who_is(directory(serving(WORLD).port, starttls=True))

    def test_no_password_is_sent_without_tls_when_tls_is_wanted(self, serving, directory):
        server = serving(WORLD)

        with pytest.raises(SystemUnavailable):
            who_is(directory(server.port, starttls=True, bind_dn=BIND_DN, password=BIND_PASSWORD))

        assert 0 == server.operations["BIND"]

    def test_credentials_are_used(self, serving, directory):
        acl = "access to attrs=userPassword by anonymous auth\naccess to * by users read"
        port = serving(WORLD, acl=acl).port

        assert FOUND == who_is(directory(port, bind_dn=BIND_DN, password=BIND_PASSWORD))
        with pytest.raises(SystemUnavailable, match="noSuchObject"):
            who_is(directory(port))

    @pytest.mark.parametrize(
        ("bind_dn", "password", "reason"),
        [
            (BIND_DN, "wrong secret", "it refused to bind .LDAP 49 invalidCredentials."),
            ("cn=nobody", "wrong secret", "it refused to bind .LDAP 49 invalidCredentials."),
            ("not a dn", "wrong secret", "it refused to bind .LDAP 34 invalidDNSyntax."),
            (BIND_DN, None, "password is mandatory"),
        ],
    )
    def test_refused_credentials_are_no_answer_and_no_secret_is_told(
        self, directory, running, bind_dn, password, reason
    ):
        asked = directory(running.port, bind_dn=bind_dn, password=password)

        with pytest.raises(SystemUnavailable, match=reason) as raised:
            who_is(asked)

        assert "secret" not in str(raised.value)

    def test_the_password_is_not_shown(self, directory, running):
        asked = directory(running.port, bind_dn=BIND_DN, password=BIND_PASSWORD)
        who_is(asked)

        assert BIND_PASSWORD not in repr(vars(asked))

    @pytest.mark.parametrize(
        ("server", "text"),
        [
            (LdapServer("ldap.example", 389, tls=False), "ldap://ldap.example:389"),
            (LdapServer("::1", 636, tls=True), "ldaps://[::1]:636"),
        ],
    )
    def test_a_server_reads_as_an_address(self, server, text):
        assert text == str(server)


def http(_number, _tag):
    return b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>" + b"x" * 99


def validate(_number, _tag):
    return b"\x30\x07nothing"


def hangs_up(_number, _tag):
    return b""


def hangs_up_on_searches(number, tag):
    return searches_end_with(0)(number, tag) if tag == BIND else b""


def answers_another_question(number, tag):
    return searches_end_with(0)(number + 7, tag)


MISBEHAVIOUR = {
    "another protocol": (http, "timed out"),
    "nonsense": (validate, "not LDAP"),
    "hangs up": (hangs_up, "session terminated by server"),
    "hangs up later": (hangs_up_on_searches, "session terminated by server"),
    "another answer": (answers_another_question, "invalid messageId"),
    "time limit": (searches_end_with(3), "LDAP 3 timeLimitExceeded"),
    "referral": (searches_end_with(10), "LDAP 10 referral"),
    "admin limit": (searches_end_with(11), "LDAP 11 adminLimitExceeded"),
    "busy": (searches_end_with(51), "LDAP 51 busy"),
    "unavailable": (searches_end_with(52), "LDAP 52 unavailable"),
    "unwilling": (searches_end_with(53), "LDAP 53 unwillingToPerform"),
    "other": (searches_end_with(80), "LDAP 80 other"),
    "unknown code": (searches_end_with(99), "not LDAP"),
    "unreadable DN": (searches_end_with(0, an_entry(b"uid=\xff", cn=b"Ada Example")), "not LDAP"),
}


def patient_for(reason, at_least_s=0.2):
    """Seconds to wait for an answer: few only if none comes."""
    return at_least_s if reason == "timed out" else 30


class TestFailures:
    """What goes wrong, and the words for it."""

    @pytest.mark.parametrize(("answer", "reason"), MISBEHAVIOUR.values(), ids=list(MISBEHAVIOUR))
    def test_a_server_that_misbehaves_gives_no_answer(self, directory, answer, reason):
        with answering(answer) as port, pytest.raises(SystemUnavailable, match=reason) as raised:
            who_is(directory(port, timeout_s=patient_for(reason)))

        assert DIRECTORY is raised.value.system
        assert f"ldap://127.0.0.1:{port}: " in raised.value.reason

    @pytest.mark.parametrize(("answer", "reason"), MISBEHAVIOUR.values(), ids=list(MISBEHAVIOUR))
    def test_the_next_server_answers_instead(self, directory, running, answer, reason):
        with answering(answer) as port:
            assert FOUND == who_is(directory(port, running.port, timeout_s=patient_for(reason, 2)))

    def test_nobody_listens(self, directory):
        with pytest.raises(SystemUnavailable, match="Connection refused"):
            who_is(directory(free_port()))

    @pytest.mark.parametrize(
        ("host", "reason"), [("", "invalid server"), ("a:b:c", "LDAP"), ("x" * 70 + ".de", "LDAP")]
    )
    def test_no_such_host(self, directory, host, reason):
        with pytest.raises(SystemUnavailable, match=reason):
            who_is(directory(LdapServer(host, 389, tls=False)))

    @pytest.mark.parametrize("tls", [True, False])
    @pytest.mark.parametrize("starttls", [True, False])
    def test_a_server_that_never_answers_is_given_up(self, directory, tls, starttls):
        with silent() as port, pytest.raises(SystemUnavailable, match="timed out"):
            who_is(directory(LdapServer(LOOPBACK, port, tls=tls), timeout_s=0.2, starttls=starttls))

    def test_impatience_counts_from_the_next_question_on(self, running):
        """A signal shortens the time that a connection in use is waited for."""
        timeouts = TimeoutPolicy(60)
        with proxy(running.port) as between:
            asked = an_ldap_directory(ldap_sessions(between.port, timeouts=timeouts))
            who_is(asked)
            between.mute = True
            timeouts.timeout_s = 0.2
            with pytest.raises(SystemUnavailable, match="timed out"):
                who_is(asked)

    @pytest.mark.parametrize("tls", [True, False])
    def test_tls_must_be_spoken_by_both(self, directory, running, tls):
        port = running.port if tls else running.tls_port

        with pytest.raises(SystemUnavailable, match=r"SSL|terminated"):
            who_is(directory(LdapServer(LOOPBACK, port, tls=tls)))

    def test_undecodable_names_are_nobodys(self, directory):
        entry = an_entry(a_dn("ada").text.encode(), cn=b"Ada\xff", uid=b"ada")
        with answering(searches_end_with(0, entry)) as port:
            found = who_is(directory(port))

        assert {"Ada Example": (a_person("ada", "Ada\ufffd"),)} == found

    def test_an_entry_without_names_has_none(self, directory):
        with answering(searches_end_with(0, an_entry(a_dn("ada").text.encode()))) as port:
            found = who_is(directory(port))

        assert {"Ada Example": (a_person("ada", cns=(), uids=()),)} == found

    def test_a_server_that_matches_in_its_own_way_is_asked_name_by_name(
        self, directory, request_counter
    ):
        """What was found by one name alone was found by that name."""
        entry = an_entry(a_dn("ada").text.encode(), cn=b"Augusta Ada", uid=b"ada")
        with answering(searches_end_with(0, entry)) as port:
            found = directory(port).people(["Ada Example", "Lady Lovelace"], CN)

        assert {"Ada Example", "Lady Lovelace"} == found.keys()
        assert 4 == request_counter[DIRECTORY]

    def test_members_that_are_no_dns_are_not_believed(self, directory):
        group = an_entry(f"cn=wmf,ou=groups,{BASE}".encode(), member=b"uid=ada\xff,ou=people")
        with answering(searches_end_with(0, group)) as port:
            found = members(directory(port), ["wmf"])

        assert isinstance(found["wmf"], Unknown)

    def test_another_group_than_the_one_asked_for_is_not_believed(self, directory):
        group = an_entry(f"cn=other,ou=groups,{BASE}".encode(), member=ADA.dn.text.encode())
        with answering(searches_end_with(0, group)) as port:
            found = members(directory(port), ["wmf"])

        assert isinstance(found["wmf"], Unknown)

    @pytest.mark.parametrize("code", [4, 10, 32, 34, 50])
    def test_a_group_that_may_not_be_read_is_unknown_alone(self, directory, code):
        with answering(searches_end_with(code)) as port:
            found = members(directory(port), ["wmf"])

        assert isinstance(found["wmf"], Unknown)

    @pytest.mark.parametrize("code", [10, 32, 34, 50])
    def test_people_that_may_not_be_read_are_no_answer(self, directory, code):
        with answering(searches_end_with(code)) as port, pytest.raises(SystemUnavailable):
            who_is(directory(port))


class TestSeveralServers:
    """One server answers a whole run."""

    def test_the_first_server_is_asked_as_long_as_it_answers(self, serving, directory, running):
        unused = serving(Tree())
        asked = directory(running.port, unused.port)

        who_is(asked)
        members(asked, ["wmf"])

        assert {} == unused.operations

    def test_a_server_that_is_gone_from_the_start_is_passed_over(self, directory, running):
        asked = directory(free_port(), free_port(), running.port)

        assert FOUND == who_is(asked)

    def test_a_server_that_fails_its_first_answer_is_passed_over(self, directory, running):
        """Nothing was answered before, so there is nothing to ask again."""
        with proxy(running.port) as between:
            between.cut_at = 1

            assert FOUND == who_is(directory(between.port, running.port))

    def test_a_question_in_parts_is_asked_again_as_a_whole(self, serving, directory):
        """The first part was answered by a server that failed at the second."""
        people = [a_person(f"u{at:03}", f"Person {at}") for at in range(300)]
        first, second = serving(Tree(people=people[:250])), serving(Tree(people=people))
        with proxy(first.port) as between:
            between.cut_at = 2
            asked = directory(between.port, second.port)

            found = asked.people([person.cns[0] for person in people], CN)

        assert {person.cns[0]: (person,) for person in people} == found

    def test_refused_credentials_are_tried_on_the_next_server(self, serving, directory, running):
        """Whether they are wrong or that server is, cannot be told."""
        refuses = serving(Tree(), acl=HIDE_ALL.replace("anonymous auth", "* none"))
        asked = directory(refuses.port, running.port, bind_dn=BIND_DN, password=BIND_PASSWORD)

        assert FOUND == who_is(asked)
        assert 1 == refuses.operations["BIND"]

    def test_a_server_that_fails_in_the_middle_means_to_start_over_once(
        self, serving, directory, running
    ):
        """Answers of two servers are never mixed."""
        first = serving(WORLD)
        asked = directory(first.port, running.port)
        who_is(asked)
        first.stop()

        with pytest.raises(
            FailoverRestart, match=f"ldap://127.0.0.1:{first.port}: session terminated"
        ):
            members(asked, ["wmf"])

        assert FOUND == who_is(asked)
        assert {"wmf": frozenset({ADA.dn})} == members(asked, ["wmf"])

    def test_a_connection_cut_in_the_middle_of_an_answer_means_to_start_over(
        self, directory, running
    ):
        with proxy(running.port) as between:
            asked = directory(between.port, running.port)
            who_is(asked)
            between.cut_at = 2

            with pytest.raises(FailoverRestart):
                asked.locked([ADA.dn])

        assert isinstance(asked.locked([ADA.dn])[ADA.dn], No)

    def test_a_server_passed_over_after_starting_over_means_no_second_start(
        self, serving, directory, running
    ):
        """After starting over, nothing counts as answered until something is."""
        first = serving(WORLD)
        asked = directory(first.port, free_port(), running.port)
        who_is(asked)
        first.stop()
        with pytest.raises(FailoverRestart):
            who_is(asked)

        assert FOUND == who_is(asked)

    def test_each_change_of_servers_means_to_start_over(self, serving, directory, running):
        first, second = serving(WORLD), serving(WORLD)
        asked = directory(first.port, second.port, running.port)
        for server in (first, second):
            who_is(asked)
            server.stop()

            with pytest.raises(FailoverRestart):
                who_is(asked)

        assert FOUND == who_is(asked)

    def test_no_server_is_left(self, serving, directory):
        """Every server's reason is told, and no server is asked again."""
        first, refused = serving(WORLD), free_port()
        asked = directory(first.port, refused)
        who_is(asked)
        first.stop()
        with pytest.raises(FailoverRestart):
            who_is(asked)
        with pytest.raises(SystemUnavailable) as raised:
            who_is(asked)
        first.start()

        with pytest.raises(SystemUnavailable) as again:
            members(asked, ["wmf"])

        assert f"ldap://127.0.0.1:{first.port}: session terminated" in raised.value.reason
        assert f"ldap://127.0.0.1:{refused}: " in raised.value.reason
        assert raised.value.reason == again.value.reason

    def test_a_failure_of_the_last_server_is_no_start(self, serving, directory):
        server = serving(WORLD)
        asked = directory(server.port)
        who_is(asked)
        server.stop()

        with pytest.raises(SystemUnavailable):
            who_is(asked)

    def test_a_missing_group_does_not_change_the_server(self, directory, running):
        asked = directory(running.port, free_port())

        members(asked, ["missing"])

        assert FOUND == who_is(asked)

    def test_connections_are_closed_when_nobody_needs_them(self, serving, directory):
        server = serving(WORLD)
        who_is(directory(server.port))
        gc.collect()

        assert "UNBIND" in (server.folder / "log").read_text()
