"""`glaab explain ACCOUNT`: everything about one account."""

from functools import partial

import attrs
import click

from glaab.domain.accounts import AccountId, AccountState, Username
from glaab.domain.errors import GITLAB, SystemUnavailable
from glaab.domain.review import Plan
from glaab.entrypoints.commands.account_ref import parse_account_ref
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.runtime.bootstrap import App
from glaab.entrypoints.runtime.runner import look, show_result

_ASKED = frozenset({GITLAB})


class _NoSuchAccount(Exception):
    """GitLab does not have the account."""


def explain(app: App, reference: str) -> int:
    """Review one account and show everything; the exit code, 2 if there is no such account."""
    who = parse_account_ref(reference, app.settings.gitlab_url)

    try:
        return look(
            app, "explain", lambda: _review_one(app, who), partial(show_result, app.options)
        )
    except _NoSuchAccount:
        click.echo(f"glaab: GitLab has no account {escape_control(reference)}", err=True)
        return 2


def _review_one(app: App, who: AccountId | Username) -> Plan:
    """The plan of one account; whoever else waits may prove to be the same person."""
    gitlab = app.container.gitlab()
    try:
        noted = gitlab.find(who)
        is_pending = noted is not None and noted.account.state is AccountState.PENDING
        beside = gitlab.pending() if is_pending else ()
    except SystemUnavailable as error:
        return Plan(outages={error.system: error.reason}, asked=_ASKED)
    if noted is None:
        raise _NoSuchAccount
    plan: Plan = app.container.review_accounts()([noted.account], beside=beside)
    return attrs.evolve(plan, asked=plan.asked | _ASKED)
