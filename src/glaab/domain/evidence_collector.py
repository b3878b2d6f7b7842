"""Evidence about people: which source is asked about whom, in sets."""

from collections.abc import Collection, Mapping

from glaab.domain.accounts import Account, Identity
from glaab.domain.errors import System
from glaab.domain.evidence import Answer, Evidence, Kind, NotAsked, Profile, Unknown, with_canary
from glaab.domain.identity import Proof, Proven, Unchecked
from glaab.domain.policy import MARKED, Policy, marked
from glaab.domain.source import CircuitBreaker, Condition, Source, Veto


class EvidenceCollector:
    """
    Asks the sources of one run; one that gives no usable answer is not asked again.

    Those whose *outages* are known beforehand are not asked at all.
    """

    def __init__(
        self, sources: Mapping[System, Source], policy: Policy, outages: Mapping[System, str]
    ) -> None:
        self._policy = policy
        self._breakers = {
            name: CircuitBreaker(name, outages.get(name))
            for name in sources
            if name in policy.systems
        }
        self._lookups = {
            name: sources[name].start(breaker) for name, breaker in self._breakers.items()
        }
        needed = {sources[name].knows_by for name in self._breakers}
        self._people = self._lookups[policy.proved_by].people(policy.extern_uid, needed)

    @property
    def outages(self) -> dict[System, str]:
        """Why a source gave no usable answer, by source."""
        breakers = self._breakers.items()
        return {name: each.outage for name, each in breakers if each.outage is not None}

    @property
    def asked(self) -> frozenset[System]:
        """The sources that were asked anything."""
        return frozenset(name for name, each in self._breakers.items() if each.was_asked)

    def proofs(self, identities: Collection[Identity]) -> dict[Identity, Proof]:
        """Who is meant by each identity."""
        if not identities:
            return {}
        ask = self._breakers[self._policy.proved_by]
        proofs = ask(lambda: self._people.prove(identities))
        if isinstance(proofs, Unknown):
            return dict.fromkeys(identities, Unchecked(proofs.detail))
        return dict(proofs)

    def trust(self, people: Collection[Proven]) -> dict[Proven, tuple[Evidence, ...]]:
        """The answer to every condition of every rule about each person."""
        answers: dict[tuple[Proven, Condition], Answer] = {}
        for name, lookup in self._lookups.items() if people else ():
            conditions = [each for each in self._policy.conditions if each.source == name]
            answers |= lookup.trust(people, conditions)
        return {
            person: tuple(
                Evidence(rule.name, Kind.TRUST, each.source, answers[person, each])
                for rule in self._policy.rules
                for each in rule.conditions
            )
            for person in people
        }

    def vetoes(self, subjects: Mapping[Account, Proven]) -> dict[Account, tuple[Evidence, ...]]:
        """The answer to every veto about each account and the person behind it."""
        if not subjects:
            return {}
        people = set(subjects.values())
        answers: dict[tuple[Proven, Veto], Answer] = {}
        for name, lookup in self._lookups.items():
            answers |= lookup.vetoes(people, [e for e in self._policy.vetoes if e.source == name])
        for veto, canary in self._policy.canaries.items():
            lookup = self._lookups[veto.source]
            control = lookup.canary(veto, canary, self._policy.extern_uid)
            for person in people:
                answers[person, veto] = with_canary(answers[person, veto], canary, control)
        return {
            account: tuple(
                _against(veto, marked(account) if veto == MARKED else answers[person, veto])
                for veto in self._policy.vetoes
            )
            for account, person in subjects.items()
        }

    def vetoes_not_asked(self) -> tuple[Evidence, ...]:
        """NotAsked for every veto: for accounts whose verdict no veto can change."""
        return tuple(_against(veto, NotAsked()) for veto in self._policy.vetoes)

    def confirm(self, people: Collection[Proven]) -> None:
        """Have every source look more closely at people who would be approved."""
        for lookup in self._lookups.values():
            lookup.confirm(people)

    def profiles(self, person: Proven) -> tuple[Profile, ...]:
        """Where the person can be looked at, from what was answered so far."""
        return tuple(
            profile for lookup in self._lookups.values() for profile in lookup.profiles(person)
        )


def _against(veto: Veto, answer: Answer | NotAsked) -> Evidence:
    return Evidence(veto.title, Kind.VETO, veto.source, answer)
