"""`glaab doctor --notify`: one test message to each address, sent only if that is asked."""

import json
import sys

import pytest

from glaab.domain.diagnostics import ok, problem
from tests.unit.commands.small_world import POLICY, WORLD, run

pytestmark = pytest.mark.usefixtures("elsewhere")

TEST_MESSAGE = "This is a test message of glaab doctor. Nothing has happened, and nothing is to do."
NOT_UNDERSTOOD = problem(
    "address 2 of 2 is none that apprise understands", "see https://github.com/caronc/apprise"
)


def examined(*arguments, area="notifications", **settings):
    """The findings in an area; nothing else is asked, since an address is in doubt."""
    environ = {"GITLAB_URL": "in doubt", **settings}
    document = json.loads(run("doctor", *arguments, "--format", "json", env=environ).stdout)
    return [
        (each["check"], each["health"], each["said"], each["remedy"])
        for each in document["checks"]
        if each["area"] == area
    ]


def of_addresses(finding):
    return ("GLAAB_NOTIFY_URLS", finding.health.value, finding.message, finding.remedy)


def test_a_test_message_goes_to_each_address(rooms):
    found = examined("--notify", GLAAB_NOTIFY_URLS="room://first room://second")

    assert [
        of_addresses(ok("a test message was delivered to address 1 of 2")),
        of_addresses(ok("a test message was delivered to address 2 of 2")),
    ] == found
    assert ["first", "second"] == [each.room for each in rooms.messages]
    assert {TEST_MESSAGE} == set(rooms.bodies)


def test_what_is_not_delivered_is_a_problem(rooms):
    rooms.answer = lambda: False

    assert [
        of_addresses(
            problem(
                "no test message was delivered to address 1 of 1: it was not delivered",
                "see that the address is right, and that what it names can be reached; the command"
                " apprise with this address and -vv says more",
            )
        )
    ] == examined("--notify", GLAAB_NOTIFY_URLS="room://first")


def test_without_being_asked_to_it_sends_nothing(rooms):
    assert [] == examined(GLAAB_NOTIFY_URLS="room://first")
    assert [] == rooms.messages


def test_that_nobody_is_to_be_told_is_a_problem():
    found = problem(
        "no test message was sent, because nobody is named",
        "set it as docs/settings.md says, or ask without --notify",
    )

    assert [of_addresses(found)] == examined("--notify")


def test_beside_a_world_nobody_is_told(rooms, elsewhere):
    (elsewhere / "world.toml").write_text(WORLD)
    (elsewhere / "policy.toml").write_text(POLICY)
    found = problem(
        "no test message was sent, because a world contacts nobody",
        "ask without --notify, or without --world and GLAAB_WORLD",
    )

    assert [of_addresses(found)] == examined(
        *("--world", "world.toml", "--policy", "policy.toml", "--notify"),
        GLAAB_NOTIFY_URLS="room://first",
    )
    assert [] == rooms.messages


@pytest.mark.parametrize("arguments", [[], ["--notify"]])
def test_an_address_that_is_not_understood_is_a_wrong_setting(rooms, arguments):
    found = examined(*arguments, area="settings", GLAAB_NOTIFY_URLS="room://first nothing://second")

    assert of_addresses(NOT_UNDERSTOOD) in found
    assert [] == rooms.messages


def test_while_an_address_is_wrong_nobody_is_told(rooms):
    found = problem("no test message was sent, because an address is wrong", "mend that first")

    assert [of_addresses(found)] == examined(
        "--notify", GLAAB_NOTIFY_URLS="room://first nothing://second"
    )
    assert [] == rooms.messages


def test_that_apprise_is_missing_is_a_wrong_setting(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)

    assert of_addresses(
        problem("it needs the package apprise", "pip install 'glaab[notify]', or unset it")
    ) in examined(area="settings", GLAAB_NOTIFY_URLS="room://first")


def test_a_problem_makes_the_exit_code_three(rooms):
    result = run("doctor", "--notify", env={"GITLAB_URL": "in doubt"})

    assert 3 == result.exit_code
    assert "\nnotifications\n  problem  GLAAB_NOTIFY_URLS: no test message was" in result.stdout
