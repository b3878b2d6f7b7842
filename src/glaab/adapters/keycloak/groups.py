"""The groups of a realm: found by path or id, and read with all groups below them."""

import attrs

from glaab.adapters.integration import segment
from glaab.adapters.keycloak.api import KeycloakApi, NoUsableAnswer
from glaab.adapters.keycloak.users import User, users_by_id
from glaab.domain.evidence import Unknown
from glaab.domain.sources.keycloak import KeycloakUser, Members

_MAX_GROUPS = 200
"""How many groups are read for one."""


@attrs.frozen(kw_only=True)
class _Group:
    id: str
    name: str
    path: str
    parentId: str | None = None  # noqa: N815  # Keycloak's keys
    subGroupCount: int | None = None  # noqa: N815


@attrs.frozen
class GroupReader:
    """Reads groups for a service account that may see their members."""

    api: KeycloakApi

    def members(self, group: str) -> Members:
        """See `Keycloak.members`."""
        self.api.require_rights()
        try:
            found = self._find(group)
            return found if isinstance(found, Unknown) else self._members_below(found)
        except NoUsableAnswer as error:
            return Unknown(f"Keycloak group {group} cannot be read: {error.reason}")

    def _find(self, group: str) -> _Group | Unknown:
        if group.startswith("/"):
            return self._by_path(group)
        found = self.api.read(f"groups/{segment(group)}", _Group)
        return found if found.id == group else Unknown(f"Keycloak shows another group for {group}")

    def _by_path(self, path: str) -> _Group | Unknown:
        """
        The group with this path, each of whose names is the name of a group.

        Keycloak (26.7) gives a group that is named `b/c` the path of `c` in `b`.
        """
        names = path.removeprefix("/").split("/")
        found = self.api.read(f"group-by-path/{'/'.join(map(segment, names))}", _Group)
        if found.path != path:
            return Unknown(f"Keycloak shows another group for {path}: {found.path!a}")
        if found.name != names[-1]:
            return Unknown(_OTHER_PATH.format(path, found.name))
        group = found
        for name in reversed(names[1:-1]):  # of the topmost one there is no other reading
            group = self.api.read(f"groups/{segment(group.parentId or '-')}", _Group)
            if group.name != name:
                return Unknown(_OTHER_PATH.format(path, group.name))
        return found

    def _members_below(self, top: _Group) -> Members:
        """Of the group and of each below it, whose members Keycloak lists each for itself."""
        groups = [top]
        members: list[KeycloakUser] = []
        for group in groups:  # which grows
            rows = self.api.read_pages(f"groups/{segment(group.id)}/members", User)
            members += [row.to_user() for row in rows]
            below = self._below(group)
            if isinstance(below, Unknown):
                return below
            groups += below
            if len(groups) > _MAX_GROUPS:
                return Unknown(f"over {_MAX_GROUPS} groups are below Keycloak group {top.path}")
        silence = f"Keycloak shows no member of group {top.path}, nor of any below it"
        return users_by_id(members) or Unknown(silence)

    def _below(self, group: _Group) -> list[_Group] | Unknown:
        if group.subGroupCount == 0:
            return []
        children = self.api.read_pages(f"groups/{segment(group.id)}/children", _Group)
        below = {each.id: each for each in children}
        if len(below) < (group.subGroupCount or 0):
            return Unknown(f"Keycloak does not show all groups below {group.path}")
        return [*below.values()]


_OTHER_PATH = 'the path {} leads by way of "{}", whose slash lets it come to mean another group'
