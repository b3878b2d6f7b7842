"""
Conduit as Phorge (stable, July 2026) with Wikimedia's `user.ldapquery` of 2021 speaks it.

What it was recorded to answer is in tests/contract/captures/phabricator; a method, parameter
or form field that glaab has no business to use is an error of the test.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import attrs

from glaab.domain.names import Cn
from glaab.domain.sources.phabricator import PhabricatorAccount, Phid
from tests.contract.wire import Request, Response, json_response, text_response

USER = "glaab"
TOKEN = "api-glaabglaabglaabglaabglaab123"
ORDINARY = ("verified", "approved", "activated")


@attrs.frozen(kw_only=True)
class PhabricatorUser:
    phid: str
    username: str
    real_name: str = ""
    roles: tuple[str, ...] = ORDINARY
    email: str = ""


@attrs.frozen
class Link:
    """An external account of type `ldap`: the name at link time, and whose it is."""

    name: str
    phid: str | None
    """None once its user is gone."""


@attrs.frozen(kw_only=True)
class PhabricatorProject:
    phid: str
    name: str
    slugs: tuple[str, ...]
    """The first one is the primary slug."""
    members: tuple[str, ...] = ()
    id: int = 1
    is_archived: bool = False
    is_visible: bool = True
    edit: str = "users"
    join: str = "users"


class ConduitError(Exception):
    """What Conduit answers with HTTP 200: a code and a text."""


@attrs.define
class PhabricatorSimulator:
    """Users and links in the order of their creation, projects, and whose token is whose."""

    users: list[PhabricatorUser] = attrs.field(factory=list)
    links: list[Link] = attrs.field(factory=list)
    projects: list[PhabricatorProject] = attrs.field(factory=list)
    tokens: dict[str, str] = attrs.field(factory=dict)
    """Username by token."""
    expired: set[str] = attrs.field(factory=set)
    """Those of the tokens that were valid once."""

    @classmethod
    def of(
        cls,
        linked: Mapping[Cn, tuple[PhabricatorAccount, ...]],
        projects: Mapping[str, frozenset[Phid]],
    ) -> "PhabricatorSimulator":
        """A world of domain values, open to TOKEN of USER."""
        owner = PhabricatorUser(phid="PHID-USER-glaab", username=USER, roles=("agent", *ORDINARY))
        users = {account.phid: _user(account) for several in linked.values() for account in several}
        return cls(
            users=[owner, *users.values()],
            links=[
                Link(name, account.phid) for name, several in linked.items() for account in several
            ],
            projects=[
                PhabricatorProject(
                    id=number,
                    phid=f"PHID-PROJ-{number:020}",
                    name=slug,
                    slugs=(_normalised(slug),),
                    members=tuple(sorted(members)),
                )
                for number, (slug, members) in enumerate(projects.items(), 1)
            ],
            tokens={TOKEN: USER},
        )

    def handle(self, request: Request) -> Response:
        method = request.path.removeprefix("/api/")
        known = {
            "user.whoami": self._whoami,
            "user.ldapquery": self._ldapquery,
            "project.search": self._project_search,
        }
        assert request.method == "POST", request
        assert not request.query, request
        assert set(request.form) == {"params", "output"}, request.form
        assert request.form["output"] == "json", request.form
        answer = known[method]
        parameters = json.loads(request.form["params"])
        try:
            _check_encoding(parameters, method)
            caller = self._caller(parameters.pop("__conduit__", {}).get("token"))
            result = answer(caller, parameters)
        except ConduitError as error:
            code, info = error.args
            return json_response({"result": None, "error_code": code, "error_info": info})
        if isinstance(result, Response):
            return result
        return json_response({"result": result, "error_code": None, "error_info": None})

    def _caller(self, token: str | None) -> PhabricatorUser:
        """Whose token it is; the texts quote it."""
        if not token:
            raise ConduitError("ERR-INVALID-SESSION", "Session key is not present.")
        quoted = f'API token "{token}"'
        if len(token) != 32:
            outage = "has the wrong length. API tokens should be 32 characters long."
        elif not re.match("(api|cli|clr)-", token):
            outage = (
                "has the wrong format. API tokens should be 32 characters long and begin with"
                " one of these prefixes: api, cli, clr."
            )
        elif token in self.expired:
            outage = "was previously valid, but has expired."
        elif token not in self.tokens:
            outage = "is not valid."
        else:
            return self._permitted(self.tokens[token])
        raise ConduitError("ERR-INVALID-AUTH", f"{quoted} {outage}")

    def _permitted(self, username: str) -> PhabricatorUser:
        (user,) = [user for user in self.users if user.username == username]
        if "disabled" in user.roles:
            raise ConduitError("ERR-INVALID-AUTH", "User account is not permitted to use the API.")
        return user

    def _whoami(self, caller: PhabricatorUser, parameters: dict[str, Any]) -> object:
        assert not parameters, parameters
        return _described(caller) | {"primaryEmail": caller.email}

    def _ldapquery(self, _: PhabricatorUser, parameters: dict[str, Any]) -> object:
        assert set(parameters) <= {"ldapnames", "offset", "limit"}, parameters
        names = parameters.get("ldapnames", [])
        if not isinstance(names, list):
            return text_response("<html>TypeError</html>", 500, "text/html; charset=UTF-8")
        name_of = self._names_by_owner(names)
        if not name_of:
            asked = ", ".join(map(str, names))
            raise ConduitError("ERR-INVALID-PARAMETER", f"Unknown or missing ldap names: {asked}")
        found = [user for user in reversed(self.users) if user.phid in name_of]
        return [
            _described(user) | {"ldap_username": name_of[user.phid]}
            for user in _cut(found, parameters.get("offset", 0), parameters.get("limit", 100))
        ]

    def _names_by_owner(self, names: list[Any]) -> dict[str | None, str]:
        """utf8mb4_bin with PAD SPACE: every character counts but spaces at the end."""
        padded = {str(name).rstrip(" ") for name in names if name is not None}
        return {link.phid: link.name for link in self.links if link.name.rstrip(" ") in padded}

    def _project_search(self, _: PhabricatorUser, parameters: dict[str, Any]) -> object:
        assert set(parameters) <= {"constraints", "attachments", "limit"}, parameters
        limit = int(parameters.get("limit", 100))
        _check_page_size(limit)
        constraints = parameters.get("constraints", {})
        assert set(constraints) <= {"slugs", "status"}, constraints
        assert constraints.get("status", "all") == "all", constraints
        attachments = parameters.get("attachments", {})
        assert set(attachments) <= {"members"}, attachments
        asked = constraints.get("slugs", [])
        found = self._projects_with(asked, archived_too="status" in constraints)
        page = found[:limit]
        return {
            "data": [_project(each, with_members=bool(attachments)) for each in page],
            "maps": {"slugMap": _slug_map(asked, found)},
            "query": {"queryKey": None},
            "cursor": {
                "limit": limit,
                "after": str(page[-1].id) if len(found) > limit else None,
                "before": None,
                "order": None,
            },
        }

    def _projects_with(self, asked: list[str], *, archived_too: bool) -> list[PhabricatorProject]:
        """No slug is no constraint; invisible projects are left out in silence."""
        slugs = {_normalised(slug) for slug in asked}
        return [
            project
            for project in reversed(self.projects)
            if project.is_visible and (archived_too or not project.is_archived)
            if not asked or slugs & set(project.slugs)
        ]


def _user(account: PhabricatorAccount) -> PhabricatorUser:
    roles = {
        "disabled": account.is_disabled,
        "agent": not account.is_person,
        "verified": True,
        "approved": account.is_activated or account.is_disabled,
        "activated": account.is_activated,
    }
    return PhabricatorUser(
        phid=account.phid,
        username=account.username,
        roles=tuple(role for role, has in roles.items() if has),
    )


def _check_encoding(parameters: object, method: str) -> None:
    """PHP's json_decode refuses what is no Unicode."""
    try:
        json.dumps(parameters, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        info = f"Invalid parameter information was passed to method '{method}'."
        raise ConduitError("ERR-CONDUIT-CORE", info) from None


def _check_page_size(limit: int) -> None:
    if not 1 <= limit <= 100:
        bound = "Maximum page size" if limit > 100 else "Minimum page size"
        size = 100 if limit > 100 else 1
        raise ConduitError(
            "ERR-INVALID-PAGE-SIZE",
            f"{bound} for Conduit API method calls is {size}, but this call specified {limit}.",
        )


def _cut(users: list[PhabricatorUser], offset: int, limit: object) -> list[PhabricatorUser]:
    """Limit 0 and text are none, below 0 it is an SQL error; nothing tells of what was cut."""
    number = int(limit) if str(limit).lstrip("-").isdigit() else 0
    if number < 0:
        info = f"#1064: You have an error in your SQL syntax near '{number}' at line 1"
        raise ConduitError("ERR-CONDUIT-CORE", info)
    rest = users[offset:]
    return rest[:number] if number else rest


def _described(user: PhabricatorUser) -> dict[str, object]:
    return {
        "phid": user.phid,
        "userName": user.username,
        "realName": user.real_name,
        "image": f"http://phabricator.test/file/data/{_digest(user.username)}.png",
        "uri": f"http://phabricator.test/p/{user.username}/",
        "roles": list(user.roles),
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _normalised(slug: str) -> str:
    return slug.removeprefix("#").lower().replace(" ", "_")


def _slug_map(asked: list[str], found: list[PhabricatorProject]) -> dict[str, object]:
    return {
        slug: {"slug": _normalised(slug), "projectPHID": project.phid}
        for slug in asked
        for project in found
        if _normalised(slug) in project.slugs
    }


def _project(project: PhabricatorProject, *, with_members: bool) -> dict[str, object]:
    members = {"members": {"members": [{"phid": phid} for phid in project.members]}}
    return {
        "id": project.id,
        "type": "PROJ",
        "phid": project.phid,
        "fields": {
            "name": project.name,
            "slug": project.slugs[0],
            "subtype": "default",
            "milestone": None,
            "depth": 0,
            "parent": None,
            "icon": {"key": "project", "name": "Project", "icon": "fa-briefcase"},
            "color": {"key": "blue", "name": "Blue"},
            "status": "archived" if project.is_archived else "active",
            "spacePHID": None,
            "dateCreated": 1795335030,
            "dateModified": 1795335030,
            "policy": {"view": "users", "edit": project.edit, "join": project.join},
            "description": None,
        },
        "attachments": members if with_members else {},
    }
