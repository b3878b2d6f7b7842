"""Evidence about people: which source is asked about whom, in sets."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from glaab.domain.accounts import Account, Identity
from glaab.domain.errors import System
from glaab.domain.evidence import Answer, Evidence, Kind, NotAsked, Profile, Unknown, with_canary
from glaab.domain.identity import People, Proof, Proven, Unchecked
from glaab.domain.policy import MARKED, Policy, marked
from glaab.domain.source import CircuitBreaker, Condition, Lookup, Source, Veto


class RunLookups:
    """
    The look-ups of one run: of each source one, which is not asked again after an outage.

    Collectors that share them ask each thing once. Sources whose *outages* are known beforehand
    are not asked at all.
    """

    def __init__(self, outages: Mapping[System, str] = MappingProxyType({})) -> None:
        self._outages = outages
        self._started: list[tuple[Source, CircuitBreaker, Lookup]] = []
        self._proofs: list[tuple[People, dict[Identity, Proof]]] = []

    def of(self, source: Source) -> tuple[CircuitBreaker, Lookup]:
        """The look-up of *source*, this very object, and what it asks through."""
        for started, breaker, lookup in self._started:
            if started is source:
                return breaker, lookup
        breaker = CircuitBreaker(source.name, self._outages.get(source.name))
        self._started.append((source, breaker, source.start(breaker)))
        return self.of(source)

    def proofs(self, people: People) -> dict[Identity, Proof]:
        """What *people*, or somebody who proves in the same way, proved so far; to be added to."""
        for others, proofs in self._proofs:
            if others == people:
                return proofs
        self._proofs.append((people, {}))
        return self.proofs(people)


class EvidenceCollector:
    """Asks, by one policy, the sources of one run."""

    def __init__(
        self, sources: Mapping[System, Source], policy: Policy, lookups: RunLookups
    ) -> None:
        self._policy = policy
        started = {name: lookups.of(sources[name]) for name in sources if name in policy.systems}
        self._breakers = {name: breaker for name, (breaker, _) in started.items()}
        self._lookups = {name: lookup for name, (_, lookup) in started.items()}
        needed = {sources[name].knows_by for name in self._breakers}
        self._people = self._lookups[policy.proved_by].people(policy.extern_uid, needed)
        self._proofs = lookups.proofs(self._people)

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
        if new := set(identities) - self._proofs.keys():
            ask = self._breakers[self._policy.proved_by]
            proofs = ask(lambda: self._people.prove(new))
            self._proofs.update(
                dict.fromkeys(new, Unchecked(proofs.detail))
                if isinstance(proofs, Unknown)
                else proofs
            )
        return {identity: self._proofs[identity] for identity in identities}

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
