"""How people name an account."""

from urllib.parse import unquote, urlsplit

import click

from glaab.domain.accounts import AccountId, Username
from glaab.entrypoints.render.escaping import escape_control

_DIGITS_OF_AN_ID = 18
"""A bigint has no more; a longer number may be anything, but nobody's id."""


def parse_account_ref(reference: str, gitlab_url: str) -> AccountId | Username:
    """
    Whom `name`, `@name`, a numeric id or the address of a profile means.

    Raises:
        click.UsageError: an address of another GitLab, or nothing at all.
    """
    if "://" in reference:
        if _host(reference) != _host(gitlab_url):
            raise click.UsageError(
                f"{escape_control(reference)} is no profile on {gitlab_url} (GITLAB_URL)"
            )
        below = urlsplit(reference).path.removeprefix(urlsplit(gitlab_url).path.rstrip("/"))
        reference = _named_by_path([unquote(part) for part in below.split("/") if part])
    if reference.isascii() and reference.isdigit() and len(reference) <= _DIGITS_OF_AN_ID:
        return AccountId(int(reference))
    name = reference.removeprefix("@")
    if not name:
        raise click.UsageError("name an account: NAME, @NAME, its id or its profile's address")
    return Username(name)


def _named_by_path(parts: list[str]) -> str:
    """The account in a profile's path: /NAME, /users/NAME, /admin/users/NAME or /-/u/ID."""
    match parts:
        case ["-", "u", account, *_]:
            return account
        case ["users", name, *_] | ["admin", "users", name, *_] | [name, *_]:
            return f"@{name.removeprefix('@')}"
        case _:
            return ""


def _host(url: str) -> str:
    """Where *url* leads, in lower case; empty if it is none."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
