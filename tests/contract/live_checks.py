"""
What must hold of installations whose contents a test does not choose.

Only what the environment names is asked: addresses and credentials by glaab's own settings,
people and groups that are known there by variables named `LIVE_…`. What is not named is
skipped, and the reason says which variables name it.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import attrs
import pytest

from glaab.adapters.mediawiki.audit_log import WikiAuditLog
from glaab.adapters.mediawiki.log_page import add_entries
from glaab.adapters.policy_file import built_in_policy_text
from glaab.domain.accounts import Account, AccountId, AccountState, Username
from glaab.domain.evidence import No, Unknown, Yes
from glaab.domain.names import CN, DN, UID, Cn, Dn, Uid, fold, same_name
from glaab.domain.ports import (
    AccountWithNote,
    ApprovalAnswer,
    ApprovalRecord,
    GitLab,
    NoteStatus,
    RunId,
)
from glaab.domain.sources.directory import DIRECTORY, Directory, Person
from glaab.domain.sources.gerrit import GERRIT, Gerrit
from glaab.domain.sources.keycloak import (
    KEYCLOAK,
    KEYCLOAK_ID,
    KEYCLOAK_USERNAME,
    Keycloak,
    KeycloakUser,
)
from glaab.domain.sources.phabricator import PHABRICATOR, Phabricator
from glaab.entrypoints.runtime.clock import now
from glaab.entrypoints.runtime.container import Container
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.settings.core import OAUTH
from tests.builders import a_record
from tests.contract.ldap.contract import members
from tests.log_lines import usernames_on
from tests.policies import parse_policy
from tests.variables import EVERY_SOURCE, missing_settings, read_settings

NOBODY = "glaab nobody 0b1d2f"
NOBODYS_UUID = "0b1d2f00-0000-4000-8000-00000b1d2f00"
METACHARACTERS = (
    "*",
    "(uid=*)",
    "admin)(|(uid=*",
    "back\\slash*",
    'quo"te',
    "nul\0",
    "' OR 1=1 --",
)
NO_ENV_FILE = Path(os.devnull)
BUILT_IN_POLICY = built_in_policy_text()
POLICY_OF_KEYCLOAK = """
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "keycloak_id"
[[trust]]
name = "Not asked here"
keycloak_group = "/any"
"""
"""A run that asks Keycloak; the checks name the group themselves."""

Known = Callable[[str], str]
"""What a variable names; skips the test if it names nothing."""


@attrs.frozen
class Environment:
    """Installations, as environment variables name them."""

    variables: Mapping[str, str] = attrs.field(repr=False)

    def known(self, name: str) -> str:
        """The value of a variable without which the test makes no sense."""
        self.require(name)
        return self.variables[name]

    def require(self, *names: str) -> None:
        """Skip the test unless all of them are set, each secret perhaps by a file."""
        given = {name.removesuffix("_FILE") for name, value in self.variables.items() if value}
        if missing := [name for name in names if name not in given]:
            pytest.skip(f"needs `make live` with {', '.join(missing)}")

    def systems(
        self, *names: str, mode: str = "look", policy: str = BUILT_IN_POLICY, **changes: object
    ) -> Container:
        """The systems as a run of glaab has them; the first name tells whose settings count."""
        self.require(*names)
        settings, problems = read_settings(self.variables, NO_ENV_FILE)
        problems += missing_settings(settings, EVERY_SOURCE, acting=True)
        concerned = (f"{names[0].partition('_')[0]}_", "GLAAB_")
        assert [] == [problem for problem in problems if problem.startswith(concerned)]
        return Container(
            integrations=INTEGRATIONS,
            settings=attrs.evolve(settings, **changes),
            policy=parse_policy(policy, "the policy of a check"),
            mode=mode,
            systems="live",
        )

    def wiki_log(self, variable: str) -> WikiAuditLog:
        """The audit log on the page that the variable names."""
        by_password = bool(self.variables.get("MEDIAWIKI_USER"))
        credentials = ("MEDIAWIKI_USER", "MEDIAWIKI_PASSWORD") if by_password else OAUTH
        names = ("MEDIAWIKI_URL", *credentials, variable)
        changes = {"mediawiki_log_page": self.variables.get(variable), "glaab_audit_file": None}
        (log,) = self.systems(*names, **changes).audit_logs()
        return log


class LiveChecks:
    """Subclass, provide `environment` and `rung`, name it Test…."""

    @pytest.fixture
    def environment(self) -> Environment:
        """What the installations are, and who is known there."""
        raise NotImplementedError

    @pytest.fixture
    def known(self, environment: Environment) -> Known:
        return environment.known


class GitLabChecks(LiveChecks):
    """That the queue, the notes and single accounts can be read."""

    suite = "GitLab"

    @pytest.fixture
    def gitlab(self, environment: Environment) -> GitLab:
        return environment.systems("GITLAB_URL", "GITLAB_ACCESS_TOKEN").gitlab()

    def test_the_queue_is_listed_by_id(self, gitlab):
        """That it is listed at all means that identities and notes are shown."""
        queue = gitlab.pending()

        numbers = [account.id for account in queue]
        assert sorted(set(numbers)) == numbers
        assert {account.state for account in queue} <= {AccountState.PENDING}
        assert all(each.provider for account in queue for each in account.identities)

    def test_whoever_waits_is_found_alone_as_in_the_queue(self, gitlab):
        for account in gitlab.pending()[:3]:
            assert account == gitlab.find(account.id).account
            assert account == gitlab.find(account.username).account

    def test_open_notes_are_listed_by_id(self, gitlab):
        open_notes = gitlab.open_notes()

        numbers = [noted.account.id for noted in open_notes]
        assert sorted(set(numbers)) == numbers
        assert all(noted.note for noted in open_notes)

    def test_an_account_is_found_by_name_in_any_case_and_by_id(self, gitlab, known):
        name = known("LIVE_GITLAB_USERNAME")

        found = gitlab.find(Username(name))

        assert same_name(name, found.account.username)
        assert found == gitlab.find(Username(name.upper())) == gitlab.find(found.account.id)

    @pytest.mark.parametrize("who", [NOBODY.replace(" ", "-"), "*", "", 2**31 - 1])
    def test_whoever_does_not_exist_is_not_found(self, gitlab, who):
        assert gitlab.find(who) is None


class DirectoryChecks(LiveChecks):
    """That names, members and locks are told as they are known to be."""

    suite = "Directory"

    @pytest.fixture
    def directory(self, environment: Environment) -> Directory:
        return environment.systems("LDAP_SERVERS", "LDAP_BASE_DN").sources()[DIRECTORY].directory

    @pytest.fixture
    def person(self, directory: Directory, known: Known) -> Callable[[str], Person]:
        """A function: a variable that holds a cn -> the one person of that name."""

        def person(variable: str) -> Person:
            name = known(variable)
            ((found,),) = directory.people([name], CN).values()
            return found

        return person

    @pytest.fixture
    def member(self, person: Callable[[str], Person]) -> Person:
        return person("LIVE_MEMBER_CN")

    def test_a_known_name_finds_its_bearer(self, member, known):
        assert [known("LIVE_MEMBER_CN")] == [*member.cns]
        assert 1 == len(member.uids)

    def test_a_person_is_found_by_any_attribute_and_in_capitals(self, directory, member):
        (cn,), (uid,) = member.cns, member.uids

        assert {cn.upper(): (member,)} == directory.people([cn.upper()], CN)
        assert {uid: (member,)} == directory.people([uid], UID)
        assert {member.dn.text: (member,)} == directory.people([member.dn.text], DN)

    def test_a_name_that_is_nobodys_has_no_key(self, directory):
        assert {} == directory.people([NOBODY], CN)

    @pytest.mark.parametrize("name", METACHARACTERS)
    def test_a_name_is_never_taken_for_syntax(self, directory, member, name):
        found = directory.people([name, *member.cns], CN)

        assert (member,) == found[member.cns[0]]
        assert all(name in person.cns for person in found.get(name, ()))

    def test_the_group_has_the_member_and_not_the_other(self, directory, person, known):
        group = known("LIVE_DIRECTORY_GROUP")
        member, other = person("LIVE_MEMBER_CN"), person("LIVE_NON_MEMBER_CN")

        found = members(directory, [group], [member.dn, other.dn])

        assert {group: {member.dn}} == found

    def test_a_group_that_is_nowhere_is_unknown_alone(self, directory, member, known):
        group = known("LIVE_DIRECTORY_GROUP")

        found = members(directory, [NOBODY, group], [member.dn])

        assert isinstance(found[NOBODY], Unknown)
        assert {member.dn} == found[group]

    def test_the_lock_is_seen_and_its_absence_is_proven(self, directory, person):
        locked, member = person("LIVE_LOCKED_CN"), person("LIVE_MEMBER_CN")
        missing = Dn(member.dn.text.replace("=", "=no-", 1))

        answers = directory.locked([locked.dn, member.dn, missing])

        assert [Yes, No, Unknown] == [type(answers[dn]) for dn in (locked.dn, member.dn, missing)]


class PhabricatorChecks(LiveChecks):
    """That linked accounts and members are told as they are known to be."""

    suite = "Phabricator"

    @pytest.fixture
    def phabricator(self, environment: Environment) -> Phabricator:
        return (
            environment.systems("PHABRICATOR_URL", "PHABRICATOR_TOKEN")
            .sources()[PHABRICATOR]
            .phabricator
        )

    def test_the_member_is_linked_usable_and_in_the_project(self, phabricator, known):
        name, project = Cn(known("LIVE_PHABRICATOR_MEMBER_CN")), known("LIVE_PHABRICATOR_PROJECT")

        ((account,),) = phabricator.accounts([name, Cn(NOBODY)]).values()

        assert (True, True, False) == (
            account.is_person,
            account.is_activated,
            account.is_disabled,
        )
        assert account.phid in phabricator.members(project)

    def test_whoever_is_linked_need_not_be_in_the_project(self, phabricator, known):
        name, project = (
            Cn(known("LIVE_PHABRICATOR_NON_MEMBER_CN")),
            known("LIVE_PHABRICATOR_PROJECT"),
        )

        (accounts,) = phabricator.accounts([name]).values()

        assert phabricator.members(project).isdisjoint(each.phid for each in accounts)

    def test_a_disabled_account_is_told(self, phabricator, known):
        name = Cn(known("LIVE_PHABRICATOR_DISABLED_CN"))

        (accounts,) = phabricator.accounts([name]).values()

        assert any(each.is_disabled and not each.is_activated for each in accounts)

    @pytest.mark.parametrize("name", [NOBODY, *METACHARACTERS])
    def test_a_name_that_is_nobodys_has_no_key(self, phabricator, name):
        assert {} == phabricator.accounts([Cn(name)])

    def test_another_spelling_is_another_name(self, phabricator, known):
        name = known("LIVE_PHABRICATOR_MEMBER_CN")

        found = phabricator.accounts([Cn(name), Cn(name.swapcase())])

        assert {name} == found.keys()

    def test_a_project_that_is_nowhere_is_unknown(self, phabricator):
        assert isinstance(phabricator.members(NOBODY.replace(" ", "_")), Unknown)


class GerritChecks(LiveChecks):
    """That members and accounts are told as they are known to be."""

    suite = "Gerrit"

    @pytest.fixture
    def gerrit(self, environment: Environment) -> Gerrit:
        return environment.systems("GERRIT_URL", "GERRIT_PASSWORD").sources()[GERRIT].gerrit

    def test_the_member_is_active_and_in_the_group(self, gerrit, known):
        uid, group = Uid(known("LIVE_GERRIT_MEMBER_UID")), known("LIVE_GERRIT_GROUP")

        found = gerrit.accounts([uid, Uid(uid.upper()), Uid("glaab-nobody")])

        assert {uid, uid.upper()} == found.keys()
        assert [True, True] == [account.is_active for account in found.values()]
        assert fold(uid) in gerrit.members(group)

    def test_the_other_is_not_in_the_group(self, gerrit, known):
        uid, group = known("LIVE_GERRIT_NON_MEMBER_UID"), known("LIVE_GERRIT_GROUP")

        assert fold(uid) not in gerrit.members(group)

    def test_an_inactive_account_is_told(self, gerrit, known):
        """Gerrit leaves them out of ordinary queries."""
        uid = Uid(known("LIVE_GERRIT_INACTIVE_UID"))

        (account,) = gerrit.accounts([uid]).values()

        assert not account.is_active

    @pytest.mark.parametrize("uid", [NOBODY, *METACHARACTERS])
    def test_what_is_no_username_has_no_key_and_harms_no_other(self, gerrit, known, uid):
        member = Uid(known("LIVE_GERRIT_MEMBER_UID"))

        assert {member} == gerrit.accounts([Uid(uid), member]).keys()

    def test_a_group_that_is_nowhere_is_unknown(self, gerrit):
        assert isinstance(gerrit.members(NOBODY), Unknown)


class KeycloakChecks(LiveChecks):
    """That users and members are told as they are known to be."""

    suite = "Keycloak"

    @pytest.fixture
    def keycloak(self, environment: Environment) -> Keycloak:
        login = ("KEYCLOAK_REALM", "KEYCLOAK_CLIENT_ID", "KEYCLOAK_CLIENT_SECRET")
        systems = environment.systems("KEYCLOAK_URL", *login, policy=POLICY_OF_KEYCLOAK)
        return systems.sources()[KEYCLOAK].keycloak

    @pytest.fixture
    def user(self, keycloak: Keycloak, known: Known) -> Callable[[str], KeycloakUser]:
        """A function: a variable that holds an id -> the user who has exactly that id."""

        def user(variable: str) -> KeycloakUser:
            name = known(variable)
            ((found,),) = keycloak.users([name, NOBODYS_UUID], KEYCLOAK_ID).values()
            assert name == found.id
            return found

        return user

    def test_the_member_is_enabled_and_found_by_username_in_any_case(self, keycloak, user, known):
        member, username = user("LIVE_KEYCLOAK_MEMBER_ID"), known("LIVE_KEYCLOAK_USERNAME")
        spellings = {username, username.upper(), username.lower()}

        assert member.is_enabled
        assert dict.fromkeys(spellings, (member,)) == keycloak.users(spellings, KEYCLOAK_USERNAME)

    def test_a_disabled_user_is_told(self, user):
        assert not user("LIVE_KEYCLOAK_DISABLED_ID").is_enabled

    def test_the_member_is_in_the_group_and_the_other_is_not(self, keycloak, user, known):
        member, other = user("LIVE_KEYCLOAK_MEMBER_ID"), user("LIVE_KEYCLOAK_NON_MEMBER_ID")

        members = keycloak.members(known("LIVE_KEYCLOAK_GROUP"))

        assert member == members[member.id]
        assert other.id not in members

    @pytest.mark.parametrize(
        ("name", "kind"), [(NOBODYS_UUID, KEYCLOAK_ID), (NOBODY, KEYCLOAK_USERNAME)]
    )
    def test_a_name_that_is_nobodys_has_no_key(self, keycloak, name, kind):
        assert {} == keycloak.users([name], kind)

    @pytest.mark.parametrize("kind", [KEYCLOAK_ID, KEYCLOAK_USERNAME])
    @pytest.mark.parametrize("name", METACHARACTERS)
    def test_a_name_is_never_taken_for_syntax(self, keycloak, user, name, kind):
        """What a web server or a database refuses is Unknown, and harms no other."""
        member = user("LIVE_KEYCLOAK_MEMBER_ID")

        found = {**keycloak.users([name, member.name(kind)], kind)}

        assert (member,) == found.pop(member.name(kind))
        assert all(isinstance(users, Unknown) for users in found.values())

    @pytest.mark.parametrize("group", [f"/{NOBODY}", NOBODYS_UUID])
    def test_a_group_that_is_nowhere_is_unknown(self, keycloak, group):
        assert isinstance(keycloak.members(group), Unknown)


class AuditLogChecks(LiveChecks):
    """That the log page can be read."""

    suite = "AuditLog"

    def test_the_log_page_can_be_read(self, environment):
        """With the bot's credentials, which are refused if they are wrong."""
        page = environment.wiki_log("MEDIAWIKI_LOG_PAGE")._page.read()

        assert page.revid is None or page.revid > 0


class GitLabSandboxChecks(LiveChecks):
    """What is written, on one account that is there for it and waits for approval."""

    suite = "GitLab"

    @pytest.fixture
    def gitlab(self, environment: Environment) -> GitLab:
        names = ("GITLAB_URL", "GITLAB_ACCESS_TOKEN", "LIVE_SANDBOX_GITLAB_ACCOUNT_ID")
        return environment.systems(*names, mode="act").gitlab()

    @pytest.fixture
    def waiting(self, gitlab: GitLab, known: Known) -> Iterator[Account]:
        """The sandbox; the note that a test leaves on it is withdrawn, any other is respected."""
        number = AccountId(int(known("LIVE_SANDBOX_GITLAB_ACCOUNT_ID")))
        found = gitlab.find(number)
        if found.account.state is not AccountState.PENDING:
            pytest.skip(f"account {number} is {found.account.state}: name one that waits")
        assert found.note is None, "glaab has business with this account: it is no sandbox"
        yield found.account
        if gitlab.find(number).note:
            gitlab.settle(number, NoteStatus.WITHDRAWN)

    def test_a_note_is_found_until_it_is_settled(self, gitlab, waiting):
        record = a_record_of(waiting)

        gitlab.note(record)
        noted = gitlab.find(waiting.id)
        open_notes = gitlab.open_notes()
        gitlab.settle(waiting.id, NoteStatus.WITHDRAWN)
        gitlab.settle(waiting.id, NoteStatus.WITHDRAWN)

        assert (waiting, record.run, record.at) == (noted.account, noted.note.run, noted.note.at)
        assert noted in open_notes
        assert AccountWithNote(waiting, None) == gitlab.find(waiting.id)

    def test_a_waiting_account_is_approved_once(self, gitlab, waiting, environment):
        """GitLab returns no account to pending, so this is done only with leave."""
        must_be_permitted(environment)

        answers = [gitlab.approve(waiting.id), gitlab.approve(waiting.id)]

        assert [ApprovalAnswer.APPROVED, ApprovalAnswer.ALREADY_ACTIVE] == answers
        assert attrs.evolve(waiting, state=AccountState.ACTIVE) == gitlab.find(waiting.id).account


def must_be_permitted(environment: Environment) -> None:
    """Skip the test unless approving the sandbox account is allowed in so many words."""
    if environment.variables.get("LIVE_SANDBOX_MAY_APPROVE") != "yes":
        pytest.skip("needs LIVE_SANDBOX_MAY_APPROVE=yes: what is approved stays approved")


def a_record_of(account: Account) -> ApprovalRecord:
    """A record that says whose it is."""
    return a_record(
        at=now(),
        account_id=account.id,
        username=account.username,
        created_at=account.created_at,
        run=RunId(f"live-{uuid4().hex[:7]}"),
    )


def must_be_another_page(environment: Environment) -> None:
    """Fail if the sandbox is the log itself, by whatever spelling."""
    names = ("LIVE_SANDBOX_WIKI_PAGE", "MEDIAWIKI_LOG_PAGE")
    sandbox, log = (
        fold(environment.variables.get(name, "").replace("_", " ")).strip() for name in names
    )
    assert sandbox != log, "LIVE_SANDBOX_WIKI_PAGE is the log itself"


class AuditLogSandboxChecks(LiveChecks):
    """What is written, on one page that is there for it."""

    suite = "AuditLog"

    @pytest.fixture
    def record(self) -> ApprovalRecord:
        """An approval that never was, of an account that nobody has."""
        name = Username(f"glaab-check-{uuid4().hex[:12]}")
        return a_record(username=name, at=now(), created_at=now())

    @pytest.fixture
    def log(self, environment: Environment, record) -> Iterator[WikiAuditLog]:
        """The sandbox; afterwards its text is what it was, unless others have edited it."""
        log = environment.wiki_log("LIVE_SANDBOX_WIKI_PAGE")
        must_be_another_page(environment)
        before = log._page.read()
        yield log
        after = log._page.read()
        if after.text == add_entries(before.text, [record], log._gitlab_url).rstrip():
            log._page.edit(after, before.text, "undo: a check of glaab's wiki log")

    def test_an_approval_appended_twice_is_logged_once(self, log, record):
        log.append([record])
        log.append([record])

        assert 1 == usernames_on(log._page.read().text).count(record.username)
