"""
What people are told, a line each.

Chat rooms keep it for long and show it to many: so there is no name but GitLab's username, no
reason (it may hold what a system said), and no address but that of GitLab's admin page.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from glaab.domain.accounts import AnyAccount
from glaab.domain.brake import Brake
from glaab.domain.errors import System
from glaab.domain.evidence import Kind
from glaab.domain.review import Case
from glaab.entrypoints.render.escaping import escape_control, pluralize

_USERNAME = re.compile(r"[A-Za-z0-9_.-]{1,255}(?<!\.)")
"""GitLab's own form. Others could lead elsewhere, or wake up a whole room."""


def vetoed(case: Case, gitlab_url: str) -> str:
    """Somebody would be let in, and must not."""
    return f"Veto: {_name(case.account)} is trusted, but a veto is present{_link(case, gitlab_url)}"


def held(case: Case, gitlab_url: str) -> str:
    """Somebody is known, and no rule lets them in."""
    rules = dict.fromkeys(each.rule for each in case.evidence if each.kind is Kind.TRUST)
    return f"Hold: {_name(case.account)} satisfies no rule{_in(rules)}{_link(case, gitlab_url)}"


def approved(case: Case, gitlab_url: str) -> str:
    """Somebody was let in."""
    rules = case.judgement.because
    return f"Approved: {_name(case.account)}{_in(rules)}{_link(case, gitlab_url)}"


def others(count: int) -> str:
    """So many are not named."""
    return f"And {pluralize(count, 'more account')}; glaab report tells who waits"


def brake_stopped(brake: Brake) -> str:
    """Nobody is let in, since it would be too many."""
    before = f" and looks have approved {brake.approved_before}," if brake.approved_before else ""
    return (
        f"The brake has stopped: {brake.would_approve} would be approved,{before} the limit is"
        f" {brake.limit}. Nobody is approved until a full run counts no more than that; see glaab"
        " dry-run"
    )


def brake_released() -> str:
    """People are let in again."""
    return "The brake is released: approvals go on"


def outage(system: System, since: datetime) -> str:
    """A system has not answered for a while; *since* is UTC."""
    return f"Outage: {system} gives no usable answer since {since:%Y-%m-%d %H:%M} UTC"


def outage_over(system: System) -> str:
    """It answers again, or nobody waits for it any more."""
    return f"Over: the outage of {system}"


def _name(account: AnyAccount) -> str:
    """Its username, which nothing makes a mention; by its id if that is not of GitLab's form."""
    return account.username if _USERNAME.fullmatch(account.username) else f"account {account.id}"


def _in(rules: Iterable[str]) -> str:
    names = ", ".join(map(escape_control, rules))
    return f" ({names})" if names else ""


def _link(case: Case, gitlab_url: str) -> str:
    """GitLab's admin page, as the end of a line; it knows accounts by their username alone."""
    name = case.account.username
    return f": {gitlab_url.rstrip('/')}/admin/users/{name}" if _USERNAME.fullmatch(name) else ""
