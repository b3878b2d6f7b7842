"""Evidence about people: what is asked about whom, in sets."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import TypeVar

import attrs

from glaab.domain.accounts import Account
from glaab.domain.errors import System
from glaab.domain.evidence import (
    Answer,
    Elsewhere,
    Evidence,
    Kind,
    NotAsked,
    Person,
    Proven,
    Unknown,
)
from glaab.domain.findings import (
    gerrit_inactive,
    in_directory_group,
    in_gerrit_group,
    in_phabricator_project,
    marked,
    phabricator_disabled,
    with_canary,
)
from glaab.domain.lookups import GerritAccounts, LinkedAccounts
from glaab.domain.names import Cn, Dn, NamedBy, Phid, Uid, fold
from glaab.domain.policy import (
    Condition,
    InDirectoryGroup,
    InGerritGroup,
    InPhabricatorProject,
    Policy,
    Veto,
)
from glaab.domain.ports import Directory, Gerrit, Phabricator
from glaab.domain.questions import Questions, entry

T = TypeVar("T")


@attrs.frozen
class Sources:
    """The three systems that hold trust and vetoes."""

    directory: Directory
    phabricator: Phabricator
    gerrit: Gerrit


@attrs.frozen(kw_only=True)
class _Listed:
    """The members of each group and project, by its name in the policy."""

    in_directory: Mapping[str, frozenset[Dn] | Unknown] | Unknown
    in_phabricator: Mapping[str, frozenset[Phid] | Unknown]
    in_gerrit: Mapping[str, frozenset[Uid] | Unknown]


class Gathering:
    """The evidence of one run: trust first, then vetoes about those who need them."""

    def __init__(self, sources: Sources, policy: Policy, questions: Questions) -> None:
        self._sources = sources
        self._policy = policy
        self._ask = questions.ask
        self._linked = LinkedAccounts(sources.phabricator, questions)
        self._gerrit = GerritAccounts(sources.gerrit, questions)

    # -- trust

    def trust(self, people: Collection[Proven]) -> dict[Proven, tuple[Evidence, ...]]:
        """What every condition of every rule was told about each person."""
        if not people:
            return {}
        listed = self._listed()
        self._look_up_accounts(people, listed)
        return {
            person: tuple(
                Evidence(
                    rule.name, Kind.TRUST, condition.system, self._trust(person, condition, listed)
                )
                for rule in self._policy.rules
                for condition in rule.conditions
            )
            for person in people
        }

    def _listed(self) -> _Listed:
        """Ask for the members of all groups and projects of the policy."""
        conditions = self._policy.conditions
        return _Listed(
            in_directory=self._directory_groups(conditions),
            in_phabricator=self._projects(conditions),
            in_gerrit=self._gerrit_groups(conditions),
        )

    def _look_up_accounts(self, people: Collection[Proven], listed: _Listed) -> None:
        """Ask Phabricator about everybody, and Gerrit about those whom it lists as members."""
        in_gerrit = {
            person.uid for person in people if _in_any(fold(person.uid), listed.in_gerrit.values())
        }
        if listed.in_phabricator:
            groups = listed.in_directory
            known = () if isinstance(groups, Unknown) else groups.values()
            spoken_for = {
                person.cn
                for person in people
                if person.uid in in_gerrit or _in_any(person.dn, known)
            }
            self._linked.look_up({person.cn for person in people})
            members = self._members(listed.in_phabricator.values())
            self._linked.look_again(spoken_for, members)
        self._gerrit.look_up_members(in_gerrit)

    def _trust(self, person: Proven, condition: Condition, listed: _Listed) -> Answer:
        if isinstance(condition, InDirectoryGroup):
            group = condition.group
            silent = Unknown(f"nobody answered about {group}")
            return in_directory_group(person, group, entry(listed.in_directory, group, silent))
        if isinstance(condition, InPhabricatorProject):
            project = condition.project
            linked = entry(self._linked.found, person.cn, ())
            return in_phabricator_project(person, project, linked, listed.in_phabricator[project])
        account = entry(self._gerrit.found, person.uid, None)
        members = listed.in_gerrit[condition.group]
        return in_gerrit_group(person, condition.group, members, account)

    def _members(self, projects: Collection[frozenset[Phid] | Unknown]) -> set[Cn]:
        """Who has a linked account that is a member of one of *projects*."""
        linked = self._linked.found
        if isinstance(linked, Unknown):
            return set()
        return {
            cn
            for cn, accounts in linked.items()
            if any(_in_any(account.phid, projects) for account in accounts)
        }

    def _directory_groups(
        self, conditions: Iterable[Condition]
    ) -> Mapping[str, frozenset[Dn] | Unknown] | Unknown:
        groups = {each.group for each in conditions if isinstance(each, InDirectoryGroup)}
        if not groups:
            return {}
        return self._ask(System.DIRECTORY, lambda: self._sources.directory.members(groups))

    def _projects(self, conditions: Iterable[Condition]) -> Mapping[str, frozenset[Phid] | Unknown]:
        slugs = {each.project for each in conditions if isinstance(each, InPhabricatorProject)}
        members = self._sources.phabricator.members
        return {slug: self._ask(System.PHABRICATOR, partial(members, slug)) for slug in slugs}

    def _gerrit_groups(
        self, conditions: Iterable[Condition]
    ) -> Mapping[str, frozenset[Uid] | Unknown]:
        groups = {each.group for each in conditions if isinstance(each, InGerritGroup)}
        members = self._sources.gerrit.members
        return {group: self._ask(System.GERRIT, partial(members, group)) for group in groups}

    # -- vetoes

    def no_vetoes(self) -> tuple[Evidence, ...]:
        """What stands in place of vetoes that cannot change a verdict."""
        return tuple(
            Evidence(veto.title, Kind.VETO, veto.system, NotAsked()) for veto in self._policy.vetoes
        )

    def vetoes(self, subjects: Mapping[Account, Proven]) -> dict[Account, tuple[Evidence, ...]]:
        """What speaks against each account, every veto of the policy looked up."""
        if not subjects:
            return {}
        people = set(subjects.values())
        look_ups = {
            Veto.DIRECTORY_LOCKED: self._locked,
            Veto.PHABRICATOR_DISABLED: self._disabled,
            Veto.GERRIT_INACTIVE: self._inactive,
        }
        found = {
            veto: look_up(people, self._policy.canaries.get(veto))
            for veto, look_up in look_ups.items()
            if veto in self._policy.vetoes
        }
        return {
            account: tuple(
                Evidence(
                    veto.title,
                    Kind.VETO,
                    veto.system,
                    marked(account) if veto is Veto.MARKED else found[veto][person],
                )
                for veto in self._policy.vetoes
            )
            for account, person in subjects.items()
        }

    def _locked(self, people: set[Proven], canary: str | None) -> dict[Proven, Answer]:
        known = self._canary_dn(canary) if canary else Unknown("the policy names no canary")
        dns = {person.dn for person in people} | ({known} if isinstance(known, Dn) else set())
        found = self._ask(System.DIRECTORY, lambda: self._sources.directory.locked(dns))

        def locked(dn: Dn) -> Answer:
            return entry(found, dn, Unknown(f"nobody answered about {dn}"))

        answers = {person: locked(person.dn) for person in people}
        if not canary:
            return answers
        return _with_canary(answers, canary, locked(known) if isinstance(known, Dn) else known)

    def _canary_dn(self, cn: str) -> Dn | Unknown:
        found = self._ask(
            System.DIRECTORY, lambda: self._sources.directory.people({cn}, NamedBy.CN)
        )
        match entry(found, cn, ()):
            case (Person(dn=dn),):
                return dn
            case Unknown() as unknown:
                return unknown
            case several:
                return Unknown(f"{len(several)} entries of the directory bear this cn")

    def _disabled(self, people: set[Proven], canary: str | None) -> dict[Proven, Answer]:
        cns = {person.cn for person in people} | ({Cn(canary)} if canary else set())
        self._linked.look_for_disabled(cns)

        def disabled(cn: Cn) -> Answer:
            return phabricator_disabled(cn, entry(self._linked.found, cn, ()))

        answers = {person: disabled(person.cn) for person in people}
        return _with_canary(answers, canary, disabled(Cn(canary))) if canary else answers

    def _inactive(self, people: set[Proven], canary: str | None) -> dict[Proven, Answer]:
        uids = {person.uid for person in people} | ({Uid(canary)} if canary else set())
        self._gerrit.look_up(uids)

        def inactive(uid: Uid) -> Answer:
            account = entry(self._gerrit.found, uid, None)
            if account is None and self._gerrit.hidden:
                hidden = min(self._gerrit.hidden)
                return Unknown(
                    f"Gerrit shows no account of {uid}, nor one of {hidden}, whom it lists as a"
                    " member: it hides accounts"
                )
            return gerrit_inactive(uid, account)

        answers = {person: inactive(person.uid) for person in people}
        return _with_canary(answers, canary, inactive(Uid(canary))) if canary else answers

    # -- what came to light besides

    def elsewhere(self, person: Proven) -> Elsewhere:
        """The person's accounts in other systems, from what was answered so far."""
        linked, gerrit = self._linked.found, self._gerrit.found
        return Elsewhere(
            phabricator=() if isinstance(linked, Unknown) else linked.get(person.cn, ()),
            gerrit=None if isinstance(gerrit, Unknown) else gerrit.get(person.uid),
        )


def _in_any(each: T, groups: Iterable[frozenset[T] | Unknown]) -> bool:
    return any(not isinstance(group, Unknown) and each in group for group in groups)


def _with_canary(
    answers: Mapping[Proven, Answer], canary: str, seen: Answer
) -> dict[Proven, Answer]:
    return {person: with_canary(answer, canary, seen) for person, answer in answers.items()}
