"""When two names are one, and when they only look alike."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glaab.domain.names import Dn, first_difference, fold, has_rare_case, is_dn, same_name

# pyasn1 0.6 warns of names that ldap3 2.9.1 imports.
pytestmark = pytest.mark.filterwarnings("ignore:(tag|type)Map is deprecated:DeprecationWarning")

FULLWIDTH = "Ａｄａ"
KELVIN = "\u212aelvin"
ZOE_NFC, ZOE_NFD = "Zo\u00eb", "Zoe\u0308"
ANY_TEXT = st.text(st.characters(), max_size=20)  # lone surrogates included
# A lone space is left out: ldap3 2.9.1 escapes it twice, as a backslash and a bare space.
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda value: value != " "
)

UNHURRIED = settings(deadline=None)  # the first example imports ldap3; machines are busy


def escaped(value: str) -> str:
    """As ldap3 escapes it (RFC 4514)."""
    from ldap3.utils.dn import escape_rdn  # slow to import

    return escape_rdn(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada Example", "Ada Example"),
        ("Ada Example", "ADA example"),
        ("Ada  Example", "ada  example"),
        (" Ada", " ada"),
        ("Žofie", "žOFIE"),
        ("МИХАИЛ", "Михаил"),
        ("STRAẞE", "straße"),
        (FULLWIDTH, FULLWIDTH),
        (KELVIN, KELVIN),
        (ZOE_NFD, ZOE_NFD),
        ("", ""),
    ],
)
def test_spellings_of_one_name_are_the_same(one, other):
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada Example", "AdaExample"),
        ("Jane Doe", "jane  doe"),
        ("Jane  Doe", "Jane   Doe"),
        (" Ada", "  Ada"),
        ("Ada", " Ada"),
        ("Ada", "Ada "),
        ("Ada Example", "Ada\tExample"),
        ("Ada Example", "Ada\u00a0Example"),
        ("Ada", FULLWIDTH),
        (FULLWIDTH, FULLWIDTH.lower()),
        ("Kelvin", KELVIN),
        ("kelvin", KELVIN),
        (KELVIN, KELVIN.upper()),
        (ZOE_NFC, ZOE_NFD),
        (ZOE_NFD, ZOE_NFD.upper()),
        ("Zoë", "Zoe"),
        ("Irma", "ırma"),
        ("irma", "ırma"),
        ("Straße", "Strasse"),
        ("ﬁn", "fin"),
        ("Ada", "Аda"),  # a Cyrillic A
        ("Ada", "A\u00adda"),
        ("Ada", ""),
        ("\ud800", "\ud801"),
        ("J\u030c", "j\u030c"),  # only the lower case has a composed form
    ],
)
def test_look_alikes_are_not_the_same(one, other):
    assert not same_name(one, other)
    assert not same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ("Kelvin", KELVIN, ("U+004B", "U+212A")),
        ("ada KIM", "Ada \u212aim", ("U+004B", "U+212A")),
        ("jane  doe", "Jane Doe", ("U+0020", "U+0044")),
        ("Ada", "Ada ", ("nothing", "U+0020")),
        ("Ada\U0001f600", "Ada", ("U+1F600", "nothing")),
        (ZOE_NFC, ZOE_NFD, ("U+00EB", "U+0065")),
        ("ADA", "ada", None),
    ],
)
def test_what_nobody_can_see_is_told(one, other, difference):
    assert difference == first_difference(one, other)


@UNHURRIED
@given(ANY_TEXT)
@example("İ")
@example("ΑΣ ΑΣ")
@example(FULLWIDTH)
def test_folding_twice_is_folding_once(text):
    assert fold(text) == fold(fold(text))


@UNHURRIED
@given(ANY_TEXT)
def test_a_text_that_nfkc_changes_is_left_as_it_is(text):
    changes = unicodedata.normalize("NFKC", text) != text

    assert changes is False or text == fold(text)


@UNHURRIED
@given(ANY_TEXT, ANY_TEXT)
def test_being_the_same_has_no_direction(one, other):
    assert same_name(one, other) == same_name(other, one)


@UNHURRIED
@given(
    st.text("aA K\u212aiIıİ\u0307Jj\u030c", max_size=4),
    st.text("aA K\u212aiIıİ\u0307Jj\u030c", max_size=4),
)
def test_names_are_the_same_only_as_the_contract_says(one, other):
    """The same characters, or the same in lower case if NFKC changes neither."""
    unchanged = all(unicodedata.normalize("NFKC", text) == text for text in (one, other))

    assert (one == other or (unchanged and one.lower() == other.lower())) == same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("uid=ada,ou=people", "UID=Ada, OU=People"),
        ("uid=ada,ou=people", "uid = ada , ou = people"),
        ("cn=Ada Example", "cn=ada   example"),
        (r"cn=Example\2C Ada", r"cn=Example\, Ada"),
        (r"cn=Example\2c Ada", r"cn=Example\2C Ada"),
        (r"cn=a\+b", r"cn=a\2Bb"),
        (r"cn=back\\slash", r"cn=back\5cslash"),
        (r"cn=\\2C", r"cn=\5C2C"),
        (r"cn=Zo\C3\AB", "cn=Zoë"),
        ("cn=ŽOFIE", "cn=žofie"),
        ("cn=МИХАИЛ Ș", "cn=Михаил Ș"),
        ("cn=a=b", r"cn=a\=b"),
        ("cn=#tag", r"cn=\#tag"),
        ("cn=Ada+uid=ada,dc=org", "uid=ada+cn=Ada,dc=org"),
        (r"cn=x\ ", r"cn=x\20"),
    ],
)
def test_spellings_of_one_dn_are_equal(one, other):
    assert Dn(one) == Dn(other)
    assert hash(Dn(one)) == hash(Dn(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("uid=ada,ou=people", "uid=ada,ou=groups"),
        ("uid=ada,ou=people", "ou=people,uid=ada"),
        ("uid=ada,dc=org", "uid=ada"),
        ("uid=ada", "cn=ada"),
        (r"cn=a\,b", "cn=a,b"),
        (r"cn=a\2Cdc\3Dorg", "cn=a,dc=org"),
        (r"cn=a\+b=c", "cn=a+b=c"),
        (r"cn=\\2C", r"cn=\2C"),
        (f"uid={FULLWIDTH}", "uid=Ada"),
        (f"uid={KELVIN}", "uid=kelvin"),
        (f"cn={ZOE_NFC}", f"cn={ZOE_NFD}"),
        ("uid=ırma", "uid=irma"),
        ("cn=Straße", "cn=Strasse"),
        (r"cn=\FE", r"cn=\FF"),
        ("cn=\ud800", "cn=\ud801"),
        (r"cn=\FF", "cn=\ufffd"),
        (r"cn=Ada\09,dc=org", "cn=Ada,dc=org"),  # nothing around a value but spaces is left out
        ("cn=Ada\u00a0,dc=org", "cn=Ada,dc=org"),
        ("cn=Ada\u3000,dc=org", "cn=Ada,dc=org"),
        ("cn=ＡX,dc=org", "cn=Ａ,dc=org"),
    ],
)
def test_other_dns_are_not_equal(one, other):
    assert Dn(one) != Dn(other)


@UNHURRIED
@given(VALUES)
def test_a_dn_is_equal_however_its_value_is_escaped(value):
    """RFC 4514 by ldap3, and every byte in hexadecimal."""
    in_hex = "".join(f"\\{byte:02x}" for byte in value.encode())

    assert Dn(f"cn={escaped(value)},dc=org") == Dn(f"cn={in_hex},dc=org")


@UNHURRIED
@given(VALUES)
def test_the_value_in_the_first_part_is_the_one_that_was_escaped(value):
    in_hex = "".join(f"\\{byte:02x}" for byte in value.encode())

    assert ("cn", value) == Dn(f"CN = {in_hex} ,dc=org").name
    assert ("cn", value) == Dn(f"cn={escaped(value)},dc=org").name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("uid=ada,ou=people", ("uid", "ada")),
        ("UID = Ada ,ou=people", ("uid", "Ada")),
        (r"cn=Example\, Ada,dc=org", ("cn", "Example, Ada")),
        ("cn=Ada+uid=ada,dc=org", ("cn", "Ada")),
        (r"cn=end\\ ,dc=org", ("cn", "end\\")),
        (r"cn=end\  ,dc=org", ("cn", "end ")),
        (r"cn=\ ,dc=org", ("cn", " ")),
        (r"cn=\20,dc=org", ("cn", " ")),
        ("cn=XeniaX,dc=org", ("cn", "XeniaX")),
        ("cn=\tx,dc=org", ("cn", "\tx")),
        ("cn=Xæ,dc=org", ("cn", "Xæ")),
        ("Ada Example", ("ada example", "")),
        ("", ("", "")),
    ],
)
def test_the_first_part_names_attribute_and_value(text, name):
    assert name == Dn(text).name


@UNHURRIED
@given(ANY_TEXT)
@example("cn=\\")
@example("\\")
@example(r"cn=\C3")
def test_any_text_at_all_can_be_taken_for_a_dn(text):
    dn = Dn(text)

    assert text == str(dn)
    assert dn == Dn(text)
    assert 2 == len(dn.name)


def test_a_dn_shows_as_it_was_written():
    assert "Dn(text='UID=Ada, dc=org')" == repr(Dn("UID=Ada, dc=org"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("uid=ada,dc=org", "userid=ada,0.9.2342.19200300.100.1.25=org"),
        ("uid=ada,dc=org", "0.9.2342.19200300.100.1.1=ada,DomainComponent=org"),
        ("cn=Ada", "CommonName=ada"),
        ("cn=Ada", "OID.2.5.4.3=ada"),
        ("mail=ada@example.org+cn=Ada", "cn=ada+RFC822Mailbox=ada@example.org"),
        ("employeeNumber=7", "2.16.840.1.113730.3.1.3=7"),
    ],
)
def test_an_attribute_of_a_dn_may_go_by_any_of_its_names(one, other):
    assert Dn(one) == Dn(other)


def test_the_first_part_names_its_attribute_in_one_way():
    assert (
        ("uid", "ada") == Dn("UserID=ada,dc=org").name == Dn("0.9.2342.19200300.100.1.1=ada").name
    )


@pytest.mark.parametrize(
    ("text", "has_form"),
    [
        ("uid=ada,ou=people,dc=org", True),
        ("UID = Ada , OU=People", True),
        (r"cn=a\,b+uid=x,dc=org", True),
        ("2.5.4.3=ada", True),
        ("cn=a=b", True),
        ("cn=", True),
        ("", False),
        ("ada", False),
        ("uid=ada,people", False),
        ("uid=ada,", False),
        ("uid=ada+x,dc=org", False),
        ("(uid=ada)", False),
        (r"cn\=ada", False),
    ],
)
def test_a_dn_has_an_attribute_and_a_value_in_every_part(text, has_form):
    assert has_form == is_dn(text)


@pytest.mark.parametrize(
    ("dn", "branch", "is_below"),
    [
        ("uid=ada,ou=people,dc=org", "ou=people,dc=org", True),
        ("uid=ada,ou=people,dc=org", "OU=People, DC=org", True),
        ("uid=ada,ou=people,dc=org", "dc=org", True),
        ("ou=people,dc=org", "ou=people,dc=org", False),
        ("dc=org", "ou=people,dc=org", False),
        ("uid=ada,ou=groups,dc=org", "ou=people,dc=org", False),
        (r"uid=ada\,ou\=people,dc=org", "ou=people,dc=org", False),
        ("uid=ada,xou=people,dc=org", "ou=people,dc=org", False),
    ],
)
def test_a_dn_is_below_a_branch_or_not(dn, branch, is_below):
    assert is_below == Dn(dn).is_below(Dn(branch))


@pytest.mark.parametrize(
    ("text", "has_one"),
    [
        ("cn=Ada Example", False),
        ("žofie åse νίκος михаил", False),
        ("山田 太郎", False),
        ("ștefan", True),
        ("ѐ", True),
        ("ⓐ", True),
        ("Ștefan", False),
    ],
)
def test_letters_whose_case_not_every_server_ignores_are_rare(text, has_one):
    assert has_one == has_rare_case(text)


@pytest.mark.parametrize(
    ("one", "other"), [("Ștefan", "ștefan"), ("Ѐ", "ѐ"), ("ẞ", "ß"), ("ϴ", "θ")]
)
def test_dns_that_a_server_holds_apart_are_two_but_one_to_gitlab(one, other):
    """389-DS and Samba do; what speaks for one of them must not speak for the other."""
    dns = Dn(f"cn={one},dc=org"), Dn(f"cn={other},dc=org")

    assert dns[0] != dns[1]
    assert dns[0].in_lower_case == dns[1].in_lower_case
