"""Gerrit over its REST API: who is in a group, and which accounts are active."""

import re
from collections.abc import Collection, Mapping
from typing import TypeVar
from urllib.parse import quote_plus

import attrs
import requests

from glaab.adapters.batching import in_batches
from glaab.adapters.http.errors import describe_http_status, translate_http_errors
from glaab.adapters.http.session import HttpSession
from glaab.adapters.http.structuring import structure_json
from glaab.adapters.integration import quoted
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.names import Uid, fold
from glaab.domain.sources.gerrit import GERRIT, Gerrit, GerritAccount

T = TypeVar("T")

_MAGIC = b")]}'"
_NAMES_A_BATCH = 50
_CHARACTERS_A_BATCH = 6_000
"""Web servers and proxies refuse addresses of more than 8 KiB."""
#: What Gerrit takes for a username; no quote, backslash or space (ExternalId.java of 3.x).
_USERNAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9.!#$%&’*+=~^_`{|}/?@-]*")
_PLAIN = re.compile(r"[a-z0-9][a-z0-9._@-]*")
_SILENCE = {
    403: "is not visible to {user}",
    404: "is missing or not visible to {user}",
    405: "is kept outside Gerrit, which cannot list it",
    409: "is kept outside Gerrit, which cannot list it",
}


@attrs.frozen(kw_only=True)
class GerritApi:
    """Gerrit's REST API: one GET, asked as an authenticated user."""

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
        credentials = "GERRIT_USER and GERRIT_PASSWORD"
        is_its_own = response.headers.get("Content-Type", "").startswith("text/plain")
        message = response.text if is_its_own else ""
        reason = describe_http_status(response.status_code, message, credentials)
        raise SystemUnavailable(GERRIT, reason)
    if not response.content.startswith(_MAGIC):
        raise SystemUnavailable(GERRIT, "its answer is not JSON as Gerrit writes it")
    return structure_json(GERRIT, response.content.removeprefix(_MAGIC), shape)


def _utf8(text: str) -> str:
    """*text* so that it goes out as UTF-8: requests writes credentials as Latin-1."""
    return text.encode().decode("latin-1")


@attrs.define(kw_only=True)
class GerritRest(Gerrit):
    """Gerrit, asked as an authenticated user."""

    _api: GerritApi

    def members(self, group: str) -> frozenset[Uid] | Unknown:
        """Ask once: the list has nested groups and no pages, but leaves out LDAP's groups."""
        response = self._api.get(f"groups/{quoted(group)}/members/?recursive")
        if silence := _SILENCE.get(response.status_code):
            return Unknown(f"Gerrit group {group} {silence.format(user=self._api.user)}")
        rows = read(response, tuple[_Member, ...])
        members = frozenset(Uid(fold(each.username)) for each in rows if each.username)
        return members or Unknown(f"Gerrit shows no member of group {group}")

    def accounts(self, uids: Collection[Uid]) -> Mapping[Uid, GerritAccount]:
        """Ask for fifty uids at a time; what can be no username of Gerrit's is not asked about."""
        names = dict.fromkeys(fold(uid) for uid in uids if _USERNAME.fullmatch(uid))
        shown: list[GerritAccount] = []
        for batch in in_batches(names, _NAMES_A_BATCH, _CHARACTERS_A_BATCH, _length):
            shown += self._with_names(batch)
        # Names from before Gerrit lower-cased them may differ in case alone: inactive ones count.
        inactive_last = sorted(shown, key=lambda account: not account.is_active)
        accounts = {fold(account.username): account for account in inactive_last}
        return {uid: accounts[fold(uid)] for uid in uids if fold(uid) in accounts}

    def _with_names(self, batch: list[str]) -> list[GerritAccount]:
        """The accounts of a batch, inactive ones too, which Gerrit else leaves out."""
        names = " OR ".join(map(_term, batch))
        query = f"{names if len(batch) == 1 else f'({names})'} (is:active OR is:inactive)"
        response = self._api.get(
            f"accounts/?q={quote_plus(query, safe=':()')}&o=DETAILS&n={2 * len(batch)}"
        )
        rows = read(response, tuple[_Account, ...])
        if any(each._more_accounts for each in rows):
            raise SystemUnavailable(GERRIT, "its list of accounts is cut off")
        if any(fold(each.username) not in batch for each in rows):
            raise SystemUnavailable(GERRIT, "it tells of accounts that nobody asked about")
        return [GerritAccount(username=each.username, is_active=not each.inactive) for each in rows]


def _term(name: str) -> str:
    """The query for accounts with a name; ordinary names need no quotes."""
    is_plain = _PLAIN.fullmatch(name) and name not in {"and", "or", "not"}
    return f"username:{name}" if is_plain else f'username:"{name}"'


def _length(name: str) -> int:
    """How many characters of an address a name takes."""
    return len(quote_plus(f"{_term(name)} OR "))


@attrs.frozen
class _Member:
    username: str | None = None


@attrs.frozen(kw_only=True)
class _Account:
    username: str
    inactive: bool = False
    _more_accounts: bool = False
