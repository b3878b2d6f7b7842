"""What `glaab doctor` says of lists: who is on them, and who runs out."""

from datetime import date, timedelta

import pytest

from glaab.adapters.vetted.diagnostics import VettedHealthCheck
from glaab.domain.sources.vetted import VettedPerson
from tests.builders import an_identity
from tests.contract.told import told

TODAY = date(2026, 11, 22)
ADD = "add whom it shall let in, or take its rule out of the policy"
LATER = "write a later until for whoever shall still be let in; who was approved stays"


def an_entry(name="Jane Doe", days=None, **changes):
    """Somebody whose last day is in so many days."""
    until = None if days is None else TODAY + timedelta(days=days)
    return VettedPerson(identity=an_identity(name), until=until, **changes)


def findings(*entries):
    check = VettedHealthCheck(lists={"list.toml": entries}, today=TODAY)
    return told(check)["list list.toml"]


def test_people_are_counted():
    assert ["ok: entries in force: 2, run out: 1"] == findings(
        an_entry("a"), an_entry("b", days=15), an_entry("c", days=-1)
    )


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "nobody is on it"),
        ([an_entry(days=-1)], "everybody on it has run out"),
    ],
)
def test_a_list_that_lets_nobody_in_is_a_warning(entries, message):
    assert [f"warning: {message} -> {ADD}"] == findings(*entries)


@pytest.mark.parametrize(
    ("days", "is_soon"), [(-1, False), (0, True), (14, True), (15, False), (None, False)]
)
def test_who_runs_out_within_a_fortnight_is_told(days, is_soon):
    told_soon = [each for each in findings(an_entry(days=days), an_entry("b")) if "soon" in each]

    assert is_soon == bool(told_soon)


def test_who_runs_out_first_is_told_first_and_who_vouched():
    assert [
        "ok: entries in force: 3, run out: 0",
        'warning: soon to run out: "b" after 2026-11-23 (vouched for by @admin),'
        f' "a" after 2026-11-24, "c" after 2026-11-24 -> {LATER}',
    ] == findings(an_entry("c", 2), an_entry("b", 1, vouched_by="@admin"), an_entry("a", 2))


def test_ten_are_named_and_the_others_counted():
    ten, eleven = (
        findings(*(an_entry(f"{number:02}", 1) for number in range(count)))[1] for count in (10, 11)
    )

    assert '"09" after 2026-11-23 ->' in ten
    assert '"09" after 2026-11-23, and 1 more ->' in eleven


def test_each_list_is_looked_at():
    check = VettedHealthCheck(lists={"a.toml": [an_entry()], "b.toml": []}, today=TODAY)

    assert ["list a.toml", "list b.toml"] == list(told(check))
