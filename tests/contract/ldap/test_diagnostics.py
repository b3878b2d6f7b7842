"""LdapCheckup against real OpenLDAPs: all well, and each thing broken in turn."""

import subprocess
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from glaab.adapters.ldap.diagnostics import LdapHealthCheck
from glaab.adapters.ldap.layout import PRESETS, WIKIMEDIA, ServerKind
from glaab.adapters.ldap.lock_tests import LockTest, LockTestKind
from glaab.adapters.ldap.settings import LdapServer
from glaab.domain.names import CN, DN, UID, NameKind
from tests.builders import a_person
from tests.contract.services import active_directory as ad
from tests.contract.services import freeipa, rfc2307
from tests.contract.services.ds389 import ds389
from tests.contract.services.ldap_faults import answering, searches_end_with
from tests.contract.services.openldap import (
    BASE,
    BIND_DN,
    BIND_PASSWORD,
    HIDE_ALL,
    HIDE_LOCKS,
    READ_ALL,
    Tree,
    free_port,
    openldap,
)
from tests.contract.sessions import LOOPBACK, ldap_sessions
from tests.contract.told import told

# pyasn1 0.6 warns of names that ldap3 2.9.1 imports.
pytestmark = pytest.mark.filterwarnings("ignore:(tag|type)Map is deprecated:DeprecationWarning")

ADA = a_person()
WORLD = Tree(people=[ADA, a_person("bob", "Bob")], groups={"wmf": [ADA.dn], "wmde": [ADA.dn]})
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PLAIN = "ok: it answers, without TLS, which the settings allow on the loopback alone"
LOCK_ATTRIBUTES = "pwdPolicySubentry and pwdAccountLockedTime"
BRANCHES = f"ou=people,{BASE} and ou=groups,{BASE}"
LOCKS_HIDDEN = (
    f"problem: {LOCK_ATTRIBUTES} of people cannot be read anonymously, so nobody can be proven not"
    " to be locked -> have the server's access rules let that be read, set LDAP_BIND_DN to somebody"
    " who may, or let directory.locked of the policy name what this server has; until then all whom"
    " a rule would approve have to wait"
)
OTHER_PRODUCT = (
    "problem: it is 389 Directory Server, and the policy's layout is for openldap"
    " (directory.server), so nobody can be proven not to be locked -> set directory.layout of the"
    " policy to the preset for this server, or directory.server to what it is; until then all whom"
    " a rule would approve have to wait"
)
NOT_REACHED = (
    " -> see that it runs and can be reached from here, as LDAP_SERVERS and LDAP_STARTTLS say"
)
NOT_TRUSTED = (
    " -> set LDAP_CA_FILE to the authority that signed its certificate, and name the server in"
    " LDAP_SERVERS as the certificate does; see that it has not expired"
)
SAME = {
    "the same groups on each server": ["ok: every server shows the same of the policy's groups"]
}


def well(how="anonymously", encryption=PLAIN):
    return [
        encryption,
        f"ok: {BRANCHES} can be seen {how}",
        f"ok: {LOCK_ATTRIBUTES} of people can be read",
    ]


def not_to_be_seen(what, how="anonymously", keys=", directory.people and directory.groups"):
    return (
        f"problem: {what} cannot be seen {how} -> see that LDAP_BASE_DN{keys} of the policy are"
        " right, and that whoever glaab binds as may read there"
    )


@pytest.fixture(scope="module")
def running():
    """OpenLDAP with two people and two groups, for tests that change nothing."""
    with openldap(WORLD, tls=True) as server:
        yield server


@pytest.fixture
def found():
    """A function: servers or ports, and what differs -> what the checkup tells of them."""
    asked = []

    def found(
        *servers,
        base_dn=BASE,
        layout=WIKIMEDIA,
        extern_uid=CN,
        groups=("wmf", "wmde"),
        locks_matter=True,
        now=LONG_AGO,
        **login,
    ):
        asked.extend(ldap_sessions(*servers, **login))
        health_check = LdapHealthCheck(
            sessions=asked,
            layout=layout.below(base_dn),
            extern_uid=extern_uid,
            groups=groups,
            locks_matter=locks_matter,
            clock=lambda: now,
        )
        assert BIND_PASSWORD not in repr(health_check)
        return told(health_check)

    yield found
    for session in asked:
        session.close()


def named(port):
    return f"ldap://127.0.0.1:{port}"


def end_of(certificates):
    """When the server's certificate expires, as openssl tells it."""
    command = ["openssl", "x509", "-in", "server.pem", "-noout", "-enddate", "-dateopt", "iso_8601"]
    done = subprocess.run(command, cwd=certificates.folder, check=True, capture_output=True)
    return datetime.fromisoformat(done.stdout.decode().strip().removeprefix("notAfter="))


class TestOneServer:
    def test_all_is_well(self, running, found):
        assert {named(running.port): well()} == found(running.port)

    def test_it_is_only_searched(self, serving, found):
        server = serving(WORLD)

        found(server.port)

        assert {"BIND": 1, "SRCH": 7} == server.operations

    def test_nobody_is_proven_not_to_be_locked_where_the_locks_are_hidden(self, serving, found):
        server = serving(WORLD, acl=HIDE_LOCKS)

        assert {named(server.port): [*well()[:2], LOCKS_HIDDEN]} == found(server.port)

    def test_nobody_is_proven_not_to_be_locked_where_locks_are_unknown(self, serving, found):
        """A server without the overlay ppolicy has no such attribute in its schema."""
        server = serving(WORLD, ppolicy=False)

        assert {named(server.port): [*well()[:2], LOCKS_HIDDEN]} == found(server.port)

    def test_nobody_is_proven_not_to_be_locked_by_another_product(self, serving, found):
        server = serving(WORLD, root_dse="vendorName: 389 Project\n")

        assert {named(server.port): [PLAIN, OTHER_PRODUCT, well()[1]]} == found(server.port)

    def test_hidden_locks_are_no_trouble_to_a_policy_without_that_veto(self, serving, found):
        server = serving(WORLD, acl=HIDE_LOCKS)

        assert {named(server.port): well()[:2]} == found(server.port, locks_matter=False)

    def test_a_directory_may_have_more_people_than_it_gives_at_once(self, serving, found):
        server = serving(WORLD, size_limit=1)

        assert {named(server.port): well()} == found(server.port)

    def test_a_directory_without_people_is_a_problem(self, serving, found):
        server = serving(Tree())

        assert {
            named(server.port): [
                *well()[:2],
                f"problem: nobody below ou=people,{BASE} can be seen with a cn and uid anonymously"
                " -> see that LDAP_BASE_DN, directory.people and directory.uid of the policy are"
                " right, and that whoever glaab binds as may read and search for cn and uid",
            ]
        } == found(server.port)

    def test_another_base_is_a_problem(self, running, found):
        branches = "ou=people,dc=example,dc=org and ou=groups,dc=example,dc=org"

        assert {named(running.port): [PLAIN, not_to_be_seen(branches)]} == found(
            running.port, base_dn="dc=example,dc=org"
        )

    def test_a_hidden_directory_is_a_problem(self, serving, found):
        server = serving(WORLD, acl=HIDE_ALL)

        assert {named(server.port): [PLAIN, not_to_be_seen(BRANCHES, f"as {BIND_DN}")]} == found(
            server.port, bind_dn=BIND_DN, password=BIND_PASSWORD
        )

    def test_a_branch_whose_own_entry_is_hidden_is_none_while_what_is_below_it_is_seen(
        self, serving, found
    ):
        """It is all that a run looks at."""
        acl = f'access to dn.base="ou=people,{BASE}" by * search\n{READ_ALL}'
        server = serving(WORLD, acl=acl)

        assert {named(server.port): well()} == found(server.port)

    def test_hidden_groups_are_a_problem_of_their_own(self, serving, found):
        groups = f"ou=groups,{BASE}"
        acl = f'access to dn.subtree="{groups}" by * none\naccess to * by * read'
        server = serving(WORLD, acl=acl)

        assert {
            named(server.port): [
                PLAIN,
                not_to_be_seen(groups, keys=" and directory.groups"),
                well()[2],
            ]
        } == found(server.port)


class TestWhoAsks:
    def test_whoever_binds_is_named(self, running, found):
        login = {"bind_dn": BIND_DN, "password": BIND_PASSWORD}

        assert {named(running.port): well(f"as {BIND_DN}")} == found(running.port, **login)

    @pytest.mark.parametrize(
        ("dn", "password"), [(BIND_DN, "wrong"), (f"cn=nobody,{BASE}", BIND_PASSWORD)]
    )
    def test_a_refused_bind_is_named_by_its_settings(self, running, found, dn, password):
        assert {
            named(running.port): [
                f"problem: it refused to bind (LDAP 49 invalidCredentials) as {dn}"
                " -> set LDAP_BIND_DN and LDAP_BIND_PASSWORD to what the server knows"
            ]
        } == found(running.port, bind_dn=dn, password=password)


class TestTls:
    @pytest.fixture(params=["ldaps", "StartTLS"])
    def encrypted(self, request, running, found):
        """A function: what differs -> what is told of the server, by TLS from the start or not."""
        tls = request.param == "ldaps"
        port = running.tls_port if tls else running.port

        def encrypted(host=LOOPBACK, **changes):
            server = LdapServer(host, port, tls)
            options = {"ca_file": running.ca_file, "starttls": not tls} | changes
            return found(server, **options)[str(server)]

        return encrypted

    def test_the_certificate_is_verified_and_its_end_told(self, running, encrypted):
        end = f"{end_of(running.certificates):%Y-%m-%d}"
        verified = "it answers over TLS, with a certificate that is verified for 127.0.0.1"

        assert well(encryption=f"ok: {verified} and valid until {end}") == encrypted()

    @pytest.mark.parametrize(
        ("left", "is_well"),
        [
            (timedelta(days=14, seconds=1), True),
            (timedelta(days=14), False),
            (timedelta(0), False),
        ],
    )
    def test_a_certificate_that_expires_within_14_days_is_a_problem(
        self, running, encrypted, left, is_well
    ):
        end = end_of(running.certificates)
        verified = "it answers over TLS, with a certificate that is verified for 127.0.0.1"
        soon = (
            f"problem: {verified} but expires on {end:%Y-%m-%d} -> have the certificate of"
            " 127.0.0.1 renewed: an expired one is not accepted"
        )
        valid = f"ok: {verified} and valid until {end:%Y-%m-%d}"

        assert well(encryption=valid if is_well else soon) == encrypted(now=end - left)

    def test_an_unknown_authority_is_named_by_its_setting(self, encrypted):
        (line,) = encrypted(ca_file=None)

        assert line.startswith("problem: ")
        assert "certificate verify failed: self-signed certificate" in line
        assert line.endswith(NOT_TRUSTED)

    def test_a_certificate_for_another_name_is_named_by_its_settings(self, serving, found):
        server = serving(WORLD, tls=True, certified_for="DNS:ldap.example.org")
        asked = LdapServer(LOOPBACK, server.tls_port, tls=True)

        (line,) = found(asked, ca_file=server.ca_file)[str(asked)]

        assert "certificate verify failed: IP address mismatch" in line
        assert line.endswith(NOT_TRUSTED)


class TestSilence:
    def test_a_server_that_is_down_is_a_problem(self, found):
        port = free_port()

        (line,) = found(port)[named(port)]

        assert line.startswith("problem: ")
        assert "Connection refused" in line
        assert line.endswith(NOT_REACHED)

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            (51, "it answered LDAP 51 busy"),
            (4, "more entries match than the directory gives at once"),
        ],
    )
    def test_an_answer_of_no_use_is_a_problem(self, found, code, said):
        with answering(searches_end_with(code)) as port:
            assert {named(port): [f"problem: {said}{NOT_REACHED}"]} == found(port)

    def test_a_base_that_is_found_and_yet_not_shown_cannot_be_seen(self, found):
        with answering(searches_end_with(0)) as port:
            assert {named(port): [PLAIN, not_to_be_seen(BRANCHES)]} == found(port)


class TestSeveralServers:
    def test_all_is_well(self, running, serving, found):
        other = serving(WORLD)

        assert {named(running.port): well(), named(other.port): well(), **SAME} == found(
            running.port, other.port
        )

    def test_one_that_is_down_is_a_problem_although_a_run_would_work(self, running, found):
        down = free_port()

        lines = found(running.port, down)

        assert well() == lines[named(running.port)]
        assert lines[named(down)][0].startswith("problem: ")
        assert [
            f"warning: what {named(down)} would tell cannot be compared: no usable answer"
            " -> see what is said of that server above"
        ] == lines["the same groups on each server"]

    def test_one_that_refuses_to_bind_is_not_compared_as_if_it_were_asked_by_nobody(
        self, running, found
    ):
        """Its connection would still answer, as to anybody."""
        tls = LdapServer(LOOPBACK, running.tls_port, tls=True)
        login = {"bind_dn": BIND_DN, "password": "wrong", "ca_file": running.ca_file}

        assert [
            f"warning: what {named(running.port)} and {tls} would tell cannot be compared: no"
            " usable answer -> see what is said of that server above"
        ] == found(running.port, tls, **login)["the same groups on each server"]

    def test_a_group_that_only_one_shows_is_a_problem(self, running, serving, found):
        behind = serving(Tree(people=[ADA], groups={"wmf": [ADA.dn]}))

        assert [
            f"problem: {named(behind.port)} does not show wmde, which another server shows"
            " -> have its replication repaired, or take it out of LDAP_SERVERS"
        ] == found(running.port, behind.port)["the same groups on each server"]

    def test_a_group_that_none_shows_is_not_their_disagreement(self, running, serving, found):
        other = serving(WORLD)
        groups = ("wmf", "gone", f"cn=wmde,ou=groups,{BASE}")

        assert SAME.items() <= found(running.port, other.port, groups=groups).items()

    def test_without_groups_there_is_nothing_to_compare(self, running, serving, found):
        other = serving(WORLD)

        assert {named(running.port): well(), named(other.port): well()} == found(
            running.port, other.port, groups=()
        )


# -- by layout

LOCKS_OF_FREEIPA = "nsAccountLock and krbPrincipalExpiration"
LOCKS_OF_AD = "userAccountControl and accountExpires"
UNTIL_THEN = "until then all whom a rule would approve have to wait"


def unreadable(attributes, how):
    return (
        f"problem: {attributes} of people cannot be read {how}, so nobody can be proven not to be"
        " locked -> have the server's access rules let that be read, set LDAP_BIND_DN to somebody"
        f" who may, or let directory.locked of the policy name what this server has; {UNTIL_THEN}"
    )


def another_kind(product, server):
    return (
        f"problem: it is {product}, and the policy's layout is for {server} (directory.server), so"
        " nobody can be proven not to be locked -> set directory.layout of the policy to the preset"
        f" for this server, or directory.server to what it is; {UNTIL_THEN}"
    )


class TestFreeIpa:
    @pytest.fixture
    def told_of(self, ipa, found):
        """A function: who asks and what differs -> what is told after the certificate."""

        def told_of(user=freeipa.READER, **changes):
            server = LdapServer(LOOPBACK, ipa.tls_port, tls=True)
            options = {"layout": PRESETS["freeipa"], "extern_uid": UID, "groups": ()} | changes
            login = {"bind_dn": user, "password": freeipa.PASSWORD} if user else {}
            lines = found(server, base_dn=freeipa.BASE, ca_file=ipa.ca_file, **login, **options)
            return lines[str(server)][1:]

        return told_of

    def test_all_is_well(self, told_of):
        assert [
            f"ok: {freeipa.PEOPLE} and {freeipa.GROUPS} can be seen as {freeipa.READER}",
            f"ok: {LOCKS_OF_FREEIPA} of people can be read",
        ] == told_of()

    def test_locks_that_may_not_be_read_are_named(self, told_of):
        how = f"as {freeipa.BLIND}"

        assert unreadable(LOCKS_OF_FREEIPA, how) == told_of(freeipa.BLIND)[1]

    def test_a_key_that_may_not_be_read_is_named(self, told_of):
        lines = told_of(None, extern_uid=NameKind("krbPrincipalName"))

        assert (
            f"problem: nobody below {freeipa.PEOPLE} can be seen with a krbPrincipalName"
            " anonymously -> see that LDAP_BASE_DN, directory.people and directory.uid of the"
            " policy are right, and that whoever glaab binds as may read and search for"
            " krbPrincipalName"
        ) == lines[1]

    @pytest.mark.parametrize("user", [freeipa.READER, freeipa.READ_ALL])
    @pytest.mark.parametrize("server", [ServerKind.OPENLDAP, ServerKind.ACTIVE_DIRECTORY])
    def test_another_kind_of_server_is_named(self, told_of, user, server):
        layout = attrs.evolve(PRESETS["freeipa"], server=server)

        lines = told_of(user, layout=layout)

        assert another_kind("389 Directory Server", server) == lines[0]
        assert not any("of people can be read" in line for line in lines)

    def test_an_attribute_that_the_schema_lacks_is_named(self, told_of):
        wrong = LockTest("nsAccountLok", LockTestKind.EQUALS, ("TRUE",))

        lines = told_of(layout=attrs.evolve(PRESETS["freeipa"], locked=(wrong,)))

        assert (
            "problem: that no lock is found proves nothing: the schema of the server does not show"
            " nsAccountLok, which directory.locked of the policy names -> see directory.locked of"
            f" the policy; {UNTIL_THEN}"
        ) == lines[-1]

    def test_a_branch_that_is_wrong_or_forbidden_is_named_by_its_key(self, told_of):
        """The server answers both alike."""
        layout = attrs.evolve(PRESETS["freeipa"], people="cn=humans,cn=accounts")

        (line,) = told_of(layout=layout)

        assert line == not_to_be_seen(
            f"cn=humans,cn=accounts,{freeipa.BASE}",
            f"as {freeipa.READER}",
            keys=" and directory.people",
        )

    def test_letters_that_gitlab_loses_are_looked_for_where_people_go_by_their_dn(self, told_of):
        assert "ok" == told_of(extern_uid=DN)[-1].partition(":")[0]

        with ds389() as server:
            kelvin = freeipa.person("kelvin", "\u212aelvin", rdn="cn=\u212aelvin")
            server.manager.add([kelvin])
            asked = LdapServer(LOOPBACK, server.tls_port, tls=True)
            (session,) = ldap_sessions(
                asked, bind_dn=freeipa.READER, password=freeipa.PASSWORD, ca_file=server.ca_file
            )
            health_check = LdapHealthCheck(
                sessions=[session],
                layout=PRESETS["freeipa"].below(freeipa.BASE),
                extern_uid=DN,
                groups=(),
                locks_matter=False,
                clock=lambda: LONG_AGO,
            )
            (line,) = told(health_check)[str(asked)][2:]
            session.close()

        assert line.startswith(f"warning: cn=\u212aelvin,{freeipa.PEOPLE} has a letter that GitLab")


class TestActiveDirectory:
    @pytest.fixture
    def told_of(self, samba, found):
        """A function: who asks and what differs -> what is told after the certificate."""

        def told_of(user=ad.READER, **changes):
            server = LdapServer(samba.host, samba.tls_port, tls=True)
            layout = PRESETS["active-directory"]
            options = {"layout": layout, "extern_uid": DN, "groups": ()} | changes
            login = {"bind_dn": user, "password": ad.PASSWORD} if user else {}
            lines = found(
                server,
                base_dn=ad.BASE,
                ca_file=samba.ca_file,
                is_active_directory=options["layout"].is_active_directory,
                **login,
                **options,
            )
            return lines[str(server)]

        return told_of

    def test_all_is_well(self, told_of):
        assert [
            f"ok: {ad.BASE} can be seen as {ad.READER}",
            f"ok: {LOCKS_OF_AD} of people can be read",
        ] == told_of()[1:]

    def test_a_hardened_domain_is_told_by_the_attributes_that_it_hides(self, samba, told_of):
        with samba.hardened():
            lines = told_of()

        assert unreadable(LOCKS_OF_AD, f"as {ad.READER}") == lines[-1]

    def test_anonymous_is_told_to_bind(self, told_of):
        assert [
            "problem: it answers nothing without a bind (LDAP 1 operationsError) -> set"
            " LDAP_BIND_DN and LDAP_BIND_PASSWORD to what the server knows"
        ] == told_of(None)

    def test_a_password_without_tls_is_told_to_use_it(self, samba, found):
        server = LdapServer(samba.host, samba.port, tls=False)

        lines = found(server, base_dn=ad.BASE, bind_dn=ad.READER, password=ad.PASSWORD)

        assert {
            str(server): [
                f"problem: it refused to bind (LDAP 8 strongerAuthRequired) as {ad.READER} -> use"
                " ldaps:// in LDAP_SERVERS, or set LDAP_STARTTLS=true"
            ]
        } == lines

    @pytest.mark.parametrize("uid", ["bob", "dave", "frank"])
    def test_why_an_account_may_not_log_in_is_told(self, samba, told_of, uid):
        why = {"bob": "disabled", "dave": "expired", "frank": "locked out"}[uid]

        (line,) = told_of(f"{uid}@{ad.DOMAIN}")

        assert (
            f"(LDAP 49 invalidCredentials: the account is {why})".replace(
                "is expired", "has expired"
            )
            in line
        )

    @pytest.mark.parametrize("preset", ["wikimedia", "freeipa"])
    def test_another_preset_is_named_and_what_it_lacks(self, told_of, preset):
        """Above an OU the server refers to others, unless it is known to be what it is."""
        layout = attrs.evolve(PRESETS[preset], people="", groups="", uid="sAMAccountName")

        lines = told_of(layout=layout)

        product = "Active Directory by Samba Team (https://www.samba.org)"
        assert another_kind(product, layout.server) == lines[1]
        assert lines[-1].startswith("warning: it refers to other servers, which are not asked")
        assert not any("of people can be read" in line for line in lines)


class TestRfc2307:
    @pytest.mark.parametrize(("user", "is_well"), [(rfc2307.READER, True), (None, False)])
    def test_locks_are_well_if_anybody_is_proven_not_to_be_locked(self, nis, found, user, is_well):
        """By values of some, where nobody lacks the attribute."""
        expire = LockTest("shadowExpire", LockTestKind.BEFORE_NOW, ("days",))
        layout = attrs.evolve(
            PRESETS["rfc2307"], people_filter="(|(uid=dave)(uid=erin))", locked=(expire,)
        )
        server = LdapServer(LOOPBACK, nis.tls_port, tls=True)
        login = {"bind_dn": user, "password": rfc2307.PASSWORD} if user else {}

        lines = found(
            server, base_dn=rfc2307.BASE, layout=layout, groups=(), ca_file=nis.ca_file, **login
        )

        well = "ok: shadowExpire of people can be read"
        assert (well if is_well else unreadable("shadowExpire", "anonymously")) == lines[
            str(server)
        ][-1]
