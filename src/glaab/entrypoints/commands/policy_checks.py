"""Whether the policy fits the world: rules that can match, canaries that are seen."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import attrs

from glaab.domain.diagnostics import Checks, Finding, ok, problem, warning
from glaab.domain.errors import FailoverRestart, System
from glaab.domain.evidence import Answer, Person, Unknown, Yes
from glaab.domain.findings import gerrit_inactive, phabricator_disabled
from glaab.domain.gathering import Sources
from glaab.domain.names import Cn, NamedBy, Uid
from glaab.domain.policy import (
    Condition,
    InDirectoryGroup,
    InPhabricatorProject,
    Policy,
    Rule,
    Veto,
)
from glaab.domain.ports import GitLab
from glaab.entrypoints.commands.settings_checks import Found, told_apart
from glaab.entrypoints.render.escaping import pluralize
from glaab.entrypoints.runtime.bootstrap import LoadedConfig

T = TypeVar("T")


def policy_found(given: LoadedConfig) -> Found:
    """What is wrong with the policy file, or which of its rules need not be there."""
    like = "compare it with what glaab policy prints without it"
    yield from (told_apart(text, like) for text in given.wrong_policy)
    if not given.policy:
        return
    source = given.settings.glaab_policy or "the built-in policy"
    rules = pluralize(given.policy.rules, "rule", "rules")
    vetoes = pluralize(given.policy.vetoes, "veto", "vetoes")
    yield "file", ok(f"{source} is valid, with {rules} and {vetoes}")
    for rule in given.policy.rules:
        if other := _making_redundant(rule, given.policy):
            yield (
                f'rule "{rule.name}"',
                warning(
                    f'it trusts nobody whom "{other.name}" does not trust already',
                    "take it out, unless its name is wanted in the log besides",
                ),
            )


def _making_redundant(rule: Rule, policy: Policy) -> Rule | None:
    """A rule that asks for less, or one before it that asks for the same."""
    asked = set(rule.conditions)
    for position, other in enumerate(policy.rules):
        is_before = position < policy.rules.index(rule)
        if set(other.conditions) < asked or (is_before and set(other.conditions) == asked):
            return other
    return None


@attrs.frozen(kw_only=True)
class PolicyChecks:
    """Asks each system about what the policy names in it; writes nothing."""

    policy: Policy
    gitlab: GitLab
    sources: Sources

    def of(self, system: System) -> Checks:
        """The checks that ask *system*; none if the policy names nothing there."""
        checks: dict[str, Callable[[], Iterator[Finding]]] = {}
        if system is System.GITLAB:
            checks["identity providers"] = self._providers
        for condition in dict.fromkeys(self.policy.conditions):
            if condition.system is system:
                checks[_title(condition)] = partial(self._group, condition)
        for veto, name in self.policy.canaries.items():
            if veto.system is system:
                checks[f'canary "{name}"'] = partial(self._canary, veto, name)
        return checks

    def _providers(self) -> Iterator[Finding]:
        waiting = self.gitlab.pending()
        wanted = " or ".join(sorted(self.policy.providers))
        carried = {each.provider for account in waiting for each in account.identities}
        vouched = sum(
            any(each.provider in self.policy.providers for each in account.identities)
            for account in waiting
        )
        if vouched or not waiting:
            yield ok(f"{vouched} of {len(waiting)} waiting accounts signed in through {wanted}")
            return
        yield warning(
            f"none of {len(waiting)} waiting accounts signed in through {wanted}; what they"
            f" carry: {', '.join(sorted(carried)) or 'no identities'}",
            "see that identity.providers of the policy names the provider as GitLab does",
        )

    def _group(self, condition: Condition) -> Iterator[Finding]:
        members = _anew(partial(self._members, condition))
        if not isinstance(members, Unknown):
            yield ok(f"it has {pluralize(members, 'member', 'members')}")
            return
        rules = ", ".join(_rules_with(self.policy, condition))
        yield problem(
            f"{members.reason}: nobody can be trusted as {rules}",
            "see that its name is right, that it has members, and that glaab may see them",
        )

    def _members(self, condition: Condition) -> frozenset[object] | Unknown:
        match condition:
            case InDirectoryGroup(group):
                found = self.sources.directory.members({group})
                return found.get(group, Unknown(f"nobody answered about {group}"))
            case InPhabricatorProject(project):
                return self.sources.phabricator.members(project)
        return self.sources.gerrit.members(condition.group)

    def _canary(self, veto: Veto, name: str) -> Iterator[Finding]:
        seen = _anew(partial(_LOOK[veto], self.sources, name))
        if isinstance(seen, Yes):
            yield ok(f'it is seen that the veto "{veto.title}" works: {seen.detail}')
            return
        yield problem(
            f'the veto "{veto.title}" should be seen on it and is not ({seen.detail}): whoever'
            " is trusted waits",
            f"see whether the veto can be looked up; else let canary.{veto.name.lower()} name"
            " somebody who has it",
        )


def _title(condition: Condition) -> str:
    match condition:
        case InDirectoryGroup(group):
            return f"LDAP group {group}"
        case InPhabricatorProject(project):
            return f"Phabricator project #{project}"
    return f"Gerrit group {condition.group}"


def _rules_with(policy: Policy, condition: Condition) -> list[str]:
    return [rule.name for rule in policy.rules if condition in rule.conditions]


def _anew(question: Callable[[], T]) -> T:
    """The answer; asked again when the directory changes to another server."""
    while True:
        try:
            return question()
        except FailoverRestart:
            continue


def _locked(sources: Sources, cn: str) -> Answer:
    match sources.directory.people({cn}, NamedBy.CN).get(cn, ()):
        case (Person(dn=dn),):
            silent = Unknown(f"nobody answered about {dn}")
            return sources.directory.locked({dn}).get(dn, silent)
        case several:
            return Unknown(f"{len(several)} entries of the directory bear this cn")


def _disabled(sources: Sources, cn: str) -> Answer:
    return phabricator_disabled(Cn(cn), sources.phabricator.accounts({Cn(cn)}).get(Cn(cn), ()))


def _inactive(sources: Sources, uid: str) -> Answer:
    return gerrit_inactive(Uid(uid), sources.gerrit.accounts({Uid(uid)}).get(Uid(uid)))


_LOOK: dict[Veto, Callable[[Sources, str], Answer]] = {
    Veto.DIRECTORY_LOCKED: _locked,
    Veto.PHABRICATOR_DISABLED: _disabled,
    Veto.GERRIT_INACTIVE: _inactive,
}
