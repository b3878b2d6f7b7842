"""Lists of vetted people: who stands on one of them, until when, and who vouched for it."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from datetime import date
from functools import cache, partial
from typing import ClassVar, Protocol, assert_never

import attrs

from glaab.domain.accounts import Identity
from glaab.domain.errors import System
from glaab.domain.evidence import Answer, No, Unknown, Yes
from glaab.domain.identity import People, Proof, Proven
from glaab.domain.names import ITSELF, NameKind
from glaab.domain.source import AnswerCache, Ask, Lookup, Source, Veto

LISTS = System("lists")


@attrs.frozen(kw_only=True)
class VettedPerson:
    """An entry of a list."""

    identity: Identity
    until: date | None = None
    """The last day, UTC; None if it does not end."""
    vouched_by: str = ""
    note: str = ""

    def has_run_out(self, today: date) -> bool:
        """True after the last day."""
        return self.until is not None and self.until < today


class VettedLists(Protocol):
    """Lists of people whom somebody vouched for; all but `today` may raise SystemUnavailable."""

    @abstractmethod
    def entries(
        self, name: str, identities: Collection[Identity]
    ) -> Mapping[Identity, VettedPerson]:
        """
        The entries of these people on a list of the policy, also those that have run out.

        Whoever is not on it is left out. The provider must be the same, and the `extern_uid` by
        the rule of whoever proves people.
        """

    @abstractmethod
    def size(self, name: str) -> int:
        """How many people are on a list of the policy who have not run out."""

    @abstractmethod
    def today(self) -> date:
        """The present day, UTC; asks nobody."""


@attrs.frozen
class OnVettedList:
    """The person stands on a list."""

    source: ClassVar = LISTS
    key: ClassVar = "vetted_list"
    value: str
    """A file, as the policy names it."""

    @property
    def title(self) -> str:
        return f"list {self.value}"


@attrs.frozen
class VettedSource(Source):
    """Trust by lists, and people who are taken at their provider's word."""

    name = LISTS
    conditions = (OnVettedList,)
    knows_by = ITSELF
    proves_by = (ITSELF,)

    lists: VettedLists

    def start(self, ask: Ask) -> Lookup:
        return VettedLookup(self.lists, ask)


class ProviderPeople(People):
    """Everybody whom a provider names is proven: its word is all there is."""

    def prove(self, identities: Collection[Identity]) -> Mapping[Identity, Proof]:
        return {identity: Proven(identity=identity, names=()) for identity in identities}


class VettedLookup(Lookup):
    """One run's questions to the lists."""

    def __init__(self, lists: VettedLists, ask: Ask) -> None:
        self._lists = lists
        self._ask = ask
        self._entries_of = cache(
            lambda name: AnswerCache(ask, partial(lists.entries, name), lambda _: None)
        )

    def people(self, extern_uid: NameKind, needed: Collection[NameKind]) -> People:  # noqa: ARG002  # nobody has names
        return ProviderPeople()

    def trust(
        self, people: Collection[Proven], conditions: Collection[OnVettedList]
    ) -> Mapping[tuple[Proven, OnVettedList], Answer]:
        identities = {person.identity for person in people}
        entries = {each: self._entries_of(each.value).for_keys(identities) for each in conditions}
        today = self._lists.today()
        return {
            (person, each): _vetted(person.identity, each, found[person.identity], today)
            for person in people
            for each, found in entries.items()
        }

    def vetoes(
        self,
        people: Collection[Proven],  # noqa: ARG002  # a list has no vetoes
        vetoes: Collection[Veto],  # noqa: ARG002
    ) -> Mapping[tuple[Proven, Veto], Answer]:
        return {}

    def canary(self, veto: Veto, name: str, extern_uid: NameKind) -> Answer:  # noqa: ARG002  # nor canaries
        raise AssertionError(f"a list has no veto {veto.key}")

    def members(self, condition: OnVettedList) -> int | Unknown:
        return self._ask(partial(self._lists.size, condition.value))


def _vetted(
    identity: Identity, place: OnVettedList, entry: VettedPerson | Unknown | None, today: date
) -> Answer:
    """Yes if somebody stands on a list and has not run out."""
    match entry:
        case Unknown():
            return entry
        case None:
            return No(
                f'{identity.provider} "{identity.extern_uid}" is not on the {place.title}',
                f"ask whoever keeps the {place.title} to add you",
            )
        case VettedPerson() if entry.has_run_out(today):
            return No(
                f'"{identity.extern_uid}" was on the {place.title}{_terms(entry)}',
                f"ask {entry.vouched_by or 'whoever keeps it'} to extend your time on the"
                f" {place.title}",
            )
        case VettedPerson():
            return Yes(f'"{identity.extern_uid}" is on the {place.title}{_terms(entry)}')
        case _:
            assert_never(entry)


def _terms(entry: VettedPerson) -> str:
    """What the entry says, as the end of a sentence; empty if it says no more than who."""
    until = f" until {entry.until}" if entry.until else ""
    voucher = f", vouched for by {entry.vouched_by}" if entry.vouched_by else ""
    return until + voucher + (f" ({entry.note})" if entry.note else "")
