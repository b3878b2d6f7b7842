"""LdapDirectory by layout: on 389-DS with FreeIPA's tree, on Samba, on an OpenLDAP of RFC 2307."""

from uuid import UUID

import attrs
import pytest

from glaab.adapters.http.session import RequestCounter
from glaab.adapters.ldap.layout import PRESETS, ServerKind
from glaab.adapters.ldap.lock_tests import LockTest, LockTestKind
from glaab.adapters.ldap.settings import LdapServer
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import No, Unknown, Yes
from glaab.domain.names import CN, DN, UID, Dn, NameKind, Uid
from glaab.domain.sources.directory import DIRECTORY, Member
from tests.contract.services import active_directory as ad
from tests.contract.services import freeipa, rfc2307
from tests.contract.sessions import LOOPBACK, an_ldap_directory, ldap_sessions

# pyasn1 0.6 warns of names that ldap3 2.9.1 imports.
pytestmark = pytest.mark.filterwarnings("ignore:(tag|type)Map is deprecated:DeprecationWarning")

FREEIPA, ACTIVE_DIRECTORY = PRESETS["freeipa"], PRESETS["active-directory"]
EQUALS, IN, BIT = LockTestKind.EQUALS, LockTestKind.IN, LockTestKind.BIT
BEFORE_NOW, PRESENT = LockTestKind.BEFORE_NOW, LockTestKind.PRESENT
SHELL = LockTest("loginShell", IN, ("/bin/false", "/sbin/nologin", "/usr/sbin/nologin"))
EXPIRE = LockTest("shadowExpire", BEFORE_NOW, ("days",))
TYPE = LockTest("employeeType", EQUALS, ("inactive",))
UNIX = attrs.evolve(PRESETS["rfc2307"], locked=(SHELL, EXPIRE, TYPE))
NAMES = attrs.evolve(UNIX, member="member", group_filter="(member=*)", nested=True)
WIKIMEDIAS_LOCKS = PRESETS["wikimedia"].locked


def connected(host, server, layout, base_dn, user, password):
    """The directory, and how many requests it made."""
    counter = RequestCounter()
    sessions = ldap_sessions(
        LdapServer(host, server.tls_port, tls=True),
        bind_dn=user,
        password=password if user else None,
        ca_file=server.ca_file,
        is_active_directory=layout.is_active_directory,
        request_counter=counter,
    )
    directory = an_ldap_directory(sessions, base_dn, layout)
    return directory, counter


@pytest.fixture
def freeipa_as(ipa):
    """A function: who asks, and the layout if it is another -> the directory."""

    def freeipa_as(user=freeipa.READER, layout=FREEIPA):
        return connected(LOOPBACK, ipa, layout, freeipa.BASE, user, freeipa.PASSWORD)[0]

    return freeipa_as


@pytest.fixture
def samba_as(samba):
    """A function: who asks, and the layout if it is another -> the directory."""

    def samba_as(user=ad.READER, layout=ACTIVE_DIRECTORY):
        return connected(samba.host, samba, layout, ad.BASE, user, ad.PASSWORD)[0]

    return samba_as


@pytest.fixture
def unix_as(nis):
    """A function: who asks, and the layout if it is another -> the directory."""

    def unix_as(user=rfc2307.READER, layout=UNIX):
        return connected(LOOPBACK, nis, layout, rfc2307.BASE, user, rfc2307.PASSWORD)[0]

    return unix_as


def found(directory, kind, *names):
    """The uid of whom each name finds; the reason where it may be hidden; None for nobody."""
    people = directory.people(names, NameKind(kind))
    return [
        answer.detail if isinstance(answer, Unknown) else "".join(p.uids[0] for p in answer) or None
        for answer in (people.get(name, ()) for name in names)
    ]


def locks(directory, dn_of, *names):
    """Yes, No or Unknown for each person."""
    dns = [Dn(dn_of(name)) for name in names]
    answers = directory.locked(dns)
    return [type(answers[dn]) for dn in dns]


def members(directory, dn_of, group, *names):
    """Who is in a group, in one string; or why that is not known."""
    pairs = [(group, Member(Dn(dn_of(name)), Uid(name))) for name in names]
    answers = directory.memberships(pairs)
    unknown = {each.detail for each in answers.values() if isinstance(each, Unknown)}
    return unknown or " ".join(person.uid for _, person in pairs if answers[group, person])


class TestFreeIpa:
    """389-DS 2.3.1 with FreeIPA's tree and access rules."""

    people = ("alice", "bob", "carol", "dave", "erin")

    @pytest.mark.parametrize(
        ("kind", "name", "uid"),
        [
            (UID, "Alice", "alice"),
            (CN, "alice anders", "alice"),
            ("krbPrincipalName", "alice@IPA.EXAMPLE.ORG", "alice"),
            (DN, f"userid=alice,{freeipa.PEOPLE}", "alice"),
            (DN, f"0.9.2342.19200300.100.1.1=alice,{freeipa.PEOPLE}", "alice"),
            (DN, f"mail=mia@example.org,{freeipa.PEOPLE}", "mia"),
            (DN, rf"cn=nolan\, nora,{freeipa.PEOPLE}", "nora"),
            (DN, f"uid=max+employeenumber=42,{freeipa.PEOPLE}", "max"),
            (DN, f"employeenumber=42+uid=max,{freeipa.PEOPLE}", "max"),
            (DN, f"uid=alice,{freeipa.PRESERVED}", None),
            (DN, f"uid=gina,{freeipa.PRESERVED}", None),
            (DN, freeipa.PEOPLE, None),
            (UID, "gina", None),
            (UID, "hank", None),
            (UID, "hilda", None),
        ],
    )
    def test_people_are_found_by_any_key_and_any_form_of_their_dn(
        self, freeipa_as, kind, name, uid
    ):
        """Who is preserved, staged or hidden is nobody."""
        directory = freeipa_as()

        assert ["bob", uid] == [
            *found(directory, UID, "bob"),
            *found(directory, kind, name),
        ]

    def test_many_are_found_by_their_dn_at_once(self, ipa):
        directory, counter = connected(
            LOOPBACK, ipa, FREEIPA, freeipa.BASE, freeipa.READER, freeipa.PASSWORD
        )

        found(directory, DN, *map(freeipa.person_dn, self.people))

        assert {DIRECTORY: 2} == counter, "a bind and a search"

    @pytest.mark.parametrize("kind", ["krbPrincipalName", "ipaUniqueID"])
    def test_whoever_has_a_key_that_may_not_be_seen_may_be_there(self, freeipa_as, kind):
        """To anonymous the search ends well, without entries."""
        reason = f"nobody below {freeipa.PEOPLE} can be seen with a {kind}"

        assert [reason] == found(freeipa_as(None), kind, "alice@IPA.EXAMPLE.ORG")

    @pytest.mark.parametrize(("kind", "name"), [(UID, "alice"), (DN, freeipa.person_dn("alice"))])
    def test_below_a_base_that_is_missing_or_hidden_anybody_may_be(self, freeipa_as, kind, name):
        """389-DS answers 0, not 32, to whoever is under its access rules."""
        elsewhere = attrs.evolve(FREEIPA, people="cn=humans,cn=accounts")

        (reason,) = found(freeipa_as(layout=elsewhere), kind, name)

        assert reason.startswith("nobody below cn=humans")

    @pytest.mark.parametrize(
        ("user", "answers"),
        [
            (freeipa.READER, [No, Yes, No, Yes, No]),
            (freeipa.READ_ALL, [No, Yes, No, Yes, No]),
            (freeipa.BLIND, [Unknown] * 5),
            (None, [Unknown] * 5),
        ],
    )
    def test_who_is_locked_is_told_by_whoever_may_see_it(self, freeipa_as, user, answers):
        """Disabled and expired people are; nsAccountLock FALSE and a time to come are no lock."""
        assert answers == locks(freeipa_as(user), freeipa.person_dn, *self.people)

    def test_whoever_is_hidden_is_not_unlocked(self, freeipa_as):
        assert [Unknown] == locks(freeipa_as(), freeipa.person_dn, "hilda")

    @pytest.mark.parametrize("user", [freeipa.READER, freeipa.READ_ALL, None])
    def test_locks_of_openldap_prove_nothing(self, freeipa_as, user):
        """389-DS has pwdPolicySubentry for something else, and nobody has it."""
        wrong = attrs.evolve(FREEIPA, server=ServerKind.OPENLDAP, locked=WIKIMEDIAS_LOCKS)

        assert {Unknown} == {*locks(freeipa_as(user, wrong), freeipa.person_dn, "alice", "bob")}

    @pytest.mark.parametrize(
        "attribute", ["nsAccountLok", "userAccountControl", "msDS-User-Account-Control-Computed"]
    )
    def test_an_attribute_that_the_schema_lacks_proves_nothing(self, freeipa_as, attribute):
        """A negated filter finds everybody for a reader who may see all attributes."""
        wrong = attrs.evolve(FREEIPA, locked=(LockTest(attribute, PRESENT, ()),))
        dn = Dn(freeipa.person_dn("bob"))

        answer = freeipa_as(freeipa.READ_ALL, wrong).locked([dn])[dn]

        assert (
            Unknown(
                "that no lock is found proves nothing: the schema of the server does not show"
                f" {attribute}, which directory.locked of the policy names"
            )
            == answer
        )

    @pytest.mark.parametrize(
        ("group", "uids"),
        [
            ("devs", "alice bob dave"),
            ("alldevs", "alice bob carol dave"),
            ("cycle1", "erin"),
            (freeipa.group_dn("ALLDEVS"), "alice bob carol dave"),
        ],
    )
    def test_members_of_groups_in_groups_are_members(self, freeipa_as, group, uids):
        assert uids == members(freeipa_as(), freeipa.person_dn, group, *self.people)

    @pytest.mark.parametrize("group", ["empty", "hidden", "missing"])
    @pytest.mark.parametrize("layout", [FREEIPA, attrs.evolve(FREEIPA, nested=False)])
    def test_a_group_that_is_empty_hidden_or_missing_is_unknown(self, freeipa_as, group, layout):
        """The server answers all three alike."""
        directory = freeipa_as(layout=layout)

        (reason,) = members(directory, freeipa.person_dn, group, *self.people)

        assert freeipa.group_dn(group) in reason
        assert isinstance(directory.size(group), Unknown)

    def test_without_nesting_only_the_groups_own_list_counts(self, freeipa_as):
        directory = freeipa_as(layout=attrs.evolve(FREEIPA, nested=False))

        assert "carol" == members(directory, freeipa.person_dn, "alldevs", *self.people)
        assert 2 == directory.size("alldevs")

    def test_members_are_hidden_from_anonymous(self, freeipa_as):
        (reason,) = members(freeipa_as(None), freeipa.person_dn, "devs", "alice")

        assert f"group {freeipa.group_dn('devs')} shows no member" == reason


CNS = {
    "alice": "Alice Anders",
    "bob": "Bob Berg",
    "carol": "Carol Czerny",
    "dave": "Dave Dorn",
    "erin": "Erin Eber",
    "frank": "Frank Falk",
    "paul": "Paul Primary",
}


def ad_dn(name):
    return ad.person_dn(CNS[name])


class TestActiveDirectory:
    """Samba 4.17."""

    @pytest.mark.parametrize(
        ("kind", "name", "uid"),
        [
            (UID, "ALICE", "alice"),
            ("sAMAccountName", "alice", "alice"),
            (CN, "alice anders", "alice"),
            ("userPrincipalName", "Alice@AD.example.org", "alice"),
            (DN, ad_dn("alice").lower(), "alice"),
            (DN, rf"cn=nolan\, nora,{ad.PEOPLE}".lower(), "nora"),
            (DN, rf"cn=nolan\2c nora,{ad.PEOPLE}".lower(), "nora"),
            (UID, "devs", None),
            (UID, "nobody", None),
            (DN, ad.person_dn("Nobody"), None),
            (DN, ad.PEOPLE, None),
            ("objectGUID", "00000000-0000-0000-0000-000000000000", None),
        ],
    )
    def test_people_are_found_by_any_key(self, samba_as, kind, name, uid):
        """A group that has the name is nobody."""
        directory = samba_as()

        assert ["bob", uid] == [*found(directory, UID, "bob"), *found(directory, kind, name)]

    def test_people_are_found_by_their_guid(self, samba, samba_as):
        """Sixteen bytes, of which the first three fields are little-endian."""
        with samba.login(ad.READER).connection() as connection:
            connection.search(ad.PEOPLE, "(cn=Alice Anders)", attributes=["objectGUID"])
            (octets,) = connection.response[0]["raw_attributes"]["objectGUID"]
        guid = str(UUID(bytes_le=octets))

        names = [guid, guid.upper(), str(UUID(bytes=octets))]

        assert ["alice", "alice", None] == found(samba_as(), "objectGUID", *names)

    def test_anonymous_is_told_nothing(self, samba_as):
        with pytest.raises(SystemUnavailable, match="LDAP 1 operationsError"):
            found(samba_as(None), UID, "alice")

    @pytest.mark.parametrize(
        "user", [ad.READER, r"EXAMPLE\glaab", f"CN=glaab,OU=Service,{ad.BASE}"]
    )
    def test_who_binds_may_be_named_in_three_ways(self, samba_as, user):
        assert ["alice"] == found(samba_as(user), UID, "alice")

    def test_from_the_root_of_a_domain_nothing_refers_to_other_servers(self, samba_as):
        """The control for it is sent; else each search would refer to three of them."""
        assert [None] == found(samba_as(), UID, "nobody")

    def test_disabled_and_expired_people_are_locked(self, samba_as):
        answers = locks(samba_as(), ad_dn, "alice", "bob", "dave", "erin", "frank")

        assert [No, Yes, Yes, No, No] == answers

    def test_whoever_is_locked_out_now_is_if_the_layout_says_so(self, samba_as):
        """Anybody can do that to anybody by wrong passwords, so the preset does not."""
        locked_out = LockTest("msDS-User-Account-Control-Computed", BIT, ("16",))
        layout = attrs.evolve(ACTIVE_DIRECTORY, locked=(*ACTIVE_DIRECTORY.locked, locked_out))

        assert [No, Yes] == locks(samba_as(layout=layout), ad_dn, "alice", "frank")

    def test_in_a_hardened_domain_nobody_is_unlocked_and_memberships_are_unknown(
        self, samba, samba_as
    ):
        """What may not be read is missing there, in filters, too."""
        with samba.hardened():
            directory = samba_as()
            answers = locks(directory, ad_dn, "alice", "bob", "dave")
            (reason,) = members(directory, ad_dn, "alldevs", "alice", "carol", "erin")
            size = directory.size("alldevs")

        assert [Unknown] * 3 == answers
        group = ad.group_dn("alldevs")
        assert f"who is in group {group} cannot be told: memberOf of people is hidden" == reason
        assert (
            Unknown("who is in group alldevs cannot be told: memberOf of people is hidden") == size
        )

    @pytest.mark.parametrize(
        ("server", "tests"),
        [
            (ServerKind.OPENLDAP, WIKIMEDIAS_LOCKS),
            (ServerKind.OPENLDAP, ACTIVE_DIRECTORY.locked),
            (ServerKind.DS_389, FREEIPA.locked),
            (ServerKind.ACTIVE_DIRECTORY, FREEIPA.locked),
        ],
    )
    def test_locks_of_another_product_prove_nothing(self, samba_as, server, tests):
        wrong = attrs.evolve(ACTIVE_DIRECTORY, server=server, locked=tests)

        assert No not in locks(samba_as(layout=wrong), ad_dn, "alice", "bob", "dave")

    @pytest.mark.parametrize(
        ("group", "uids"),
        [
            ("devs", "alice bob dave"),
            ("DEVS", "alice bob dave"),
            ("alldevs", "alice bob carol dave"),
            ("cycle1", "erin"),
            (ad.group_dn("alldevs").lower(), "alice bob carol dave"),
        ],
    )
    def test_members_of_groups_in_groups_are_members(self, samba_as, group, uids):
        assert uids == members(samba_as(), ad_dn, group, *CNS)

    @pytest.mark.parametrize(
        ("group", "reason"),
        [
            ("empty", f"group {ad.group_dn('empty')} shows no member"),
            ("primary", f"group {ad.group_dn('primary')} shows no member"),
            ("missing", f"0 groups below {ad.BASE} have the sAMAccountName missing"),
            ("alice", f"0 groups below {ad.BASE} have the sAMAccountName alice"),
            ("dévs", f"0 groups below {ad.BASE} have the sAMAccountName dévs"),
            (
                ad.group_dn("missing"),
                f"group {ad.group_dn('missing')} cannot be read: it answered LDAP 32 noSuchObject",
            ),
        ],
    )
    def test_a_group_that_shows_nobody_is_unknown(self, samba_as, group, reason):
        """Whose primary group it is does not count; a person is no group."""
        directory = samba_as()

        assert {reason} == members(directory, ad_dn, group, *CNS)
        assert Unknown(reason) == directory.size(group)

    def test_without_nesting_only_the_groups_own_list_counts(self, samba_as):
        directory = samba_as(layout=attrs.evolve(ACTIVE_DIRECTORY, nested=False))

        assert "carol" == members(directory, ad_dn, "alldevs", *CNS)
        assert 2 == directory.size("alldevs")

    def test_groups_where_there_is_no_branch_are_unknown_alone(self, samba_as):
        directory = samba_as(layout=attrs.evolve(ACTIVE_DIRECTORY, groups="OU=Groups"))

        (reason,) = members(directory, ad_dn, "devs", "alice")

        assert reason.startswith("group devs cannot be found: it answered LDAP 32")


UNIX_PEOPLE = ("alice", "bob", "carol", "dave", "erin", "frank", "gina", "holly")


class TestRfc2307:
    """OpenLDAP 2.5.13 without overlays; what means locked is what the operator says."""

    @pytest.mark.parametrize(
        ("user", "answers"),
        [
            (rfc2307.READER, [No, Yes, Yes, No, No, Yes, Yes, Yes]),
            (None, [Unknown, Yes, Unknown, Unknown, Unknown, Yes, Yes, Yes]),
        ],
    )
    def test_shells_days_and_types_lock(self, unix_as, user, answers):
        """Of several values one is enough; shadowExpire is hidden from anonymous."""
        assert answers == locks(unix_as(user), rfc2307.person_dn, *UNIX_PEOPLE)

    def test_locks_of_another_overlay_prove_nothing(self, unix_as):
        layout = attrs.evolve(UNIX, locked=WIKIMEDIAS_LOCKS)

        assert {Unknown} == {*locks(unix_as(layout=layout), rfc2307.person_dn, *UNIX_PEOPLE)}

    @pytest.mark.parametrize(
        ("group", "uids"),
        [("devs", "alice bob"), ("loud", "carol"), (rfc2307.group_dn("loud"), "carol")],
    )
    def test_members_go_by_their_uid_letter_by_letter(self, unix_as, group, uids):
        """`memberUid: ALICE` is not alice's."""
        assert uids == members(unix_as(), rfc2307.person_dn, group, *UNIX_PEOPLE)

    def test_whose_primary_group_it_is_does_not_count(self, unix_as):
        (reason,) = members(unix_as(), rfc2307.person_dn, "staff", "paul")

        assert f"group {rfc2307.group_dn('staff')} shows no memberUid" == reason

    @pytest.mark.parametrize(
        ("layout", "group", "hint"),
        [
            (NAMES, "devs", "it has memberUid: see directory.member of the policy"),
            (UNIX, "names", "it has member: see directory.member of the policy"),
            (
                attrs.evolve(NAMES, group_filter="(objectClass=posixGroup)"),
                "names",
                "it has member: see directory.group_filter of the policy",
            ),
        ],
    )
    def test_a_group_of_another_layout_says_what_it_has(self, unix_as, layout, group, hint):
        directory = unix_as(layout=layout)

        (reason,) = members(directory, rfc2307.person_dn, group, "alice")

        assert reason.endswith(f"; {hint}")
        assert Unknown(reason) == directory.size(group)

    def test_a_unique_member_with_an_identifier_is_somebody_else(self, unix_as):
        layout = attrs.evolve(UNIX, member="uniqueMember", group_filter="(uniqueMember=*)")

        uids = members(unix_as(layout=layout), rfc2307.person_dn, "unique", "alice", "carol")

        assert "alice" == uids

    @pytest.mark.parametrize(
        ("group", "uids"),
        [("names", "alice bob"), ("allnames", "alice bob carol"), ("cycle1", "erin")],
    )
    def test_groups_in_groups_are_followed(self, unix_as, group, uids):
        assert uids == members(unix_as(layout=NAMES), rfc2307.person_dn, group, *UNIX_PEOPLE)

    def test_groups_are_followed_where_people_do_not_say_what_they_are_in(self, unix_as):
        """As on a 389-DS without the plug-in, or where memberOf may not be read."""
        directory = unix_as(layout=attrs.evolve(NAMES, server=ServerKind.DS_389))

        uids = members(directory, rfc2307.person_dn, "allnames", *UNIX_PEOPLE)

        assert "alice bob carol" == uids

    def test_what_is_in_a_group_that_cannot_be_read_is_unknown(self, serving):
        """Whoever was found in another is a member all the same."""
        tree = rfc2307.Entries(
            (
                *rfc2307.tree().entries,
                rfc2307.group("partly", rfc2307.group_dn("names"), rfc2307.group_dn("gone")),
            )
        )
        server = serving(
            tree, acl=rfc2307.RULES, memberof=False, ppolicy=False, suffix=rfc2307.BASE
        )
        directory = an_ldap_directory(ldap_sessions(server.port), rfc2307.BASE, NAMES)
        alice, carol = (Member(Dn(rfc2307.person_dn(n)), Uid(n)) for n in ("alice", "carol"))

        answers = directory.memberships([("partly", alice), ("partly", carol)])

        assert answers["partly", alice] is True
        assert isinstance(answers["partly", carol], Unknown)

    def test_a_member_who_left_is_no_group_that_cannot_be_read(self, serving):
        """Neither below the people nor below the groups; nor is one with an identifier."""
        alice, carol = (Member(Dn(rfc2307.person_dn(n)), Uid(n)) for n in ("alice", "carol"))
        layout = attrs.evolve(NAMES, member="uniqueMember", group_filter="(uniqueMember=*)")
        tree = rfc2307.Entries(
            (
                *rfc2307.tree().entries,
                rfc2307.unique_group("left", alice.dn.text, f"uid=old,ou=gone,{rfc2307.BASE}"),
            )
        )
        server = serving(
            tree, acl=rfc2307.RULES, memberof=False, ppolicy=False, suffix=rfc2307.BASE
        )
        directory = an_ldap_directory(ldap_sessions(server.port), rfc2307.BASE, layout)

        answers = directory.memberships(
            [("left", alice), ("left", carol), ("unique", alice), ("unique", carol)]
        )

        assert [True, False, True, False] == list(answers.values())

    @pytest.mark.parametrize(("groups", "is_known"), [(199, True), (200, False)])
    def test_two_hundred_groups_are_followed_and_no_more(self, serving, groups, is_known):
        names = [f"g{number}" for number in range(groups)]
        tree = rfc2307.Entries(
            (
                *rfc2307.tree().entries,
                rfc2307.group("top", *map(rfc2307.group_dn, names)),
                *(rfc2307.group(name, rfc2307.person_dn("erin")) for name in names),
            )
        )
        server = serving(
            tree, acl=rfc2307.RULES, memberof=False, ppolicy=False, suffix=rfc2307.BASE
        )
        directory = an_ldap_directory(ldap_sessions(server.port), rfc2307.BASE, NAMES)
        alice = Member(Dn(rfc2307.person_dn("alice")), Uid("alice"))

        (answer,) = directory.memberships([("top", alice)]).values()

        assert is_known == (answer is False)
