"""A whole world in one TOML file: what the in-memory systems are filled from."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import attrs

from glaab.adapters.toml_file import Content, load_toml, read_text, tables
from glaab.domain.accounts import Account, AccountId, AccountState, Identity, Username
from glaab.domain.evidence import GerritAccount, Person, PhabricatorAccount
from glaab.domain.names import Cn, Dn, Phid, Uid
from glaab.domain.ports import ApprovalRecord, RunId


@attrs.frozen
class _Identity:
    provider: str
    extern_uid: str


@attrs.frozen
class _Note:
    at: datetime
    run: str
    because: tuple[str, ...]


@attrs.frozen
class _Account:
    id: int
    username: str
    created_at: datetime
    state: AccountState = AccountState.PENDING
    identities: tuple[_Identity, ...] = ()
    veto: str | None = None
    note: _Note | None = None


@attrs.frozen
class _Person:
    uid: str
    cn: str
    more_cn: tuple[str, ...] = ()
    locked: bool = False
    lock_hidden: bool = False


@attrs.frozen
class _DirectoryGroup:
    name: str
    members: tuple[str, ...]


@attrs.frozen
class _PhabricatorAccount:
    username: str
    linked_to: str
    activated: bool = True
    disabled: bool = False
    bot: bool = False


@attrs.frozen
class _Project:
    slug: str
    members: tuple[str, ...]


@attrs.frozen
class _GerritAccount:
    username: str
    active: bool = True


@attrs.frozen
class _GerritGroup:
    name: str
    members: tuple[str, ...]


@attrs.frozen
class _File:
    base_dn: str
    account: tuple[_Account, ...] = ()
    person: tuple[_Person, ...] = ()
    directory_group: tuple[_DirectoryGroup, ...] = ()
    phabricator_account: tuple[_PhabricatorAccount, ...] = ()
    phabricator_project: tuple[_Project, ...] = ()
    gerrit_account: tuple[_GerritAccount, ...] = ()
    gerrit_group: tuple[_GerritGroup, ...] = ()

    def dn(self, uid: str) -> Dn:
        escaped = "".join(
            f"\\{character}" if character in ',+"\\<>;=' else character for character in uid
        )
        return Dn(f"uid={escaped},ou=people,{self.base_dn}")


@attrs.frozen(kw_only=True)
class World:
    """What every system holds."""

    accounts: tuple[Account, ...]
    notes: Mapping[AccountId, ApprovalRecord]
    people: tuple[Person, ...]
    directory_groups: Mapping[str, frozenset[Dn]]
    locked: frozenset[Dn]
    lock_hidden: frozenset[Dn]
    linked: Mapping[Cn, tuple[PhabricatorAccount, ...]]
    projects: Mapping[str, frozenset[Phid]]
    gerrit_accounts: tuple[GerritAccount, ...]
    gerrit_groups: Mapping[str, frozenset[Uid]]


def read_world(path: Path) -> World:
    """
    The world in the file at *path*.

    Raises:
        SettingsInvalid: it cannot be read, or is no world; every problem has its path.
    """
    source = f"world {path}"
    file = load_toml(read_text(path, source), source, _File, _validate)
    return World(
        accounts=tuple(_account(each) for each in file.account),
        notes={AccountId(each.id): _note(each, each.note) for each in file.account if each.note},
        people=tuple(_person(file, each) for each in file.person),
        directory_groups={
            each.name: frozenset(map(file.dn, each.members)) for each in file.directory_group
        },
        locked=frozenset(file.dn(each.uid) for each in file.person if each.locked),
        lock_hidden=frozenset(file.dn(each.uid) for each in file.person if each.lock_hidden),
        linked=_linked(file.phabricator_account),
        projects={
            each.slug: frozenset(map(_phid, each.members)) for each in file.phabricator_project
        },
        gerrit_accounts=tuple(
            GerritAccount(username=each.username, is_active=each.active)
            for each in file.gerrit_account
        ),
        gerrit_groups={each.name: frozenset(map(Uid, each.members)) for each in file.gerrit_group},
    )


def _validate(content: Content) -> list[str]:
    """What cannot be meant, whether or not the rest has the right shape."""
    said = [
        wrong
        for kind, key in (
            ("account", "id"),
            ("account", "username"),
            ("person", "uid"),
            ("directory_group", "name"),
            ("phabricator_account", "username"),
            ("phabricator_project", "slug"),
            ("gerrit_account", "username"),
            ("gerrit_group", "name"),
        )
        for wrong in _repeated(
            kind, key, [each[key] for each in tables(content, kind) if key in each]
        )
    ]
    known = [each.get("username") for each in tables(content, "phabricator_account")]
    for project in tables(content, "phabricator_project"):
        members = project.get("members")
        said += [
            f'phabricator_project {project.get("slug")}: no phabricator_account is called "{each}"'
            for each in (members if isinstance(members, list) else ())
            if each not in known
        ]
    return said


def _repeated(kind: str, key: str, values: list[object]) -> list[str]:
    return [
        f'{kind}: {count} of them have the {key} "{value}"'
        for value, count in Counter(map(str, values)).items()
        if count > 1
    ]


def _account(each: _Account) -> Account:
    return Account(
        id=AccountId(each.id),
        username=Username(each.username),
        state=each.state,
        created_at=each.created_at,
        identities=tuple(Identity(one.provider, one.extern_uid) for one in each.identities),
        mark=each.veto,
    )


def _note(each: _Account, note: _Note) -> ApprovalRecord:
    return ApprovalRecord(
        at=note.at,
        account_id=AccountId(each.id),
        username=Username(each.username),
        created_at=each.created_at,
        because=note.because,
        proof=None,
        evidence=(),
        run=RunId(note.run),
        policy="",
        version="",
    )


def _person(file: _File, each: _Person) -> Person:
    return Person(
        dn=file.dn(each.uid), cns=tuple(map(Cn, (each.cn, *each.more_cn))), uids=(Uid(each.uid),)
    )


def _phid(username: str) -> Phid:
    return Phid(f"PHID-USER-{username}")


def _linked(
    accounts: Iterable[_PhabricatorAccount],
) -> dict[Cn, tuple[PhabricatorAccount, ...]]:
    linked: dict[Cn, tuple[PhabricatorAccount, ...]] = {}
    for each in accounts:
        account = PhabricatorAccount(
            phid=_phid(each.username),
            username=each.username,
            is_person=not each.bot,
            is_activated=each.activated and not each.disabled,
            is_disabled=each.disabled,
        )
        cn = Cn(each.linked_to)
        linked[cn] = (*linked.get(cn, ()), account)
    return linked
