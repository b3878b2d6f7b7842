"""The variables of Gerrit."""

from base64 import b64encode

import pytest

from glaab.adapters.gerrit.settings import GerritSettings
from glaab.domain.sources.gerrit import GERRIT
from glaab.settings.values import Secret
from tests.unit.settings.settings_contract import SettingsContract
from tests.variables import missing_in

pytestmark = pytest.mark.usefixtures("elsewhere")

TABLE = {
    "GERRIT_URL": (
        "https://gerrit.wikimedia.org/r",
        "http://127.0.0.1:8080/r",
        "http://127.0.0.1:8080/r",
    ),
    "GERRIT_USER": ("glaab", "bot", "bot"),
    "GERRIT_PASSWORD": (None, "p", Secret("p")),
}


class TestGerritSettings(SettingsContract):
    group = GerritSettings
    table = TABLE


def test_a_policy_that_uses_gerrit_needs_a_password():
    problems = missing_in({"GITLAB_ACCESS_TOKEN": "glpat-1"}, {GERRIT}, acting=False)

    assert (
        "GERRIT_PASSWORD: needed by the policy; generate an HTTP password in Gerrit",
    ) == problems


@pytest.mark.parametrize("password", ["http password", "é", "x\udcff"])
def test_the_header_of_authentication_is_as_secret_as_the_password(password):
    settings = GerritSettings(gerrit_user="bot", gerrit_password=Secret(password))

    header = b64encode(b"bot:" + password.encode(errors="surrogateescape")).decode()
    assert [header] == list(settings.derived_secrets())


def test_without_a_password_there_is_no_header():
    assert [] == list(GerritSettings().derived_secrets())
