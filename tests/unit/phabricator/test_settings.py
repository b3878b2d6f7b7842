"""The variables of Phabricator."""

import pytest

from glaab.adapters.phabricator.settings import PhabricatorSettings
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.settings.values import Secret
from tests.unit.settings.settings_contract import SettingsContract
from tests.variables import missing_in

pytestmark = pytest.mark.usefixtures("elsewhere")

TABLE = {
    "PHABRICATOR_URL": (
        "https://phabricator.wikimedia.org",
        "https://p.example/x",
        "https://p.example/x",
    ),
    "PHABRICATOR_USER": ("glaab", "bot", "bot"),
    "PHABRICATOR_TOKEN": (None, "api-1", Secret("api-1")),
}


class TestPhabricatorSettings(SettingsContract):
    group = PhabricatorSettings
    table = TABLE


def test_a_policy_that_uses_phabricator_needs_a_token():
    problems = missing_in({"GITLAB_ACCESS_TOKEN": "glpat-1"}, {PHABRICATOR}, acting=False)

    assert ("PHABRICATOR_TOKEN: needed by the policy; create a Conduit API token",) == problems
