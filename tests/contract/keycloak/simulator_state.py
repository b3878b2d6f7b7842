"""What a realm of Keycloak holds: people, groups and clients, and how it shows them to whom."""

import attrs

CLIENT_ID = "glaab"
CLIENT_SECRET = "made-up client secret"

PAGE_OF_USERS = 100
PAGE_OF_CHILDREN = 10

_COMPOSITES = {
    "view-users": {"query-users", "query-groups"},
    "view-clients": {"query-clients"},
    "realm-admin": {
        *("create-client", "impersonation", "manage-authorization", "manage-clients"),
        *("manage-events", "manage-identity-providers", "manage-organizations", "manage-realm"),
        *("manage-users", "query-organizations", "view-organizations"),
        *("query-clients", "query-groups", "query-realms", "query-users", "view-authorization"),
        *("view-clients", "view-events", "view-identity-providers", "view-realm", "view-users"),
    },
}


@attrs.frozen(kw_only=True)
class SimulatedUser:
    """Somebody, or the account of a client."""

    id: str
    username: str = attrs.field(converter=str.lower)
    """Kept in lower case, as Keycloak keeps it."""
    is_enabled: bool = True
    is_service_account: bool = False


@attrs.frozen(kw_only=True)
class SimulatedGroup:
    id: str
    name: str
    parent_id: str | None = None
    members: tuple[str, ...] = ()
    """Ids of users; of those who are gone nothing is shown."""


@attrs.frozen(kw_only=True)
class SimulatedClient:
    """Who may ask for tokens, and what its service account may see."""

    client_id: str = CLIENT_ID
    secret: str = CLIENT_SECRET
    user_id: str = "c11e47ac-0000-4000-8000-000000000001"
    """Of its service account."""
    roles: frozenset[str] = frozenset({"view-users"})
    """Of the client `realm-management`, without those that they contain."""
    is_enabled: bool = True
    has_service_account: bool = True
    has_full_scope: bool = True
    """False: a role that is held is not in the token, and does not count."""
    is_lightweight: bool = False
    """Its tokens do not say its roles."""
    has_sub: bool = True
    """
    Keycloak 26.7.3 says it in every token of a service account, even in a lightweight one and
    without the scope `basic`.
    """
    is_permitted: bool = False
    """May view everybody by fine-grained permissions, whatever its roles."""

    @property
    def user(self) -> SimulatedUser:
        username = f"service-account-{self.client_id}"
        return SimulatedUser(id=self.user_id, username=username, is_service_account=True)

    @property
    def effective_roles(self) -> frozenset[str]:
        """Those that it holds and those that these contain, as far as they are in its scope."""
        if not self.has_full_scope:
            return frozenset()
        return self.roles.union(*(_COMPOSITES.get(each, set()) for each in self.roles))


@attrs.frozen
class Rights:
    """What a service account may do at the moment."""

    roles: frozenset[str]
    is_permitted: bool = False

    @property
    def administers(self) -> bool:
        """True if it may do anything at all in the realm's administration."""
        return bool(self.roles) or self.is_permitted

    @property
    def manages(self) -> bool:
        return "manage-users" in self.roles

    @property
    def views_realm(self) -> bool:
        return not self.roles.isdisjoint({"view-realm", "manage-realm"})

    @property
    def views_by_role(self) -> bool:
        """What fine-grained permissions do not narrow."""
        return self.manages or "view-users" in self.roles

    @property
    def views(self) -> bool:
        return self.views_by_role or self.is_permitted

    @property
    def queries(self) -> bool:
        """True if it may ask about users, although it may see none."""
        return self.views or "query-users" in self.roles


def brief_user(user: SimulatedUser) -> dict[str, object]:
    """As in the members of a group; a service account has neither name nor address."""
    personal: dict[str, object] = {}
    if not user.is_service_account:
        email = f"{user.id}@people.example.org"
        personal = {"firstName": "Some", "lastName": "Body", "email": email}
    return {
        "id": user.id,
        "username": user.username,
        **personal,
        "emailVerified": not user.is_service_account,
        "enabled": user.is_enabled,
        "createdTimestamp": 1795733040455,
    }


def listed_user(user: SimulatedUser, rights: Rights) -> dict[str, object]:
    """As in a brief list of users."""
    return brief_user(user) | {"access": {"manage": rights.manages}}


def full_user(user: SimulatedUser, rights: Rights) -> dict[str, object]:
    """As in a list of users that is not brief."""
    details = {"totp": False, "disableableCredentialTypes": [], "requiredActions": []}
    return listed_user(user, rights) | details | {"notBefore": 0}


def single_user(user: SimulatedUser, rights: Rights) -> dict[str, object]:
    """As asked for by id."""
    access = dict.fromkeys(
        ("manageGroupMembership", "resetPassword", "mapRoles", "manage"), rights.manages
    )
    access |= {"view": True, "impersonate": "impersonation" in rights.roles}
    return full_user(user, rights) | {"federatedIdentities": [], "access": access}


def group_access(rights: Rights) -> dict[str, bool]:
    managing = dict.fromkeys(("manageMembers", "manage", "manageMembership"), rights.manages)
    return {"view": True, "viewMembers": True, **managing}
