"""What a server hides makes no lock look open: random tests, entries and rights."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaab.adapters.ldap.entries import Entry
from glaab.adapters.ldap.filters import folded
from glaab.adapters.ldap.layout import WIKIMEDIA, ServerKind
from glaab.adapters.ldap.lock_tests import LockTest, LockTestKind
from glaab.adapters.ldap.locks import Locks
from glaab.adapters.ldap.people_by_dn import terms_by_dn
from glaab.adapters.ldap.product import Product
from glaab.domain.evidence import Answer, No, Unknown, Yes
from glaab.domain.names import Dn
from tests.builders import NOON, a_dn

OPENLDAP, DS_389, WINDOWS = ServerKind
PEOPLE = "ou=people,dc=wikimedia,dc=org"

Truth = bool | None
"""Of a filter as of a value that locks: None is neither."""


@attrs.frozen
class Value:
    """A value of a lock attribute."""

    text: str
    locks: Truth
    """None if nobody can understand it."""
    is_hidden: bool = False
    """From reading, and from being compared with."""


@attrs.frozen
class Person:
    """An entry, as it is and as it shows."""

    dn: Dn
    values: Mapping[str, tuple[Value, ...]]
    readable: frozenset[str]
    searchable: frozenset[str]
    """The attributes that can be searched for."""

    @property
    def is_open(self) -> bool:
        """True if nothing of all that is there locks it."""
        return all(value.locks is False for values in self.values.values() for value in values)


# -- servers


@attrs.frozen
class Server:
    """A session that knows the few filters which the look-up of locks sends."""

    kind: ServerKind
    people: tuple[Person, ...]
    attributes: frozenset[str]
    """Those of the schema."""
    is_known: bool
    """True if its root DSE says what it is."""

    @property
    def product(self) -> Product:
        kind, name = (self.kind, str(self.kind)) if self.is_known else (None, "")
        return Product(kind=kind, name=name, schema_dn="cn=schema")

    @property
    def schema(self) -> tuple[Entry, ...]:
        definitions = tuple(f"( 1.2.3 NAME '{each}' )".encode() for each in self.attributes)
        return (Entry(Dn("cn=schema"), {"attributetypes": definitions}, {}),)

    def entries(self, base: str, matching: str, attributes: tuple[str, ...]) -> tuple[Entry, ...]:
        assert base == PEOPLE
        return tuple(
            Entry(each.dn, dict(self._shown(each, attributes)), {})
            for each in self.people
            if self._finds(matching, each)
        )

    def _shown(
        self, person: Person, attributes: tuple[str, ...]
    ) -> Iterator[tuple[str, tuple[bytes, ...]]]:
        for attribute in person.readable.intersection(attributes):
            values = person.values.get(attribute, ())
            yield attribute, tuple(each.text.encode() for each in values if not each.is_hidden)

    def _finds(self, matching: str, person: Person) -> bool:
        truth, rest = self._truth(matching, person)
        assert rest == ""
        return truth is True

    def _truth(self, text: str, person: Person) -> tuple[Truth, str]:
        """Of the filter that *text* begins with; and what stands after it."""
        operator, rest = text[1], text[2:]
        if operator not in "&|!":
            term, _, rest = text[1:].partition(")")
            return self._compared(term, person), rest
        truths: list[Truth] = []
        while rest.startswith("("):
            truth, rest = self._truth(rest, person)
            truths.append(truth)
        return _combined(operator, truths), rest[1:]

    def _compared(self, term: str, person: Person) -> Truth:
        attribute, _, escaped = term.partition("=")
        if attribute in ("uid", "distinguishedName"):
            name = person.dn.text if attribute == "distinguishedName" else person.dn.name[1]
            return name == _unescaped(escaped)
        values = person.values.get(attribute, ())
        if self.kind is WINDOWS:
            values = values if attribute in person.searchable else ()
        elif attribute not in person.searchable:
            return None
        if escaped == "*":
            return bool(values)
        equal = [each for each in values if folded(each.text) == folded(_unescaped(escaped))]
        return None if any(each.is_hidden for each in equal) else bool(equal)


def _combined(operator: str, truths: list[Truth]) -> Truth:
    """In the logic of three values (RFC 4511, 4.5.1.7)."""
    if operator == "!":
        (truth,) = truths
        return None if truth is None else not truth
    settles = operator == "|"
    if settles in truths:
        return settles
    return None if None in truths else not settles


def _unescaped(text: str) -> str:
    raw = re.sub(rb"\\([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())
    return raw.decode()


# -- what is random

VALUES = (LockTestKind.EQUALS, LockTestKind.IN)
OPERANDS = ("TRUE", "inactive", "/bin/false")
UNITS = ("generalized", "filetime", "days")
NONSENSE = ("", "x", "never", "1.5", "0x2", "--1")
EPOCH, FIRST_FILETIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(1601, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 2**32).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
IN_ANY_CASE, WITH_SPACES = (str, str.lower, str.upper), (str, " {}".format, "{}  ".format)


@st.composite
def lock_tests(draw: st.DrawFn, among=tuple(LockTestKind)) -> tuple[LockTest, ...]:
    kinds = draw(st.lists(st.sampled_from(among), min_size=1, max_size=3))
    operands = {
        LockTestKind.PRESENT: st.just(()),
        LockTestKind.EQUALS: st.tuples(st.sampled_from(OPERANDS)),
        LockTestKind.IN: st.lists(st.sampled_from(OPERANDS), min_size=1).map(tuple),
        LockTestKind.BIT: st.tuples(st.sampled_from(("2", "16", "18"))),
        LockTestKind.BEFORE_NOW: st.tuples(st.sampled_from(UNITS)),
    }
    return tuple(
        LockTest(f"lock{number}", kind, draw(operands[kind])) for number, kind in enumerate(kinds)
    )


@st.composite
def values_for(draw: st.DrawFn, test: LockTest, *, spellings=IN_ANY_CASE, hiding=False) -> Value:
    """A value that locks, one that does not, or nonsense."""
    value = draw(_shown_values_for(test, spellings))
    return attrs.evolve(value, is_hidden=hiding and draw(st.booleans()))


def _shown_values_for(test: LockTest, spellings) -> st.SearchStrategy[Value]:
    nonsense = st.sampled_from(NONSENSE).map(lambda text: Value(text, locks=None))
    match test.kind:
        case LockTestKind.PRESENT:
            return st.builds(Value, st.text("xy", min_size=1), st.just(value=True))
        case LockTestKind.EQUALS | LockTestKind.IN:
            words = st.sampled_from((*OPERANDS, "FALSE", "actively"))
            return st.builds(
                lambda word, spelt: Value(spelt(word), locks=word in test.operands),
                words,
                st.sampled_from(spellings),
            )
        case LockTestKind.BIT:
            mask = int(test.operands[0])
            return nonsense | st.integers(0, 2**25).map(
                lambda number: Value(str(number), locks=number & mask != 0)
            )
        case LockTestKind.BEFORE_NOW:
            return nonsense | st.builds(
                _time, MOMENTS, st.just(test.operands[0]), is_never=st.booleans()
            )


def _time(moment: datetime, unit: str, *, is_never: bool) -> Value:
    """A moment, or never where the unit has it."""
    if unit == "generalized":
        return Value(f"{moment:%Y%m%d%H%M%S}Z", locks=moment < NOON)
    if is_never:
        return Value({"filetime": "0", "days": "-1"}[unit], locks=False)
    if unit == "filetime":
        seconds = (moment - FIRST_FILETIME) // timedelta(seconds=1)
        return Value(str(seconds * 10**7), locks=moment < NOON)
    days = (moment - EPOCH).days
    return Value(str(days), locks=EPOCH + timedelta(days) < NOON)


def all_of(tests) -> st.SearchStrategy[frozenset[str]]:
    return st.just(frozenset(test.attribute for test in tests))


def some_of(tests) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from([test.attribute for test in tests]))


@st.composite
def people(draw: st.DrawFn, tests, kind: ServerKind, *, rights=None, **options) -> tuple:
    """Some entries, and the attributes that may be seen of them: unless told random ones."""
    some = some_of(tests) if rights is None else rights

    def person(number: int) -> Person:
        values = {
            test.attribute: tuple(draw(st.lists(values_for(test, **options), max_size=2)))
            for test in tests
        }
        readable, searchable = draw(some), draw(some)
        if kind is OPENLDAP:
            searchable |= readable
        if kind is WINDOWS:
            searchable = readable
        return Person(a_dn(f"u{number}"), values, readable, searchable)

    return tuple(map(person, range(draw(st.integers(1, 4)))))


def looked_up(server: Server, tests: tuple[LockTest, ...]) -> dict[Dn, Answer]:
    layout = attrs.evolve(WIKIMEDIA, people=PEOPLE, server=server.kind, locked=tests)
    locks = Locks(session=server, layout=layout, now=NOON)
    return dict(locks.look_up(terms_by_dn([each.dn for each in server.people], layout)))


# -- what must hold

SOME = settings(max_examples=40, deadline=None)


def servers(tests, kind: ServerKind, **options) -> st.SearchStrategy[Server]:
    schemas = all_of(tests) | some_of(tests)
    return st.builds(Server, st.just(kind), people(tests, kind, **options), schemas, st.booleans())


def assert_nobody_only_looks_open(server: Server, tests: tuple[LockTest, ...]) -> None:
    answers = looked_up(server, tests)
    knows_all = server.attributes.issuperset(test.attribute for test in tests)
    for person in server.people:
        match answers.get(person.dn):
            case No():
                assert person.is_open
                assert knows_all or server.kind is not DS_389
            case Yes():
                assert not person.is_open


@pytest.mark.parametrize("kind", ServerKind)
@SOME
@given(data=st.data())
def test_whoever_is_said_not_to_be_locked_is_not(kind, data):
    """Whatever may not be read or searched for, and whatever values make no sense."""
    tests = data.draw(lock_tests())

    assert_nobody_only_looks_open(data.draw(servers(tests, kind)), tests)


@pytest.mark.parametrize("kind", [OPENLDAP, DS_389])
@SOME
@given(data=st.data())
def test_spaces_that_do_not_count_to_the_server_open_no_lock(kind, data):
    """What it finds by a value may be written in another way."""
    tests = data.draw(lock_tests(VALUES))

    server = data.draw(servers(tests, kind, rights=all_of(tests), spellings=WITH_SPACES))

    assert_nobody_only_looks_open(server, tests)


@SOME
@given(data=st.data())
def test_a_value_that_shows_opens_no_lock_while_another_is_hidden(data):
    """OpenLDAP has access rules for single values."""
    tests = data.draw(lock_tests(VALUES))

    server = data.draw(servers(tests, OPENLDAP, rights=all_of(tests), hiding=True))

    assert_nobody_only_looks_open(server, tests)


@pytest.mark.parametrize("kind", ServerKind)
@SOME
@given(data=st.data())
def test_whoever_shows_everything_is_told_from_who_is_locked(kind, data):
    """On Active Directory this takes a value of every attribute."""
    tests = data.draw(lock_tests())
    server = Server(
        kind,
        data.draw(people(tests, kind, rights=all_of(tests))),
        attributes=data.draw(all_of(tests)),
        is_known=True,
    )

    answers = looked_up(server, tests)

    expected = {person.dn: _answer(person, kind) for person in server.people}
    assert expected == {dn: type(answers.get(dn, Unknown(""))) for dn in expected}


def _answer(person: Person, kind: ServerKind) -> type:
    truths = [value.locks for values in person.values.values() for value in values]
    if True in truths:
        return Yes
    is_silent = kind is WINDOWS and not all(person.values.values())
    return Unknown if None in truths or is_silent else No
