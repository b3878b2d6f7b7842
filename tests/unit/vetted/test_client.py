"""The lists of a policy in a run: who is found, by what, and what day it is."""

from datetime import UTC, date, datetime
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaab.adapters.vetted.client import FileLists
from glaab.adapters.vetted.list_file import ListFiles
from glaab.domain.names import CN, DN, ITSELF, NameKind, same_name
from glaab.domain.sources.directory import KRB_PRINCIPAL_NAME, OBJECT_GUID, DirectorySource
from glaab.domain.sources.vetted import VettedPerson, VettedSource
from tests.builders import NOON, an_identity

JANE, BOB = an_identity("Jane Doe"), an_identity("Bob")
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def an_entry(identity=JANE, **changes):
    return VettedPerson(identity=identity, **changes)


def lists_of(*entries, kind: NameKind = CN, now=NOON, **more):
    """The list `list.toml` with these entries, where people are known by this kind of name."""
    prover = VettedSource if kind == ITSELF else DirectorySource
    return FileLists(
        lists=ListFiles({"list.toml": entries, **more}),
        name_key=lambda name: prover.name_key(name, kind),
        now=lambda: now,
    )


def test_who_stands_on_a_list_is_found_on_it_alone():
    lists = lists_of(an_entry(JANE), other=(an_entry(BOB),))

    assert {JANE: an_entry(JANE)} == lists.entries("list.toml", {JANE, BOB})
    assert {BOB: an_entry(BOB)} == lists.entries("other", {JANE, BOB})


def test_who_has_run_out_is_found_and_not_counted():
    """It is the domain that judges."""
    over = an_entry(BOB, until=date(2026, 11, 21))

    lists = lists_of(an_entry(JANE, until=date(2026, 11, 22)), over)

    assert {BOB: over} == lists.entries("list.toml", {BOB})
    assert 1 == lists.size("list.toml")


def test_the_same_name_of_another_provider_is_not_found():
    assert {} == lists_of(an_entry(JANE)).entries("list.toml", {an_identity("Jane Doe", "saml")})


@pytest.mark.parametrize(
    ("kind", "listed", "asked", "is_found"),
    [
        (CN, "Jane Doe", "jane doe", True),
        (CN, "Jane Doe", "Jane  Doe", False),
        (CN, "Kim", "\u212aim", False),
        (DN, "uid=Jane, ou=People", "uid=jane,ou=people", True),
        (DN, "uid=jane,ou=people", "jane", False),
        (OBJECT_GUID, GUID.upper(), GUID, True),
        (OBJECT_GUID, GUID, GUID.replace("-", ""), False),
        (KRB_PRINCIPAL_NAME, "jane@EXAMPLE.ORG", "jane@example.org", False),
        (ITSELF, "jane@example.org", "Jane@example.org", False),
        (ITSELF, "jane@example.org", "jane@example.org", True),
    ],
)
def test_equality_is_that_of_whoever_proves_people(kind, listed, asked, is_found):
    entry = an_entry(an_identity(listed))

    found = lists_of(entry, kind=kind).entries("list.toml", {an_identity(asked)})

    assert ({an_identity(asked): entry} if is_found else {}) == found


@given(st.text(), st.text())
def test_names_are_found_as_names_are_the_same(one, other):
    found = lists_of(an_entry(an_identity(one))).entries("list.toml", {an_identity(other)})

    assert same_name(one, other) == bool(found)


@given(st.text(), st.text())
def test_taken_at_a_providers_word_only_the_same_characters_are_found(one, other):
    lists = lists_of(an_entry(an_identity(one)), kind=ITSELF)

    assert (one == other) == bool(lists.entries("list.toml", {an_identity(other)}))


@pytest.mark.parametrize(
    ("now", "today"),
    [
        (datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23)),
    ],
)
def test_the_day_is_that_of_utc(now, today):
    assert today == lists_of(now=now).today()


def test_ten_thousand_are_found_among_ten_thousand_in_a_moment():
    identities = [an_identity(f"Person {number}") for number in range(10_000)]
    lists = lists_of(*map(an_entry, identities))

    start = perf_counter()
    found = lists.entries("list.toml", identities)

    assert 10_000 == len(found)
    assert 1 > perf_counter() - start
