"""Gerrit's REST API: one GET, and the JSON behind the prefix that protects it."""

import json
from typing import TypeVar

import attrs
import requests

from glaab.adapters.http.errors import describe_http_status, translate_http_errors
from glaab.adapters.http.session import HttpSession
from glaab.adapters.http.structuring import structure
from glaab.domain.errors import SystemUnavailable
from glaab.domain.sources.gerrit import GERRIT

T = TypeVar("T")

CREDENTIALS = "GERRIT_USER and GERRIT_PASSWORD"
"""The settings that Gerrit refuses with 401."""
_MAGIC = b")]}'"


@attrs.frozen(kw_only=True)
class GerritApi:
    """The API, asked as an authenticated user."""

    url: str
    user: str
    password: str = attrs.field(repr=False)
    session: HttpSession = attrs.field(repr=False)

    def get(self, what: str) -> requests.Response:
        """The answer, whatever its status."""
        with translate_http_errors(GERRIT):
            return self.session.get(
                f"{self.url.rstrip('/')}/a/{what}",
                auth=(_utf8(self.user), _utf8(self.password)),
            )


def read(response: requests.Response, shape: type[T]) -> T:
    """The answer, whose JSON Gerrit protects with a prefix; all else is plain text or no Gerrit."""
    if response.status_code != requests.codes.ok:
        reason = describe_http_status(response.status_code, response.text, CREDENTIALS)
        raise SystemUnavailable(GERRIT, reason)
    if not response.content.startswith(_MAGIC):
        raise SystemUnavailable(GERRIT, "its answer is not JSON as Gerrit writes it")
    try:
        payload = json.loads(response.content.removeprefix(_MAGIC))
    except (ValueError, RecursionError) as error:
        raise SystemUnavailable(GERRIT, "its answer is not JSON") from error
    return structure(GERRIT, payload, shape)


def _utf8(text: str) -> str:
    """*text* so that it goes out as UTF-8: requests writes credentials as Latin-1."""
    return text.encode().decode("latin-1")
