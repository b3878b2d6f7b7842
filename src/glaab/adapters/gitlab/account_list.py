"""GitLab's lists of accounts: page after page by ascending id, as an administrator sees them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import requests

from glaab.adapters.gitlab.api import GitLabApi, payload
from glaab.adapters.gitlab.payloads import UserSummary
from glaab.adapters.http.structuring import structure
from glaab.domain.errors import GITLAB, SystemUnavailable

BY_ID = {"pagination": "keyset", "order_by": "id", "sort": "asc", "per_page": "100"}
"""The parameters of lists whose pages neither skip nor repeat an account."""


def list_accounts(
    api: GitLabApi, filters: dict[str, str]
) -> Iterator[tuple[UserSummary, dict[str, object]]]:
    """
    Every account that passes *filters*: its summary, and all that GitLab shows of it.

    Raises:
        SystemUnavailable: there are no keyset pages, they never end, or something is hidden.
    """
    query = BY_ID | {"with_custom_attributes": "true"} | filters
    seen: set[int] = set()
    while True:
        page = api.ask("get", "/users", query_data=query)
        accounts = summarize(payload(page))
        yield from accounts
        cursor = next_cursor(page)
        if cursor is None:
            return
        new = {summary.id for summary, _ in accounts} - seen
        if not new:
            raise SystemUnavailable(GITLAB, "its pages never end")
        seen |= new
        query["cursor"] = cursor


def next_cursor(page: requests.Response) -> str | None:
    """
    Where the next page begins; None on the last.

    Only the cursor is taken from the link, whatever server it points to.

    Raises:
        SystemUnavailable: the page is not one of keyset paging.
    """
    link = page.links.get("next", {}).get("url", "")
    cursor = parse_qs(link.partition("?")[2]).get("cursor")
    if "X-Page" in page.headers or (link and not cursor):
        raise SystemUnavailable(
            GITLAB, "it does not know keyset paging: GitLab 16.5 or later is needed"
        )
    return cursor[0] if cursor else None


def summarize(page: Any) -> list[tuple[UserSummary, dict[str, object]]]:  # noqa: ANN401
    """
    The accounts of a page: the summary of each, and all that GitLab shows of it.

    Raises:
        SystemUnavailable: the token does not act as an administrator.
    """
    summaries = structure(GITLAB, page, tuple[UserSummary, ...])
    for summary in summaries:
        if summary.identities is None:
            raise not_administrator("it hides identities")
        if summary.custom_attributes is None:
            raise not_administrator("it hides notes")
    return list(zip(summaries, page, strict=True))


def not_administrator(symptom: str) -> SystemUnavailable:
    """GitLab answers such a token with 200, and leaves out what it may not see."""
    return SystemUnavailable(
        GITLAB,
        f"{symptom}: the token does not act as an administrator"
        " (it needs the scope api, and admin_mode where Admin Mode is on)",
    )
