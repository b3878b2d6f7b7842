"""What a GitLab server holds: accounts and tokens, and how the API shows an account to whom."""

from datetime import UTC, datetime

import attrs

from glaab.domain.accounts import Account, AccountEvent, AccountState, advance

#: Nobody but an administrator is shown these (app/finders/users_finder.rb).
FORBIDDEN = frozenset({AccountState.BLOCKED, AccountState.BANNED, AccountState.LDAP_BLOCKED})
WEB = "https://gitlab.example.org"
BOT_ID = 1_000_000


@attrs.define(kw_only=True)
class User:
    """An account, as the database has it."""

    id: int
    username: str
    name: str = "Somebody"
    email_domain: str = "example.org"
    state: AccountState = AccountState.PENDING
    user_type: str = "human"
    identities: list[dict[str, object]] = attrs.field(factory=list)
    attributes: dict[str, str] = attrs.field(factory=dict)
    created_at: datetime = datetime(2026, 11, 20, 10, tzinfo=UTC)
    is_admin: bool = False
    valid: bool = True
    """Whether it can be saved."""

    @classmethod
    def of(cls, account: Account) -> "User":
        return cls(
            id=account.id,
            username=account.username,
            name=account.self_description.name,
            email_domain=account.self_description.email_domain or "example.org",
            state=account.state,
            created_at=account.created_at,
            identities=[an_identity(each.provider, each.extern_uid) for each in account.identities],
            attributes={} if account.mark is None else {"glaab_veto": account.mark},
        )

    def undergo(self, event: AccountEvent) -> None:
        self.state = advance(self.state, event)

    def signs_in(self, provider: str, extern_uid: str) -> bool:
        """Whether it has this identity, without regard to case."""
        return any(
            (each["provider"], str(each["extern_uid"]).lower()) == (provider, extern_uid.lower())
            for each in self.identities
        )

    @property
    def bot(self) -> bool:
        return self.user_type not in ("human", "ghost")

    @property
    def internal(self) -> bool:
        return self.user_type in ("ghost", "support_bot", "alert_bot")

    @property
    def custom_attributes(self) -> list[dict[str, str]]:
        return [{"key": key, "value": value} for key, value in sorted(self.attributes.items())]


def an_identity(provider: str, extern_uid: str | None) -> dict[str, object]:
    return {"provider": provider, "extern_uid": extern_uid, "saml_provider_id": None}


@attrs.define(kw_only=True)
class Token:
    """A personal access token."""

    owner: User
    scopes: frozenset[str] = frozenset({"api"})
    expired: bool = False
    revoked: bool = False
    expires_at: str | None = "2999-12-31"

    def has_admin_rights(self, admin_mode: bool) -> bool:
        """Whether requests act as an administrator's: "effective admin"."""
        return self.owner.is_admin and (not admin_mode or "admin_mode" in self.scopes)


def a_bot(**changes: object) -> User:
    """The administrator that glaab's token belongs to."""
    values: dict[str, object] = {
        "id": BOT_ID,
        "username": "glaab-bot",
        "state": AccountState.ACTIVE,
        "is_admin": True,
    }
    return User(**(values | changes))


def wire_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user_basic(user: User) -> dict[str, object]:
    """`UserBasic`: what anybody sees in a list."""
    return {
        "id": user.id,
        "username": user.username,
        "public_email": "",
        "name": user.name,
        "state": user.state.value,
        "locked": False,
        "avatar_url": None,
        "web_url": f"{WEB}/{user.username}",
    }


def user(user: User) -> dict[str, object]:
    """`User`: what anybody sees of one account."""
    texts = ("linkedin", "twitter", "discord", "website_url", "github", "job_title")
    return user_basic(user) | {
        "created_at": wire_time(user.created_at),
        "bio": "",
        "location": None,
        "pronouns": None,
        "organization": "",
        "bot": user.bot,
        "work_information": None,
        "followers": 0,
        "following": 0,
        "is_followed": False,
        "local_time": None,
        **dict.fromkeys(texts, ""),
    }


def user_with_admin(shown: User) -> dict[str, object]:
    """`UserWithAdmin`: what an administrator sees in a list."""
    return user(shown) | {
        "last_sign_in_at": None,
        "confirmed_at": wire_time(shown.created_at),
        "last_activity_on": None,
        "email": f"user{shown.id}@{shown.email_domain}",
        "theme_id": 3,
        "color_scheme_id": 1,
        "projects_limit": 100000,
        "current_sign_in_at": None,
        "identities": shown.identities,
        "can_create_group": True,
        "can_create_project": True,
        "two_factor_enabled": False,
        "external": False,
        "private_profile": False,
        "commit_email": f"user{shown.id}@{shown.email_domain}",
        "preferred_language": "en",
        "is_admin": shown.is_admin,
        "note": None,
        "namespace_id": shown.id + 36,
        "created_by": None,
    }


def user_details_with_admin(shown: User) -> dict[str, object]:
    """`UserDetailsWithAdmin`: what an administrator sees of one account."""
    return user_with_admin(shown) | {
        "highest_role": 0,
        "current_sign_in_ip": None,
        "last_sign_in_ip": None,
    }
