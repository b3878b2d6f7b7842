"""While a command runs secrets are known, and no traceback shows one."""

import sys
import threading

import click
import pytest

from glaab.adapters.redaction import quote
from glaab.entrypoints.runtime.redaction import redacted
from glaab.settings.core import Settings
from glaab.settings.values import Secret

TOKEN = 'glpat-"a/b" é'
SETTINGS = Settings(gitlab_access_token=Secret(TOKEN))


@pytest.fixture
def _hooks(monkeypatch):
    """Those of Python itself; what a test sets is taken away again."""
    for module, name in (sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook"):
        monkeypatch.setattr(module, name, getattr(module, f"__{name}__"))


def test_secrets_are_known_as_long_as_a_command_runs():
    with redacted(SETTINGS):
        assert "[secret]" == quote(TOKEN)

    assert TOKEN == quote(TOKEN)


def test_what_is_printed_stays_as_it_is(capsys):
    """It is glaab's own: what servers say was blacked out before."""
    with redacted(SETTINGS):
        click.echo(TOKEN)
        click.echo(TOKEN, err=True)

    assert (f"{TOKEN}\n", f"{TOKEN}\n") == capsys.readouterr()


@pytest.mark.usefixtures("_hooks")
def test_the_traceback_of_an_error_that_leaves_is_redacted(capsys):
    with pytest.raises(ValueError, match="invalid header") as raised, redacted(SETTINGS):
        raise ValueError(f"invalid header {TOKEN}")

    sys.excepthook(raised.type, raised.value, raised.tb)

    message = capsys.readouterr().err
    assert message.startswith("Traceback (most recent call last):\n")
    assert message.endswith("ValueError: invalid header [secret]\n")


@pytest.mark.usefixtures("_hooks")
def test_the_traceback_of_a_thread_is_redacted(capsys):
    def fail():
        raise ValueError(f"invalid header {TOKEN}")

    with redacted(SETTINGS):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()

    assert capsys.readouterr().err.endswith("ValueError: invalid header [secret]\n")


@pytest.mark.usefixtures("_hooks")
def test_the_traceback_of_a_destructor_is_redacted(capsys):
    class Broken:
        def __del__(self):
            raise ValueError(f"invalid header {TOKEN}")

    with redacted(SETTINGS):
        Broken()

    assert capsys.readouterr().err.endswith("ValueError: invalid header [secret]\n")


@pytest.mark.usefixtures("_hooks")
def test_afterwards_tracebacks_are_as_before():
    def hooks():
        return sys.excepthook, sys.unraisablehook, threading.excepthook

    before = hooks()

    with redacted(SETTINGS):
        assert not set(before) & set(hooks())

    assert before == hooks()
