"""LDAP filters from typed values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaab.adapters.ldap.filters import (
    LowerCaseTerm,
    Term,
    any_of,
    batches,
    can_be_asked,
    folded,
    is_attribute,
    none_of,
)

any_text = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("ada", "(cn=ada)"),
        ("Ada E.", r"(cn=Ada\20E.)"),
        ("*", r"(cn=\2a)"),
        ("a)(cn=*", r"(cn=a\29\28cn\3d\2a)"),
        ("back\\slash", r"(cn=back\5cslash)"),
        ("nul\0", r"(cn=nul\00)"),
        ("Zoë", r"(cn=Zo\c3\ab)"),
        ("²", r"(cn=\c2\b2)"),
        ("", "(cn=)"),
    ],
)
def test_a_value_is_escaped_byte_by_byte(value, term):
    assert term == str(Term("cn", value))


@given(any_text)
def test_no_value_can_leave_its_term(value):
    """Whatever the name, the filter has the parentheses and stars that were written here."""
    inner = str(Term("cn", value)).removeprefix("(cn=").removesuffix(")")

    assert inner.isascii()
    assert not set(inner) & set("()*\0 ")


def test_conditions_hold_for_all_terms():
    terms = [Term("uid", "ada"), Term("uid", "bob")]

    assert "(&(!(x=*))(|(uid=ada)(uid=bob)))" == any_of(terms, "(!(x=*))")


def test_a_value_may_be_bytes():
    assert r"(objectGUID=\000A\ff)" == str(Term("objectGUID", b"\x000A\xff"))


@pytest.mark.parametrize(
    ("value", "filter"),
    [
        ("ștefan", r"(|(cn=\c8\99tefan)(cn=\c8\98tefan))"),
        ("țș", r"(|(cn=\c8\9b\c8\99)(cn=\c8\9b\c8\98)(cn=\c8\9a\c8\99)(cn=\c8\9a\c8\98))"),
        ("zoë", r"(|(cn=zo\c3\ab))"),
        (
            "ⓐⓐ ⓐⓐⓐ",
            "(|{}{}{})".format(
                r"(cn=\e2\93\90\e2\93\90\20\e2\93\90\e2\93\90\e2\93\90)",
                r"(cn=\e2\92\b6\e2\93\90\20\e2\92\b6\e2\93\90\e2\93\90)",
                r"(cn=\e2\92\b6\e2\92\b6\20\e2\92\b6\e2\92\b6\e2\92\b6)",
            ),
        ),
    ],
)
def test_a_value_in_lower_case_is_asked_for_in_the_spellings_that_it_may_have_had(value, filter):  # noqa: A002  # what it is
    """Of a few letters in all, of many in small, in capital, and in words that begin so."""
    assert filter == str(LowerCaseTerm("cn", value))


@pytest.mark.parametrize(
    ("values", "filter"),
    [(["TRUE"], "(!(|(a=TRUE)))"), (["x", "y*"], r"(!(|(a=x)(a=y\2a)))")],
)
def test_none_of_some_values_is_one_negation(values, filter):  # noqa: A002  # what it is
    assert filter == none_of(Term("a", value) for value in values)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("cn", True), ("msDS-User-Account-Control-Computed", True), ("2.5.4.3", True)]
    + [(text, False) for text in ("", "a b", "cn;lang-de", "1", "2.", "cn=x", "-a", "(cn)", "ä")],
)
def test_attributes_have_names_or_oids(text, is_one):
    assert is_one == is_attribute(text)


@pytest.mark.parametrize("text", ["", "\ud800", "a\udfff", "x" * 32_769])
def test_nobody_can_bear_what_has_no_form_in_a_directory(text):
    assert not can_be_asked(text)


@pytest.mark.parametrize("text", ["x", "\0", " ", "\uffff", "🐈" * 32_768])
def test_everything_else_can_be_asked(text):
    assert can_be_asked(text)


@pytest.mark.parametrize(
    ("terms", "sizes"),
    [
        ([Term("cn", "x")] * 1, [1]),
        ([Term("cn", "x")] * 200, [200]),
        ([Term("cn", "x")] * 201, [200, 1]),
        ([Term("cn", "x" * 20_000)] * 4, [2, 2]),
        ([Term("cn", "x" * 70_000)] * 2, [1, 1]),
        ([Term("cn", "x"), Term("cn", "x" * 70_000), Term("cn", "x")], [1, 1, 1]),
    ],
)
def test_a_batch_is_limited_in_number_and_length(terms, sizes):
    asked = dict(enumerate(terms))

    parts = list(batches(asked))

    assert sizes == [len(part) for part in parts]
    assert list(asked.items()) == [item for part in parts for item in part]


@given(any_text)
def test_what_is_folded_has_no_spaces_to_spare(text):
    once = folded(text)

    assert "  " not in once
    assert once == once.strip(" ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ADA", "ada"),
        (" a   b ", "A B"),
        ("ａｄａ", "Ada"),
        ("Zoe\u0308", "zoë"),
        ("ΝΙΚΟΣ", "νικοσ"),
        ("İnci", "inci"),
        ("ǅ", "ǆ"),
    ],
)
def test_spellings_that_openldap_takes_for_one_fold_to_one(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Straße", "Strasse"), ("Žofie", "Zofie"), ("νίκος", "νίκοσ"), ("Ⓐ", "ⓐ")]
)
def test_spellings_that_openldap_holds_apart_fold_apart(one, other):
    assert folded(one) != folded(other)
