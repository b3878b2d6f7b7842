"""The five systems in memory, as well-behaved as the real ones."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs

from glaab.adapters.ldap.filters import folded
from glaab.adapters.mediawiki.log_page import with_entries
from glaab.domain.accounts import (
    Account,
    AccountEvent,
    AccountId,
    AccountState,
    Username,
    advance,
)
from glaab.domain.errors import IllegalTransition, System, SystemUnavailable
from glaab.domain.evidence import (
    Answer,
    GerritAccount,
    No,
    Person,
    PhabricatorAccount,
    Unknown,
    Yes,
)
from glaab.domain.names import Cn, Dn, NamedBy, Phid, Uid, fold
from glaab.domain.ports import (
    AccountWithNote,
    ApprovalAnswer,
    ApprovalRecord,
    AuditLog,
    Directory,
    Gerrit,
    GitLab,
    NoteStatus,
    Phabricator,
    Unreadable,
)


class InMemoryGitLab(GitLab):
    """Accounts and notes that live as long as the process."""

    def __init__(
        self,
        accounts: Iterable[Account],
        notes: Mapping[AccountId, ApprovalRecord | Unreadable] | None = None,
    ) -> None:
        self._accounts = {account.id: account for account in accounts}
        self._notes = dict(notes or {})

    def pending(self) -> tuple[Account, ...]:
        """See `GitLab`."""
        return tuple(
            account
            for _, account in sorted(self._accounts.items())
            if account.state is AccountState.PENDING
        )

    def open_notes(self) -> tuple[AccountWithNote, ...]:
        """See `GitLab`."""
        return tuple(
            AccountWithNote(self._accounts[key], note) for key, note in sorted(self._notes.items())
        )

    def find(self, who: AccountId | Username) -> AccountWithNote | None:
        """See `GitLab`."""
        for account in self._accounts.values():
            if who == account.id or (
                isinstance(who, str) and who.lower() == account.username.lower()
            ):
                return AccountWithNote(account, self._notes.get(account.id))
        return None

    def note(self, record: ApprovalRecord) -> None:
        """See `GitLab`."""
        self._account(record.account_id)
        self._notes[record.account_id] = record

    def settle(self, account: AccountId, ending: NoteStatus) -> None:  # noqa: ARG002  # all end alike
        """See `GitLab`."""
        self._account(account)
        self._notes.pop(account, None)

    def approve(self, account: AccountId) -> ApprovalAnswer:
        """See `GitLab`."""
        found = self._accounts.get(account)
        if found is None:
            return ApprovalAnswer.NOT_PENDING
        try:
            state = advance(found.state, AccountEvent.APPROVE)
        except IllegalTransition:
            if found.state is AccountState.ACTIVE:
                return ApprovalAnswer.ALREADY_ACTIVE
            return ApprovalAnswer.NOT_PENDING
        self._accounts[account] = attrs.evolve(found, state=state)
        return ApprovalAnswer.APPROVED

    def _account(self, key: AccountId) -> Account:
        try:
            return self._accounts[key]
        except KeyError:
            raise SystemUnavailable(System.GITLAB, f"it has no account {key}") from None


class InMemoryDirectory(Directory):
    """People and groups; look-alike letters are one to it, as to OpenLDAP."""

    def __init__(
        self,
        people: Iterable[Person],
        groups: Mapping[str, frozenset[Dn]],
        locked: frozenset[Dn] = frozenset(),
        hidden: frozenset[Dn] = frozenset(),
    ) -> None:
        self._people = sorted(people, key=lambda person: person.dn.text)
        self._groups = {_group_key(group): frozenset(groups[group]) for group in groups}
        self._locked = locked
        self._hidden = hidden

    def people(self, names: Collection[str], named_by: NamedBy) -> Mapping[str, tuple[Person, ...]]:
        """See `Directory`."""
        bearers: dict[Dn | str, list[Person]] = {}
        for person in self._people:
            for key in _keys(person, named_by):
                bearers.setdefault(key, []).append(person)
        keys = {name: Dn(name) if named_by is NamedBy.DN else folded(name) for name in names}
        return {name: tuple(bearers[key]) for name, key in keys.items() if key in bearers}

    def members(self, groups: Collection[str]) -> Mapping[str, frozenset[Dn] | Unknown]:
        """See `Directory`."""
        return {
            group: self._groups.get(_group_key(group))
            or Unknown(f"group {group} is missing, empty or unreadable")
            for group in groups
        }

    def locked(self, people: Collection[Dn]) -> Mapping[Dn, Answer]:
        """See `Directory`."""
        known = {person.dn for person in self._people}

        def answer(dn: Dn) -> Answer:
            if dn in self._hidden or dn not in known:
                return Unknown(f"the lock attributes of {dn} cannot be read")
            return Yes(f"{dn} is locked") if dn in self._locked else No(f"{dn} is not locked")

        return {dn: answer(dn) for dn in people}


def _group_key(group: str) -> Dn | str:
    """What is equal for two spellings of one group, by name or by full DN."""
    return Dn(group) if "=" in group else fold(group)


def _keys(person: Person, named_by: NamedBy) -> set[Dn] | set[str]:
    """What the person is found by."""
    if named_by is NamedBy.DN:
        return {person.dn}
    return set(map(folded, person.cns if named_by is NamedBy.CN else person.uids))


class InMemoryPhabricator(Phabricator):
    """Linked accounts and projects."""

    def __init__(
        self,
        linked: Mapping[Cn, tuple[PhabricatorAccount, ...]],
        projects: Mapping[str, frozenset[Phid]],
    ) -> None:
        self._linked = linked
        self._projects = projects

    def accounts(self, names: Collection[Cn]) -> Mapping[Cn, tuple[PhabricatorAccount, ...]]:
        """See `Phabricator`."""
        shown = {  # an account that several names are linked to shows under the last of them
            account.phid: (name, account)
            for name in sorted(names)
            for account in self._linked.get(name, ())
        }
        found: dict[Cn, tuple[PhabricatorAccount, ...]] = {}
        for name, account in sorted(shown.values(), key=lambda each: each[1].username):
            found[name] = (*found.get(name, ()), account)
        return found

    def members(self, project: str) -> frozenset[Phid] | Unknown:
        """See `Phabricator`."""
        silent = Unknown(f"project #{project} is missing, not visible or empty")
        return self._projects.get(project) or silent


class InMemoryGerrit(Gerrit):
    """Accounts and groups."""

    def __init__(
        self, accounts: Iterable[GerritAccount], groups: Mapping[str, frozenset[Uid]]
    ) -> None:
        inactive_last = sorted(accounts, key=lambda account: not account.is_active)
        self._accounts = {fold(account.username): account for account in inactive_last}
        self._groups = groups

    def members(self, group: str) -> frozenset[Uid] | Unknown:
        """See `Gerrit`."""
        members = frozenset(Uid(fold(uid)) for uid in self._groups.get(group, ()))
        return members or Unknown(f"group {group} is missing, not visible or empty")

    def accounts(self, uids: Collection[Uid]) -> Mapping[Uid, GerritAccount]:
        """See `Gerrit`."""
        return {uid: self._accounts[fold(uid)] for uid in uids if fold(uid) in self._accounts}


class InMemoryAuditLog(AuditLog):
    """A log page as the wiki would show it."""

    def __init__(self) -> None:
        self.page = ""

    def append(self, records: Sequence[ApprovalRecord]) -> None:
        """See `AuditLog`."""
        self.page = with_entries(self.page, records)
