"""What holds for the tree as a whole: a source is a source's own business, modules are short."""

import re
from pathlib import Path
from statistics import median

PACKAGE = Path(__file__).parents[2] / "src" / "glaab"
OWN = [
    "domain/sources/*.py",
    *(f"adapters/{source}/*" for source in ("gerrit", "ldap", "phabricator")),
    "entrypoints/runtime/registry.py",
    "policy.toml",
]
"""Where the sources may be named: their own modules, their registry and the default policy."""
EXCEPTIONS = {
    # GitLab's own words for an account's state and for the event that leads there
    "domain/accounts.py": r"\b(ldap_blocked|LDAP_BLOCKED|ldap_block|LDAP_BLOCK)\b",
    "entrypoints/render/schema.json": r'"ldap_blocked"',
    # GitLab's own sign-in by LDAP, whose identities it may attach by an e-mail address
    "domain/identity.py": r"\b_LDAP_SIGN_IN\b|\"ldap\"|GitLab's own LDAP providers|`ldapmain`"
    r"|an LDAP identity|auto_link_ldap_user",
    # schemes that a link in the page may have
    "entrypoints/render/report_html.py": r'"ldaps?"',
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


def test_a_source_is_named_only_where_it_is_at_home():
    """Whoever adds or removes one finds it in its module, its folder and the registry."""
    elsewhere = {
        str(path): re.findall("gerrit|phabricator|ldap", f"{path} {text}", re.IGNORECASE)
        for path, text in _without_exceptions()
        if not any(path.match(own) for own in OWN)
    }

    assert {} == {path: names for path, names in elsewhere.items() if names}


def test_every_exception_is_needed():
    assert [] == [
        path for path, pattern in EXCEPTIONS.items() if not re.search(pattern, _texts()[Path(path)])
    ]


def test_half_of_the_modules_have_100_lines_or_fewer():
    lines = [text.count("\n") for path, text in _texts().items() if path.suffix == ".py"]

    assert median(lines) <= 100
