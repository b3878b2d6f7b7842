"""Whether Gerrit is as glaab needs it."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

import attrs
import requests

from glaab.adapters._gerrit_api import GerritApi, read
from glaab.adapters._http import refusal
from glaab.domain.checkups import Checks, Checkup, Finding, problem, warning, well
from glaab.domain.errors import System

_CANNOT_BE_TOLD = frozenset({403, 404, 405, 409})
_FAR_TOO_MUCH = frozenset(
    {"administrateServer", "createAccount", "maintainServer", "modifyAccount", "runAs"}
)


@attrs.frozen(kw_only=True)
class GerritCheckup(Checkup):
    """The credentials, their rights, and what each group includes."""

    system = System.GERRIT

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
            yield self._untold("whether the credentials are good", response)
        else:
            read(response, dict[str, Any])
            yield well(f"the credentials of {self._api.user} are good")

    def _rights(self) -> Iterator[Finding]:
        response = self._api.get("accounts/self/capabilities")
        if response.status_code not in (requests.codes.ok, requests.codes.unauthorized):
            yield self._untold(f"what {self._api.user} may do", response)
        elif excess := sorted(_FAR_TOO_MUCH & read(response, dict[str, Any]).keys()):
            yield problem(
                f"{self._api.user} has rights that glaab has no use for: {', '.join(excess)}",
                "take them away, or set GERRIT_USER and GERRIT_PASSWORD to an account without them",
            )
        else:
            yield well(f"{self._api.user} has no rights of an administrator")

    def _included(self, group: str) -> Iterator[Finding]:
        """What the member list, which has those of included groups, leaves out nevertheless."""
        left_out: set[str] = set()
        unread, seen = [group], {group}
        while unread:
            response = self._api.get(f"groups/{quote(unread.pop(), safe='')}/groups/")
            if response.status_code in _CANNOT_BE_TOLD:
                yield self._untold("which groups it includes", response)
                return
            included = read(response, tuple[_Group, ...])
            left_out |= {each.name or each.uuid for each in included if each.is_kept_elsewhere}
            new = {each.uuid for each in included if not each.is_kept_elsewhere} - seen
            unread += new
            seen |= new
        if left_out:
            yield warning(
                f"it includes {', '.join(sorted(left_out))}, whose members Gerrit does not list:"
                f" glaab does not trust them by {group}",
                "name their group in the policy too, as a directory_group if it is LDAP's",
            )
        else:
            yield well("Gerrit lists the members of every group that it includes")

    def _untold(self, what: str, response: requests.Response) -> Finding:
        said = refusal(response.status_code, response.text)
        return warning(
            f"it cannot be told {what}: {said}", "ask an administrator of Gerrit about it"
        )


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
