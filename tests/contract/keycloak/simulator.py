"""
Keycloak's token endpoint and admin API as far as glaab asks, as recorded from 26.7.3.

A route, method or parameter that glaab has no business to use is an error of the test.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import TypeVar
from urllib.parse import unquote, urlencode

import attrs

from glaab.adapters.keycloak.memory import KeycloakGroup
from glaab.domain.sources.keycloak import KeycloakUser
from tests.contract.keycloak.simulator_state import (
    CLIENT_ID,
    CLIENT_SECRET,
    PAGE_OF_CHILDREN,
    PAGE_OF_USERS,
    Rights,
    SimulatedClient,
    SimulatedGroup,
    SimulatedUser,
    brief_user,
    full_user,
    group_access,
    listed_user,
    single_user,
)
from tests.contract.keycloak.simulator_tokens import SCOPE, claims, error, misuse, refusal, signed
from tests.contract.wire import Request, Response, json_response, text_response

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "REALM",
    "ROOT",
    "KeycloakSimulator",
    "SimulatedClient",
    "SimulatedGroup",
    "SimulatedUser",
]

REALM = "people"
ROOT = ""
"""Where Keycloak lives below its server: at its top, unless an operator has moved it."""

_LONGEST = 32_766
"""Characters of a path with its query."""
_TOKEN = re.compile(r"/realms/([^/]+)/protocol/openid-connect/token")
_ADMIN = re.compile(r"/admin/realms/([^/]+)(/.*)?")
_NOTHING_HERE = "<html><body><h1>Resource not found</h1></body></html>"
_HERE = re.compile(r"/(admin/)?realms/")
_ANYWHERE = re.compile(rf"(/[^/]+)*{_HERE.pattern}")
_BRIEF = {"briefRepresentation": "true"}


Entry = TypeVar("Entry")


@attrs.frozen
class _Token:
    client_id: str
    issuer: str
    expires_at: float


@attrs.define(kw_only=True)
class KeycloakSimulator:
    """One realm: people and groups by their id, clients by their `client_id`."""

    users: dict[str, SimulatedUser] = attrs.field(factory=dict)
    groups: dict[str, SimulatedGroup] = attrs.field(factory=dict)
    clients: dict[str, SimulatedClient] = attrs.field(
        factory=lambda: {CLIENT_ID: SimulatedClient()}
    )
    """The users of their service accounts need not be among *users*: they are added."""
    realm: str = REALM
    root: str = ROOT
    token_lifetime: int = 300
    """In seconds, of the tokens to come."""
    is_enabled: bool = True
    requires_https: bool = False
    """As if every request came by plain http from outside (`sslRequired`)."""
    hostname: str | None = None
    """As `--hostname`, `https://…`: who issues tokens, whatever name was asked."""
    hidden_from_ids: frozenset[str] = frozenset()
    """Ids of users that somebody else's permission names, for who views by permission."""
    members_look_empty: bool = False
    """And all lists of users: permissions by a policy of type client do so."""
    now: Callable[[], float] = time.time
    _tokens: dict[str, _Token] = attrs.field(factory=dict)
    _serials: Iterator[int] = attrs.field(factory=lambda: count(1))

    @classmethod
    def of(
        cls, users: Iterable[KeycloakUser], groups: Iterable[KeycloakGroup]
    ) -> "KeycloakSimulator":
        """A world of domain values; groups that only a path implies are there, too."""
        simulator = cls(
            users={
                each.id: SimulatedUser(
                    id=each.id, username=each.username, is_enabled=each.is_enabled
                )
                for each in users
            }
        )
        for group in groups:
            simulator.add_group(group.path, group.id, tuple(group.members))
        return simulator

    def add_group(self, path: str, group_id: str, members: tuple[str, ...] = ()) -> None:
        """The group at *path*, and those above it as far as they are missing."""
        above, _, name = path.rpartition("/")
        if above and not self.group_at(above):
            self.add_group(above, f"id of {above}".replace("/", "|"))
        parent = self.group_at(above) if above else None
        there = self.group_at(path)
        group_id = there.id if there else group_id
        self.groups[group_id] = SimulatedGroup(
            id=group_id, name=name, parent_id=parent.id if parent else None, members=members
        )

    def __attrs_post_init__(self) -> None:
        for client in list(self.clients.values()):
            self.add_client(client)

    def add_client(self, client: SimulatedClient) -> None:
        """And the user of its service account, unless it has none or that is there already."""
        self.clients[client.client_id] = client
        if client.has_service_account:
            self.users.setdefault(client.user_id, client.user)

    def change_client(self, client_id: str = CLIENT_ID, **changes: object) -> None:
        """From now on, for tokens that are there too."""
        self.clients[client_id] = attrs.evolve(self.clients[client_id], **changes)

    def change_user(self, user_id: str, **changes: object) -> None:
        self.users[user_id] = attrs.evolve(self.users[user_id], **changes)

    def delete_group(self, group_id: str) -> None:
        """And all below it; users are deleted from *users*, and their memberships with them."""
        for child in self._below(group_id):
            self.delete_group(child.id)
        del self.groups[group_id]

    def expire_tokens(self) -> None:
        """All that were issued so far."""
        self._tokens.clear()

    def user_named(self, username: str) -> SimulatedUser | None:
        """Whoever bears it, a service account too; upper and lower case are one."""
        named = (user for user in self.users.values() if user.username == username.lower())
        return next(named, None)

    def group_at(self, path: str) -> SimulatedGroup | None:
        """The group that `a/b` names; a group `a` hides one that is named `a/b`."""
        names = path.strip("/").split("/")
        return self._descend(None, names) if names != [""] else None

    def path_of(self, group: SimulatedGroup) -> str:
        """With a slash in a name left as it is, so that two groups may have one path."""
        above = self.path_of(self.groups[group.parent_id]) if group.parent_id else ""
        return f"{above}/{group.name}"

    def handle(self, request: Request) -> Response:
        if len(request.raw_path) + len(urlencode(request.query)) + bool(request.query) > _LONGEST:
            return Response(status=414)
        if "//" in request.raw_path:
            refused = error(400, "missingNormalization", "Request path not normalized")
            return attrs.evolve(
                refused, headers={"Content-Type": "application/json; charset=UTF-8"}
            )
        if not request.raw_path.startswith(f"{self.root}/"):
            assert _ANYWHERE.match(request.raw_path), request.raw_path
            return text_response(_NOTHING_HERE, 404, "text/html; charset=utf-8")
        path = request.raw_path.removeprefix(self.root)
        if match := _TOKEN.fullmatch(path):
            return self._token(unquote(match[1]), request)
        if match := _ADMIN.fullmatch(path):
            return self._admin(unquote(match[1]), match[2] or "", request)
        if _ANYWHERE.match(path) and not _HERE.match(path):
            return error(404, "Unable to find matching target resource method")
        raise LookupError(f"no such route: {request.raw_path}")

    def _token(self, realm: str, request: Request) -> Response:
        if realm != self.realm:
            return error(404, "Realm does not exist")
        if self.requires_https:
            return error(403, "invalid_request", "HTTPS required")
        if not self.is_enabled:
            return error(403, "access_denied", "Realm not enabled")
        if response := misuse(request):
            return response
        client = self.clients.get(request.form.get("client_id", ""))
        user = self.users.get(client.user_id) if client else None
        return refusal(request.form, client, user) or self._issued(client, user, request)

    def _issued(self, client: SimulatedClient, user: SimulatedUser, request: Request) -> Response:
        issued_at = int(self.now())
        token = _Token(client.client_id, self._issuer(request), issued_at + self.token_lifetime)
        times = {"exp": token.expires_at, "iat": issued_at, "jti": f"trrtcc:{next(self._serials)}"}
        text = signed(times | {"iss": token.issuer} | claims(client, user, self.realm))
        self._tokens[text] = token
        answer = {"access_token": text, "expires_in": self.token_lifetime, "scope": SCOPE}
        others = {"refresh_expires_in": 0, "token_type": "Bearer", "not-before-policy": 0}
        return json_response(answer | others)

    def _issuer(self, request: Request) -> str:
        origin = self.hostname or f"http://{request.headers.get('host', 'localhost')}"
        return f"{origin}{self.root}/realms/{self.realm}"

    def _admin(self, realm: str, path: str, request: Request) -> Response:
        assert request.method == "GET", request
        assert len(request.parameters) == len(request.query), request.query
        rights = self._rights(request)
        if rights is None:
            return error(401, "HTTP 401 Unauthorized")
        if realm != self.realm:
            return error(404, "Realm not found.")
        for route, answer in _ROUTES.items():
            if match := re.fullmatch(route, path):
                return answer(self, rights, request.parameters, *map(unquote, match.groups()))
        raise LookupError(f"no such route: {request.raw_path}")

    def _rights(self, request: Request) -> Rights | None:
        """Those of this moment, whatever the token says; None without a token that counts."""
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        token = self._tokens.get(text)
        if scheme.lower() != "bearer" or token is None or token.expires_at <= self.now():
            return None
        client = self.clients.get(token.client_id)
        if token.issuer != self._issuer(request) or client is None or not client.is_enabled:
            return None
        user = self.users.get(client.user_id)
        if user is None or not user.is_enabled:
            return None
        return Rights(client.effective_roles, client.is_permitted)

    def _realm(self, rights: Rights, parameters: dict[str, str]) -> Response:
        """Who may view the realm is shown many more fields, which are left out here."""
        assert not parameters, parameters
        if not rights.administers:
            return _forbidden()
        shown: dict[str, object] = {"realm": self.realm, "bruteForceProtected": True}
        if rights.views_by_role or rights.views_realm:
            shown["registrationEmailAsUsername"] = False
        if not rights.views_realm:
            shown["supportedLocales"] = []
        return _success(shown | {"organizationsEnabled": False})

    def _users(self, rights: Rights, parameters: dict[str, str]) -> Response:
        assert parameters.items() >= _BRIEF.items(), parameters
        wanted = set(parameters) - set(_BRIEF)
        if not rights.queries:
            return _forbidden()
        if wanted == {"search"}:
            users = self._by_id(rights, parameters["search"])
        elif wanted == {"username", "exact"}:
            assert parameters["exact"] == "true", parameters
            users = self._by_name(rights, parameters["username"])
        else:
            assert wanted <= {"first", "max"}, parameters
            users = _page(self._everybody(rights), parameters, PAGE_OF_USERS)
        return _success([listed_user(user, rights) for user in users])

    def _count(self, rights: Rights, parameters: dict[str, str]) -> Response:
        """Of all that there are, also to somebody who is shown none of them."""
        assert not parameters, parameters
        if not rights.queries:
            return _forbidden()
        return _success(sum(not user.is_service_account for user in self.users.values()))

    def _users_without_id(self, rights: Rights, parameters: dict[str, str]) -> Response:
        """One user by an empty id, which is the first page of all."""
        assert not parameters, parameters
        if not rights.queries:
            return _forbidden()
        users = self._everybody(rights)[:PAGE_OF_USERS]
        return _success([full_user(user, rights) for user in users])

    def _by_id(self, rights: Rights, search: str) -> list[SimulatedUser]:
        """In the order of the ids, somebody twice if asked twice; unknown ids are left out."""
        assert search.startswith("id:"), search
        ids = search.removeprefix("id:").split()
        return [self.users[each] for each in ids if self._is_seen(rights, each)]

    def _by_name(self, rights: Rights, username: str) -> list[SimulatedUser]:
        """Service accounts too; an empty name is the first page of all."""
        if not self._lists_users(rights):
            return []
        if not username:
            return _sorted(self.users.values())[:PAGE_OF_USERS]
        user = self.user_named(username)
        return [user] if user else []

    def _everybody(self, rights: Rights) -> list[SimulatedUser]:
        if not self._lists_users(rights):
            return []
        return _sorted(user for user in self.users.values() if not user.is_service_account)

    def _lists_users(self, rights: Rights) -> bool:
        return rights.views_by_role or (rights.is_permitted and not self.members_look_empty)

    def _is_seen(self, rights: Rights, user_id: str) -> bool:
        is_hidden = user_id in self.hidden_from_ids and not rights.views_by_role
        return user_id in self.users and rights.views and not is_hidden

    def _user(self, rights: Rights, parameters: dict[str, str], user_id: str) -> Response:
        assert not parameters, parameters
        if user_id not in self.users and rights.queries:
            return error(404, "User not found")
        if not self._is_seen(rights, user_id):
            return _forbidden()
        return _success(single_user(self.users[user_id], rights))

    def _group_by_path(self, rights: Rights, parameters: dict[str, str], path: str) -> Response:
        """Whether a path is there is told to everybody with a token."""
        assert not parameters, parameters
        group = self.group_at(path)
        if group is None:
            return error(404, "Group path does not exist")
        return _success(self._full_group(group)) if rights.views else _forbidden()

    def _group(self, rights: Rights, parameters: dict[str, str], group_id: str) -> Response:
        assert not parameters, parameters
        if group_id not in self.groups:
            return _no_group()
        if not rights.views:
            return _forbidden()
        group = self._full_group(self.groups[group_id])
        return _success(group | {"access": group_access(rights)})

    def _children(self, rights: Rights, parameters: dict[str, str], group_id: str) -> Response:
        assert parameters.items() >= _BRIEF.items(), parameters
        if group_id not in self.groups:
            return _no_group()
        if not rights.views:
            return _forbidden()
        children = sorted(self._below(group_id), key=lambda group: group.name)
        access = {"access": group_access(rights)}
        page = _page(children, parameters, PAGE_OF_CHILDREN)
        return _success([self._brief_group(each) | access for each in page])

    def _members(self, rights: Rights, parameters: dict[str, str], group_id: str) -> Response:
        """Those of the group itself, disabled ones and service accounts too."""
        assert parameters.items() >= _BRIEF.items(), parameters
        if group_id not in self.groups:
            return _no_group()
        if not rights.views:
            return _forbidden()
        ids = self.groups[group_id].members if self._lists_users(rights) else ()
        members = _sorted(self.users[each] for each in ids if each in self.users)
        return _success([brief_user(user) for user in _page(members, parameters, PAGE_OF_USERS)])

    def _below(self, group_id: str | None) -> list[SimulatedGroup]:
        return [group for group in self.groups.values() if group.parent_id == group_id]

    def _descend(self, parent_id: str | None, names: Sequence[str]) -> SimulatedGroup | None:
        """The shortest name that a group bears decides: nothing else is tried after it."""
        for length in range(1, len(names) + 1):
            name, rest = "/".join(names[:length]), names[length:]
            if found := [group for group in self._below(parent_id) if group.name == name]:
                return self._descend(found[0].id, rest) if rest else found[0]
        return None

    def _brief_group(self, group: SimulatedGroup) -> dict[str, object]:
        parent = {"parentId": group.parent_id} if group.parent_id else {}
        shown = {"id": group.id, "name": group.name, "path": self.path_of(group)}
        return {**shown, **parent, "subGroupCount": len(self._below(group.id)), "subGroups": []}

    def _full_group(self, group: SimulatedGroup) -> dict[str, object]:
        roles = {"realmRoles": [], "clientRoles": {}}
        return self._brief_group(group) | {"attributes": {}} | roles


_ROUTES: dict[str, Callable[..., Response]] = {
    "": KeycloakSimulator._realm,
    "/users": KeycloakSimulator._users,
    "/users/": KeycloakSimulator._users_without_id,
    "/users/count": KeycloakSimulator._count,
    "/users/([^/]+)": KeycloakSimulator._user,
    "/group-by-path/(.*)": KeycloakSimulator._group_by_path,
    "/groups/(?!count$)([^/]+)": KeycloakSimulator._group,
    "/groups/([^/]+)/children": KeycloakSimulator._children,
    "/groups/([^/]+)/members": KeycloakSimulator._members,
}
"""By the raw path below the realm."""


def _page(entries: Sequence[Entry], parameters: dict[str, str], default: int) -> Sequence[Entry]:
    """That which `first` and `max` ask for; a `max` of -1 is no limit."""
    assert set(parameters) <= {"first", "max", *_BRIEF}, parameters
    first, limit = int(parameters.get("first", 0)), int(parameters.get("max", default))
    assert first >= 0, parameters
    assert limit >= -1, parameters
    return entries[first:] if limit == -1 else entries[first : first + limit]


def _sorted(users: Iterable[SimulatedUser]) -> list[SimulatedUser]:
    return sorted(users, key=lambda user: user.username)


def _success(payload: object) -> Response:
    return json_response(payload, **{"Content-Type": "application/json;charset=UTF-8"})


def _forbidden() -> Response:
    return error(403, "HTTP 403 Forbidden")


def _no_group() -> Response:
    return error(404, "Could not find group by id")
