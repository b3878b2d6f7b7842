"""What people write on the command line to name an account."""

from urllib.parse import unquote, urlsplit

import click

from glaab.domain.accounts import AccountId, Username
from glaab.entrypoints.render.escaping import escape_control

_MAX_ID_DIGITS = 18
"""GitLab's ids are bigints; a longer number is taken for a username."""


def parse_account_ref(reference: str, gitlab_url: str) -> AccountId | Username:
    """
    The id or username in *reference*: `name`, `@name`, a numeric id, or a profile's address.

    Raises:
        click.UsageError: it is empty, or an address outside *gitlab_url*.
    """
    if "://" in reference:
        if _host(reference) != _host(gitlab_url):
            raise click.UsageError(
                f"{escape_control(reference)} is no profile on {gitlab_url} (GITLAB_URL)"
            )
        path = urlsplit(reference).path.removeprefix(urlsplit(gitlab_url).path.rstrip("/"))
        reference = _account_in_path([unquote(part) for part in path.split("/") if part])
    if reference.isascii() and reference.isdigit() and len(reference) <= _MAX_ID_DIGITS:
        return AccountId(int(reference))
    name = reference.removeprefix("@")
    if not name:
        raise click.UsageError("name an account: NAME, @NAME, its id or its profile's address")
    return Username(name)


def _account_in_path(parts: list[str]) -> str:
    """The account in the path of a profile: /NAME, /users/NAME, /admin/users/NAME or /-/u/ID."""
    match parts:
        case ["-", "u", account, *_]:
            return account
        case ["users", name, *_] | ["admin", "users", name, *_] | [name, *_]:
            return f"@{name.removeprefix('@')}"
        case _:
            return ""


def _host(url: str) -> str:
    """The host and port of *url* in lower case; empty if it is no URL."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
