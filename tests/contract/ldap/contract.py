"""What every Directory must do."""

import re

import attrs
import pytest

from glaab.domain.evidence import No, Unknown, Yes
from glaab.domain.names import CN, DN, UID, Cn, Dn, Uid
from glaab.domain.sources.directory import Member, Person
from tests.builders import a_person

ADA = a_person("ada", "Ada Example")
BOB = a_person("bob", "Bob Example")
"""Where entries are named as at Wikimedia; the suite itself asks `DirectoryContract` for people."""

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


def _escaped(value):
    """A value as it may stand in a DN (RFC 4514): whatever could be syntax as bytes."""
    odd = re.compile(r"[^0-9A-Za-z_ -]|^ | $")
    return odd.sub(lambda found: "".join(f"\\{byte:02x}" for byte in found[0].encode()), value)


def in_another_spelling(dn):
    """With capital letters for small ones, small ones for capitals, and spaces."""
    return dn.text.swapcase().replace(",", ", ")


def with_an_escape(dn):
    """With its first letter as a byte in hexadecimal."""
    return re.sub("=(.)", lambda found: f"=\\{ord(found[1]):02x}", dn.text, count=1)


class DirectoryContract:
    """
    Subclass, provide `given`, name it Test....

    Names match as in OpenLDAP (`glaab.adapters.ldap.filters.folded`) unless the subclass says
    otherwise: equal after lower case letter by letter, NFKC, and squeezing and trimming spaces.
    What differs by product, and so by class, are the attributes below; their values here are those
    of OpenLDAP 2.5.13 and of the directory in memory.
    """

    # where entries are

    base = "dc=wikimedia,dc=org"
    people_branch = "ou=people"
    groups_branch = "ou=groups"
    servicegroups_branch = "ou=servicegroups"
    named_by = UID
    """What people's DNs begin with: `uid`, or `cn` (Active Directory, Samba 4.17.12)."""

    # what matches

    folds_compatibility_letters = True
    """False: fullwidth letters, NFC and NFD, are others (389-DS 2.3.1, Samba 4.17.12)."""
    ends_values_at_nul = False
    """True: a NUL and what follows it does not count (389-DS 2.3.1, Samba 4.17.12)."""
    skips_byte_order_marks = False
    """True: U+FEFF before or after a word does not count (389-DS 2.3.1)."""
    folds_recent_letters = True
    """False: ș and Ș, newer than its tables, are two letters (389-DS 2.3.1, Samba 4.17.12)."""
    compares_in_capitals = False
    """True: letters with one capital are one, as ς and σ (Samba 4.17.12)."""

    # what can be held

    holds_several_cns = True
    """False: `cn` has one value, with which the DN begins (Active Directory, Samba 4.17.12)."""
    lists_who_has_no_entry = True
    """False: a member of a group has an entry (Active Directory, Samba 4.17.12)."""
    lists_members_by_uid = False
    """True: groups list uids, letter by letter, and no DNs (`memberUid` of RFC 2307)."""
    no_group_names: frozenset[str] = frozenset()
    """
    What no group can be called: in Active Directory (Samba 4.17.12) commas and plus signs, in
    389-DS 2.3.1 NUL, of which it makes `\\00`.
    """

    # what can be hidden, and how many there are

    hides_single_entries = True
    """False: whoever may not see the locks of some sees nobody's (a hardened Samba 4.17.12)."""
    crowd = 450
    """How many people are many: more than two searches ask for."""
    many_members = 3_000
    """How many members a large group has."""

    def dn(self, name: str, branch: str = "") -> Dn:
        """Of a person whose uid is *name*, or cn where DNs begin with that."""
        return Dn(f"{self.named_by}={_escaped(name)},{branch or self.people_branch},{self.base}")

    def person(self, uid: str, cn: str, branch: str = "") -> Person:
        name = {UID: uid, CN: cn}[self.named_by]
        return Person(dn=self.dn(name, branch), cns=(Cn(cn),), uids=(Uid(uid),))

    def twin(self, uid: str) -> Person:
        """One of several people of the same cn, who need branches of their own if DNs have it."""
        branch = f"ou={uid},{self.people_branch}" if self.named_by == CN else ""
        return self.person(uid, "Twin", branch)

    def many(self, number: int) -> list[Person]:
        return [self.person(f"u{at:04}", f"Person {at}") for at in range(number)]

    @property
    def ada(self) -> Person:
        return self.person("ada", "Ada Example")

    @property
    def bob(self) -> Person:
        return self.person("bob", "Bob Example")

    @property
    def eve(self) -> Person:
        return self.person("eve", "Eve Example")

    def group_dn(self, group: str) -> str:
        """Of a group that is named as in a policy: by name or by DN."""
        return group if "=" in group else f"cn={_escaped(group)},{self.groups_branch},{self.base}"

    def text(self, template: str) -> str:
        """A template with what Ada's DN, and others, are made of."""
        rdn, people = self.ada.dn.text.split(",", 1)
        attribute, value = rdn.split("=")
        return template.format(
            rdn=rdn,
            attribute=attribute,
            wide="".join(chr(ord(each) + 0xFEE0) if each.isalpha() else each for each in value),
            other={UID: "cn=Ada Example", CN: "sAMAccountName=ada"}[self.named_by],
            people=people,
            groups=f"{self.groups_branch},{self.base}",
            base=self.base,
        )

    def members(self, directory, groups):
        """Ada or Bob or both, by group, or why that is not known."""
        return members(directory, groups, (self.ada.dn, self.bob.dn))

    @pytest.fixture
    def given(self):
        """A function: people, groups, locked, hidden -> the Directory under test."""
        raise NotImplementedError

    @pytest.mark.parametrize(
        ("kind", "name"), [(CN, "Ada Example"), (UID, "ada"), (DN, "{rdn},{people}")]
    )
    def test_people_are_found_by_the_attribute_that_names_them(self, given, kind, name):
        name = self.text(name)
        directory = given([self.ada, self.bob])

        found = directory.people([name], kind)

        assert {name: (self.ada,)} == found

    @pytest.mark.parametrize("kind", [CN, UID, DN])
    def test_a_name_that_nobody_bears_has_no_key(self, given, kind):
        directory = given([self.ada])

        found = directory.people(["Nobody", self.dn("nobody").text, ""], kind)

        assert {} == found

    def test_a_name_in_another_attribute_is_not_found(self, given):
        directory = given([self.ada])

        found = directory.people(["ada"], CN)

        assert {} == found

    def test_no_names_find_nobody(self, given):
        directory = given([self.ada])

        assert {} == directory.people([], CN)

    @pytest.mark.parametrize(
        ("stored", "asked"),
        [
            ("Ada Example", "ADA example"),
            ("Ada Example", "  Ada   Example "),
            ("Ada  Example", "Ada Example"),
            (" Lead", "lead"),
            ("ŽOFIE", "žofie"),
            ("ΝΙΚΟΣ", "νικοσ"),
        ],
    )
    def test_a_name_is_matched_as_loosely_as_the_directory_does(self, given, stored, asked):
        """Case and spaces do not count; the caller tells them apart."""
        person = self.person("somebody", stored)
        directory = given([person, self.bob])

        found = directory.people([asked, "Bob Example", "Nobody"], CN)

        assert {asked: (person,), "Bob Example": (self.bob,)} == found

    @pytest.mark.parametrize(
        ("stored", "asked"),
        [
            ("Ada Example", "Ａｄａ Ｅｘａｍｐｌｅ"),
            ("Ｆｕｌｌ Ｗｉｄｔｈ", "full width"),
            ("Ada\u00a0Example", "Ada Example"),
            ("Zoë", "Zoe\u0308"),
            ("Zoe\u0308", "ZOË"),
            ("Kelvin", "\u212aelvin"),
            ("İnci", "inci"),
        ],
    )
    def test_look_alike_letters_are_one_where_the_directory_folds_them(self, given, stored, asked):
        """The caller tells them apart; elsewhere they are other names, which nobody has."""
        person = self.person("somebody", stored)
        directory = given([person, self.bob])

        found = directory.people([asked, "Bob Example", "Nobody"], CN)

        look_alikes = {asked: (person,)} if self.folds_compatibility_letters else {}
        assert look_alikes | {"Bob Example": (self.bob,)} == found

    @pytest.mark.parametrize("others", [[], ["Bob Example"]])
    @pytest.mark.parametrize(
        ("stored", "asked", "peculiarity"),
        [
            ("Ada Example", "Ada Example\0more", "ends_values_at_nul"),
            ("Ada Example", "\ufeffAda Example", "skips_byte_order_marks"),
            ("Șerban", "șerban", "folds_recent_letters"),
            ("Νίκος", "Νίκοσ", "compares_in_capitals"),
        ],
    )
    def test_what_some_products_take_for_equal_is_found_there_alone(
        self, given, stored, asked, peculiarity, others
    ):
        """Nobody is missed for it who was asked for in the same question."""
        person = self.person("somebody", stored)
        directory = given([person, self.bob])

        found = directory.people([asked, *others], CN)

        matching = {asked: (person,)} if getattr(self, peculiarity) else {}
        assert matching | dict.fromkeys(others, (self.bob,)) == found

    @pytest.mark.parametrize(
        ("stored", "asked"),
        [
            ("Žofie", "Zofie"),
            ("Straße", "Strasse"),
            ("İnci", "i\u0307nci"),
            ("Ada Example", "AdaExample"),
            ("Ada Example", "Ada\tExample"),
            ("Ada", "A\u0434\u0430"),
            ("Ada", "A\u00adda"),
        ],
    )
    def test_names_that_the_directory_holds_apart_do_not_match(self, given, stored, asked):
        directory = given([self.person("somebody", stored)])

        found = directory.people([asked], CN)

        assert {} == found

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_an_odd_name_finds_only_its_bearer(self, given, name):
        """Nothing in a name is taken for syntax."""
        person = self.person("somebody", name)
        directory = given([self.ada, person, self.bob])

        found = directory.people([name], CN)

        assert {name: (person,)} == found

    def test_odd_names_are_told_apart_in_one_question(self, given):
        people = {name: self.person(f"u{at}", name) for at, name in enumerate(ODD_NAMES)}
        directory = given(people.values())

        found = directory.people(ODD_NAMES, CN)

        assert {name: (person,) for name, person in people.items()} == found

    @pytest.mark.parametrize(
        "name",
        ["\ud800", "Ada Example\udcff", "x" * 100_000, "山" * 100_000, "*", "Ada*", "a)(cn=*"],
    )
    @pytest.mark.parametrize("kind", [CN, UID, DN])
    def test_a_name_that_nobody_can_bear_keeps_no_other_from_being_found(self, given, name, kind):
        asked = {CN: "Ada Example", UID: "ada", DN: self.ada.dn.text}
        directory = given([self.ada])

        found = directory.people([name, asked[kind]], kind)

        assert {asked[kind]: (self.ada,)} == found

    def test_several_bearers_of_a_name_are_ordered_by_dn(self, given):
        twins = [self.twin(uid) for uid in ("c", "a", "b")]
        directory = given([*twins, self.ada])

        found = directory.people(["twin"], CN)

        assert {"twin": (twins[1], twins[2], twins[0])} == found

    def test_somebody_with_several_names_is_found_by_each_and_shows_all(self, given):
        if not self.holds_several_cns:
            pytest.skip("an entry has one cn there, with which its DN begins")
        both = attrs.evolve(
            self.person("two", "First Name"), cns=(Cn("First Name"), Cn("Second Name"))
        )
        directory = given([both, self.ada])

        found = directory.people(["second name", "First Name"], CN)

        assert {"second name", "First Name"} == found.keys()
        assert [both.dn, both.dn] == [person.dn for (person,) in found.values()]
        assert {"First Name", "Second Name"} == set(found["second name"][0].cns)

    def test_two_spellings_of_one_name_find_the_same_person(self, given):
        directory = given([self.ada])

        found = directory.people(["ada example", "Ada  Example"], CN)

        assert {"ada example": (self.ada,), "Ada  Example": (self.ada,)} == found

    @pytest.mark.parametrize("spelling", [in_another_spelling, with_an_escape])
    def test_a_dn_is_compared_as_a_dn(self, given, spelling):
        name = spelling(self.ada.dn)
        directory = given([self.ada])

        found = directory.people([name], DN)

        assert {name: (self.ada,)} == found

    @pytest.mark.parametrize(
        "name",
        [
            "{rdn},{groups}",
            "{rdn},{base}",
            "{rdn}",
            "{attribute}=*,{people}",
            "{attribute}={wide},{people}",
            "{other},{people}",
            "{people}",
            "sn=Somebody,{people}",
            "Ada Example",
        ],
    )
    def test_a_dn_that_is_not_exactly_somebodys_finds_nobody(self, given, name):
        directory = given([self.ada])

        found = directory.people([self.text(name)], DN)

        assert {} == found

    def test_a_dn_with_escapes_finds_its_entry(self, given):
        names = {UID: ("comma,name", "Somebody"), CN: ("somebody", "comma,name")}
        person = self.person(*names[self.named_by])
        name = self.text(r"{attribute}=comma\,name,{people}")
        directory = given([person])

        found = directory.people([name], DN)

        assert {name: (person,)} == found

    def test_a_dn_in_lower_case_finds_its_entry_where_case_counts_too(self, given):
        """GitLab keeps DNs so, also with letters of which the directory knows no capitals."""
        dn = self.text("cn=Șerban,{people}")
        person = attrs.evolve(self.person("somebody", "Șerban"), dn=Dn(dn))
        name = dn.lower()
        directory = given([person, self.ada])

        found = directory.people([name], DN)

        assert {name: (person,)} == found

    def test_members_are_those_of_the_group_asked_for(self, given):
        ada, bob = self.ada.dn, self.bob.dn
        directory = given([self.ada, self.bob], {"wmf": {ada}, "wmde": {ada, bob}})

        found = self.members(directory, ["wmf", "wmde"])

        assert {"wmf": {ada}, "wmde": {ada, bob}} == found

    def test_a_group_may_be_named_by_its_full_dn(self, given):
        group = f"cn=tools.admin,{self.servicegroups_branch},{self.base}"
        other_spelling = in_another_spelling(Dn(group))
        directory = given([self.ada, self.bob], {group: {self.ada.dn}})

        found = self.members(directory, [group, other_spelling])

        assert {group: {self.ada.dn}, other_spelling: {self.ada.dn}} == found

    def test_a_member_is_whoever_the_dn_means(self, given):
        """Members keep the case that they were written with; it counts in uids alone."""
        member = Dn(in_another_spelling(self.ada.dn))
        directory = given([self.ada, self.bob], {"wmf": {member}})

        found = self.members(directory, ["wmf"])

        assert {"wmf": set() if self.lists_members_by_uid else {self.ada.dn}} == found

    def test_a_member_need_not_have_an_entry(self, given):
        if not self.lists_who_has_no_entry:
            pytest.skip("a group takes nobody there who has no entry")
        directory = given([], {"wmf": {self.ada.dn}})

        assert {"wmf": {self.ada.dn}} == self.members(directory, ["wmf"])

    @pytest.mark.parametrize(
        "group", ["two words", "q&a, (all)*", 'a+b\\"c"', "#tag", " space ", "wm\x00f"]
    )
    def test_an_odd_group_name_means_only_itself(self, given, group):
        """Where no group can have it, it means none."""
        can_be = group not in self.no_group_names
        directory = given(
            [self.ada, self.bob],
            {"wmf": {self.bob.dn}} | ({group: {self.ada.dn}} if can_be else {}),
        )

        found = self.members(directory, [group])

        assert {self.ada.dn} == found[group] if can_be else isinstance(found[group], Unknown)

    @pytest.mark.parametrize(
        "group",
        [
            "missing",
            "empty",
            "",
            "*",
            "ｗｍｆ",
            "wmf,ou=groups",
            "cn=missing,{groups}",
            "cn=missing,dc=nowhere",
            r"cn=\zz,,",
            "\udcff",
            "wmf" * 50_000,
        ],
    )
    def test_a_group_that_is_missing_or_empty_is_unknown_alone(self, given, group):
        group = self.text(group)
        directory = given([self.ada, self.bob], {"wmf": {self.ada.dn}, "empty": frozenset()})

        found = self.members(directory, [group, "wmf"])

        assert isinstance(found[group], Unknown)
        assert {self.ada.dn} == found["wmf"]

    def test_the_reason_names_the_group(self, given):
        directory = given([], {"empty": frozenset()})

        found = self.members(directory, ["missing", "empty"])

        assert "missing" in found["missing"].detail
        assert "empty" in found["empty"].detail

    def test_no_groups_have_no_members(self, given):
        directory = given([])

        assert {} == directory.memberships([])

    def test_the_size_of_a_group_is_the_length_of_its_list(self, given):
        """Whoever is on it counts, with an entry or without."""
        other = self.dn("gone") if self.lists_who_has_no_entry else self.bob.dn
        directory = given([self.ada, self.bob], {"wmf": {self.ada.dn, other}, "empty": frozenset()})

        assert 2 == directory.size("wmf")
        assert isinstance(directory.size("empty"), Unknown)
        assert isinstance(directory.size("missing"), Unknown)

    def test_whoever_is_locked_is_told_from_who_is_not(self, given):
        directory = given([self.ada, self.bob], locked=frozenset({self.bob.dn}))

        locked = directory.locked([self.ada.dn, self.bob.dn])

        assert isinstance(locked[self.ada.dn], No)
        assert isinstance(locked[self.bob.dn], Yes)

    def test_locks_that_cannot_be_read_are_unknown(self, given):
        """Silence is not absence; where locks are hidden of everybody, so it is of others."""
        ada, bob, eve = self.ada.dn, self.bob.dn, self.eve.dn
        directory = given(
            [self.ada, self.bob, self.eve], locked=frozenset({bob}), hidden=frozenset({ada, bob})
        )

        locked = directory.locked([ada, bob, eve])

        assert [Unknown, Unknown] == [type(locked[dn]) for dn in (ada, bob)]
        assert isinstance(locked[eve], No if self.hides_single_entries else Unknown)

    @pytest.mark.parametrize(
        "dn",
        [
            "{attribute}=missing,{people}",
            "{rdn},{groups}",
            "{people}",
            "{attribute}={wide},{people}",
            "{attribute}=\udcff,{people}",
            "not a dn",
        ],
    )
    def test_whoever_has_no_entry_is_unknown(self, given, dn):
        nobody = Dn(self.text(dn))
        directory = given([self.ada])

        locked = directory.locked([nobody, self.ada.dn])

        assert isinstance(locked[nobody], Unknown)
        assert isinstance(locked[self.ada.dn], No)

    def test_a_lock_is_found_by_any_spelling_of_the_dn(self, given):
        directory = given([self.ada, self.bob], locked=frozenset({self.bob.dn}))

        locked = directory.locked([Dn(in_another_spelling(self.bob.dn))])

        assert isinstance(locked[self.bob.dn], Yes)

    def test_a_lock_of_a_namesake_is_not_ones_own(self, given):
        """Entries with one cn are told apart by their DN."""
        twins = [self.twin(uid) for uid in ("a", "b")]
        directory = given(twins, locked=frozenset({twins[0].dn}))

        locked = directory.locked([twin.dn for twin in twins])

        assert [Yes, No] == [type(locked[twin.dn]) for twin in twins]

    def test_nobody_has_no_locks(self, given):
        directory = given([self.ada])

        assert {} == directory.locked([])

    # of many; one after the other, as they take the same people

    def test_hundreds_of_names_are_answered_at_once(self, given):
        people = self.many(self.crowd)
        directory = given(people)

        found = directory.people([person.cns[0] for person in people], CN)

        assert {person.cns[0]: (person,) for person in people} == found

    def test_hundreds_of_locks_are_looked_up_at_once(self, given):
        people = self.many(self.crowd)
        directory = given(people, locked=frozenset(person.dn for person in people[::2]))

        locked = directory.locked([person.dn for person in people])

        assert [Yes, No] * (self.crowd // 2) == [type(locked[person.dn]) for person in people]

    def test_a_group_of_thousands_is_read_whole(self, given):
        """Or as many as there can be."""
        people = self.many(self.many_members)
        crowd = frozenset(person.dn for person in people)
        directory = given([] if self.lists_who_has_no_entry else people, {"project-tools": crowd})

        assert {"project-tools": crowd} == members(directory, ["project-tools"], crowd)
