"""`glaab explain ACCOUNT`: everything about one account."""

import sys
from functools import partial
from urllib.parse import unquote, urlsplit

import attrs
import click

from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.errors import GITLAB, SettingsInvalid, SystemUnavailable
from glaab.domain.review import Plan
from glaab.entrypoints.render.as_json import as_json
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.render.explain_text import explain_as_text
from glaab.entrypoints.runtime.bootstrap import App, Options
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.runtime.runner import look

_MAX_ID_DIGITS = 18
"""GitLab's ids are bigints; a longer number is taken for a username."""


def explain(app: App, reference: str) -> int:
    """Review one account and show everything; the exit code. SettingsInvalid if there is none."""
    who = parse_account_ref(reference, app.settings.gitlab_url)
    return look(app, "explain", partial(_review_one, app, reference, who), _show)


def _show(options: Options, result: RunResult) -> bool:
    if options.form == "json":
        sys.stdout.writelines(as_json(result))
    else:
        explain_as_text(result, color=options.color)
    return True


def _review_one(app: App, reference: str, who: AccountId | Username) -> Plan:
    """The plan of one account; whoever else waits may prove to be the same person."""
    gitlab = app.container.gitlab()
    try:
        noted = gitlab.find(who)
        is_pending = noted is not None and noted.account.state is AccountState.PENDING
        beside = gitlab.pending() if is_pending else ()
    except SystemUnavailable as error:
        return Plan(outages={error.system: error.reason}, asked=frozenset({GITLAB}))
    if noted is None:
        raise SettingsInvalid((f"GitLab has no account {reference}",))
    plan: Plan = app.container.review_accounts()([noted.account], beside=beside)
    approvals = {noted.account.id: approval} if (approval := noted.approval) else {}
    return attrs.evolve(plan, asked=plan.asked | {GITLAB}, approvals=approvals)


def parse_account_ref(reference: str, gitlab_url: str) -> AccountId | Username:
    """Read `name`, `@name`, an id or a profile's address; UsageError if *gitlab_url* has none."""
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
    if "@" in name or any(map(str.isspace, name)):  # GitLab lets nobody have such a username
        raise click.UsageError(
            "accounts are found by username, id or the address of their profile, not by e-mail"
            f" address or display name: {escape_control(name)}"
        )
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
