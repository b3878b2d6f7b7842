"""The kinds of values that settings have."""

import pytest

from glaab.settings.values import Secret, SourceSettings, is_other_url, reveal


def test_a_secret_is_revealed_to_who_asks():
    assert "s3cret" == Secret("s3cret").reveal() == reveal(Secret("s3cret"))
    assert "Secret()" == repr(Secret("s3cret"))


def test_a_secret_that_is_not_set_is_empty():
    assert "" == reveal(None)


@pytest.mark.parametrize(
    ("value", "is_other"),
    [
        ("https://a.example/w", False),
        ("https://a.example/w/", False),
        ("https://a.example/", True),
        ("https://b.example/w/", True),
    ],
)
def test_a_slash_at_the_end_makes_no_other_address(value, is_other):
    assert is_other is is_other_url(value, "https://a.example/w/")


def test_a_source_has_no_problems_and_derives_no_secrets_unless_it_says_so():
    assert ([], []) == (list(SourceSettings().problems()), list(SourceSettings().derived_secrets()))
