"""What the rest of glaab knows of one source's adapter."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

import attrs

from glaab.adapters.http.session import HttpSession, RequestCounter
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.domain.diagnostics import HealthCheck
from glaab.domain.errors import System
from glaab.domain.evidence import Profile
from glaab.domain.names import NameKey, NameKind
from glaab.domain.policy import Policy
from glaab.domain.source import Source
from glaab.settings.values import SourceSettings

P = TypeVar("P")
S = TypeVar("S", bound=SourceSettings)


@attrs.frozen(kw_only=True)
class Env:
    """What every adapter of a run shares."""

    timeouts: TimeoutPolicy
    request_counter: RequestCounter
    user_agent: str
    now: Callable[[], datetime]
    """Aware, UTC."""
    connections: ExitStack = attrs.field(factory=ExitStack, repr=False)
    """Closes every connection of the run."""

    def session(
        self, system: System, url: str, *, reads: frozenset[str] = frozenset({"GET"})
    ) -> HttpSession:
        """A session with one server; *reads* are the methods that change nothing."""
        session = HttpSession(
            system,
            url,
            timeouts=self.timeouts,
            request_counter=self.request_counter,
            user_agent=self.user_agent,
            reads=reads,
        )
        self.connections.callback(session.close)
        return session


class PolicyTable(Protocol):
    """A source's own table of the policy file, which has the source's name: an attrs class."""

    @classmethod
    @abstractmethod
    def problems(cls, content: dict[str, Any], policy: dict[str, Any]) -> Iterator[str]:
        """What cannot be meant in a table of this *content*, or beside it in the *policy*."""

    @classmethod
    @abstractmethod
    def kinds(cls, content: dict[str, Any]) -> tuple[NameKind, ...]:
        """The kinds of `extern_uid` that the source proves with a table of this *content*."""

    @abstractmethod
    def value(self) -> Any:  # noqa: ANN401  # an attrs class of the source's own
        """What the policy's `options` hold for the source; all of it counts in the digest."""


class PolicyFiles(Protocol):
    """Reads the files that a source's conditions name."""

    @abstractmethod
    def __call__(
        self,
        policy: dict[str, Any],
        folder: Path,
        name_key: NameKey,
    ) -> Any:  # noqa: ANN401  # an attrs class of the source's own
        """
        What the policy's `options` hold for the source, None for nothing; all counts in the digest.

        *policy* is the content of the policy file, of whatever shape, *folder* is where it lies,
        and *name_key* is that of the source that proves people (see `Source`). Raises
        SettingsInvalid with every problem of every file.
        """


@attrs.frozen(kw_only=True)
class Integration(Generic[P, S]):
    """One source: its half in the domain, and how its port P is made, live and in memory."""

    source: Callable[[P], Source]
    """The class of the source; made with the port."""
    settings: type[S]
    connect: Callable[[S, Env, Policy], P]
    """The live port; opens nothing."""
    world: type[Any] | None
    """An attrs class: the source's keys of a world file; None if a world has it as it is live."""
    in_memory: Callable[[Any], P] | None
    """The port in memory, filled from an instance of *world*; raises SettingsInvalid."""
    health_check: Callable[[S, Env, Policy], HealthCheck]
    """What `glaab doctor` looks at."""
    profile_url: Callable[[S, Profile], str]
    policy_table: type[PolicyTable] | None = None
    policy_files: PolicyFiles | None = None

    @property
    def kind(self) -> type[Source]:
        """The class of the source, for what can be told without its port."""
        assert isinstance(self.source, type)  # noqa: S101  # a class is what makes its instances
        return self.source

    @property
    def name(self) -> System:
        """The name of the system."""
        return self.kind.name


Integrations = tuple[Integration[Any, Any], ...]


def segment(name: str) -> str:
    """*name* as one part of a URL's path; empty if it can be none: "", "." and ".."."""
    return quoted(name) if name.strip(".") else ""


def quoted(text: str) -> str:
    """*text* percent-encoded, lone surrogates too."""
    return quote(text, safe="", errors="surrogatepass")
