"""What `doctor` says of secrets that are short, a word or a name."""

from pathlib import Path

import pytest

from glaab.domain.diagnostics import Health
from glaab.entrypoints.diagnostics.secret_checks import check_secrets
from glaab.entrypoints.runtime.bootstrap import Options, compose
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.variables import COMPLETE

pytestmark = pytest.mark.usefixtures("elsewhere")


def findings(**changes: str) -> list[tuple[str, str]]:
    """The variables of secrets that are warned of, and how the warnings begin."""
    options = Options.read(COMPLETE | changes, None, INTEGRATIONS)
    checked = [*check_secrets(compose(options, mode="look", acting=True))]
    assert {Health.WARNING} >= {finding.health for _, finding in checked}
    return [(name, " ".join(finding.message.split()[:3])) for name, finding in checked]


GOOD = "x7Gq-hM2k-9tRw"
ALL_GOOD = {name: GOOD for name in COMPLETE if name.endswith(("_TOKEN", "_PASSWORD", "_SECRET"))}


def test_secrets_made_by_chance_are_well():
    assert [] == findings(**ALL_GOOD)


def test_a_short_secret_is_warned_of():
    assert [("GERRIT_PASSWORD", "it has fewer")] == findings(
        **ALL_GOOD | {"GERRIT_PASSWORD": "5hort"}
    )


def test_the_shortest_secret_that_is_blacked_out_is_well():
    assert [] == findings(**ALL_GOOD | {"GERRIT_PASSWORD": "6lette"})


@pytest.mark.parametrize(
    "word",
    [
        *("account", "approve", "Evidence", "gitlab", "phabricator"),  # that glaab prints
        *("wikimedia", "dc=wikimedia,dc=org", "gerrit.example.org"),  # of settings
        *("Toolforge member", "project-tools", "openid_connect"),  # of the policy
    ],
)
def test_a_word_and_a_name_are_warned_of(word):
    changes = {"GERRIT_PASSWORD": word, "GERRIT_USER": "gerrit.example.org"}

    assert [("GERRIT_PASSWORD", "it is a")] == findings(**ALL_GOOD | changes)


def test_each_address_of_several_is_looked_at():
    changes = {"GLAAB_NOTIFY_URLS": f"json://{GOOD} x://y account"}

    assert [("GLAAB_NOTIFY_URLS", "it has fewer"), ("GLAAB_NOTIFY_URLS", "it is a")] == findings(
        **ALL_GOOD | changes
    )


def test_no_secret_is_in_what_is_said():
    options = Options.read(COMPLETE | {"GERRIT_PASSWORD": "wikimedia"}, None, INTEGRATIONS)

    checked = [*check_secrets(compose(options, mode="look", acting=True))]

    assert "wikimedia" not in str(checked)


def test_a_policy_that_cannot_be_read_keeps_nobody_from_being_warned():
    changes = {"GLAAB_POLICY": str(Path("missing.toml")), "GERRIT_PASSWORD": "account"}

    assert [("GERRIT_PASSWORD", "it is a")] == findings(**ALL_GOOD | changes)
