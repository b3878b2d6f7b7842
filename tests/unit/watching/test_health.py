"""Whether the loop goes on."""

from glaab.entrypoints.watching.health import Health


def test_before_the_first_full_run_has_ended_it_is_not_well():
    assert "the first full run has not ended yet" == Health(lambda: 0).problem


def test_it_is_well_for_three_intervals_after_a_look():
    moment = [100]
    health = Health(lambda: moment[0])
    health.note(ended=100, interval_s=5)

    moment[0] = 115
    assert health.problem is None
    moment[0] = 116
    assert "the last look ended 16 s ago, and one is due every 5 s" == health.problem


def test_looks_that_are_rarer_on_purpose_are_waited_for():
    """During an outage, or after a look that asked other systems."""
    health = Health(lambda: 100 + 3 * 60)
    health.note(ended=100, interval_s=60)

    assert health.problem is None
