"""How GitLab lists accounts: the parameters of `GET /users`, its filters, orders and pages."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlencode

import attrs

from glaab.domain.accounts import AccountState
from tests.contract.gitlab.simulator_state import FORBIDDEN, User, wire_time
from tests.contract.wire import Response, json_response

Query = Mapping[str, str]

TRUE = frozenset({"1", "on", "On", "ON", "t", "true", "True", "TRUE", "T", "y", "yes", "Yes", "Y"})
_FALSE = frozenset({"0", "off", "Off", "f", "false", "False", "FALSE", "F", "n", "no", "No", "N"})
_ORDERS = ("id", "name", "username", "created_at", "updated_at")
_BOOLEANS = frozenset(
    {
        *("active", "humans", "external", "blocked", "without_project_bots", "admins"),
        *("exclude_active", "exclude_external", "exclude_humans", "exclude_internal"),
        "with_custom_attributes",
    }
)
DECLARED = _BOOLEANS | {
    *("username", "extern_uid", "provider", "search", "created_after", "created_before"),
    *("order_by", "sort", "page", "per_page", "pagination", "cursor"),
}
ATTRIBUTE = re.compile(r"custom_attributes\[(.+)\]")
#: Of these the server takes no notice when the caller is no administrator.
_ONLY_FOR_ADMINS = frozenset(
    {"created_after", "created_before", "order_by", "sort", "with_custom_attributes"}
)


class Refusal(Exception):
    """The request ends here, with this answer."""

    def __init__(self, status: int, **body: str) -> None:
        super().__init__(status, body)
        self.response: Response = json_response(body, status)


def checked(query: Query, is_admin: bool) -> dict[str, str]:
    """The parameters that the server takes notice of, if all are well formed."""
    for name in sorted(_BOOLEANS & query.keys()):
        if query[name] not in TRUE | _FALSE:
            raise Refusal(400, error=f"{name} is invalid")
    if query.get("order_by", "id") not in _ORDERS:
        raise Refusal(400, error="order_by does not have a valid value")
    if query.get("sort", "asc") not in ("asc", "desc"):
        raise Refusal(400, error="sort does not have a valid value")
    if int(query.get("per_page", "20")) < 1:
        raise Refusal(400, error="per_page has a value not allowed")
    if ("extern_uid" in query) != ("provider" in query):
        raise Refusal(400, error="extern_uid, provider provide all or none of parameters")
    if "extern_uid" in query and not is_admin:
        raise Refusal(403, message="403 Forbidden")
    return {
        name: value
        for name, value in query.items()
        if is_admin or (name not in _ONLY_FOR_ADMINS and not ATTRIBUTE.fullmatch(name))
    }


def selected(users: Iterable[User], query: Query, is_admin: bool) -> list[User]:
    """Whom the filters let through, in the order asked for."""
    stops = [_STOPS[name] for name in _STOPS.keys() & query.keys() if says(query, name)]
    texts = [(_TEXTS[name], value) for name, value in query.items() if name in _TEXTS]
    wanted = [
        (match[1], value) for name, value in query.items() if (match := ATTRIBUTE.fullmatch(name))
    ]
    found = [each for each in users if is_admin or each.state not in FORBIDDEN]
    for stop in stops:
        found = [each for each in found if not stop(each)]
    for fits, value in texts:
        found = [each for each in found if fits(each, value, query)]
    for key, value in wanted:
        found = [each for each in found if each.attributes.get(key) == value]
    order = _order(query)
    return sorted(found, key=lambda each: _place(each, order), reverse=_is_down(query))


#: Whom a boolean parameter leaves out when it is true.
_STOPS: Mapping[str, Callable[[User], bool]] = {
    "active": lambda each: each.state is not AccountState.ACTIVE or each.internal,
    "blocked": lambda each: each.state not in (AccountState.BLOCKED, AccountState.LDAP_BLOCKED),
    "exclude_active": lambda each: each.state is AccountState.ACTIVE,
    "humans": lambda each: each.user_type != "human",
    "exclude_humans": lambda each: each.user_type == "human",
    "exclude_internal": lambda each: each.internal,
    "without_project_bots": lambda each: each.user_type == "project_bot",
    "external": lambda _each: True,
    "admins": lambda each: not each.is_admin,
}
#: Whom a parameter with a value lets through; an empty username is none.
_TEXTS: Mapping[str, Callable[[User, str, Query], bool]] = {
    "username": lambda each, name, _: name.strip().lower() in ("", each.username.lower()),
    "extern_uid": lambda each, name, query: each.signs_in(query["provider"], name),
    "search": lambda each, text, _: text.lower() in f"{each.username} {each.name}".lower(),
    "created_after": lambda each, moment, _: wire_time(each.created_at) > moment,
    "created_before": lambda each, moment, _: wire_time(each.created_at) < moment,
}


def says(query: Query, name: str) -> bool:
    """Whether a boolean parameter is there and true."""
    return query.get(name) in TRUE


@attrs.frozen(kw_only=True)
class Pager:
    """Cuts a list into pages, and says where the next one is."""

    base: str
    """What links begin with."""
    given: Query
    """The parameters as they came: links repeat them all."""
    query: Query
    """Those that are taken notice of."""
    offset_limit: int

    def keyset(self, found: list[User]) -> tuple[list[User], dict[str, str]]:
        """The accounts after the cursor; a link only if there are more."""
        order, down = _order(self.query), _is_down(self.query)
        if cursor := self.query.get("cursor"):
            after = json.loads(urlsafe_b64decode(cursor))
            number = int(after["id"])
            place = (number if order == "id" else after[order], number)
            found = _after(place, found, order, down)
        shown = found[: self._size]
        if len(found) <= self._size:
            return shown, {}
        last = {order: str(_place(shown[-1], order)[0]), "id": str(shown[-1].id), "_kd": "n"}
        return shown, {"Link": self._link("next", cursor=_cursor(last))}

    def offset(self, found: list[User]) -> tuple[list[User], dict[str, str]]:
        """One page by its number, counted afresh in each request."""
        page = int(self.query.get("page", "1"))
        if page * self._size > self.offset_limit:
            raise Refusal(
                405,
                error=f"Offset pagination has a maximum allowed offset of {self.offset_limit} for"
                " requests that return objects of type User. Remaining records can be retrieved"
                " using keyset pagination.",
            )
        pages = max(1, -(-len(found) // self._size))
        few = len(found) <= 10_000
        links = {
            **({"prev": page - 1} if page > 1 else {}),
            **({"next": page + 1} if page < pages else {}),
            "first": 1,
            **({"last": pages} if few else {}),
        }
        headers = {
            "X-Page": str(page),
            "X-Per-Page": str(self._size),
            "X-Next-Page": str(links.get("next", "")),
            "X-Prev-Page": str(links.get("prev", "")),
            "Link": ", ".join(self._link(name, page=str(at)) for name, at in links.items()),
        }
        if few:
            headers |= {"X-Total": str(len(found)), "X-Total-Pages": str(pages)}
        return found[(page - 1) * self._size : page * self._size], headers

    @property
    def _size(self) -> int:
        return min(int(self.query.get("per_page", "20")), 100)

    def _link(self, relation: str, **changes: str) -> str:
        return f'<{self.base}?{urlencode({**self.given, **changes})}>; rel="{relation}"'


def _order(query: Query) -> str:
    return query.get("order_by", "id")


def _is_down(query: Query) -> bool:
    return query.get("sort", "desc") == "desc"


def _place(each: User, order: str) -> tuple[object, int]:
    if order in ("created_at", "updated_at"):
        return wire_time(each.created_at), each.id
    return getattr(each, order), each.id


def _after(place: tuple[object, int], found: list[User], order: str, down: bool) -> list[User]:
    """Those of a sorted list that come after *place*."""
    if down:
        return [each for each in found if _place(each, order) < place]
    return found[bisect_right(found, place, key=lambda each: _place(each, order)) :]


def _cursor(place: Mapping[str, str]) -> str:
    """Opaque to clients, and url-safe base64 of JSON by GitLab's own example."""
    return urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode()
