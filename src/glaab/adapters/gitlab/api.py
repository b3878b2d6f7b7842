"""The conversation with GitLab's REST API: one question, one answer, or page after page."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import attrs
import requests

from glaab.adapters.http.errors import describe_http_status, translate_http_errors
from glaab.adapters.http.session import HttpSession
from glaab.domain.errors import GITLAB, SystemUnavailable

if TYPE_CHECKING:
    import gitlab

BY_ID = {"pagination": "keyset", "order_by": "id", "sort": "asc", "per_page": "100"}
"""The parameters of lists whose pages neither skip nor repeat anything."""


@attrs.frozen
class Refused(SystemUnavailable):
    """GitLab answered with a status that is not success."""

    status: int
    body: bytes = attrs.field(repr=False)

    @property
    def means_nobody(self) -> bool:
        """Whether it was GitLab itself, not a proxy, that said that there is no such account."""
        return self.status == requests.codes.not_found and "message" in _fields(self.body)


@attrs.frozen(kw_only=True)
class GitLabApi:
    """python-gitlab, kept from waiting and repeating: the session does both, within limits."""

    url: str
    token: str = attrs.field(repr=False)
    session: HttpSession

    def ask(self, verb: str, path: str, **data: Any) -> requests.Response:  # noqa: ANN401
        """
        The answer, if it is success.

        Raises:
            Refused: it is not.
            SystemUnavailable: there was none.
        """
        with _translated():
            return self._client.http_request(
                verb, path, obey_rate_limit=False, retry_transient_errors=False, **data
            )

    def read(self, path: str, **query: str) -> Any:  # noqa: ANN401
        """What is at *path*, parsed."""
        return payload(self.ask("get", path, query_data=query))

    def pages(self, path: str, query: dict[str, str]) -> Iterator[Any]:
        """Every page of a list, by ascending id, parsed."""
        cursor: str | None = ""
        used = set()
        before: object = []
        while cursor is not None:
            after = {"cursor": cursor} if cursor else {}
            page = self.ask("get", path, query_data=BY_ID | query | after)
            listed = payload(page)
            yield listed
            used.add(cursor)
            cursor = next_cursor(page)
            if cursor in used or (cursor and listed in ([], before)):
                raise SystemUnavailable(GITLAB, "its pages never end")
            before = listed

    @cached_property
    def _client(self) -> "gitlab.Gitlab":
        import gitlab

        return gitlab.Gitlab(
            self.url,
            private_token=self.token,
            session=self.session,
            keep_base_url=True,
            user_agent=str(self.session.headers["User-Agent"]),
        )


def payload(answer: requests.Response) -> Any:  # noqa: ANN401
    """
    The answer's JSON.

    Raises:
        SystemUnavailable: it has none.
    """
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise SystemUnavailable(GITLAB, "its answer is not JSON") from error


@contextmanager
def _translated() -> Iterator[None]:
    """Translate what python-gitlab raises, and what it lets through."""
    from gitlab.exceptions import GitlabError

    try:
        with translate_http_errors(GITLAB):
            yield
    except GitlabError as error:
        status, body = error.response_code or 0, error.response_body or b""
        # python-gitlab 8.6 leaves away why a token is refused
        said = [error.error_message, *filter(None, [_fields(body).get("error_description")])]
        reason = describe_http_status(status, ": ".join(map(str, said)), "GITLAB_ACCESS_TOKEN")
        raise Refused(GITLAB, reason, status, body) from error
    except RecursionError as error:  # python-gitlab 8.6 parses the body of every refusal
        raise SystemUnavailable(GITLAB, "its answer is nested too deeply") from error


def _fields(refused: bytes) -> dict[str, Any]:
    """What the body of a refusal says; nothing if it is no JSON object."""
    try:
        said = json.loads(refused)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def next_cursor(page: requests.Response) -> str | None:
    """
    Where the next page begins; None on the last.

    Only the cursor is taken from the link, whatever server it points to.

    Raises:
        SystemUnavailable: GitLab does not page by keys.
    """
    link = page.links.get("next", {}).get("url", "")
    cursor = parse_qs(link.partition("?")[2]).get("cursor")
    if "X-Page" in page.headers or (link and not cursor):
        raise SystemUnavailable(
            GITLAB, "it does not know keyset paging: GitLab 16.5 or later is needed"
        )
    return cursor[0] if cursor else None
