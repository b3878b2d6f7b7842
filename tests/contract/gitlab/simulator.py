"""A GitLab server as strict as the real one: its REST API, as far as glaab may use it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import attrs

from glaab.domain.accounts import Account, AccountEvent, AccountId, AccountState
from tests.contract.gitlab.simulator_listing import (
    ATTRIBUTE,
    DECLARED,
    Pager,
    Query,
    Refusal,
    checked,
    says,
    selected,
)
from tests.contract.gitlab.simulator_state import (
    BOT_ID,
    WEB,
    Token,
    User,
    a_bot,
    an_identity,
    user,
    user_basic,
    user_details_with_admin,
    user_with_admin,
    wire_time,
)
from tests.contract.wire import Request, Response, json_response

TOKEN = "glpat-of-the-simulator"


class Unexpected(Exception):
    """A request that glaab has no business to send."""


def nobody() -> Refusal:
    return Refusal(404, message="404 User Not Found")


def unauthorized() -> Refusal:
    return Refusal(401, message="401 Unauthorized")


def sso_alone() -> dict[str, object]:
    """The settings about sign-up (doc/api/settings.md), where newcomers come by SSO and wait."""
    return {
        "require_admin_approval_after_user_signup": True,
        "signup_enabled": False,
        "password_authentication_enabled_for_web": False,
        "new_user_signups_cap": None,
    }


@attrs.define(kw_only=True)
class GitLabSimulator:
    """State, and what is answered; `AccountState` moves only by glaab's own table."""

    users: dict[int, User] = attrs.field(factory=dict)
    tokens: dict[str, Token] = attrs.field(factory=dict)
    admin_mode: bool = False
    version: str = "19.5.0"
    knows_keyset: bool = True
    """False: older than 16.5."""
    knows_exclude_active: bool = True
    """False: 16 or older; `humans` is unknown too."""
    offset_limit: int = 50_000
    external_url: str = WEB
    """What links begin with."""
    settings: dict[str, object] = attrs.field(factory=sso_alone)
    """What is told of GitLab's own settings."""
    strict: bool = True
    """Whether an undeclared parameter is an error; the real server ignores it."""
    mails: int = 0
    """How many newcomers were told that they were approved."""

    @classmethod
    def of(
        cls, accounts: Iterable[Account] = (), notes: Mapping[AccountId, str] | None = None
    ) -> "GitLabSimulator":
        """A server with these accounts, open notes with these records, and glaab's token."""
        bot = a_bot()
        users = {account.id: User.of(account) for account in accounts}
        for account, record in (notes or {}).items():
            users[account].attributes |= {"glaab": "open", "glaab_approval": record}
        return cls(users=users | {bot.id: bot}, tokens={TOKEN: Token(owner=bot)})

    def queue(self, count: int, *, first: int = 1) -> None:
        """Let *count* newcomers wait, `newcomer-1` with extern_uid `Newcomer 1` and so on."""
        for number in range(first, first + count):
            self.users[number] = User(
                id=number,
                username=f"newcomer-{number}",
                identities=[an_identity("openid_connect", f"Newcomer {number}")],
            )

    def sign_up(self, username: str, extern_uid: str, created_at: datetime) -> User:
        """Let one more newcomer wait; a list that is being shown meanwhile is not disturbed."""
        newcomer = User(
            id=max(self.users.keys() - {BOT_ID}, default=0) + 1,
            username=username,
            identities=[an_identity("openid_connect", extern_uid)],
            created_at=created_at,
        )
        self.users = {**self.users, newcomer.id: newcomer}
        return newcomer

    @property
    def token(self) -> Token:
        """The one that glaab uses."""
        return self.tokens[TOKEN]

    def state(self, account: int) -> AccountState:
        return self.users[account].state

    def attributes(self, account: int) -> dict[str, str]:
        return dict(self.users[account].attributes)

    @property
    def approved(self) -> list[int]:
        """The ids of the active accounts, but the bot's."""
        return sorted(
            each.id
            for each in self.users.values()
            if each.state is AccountState.ACTIVE and each.id != BOT_ID
        )

    def handle(self, request: Request) -> Response:
        for method, pattern, action in _ROUTES:
            match = re.fullmatch(f"/api/v4{pattern}", request.path)
            if method == request.method and match:
                try:
                    return action(self, _Call(self, request, self._token(request)), *match.groups())
                except Refusal as describe_http_status:
                    return describe_http_status.response
        if re.fullmatch(r"/api/v4/users/[^/]+(/.*)?", request.path) and not re.match(
            r"/api/v4/users/\d+(/|$)", request.path
        ):
            return json_response({"error": "404 Not Found"}, 404)
        raise Unexpected(f"{request.method} {request.path}")

    def _token(self, request: Request) -> Token | None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        secret = request.headers.get("private-token") or bearer
        if not secret:
            return None
        token = self.tokens.get(secret)
        if token is None:
            raise unauthorized()
        if token.revoked or token.expired:
            raise Refusal(401, error="invalid_token", error_description=_why_invalid(token))
        if token.owner.state is not AccountState.ACTIVE:
            raise Refusal(403, message="403 Forbidden - Your account has been blocked.")
        if not token.scopes & _scopes(request):
            raise Refusal(
                403,
                error="insufficient_scope",
                error_description="The request requires higher privileges than provided by the"
                " access token.",
                scope="api",
            )
        return token

    def list_users(self, call: "_Call") -> Response:
        call.allow(DECLARED, ATTRIBUTE)
        if not call.token and "username" not in call.given:
            raise Refusal(403, message="403 Forbidden - Not authorized to access /api/v4/users")
        query = checked(call.given, call.is_admin)
        if not self.knows_exclude_active:
            query = {name: query[name] for name in query.keys() - {"exclude_active", "humans"}}
        found = self.found(query, call.is_admin)
        pager = Pager(
            base=f"{self.external_url}/api/v4/users",
            given=call.given,
            query=query,
            offset_limit=self.offset_limit,
        )
        by_key = self.knows_keyset and query.get("pagination") == "keyset"
        shown, headers = pager.keyset(found) if by_key else pager.offset(found)
        return json_response([call.element(each, query) for each in shown], **headers)

    def found(self, query: Query, is_admin: bool) -> list[User]:
        """Whom a list shows, before it is cut into pages."""
        return selected(self.users.values(), query, is_admin)

    def show_user(self, call: "_Call", account: str) -> Response:
        call.allow(frozenset({"with_custom_attributes"}))
        if not call.token:
            raise Refusal(403, message="403 Forbidden - Not authorized!")
        shown = self._user(account)
        if not call.is_admin:
            return json_response(user(shown))
        return json_response(user_details_with_admin(shown) | call.attributes(shown, call.given))

    def approve(self, call: "_Call", account: str) -> Response:
        call.allow(frozenset())
        call.authenticate()
        if call.body():
            raise Unexpected(f"approve takes no parameter: {call.body()}")
        pending = self._user(account)
        if not call.is_admin:
            raise Refusal(403, message="You are not allowed to approve a user")
        if pending.state is not AccountState.PENDING:
            raise Refusal(409, message="The user you are trying to approve is not pending approval")
        if not pending.valid:
            raise Refusal(422, message="Email is invalid")
        pending.undergo(AccountEvent.APPROVE)
        self.mails += 1
        return json_response({"message": "Success"}, 201)

    def list_attributes(self, call: "_Call", account: str) -> Response:
        call.allow(frozenset())
        call.administrate()
        return json_response(self._user(account).custom_attributes)

    def show_attribute(self, call: "_Call", account: str, key: str) -> Response:
        call.allow(frozenset())
        call.administrate()
        attributes = self._user(account).attributes
        if key not in attributes:
            raise Refusal(404, message="404 CustomAttribute Not Found")
        return json_response({"key": key, "value": attributes[key]})

    def put_attribute(self, call: "_Call", account: str, key: str) -> Response:
        call.allow(frozenset())
        call.administrate()
        body = call.body()
        if set(body) - {"value"}:
            raise Unexpected(f"an attribute takes a value: {body}")
        if not isinstance(body.get("value"), str):
            raise Refusal(400, error="value is missing")
        self._user(account).attributes[key] = body["value"]
        return json_response({"key": key, "value": body["value"]})

    def delete_attribute(self, call: "_Call", account: str, key: str) -> Response:
        call.allow(frozenset())
        call.administrate()
        if self._user(account).attributes.pop(key, None) is None:
            raise Refusal(404, message="404 CustomAttribute Not Found")
        return Response(status=204)

    def show_version(self, call: "_Call") -> Response:
        call.authenticate()
        return json_response({"version": self.version, "revision": "abc123"})

    def show_me(self, call: "_Call") -> Response:
        """`is_admin` comes from the database, whatever Admin Mode says."""
        token = call.authenticate()
        return json_response(user_details_with_admin(token.owner))

    def show_token(self, call: "_Call") -> Response:
        token = call.authenticate()
        return json_response(
            {
                "id": 9,
                "name": "approval-bot",
                "revoked": token.revoked,
                "created_at": wire_time(datetime(2026, 1, 1, tzinfo=UTC)),
                "description": "approves newcomers",
                "scopes": sorted(token.scopes),
                "user_id": token.owner.id,
                "last_used_at": wire_time(datetime(2026, 11, 22, tzinfo=UTC)),
                "active": True,
                "expires_at": token.expires_at,
            }
        )

    def show_settings(self, call: "_Call") -> Response:
        """GitLab's own settings, of which there are hundreds."""
        call.allow(frozenset())
        call.administrate()
        return json_response({"id": 1, "default_projects_limit": 100000} | self.settings)

    def _user(self, account: str) -> User:
        try:
            return self.users[int(account)]
        except KeyError:
            raise nobody() from None


_ID, _KEY = r"/users/(\d+)", r"/custom_attributes/([^/]+)"
_Action = Callable[..., Response]
_ROUTES: tuple[tuple[str, str, _Action], ...] = (
    ("GET", "/users", GitLabSimulator.list_users),
    ("GET", _ID, GitLabSimulator.show_user),
    ("POST", f"{_ID}/approve", GitLabSimulator.approve),
    ("GET", f"{_ID}/custom_attributes", GitLabSimulator.list_attributes),
    ("GET", f"{_ID}{_KEY}", GitLabSimulator.show_attribute),
    ("PUT", f"{_ID}{_KEY}", GitLabSimulator.put_attribute),
    ("DELETE", f"{_ID}{_KEY}", GitLabSimulator.delete_attribute),
    ("GET", "/version", GitLabSimulator.show_version),
    ("GET", "/user", GitLabSimulator.show_me),
    ("GET", "/personal_access_tokens/self", GitLabSimulator.show_token),
    ("GET", "/application/settings", GitLabSimulator.show_settings),
)


def _why_invalid(token: Token) -> str:
    if token.revoked:
        return "Token was revoked. You have to re-authorize from the user."
    return "Token is expired. You can either do re-authorization or token refresh."


def _scopes(request: Request) -> frozenset[str]:
    """The scopes of which a token needs one for this request."""
    return frozenset({"api", "read_api", "read_user"} if request.method == "GET" else {"api"})


@attrs.frozen
class _Call:
    """A request, and whose it is."""

    simulator: GitLabSimulator
    request: Request
    token: Token | None

    @property
    def given(self) -> dict[str, str]:
        return self.request.parameters

    @property
    def is_admin(self) -> bool:
        return bool(self.token and self.token.has_admin_rights(self.simulator.admin_mode))

    def authenticate(self) -> Token:
        if self.token is None:
            raise unauthorized()
        return self.token

    def administrate(self) -> None:
        self.authenticate()
        if not self.is_admin:
            raise Refusal(403, message="403 Forbidden")

    def body(self) -> dict[str, object]:
        """JSON or a form, whichever was sent."""
        if self.request.headers.get("content-type", "").startswith("application/json"):
            return json.loads(self.request.body or b"{}")
        return dict(self.request.form)

    def allow(self, names: frozenset[str], pattern: re.Pattern[str] | None = None) -> None:
        """Raise over a parameter that the route does not declare, unless lenient."""
        for name in self.given if self.simulator.strict else ():
            if name not in names and not (pattern and pattern.fullmatch(name)):
                raise Unexpected(f"parameter {name} of {self.request.path}")

    def element(self, each: User, query: Query) -> dict[str, object]:
        if not self.is_admin:
            return user_basic(each)
        return user_with_admin(each) | self.attributes(each, query)

    def attributes(self, each: User, query: Query) -> dict[str, object]:
        if not says(query, "with_custom_attributes"):
            return {}
        return {"custom_attributes": each.custom_attributes}
