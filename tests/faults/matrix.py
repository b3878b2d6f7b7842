"""The cells of the failure matrix: every request of a healthy run, and every fault."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import attrs

from glaab.adapters.gitlab import accounts as gitlab_accounts
from glaab.adapters.gitlab import client as gitlab_rest
from glaab.adapters.gitlab import users as gitlab_users
from glaab.adapters.integration import Integration
from glaab.adapters.mediawiki import answers as _mediawiki_answers
from glaab.adapters.mediawiki import api as _mediawiki_api
from glaab.adapters.mediawiki import page as _mediawiki_page
from glaab.domain.errors import AUDIT_LOG, GITLAB, System
from glaab.domain.sources.directory import DIRECTORY
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.contract.wire import Request, Response
from tests.faults.faults import (
    Fault,
    breakdowns,
    every_fault,
    from_then_on,
    once,
    refusals,
    refusals_of_the_wiki,
    spoilt,
)
from tests.faults.harness import Installation
from tests.faults.scenes import SCENES, Scene

OAUTH = {
    f"MEDIAWIKI_{name}": None
    for name in ("CONSUMER_TOKEN", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET")
}
BOT_PASSWORD = OAUTH | {"MEDIAWIKI_USER": "Glaab@glaab", "MEDIAWIKI_PASSWORD": "the-password"}
"""The other way to sign in to the wiki: what changes in the environment."""
LASTING = frozenset({"refused", "reset", "401", "500", "502 HTML", "HTML"})
"""Of these it makes a difference whether later requests are struck, too."""
PASSING = frozenset({"refused", "no answer", "reset", "502 HTML", "503", "429 short"})
"""Of these a read that is repeated may know nothing."""


@attrs.frozen(kw_only=True)
class Sent:
    """A request of a healthy run, and what was answered."""

    system: System
    position: int
    """Among the requests to this system, from 0."""
    request: Request
    answer: Response

    def __str__(self) -> str:
        return f"{self.system}-{self.position:02} {self.kind}"

    @property
    def kind(self) -> str:
        """What it is about, whoever it is about: `PUT users/N/custom_attributes/glaab`."""
        given = self.request.parameters | self.request.form
        about = given.get("action") or ",".join(sorted(given.keys() & {"exclude_active"}))
        path = re.sub(r"/[0-9a-f-]*\d[^/]*", "/N", self.request.path).removeprefix("/api/v4")
        return f"{self.request.method} {path.strip('/')} {about}".strip()

    @property
    def is_list(self) -> bool:
        """Whether it asks GitLab for its users."""
        return self.system is GITLAB and self.request.path.endswith("/users")

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing; those to sources never do, whatever their method."""
        return self.request.method == "GET" or self.system not in (GITLAB, AUDIT_LOG)


@attrs.frozen(kw_only=True)
class Cell:
    """One fault at one request."""

    sent: Sent
    fault: Fault
    lasts: bool = False
    bot: bool = False
    """Whether glaab signs in to the wiki with a bot password."""
    scene: Scene | None = None
    """Whom the run is about, if it is not the small world."""

    def installed(self, folder: Path) -> Installation:
        """A fresh installation, in which it has not happened yet."""
        return Installation.of(self.scene, folder) if self.scene else Installation.healthy(folder)

    def __str__(self) -> str:
        bot, lasts = " by bot" * self.bot, " from then on" * self.lasts
        return f"{self.sent}{bot}, {self.fault}{lasts}"

    @property
    def environ(self) -> Mapping[str, str | None]:
        """What is different in the environment of the run."""
        return BOT_PASSWORD if self.bot else {}

    def strike(self, installation: Installation) -> None:
        """Have it happen in the next run."""
        place = from_then_on if self.lasts else once
        recorder = installation.http[self.sent.system]
        recorder.always = place(self.sent.position, self.fault)


@cache
def requests_of(command: str, *, bot: bool = False, scene: Scene | None = None) -> tuple[Sent, ...]:
    """What a run sends when all is well, system by system; of a scene, to its source alone."""
    sent: list[Sent] = []

    def listening(system: System):
        def intervene(request, handle):
            position = sum(each.system is system for each in sent)
            answer = handle()
            sent.append(Sent(system=system, position=position, request=request, answer=answer))
            return answer

        return intervene

    with TemporaryDirectory() as folder:
        place = Path(folder)
        installation = Installation.of(scene, place) if scene else Installation.healthy(place)
        for system, recorder in (installation.others if scene else installation.http).items():
            recorder.always = listening(system)
        installation.run(*command.split(), **(BOT_PASSWORD if bot else {}))
    return tuple(sorted(sent, key=lambda each: each.system))


def first_of_each_kind(requests: Sequence[Sent]) -> Iterable[Sent]:
    """What differs from all requests before it in more than in whom it is about."""
    return {sent.kind: sent for sent in reversed(requests)}.values()


def cells() -> Iterator[Cell]:
    """
    Every request and every fault; some faults also last.

    Of a request that differs from an earlier one only in whom it is about the faults are left
    out for which those that last stand.
    """
    by_bot = [sent for sent in requests_of("approve", bot=True) if sent.system is AUDIT_LOG]
    yield from (cell for sent in by_bot for cell in _struck(Cell(sent=sent, fault=_NONE, bot=True)))
    requests = requests_of("approve")
    first = [*first_of_each_kind(requests)]
    for sent in requests:
        for cell in _struck(Cell(sent=sent, fault=_NONE)):
            if sent in first or cell.fault.name in LASTING:
                yield cell
    for scene in SCENES:
        for sent in first_of_each_kind(requests_of("approve", scene=scene)):
            yield from _struck(Cell(sent=sent, fault=_NONE, scene=scene))


_NONE = Fault("none", lambda _request, _handle: None, "")


def _struck(cell: Cell) -> Iterator[Cell]:
    """The cell with every fault, and those of its system."""
    own = refusals_of_the_wiki() if cell.sent.system is AUDIT_LOG else ()
    for fault in (*every_fault(), *own):
        if fault.acts and cell.sent.is_read and fault.name in _also_before():
            continue
        yield attrs.evolve(cell, fault=fault)
        if fault.name in LASTING:
            yield attrs.evolve(cell, fault=fault, lasts=True)


@cache
def _also_before() -> frozenset[str]:
    faults = (*every_fault(), *refusals_of_the_wiki())
    return frozenset(each.name for each in faults if not each.acts)


def spoilt_cells() -> Iterator[Cell]:
    """A field that is missing, null or of another type, in an answer of each kind."""
    for scene in (None, *SCENES):
        for sent in first_of_each_kind(requests_of("approve", scene=scene)):
            for fault in spoilt(sent.answer, fields_that_are_read()):
                yield Cell(sent=sent, fault=fault, scene=scene)


def hiccups() -> Iterator[Cell]:
    """A fault that is gone a moment later, at every read."""
    for scene in (None, *SCENES):
        requests = requests_of("approve", scene=scene)
        for sent in first_of_each_kind(requests) if scene else requests:
            if not sent.is_read:
                continue
            for fault in (*breakdowns(), *refusals()):
                if fault.name in PASSING and not fault.acts:
                    yield Cell(sent=sent, fault=fault, scene=scene)


def fields_that_are_read() -> frozenset[str]:
    """The names of the fields that an adapter may look at."""
    modules = (
        gitlab_accounts,
        gitlab_rest,
        gitlab_users,
        _mediawiki_answers,
        _mediawiki_api,
        _mediawiki_page,
        *(
            each
            for source in INTEGRATIONS
            if source.name != DIRECTORY
            for each in _modules_of(source)
        ),
    )
    shapes = (
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and attrs.has(each)
    )
    maps = {"query", "pages", "tokens", "login", "edit", "slugMap"}  # what others keep answers in
    return frozenset(name for shape in shapes for name in attrs.fields_dict(shape)) | maps


def _modules_of(integration: Integration[Any, Any]) -> Iterator[ModuleType]:
    """Those of a source's folder that read what a server answers to a run."""
    folder = integration.settings.__module__.rpartition(".")[0]
    for each in iter_modules(import_module(folder).__path__, f"{folder}."):
        if each.name.rpartition(".")[2] not in {"diagnostics", "memory", "settings"}:
            yield import_module(each.name)


def by_name(generated: Iterable[Cell]) -> dict[str, Cell]:
    """The cells by what identifies them."""
    return {str(cell): cell for cell in generated}
