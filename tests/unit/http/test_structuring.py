"""The strict converter: data has exactly the shape, or the answer is unusable."""

from datetime import UTC, datetime
from enum import StrEnum

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaab.adapters.http.structuring import STRUCTURE_ERRORS, problems, strict_converter, structure
from glaab.adapters.redaction import redacting
from glaab.domain.errors import SystemUnavailable
from glaab.domain.sources.gerrit import GERRIT


class Colour(StrEnum):
    RED = "red"


@attrs.frozen
class Part:
    name: str


@attrs.frozen(kw_only=True)
class Whole:
    text: str = ""
    maybe: str | None = None
    number: int = 0
    maybe_number: int | None = None
    truth: bool = False
    colour: Colour = Colour.RED
    at: datetime | None = None
    words: tuple[str, ...] = ()
    maybe_words: tuple[str, ...] | None = None
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    rows: tuple[tuple[int, ...], ...] = ()
    by_name: dict[str, Part] = attrs.Factory(dict)


def unavailable(payload, shape=Whole):
    """Why *payload* has not this shape."""
    with pytest.raises(SystemUnavailable) as raised:
        structure(GERRIT, payload, shape)
    assert GERRIT is raised.value.system
    return raised.value.reason.removeprefix("its answer has an unexpected shape: ")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, Whole()),
        ({"text": "None", "maybe": None}, Whole(text="None")),
        ({"maybe": ""}, Whole(maybe="")),
        ({"number": -3, "maybe_number": 2**70}, Whole(number=-3, maybe_number=2**70)),
        ({"truth": True}, Whole(truth=True)),
        ({"colour": "red"}, Whole(colour=Colour.RED)),
        ({"words": ["a", ""]}, Whole(words=("a", ""))),
        ({"words": [], "maybe_words": None}, Whole()),
        (
            {"part": {"name": "x"}, "parts": [{"name": "y"}]},
            Whole(part=Part("x"), parts=(Part("y"),)),
        ),
        ({"rows": [[1], []]}, Whole(rows=((1,), ()))),
        ({"by_name": {"a": {"name": "b"}}}, Whole(by_name={"a": Part("b")})),
        ({"nobody": "reads this", "part": {"name": "x", "nor": "this"}}, Whole(part=Part("x"))),
    ],
)
def test_what_has_the_shape_is_taken(payload, expected):
    """Keys that nobody reads do not matter."""
    assert expected == structure(GERRIT, payload, Whole)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T12:00:00Z", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22T12:00:00.250+02:00", datetime(2026, 11, 22, 10, 0, 0, 250_000, UTC)),
        ("2026-11-22T23:00:00-05:00", datetime(2026, 11, 23, 4, tzinfo=UTC)),
    ],
)
def test_a_time_is_in_utc(text, moment):
    at = structure(GERRIT, {"at": text}, Whole).at

    assert moment == at
    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    ("payload", "difference"),
    [
        ({"text": None}, "text: expected str, got NoneType"),
        ({"text": 3}, "text: expected str, got int"),
        ({"text": b"x"}, "text: expected str, got bytes"),
        ({"text": ["x"]}, "text: expected str, got list"),
        ({"maybe": 3}, "maybe: expected str, got int"),
        ({"number": "3"}, "number: expected int, got str"),
        ({"number": 3.9}, "number: expected int, got float"),
        ({"number": 3.0}, "number: expected int, got float"),
        ({"number": True}, "number: expected int, got bool"),
        ({"number": None}, "number: expected int, got NoneType"),
        ({"maybe_number": "3"}, "maybe_number: expected int, got str"),
        ({"truth": "false"}, "truth: expected bool, got str"),
        ({"truth": 1}, "truth: expected bool, got int"),
        ({"truth": None}, "truth: expected bool, got NoneType"),
        ({"colour": "blue"}, "colour: 'blue' is not a valid Colour"),
        ({"colour": 1}, "colour: expected str, got int"),
        ({"colour": None}, "colour: expected str, got NoneType"),
        ({"at": "2026-11-22"}, "at: the time 2026-11-22 has no zone"),
        ({"at": "2026-11-22T12:00:00"}, "at: the time 2026-11-22T12:00:00 has no zone"),
        ({"at": "yesterday"}, "at: Invalid isoformat string: 'yesterday'"),
        ({"at": "\ud800"}, "at: Invalid isoformat string: '\\ud800'"),
        ({"at": 1_795_348_800}, "at: expected a time, got int"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at: date value out of range"),
        ({"words": "ab"}, "words: expected a list, got str"),
        ({"words": {"a": "b"}}, "words: expected a list, got dict"),
        ({"words": {}}, "words: expected a list, got dict"),
        ({"words": None}, "words: expected a list, got NoneType"),
        ({"words": ["a", None]}, "words[1]: expected str, got NoneType"),
        ({"maybe_words": "ab"}, "maybe_words: expected a list, got str"),
        ({"rows": ["12"]}, "rows[0]: expected a list, got str"),
        ({"rows": [[1, "2"]]}, "rows[0][1]: expected int, got str"),
        ({"part": []}, "part: expected an object, got list"),
        ({"part": [["name", "x"]]}, "part: expected an object, got list"),
        ({"part": "name"}, "part: expected an object, got str"),
        ({"part": {}}, "part.name: required field missing"),
        ({"parts": {}}, "parts: expected a list, got dict"),
        ({"parts": [None]}, "parts[0]: expected an object, got NoneType"),
        ({"by_name": []}, "by_name: expected a mapping"),
        ({"by_name": None}, "by_name: expected a mapping"),
        ({"by_name": {"a": {"name": 1}}}, "by_name['a'].name: expected str, got int"),
    ],
)
def test_what_has_another_shape_is_unavailable(payload, difference):
    """Nothing is guessed, and the reason says where it differs."""
    assert difference == unavailable(payload)


@pytest.mark.parametrize(
    ("payload", "shape", "difference"),
    [
        (None, Whole, "top level: expected an object, got NoneType"),
        ([], Whole, "top level: expected an object, got list"),
        ("", Whole, "top level: expected an object, got str"),
        ({}, tuple[Part, ...], "top level: expected a list, got dict"),
        ("ab", tuple[str, ...], "top level: expected a list, got str"),
        ([{"name": 1}], tuple[Part, ...], "[0].name: expected str, got int"),
        (1, str, "top level: expected str, got int"),
        ([], dict[str, int], "top level: expected a mapping"),
        ([], dict[str, Part], "top level: expected a mapping"),
        (1, dict[str, str], "top level: expected a mapping"),
    ],
)
def test_the_top_level_is_as_strict(payload, shape, difference):
    assert difference == unavailable(payload, shape)


def test_every_difference_is_said():
    payload = {"text": 1, "truth": "false", "parts": [{"name": None}, {}]}

    assert (
        "text: expected str, got int; truth: expected bool, got str;"
        " parts[0].name: expected str, got NoneType; parts[1].name: required field missing"
        == unavailable(payload)
    )


def test_an_unknown_key_is_a_problem_where_we_wrote_the_shape():
    converter = strict_converter(forbid_extra_keys=True)
    payload = {"txt": "", "part": {"name": "x", "b": 1, "a": 2}}

    with pytest.raises(STRUCTURE_ERRORS) as raised:
        converter.structure(payload, Whole)

    assert ["part: unknown key a, b", "top level: unknown key txt"] == sorted(
        problems(raised.value)
    )


def test_a_text_that_is_no_unicode_is_described():
    """Its own words would quote what may be a secret."""
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    (problem,) = problems(error)

    assert problem.startswith("top level: ")


def test_no_secret_is_in_a_problem_be_it_a_value_or_a_key():
    """A field of glaab's own may be called like one."""
    payload = {"a secret key": {"number": "x"}}

    with redacting(["a secret key", "number", "2026-01-31T10:00"]):
        with pytest.raises(SystemUnavailable) as of_key:
            structure(GERRIT, payload, dict[str, Whole])
        with pytest.raises(SystemUnavailable) as of_value:
            structure(GERRIT, "2026-01-31T10:00", datetime)

    assert "a secret key" not in str(of_key.value)
    assert "number" in str(of_key.value)
    assert "2026-01-31T10:00" not in str(of_value.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*attrs.fields_dict(Whole), "name"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(JSON)
def test_any_json_is_a_whole_or_unavailable(payload):
    """Whatever comes, no other error leaves, and no value changes its type."""
    try:
        whole = structure(GERRIT, payload, Whole)
    except SystemUnavailable:
        return
    for name in ("text", "maybe", "number", "maybe_number", "truth"):
        expected = payload.get(name, getattr(Whole(), name))
        assert (type(expected), expected) == (type(getattr(whole, name)), getattr(whole, name))
