"""What a source of trust is: conditions and vetoes, and how one run asks about people."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, ClassVar, Protocol, Self, TypeVar

import attrs

from glaab.domain.errors import System, SystemUnavailable
from glaab.domain.evidence import Answer, Profile, Unknown
from glaab.domain.identity import People, Proven
from glaab.domain.names import NameKind

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class Condition(Protocol):
    """
    One condition of a rule: a frozen value, made of the text in the policy file.

    Making it raises ValueError, which says why, if the text cannot be meant.
    """

    source: ClassVar[System]
    key: ClassVar[str]
    """Its key below `[[trust]]`: `directory_group`."""

    @property
    def value(self) -> str:
        """The text in the policy file."""

    @property
    def title(self) -> str:
        """The group, list or project in words for people: `group wmf`."""


@attrs.frozen
class Veto:
    """What speaks against an account that a rule would approve."""

    source: System
    key: str
    """Its key below `[veto]` and `[canary]`: `directory_locked`."""
    title: str


class Ask(Protocol):
    """Runs a question; in a run SystemUnavailable becomes Unknown, in doctor it is raised."""

    def __call__(self, question: Callable[[], T]) -> T | Unknown:
        """The answer, or Unknown with the reason why there is none."""


class Lookup(Protocol):
    """
    One run's questions to one source: in sets, each thing once.

    The methods may be called in any order. What cannot be looked up is Unknown.
    """

    def people(self, extern_uid: NameKind, needed: Collection[NameKind]) -> People:  # noqa: ARG002  # a default
        """
        Who proves identities whose `extern_uid` is a name of this kind.

        Whoever is proven has one name of each kind *needed* to ask the policy's sources.
        """
        raise AssertionError(f"nobody is proven here by {extern_uid}")

    @abstractmethod
    def trust(
        self, people: Collection[Proven], conditions: Collection[Any]
    ) -> Mapping[tuple[Proven, Any], Answer]:
        """Yes for each person and condition that holds; every pair has a key."""

    @abstractmethod
    def vetoes(
        self, people: Collection[Proven], vetoes: Collection[Veto]
    ) -> Mapping[tuple[Proven, Veto], Answer]:
        """Yes for each person and veto that is present; every pair has a key."""

    def confirm(self, people: Collection[Proven]) -> None:  # noqa: ARG002  # a default
        """
        Look more closely at people whom the answers so far would approve.

        Later calls of `trust` and `vetoes` use the result. Nothing is done by default: this is
        for sources whose answers about one person are more reliable than those about many.
        """
        return

    @abstractmethod
    def canary(self, veto: Veto, name: str, extern_uid: NameKind) -> Answer:
        """
        Yes if the source reports this veto for *name*, who is known to have it.

        The source that proves people takes a name of the kind *extern_uid*, or says which else.
        """

    @abstractmethod
    def members(self, condition: Any) -> int | Unknown:  # noqa: ANN401  # one of the source's own
        """How many members the group, list or project of a condition has."""

    def profiles(self, person: Proven) -> tuple[Profile, ...]:  # noqa: ARG002  # a default
        """Where the person can be looked at, from what was answered so far; asks nothing."""
        return ()


class Source(Protocol):
    """A system that holds trust, vetoes or people; made with its port."""

    name: ClassVar[System]
    conditions: ClassVar[tuple[type[Any], ...]]
    """Its kinds of `Condition`."""
    vetoes: ClassVar[tuple[Veto, ...]] = ()
    knows_by: ClassVar[NameKind]
    """The kind of name by which it knows people; `ITSELF` if it takes whoever is proven."""
    proves_by: ClassVar[tuple[NameKind, ...]] = ()
    """The kinds of `extern_uid` that it can prove; none if it knows no people."""
    gives_names: ClassVar[tuple[NameKind, ...]] = ()
    """The kinds of names that somebody has whom it proved."""
    unseen: ClassVar[str] = (
        "see that its name is right, that it has members, and that glaab may see them"
    )
    """What to do about a group, list or project that shows no members."""
    unproven: ClassVar[str] = ""
    """What to do where it proves nobody of the queue; empty if doctor need not look at that."""
    in_every_digest: ClassVar[bool] = False
    """True if keys that are not set count in a policy's digest, so that old digests stay."""

    @classmethod
    def name_key(cls, name: str, kind: NameKind) -> Hashable | None:  # noqa: ARG003  # a default
        """
        What is equal for two spellings of one `extern_uid` of a *kind* that the source proves.

        None if *name* can be no name of this kind. By default every character counts.
        """
        return name

    @abstractmethod
    def start(self, ask: Ask) -> Lookup:
        """The questions of one run; nothing is asked yet."""


class CircuitBreaker:
    """Asks one system, and stops asking it after it gave no usable answer."""

    def __init__(self, system: System, outage: str | None = None) -> None:
        self.system = system
        self.was_asked = False
        self.outage = outage

    def __call__(self, question: Callable[[], T]) -> T | Unknown:
        """The answer, or Unknown with the reason of the first failure."""
        if self.outage is None:
            self.was_asked = True
            try:
                return question()
            except SystemUnavailable as error:
                self.outage = error.reason
        return Unknown(str(SystemUnavailable(self.system, self.outage)))


def get(answers: Mapping[K, V] | Unknown, key: K, missing: T) -> V | T | Unknown:
    """The answer about *key*, or *missing*; Unknown if nobody answered."""
    return answers if isinstance(answers, Unknown) else answers.get(key, missing)


class AnswerCache(dict[K, V | Unknown]):
    """The answers of one run to one kind of question, by what was asked about."""

    def __init__(
        self,
        ask: Ask,
        question: Callable[[set[K]], Mapping[K, V]],
        missing: Callable[[K], V | Unknown] = lambda key: Unknown(f"no answer about {key}"),
    ) -> None:
        super().__init__()
        self._ask = ask
        self._question = question
        self._missing = missing

    def ask_about(self, keys: set[K]) -> None:
        """Ask about all of *keys* together; *missing* stands for what has no answer."""
        answers = self._ask(lambda: self._question(keys))
        self.update({key: get(answers, key, self._missing(key)) for key in keys})

    def for_keys(self, keys: set[K]) -> Self:
        """Ask about those of *keys* that were not asked about yet; all answers so far."""
        if new := keys - self.keys():
            self.ask_about(new)
        return self
