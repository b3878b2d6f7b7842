"""Systems that do something wrong, named after it; and some that remember what they were asked."""

from collections.abc import Callable
from functools import wraps

from glaab.adapters.memory import (
    InMemoryDirectory,
    InMemoryGerrit,
    InMemoryGitLab,
    InMemoryPhabricator,
)
from glaab.domain.accounts import AccountEvent, advance
from glaab.domain.errors import NotConfirmed, StartOver, System, SystemUnavailable
from glaab.domain.ports import AuditLog, Directory, Gerrit, GitLab, Phabricator

REFUSED = "connection refused"


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
    system = System.GITLAB
    pending = unfinished = find = note = settle = approve = _Unreachable._fail


class UnreachableDirectory(_Unreachable, Directory):
    system = System.DIRECTORY
    people = members = locked = _Unreachable._fail


class UnreachablePhabricator(_Unreachable, Phabricator):
    system = System.PHABRICATOR
    accounts = members = _Unreachable._fail


class UnreachableGerrit(_Unreachable, Gerrit):
    system = System.GERRIT
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
    members = _remembering(InMemoryDirectory.members)
    locked = _remembering(InMemoryDirectory.locked)


class AttentivePhabricator(_Remembering, InMemoryPhabricator):
    accounts = _remembering(InMemoryPhabricator.accounts)
    members = _remembering(InMemoryPhabricator.members)


class AttentiveGerrit(_Remembering, InMemoryGerrit):
    accounts = _remembering(InMemoryGerrit.accounts)
    members = _remembering(InMemoryGerrit.members)


class GitLabThatHidesTheQueue(InMemoryGitLab):
    """Unfinished business is shown, the queue is not."""

    def pending(self):
        raise SystemUnavailable(System.GITLAB, REFUSED)


class DirectoryThatHidesLocks(AttentiveDirectory):
    """Fails when it is asked for locks."""

    def locked(self, people):
        self.questions.append(("locked", frozenset(people)))
        raise SystemUnavailable(System.DIRECTORY, REFUSED)


class MuteDirectory(InMemoryDirectory):
    """Leaves out whatever it is asked for, as nothing well-behaved would."""

    def members(self, groups):
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
            raise StartOver("ldap-1 went away")
        return self._server

    def people(self, names, named_by):
        return self._turn().people(names, named_by)

    def members(self, groups):
        return self._turn().members(groups)

    def locked(self, people):
        return self._turn().locked(people)


class PhabricatorThatHidesAccounts(AttentivePhabricator):
    """Shows projects, but fails when it is asked for accounts."""

    def accounts(self, names):
        self.questions.append(("accounts", frozenset(names)))
        raise SystemUnavailable(System.PHABRICATOR, REFUSED)


class SilentGerrit(InMemoryGerrit):
    """Leaves out every account, as if the caller might not see them."""

    def accounts(self, uids):
        return {}


class GerritThatTires(AttentiveGerrit):
    """Tells of accounts once, and then fails."""

    def accounts(self, uids):
        if self.asked("accounts"):
            raise SystemUnavailable(System.GERRIT, REFUSED)
        return super().accounts(uids)


class GitLabThatRefusesApprovals(InMemoryGitLab):
    def approve(self, account):
        raise SystemUnavailable(System.GITLAB, "403 Forbidden")


class GitLabThatLosesAnswers(InMemoryGitLab):
    """Approves, loses the answer, and then did not show it when it was read again."""

    def approve(self, account):
        super().approve(account)
        raise NotConfirmed(System.GITLAB, "timed out")


class GitLabThatTakesNoNotes(InMemoryGitLab):
    def note(self, record):
        raise SystemUnavailable(System.GITLAB, "500 Internal Server Error")


class GitLabThatSettlesNothing(InMemoryGitLab):
    def settle(self, account, ending):
        raise SystemUnavailable(System.GITLAB, "500 Internal Server Error")


class GitLabWhereSomebodyIsQuicker(InMemoryGitLab):
    """Between the look and the approval, *event* happens to the account."""

    event = AccountEvent.ACTIVATE

    def approve(self, account):
        found = self._accounts[account]
        self._accounts[account] = type(found)(
            id=found.id,
            username=found.username,
            state=advance(found.state, self.event),
            created_at=found.created_at,
        )
        return super().approve(account)


class GitLabWhereSomebodyBlocks(GitLabWhereSomebodyIsQuicker):
    event = AccountEvent.BLOCK


class ListedAuditLog(AuditLog):
    """A list; an account is in it once."""

    def __init__(self) -> None:
        self.records = []

    def append(self, records):
        known = {record.account_id for record in self.records}
        self.records += [record for record in records if record.account_id not in known]


class UnreachableAuditLog(ListedAuditLog):
    """Writes nothing until it is `repaired`."""

    repaired = False

    def append(self, records):
        if not self.repaired:
            raise SystemUnavailable(System.AUDIT_LOG, REFUSED)
        super().append(records)


class AuditLogThatLosesAnswers(ListedAuditLog):
    """Writes, and cannot say so."""

    def append(self, records):
        super().append(records)
        raise NotConfirmed(System.AUDIT_LOG, "timed out")
