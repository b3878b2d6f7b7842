"""What holds for the tree as a whole: a source is a source's own business, modules are short."""

import re
from pathlib import Path
from statistics import median

import pytest

from glaab.entrypoints.runtime.registry import INTEGRATIONS

PACKAGE = Path(__file__).parents[2] / "src" / "glaab"
OWN = {
    folder: (
        f"{each.kind.__module__.removeprefix('glaab.').replace('.', '/')}.py",
        f"adapters/{folder}/*",
    )
    for each in INTEGRATIONS
    for folder in [each.settings.__module__.split(".")[-2]]
}
"""Where each source is at home."""
SHARED = ("entrypoints/runtime/registry.py", "policy.toml", "example.toml")
"""Where all of them may be named: the registry, the default policy and the example of a world."""
EXCEPTIONS = {
    # GitLab's own words for an account's state and for the event that leads there
    "domain/accounts.py": r"\b(ldap_blocked|LDAP_BLOCKED|ldap_block|LDAP_BLOCK)\b",
    "entrypoints/render/schema.json": r'"ldap_blocked"',
    # GitLab's own sign-in by LDAP, whose identities it may attach by an e-mail address
    "domain/identity.py": r"\b_LDAP_SIGN_IN\b|\"ldap\"|GitLab's own LDAP providers|`ldapmain`"
    r"|an LDAP identity|auto_link_ldap_user",
    # schemes that a link in the page may have
    "entrypoints/render/report_html.py": r'"ldaps?"',
    # Conduit's own words: the method, its parameter, a column of its answer, its error
    "adapters/phabricator/client.py": r"user\.ldapquery|\bldapnames\b|\bldap_username\b",
    "adapters/phabricator/conduit.py": r"user\.ldapquery|Unknown or missing ldap names",
    "adapters/phabricator/diagnostics.py": r"user\.ldapquery|_ldapquery|\bldapnames\b"
    r"|the LDAP name",
    # Gerrit's own kinds of groups: those of its LDAP begin so, and it does not list them
    "adapters/gerrit/client.py": r"LDAP's groups",
    "adapters/gerrit/diagnostics.py": r"`ldap:…`",
}


def _texts():
    """Every file of the package by its path, but for compiled ones."""
    return {
        path.relative_to(PACKAGE): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _without_exceptions():
    return [
        (path, re.sub(EXCEPTIONS.get(str(path), "(?!)"), "", text))
        for path, text in _texts().items()
    ]


@pytest.mark.parametrize("source", OWN)
def test_a_source_is_named_only_where_it_is_at_home(source):
    """Whoever adds or removes one finds it in its module, its folder and the registry."""
    elsewhere = [
        str(path)
        for path, text in _without_exceptions()
        if not any(path.match(own) for own in (*OWN[source], *SHARED))
        if source in f"{path} {text}".lower()
    ]

    assert [] == elsewhere


def test_every_exception_is_needed():
    assert [] == [
        path for path, pattern in EXCEPTIONS.items() if not re.search(pattern, _texts()[Path(path)])
    ]


def test_half_of_the_modules_have_100_lines_or_fewer():
    lines = [text.count("\n") for path, text in _texts().items() if path.suffix == ".py"]

    assert median(lines) <= 100
