"""What went wrong is told so that a person understands it without the code."""

import attrs
import pytest

from glaab.domain.errors import (
    AUDIT_LOG,
    GITLAB,
    FailoverRestart,
    GlaabError,
    IllegalTransition,
    NotConfirmed,
    SettingsInvalid,
    SystemUnavailable,
    WriteRefused,
)
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.domain.sources.vetted import LISTS

MESSAGES = [
    (
        SystemUnavailable(GERRIT, "connection refused"),
        "gerrit gave no usable answer: connection refused",
    ),
    (
        FailoverRestart("ldap-1 timed out"),
        "another server takes over: ldap-1 timed out",
    ),
    (
        NotConfirmed(AUDIT_LOG, "timed out"),
        "audit_log may or may not have done it: timed out",
    ),
    (WriteRefused("approve account 41"), "refused to approve account 41: this run only looks"),
    (IllegalTransition("banned", "approve"), "an account that is banned cannot approve"),
    (
        SettingsInvalid(("GERRIT_URL: no address", "GLAAB_FOO: unknown")),
        "GERRIT_URL: no address\nGLAAB_FOO: unknown",
    ),
]


@pytest.mark.parametrize(("error", "message"), MESSAGES)
def test_an_error_tells_everything_by_itself(error, message):
    assert message == str(error)


@pytest.mark.parametrize("error", [error for error, _ in MESSAGES])
def test_there_is_one_root(error):
    with pytest.raises(GlaabError) as caught:
        raise error

    assert error is caught.value


@pytest.mark.parametrize("error", [error for error, _ in MESSAGES])
def test_an_error_does_not_change(error):
    field = attrs.fields(type(error))[0].name

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(error, field, "another")


def test_systems_have_the_names_that_people_see():
    """In messages, in JSON and in metrics."""
    assert ["gitlab", "directory", "phabricator", "gerrit", "lists", "audit_log"] == [
        GITLAB,
        DIRECTORY,
        PHABRICATOR,
        GERRIT,
        LISTS,
        AUDIT_LOG,
    ]
