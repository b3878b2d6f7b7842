"""What is wrong with the addresses of those who are to be told."""

import sys

import pytest

from glaab.entrypoints.watching.services import notify_problems
from glaab.settings.core import Settings
from glaab.settings.values import SecretUrls

NOT_INSTALLED = "it needs the package apprise; pip install 'glaab[notify]', or unset it"


def settings_of(*addresses, **changes):
    return Settings(glaab_notify_urls=SecretUrls(" ".join(addresses)), **changes)


@pytest.mark.parametrize("settings", [Settings(), settings_of("room://first", "room://second")])
def test_addresses_that_are_understood_are_no_problem(rooms, settings):
    assert () == notify_problems(settings)
    assert [] == rooms.messages


@pytest.mark.parametrize("wrong", ["nothing://s3cret", "s3cret", "https://s3cret.example/"])
def test_an_address_that_is_not_understood_is_named_by_its_place(rooms, wrong):
    assert (
        "GLAAB_NOTIFY_URLS: address 2 of 3 is none that apprise understands;"
        " see https://github.com/caronc/apprise",
    ) == notify_problems(settings_of("room://first", wrong, "room://third"))


def test_errors_of_a_service_that_is_only_looked_at_are_told_nobody(rooms, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    rooms.log_out = lambda: 1 / 0

    notify_problems(settings_of("room://first"))

    assert [] == told


def test_whoever_is_to_be_told_needs_apprise(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)

    assert (f"GLAAB_NOTIFY_URLS: {NOT_INSTALLED}",) == notify_problems(settings_of("room://a"))


@pytest.mark.parametrize("changes", [{}, {"glaab_world": "world.toml"}])
def test_whoever_tells_nobody_does_not_need_it(monkeypatch, changes):
    monkeypatch.setitem(sys.modules, "apprise", None)

    settings = settings_of("room://first", **changes) if changes else Settings()

    assert () == notify_problems(settings)
