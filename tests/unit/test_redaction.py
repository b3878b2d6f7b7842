"""Secrets are blacked out in what servers and libraries say, in every spelling."""

import json
from base64 import b64encode
from html import escape
from urllib.parse import quote as percent_encoded
from urllib.parse import quote_plus as form_encoded

import markupsafe
import pytest

from glaab.adapters.gerrit.settings import GerritSettings
from glaab.adapters.redaction import Redactor, quote, redacting, redactor
from glaab.settings.core import Settings
from glaab.settings.values import Secret
from tests.variables import GROUPS

TOKEN = "glpat-\"a/b\" + 'é' & <\\> %41 😀"
SPELLINGS = {
    "as it is": TOKEN,
    "percent-encoded": percent_encoded(TOKEN, safe=""),
    "percent-encoded in small letters": percent_encoded(TOKEN).lower(),
    "form-encoded": form_encoded(TOKEN),
    "JSON": json.dumps(TOKEN)[1:-1],
    "JSON in Unicode": json.dumps(TOKEN, ensure_ascii=False)[1:-1],
    "JSON with escaped slashes": json.dumps(TOKEN)[1:-1].replace("/", r"\/"),
    "JSON as Rails writes it": json.dumps(TOKEN)[1:-1].replace("<", r"\u003C"),
    "HTML": escape(TOKEN),
    "HTML as Jinja writes it": str(markupsafe.escape(TOKEN)),
    "HTML in numbers": "".join(f"&#{ord(each)};" for each in TOKEN),
    "HTML in hexadecimal numbers": "".join(f"&#x{ord(each):X};" for each in TOKEN),
    "Python": repr(TOKEN)[1:-1],
    "Python, in bytes": repr(TOKEN.encode())[2:-1],
}
redact = Redactor([TOKEN, "http password"])


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_blacked_out_in_every_spelling(text):
    assert "refused: [secret] (HTTP 401)" == redact(f"refused: {text} (HTTP 401)")


def test_several_secrets_in_several_spellings_are_blacked_out():
    text = f"{SPELLINGS['HTML']}, http+password, {SPELLINGS['JSON']}, http%20password"

    assert "[secret], [secret], [secret], [secret]" == redact(text)


def test_secrets_that_overlap_are_blacked_out_together():
    assert "<[secret]>" == Redactor(["abcdefg", "efghijk"])("<abcdefghijk>")


def test_what_is_escaped_and_no_secret_stays():
    text = r"C++ &amp; 100%25 \"http\" \u00e9: http%20password"

    assert text.replace("http%20password", "[secret]") == redact(text)


@pytest.mark.parametrize(
    ("secret", "shown"), [("short", "short"), ("longer", "[secret]")], ids=["five", "six"]
)
def test_six_characters_make_a_secret(secret, shown):
    assert f"refused: {shown}" == Redactor([secret])(f"refused: {secret}")


def test_the_header_of_basic_authentication_is_secret_however_short_the_password_is():
    gerrit = GerritSettings(gerrit_password=Secret("short"))
    settings = Settings(sources={group: group() for group in GROUPS} | {GerritSettings: gerrit})
    header = b64encode(b"glaab:short").decode()

    assert "Basic [secret]" == Redactor(settings.secrets)(f"Basic {header}")


def test_a_secret_that_is_added_is_hidden_beside_the_first():
    redact = Redactor(["an old one"])

    redact.add(["a new one"])

    assert "[secret], [secret]" == redact("an old one, a new one")


def test_what_a_server_hands_out_is_hidden():
    redact = Redactor()

    redact.learn("a token of an hour")
    redact.learn("abc")

    assert "[secret], abc" == redact("a token of an hour, abc")


def test_only_the_newest_of_what_servers_hand_out_are_remembered():
    """A service runs for months, and each of its runs gets a new token."""
    redact = Redactor(["the settings' own"])

    for number in range(1_000):
        redact.learn(f"token {number:04}")
        redact.learn("token that stays")

    text = "the settings' own, token 0000, token 0999, token that stays"
    assert "[secret], token 0000, [secret], [secret]" == redact(text)


def test_a_long_secret_is_hidden_as_others_are():
    secret = "/ü" * 100_000
    redact = Redactor([secret])
    texts = (secret, percent_encoded(secret, safe=""), json.dumps(secret), "nothing of it " * 1_000)

    blacked = [redact(text) for text in texts]

    assert ["[secret]", "[secret]", '"[secret]"', texts[-1]] == blacked


def test_without_any_secret_nothing_is_hidden():
    assert "http password" == Redactor()("http password")


def test_a_redactor_shows_nothing():
    assert "password" not in repr(redact)


def test_a_redactor_is_in_force_for_a_while():
    with redacting(["http password"]):
        assert "[secret]" == quote("http password")
        assert "[secret]" == redactor()("http password")

    assert "http password" == quote("http password")


@pytest.mark.parametrize(
    ("words", "quoted"),
    [
        ("", ""),
        (" \n ", ""),
        ("\n  no\tentry \nTraceback:\n  token=1", "no entry"),
        ("x" * 400, "x" * 300),
        (f"{'x' * 295} http password", f"{'x' * 295} [sec"),
    ],
    ids=["nothing", "blank", "several lines", "long", "a secret at the end"],
)
def test_a_quotation_is_one_line_cut_short(words, quoted):
    with redacting(["http password"]):
        assert quoted == quote(words)
