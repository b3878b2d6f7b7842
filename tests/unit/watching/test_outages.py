"""Which outages are under way, and when they are spoken of."""

from glaab.domain.errors import GITLAB
from glaab.domain.sources.directory import DIRECTORY
from glaab.entrypoints.watching.outages import Changes, Outage, Outages
from tests.builders import NOON

DOWN = Outage(DIRECTORY, "it is down", 10, NOON)


def test_an_outage_is_new_once():
    outages = Outages()

    first = outages.update({DIRECTORY: "it is down"}, {GITLAB, DIRECTORY}, 10, NOON)
    second = outages.update({DIRECTORY: "it is still down"}, {GITLAB, DIRECTORY}, 20, NOON)

    assert Changes(began=(DOWN,)) == first
    assert Changes() == second
    assert (DOWN,) == outages.under_way


def test_it_ends_when_the_system_is_asked_with_success():
    outages = Outages()
    outages.update({DIRECTORY: "it is down"}, {GITLAB, DIRECTORY}, 10, NOON)

    not_asked = outages.update({}, {GITLAB}, 20, NOON)
    asked = outages.update({}, {GITLAB, DIRECTORY}, 30, NOON)

    assert Changes() == not_asked
    assert Changes(ended=(DOWN,)) == asked
    assert () == outages.under_way


def test_of_several_the_oldest_is_first():
    outages = Outages()
    outages.update({DIRECTORY: "it is down"}, {DIRECTORY}, 10, NOON)

    outages.update({GITLAB: "refused", DIRECTORY: "it is down"}, {DIRECTORY, GITLAB}, 20, NOON)

    assert [DIRECTORY, GITLAB] == [each.system for each in outages.under_way]
