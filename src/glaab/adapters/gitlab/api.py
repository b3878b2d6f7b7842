"""Requests to GitLab's REST API: one request, one answer or an error."""

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

import attrs
import requests

from glaab.adapters.http.errors import describe_http_status, translate_http_errors
from glaab.adapters.http.session import HttpSession
from glaab.adapters.http.structuring import structure_json
from glaab.domain.errors import GITLAB, SystemUnavailable

if TYPE_CHECKING:
    import gitlab

T = TypeVar("T")

BY_ID = {"pagination": "keyset", "order_by": "id", "sort": "asc", "per_page": "100"}
"""The parameters of lists whose pages neither skip nor repeat an account."""


@attrs.frozen
class Refused(SystemUnavailable):
    """GitLab answered with a status that is not success."""

    status: int
    means_no_account: bool
    """True if GitLab itself, not a proxy, says that there is no such account."""


@attrs.frozen(kw_only=True)
class GitLabApi:
    """python-gitlab without its own waits and retries: the session does both, within limits."""

    url: str
    token: str = attrs.field(repr=False)
    session: HttpSession

    def ask(self, verb: str, path: str, **data: Any) -> requests.Response:  # noqa: ANN401
        """The answer; raises Refused if it is no success, SystemUnavailable if there is none."""
        from gitlab.exceptions import GitlabError

        try:
            with translate_http_errors(GITLAB):  # python-gitlab lets those of requests through
                return self._client.http_request(
                    verb, path, obey_rate_limit=False, retry_transient_errors=False, **data
                )
        except GitlabError as error:
            status, fields = error.response_code or 0, _fields(error.response_body or b"")
            said = (fields.get("message") or fields.get("error"), fields.get("error_description"))
            message = ": ".join(str(each) for each in said if each)
            reason = describe_http_status(status, message, "GITLAB_ACCESS_TOKEN")
            is_about_account = status == requests.codes.not_found and "message" in fields
            raise Refused(GITLAB, reason, status, is_about_account) from error
        except RecursionError as error:  # python-gitlab 8.6 parses the body of every refusal
            raise SystemUnavailable(GITLAB, "its answer is nested too deeply") from error

    def read(self, path: str, shape: type[T], **data: Any) -> T:  # noqa: ANN401
        """What is at *path*."""
        return structure_json(GITLAB, self.ask("get", path, **data).content, shape)

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


def next_cursor(page: requests.Response) -> str | None:
    """The cursor of the next page, None on the last; SystemUnavailable if pages have no cursors."""
    link = page.links.get("next", {}).get("url", "")  # to whatever server: only its query counts
    cursor = parse_qs(link.partition("?")[2]).get("cursor")
    if "X-Page" in page.headers or (link and not cursor):
        raise SystemUnavailable(
            GITLAB, "it does not know keyset paging: GitLab 16.5 or later is needed"
        )
    return cursor[0] if cursor else None


def _fields(body: bytes) -> dict[str, Any]:
    """The fields of a JSON object; none if *body* is anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
