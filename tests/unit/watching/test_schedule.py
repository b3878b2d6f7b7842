"""When looks and full runs are due."""

import pytest

from glaab.entrypoints.watching.schedule import Schedule


@pytest.fixture
def schedule():
    """Looks every 5 s, full runs every 180 s."""
    return Schedule(look_every_s=5, run_every_s=180)


def test_a_full_run_comes_first(schedule):
    assert 0 == schedule.wait_s(1_000)
    assert schedule.is_full_run_due(1_000)


def test_looks_follow_in_their_interval(schedule):
    """It is counted from the beginning of one to the beginning of the next."""
    schedule.after_full_run(0, 2, is_outage=False)

    assert 3 == schedule.wait_s(2)
    schedule.after_look(5, 5.5, is_outage=False, asked_others=False)
    assert 4.5 == schedule.wait_s(5.5)
    assert not schedule.is_full_run_due(10)


def test_full_runs_follow_in_theirs(schedule):
    schedule.after_full_run(0, 2, is_outage=False)
    schedule.after_look(175, 176, is_outage=False, asked_others=False)

    assert 4 == schedule.wait_s(176)
    assert not schedule.is_full_run_due(179.9)
    assert schedule.is_full_run_due(180)


def test_a_look_comes_at_once_after_a_long_full_run(schedule):
    schedule.after_full_run(0, 100, is_outage=False)

    assert 0 == schedule.wait_s(100)
    assert not schedule.is_full_run_due(100)


def test_a_full_run_that_took_longer_than_its_period_is_followed_by_one(schedule):
    schedule.after_full_run(0, 200, is_outage=False)

    assert schedule.is_full_run_due(200)


def test_systems_that_were_asked_get_five_times_as_long_a_rest(schedule):
    schedule.after_full_run(0, 1, is_outage=False)

    schedule.after_look(5, 8, is_outage=False, asked_others=True)

    assert 15 == schedule.wait_s(8)
    assert 15 == schedule.interval_s


def test_a_short_look_that_asked_others_keeps_the_interval(schedule):
    schedule.after_full_run(0, 1, is_outage=False)

    schedule.after_look(5, 5.5, is_outage=False, asked_others=True)

    assert 4.5 == schedule.wait_s(5.5)
    assert 5 == schedule.interval_s


@pytest.mark.parametrize(
    ("look_every_s", "expected"),
    [
        (1, [2, 4, 8, 16, 32, 60, 60]),
        (5, [10, 20, 40, 60, 60, 60, 60]),
        (60, [60, 60, 60, 60, 60, 60, 60]),
        (300, [300] * 7),
    ],
)
def test_looks_are_rarer_during_an_outage(look_every_s, expected):
    """Up to a minute; or as rare as they are anyway."""
    schedule = Schedule(look_every_s=look_every_s, run_every_s=10_000)
    schedule.after_full_run(0, 0, is_outage=False)

    intervals = []
    for _ in range(7):
        schedule.after_look(0, 0, is_outage=True, asked_others=False)
        intervals.append(schedule.wait_s(0))

    assert expected == intervals


def test_looks_are_as_before_once_it_is_over(schedule):
    schedule.after_full_run(0, 0, is_outage=True)
    schedule.after_look(10, 10, is_outage=True, asked_others=False)

    schedule.after_look(30, 30, is_outage=False, asked_others=False)

    assert 5 == schedule.wait_s(30) == schedule.interval_s
