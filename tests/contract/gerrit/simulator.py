"""
Gerrit's REST API (Documentation/rest-api-groups.txt, rest-api-accounts.txt) as far as glaab asks.

A route, parameter or query that glaab has no business to use is an error of the test.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha1
from urllib.parse import quote, unquote

import attrs

from glaab.domain.names import Uid
from glaab.domain.sources.gerrit import GerritAccount
from tests.contract.wire import Request, Response, text_response

USER = "glaab"
PASSWORD = "made-up http password"
ROOT = "/r"
"""Where Gerrit lives below its server, as at Wikimedia."""

_GROUPS = re.compile(rf"{ROOT}/a/groups/([^/]+)/groups/")
_MEMBERS = re.compile(rf"{ROOT}/a/groups/([^/]+)/members/")
# To anything else without quotes Gerrit 3.10.2 says 400 (`no viable alternative`).
_WORD = r"""(?!(?:and|or|not)(?:[\s)]|$))[^\s()"!$%&';?\[\]{}:-][^\s()"!$%&';?\[\]{}:]*"""
_NAME = rf'username:(?:"[^"]+"|{_WORD})'
_QUERY = re.compile(
    rf"(?:{_NAME}|\({_NAME}(?: OR {_NAME})+\))(?P<state> \(is:active OR is:inactive\))?"
)


@attrs.frozen(kw_only=True)
class GerritUser:
    id: int
    username: str | None
    name: str = "Somebody"
    is_active: bool = True
    is_visible: bool = True
    """To account queries: who may not see somebody is told of nobody."""


@attrs.frozen(kw_only=True)
class GerritGroup:
    members: tuple[int, ...] = ()
    includes: tuple[str, ...] = ()
    """Names of groups here, and of groups elsewhere (`ldap:…`)."""
    is_visible: bool = True
    is_external: bool = False


@attrs.define
class GerritSimulator:
    """Accounts by id, groups by name, and who may ask."""

    users: dict[int, GerritUser] = attrs.field(factory=dict)
    groups: dict[str, GerritGroup] = attrs.field(factory=dict)
    credentials: tuple[str, str] = (USER, PASSWORD)
    capabilities: frozenset[str] = frozenset({"emailReviewers"})
    """The global ones that whoever asks has, besides `queryLimit`."""
    query_limit: int = 500
    """Of whoever asks (the global capability `queryLimit`)."""

    @classmethod
    def of(
        cls, accounts: Iterable[GerritAccount], groups: Mapping[str, frozenset[Uid]]
    ) -> "GerritSimulator":
        """A world of domain values; a member without an account here is not shown to glaab."""
        states = {account.username: account.is_active for account in accounts}
        hidden = sorted(set().union(*groups.values()) - set(states))
        users = {
            number: GerritUser(
                id=number,
                username=username,
                is_active=states.get(username, True),
                is_visible=username in states,
            )
            for number, username in enumerate([*states, *hidden], 1000096)
        }
        number_of = {user.username: user.id for user in users.values()}
        return cls(
            users=users,
            groups={
                name: GerritGroup(members=tuple(sorted(number_of[uid] for uid in members)))
                for name, members in groups.items()
            },
        )

    def handle(self, request: Request) -> Response:
        assert request.method == "GET", request
        if not self._may(request):
            return text_response("Unauthorized", 401)
        if match := _MEMBERS.fullmatch(request.raw_path):
            assert request.query == (("recursive", ""),), request.query
            return self._members(unquote(match[1]))
        if request.path == f"{ROOT}/a/accounts/":
            return self._accounts(request)
        assert not request.query, request.query
        if match := _GROUPS.fullmatch(request.raw_path):
            return self._included(unquote(match[1]))
        if request.path == f"{ROOT}/a/accounts/self":
            return _protected({"_account_id": 1000001, "username": self.credentials[0]})
        if request.path == f"{ROOT}/a/accounts/self/capabilities":
            limit = {"queryLimit": {"min": 0, "max": self.query_limit}}
            return _protected(dict.fromkeys(sorted(self.capabilities), True) | limit)
        raise LookupError(f"no such route: {request.raw_path}")

    def _may(self, request: Request) -> bool:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        expected = ":".join(self.credentials)
        return scheme == "Basic" and b64decode(encoded).decode() == expected

    def _members(self, name: str) -> Response:
        found = self._found(name)
        if found is None:
            return text_response(name, 404)
        if self.groups[found].is_external:
            return text_response("not a Gerrit internal group", 405)
        members = {number for each in self._nested(found, set()) for number in each.members}
        return _protected(sorted(map(_account, map(self.users.__getitem__, members)), key=_order))

    def _included(self, name: str) -> Response:
        """Groups elsewhere are listed here, although not their members."""
        found = self._found(name)
        if found is None:
            return text_response(name, 404)
        if self.groups[found].is_external:
            return text_response("not a Gerrit internal group", 405)
        shown = [each for each in self.groups[found].includes if self._is_shown(each)]
        return _protected([{"id": quote(uuid(each), safe=""), "name": each} for each in shown])

    def _is_shown(self, included: str) -> bool:
        return ":" in included or self.groups[included].is_visible

    def _found(self, name: str) -> str | None:
        """
        The group that is meant, by UUID or whatever the case of its name; of several the first.

        Gerrit 3.10.2 takes the first even if another one's name is the very one asked for.
        """
        visible = (each for each, group in self.groups.items() if group.is_visible)
        return min(
            (each for each in visible if name.lower() in (each.lower(), uuid(each))), default=None
        )

    def _nested(self, name: str, seen: set[str]) -> Iterator[GerritGroup]:
        """A group and those that it includes; external and invisible ones are ignored."""
        group = self.groups.get(name)
        if name in seen or group is None or group.is_external or not group.is_visible:
            return
        seen.add(name)
        yield group
        for included in group.includes:
            yield from self._nested(included, seen)

    def _accounts(self, request: Request) -> Response:
        parameters = request.parameters
        assert set(parameters) <= {"q", "o", "n"}, parameters
        assert len(parameters) == len(request.query), request.query
        assert parameters.get("o") in {None, "DETAILS"}, parameters
        match = _QUERY.fullmatch(parameters["q"])
        assert match, parameters["q"]
        given = re.findall(r'username:("[^"]+"|[^\s()"]+)', parameters["q"])
        names = {name.strip('"').lower() for name in given}
        found = [
            user
            for user in self.users.values()
            if user.is_visible and (user.username or "").lower() in names
            if user.is_active or match["state"]
        ]
        limit = min(int(parameters.get("n", self.query_limit)), self.query_limit)
        return _protected(_page(found, limit, "o" in parameters))


def uuid(group: str) -> str:
    """That of a group elsewhere is all that there is of it here."""
    return group if ":" in group else sha1(group.encode()).hexdigest()


def _page(found: list[GerritUser], limit: int, with_details: bool) -> list[dict[str, object]]:
    shown = [_account(user) if with_details else {"_account_id": user.id} for user in found]
    if len(shown) > limit:
        shown[limit - 1]["_more_accounts"] = True
    return shown[:limit]


def _account(user: GerritUser) -> dict[str, object]:
    info: dict[str, object] = {"_account_id": user.id, "name": user.name}
    if user.username is not None:
        info["username"] = user.username
    if not user.is_active:
        info["inactive"] = True
    return info


def _order(account: Mapping[str, object]) -> tuple[str, object]:
    """By name, as Gerrit lists members; who has none comes first."""
    return str(account.get("name", "")), account["_account_id"]


def _protected(payload: object) -> Response:
    """JSON behind the prefix that keeps it from being run as a script."""
    return Response(
        headers={"Content-Type": "application/json; charset=UTF-8"},
        body=b")]}'\n" + json.dumps(payload, ensure_ascii=False).encode(),
    )
