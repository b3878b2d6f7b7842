"""Messages through apprise: whom they reach, how long that may take, and what is said of it."""

import math
import signal
import sys
import time
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.entrypoints.runtime.shutdown import Interrupted, Shutdown
from glaab.entrypoints.watching.notifier import Delivery, Notifier
from glaab.settings.core import Settings
from glaab.settings.values import SecretUrls
from tests.unit.watching.rooms import Message, open_rooms

SOON = -0.9
"""A limit of a tenth of a second: deadlines are a second later."""


def settings_of(*addresses, **changes):
    return Settings(glaab_notify_urls=SecretUrls(" ".join(addresses)), **changes)


def a_notifier(*addresses, **changes):
    values = {"addresses": SecretUrls(" ".join(addresses)), "timeouts": TimeoutPolicy(timeout_s=30)}
    return Notifier(**(values | changes))


def reasons(notifier):
    """Why a message is not delivered, as the log has it."""
    with capture_logs() as logs:
        notifier(["Something happened"])
    assert {"notification_not_sent"} >= {each["event"] for each in logs}
    assert {"warning"} >= {each["log_level"] for each in logs}
    return [each["reason"] for each in logs]


def fails():
    raise ValueError("s3cret")


def is_stuck():
    """Wait for ever, and catch what apprise's plugins catch."""
    while True:
        with suppress(Exception):
            time.sleep(60)


# -- whom a message reaches


def test_all_lines_are_one_message_to_each_address(rooms):
    a_notifier("room://first", "room://second")(["One thing", "Another"])

    text = "One thing\nAnother"
    assert [Message("first", "glaab", text), Message("second", "glaab", text)] == rooms.messages


def test_without_lines_nothing_is_sent(rooms):
    a_notifier("room://first")(())

    assert [] == rooms.messages


def test_without_addresses_nothing_is_sent():
    notifier = Notifier.of(Settings(), TimeoutPolicy(timeout_s=30))

    assert () == notifier.send(["Something happened"])


def test_those_whom_the_settings_name_are_told(rooms):
    Notifier.of(settings_of("room://first"), TimeoutPolicy(timeout_s=30))(["Something happened"])

    assert ["Something happened"] == rooms.bodies


def test_of_a_world_in_memory_nobody_is_told(rooms, tmp_path):
    settings = settings_of("room://first", glaab_world=tmp_path)

    Notifier.of(settings, TimeoutPolicy(timeout_s=30))(["Something happened"])

    assert [] == rooms.messages


def test_what_is_longer_than_a_service_takes_is_sent_in_parts():
    with open_rooms(longest=50) as rooms:
        a_notifier("room://first")(["x" * 30, "y" * 30])

    assert ["x" * 30, "y" * 30] == rooms.bodies


def test_an_address_may_say_that_it_is_cut_instead():
    with open_rooms(longest=50) as rooms:
        a_notifier("room://first?overflow=truncate")(["x" * 30, "y" * 30])

    assert ["x" * 30 + "\n" + "y" * 19] == rooms.bodies


def test_signs_of_markup_stay_as_they_are(rooms):
    """No smileys, escapes or templates are made of them."""
    text = r"Hold: :smile: \n *a* <b> ${HOME} {{app_id}} &amp;"

    a_notifier("room://first")([text])

    assert [text] == rooms.bodies


# -- what is not delivered


@pytest.mark.parametrize("answer", [lambda: False, fails])
def test_what_is_not_delivered_is_a_warning_that_names_no_address(rooms, answer):
    rooms.answer = answer

    told = reasons(a_notifier("room://user:s3cret@first", "room://second"))

    assert [f"address {place} of 2: it was not delivered" for place in (1, 2)] == told


def test_one_that_is_not_delivered_keeps_no_other_back(rooms):
    notifier = a_notifier("nothing://s3cret", "room://second")

    assert (
        Delivery("address 1 of 2", "it was not delivered"),
        Delivery("address 2 of 2"),
    ) == notifier.send(["Something happened"])
    assert ["Something happened"] == rooms.bodies


def test_without_apprise_nothing_is_delivered(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)

    assert ["address 1 of 1: it was not delivered"] == reasons(a_notifier("room://first"))


def test_errors_of_what_is_given_up_are_told_nobody(rooms, monkeypatch):
    """Services log out in their destructors, and errors of that name addresses."""
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    rooms.log_out = fails

    a_notifier("room://first")(["Something happened"])

    assert [] == told
    assert sys.unraisablehook == told.append


def test_nobody_is_shown_an_address():
    assert "s3cret" not in repr(a_notifier("room://s3cret"))


# -- how long it may take


def test_one_that_is_stuck_takes_no_longer_than_the_limit(rooms):
    """And a second; whoever comes after it is not asked."""
    rooms.answer = is_stuck
    begin = time.monotonic()

    told = reasons(a_notifier("room://first", "room://second", limit_s=SOON))

    assert 1 > time.monotonic() - begin
    assert [f"address {place} of 2: time was up" for place in (1, 2)] == told
    assert ["first"] == [each.room for each in rooms.messages]


def test_those_who_were_told_in_time_were(rooms):
    def is_stuck_at_the_second():
        return len(rooms.messages) == 1 or is_stuck()

    rooms.answer = is_stuck_at_the_second

    told = reasons(a_notifier("room://first", "room://second", limit_s=SOON))

    assert ["address 2 of 2: time was up"] == told


def test_one_that_is_stuck_when_it_is_given_up_takes_no_longer_either(rooms):
    rooms.answer = rooms.log_out = is_stuck
    begin = time.monotonic()

    told = reasons(a_notifier("room://first", limit_s=SOON))

    assert 2 > time.monotonic() - begin
    assert ["address 1 of 1: time was up"] == told


def test_a_signal_leaves_it_little_time(rooms):
    """No more than a request has after it."""
    timeouts = TimeoutPolicy(timeout_s=0.1)

    def is_signalled():
        signal.raise_signal(signal.SIGTERM)
        is_stuck()

    rooms.answer = is_signalled
    begin = time.monotonic()
    with Shutdown(timeouts, math.inf) as shutdown:
        shutdown.begin_to_act()
        told = reasons(a_notifier("room://first", timeouts=timeouts))

    assert 1 > time.monotonic() - begin
    assert ["address 1 of 1: time was up"] == told
    assert signal.SIGTERM == shutdown.received


def test_a_signal_before_acting_ends_it_at_once(rooms):
    timeouts = TimeoutPolicy(timeout_s=30)
    rooms.answer = lambda: signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted), Shutdown(timeouts, math.inf):
        a_notifier("room://first", timeouts=timeouts)(["Something happened"])


def test_the_deadlines_of_the_run_hold_afterwards(rooms):
    """The alarm is that of the run again."""
    timeouts = TimeoutPolicy(timeout_s=30)

    with Shutdown(timeouts, math.inf):
        a_notifier("room://first", timeouts=timeouts)(["Something happened"])
        with pytest.raises(TimeoutError), timeouts.deadline(SOON):
            time.sleep(5)

    assert ["Something happened"] == rooms.bodies
