"""A whole world in one TOML file: what the in-memory systems are filled from."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import attrs

from glaab.adapters.integration import Integrations
from glaab.adapters.toml_file import UNIQUE, Content, load_toml, repeated, tables
from glaab.domain.accounts import (
    Account,
    AccountId,
    AccountState,
    Identity,
    SelfDescription,
    Username,
)
from glaab.domain.errors import SettingsInvalid, System
from glaab.domain.policy import Verdict
from glaab.domain.ports import ApprovalRecord, RunId
from glaab.settings.text_file import read_text


@attrs.frozen
class _Note:
    at: datetime
    run: str
    because: tuple[str, ...]
    logged: bool = False
    """False: it is open, for the run that wrote it came no further."""


@attrs.frozen
class Expectation:
    """What somebody who wrote a world expects of a policy about one account."""

    verdict: Verdict
    because: frozenset[str] | None
    """The rules that are to be satisfied; None if that does not matter."""


@attrs.frozen(kw_only=True)
class _Account:
    id: int = attrs.field(metadata=UNIQUE)
    username: str = attrs.field(metadata=UNIQUE)
    created_at: datetime
    state: AccountState = AccountState.PENDING
    identities: tuple[Identity, ...] = ()
    name: str = ""
    email_domain: str = ""
    veto: str | None = None
    note: _Note | None = None
    expect: Verdict | None = None
    because: tuple[str, ...] | None = None

    def to_account(self) -> Account:
        return Account(
            id=AccountId(self.id),
            username=Username(self.username),
            state=self.state,
            created_at=self.created_at,
            identities=self.identities,
            mark=self.veto,
            self_description=SelfDescription(name=self.name, email_domain=self.email_domain),
        )

    def to_expectation(self, verdict: Verdict) -> Expectation:
        return Expectation(verdict, None if self.because is None else frozenset(self.because))

    def to_record(self, note: _Note) -> ApprovalRecord:
        return ApprovalRecord(
            at=note.at,
            account_id=AccountId(self.id),
            username=Username(self.username),
            created_at=self.created_at,
            because=note.because,
            proof=None,
            evidence=(),
            run=RunId(note.run),
            policy="unknown",
            version="unknown",
        )


@attrs.frozen(kw_only=True)
class World:
    """What every system holds."""

    accounts: tuple[Account, ...]
    notes: Mapping[AccountId, ApprovalRecord]
    """Those that are open."""
    logged: Mapping[AccountId, ApprovalRecord] = attrs.field(factory=dict)
    """Those that are closed as logged."""
    ports: Mapping[System, Any]
    """The port of each source that has one in memory."""
    expectations: Mapping[AccountId, Expectation] = attrs.field(factory=dict)
    """Of accounts about which something is expected; for `glaab policy test` alone."""


def read_world(path: Path, integrations: Integrations) -> World:
    """The world in the file at *path*; raises SettingsInvalid, where every problem has its path."""
    source = f"world {path}"
    shape = _shape(integrations)
    file: Any = load_toml(read_text(path, source), source, shape, partial(_problems, shape))
    return World(
        accounts=tuple(each.to_account() for each in file.account),
        notes=_records(file.account, logged=False),
        logged=_records(file.account, logged=True),
        ports=_ports(file, source, integrations),
        expectations={
            AccountId(each.id): each.to_expectation(each.expect)
            for each in file.account
            if each.expect
        },
    )


def _records(accounts: tuple[_Account, ...], *, logged: bool) -> dict[AccountId, ApprovalRecord]:
    """The records of the notes that are logged, or of those that are not."""
    return {
        AccountId(each.id): each.to_record(each.note)
        for each in accounts
        if each.note and each.note.logged is logged
    }


def _ports(file: object, source: str, integrations: Integrations) -> dict[System, Any]:
    ports: dict[System, Any] = {}
    problems: list[str] = []
    for each in integrations:
        if not (each.world and each.in_memory):
            continue
        keys = (field.name for field in attrs.fields(each.world))
        try:
            ports[each.name] = each.in_memory(each.world(*(getattr(file, key) for key in keys)))
        except SettingsInvalid as error:
            problems += error.problems
    if problems:
        raise SettingsInvalid(tuple(f"{source}: {problem}" for problem in problems))
    return ports


def _shape(integrations: Integrations) -> type[Any]:
    """All keys that a world file can have."""
    keys = {"account": attrs.field(type=tuple[_Account, ...], default=())} | {
        field.name: attrs.field(type=field.type, default=field.default)
        for each in integrations
        if each.world
        for field in attrs.fields(each.world)
    }
    return attrs.make_class("_File", keys, frozen=True, kw_only=True)


def _problems(shape: type[Any], content: Content) -> Iterator[str]:
    """What cannot be meant."""
    yield from _repeated(shape, content)
    for index, account in enumerate(tables(content, "account")):
        if "because" in account and "expect" not in account:
            yield f"account[{index}].because: it goes with a verdict; add expect, or leave it out"


def _repeated(shape: type[Any], content: Content) -> Iterator[str]:
    """A problem for each value of a UNIQUE field that several tables of a kind have."""
    unique = (
        (kind.name, field.name)
        for kind in attrs.fields(shape)
        for row in filter(attrs.has, get_args(kind.type))
        for field in attrs.fields(row)
        if "unique" in field.metadata
    )
    for kind, key in unique:
        for value, count in repeated(tables(content, kind), key):
            yield f'{kind}: {count} of them have the {key} "{value}"'
