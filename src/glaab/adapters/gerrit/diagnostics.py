"""The health check of Gerrit."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote

import attrs

from glaab.adapters.gerrit.client import GerritApi, read
from glaab.adapters.integration import quoted
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.errors import SystemUnavailable
from glaab.domain.sources.gerrit import GERRIT

_INCONCLUSIVE_STATUSES = frozenset({403, 404, 405, 501})
_MAX_GROUPS = 100
"""How many one group may include before no more is asked: a broken server names ever new ones."""
_EXCESSIVE_RIGHTS = frozenset(
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
        groups = {f"groups in {group}": partial(self._included, group) for group in self._groups}
        return {"credentials": self._credentials, "rights": self._rights} | groups

    def _credentials(self) -> Iterator[Finding]:
        response = self._api.get("accounts/self")
        try:
            read(response, dict[str, Any])
        except SystemUnavailable as error:
            if response.status_code not in _INCONCLUSIVE_STATUSES:
                raise
            yield _inconclusive("whether the credentials are good", error.reason)
        else:
            yield ok(f"the credentials of {self._api.user} are good")

    def _rights(self) -> Iterator[Finding]:
        try:
            rights = read(self._api.get("accounts/self/capabilities"), dict[str, Any])
        except SystemUnavailable as error:
            yield _inconclusive(f"what {self._api.user} may do", error.reason)
            return
        if excess := sorted(_EXCESSIVE_RIGHTS & rights.keys()):
            yield problem(
                f"{self._api.user} has rights that glaab has no use for: {', '.join(excess)}",
                "take them away, or set GERRIT_USER and GERRIT_PASSWORD to an account without them",
            )
        else:
            yield ok(f"{self._api.user} has no rights of an administrator")

    def _included(self, group: str) -> Iterator[Finding]:
        try:
            unlisted = sorted(self._unlisted_groups(group))
        except SystemUnavailable as error:
            yield _inconclusive("which groups it includes", error.reason)
            return
        if unlisted:
            yield warning(
                f"it includes {', '.join(unlisted)}, whose members Gerrit does not list:"
                f" glaab does not trust them by {group}",
                "let a rule of the policy name their group in the system that keeps it",
            )
        else:
            yield ok("Gerrit lists the members of every group that it includes")

    def _unlisted_groups(self, group: str) -> set[str]:
        """The groups that *group* includes, directly or not, whose members Gerrit does not list."""
        unlisted: set[str] = set()
        unread, seen = [group], {group}
        while unread:
            response = self._api.get(f"groups/{quoted(unread.pop())}/groups/")
            names = {unquote(each.id): each.name for each in read(response, tuple[_Group, ...])}
            elsewhere = {uuid for uuid in names if ":" in uuid}  # as in `ldap:…`, `global:…`
            unlisted |= {names[uuid] or uuid for uuid in elsewhere}
            new = names.keys() - elsewhere - seen
            unread += new
            seen |= new
            if len(seen) > _MAX_GROUPS:
                raise SystemUnavailable(GERRIT, f"there are over {_MAX_GROUPS}")
        return unlisted


def _inconclusive(what: str, reason: str) -> Finding:
    """All else works without it: no run asks for this."""
    return warning(f"it cannot be told {what}: {reason}", "ask an administrator of Gerrit about it")


@attrs.frozen
class _Group:
    id: str
    """Its UUID, encoded as for an address."""
    name: str | None = None
