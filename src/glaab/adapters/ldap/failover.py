"""Several LDAP servers, of which one answers a whole run."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import structlog

from glaab.adapters.ldap.entries import ServerFailed, SizeLimitExceeded
from glaab.adapters.ldap.filters import Term, batches
from glaab.adapters.ldap.session import LdapSession
from glaab.domain.errors import FailoverRestart, SystemUnavailable, Unreachable
from glaab.domain.sources.directory import DIRECTORY

log = structlog.get_logger()

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class LdapServers:
    """
    The servers in the order in which they are to be asked.

    One that fails is not asked again. The next is asked the same question if nothing was
    answered before; else `FailoverRestart` is raised, and nothing counts as answered.
    """

    def __init__(self, sessions: Iterable[LdapSession]) -> None:
        self._sessions = deque(sessions)
        self._failures: list[str] = []
        self._answered = False

    def ask(
        self,
        terms: Mapping[K, Term],
        question: Callable[[LdapSession, Mapping[K, Term]], Mapping[K, V]],
    ) -> dict[K, V]:
        """The answers to *question* about all *terms*, in batches, from one server."""
        if not terms:
            return {}
        return self.answer(lambda session: in_batches(terms, partial(question, session)))

    def answer(self, ask: Callable[[LdapSession], T]) -> T:
        """
        The answer of the server whose turn it is.

        Raises:
            Unreachable: no server is left.
            FailoverRestart: that server failed and had answered something before.
        """
        while self._sessions:
            try:
                answer = ask(self._sessions[0])
            except ServerFailed as failure:
                self._change_server(failure)
            else:
                self._answered = True
                return answer
        raise Unreachable(DIRECTORY, "; ".join(self._failures))

    def _change_server(self, failure: ServerFailed) -> None:
        self._sessions.popleft().close()
        self._failures.append(str(failure))
        if not self._sessions:
            return
        log.warning("directory_server_failed", reason=str(failure))
        if self._answered:
            self._answered = False
            raise FailoverRestart(str(failure)) from failure


def in_batches(
    terms: Mapping[K, Term], question: Callable[[Mapping[K, Term]], Mapping[K, V]]
) -> dict[K, V]:
    """The answers to *question* about all *terms*, of which a server takes some at once."""
    answers: dict[K, V] = {}
    for batch in batches(terms):
        answers |= _in_halves(question, batch)
    return answers


def _in_halves(
    ask: Callable[[Mapping[K, Term]], Mapping[K, V]], batch: list[tuple[K, Term]]
) -> dict[K, V]:
    """The answers about all of *batch* at once if the server is able to, else by halves."""
    try:
        return {**ask(dict(batch))}
    except SizeLimitExceeded as error:
        if len(batch) == 1:
            raise SystemUnavailable(DIRECTORY, error.reason) from error
    middle = len(batch) // 2
    return _in_halves(ask, batch[:middle]) | _in_halves(ask, batch[middle:])
