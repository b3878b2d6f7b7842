"""LdapDirectory and answers that none of the servers here gives: as Windows, and worse."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import UUID

import attrs
import pytest

from glaab.adapters.ldap.client import LdapDirectory
from glaab.adapters.ldap.diagnostics import LdapHealthCheck
from glaab.adapters.ldap.layout import PRESETS, WIKIMEDIA, LdapLayout
from glaab.adapters.ldap.lock_tests import LockTest, LockTestKind
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import No, Unknown, Yes
from glaab.domain.identity import Unproven
from glaab.domain.names import UID, Dn, NameKind, Uid
from glaab.domain.sources.directory import OBJECT_GUID, DirectoryPeople, Member
from tests.builders import NOON, a_dn, an_identity
from tests.contract.services import active_directory as ad
from tests.contract.services import freeipa
from tests.contract.services.ldap_faults import (
    Answer,
    a_referral,
    an_entry,
    answering_searches,
    searches_end_with,
)
from tests.contract.services.ldap_requests import Purpose, Search
from tests.contract.services.openldap import BASE
from tests.contract.sessions import an_ldap_directory, ldap_sessions
from tests.contract.told import told

# pyasn1 0.6 warns of names that ldap3 2.9.1 imports.
pytestmark = pytest.mark.filterwarnings("ignore:(tag|type)Map is deprecated:DeprecationWarning")

Reply = Callable[[Search], Answer]

WINDOWS, IPA = PRESETS["active-directory"], PRESETS["freeipa"]
BY_LISTS = attrs.evolve(WINDOWS, nested=False)
ACCOUNT = NameKind("sAMAccountName")
ELSEWHERE = a_referral(b"ldap://elsewhere.example.org/DC=example,DC=org")
IN_2020, IN_2099 = b"132223104000000000", b"157469184000000000"


@attrs.define
class Script:
    """What a server answers to each kind of search; to others it finds nothing."""

    replies: dict[str, Reply]
    searches: list[Search] = attrs.field(factory=list)

    def answer(self, search: Search) -> Answer:
        self.searches.append(search)
        return self.replies.get(search.purpose.name, always())(search)

    def asked(self, purpose: Purpose) -> list[Search]:
        """What was asked for this purpose."""
        return [search for search in self.searches if search.purpose is purpose]


def always(*entries: bytes, code: int = 0) -> Reply:
    """The same to every search."""
    return lambda _: searches_end_with(code, *entries)


@attrs.frozen
class Scripted:
    """A server on loopback that follows a script."""

    port: int
    script: Script

    def directory(self, layout: LdapLayout, base_dn: str = ad.BASE) -> LdapDirectory:
        sessions = ldap_sessions(self.port, is_active_directory=layout.is_active_directory)
        return an_ldap_directory(sessions, base_dn, layout)


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    """A function: replies by the name of a purpose -> the server that gives them."""
    with ExitStack() as stack:

        def made(**replies: Reply) -> Scripted:
            assert replies.keys() <= Purpose.__members__.keys()
            script = Script(replies)
            return Scripted(stack.enter_context(answering_searches(script.answer)), script)

        yield made


def person(account: str, **values: bytes | list[bytes]) -> bytes:
    """An entry whose cn is the name of the account, too; it is not locked."""
    name = account.encode()
    usual: dict[str, bytes | list[bytes]] = {
        "cn": name,
        "sAMAccountName": name,
        "userAccountControl": b"512",
        "accountExpires": b"0",
    }
    return an_entry(ad.person_dn(account).encode(), **(usual | values))


SHOWN = always(person("ann"), person("ben"))
"""Two people who show that they are in a group."""


def member(account: str) -> Member:
    return Member(Dn(ad.person_dn(account)), Uid(account))


class TestRanges:
    """Windows gives at most 1,500 values at once, and says which they are."""

    DEVS = ad.group_dn("devs")
    CROWD = tuple(ad.person_dn(f"u{number}").encode() for number in range(3_100))

    def part(self, first: int, last: int | str) -> bytes:
        """The group with some of its values; `*` stands for the last of all."""
        end = len(self.CROWD) if last == "*" else int(last) + 1
        values = {"member": [], f"member;range={first}-{last}": self.CROWD[first:end]}
        return an_entry(self.DEVS.encode(), **values)

    def in_parts(self, search: Search) -> Answer:
        """As Windows."""
        first = int(re.findall(r"range=(\d+)|$", search.attributes[0])[0] or 0)
        last = first + 1_499
        return searches_end_with(0, self.part(first, last if last < len(self.CROWD) else "*"))

    def then(self, *entries: bytes, code: int = 0) -> Reply:
        """The first 1,500 values, and another answer to whoever asks for the rest."""

        def reply(search: Search) -> Answer:
            is_first = search.attributes == ("member",)
            return searches_end_with(0, self.part(0, 1_499)) if is_first else rest(search)

        rest = always(*entries, code=code)
        return reply

    def test_a_group_is_read_to_its_end(self, scripted):
        server = scripted(GROUP=self.in_parts)
        people = [member(name) for name in ("u0", "u1499", "u1500", "u3000", "u3099", "u3100")]

        found = server.directory(BY_LISTS).memberships([(self.DEVS, each) for each in people])

        assert [True, True, True, True, True, False] == [found[self.DEVS, each] for each in people]
        assert ["member", "member;range=1500-*", "member;range=3000-*"] == [
            search.attributes[0] for search in server.script.asked(Purpose.GROUP)
        ]

    def test_all_are_counted(self, scripted):
        server = scripted(GROUP=self.in_parts, MEMBER_OF=SHOWN)

        assert 3_100 == server.directory(WINDOWS).size(self.DEVS)

    @pytest.mark.parametrize(
        "values",
        [
            pytest.param({"member;range=0-1499": [b"CN=x"]}, id="the first part again"),
            pytest.param({"member;range=1500-1499": []}, id="a part that ends before it begins"),
            pytest.param({"member;range=3-3": [b"CN=x"]}, id="a part from before"),
            pytest.param({}, id="nothing"),
            pytest.param({"member": []}, id="no value"),
            pytest.param({"member;range=1500-*": []}, id="an empty part"),
            pytest.param({"member;range=2000-*": [b"CN=x"]}, id="a later part"),
        ],
    )
    def test_a_rest_that_does_not_follow_is_no_answer(self, scripted, values):
        """Who is not in the first part may be in the rest."""
        server = scripted(GROUP=self.then(an_entry(self.DEVS.encode(), **values)))
        directory, stranger = server.directory(BY_LISTS), (self.DEVS, member("u2000"))

        assert isinstance(directory.memberships([stranger])[stranger], Unknown)
        assert isinstance(directory.size(self.DEVS), Unknown)

    @pytest.mark.parametrize("code", [0, 4, 10, 32, 50])
    def test_a_group_without_the_rest_is_unknown_alone(self, scripted, code):
        directory = scripted(GROUP=self.then(code=code)).directory(BY_LISTS)
        stranger = (self.DEVS, member("u2000"))

        assert isinstance(directory.memberships([stranger])[stranger], Unknown)
        assert isinstance(directory.size(self.DEVS), Unknown)

    @pytest.mark.parametrize("code", [1, 3, 11, 51, 53])
    def test_a_rest_that_is_refused_is_an_outage(self, scripted, code):
        directory = scripted(GROUP=self.then(code=code)).directory(BY_LISTS)

        with pytest.raises(SystemUnavailable, match=f"LDAP {code} "):
            directory.memberships([(self.DEVS, member("u2000"))])


class TestNames:
    """Windows takes letters with and without accents for the same."""

    PEOPLE = ("ann", "bea", "cyd", "jose")

    def without_accents(self, search: Search) -> Answer:
        asked = re.findall(r"sAMAccountName=([^()]+)", search.matching)
        bare = {unicodedata.normalize("NFD", name).encode("ascii", "ignore") for name in asked}
        return searches_end_with(0, *(person(n) for n in self.PEOPLE if n.encode() in bare))

    def test_a_batch_with_such_a_name_is_halved(self, scripted):
        server = scripted(PEOPLE=self.without_accents)

        found = server.directory(WINDOWS).people(["ann", "bea", "josé", "cyd"], ACCOUNT)

        dns = {name: [each.dn.text for each in people] for name, people in found.items()}
        assert {
            "ann": [ad.person_dn("ann")],
            "bea": [ad.person_dn("bea")],
            "josé": [ad.person_dn("jose")],
            "cyd": [ad.person_dn("cyd")],
        } == dns
        assert 5 == len(server.script.asked(Purpose.PEOPLE))

    @pytest.mark.parametrize("others", [[], ["ann"], ["ann", "bea", "cyd", "jose"]])
    def test_whoever_only_looks_like_it_is_held(self, scripted, others):
        """Whoever else waits: the identity rule is the judge."""
        directory = scripted(PEOPLE=self.without_accents).directory(WINDOWS)
        people = DirectoryPeople(directory, ACCOUNT, needs_cn=False)
        identities = [an_identity(name) for name in ("josé", *others)]

        proofs = people.prove(identities)

        unproven = [each for each in identities if isinstance(proofs[each], Unproven)]
        assert [an_identity("josé")] == unproven

    def test_a_group_is_not_the_one_with_an_accent(self, scripted):
        """A search for it finds both."""
        found = [
            an_entry(ad.group_dn(name).encode(), sAMAccountName=name.encode())
            for name in ("stäff", "staff")
        ]
        lists = an_entry(ad.group_dn("staff").encode(), member=ad.person_dn("ann").encode())
        server = scripted(NAME=always(*found), GROUP=always(lists), MEMBER_OF=SHOWN)

        assert 1 == server.directory(WINDOWS).size("staff")
        assert [ad.group_dn("staff")] == [each.base for each in server.script.asked(Purpose.GROUP)]

    def test_a_group_of_which_another_form_is_shown_says_which(self, scripted):
        """The same to the server, and to a reader: an accent in a character and beside it."""
        one, two = (unicodedata.normalize(form, "dévs") for form in ("NFC", "NFD"))
        shown = an_entry(ad.group_dn(two).encode(), sAMAccountName=two.encode())
        server = scripted(NAME=always(shown), GROUP=always(shown))

        by_name, by_dn = (server.directory(WINDOWS).size(each) for each in (one, ad.group_dn(one)))

        assert by_name.detail.endswith("; the server shows 'de\\u0301vs' for it")
        assert "; the server shows 'CN=de\\u0301vs," in by_dn.detail

    def test_two_groups_of_one_name_are_none(self, scripted):
        twins = [an_entry(f"CN={cn},{ad.GROUPS}".encode(), sAMAccountName=b"staff") for cn in "ab"]

        size = scripted(NAME=always(*twins)).directory(WINDOWS).size("staff")

        assert Unknown(f"2 groups below {ad.BASE} have the sAMAccountName staff") == size


class TestSizeLimit:
    """An answer that is cut off is asked for again, in halves."""

    ACCOUNTS = ("ann", "bea", "cyd", "dan", "eve")

    def two_at_most(self, search: Search) -> Answer:
        """As a server whose limit is two entries: they come, and then the code."""
        found = [person(name) for name in self.ACCOUNTS if f"={name})" in search.matching]
        found += [person(name) for name in self.ACCOUNTS if f"=CN={name}," in search.matching]
        return searches_end_with(0 if len(found) <= 2 else 4, *found[:2])

    def test_people_are_found_in_halves(self, scripted):
        server = scripted(PEOPLE=self.two_at_most)

        found = server.directory(WINDOWS).people([*self.ACCOUNTS, "nobody"], ACCOUNT)

        assert set(self.ACCOUNTS) == {name for name, people in found.items() if people}
        assert all(len(people) == 1 for people in found.values())

    def test_locks_are_looked_up_in_halves(self, scripted):
        server = scripted(LOCKS=self.two_at_most)
        dns = [Dn(ad.person_dn(name)) for name in self.ACCOUNTS]

        locked = server.directory(WINDOWS).locked(dns)

        assert [No] * 5 == [type(locked[dn]) for dn in dns]

    def test_members_are_found_in_halves(self, scripted):
        group = ad.group_dn("devs")
        lists = an_entry(group.encode(), member=ad.person_dn("ann").encode())
        server = scripted(GROUP=always(lists), MEMBERS=self.two_at_most, MEMBER_OF=SHOWN)
        pairs = [(group, member(name)) for name in (*self.ACCOUNTS, "nobody")]

        found = server.directory(WINDOWS).memberships(pairs)

        assert [True] * 5 + [False] == [found[pair] for pair in pairs]

    def test_one_name_with_more_bearers_than_come_at_once_is_an_outage(self, scripted):
        server = scripted(PEOPLE=always(person("ann"), code=4))

        with pytest.raises(SystemUnavailable, match="more entries match"):
            server.directory(WINDOWS).people(["ann", "bea"], ACCOUNT)


class TestReferences:
    """A server may refer to others besides what it finds."""

    def test_people_are_found_and_who_is_not_may_be_elsewhere(self, scripted):
        directory = scripted(PEOPLE=always(person("ann"), ELSEWHERE)).directory(WINDOWS)

        found = directory.people(["ann", "bea"], ACCOUNT)

        assert [ad.person_dn("ann")] == [each.dn.text for each in found["ann"]]
        assert Unknown("the directory refers to other servers, which are not asked") == found["bea"]

    def test_locks_are_read_and_who_is_not_found_is_unknown(self, scripted):
        directory = scripted(LOCKS=always(ELSEWHERE, person("ann"))).directory(WINDOWS)
        ann, bea = (Dn(ad.person_dn(name)) for name in ("ann", "bea"))

        locked = directory.locked([ann, bea])

        assert [No, Unknown] == [type(locked[ann]), type(locked[bea])]

    def test_members_are_found(self, scripted):
        group, ann = ad.group_dn("devs"), member("ann")
        lists = an_entry(group.encode(), member=ad.person_dn("ann").encode())
        server = scripted(GROUP=always(lists, ELSEWHERE), MEMBERS=always(ELSEWHERE, person("ann")))

        assert {(group, ann): True} == server.directory(WINDOWS).memberships([(group, ann)])

    def test_the_health_check_warns(self, scripted):
        everything = always(person("ann", objectClass=b"user"), ELSEWHERE)
        server = scripted(**{purpose.name: everything for purpose in Purpose})
        (session,) = ldap_sessions(server.port, is_active_directory=True)

        lines = told(
            LdapHealthCheck(
                sessions=[session],
                layout=WINDOWS.below(ad.BASE),
                extern_uid=UID,
                groups=(),
                locks_matter=True,
                clock=lambda: NOON,
            )
        )

        (findings,) = lines.values()
        warnings = [line for line in findings if not line.startswith("ok: ")]
        assert [
            "warning: it refers to other servers, which are not asked: whoever is not found here"
            " waits -> let LDAP_BASE_DN, or directory.people and directory.groups of the policy,"
            " name a branch that is all on this server"
        ] == warnings


class TestObjectGuid:
    GUID = "12345678-1234-5678-1234-567812345678"
    OTHER = "87654321-1234-5678-1234-567812345678"

    @pytest.mark.parametrize("raw", [b"", b"\x78", UUID(GUID).bytes_le[:15], b"\0" * 17])
    @pytest.mark.parametrize("others", [[], [OTHER]])
    def test_one_of_another_length_is_nobodys(self, scripted, raw, others):
        directory = scripted(PEOPLE=always(person("ann", objectGUID=raw))).directory(WINDOWS)
        people = DirectoryPeople(directory, OBJECT_GUID, needs_cn=False)

        proofs = people.prove([an_identity(each) for each in (self.GUID, *others)])

        assert {Unproven} == set(map(type, proofs.values()))

    def test_the_first_three_fields_are_little_endian(self, scripted):
        entry = person("ann", objectGUID=bytes.fromhex("78563412341278561234567812345678"))
        directory = scripted(PEOPLE=always(entry)).directory(WINDOWS)

        found = directory.people([self.GUID, self.OTHER], OBJECT_GUID)

        assert {self.GUID: (self.GUID,)} == {name: each[0].keys for name, each in found.items()}


class TestProducts:
    """That no lock is found proves something on the kind of server that the layout is for."""

    ANN, BOB = Dn(ad.person_dn("ann")), Dn(ad.person_dn("bob"))

    def locked(self, scripted, root_dse: Reply) -> list[type]:
        """The answers about ann, who is not locked, and bob, who is."""
        locks = always(person("ann"), person("bob", userAccountControl=b"514"))
        server = scripted(LOCKS=locks, ROOT_DSE=root_dse)
        answers = server.directory(WINDOWS).locked([self.ANN, self.BOB])
        return [type(answers[self.ANN]), type(answers[self.BOB])]

    @pytest.mark.parametrize(
        "values",
        [
            {"vendorName": b"389 Project"},
            {"vendorName": b"Novell, Inc.", "supportedCapabilities": [b"1.2.3"]},
            {"objectClass": [b"top", b"OpenLDAProotDSE"]},
        ],
    )
    def test_another_product_proves_of_nobody_that_there_is_no_lock(self, scripted, values):
        assert [Unknown, Yes] == self.locked(scripted, always(an_entry(b"", **values)))

    @pytest.mark.parametrize(
        "root_dse",
        [
            always(),
            always(code=32),
            always(code=50),
            always(an_entry(b"")),
            always(an_entry(b"", vendorName=b"")),
            always(an_entry(b"", objectClass=b"top")),
            always(an_entry(b"", supportedCapabilities=[b"1.2", b"1.2.840.113556.1.4.800"])),
        ],
    )
    def test_values_prove_it_where_no_product_is_named(self, scripted, root_dse):
        assert [No, Yes] == self.locked(scripted, root_dse)

    @pytest.mark.parametrize("code", [1, 4, 51, 53])
    def test_a_question_for_it_that_fails_is_an_outage(self, scripted, code):
        with pytest.raises(SystemUnavailable):
            self.locked(scripted, always(code=code))

    def test_windows_proves_nothing_to_the_layout_of_openldap(self, scripted):
        """There what is hidden is missing, to filters too."""
        dn = a_dn("ann")
        root_dse = an_entry(b"", supportedCapabilities=b"1.2.840.113556.1.4.800")
        found = always(an_entry(dn.text.encode()))
        directory = scripted(NOT_LOCKED=found, ROOT_DSE=always(root_dse)).directory(WIKIMEDIA, BASE)

        assert {
            dn: Unknown(
                "that no lock is found proves nothing: it is Active Directory, and the policy's"
                " layout is for openldap (directory.server)"
            )
        } == directory.locked([dn])


class TestSchema:
    """389-DS finds everybody by a filter that negates an attribute which it does not know."""

    ALICE, BOB = (Dn(freeipa.person_dn(uid)) for uid in ("alice", "bob"))
    LOCK, EXPIRATION = (
        f"( 1.2.{number} NAME '{name}' SYNTAX 1.3 )".encode()
        for number, name in enumerate(("nsAccountLock", "krbPrincipalExpiration"))
    )

    def locked(self, scripted, schema: Reply) -> list[type]:
        """The answers about alice, who is found not to be locked, and bob, who is locked."""
        bob = an_entry(self.BOB.text.encode(), nsAccountLock=b"TRUE")
        server = scripted(
            NOT_LOCKED=always(an_entry(self.ALICE.text.encode())),
            LOCKS=always(bob),
            ROOT_DSE=always(an_entry(b"", vendorName=b"389 Project")),
            SCHEMA=schema,
        )
        answers = server.directory(IPA, freeipa.BASE).locked([self.ALICE, self.BOB])
        return [type(answers[self.ALICE]), type(answers[self.BOB])]

    @pytest.mark.parametrize(
        "definitions",
        [
            [LOCK, EXPIRATION],
            [EXPIRATION.lower().replace(b"name", b"NAME"), b"( 1.2 NAME ( 'x' 'nsaccountlock' ) )"],
        ],
    )
    def test_what_it_knows_it_can_prove(self, scripted, definitions):
        schema = an_entry(b"cn=schema", attributeTypes=definitions)

        assert [No, Yes] == self.locked(scripted, always(schema))

    @pytest.mark.parametrize(
        "schema",
        [
            pytest.param(always(), id="hidden"),
            pytest.param(always(code=32), id="missing"),
            pytest.param(always(code=50), id="forbidden"),
            pytest.param(always(an_entry(b"cn=schema")), id="empty"),
            pytest.param(always(an_entry(b"cn=schema", attributeTypes=LOCK)), id="without one"),
            pytest.param(
                always(an_entry(b"cn=schema", attributeTypes=[LOCK, b"( 1 NAME 'krbPrincipal' )"])),
                id="with another",
            ),
            pytest.param(
                always(an_entry(b"cn=schema", objectClasses=[LOCK, EXPIRATION])), id="of classes"
            ),
        ],
    )
    def test_a_schema_without_a_lock_attribute_proves_nothing(self, scripted, schema):
        assert [Unknown, Yes] == self.locked(scripted, schema)


class TestLockValues:
    """What cannot be understood is no answer; of several values the worst counts."""

    def answer(self, scripted, layout: LdapLayout, **values: bytes | list[bytes]):
        """About somebody with these values; an attribute that is not named has an open one."""
        if layout is WINDOWS:
            server = scripted(LOCKS=always(person("ann", **values)))
            dn = Dn(ad.person_dn("ann"))
            return server.directory(layout).locked([dn])[dn]
        dn = Dn(freeipa.person_dn("ann"))
        schema = an_entry(b"cn=schema", attributeTypes=[TestSchema.LOCK, TestSchema.EXPIRATION])
        entry = an_entry(dn.text.encode(), **({"nsAccountLock": b"FALSE"} | values))

        def without_lock(search: Search) -> Answer:
            is_expiring = "krbPrincipalExpiration" in search.matching
            return searches_end_with(0, *() if is_expiring else (entry,))

        server = scripted(NOT_LOCKED=without_lock, LOCKS=always(entry), SCHEMA=always(schema))
        return server.directory(layout, freeipa.BASE).locked([dn])[dn]

    @pytest.mark.parametrize(
        ("layout", "attribute", "values"),
        [
            (WINDOWS, "accountExpires", [b"never"]),
            (WINDOWS, "accountExpires", [b""]),
            (WINDOWS, "accountExpires", [b"1.5e17"]),
            (WINDOWS, "accountExpires", [b"\xff"]),
            (WINDOWS, "accountExpires", [b"0", b"never"]),
            (WINDOWS, "userAccountControl", [b"x"]),
            (WINDOWS, "userAccountControl", [b"0x200"]),
            (WINDOWS, "userAccountControl", [b"x", b"512"]),
            (IPA, "krbPrincipalExpiration", [b"20991231235959"]),
            (IPA, "krbPrincipalExpiration", [b"never"]),
            (IPA, "krbPrincipalExpiration", [b"20991331000000Z"]),
            (IPA, "krbPrincipalExpiration", [b"Z"]),
            (IPA, "krbPrincipalExpiration", [b"20991231235959Z", b"20991231235959"]),
        ],
    )
    def test_a_value_that_cannot_be_understood_is_no_answer(
        self, scripted, layout, attribute, values
    ):
        answer = self.answer(scripted, layout, **{attribute: values})

        assert isinstance(answer, Unknown)
        assert f"the {attribute} of " in answer.detail
        assert answer.detail.endswith(" cannot be understood")

    @pytest.mark.parametrize(
        ("layout", "attribute", "values"),
        [
            (WINDOWS, "accountExpires", [IN_2020]),
            (WINDOWS, "accountExpires", [b"0", IN_2020]),
            (WINDOWS, "accountExpires", [b"never", IN_2020]),
            (WINDOWS, "userAccountControl", [b"512", b"514"]),
            (WINDOWS, "userAccountControl", [b"x", b"514", b"512"]),
            (IPA, "nsAccountLock", [b"FALSE", b"true"]),
            (IPA, "krbPrincipalExpiration", [b"20991231235959Z", b"20200101000000Z"]),
            (IPA, "krbPrincipalExpiration", [b"never", b"202001010000+0100"]),
        ],
    )
    def test_one_of_several_that_means_locked_is_enough(self, scripted, layout, attribute, values):
        assert isinstance(self.answer(scripted, layout, **{attribute: values}), Yes)

    @pytest.mark.parametrize(
        ("layout", "attribute", "values"),
        [
            (WINDOWS, "accountExpires", [IN_2099]),
            (WINDOWS, "accountExpires", [b"9223372036854775807", b"0"]),
            (WINDOWS, "userAccountControl", [b"512", b"66048"]),
            (IPA, "krbPrincipalExpiration", [b"2099123123Z", b"20991231235959.5-0330"]),
            (IPA, "nsAccountLock", [b"FALSE"]),
        ],
    )
    def test_none_that_means_locked_proves_that_nobody_is(
        self, scripted, layout, attribute, values
    ):
        values = {"krbPrincipalExpiration": [b"20991231235959Z"], attribute: values}

        assert isinstance(self.answer(scripted, layout, **values), No)

    @pytest.mark.parametrize(
        ("layout", "attribute", "value"),
        [
            (IPA, "krbPrincipalExpiration", b"209912311Z"),
            (IPA, "krbPrincipalExpiration", b"20991231235Z"),
            (IPA, "krbPrincipalExpiration", b"2099123123595Z"),
        ],
    )
    def test_what_only_looks_like_a_time_proves_nothing(self, scripted, layout, attribute, value):
        assert not isinstance(self.answer(scripted, layout, **{attribute: value}), No)

    @pytest.mark.parametrize(
        "value", [b"inactive ", b" inactive", pytest.param("ｉｎａｃｔｉｖｅ".encode(), id="wide")]
    )
    def test_what_the_server_takes_for_the_value_that_locks_proves_nothing(self, scripted, value):
        """OpenLDAP finds all of them by `employeeType=inactive`, so nobody by its negation."""
        test = LockTest("employeeType", LockTestKind.EQUALS, ("inactive",))
        dn = a_dn("ann")
        found = an_entry(dn.text.encode(), employeeType=value)
        directory = scripted(LOCKS=always(found)).directory(
            attrs.evolve(WIKIMEDIA, locked=(test,)), BASE
        )

        assert not isinstance(directory.locked([dn])[dn], No)
