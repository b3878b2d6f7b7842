"""Secrets are blacked out wherever text leaves, in every spelling."""

import json
import sys
from base64 import b64encode
from io import StringIO
from urllib.parse import quote

import click
import markupsafe
import pytest

from glaab.adapters.gerrit.settings import GerritSettings
from glaab.entrypoints.runtime.redaction import Redactor, redacted
from glaab.settings.core import Settings
from glaab.settings.values import Secret
from tests.variables import EVERY_SOURCE, GROUPS


def settings_with(password: str, **core: Secret) -> Settings:
    """The settings of all sources, where Gerrit's password is this."""
    sources = {group: group() for group in GROUPS}
    return Settings(
        sources=sources | {GerritSettings: GerritSettings(gerrit_password=Secret(password))}, **core
    )


TOKEN = 'glpat-"a/b" é'
SETTINGS = settings_with("http password", gitlab_access_token=Secret(TOKEN))
redact = Redactor(SETTINGS)


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        quote(TOKEN, safe=""),
        json.dumps(TOKEN)[1:-1],
        str(markupsafe.escape(TOKEN)),
        "http+password",
        "http%20password",
        "http\n            password",
        "\x1b[31mhttp pass\x1b[0m\n  \x1b[31mword",
        "Z2xhYWI6aHR0cCBwYXNzd29yZA==",
    ],
)
def test_a_secret_is_blacked_out_in_every_spelling(text):
    """As it is, quoted, escaped, broken by a terminal's width, and in HTTP's authentication."""
    shown = redact(f"refused: {text} (HTTP 401)")

    assert shown.startswith("refused: ")
    assert shown.endswith("[secret] (HTTP 401)")
    assert "word" not in shown
    assert "a/b" not in shown


def test_everything_else_stays():
    text = '{"glaab": "1.0.0", "password": "http"}\n'

    assert text == redact(text)


@pytest.mark.parametrize("secret", ["abc", "glaab", "gitlab", *sorted(EVERY_SOURCE), " a b c "])
def test_what_is_too_short_or_said_all_the_time_is_not_hidden(secret):
    """Else nothing that glaab says could be read: the name of every source is in all output."""
    redact = Redactor(settings_with(secret))

    assert f"gerrit: glaab {secret}" == redact(f"gerrit: glaab {secret}")


def test_a_secret_that_is_no_unicode_is_hidden():
    redact = Redactor(settings_with("phrase\udcff"))

    assert "[secret] [secret]" == redact("phrase\udcff phrase%FF")


@pytest.mark.parametrize("password", ["http password", "short", "gerrit"])
def test_what_is_derived_from_a_secret_is_hidden_with_it(password):
    """Also where the secret itself is not, being too short or a word that glaab says."""
    header = b64encode(f"glaab:{password}".encode()).decode()
    redact = Redactor(settings_with(password))

    assert "Authorization: Basic [secret]" == redact(f"Authorization: Basic {header}")


def test_a_secret_that_is_learned_later_is_hidden_beside_the_first():
    redact = Redactor(settings_with("an old one"))

    redact.add(settings_with("a new one"))

    assert "[secret], [secret]" == redact("an old one, a new one")


def test_without_any_secret_nothing_is_hidden():
    assert "http password" == Redactor(Settings())("http password")


def test_the_redactor_itself_shows_nothing():
    assert "password" not in repr(redact)


def test_both_streams_are_redacted(capsys):
    with redacted(SETTINGS):
        click.echo(TOKEN)
        sys.stdout.writelines((TOKEN, "\n"))
        click.echo(TOKEN, err=True)
        sys.stdout.flush()

    click.echo(TOKEN)
    assert (f"[secret]\n[secret]\n{TOKEN}\n", "[secret]\n") == capsys.readouterr()


def test_no_stream_below_is_open_to_others():
    with redacted(SETTINGS):
        assert not hasattr(sys.stdout, "buffer")


def test_the_traceback_of_an_error_that_leaves_is_redacted(monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(sys, "stderr", StringIO())
    with pytest.raises(ValueError, match="invalid header") as raised, redacted(SETTINGS):
        raise ValueError(f"invalid header {TOKEN}")

    sys.excepthook(raised.type, raised.value, raised.tb)

    said = sys.stderr.getvalue()
    assert said.startswith("Traceback (most recent call last):\n")
    assert said.endswith("ValueError: invalid header [secret]\n")


def test_afterwards_tracebacks_are_as_before(monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)

    with redacted(SETTINGS):
        assert sys.__excepthook__ is not sys.excepthook

    assert sys.__excepthook__ is sys.excepthook
