"""Whether Gerrit is as glaab needs it."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import attrs

from glaab.adapters.gerrit.api import CREDENTIALS, GerritApi, read
from glaab.adapters.http.errors import describe_http_status
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.errors import SystemUnavailable
from glaab.domain.sources.gerrit import GERRIT

T = TypeVar("T")

_CANNOT_BE_TOLD = frozenset({403, 404, 405, 501})
_MOST_GROUPS = 100
"""How many one group may include before no more is asked: a broken server names ever new ones."""
_FAR_TOO_MUCH = frozenset(
    {"administrateServer", "createAccount", "maintainServer", "modifyAccount", "runAs"}
)


@attrs.frozen(kw_only=True)
class GerritHealthCheck(HealthCheck):
    """The credentials, their rights, and what each group includes."""

    system = GERRIT
    settings = "GERRIT_URL, GERRIT_USER and GERRIT_PASSWORD"

    _api: GerritApi
    _groups: Collection[str]
    """Those that the policy trusts."""

    def checks(self) -> Checks:
        """Who glaab is to Gerrit, what it may do there, and each group of the policy."""
        groups = {f"groups in {group}": partial(self._included, group) for group in self._groups}
        return {"credentials": self._credentials, "rights": self._rights} | groups

    def _credentials(self) -> Iterator[Finding]:
        response = self._api.get("accounts/self")
        if response.status_code in _CANNOT_BE_TOLD:
            said = describe_http_status(response.status_code, response.text, CREDENTIALS)
            yield _untold("whether the credentials are good", said)
        else:
            read(response, dict[str, Any])
            yield ok(f"the credentials of {self._api.user} are good")

    def _rights(self) -> Iterator[Finding]:
        rights = self._shown("accounts/self/capabilities", dict[str, Any])
        if isinstance(rights, SystemUnavailable):
            yield _untold(f"what {self._api.user} may do", rights.reason)
        elif excess := sorted(_FAR_TOO_MUCH & rights.keys()):
            yield problem(
                f"{self._api.user} has rights that glaab has no use for: {', '.join(excess)}",
                "take them away, or set GERRIT_USER and GERRIT_PASSWORD to an account without them",
            )
        else:
            yield ok(f"{self._api.user} has no rights of an administrator")

    def _included(self, group: str) -> Iterator[Finding]:
        """What the member list, which has those of included groups, leaves out nevertheless."""
        left_out: set[str] = set()
        unread, seen = [group], {group}
        while unread:
            included = self._shown(_included_in(unread.pop()), tuple[_Group, ...])
            if isinstance(included, SystemUnavailable):
                yield _untold("which groups it includes", included.reason)
                return
            left_out |= {each.name or each.uuid for each in included if each.is_kept_elsewhere}
            new = {each.uuid for each in included if not each.is_kept_elsewhere} - seen
            unread += new
            seen |= new
            if len(seen) > _MOST_GROUPS:
                yield _untold("which groups it includes", f"there are over {_MOST_GROUPS}")
                return
        if left_out:
            yield warning(
                f"it includes {', '.join(sorted(left_out))}, whose members Gerrit does not list:"
                f" glaab does not trust them by {group}",
                "name their group in the policy too, as a directory_group if it is LDAP's",
            )
        else:
            yield ok("Gerrit lists the members of every group that it includes")

    def _shown(self, what: str, shape: type[T]) -> T | SystemUnavailable:
        """What no run asks for, or why it cannot be told: all else works without it."""
        try:
            return read(self._api.get(what), shape)
        except SystemUnavailable as error:
            return error


def _included_in(group: str) -> str:
    return f"groups/{quote(group, safe='', errors='surrogatepass')}/groups/"


def _untold(what: str, said: str) -> Finding:
    return warning(f"it cannot be told {what}: {said}", "ask an administrator of Gerrit about it")


@attrs.frozen
class _Group:
    id: str
    """Its UUID, encoded as for an address."""
    name: str | None = None

    @property
    def uuid(self) -> str:
        """That of a group elsewhere says where: `ldap:…`, `global:…`."""
        return unquote(self.id)

    @property
    def is_kept_elsewhere(self) -> bool:
        return ":" in self.uuid
