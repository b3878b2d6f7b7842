"""Evidence about people: each system is asked in sets, and about nobody twice."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import TypeVar

import attrs

from glaab.domain.accounts import Account
from glaab.domain.errors import System, SystemUnavailable
from glaab.domain.evidence import (
    Answer,
    Elsewhere,
    Evidence,
    GerritAccount,
    Kind,
    NotAsked,
    Person,
    PhabricatorAccount,
    Proven,
    Unknown,
)
from glaab.domain.findings import (
    NamedBy,
    believed,
    gerrit_inactive,
    in_directory_group,
    in_gerrit_group,
    in_phabricator_project,
    marked,
    phabricator_disabled,
)
from glaab.domain.names import Cn, Dn, Phid, Uid, fold
from glaab.domain.policy import (
    Condition,
    InDirectoryGroup,
    InGerritGroup,
    InPhabricatorProject,
    Policy,
    Veto,
)
from glaab.domain.ports import Directory, Gerrit, Phabricator

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")
T = TypeVar("T")


@attrs.frozen
class Sources:
    """The three systems that hold trust and vetoes."""

    directory: Directory
    phabricator: Phabricator
    gerrit: Gerrit


class Questions:
    """Asks systems, and stops asking one that gave no usable answer."""

    def __init__(self) -> None:
        self.asked: set[System] = set()
        self.outages: dict[System, str] = {}

    def ask(self, system: System, question: Callable[[], T]) -> T | Unknown:
        """The answer, or Unknown with the reason of the first failure."""
        if system not in self.outages:
            self.asked.add(system)
            try:
                return question()
            except SystemUnavailable as error:
                self.outages[system] = error.reason
        return Unknown(str(SystemUnavailable(system, self.outages[system])))


def _entry(found: Mapping[K, V] | Unknown, key: K, missing: D) -> V | D | Unknown:
    """What was found for *key*; Unknown if nothing could be looked up."""
    return found if isinstance(found, Unknown) else found.get(key, missing)


class Gathering:
    """The evidence of one run: trust first, then vetoes about those who need them."""

    def __init__(self, sources: Sources, policy: Policy, questions: Questions) -> None:
        self._sources = sources
        self._policy = policy
        self._ask = questions.ask
        self._linked: Mapping[Cn, tuple[PhabricatorAccount, ...]] | Unknown = {}
        self._asked_phabricator_about: set[Cn] = set()
        self._looked_twice_at: set[Cn] = set()
        self._left_out: set[Cn] = set()
        """Whom the second look left out, because they had shown a disabled account."""
        self._gerrit: Mapping[Uid, GerritAccount] | Unknown = {}
        self._asked_gerrit_about: set[Uid] = set()
        self._hidden_in_gerrit: set[Uid] = set()
        """Who is on a list of members, and has no account that Gerrit shows."""

    # -- trust

    def trust(self, people: Collection[Proven]) -> dict[Proven, tuple[Evidence, ...]]:
        """What every condition of every rule was told about each person."""
        if not people:
            return {}
        conditions = self._policy.conditions
        groups = self._directory_groups(conditions)
        projects = self._projects(conditions)
        teams = self._gerrit_groups(conditions)
        if projects:
            self._look_up_linked({person.cn for person in people})
            known = () if isinstance(groups, Unknown) else groups.values()
            spoken_for = {
                person.cn
                for person in people
                if _in_any(person.dn, known) or _in_any(fold(person.uid), teams.values())
            }
            self._look_again(spoken_for, projects.values())
        uids = {person.uid for person in people}
        self._look_up_listed({uid for uid in uids if _in_any(fold(uid), teams.values())})

        def answer(person: Proven, condition: Condition) -> Answer:
            if isinstance(condition, InDirectoryGroup):
                group = condition.group
                silent = Unknown(f"nobody answered about {group}")
                return in_directory_group(person, group, _entry(groups, group, silent))
            if isinstance(condition, InPhabricatorProject):
                project = condition.project
                linked = _entry(self._linked, person.cn, ())
                return in_phabricator_project(person, project, linked, projects[project])
            account = _entry(self._gerrit, person.uid, None)
            return in_gerrit_group(person, condition.group, teams[condition.group], account)

        return {
            person: tuple(
                Evidence(rule.name, Kind.TRUST, condition.system, answer(person, condition))
                for rule in self._policy.rules
                for condition in rule.conditions
            )
            for person in people
        }

    def _look_up_linked(self, cns: set[Cn]) -> None:
        self._asked_phabricator_about = cns
        self._linked = self._ask(
            System.PHABRICATOR, lambda: self._sources.phabricator.accounts(cns)
        )

    def _look_again(
        self, spoken_for: set[Cn], projects: Iterable[frozenset[Phid] | Unknown]
    ) -> None:
        """
        Ask Phabricator once more about those whom a rule may approve, without all others.

        An account that is linked to several names shows under one of them only, so a second
        account of somebody's could else hide under a name for which nothing speaks.
        """
        if isinstance(self._linked, Unknown):
            return
        members = {
            cn
            for cn, accounts in self._linked.items()
            if any(_in_any(account.phid, projects) for account in accounts)
        }
        disabled = _showing_disabled(self._linked)
        cns = (spoken_for | members) - disabled
        if not cns or cns == self._asked_phabricator_about or not members | disabled:
            return
        found = self._ask(System.PHABRICATOR, lambda: self._sources.phabricator.accounts(cns))
        self._linked = found if isinstance(found, Unknown) else {**self._linked, **found}
        self._looked_twice_at, self._left_out = cns | disabled, disabled

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
        bird = self._canary_dn(canary) if canary else Unknown("the policy names no canary")
        dns = {person.dn for person in people} | ({bird} if isinstance(bird, Dn) else set())
        found = self._ask(System.DIRECTORY, lambda: self._sources.directory.locked(dns))

        def locked(dn: Dn) -> Answer:
            return _entry(found, dn, Unknown(f"nobody answered about {dn}"))

        answers = {person: locked(person.dn) for person in people}
        if not canary:
            return answers
        return _believed(answers, canary, locked(bird) if isinstance(bird, Dn) else bird)

    def _canary_dn(self, cn: str) -> Dn | Unknown:
        found = self._ask(
            System.DIRECTORY, lambda: self._sources.directory.people({cn}, NamedBy.CN)
        )
        match _entry(found, cn, ()):
            case (Person(dn=dn),):
                return dn
            case Unknown() as unknown:
                return unknown
            case several:
                return Unknown(f"{len(several)} entries of the directory bear this cn")

    def _disabled(self, people: set[Proven], canary: str | None) -> dict[Proven, Answer]:
        cns = {person.cn for person in people} | ({Cn(canary)} if canary else set())
        self._linked = self._ask(System.PHABRICATOR, lambda: self._all_disabled(cns))

        def disabled(cn: Cn) -> Answer:
            return phabricator_disabled(cn, _entry(self._linked, cn, ()))

        answers = {person: disabled(person.cn) for person in people}
        return _believed(answers, canary, disabled(Cn(canary))) if canary else answers

    def _all_disabled(self, cns: set[Cn]) -> Mapping[Cn, tuple[PhabricatorAccount, ...]]:
        """
        The accounts linked to *cns*, with every disabled one under each of its names.

        An account that is linked to several names shows under one of them only. So those who
        show no disabled account are asked about without those who do, until no more do.
        """
        found = {} if isinstance(self._linked, Unknown) else dict(self._linked)
        if new := cns - self._asked_phabricator_about:
            found |= self._sources.phabricator.accounts(new)
            self._asked_phabricator_about = self._asked_phabricator_about | new
        left_out = self._left_out if cns <= self._looked_twice_at else set()
        while (showing := _showing_disabled(found)) - left_out and cns - showing:
            found |= self._sources.phabricator.accounts(cns - showing)
            left_out = showing
        return found

    def _inactive(self, people: set[Proven], canary: str | None) -> dict[Proven, Answer]:
        self._look_up_gerrit(
            {person.uid for person in people} | ({Uid(canary)} if canary else set())
        )

        def inactive(uid: Uid) -> Answer:
            account = _entry(self._gerrit, uid, None)
            if account is None and self._hidden_in_gerrit:
                hidden = min(self._hidden_in_gerrit)
                return Unknown(
                    f"Gerrit shows no account of {uid}, nor one of {hidden}, whom it lists as a"
                    " member: it hides accounts"
                )
            return gerrit_inactive(uid, account)

        answers = {person: inactive(person.uid) for person in people}
        return _believed(answers, canary, inactive(Uid(canary))) if canary else answers

    def _look_up_listed(self, uids: set[Uid]) -> None:
        """Look at members' accounts; that one is missing says that Gerrit does not show all."""
        self._look_up_gerrit(uids)
        if not isinstance(self._gerrit, Unknown):
            self._hidden_in_gerrit = uids - self._gerrit.keys()

    def _look_up_gerrit(self, uids: Iterable[Uid]) -> None:
        """Make sure that Gerrit was asked about *uids*."""
        new = set(uids) - self._asked_gerrit_about
        if not new:
            return
        self._asked_gerrit_about |= new
        found = self._ask(System.GERRIT, lambda: self._sources.gerrit.accounts(new))
        if isinstance(found, Unknown) or isinstance(self._gerrit, Unknown):
            self._gerrit = found
        else:
            self._gerrit = {**self._gerrit, **found}

    # -- what came to light besides

    def elsewhere(self, person: Proven) -> Elsewhere:
        """The person's accounts in other systems, from what was answered so far."""
        linked, gerrit = self._linked, self._gerrit
        return Elsewhere(
            phabricator=() if isinstance(linked, Unknown) else linked.get(person.cn, ()),
            gerrit=None if isinstance(gerrit, Unknown) else gerrit.get(person.uid),
        )


def _showing_disabled(linked: Mapping[Cn, tuple[PhabricatorAccount, ...]]) -> set[Cn]:
    return {cn for cn, accounts in linked.items() if any(each.is_disabled for each in accounts)}


def _in_any(each: T, groups: Iterable[frozenset[T] | Unknown]) -> bool:
    return any(not isinstance(group, Unknown) and each in group for group in groups)


def _believed(answers: Mapping[Proven, Answer], canary: str, seen: Answer) -> dict[Proven, Answer]:
    return {person: believed(answer, canary, seen) for person, answer in answers.items()}
