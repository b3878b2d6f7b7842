"""Gerrit over its REST API: who is in a group, and which accounts are active."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import quote, quote_plus

import attrs

from glaab.adapters.gerrit.api import GerritApi, read
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.names import Uid, fold
from glaab.domain.sources.gerrit import GERRIT, Gerrit, GerritAccount

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


@attrs.define(kw_only=True)
class GerritRest(Gerrit):
    """Gerrit, asked as an authenticated user."""

    _api: GerritApi

    def members(self, group: str) -> frozenset[Uid] | Unknown:
        """Ask once: the list has nested groups and no pages, but leaves out LDAP's groups."""
        response = self._api.get(f"groups/{quote(group, safe='')}/members/?recursive")
        if silence := _SILENCE.get(response.status_code):
            return Unknown(f"Gerrit group {group} {silence.format(user=self._api.user)}")
        found = read(response, tuple[_Member, ...])
        members = frozenset(Uid(fold(each.username)) for each in found if each.username)
        return members or Unknown(f"Gerrit shows no member of group {group}")

    def accounts(self, uids: Collection[Uid]) -> Mapping[Uid, GerritAccount]:
        """Ask for fifty uids at a time; what can be no username of Gerrit's is not asked about."""
        found: dict[str, GerritAccount] = {}
        for batch in _batches(uids):
            for account in self._bearing(batch):
                name = fold(account.username)
                # Names from before Gerrit lower-cased them may differ in case alone.
                if name not in found or found[name].is_active:
                    found[name] = account
        return {uid: found[fold(uid)] for uid in uids if fold(uid) in found}

    def _bearing(self, batch: Sequence[str]) -> list[GerritAccount]:
        """The accounts of a batch, inactive ones too, which Gerrit else leaves out."""
        names = " OR ".join(f"username:{_quoted(name)}" for name in batch)
        query = f"{names if len(batch) == 1 else f'({names})'} (is:active OR is:inactive)"
        response = self._api.get(
            f"accounts/?q={quote_plus(query, safe=':()')}&o=DETAILS&n={2 * len(batch)}"
        )
        found = read(response, tuple[_Account, ...])
        if any(each.more for each in found):
            raise SystemUnavailable(GERRIT, "its list of accounts is cut off")
        if any(fold(each.username) not in batch for each in found):
            raise SystemUnavailable(GERRIT, "it tells of accounts that nobody asked about")
        return [
            GerritAccount(username=each.username, is_active=not each.inactive) for each in found
        ]


def _quoted(name: str) -> str:
    """*name* as a value of a query; ordinary ones need no quotes."""
    is_plain = _PLAIN.fullmatch(name) and name not in {"and", "or", "not"}
    return name if is_plain else f'"{name}"'


def _batches(uids: Collection[Uid]) -> Iterator[list[str]]:
    """The names of *uids*, each once, in parts that are short enough for an address."""
    batch: list[str] = []
    room = _CHARACTERS_A_BATCH
    for name in dict.fromkeys(fold(uid) for uid in uids if _USERNAME.fullmatch(uid)):
        length = len(quote_plus(f"username:{_quoted(name)} OR "))
        if len(batch) == _NAMES_A_BATCH or (batch and length > room):
            yield batch
            batch, room = [], _CHARACTERS_A_BATCH
        batch.append(name)
        room -= length
    if batch:
        yield batch


@attrs.frozen
class _Member:
    username: str | None = None


@attrs.frozen(kw_only=True)
class _Account:
    username: str
    inactive: bool = False
    _more_accounts: bool = False

    @property
    def more(self) -> bool:
        return self._more_accounts
