"""What every Directory must do."""

import pytest

from glaab.domain.evidence import No, Unknown, Yes
from glaab.domain.names import CN, DN, UID, Cn, Dn, Uid
from glaab.domain.sources.directory import Member
from tests.builders import a_dn, a_person

ADA = a_person("ada", "Ada Example")
BOB = a_person("bob", "Bob Example")
EVE = a_person("eve", "Eve Example")

ODD_NAMES = (
    "*",
    "star*fish",
    "paren(one)",
    "(uid=*)",
    "admin)(|(uid=*",
    "back\\slash",
    "nul\\00literal",
    "nul\x00name",
    "comma,name",
    "plus+equals=name",
    "#hash",
    'quo"ted',
    "O'Hara",
    "<angle>;semicolon",
    "line\nbreak",
    "Žofie Novotná",
    "Михаил",
    "山田 太郎",
    "emoji 🐈",
    "e",
    "x" * 10_000,
)


def members(directory, groups, among=(ADA.dn, BOB.dn)):
    """Those of some people who are in each group, or why that is not known."""
    people = [Member(dn, Uid(dn.name[1])) for dn in among]
    answers = directory.memberships([(group, person) for group in groups for person in people])
    return {group: _members(answers, group, people) for group in groups}


def _members(answers, group, people):
    for person in people:
        if isinstance(answers[group, person], Unknown):
            return answers[group, person]
    return {person.dn for person in people if answers[group, person]}


class DirectoryContract:
    """
    Subclass, provide `given`, name it Test....

    Names match as in OpenLDAP (`glaab.adapters.ldap.filters.folded`): equal after lower
    case letter by letter, NFKC, and squeezing and trimming spaces.
    """

    @pytest.fixture
    def given(self):
        """A function: people, groups, locked, hidden -> the Directory under test."""
        raise NotImplementedError

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            (CN, "Ada Example"),
            (UID, "ada"),
            (DN, "uid=ada,ou=people,dc=wikimedia,dc=org"),
        ],
    )
    def test_people_are_found_by_the_attribute_that_names_them(self, given, kind, name):
        directory = given([ADA, BOB])

        found = directory.people([name], kind)

        assert {name: (ADA,)} == found

    @pytest.mark.parametrize("kind", [CN, UID, DN])
    def test_a_name_that_nobody_bears_has_no_key(self, given, kind):
        directory = given([ADA])

        found = directory.people(["Nobody", a_dn("nobody").text, ""], kind)

        assert {} == found

    def test_a_name_in_another_attribute_is_not_found(self, given):
        directory = given([ADA])

        found = directory.people(["ada"], CN)

        assert {} == found

    def test_no_names_find_nobody(self, given):
        directory = given([ADA])

        assert {} == directory.people([], CN)

    @pytest.mark.parametrize(
        ("stored", "asked"),
        [
            ("Ada Example", "ADA example"),
            ("Ada Example", "  Ada   Example "),
            ("Ada  Example", "Ada Example"),
            (" Lead", "lead"),
            ("Ada Example", "Ａｄａ Ｅｘａｍｐｌｅ"),
            ("Ｆｕｌｌ Ｗｉｄｔｈ", "full width"),
            ("Ada\u00a0Example", "Ada Example"),
            ("Zoë", "Zoe\u0308"),
            ("Zoe\u0308", "ZOË"),
            ("Kelvin", "\u212aelvin"),
            ("ΝΙΚΟΣ", "νικοσ"),
            ("İnci", "inci"),
        ],
    )
    def test_a_name_is_matched_as_loosely_as_the_directory_does(self, given, stored, asked):
        """Case, spaces and look-alike letters do not count; the caller tells them apart."""
        person = a_person("somebody", stored)
        directory = given([person, BOB])

        found = directory.people([asked, "Bob Example", "Nobody"], CN)

        assert {asked: (person,), "Bob Example": (BOB,)} == found

    @pytest.mark.parametrize(
        ("stored", "asked"),
        [
            ("Žofie", "Zofie"),
            ("Straße", "Strasse"),
            ("İnci", "i\u0307nci"),
            ("Νίκος", "Νίκοσ"),
            ("Ada Example", "AdaExample"),
            ("Ada Example", "Ada\tExample"),
            ("Ada", "A\u0434\u0430"),
            ("Ada", "A\u00adda"),
        ],
    )
    def test_names_that_the_directory_holds_apart_do_not_match(self, given, stored, asked):
        directory = given([a_person("somebody", stored)])

        found = directory.people([asked], CN)

        assert {} == found

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_an_odd_name_finds_only_its_bearer(self, given, name):
        """Nothing in a name is taken for syntax."""
        person = a_person("somebody", name)
        directory = given([ADA, person, BOB])

        found = directory.people([name], CN)

        assert {name: (person,)} == found

    def test_odd_names_are_told_apart_in_one_question(self, given):
        people = {name: a_person(f"u{at}", name) for at, name in enumerate(ODD_NAMES)}
        directory = given(people.values())

        found = directory.people(ODD_NAMES, CN)

        assert {name: (person,) for name, person in people.items()} == found

    @pytest.mark.parametrize(
        "name",
        ["\ud800", "Ada Example\udcff", "x" * 100_000, "山" * 100_000, "*", "Ada*", "a)(cn=*"],
    )
    @pytest.mark.parametrize("kind", [CN, UID, DN])
    def test_a_name_that_nobody_can_bear_keeps_no_other_from_being_found(self, given, name, kind):
        asked = {CN: "Ada Example", UID: "ada", DN: a_dn("ada").text}
        directory = given([ADA])

        found = directory.people([name, asked[kind]], kind)

        assert {asked[kind]: (ADA,)} == found

    def test_several_bearers_of_a_name_are_ordered_by_dn(self, given):
        twins = [a_person(uid, "Twin") for uid in ("c", "a", "b")]
        directory = given([*twins, ADA])

        found = directory.people(["twin"], CN)

        assert {"twin": (twins[1], twins[2], twins[0])} == found

    def test_somebody_with_several_names_is_found_by_each_and_shows_all(self, given):
        both = a_person("two", cns=(Cn("First Name"), Cn("Second Name")))
        directory = given([both, ADA])

        found = directory.people(["second name", "First Name"], CN)

        assert {"second name", "First Name"} == found.keys()
        assert [both.dn, both.dn] == [person.dn for (person,) in found.values()]
        assert {"First Name", "Second Name"} == set(found["second name"][0].cns)

    def test_two_spellings_of_one_name_find_the_same_person(self, given):
        directory = given([ADA])

        found = directory.people(["ada example", "Ada  Example"], CN)

        assert {"ada example": (ADA,), "Ada  Example": (ADA,)} == found

    def test_hundreds_of_names_are_answered_at_once(self, given):
        people = [a_person(f"u{at:03}", f"Person {at}") for at in range(450)]
        directory = given(people)

        found = directory.people([person.cns[0] for person in people], CN)

        assert {person.cns[0]: (person,) for person in people} == found

    @pytest.mark.parametrize(
        "name",
        [
            "UID=Ada, OU=People, DC=wikimedia, DC=org",
            r"uid=\61da,ou=people,dc=wikimedia,dc=org",
        ],
    )
    def test_a_dn_is_compared_as_a_dn(self, given, name):
        directory = given([ADA])

        found = directory.people([name], DN)

        assert {name: (ADA,)} == found

    @pytest.mark.parametrize(
        "name",
        [
            "uid=ada,ou=groups,dc=wikimedia,dc=org",
            "uid=ada,dc=wikimedia,dc=org",
            "uid=ada",
            "uid=*,ou=people,dc=wikimedia,dc=org",
            "uid=ａｄａ,ou=people,dc=wikimedia,dc=org",
            "cn=Ada Example,ou=people,dc=wikimedia,dc=org",
            "ou=people,dc=wikimedia,dc=org",
            "sn=Somebody,ou=people,dc=wikimedia,dc=org",
            "Ada Example",
        ],
    )
    def test_a_dn_that_is_not_exactly_somebodys_finds_nobody(self, given, name):
        directory = given([ADA])

        found = directory.people([name], DN)

        assert {} == found

    def test_a_dn_with_escapes_finds_its_entry(self, given):
        person = a_person(dn=a_dn(r"comma\2Cname"), uids=(Uid("comma,name"),))
        directory = given([person])
        name = r"uid=comma\,name,ou=people,dc=wikimedia,dc=org"

        found = directory.people([name], DN)

        assert {name: (person,)} == found

    def test_members_are_those_of_the_group_asked_for(self, given):
        directory = given([ADA, BOB], {"wmf": {ADA.dn}, "wmde": {ADA.dn, BOB.dn}})

        found = members(directory, ["wmf", "wmde"])

        assert {"wmf": frozenset({ADA.dn}), "wmde": frozenset({ADA.dn, BOB.dn})} == found

    def test_a_group_may_be_named_by_its_full_dn(self, given):
        group = "cn=tools.admin,ou=servicegroups,dc=wikimedia,dc=org"
        directory = given([ADA], {group: {ADA.dn}})
        other_spelling = "CN=tools.admin, OU=ServiceGroups, DC=wikimedia, DC=org"

        found = members(directory, [group, other_spelling])

        assert {group: frozenset({ADA.dn}), other_spelling: frozenset({ADA.dn})} == found

    def test_a_member_is_whoever_the_dn_means(self, given):
        """Members keep the case that they were written with."""
        directory = given([ADA], {"wmf": {Dn("UID=Ada,ou=People,dc=wikimedia,dc=org")}})

        found = members(directory, ["wmf"])

        assert ADA.dn in found["wmf"]

    def test_a_member_need_not_have_an_entry(self, given):
        directory = given([], {"wmf": {ADA.dn}})

        assert {"wmf": frozenset({ADA.dn})} == members(directory, ["wmf"])

    @pytest.mark.parametrize("group", ["q&a, (all)*", 'a+b\\"c"', "#tag", " space ", "wm\x00f"])
    def test_an_odd_group_name_means_only_itself(self, given, group):
        directory = given([], {group: {ADA.dn}, "wmf": {BOB.dn}})

        assert {group: frozenset({ADA.dn})} == members(directory, [group])

    @pytest.mark.parametrize(
        "group",
        [
            "missing",
            "empty",
            "",
            "*",
            "ｗｍｆ",
            "wmf,ou=groups",
            "cn=missing,ou=groups,dc=wikimedia,dc=org",
            "cn=missing,dc=nowhere",
            r"cn=\zz,,",
            "\udcff",
            "wmf" * 50_000,
        ],
    )
    def test_a_group_that_is_missing_or_empty_is_unknown_alone(self, given, group):
        directory = given([ADA], {"wmf": {ADA.dn}, "empty": frozenset()})

        found = members(directory, [group, "wmf"])

        assert isinstance(found[group], Unknown)
        assert frozenset({ADA.dn}) == found["wmf"]

    def test_the_reason_names_the_group(self, given):
        directory = given([], {"empty": frozenset()})

        found = members(directory, ["missing", "empty"])

        assert "missing" in found["missing"].detail
        assert "empty" in found["empty"].detail

    def test_no_groups_have_no_members(self, given):
        directory = given([])

        assert {} == directory.memberships([])

    def test_the_size_of_a_group_is_the_length_of_its_list(self, given):
        directory = given([ADA], {"wmf": {ADA.dn, a_dn("gone")}, "empty": frozenset()})

        assert 2 == directory.size("wmf")
        assert isinstance(directory.size("empty"), Unknown)
        assert isinstance(directory.size("missing"), Unknown)

    def test_a_group_of_thousands_is_read_whole(self, given):
        crowd = frozenset(a_dn(f"u{at}") for at in range(3_000))
        directory = given([], {"project-tools": crowd})

        assert {"project-tools": crowd} == members(directory, ["project-tools"], crowd)

    def test_whoever_is_locked_is_told_from_who_is_not(self, given):
        directory = given([ADA, BOB], locked=frozenset({BOB.dn}))

        locked = directory.locked([ADA.dn, BOB.dn])

        assert isinstance(locked[ADA.dn], No)
        assert isinstance(locked[BOB.dn], Yes)

    def test_locks_that_cannot_be_read_are_unknown(self, given):
        """Silence is not absence."""
        directory = given(
            [ADA, BOB, EVE], locked=frozenset({BOB.dn}), hidden=frozenset({ADA.dn, BOB.dn})
        )

        locked = directory.locked([ADA.dn, BOB.dn, EVE.dn])

        assert isinstance(locked[ADA.dn], Unknown)
        assert isinstance(locked[BOB.dn], Unknown)
        assert isinstance(locked[EVE.dn], No)

    @pytest.mark.parametrize(
        "dn",
        [
            a_dn("missing"),
            Dn("uid=ada,ou=groups,dc=wikimedia,dc=org"),
            Dn("ou=people,dc=wikimedia,dc=org"),
            Dn("uid=ａｄａ,ou=people,dc=wikimedia,dc=org"),
            Dn("uid=\udcff,ou=people,dc=wikimedia,dc=org"),
            Dn("not a dn"),
        ],
    )
    def test_whoever_has_no_entry_is_unknown(self, given, dn):
        directory = given([ADA])

        locked = directory.locked([dn, ADA.dn])

        assert isinstance(locked[dn], Unknown)
        assert isinstance(locked[ADA.dn], No)

    def test_a_lock_is_found_by_any_spelling_of_the_dn(self, given):
        directory = given([ADA, BOB], locked=frozenset({BOB.dn}))

        locked = directory.locked([Dn("UID=Bob,ou=People,dc=wikimedia,dc=org")])

        assert isinstance(locked[BOB.dn], Yes)

    def test_a_lock_of_a_namesake_is_not_ones_own(self, given):
        """Entries with one cn are told apart by their DN."""
        twins = [a_person(uid, "Twin") for uid in ("a", "b")]
        directory = given(twins, locked=frozenset({twins[0].dn}))

        locked = directory.locked([twin.dn for twin in twins])

        assert [Yes, No] == [type(locked[twin.dn]) for twin in twins]

    def test_hundreds_of_locks_are_looked_up_at_once(self, given):
        people = [a_person(f"u{at:03}", f"Person {at}") for at in range(450)]
        directory = given(people, locked=frozenset(person.dn for person in people[::2]))

        locked = directory.locked([person.dn for person in people])

        assert [Yes, No] * 225 == [type(locked[person.dn]) for person in people]

    def test_nobody_has_no_locks(self, given):
        directory = given([ADA])

        assert {} == directory.locked([])
