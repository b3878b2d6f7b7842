"""Systems that do something wrong, or remember what they were asked; and a terminal."""

from collections.abc import Callable
from functools import wraps
from io import StringIO

from glaab.adapters.gerrit.memory import InMemoryGerrit
from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.adapters.ldap.memory import InMemoryDirectory
from glaab.adapters.phabricator.memory import InMemoryPhabricator
from glaab.domain.accounts import Account, AccountId
from glaab.domain.errors import (
    AUDIT_LOG,
    GITLAB,
    FailoverRestart,
    NotConfirmed,
    PartlyLogged,
    System,
    SystemUnavailable,
)
from glaab.domain.ports import ApprovalRecord, AuditLog, GitLab, NoteStatus
from glaab.domain.sources.directory import DIRECTORY, Directory
from glaab.domain.sources.gerrit import GERRIT, Gerrit
from glaab.domain.sources.phabricator import PHABRICATOR, Phabricator

REFUSED = "connection refused"


class Terminal(StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


class _Unreachable:
    """Every question fails, and is counted."""

    system: System

    def __init__(self, reason: str = REFUSED) -> None:
        self.reason = reason
        self.attempts = 0

    def _fail(self, *question: object):
        self.attempts += 1
        raise SystemUnavailable(self.system, self.reason)


class UnreachableGitLab(_Unreachable, GitLab):
    system = GITLAB
    pending = open_notes = logged_notes = find = note = settle = approve = _Unreachable._fail


class UnreachableDirectory(_Unreachable, Directory):
    system = DIRECTORY
    people = memberships = size = locked = _Unreachable._fail


class UnreachablePhabricator(_Unreachable, Phabricator):
    system = PHABRICATOR
    accounts = members = _Unreachable._fail


class UnreachableGerrit(_Unreachable, Gerrit):
    system = GERRIT
    accounts = members = _Unreachable._fail


def _remembering(method: Callable) -> Callable:
    @wraps(method)
    def remember(self, about, *more):
        self.questions.append(
            (method.__name__, about if isinstance(about, str) else frozenset(about))
        )
        return method(self, about, *more)

    return remember


class _Remembering:
    """Knows what it was asked, question by question."""

    def __init__(self, *world: object, **more: object) -> None:
        super().__init__(*world, **more)
        self.questions: list[tuple[str, object]] = []

    def asked(self, what: str) -> list[object]:
        return [about for question, about in self.questions if question == what]


class AttentiveDirectory(_Remembering, InMemoryDirectory):
    people = _remembering(InMemoryDirectory.people)
    memberships = _remembering(InMemoryDirectory.memberships)
    locked = _remembering(InMemoryDirectory.locked)


class AttentivePhabricator(_Remembering, InMemoryPhabricator):
    accounts = _remembering(InMemoryPhabricator.accounts)
    members = _remembering(InMemoryPhabricator.members)


class AttentiveGerrit(_Remembering, InMemoryGerrit):
    accounts = _remembering(InMemoryGerrit.accounts)
    members = _remembering(InMemoryGerrit.members)


class GitLabThatHidesTheQueue(InMemoryGitLab):
    """Unfinished business is shown, the queue is not."""

    def pending(self, created_after=None):
        raise SystemUnavailable(GITLAB, REFUSED)


class DirectoryThatHidesLocks(AttentiveDirectory):
    """Fails when it is asked for locks."""

    def locked(self, people):
        self.questions.append(("locked", frozenset(people)))
        raise SystemUnavailable(DIRECTORY, REFUSED)


class DirectoryThatHidesGroups(AttentiveDirectory):
    """Fails when it is asked who is a member."""

    def memberships(self, pairs):
        raise SystemUnavailable(DIRECTORY, REFUSED)


class DirectoryThatTires(AttentiveDirectory):
    """Tells of people once, and then fails."""

    def people(self, names, kind):
        if self.asked("people"):
            raise SystemUnavailable(DIRECTORY, REFUSED)
        return super().people(names, kind)


class MuteDirectory(InMemoryDirectory):
    """Leaves out whatever it is asked for, as nothing well-behaved would."""

    def memberships(self, pairs):
        return {}

    def locked(self, people):
        return {}


class DirectoryThatChangesServers(Directory):
    """Two servers that know different things; the first fails at the question *fails_at*."""

    def __init__(self, first: Directory, second: Directory, fails_at: int) -> None:
        self._server, self._second = first, second
        self._left = fails_at

    def _turn(self) -> Directory:
        self._left -= 1
        if self._left == 0:
            self._server = self._second
            raise FailoverRestart("ldap-1 went away")
        return self._server

    def people(self, names, kind):
        return self._turn().people(names, kind)

    def memberships(self, pairs):
        return self._turn().memberships(pairs)

    def size(self, group):
        return self._turn().size(group)

    def locked(self, people):
        return self._turn().locked(people)


class PhabricatorThatHidesAccounts(AttentivePhabricator):
    """Shows projects, but fails when it is asked for accounts."""

    def accounts(self, names):
        self.questions.append(("accounts", frozenset(names)))
        raise SystemUnavailable(PHABRICATOR, REFUSED)


class PhabricatorThatTires(AttentivePhabricator):
    """Tells of accounts *tires_after* times, and then fails."""

    tires_after = 1

    def accounts(self, names):
        if len(self.asked("accounts")) >= self.tires_after:
            raise SystemUnavailable(PHABRICATOR, REFUSED)
        return super().accounts(names)


class SilentGerrit(InMemoryGerrit):
    """Leaves out every account, as if the caller might not see them."""

    def accounts(self, uids):
        return {}


class GerritThatHidesAccounts(InMemoryGerrit):
    """Shows groups, but fails when it is asked for accounts."""

    def accounts(self, uids):
        raise SystemUnavailable(GERRIT, REFUSED)


class GerritThatTires(AttentiveGerrit):
    """Tells of accounts once, and then fails."""

    def accounts(self, uids):
        if self.asked("accounts"):
            raise SystemUnavailable(GERRIT, REFUSED)
        return super().accounts(uids)


class AttentiveGitLab(InMemoryGitLab):
    """Knows how each note ended, and does what `meanwhile` says before a write."""

    def __init__(self, accounts, notes=None, meanwhile=None) -> None:
        super().__init__(accounts, notes)
        self.endings: dict[AccountId, NoteStatus] = {}
        self._meanwhile = meanwhile or {}

    def note(self, record):
        self._meanwhile.pop("note", _nothing)(self)
        super().note(record)

    def approve(self, account):
        self._meanwhile.pop("approve", _nothing)(self)
        return super().approve(account)

    def settle(self, account, ending):
        self._meanwhile.pop("settle", _nothing)(self)
        super().settle(account, ending)
        self.endings[account] = ending

    def put(self, account: Account) -> None:
        """Make it another account."""
        self._accounts[account.id] = account

    def remove(self, account: AccountId) -> None:
        """Delete the account, and with it the note."""
        del self._accounts[account]
        self._notes.pop(account, None)


def _nothing(gitlab: GitLab) -> None:
    """What happens mostly."""


class GitLabThatRefusesApprovals(AttentiveGitLab):
    def approve(self, account):
        self._meanwhile.pop("approve", _nothing)(self)
        raise SystemUnavailable(GITLAB, "403 Forbidden")


class GitLabThatLosesAnswers(AttentiveGitLab):
    """Loses the answer to an approval, which it carries out only after it was read again."""

    def approve(self, account):
        super().approve(account)
        raise NotConfirmed(GITLAB, "timed out")


class GitLabThatTakesNoNotes(AttentiveGitLab):
    def note(self, record):
        raise SystemUnavailable(GITLAB, "500 Internal Server Error")


class GitLabThatSettlesNothing(AttentiveGitLab):
    def settle(self, account, ending):
        raise SystemUnavailable(GITLAB, "500 Internal Server Error")


class ListedAuditLog(AuditLog):
    """A list; an account is in it once."""

    def __init__(self) -> None:
        self.records: list[ApprovalRecord] = []

    def append(self, records):
        known = {record.account_id for record in self.records}
        self.records += [record for record in records if record.account_id not in known]

    @property
    def usernames(self) -> list[str]:
        return [record.username for record in self.records]


class UnreachableAuditLog(ListedAuditLog):
    """Writes nothing until it is `repaired`."""

    repaired = False

    def append(self, records):
        if not self.repaired:
            raise SystemUnavailable(AUDIT_LOG, REFUSED)
        super().append(records)


class AuditLogThatObjects(ListedAuditLog):
    """Refuses the entries of some."""

    def __init__(self, *refused: AccountId) -> None:
        super().__init__()
        self._refused = frozenset(refused)

    def append(self, records):
        super().append([each for each in records if each.account_id not in self._refused])
        if refused := self._refused & {each.account_id for each in records}:
            raise PartlyLogged(AUDIT_LOG, "it objects", refused)


class AuditLogThatLosesAnswers(ListedAuditLog):
    """Writes, and cannot say so."""

    def append(self, records):
        super().append(records)
        raise NotConfirmed(AUDIT_LOG, "timed out")


class Blackout(BaseException):
    """The process is gone: nothing catches it."""


class Fuse:
    """Blows the *blows_at*-th time that it is used; 0 is never."""

    def __init__(self, blows_at: int = 0) -> None:
        self.uses = 0
        self._blows_at = blows_at

    def __call__(self) -> None:
        self.uses += 1
        if self.uses == self._blows_at:
            raise Blackout


def _fused(method: Callable) -> Callable:
    """Before the method, and after it, the process may be gone."""

    @wraps(method)
    def fused(self, *arguments):
        self.fuse()
        answer = method(self, *arguments)
        self.fuse()
        return answer

    return fused


class MortalGitLab(AttentiveGitLab):
    fuse = Fuse()
    note = _fused(AttentiveGitLab.note)
    approve = _fused(AttentiveGitLab.approve)
    settle = _fused(AttentiveGitLab.settle)


class MortalAuditLog(ListedAuditLog):
    fuse = Fuse()
    append = _fused(ListedAuditLog.append)
