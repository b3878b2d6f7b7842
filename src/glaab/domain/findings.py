"""What each thing that was found means: proofs of identity, and answers to rules and vetoes."""

from collections.abc import Collection

from glaab.domain.accounts import Account, Identity
from glaab.domain.evidence import (
    Answer,
    GerritAccount,
    No,
    Person,
    PhabricatorAccount,
    Proven,
    Unknown,
    Unproven,
    Yes,
)
from glaab.domain.names import Cn, Dn, NamedBy, Phid, Uid, first_difference, fold, same_name


def claim(account: Account, providers: Collection[str]) -> Identity | Unproven:
    """The one identity that a trusted provider vouched for; other providers count for nothing."""
    vouched = [identity for identity in account.identities if identity.provider in providers]
    by = " or ".join(sorted(providers))
    match vouched:
        case [identity] if identity.extern_uid:
            return identity
        case [_]:
            return Unproven(
                f"its {by} identity names nobody",
                f"ask an administrator to remove that identity, then sign in through {by} again",
            )
        case []:
            return Unproven(
                f"no sign-in through {by} proves who this is",
                f"sign in to GitLab once through {by}; a username or an e-mail proves nothing",
            )
        case _:
            return Unproven(
                f"it carries {len(vouched)} identities of {by}, so who this is cannot be told",
                "ask an administrator to remove the identity that is not yours",
            )


def prove(identity: Identity, named_by: NamedBy, found: Collection[Person]) -> Proven | Unproven:
    """Who the directory says bears the name that the provider vouched for."""
    asked = f'{named_by} "{identity.extern_uid}"'
    match tuple(found):
        case ():
            return Unproven(
                f"the directory has no entry with {asked}",
                "check that your developer account still exists under this name",
            )
        case (Person(dn=dn, cns=(cn,), uids=(uid,)),):
            proven = Proven(identity=identity, dn=dn, cn=cn, uid=uid)
            if _bears(proven, named_by):
                return proven
            unseen = _difference(proven, named_by)
            return Unproven(
                f"the directory's entry {dn} only looks like {asked}{unseen}",
                "ask an administrator to look at this account: two names look alike",
            )
        case (Person(dn=dn) as person,):
            return Unproven(
                f"the directory's entry {dn} bears {len(person.cns)} cn and"
                f" {len(person.uids)} uid where one of each is needed",
                "ask an administrator of the directory to leave one name",
            )
        case people:
            return Unproven(
                f"{len(people)} entries of the directory bear {asked}",
                "ask an administrator of the directory to make the name unique",
            )


def _bears(person: Proven, named_by: NamedBy) -> bool:
    asked = person.identity.extern_uid
    if named_by is NamedBy.DN:
        return Dn(asked) == person.dn
    return same_name(asked, person.cn if named_by is NamedBy.CN else person.uid)


def _difference(person: Proven, named_by: NamedBy) -> str:
    """What nobody could see otherwise; a DN has too many spellings to tell."""
    if named_by is NamedBy.DN:
        return ""
    name = person.cn if named_by is NamedBy.CN else person.uid
    match first_difference(person.identity.extern_uid, name):
        case (asked, found):
            return f", which has {asked} where the directory has {found}"
    return ""


def in_directory_group(person: Proven, group: str, members: frozenset[Dn] | Unknown) -> Answer:
    """Whether the person's entry is a member, compared as DNs."""
    if isinstance(members, Unknown):
        return members
    if person.dn in members:
        return Yes(f"{person.uid} is a member of {group}")
    return No(f"{person.uid} is not a member of {group}", f"become a member of LDAP group {group}")


def in_phabricator_project(
    person: Proven,
    project: str,
    accounts: Collection[PhabricatorAccount] | Unknown,
    members: frozenset[Phid] | Unknown,
) -> Answer:
    """Whether the one account that is linked to the person's cn is usable, and a member."""
    if isinstance(accounts, Unknown):
        return accounts
    match tuple(accounts):
        case ():
            return No(
                f'no Phabricator account is linked to "{person.cn}"',
                "link your Phabricator account to your developer account",
            )
        case (account,):
            return _of_phabricator_account(account, project, members)
        case several:
            return No(
                f'{len(several)} Phabricator accounts are linked to "{person.cn}"',
                "unlink all but one of your Phabricator accounts",
            )


def _of_phabricator_account(
    account: PhabricatorAccount, project: str, members: frozenset[Phid] | Unknown
) -> Answer:
    if not account.is_person:
        return No(f"Phabricator account {account.username} is not a person's")
    if account.is_disabled or not account.is_activated:
        return No(
            f"Phabricator account {account.username} is not activated",
            "have your Phabricator account activated",
        )
    if isinstance(members, Unknown):
        return members
    if account.phid in members:
        return Yes(f"Phabricator account {account.username} is a member of #{project}")
    return No(
        f"Phabricator account {account.username} is not a member of #{project}",
        f"ask a member of Phabricator project #{project} to add you",
    )


def in_gerrit_group(
    person: Proven,
    group: str,
    members: frozenset[Uid] | Unknown,
    account: GerritAccount | Unknown | None,
) -> Answer:
    """Whether the person's uid is a member whose account is active."""
    if isinstance(members, Unknown):
        return members
    if fold(person.uid) not in members:
        return No(
            f"{person.uid} is not a member of {group}",
            f"ask a member of Gerrit group {group} to add you",
        )
    match account:
        case Unknown():
            return account
        case None:
            return Unknown(f"Gerrit lists {person.uid} in {group} but does not show the account")
        case GerritAccount(is_active=False):
            return No(f"Gerrit account {account.username} is a member of {group} but inactive")
        case _:
            return Yes(f"Gerrit account {account.username} is a member of {group}")


def marked(account: Account) -> Answer:
    """Whether an administrator keeps the account waiting."""
    if account.mark is None:
        return No("no administrator marked the account")
    return Yes(f"an administrator marked the account: {account.mark or 'no reason given'}")


def phabricator_disabled(cn: Cn, accounts: Collection[PhabricatorAccount] | Unknown) -> Answer:
    """Whether any account that is linked to this name is disabled."""
    if isinstance(accounts, Unknown):
        return accounts
    for account in accounts:
        if account.is_disabled:
            return Yes(f"Phabricator account {account.username} is disabled")
    if accounts:
        names = ", ".join(account.username for account in accounts)
        is_plural = len(accounts) > 1
        are = f"accounts {names} are" if is_plural else f"account {names} is"
        return No(f"Phabricator {are} not disabled")
    return No(f'no Phabricator account is linked to "{cn}"')


def gerrit_inactive(uid: Uid, account: GerritAccount | Unknown | None) -> Answer:
    """Whether the Gerrit account with this uid is inactive."""
    match account:
        case Unknown():
            return account
        case None:
            return No(f"{uid} has no Gerrit account")
        case GerritAccount(is_active=False):
            return Yes(f"Gerrit account {account.username} is inactive")
        case _:
            return No(f"Gerrit account {account.username} is active")


def with_canary(answer: Answer, canary: str, seen: Answer) -> Answer:
    """*answer* to a veto, whose No counts only if the canary was *seen* to have a Yes."""
    if isinstance(answer, No) and not isinstance(seen, Yes):
        return Unknown(
            f'the policy\'s canary "{canary}" should have been seen as a Yes and was not'
            f" ({seen.detail}), so this No is not believed: {answer.detail}"
        )
    return answer
