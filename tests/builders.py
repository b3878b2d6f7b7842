"""Builders with defaults, so that a test names only what it is about."""

from datetime import UTC, datetime

from glaab.domain.accounts import (
    Account,
    AccountId,
    AccountState,
    Identity,
    UnreadableAccount,
    Username,
)
from glaab.domain.errors import System
from glaab.domain.evidence import Evidence, Kind, Yes
from glaab.domain.identity import Proven
from glaab.domain.names import CN, Cn, Dn, NameKind, Uid, name_key
from glaab.domain.policy import MARKED, Policy, Rule
from glaab.domain.ports import ApprovalRecord, RunId
from glaab.domain.source import Source
from glaab.domain.sources.directory import (
    DIRECTORY,
    LOCKED,
    Directory,
    DirectorySource,
    InDirectoryGroup,
    Person,
)
from glaab.domain.sources.gerrit import INACTIVE, Gerrit, GerritAccount, GerritSource
from glaab.domain.sources.phabricator import (
    DISABLED,
    Phabricator,
    PhabricatorAccount,
    PhabricatorSource,
    Phid,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
GITLAB_URL = "https://gitlab.example.org"


def an_identity(extern_uid: str = "Ada Example", provider: str = "openid_connect") -> Identity:
    return Identity(provider, extern_uid)


def an_account(**changes: object) -> Account:
    values: dict[str, object] = {
        "id": AccountId(41),
        "username": Username("ada"),
        "state": AccountState.PENDING,
        "created_at": datetime(2026, 11, 20, 10, tzinfo=UTC),
        "identities": (an_identity(),),
    }
    return Account(**(values | changes))


def an_unreadable_account(**changes: object) -> UnreadableAccount:
    """One whose creation time alone cannot be read."""
    values: dict[str, object] = {
        "id": AccountId(41),
        "username": Username("ada"),
        "state": AccountState.PENDING,
        "identities": (an_identity(),),
        "reason": "created_at: expected a time, got NoneType",
    }
    return UnreadableAccount(**(values | changes))


def a_dn(uid: str = "ada") -> Dn:
    return Dn(f"uid={uid},ou=people,dc=wikimedia,dc=org")


def a_person(uid: str = "ada", cn: str = "Ada Example", **changes: object) -> Person:
    values: dict[str, object] = {"dn": a_dn(uid), "cns": (Cn(cn),), "uids": (Uid(uid),)}
    return Person(**(values | changes))


def a_proof(uid: str = "ada", cn: str = "Ada Example", **changes: object) -> Proven:
    """Changes of `dn`, `cn` and `uid` are of that name alone."""
    names = {"dn": a_dn(uid).text, "cn": cn, "uid": uid}
    names |= {kind: str(changes.pop(kind)) for kind in names if kind in changes}
    values: dict[str, object] = {
        "identity": an_identity(cn),
        "names": tuple((NameKind(kind), name) for kind, name in names.items()),
    }
    return Proven(**(values | changes))


def a_record(**changes: object) -> ApprovalRecord:
    values: dict[str, object] = {
        "at": NOON,
        "account_id": AccountId(41),
        "username": Username("ada"),
        "created_at": datetime(2026, 11, 20, 10, tzinfo=UTC),
        "because": ("Toolforge member",),
        "proof": a_proof(),
        "evidence": (Evidence("Toolforge member", Kind.TRUST, DIRECTORY, Yes("a member of it")),),
        "run": RunId("run-1"),
        "policy": "sha256:0123",
        "version": "1.0.0",
    }
    return ApprovalRecord(**(values | changes))


def a_policy(*rules: Rule, **changes: object) -> Policy:
    """Toolforge members are trusted, and every veto is in force."""
    values: dict[str, object] = {
        "providers": frozenset({"openid_connect"}),
        "extern_uid": CN,
        "proved_by": DIRECTORY,
        "name_key": name_key,
        "rules": rules or (Rule("Toolforge member", (InDirectoryGroup("project-tools"),)),),
        "vetoes": (MARKED, LOCKED, DISABLED, INACTIVE),
        "canaries": {},
        "digest": "sha256:0123",
    }
    return Policy(**(values | changes))


def a_phabricator_account(username: str = "ada", **changes: object) -> PhabricatorAccount:
    values: dict[str, object] = {
        "phid": Phid(f"PHID-USER-{username}"),
        "username": username,
        "is_person": True,
        "is_activated": not changes.get("is_disabled", False),
        "is_disabled": False,
    }
    return PhabricatorAccount(**(values | changes))


def a_gerrit_account(username: str = "ada", *, is_active: bool = True) -> GerritAccount:
    return GerritAccount(username=username, is_active=is_active)


def sources(directory: Directory, phabricator: Phabricator, gerrit: Gerrit) -> dict[System, Source]:
    """The three of Wikimedia's policy, by name."""
    made = (DirectorySource(directory), PhabricatorSource(phabricator), GerritSource(gerrit))
    return {source.name: source for source in made}
