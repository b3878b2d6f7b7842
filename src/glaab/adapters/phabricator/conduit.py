"""Conduit, the API of Phabricator and Phorge: one call, and what its answer means."""

import json
import re
from typing import Any, Generic, TypeVar

import attrs
import requests

from glaab.adapters.http.errors import describe_http_status, translate_http_errors
from glaab.adapters.http.session import HttpSession
from glaab.adapters.http.structuring import structure, structure_json
from glaab.adapters.redaction import quote
from glaab.domain.errors import SystemUnavailable
from glaab.domain.sources.phabricator import PHABRICATOR

T = TypeVar("T")

_TOKEN_TROUBLE = frozenset({"ERR-INVALID-AUTH", "ERR-INVALID-SESSION"})


@attrs.frozen(kw_only=True)
class Answer:
    """The envelope of every Conduit answer."""

    result: Any
    error_code: str | None
    error_info: str | None = None

    @property
    def knows_none_of_the_names(self) -> bool:
        """True for the error that user.ldapquery has for "nobody": a clean answer."""
        return self.error_code == "ERR-INVALID-PARAMETER" and (self.error_info or "").startswith(
            "Unknown or missing ldap names"
        )

    @property
    def complaint(self) -> str:
        """The error in words; when Phorge refuses a token it quotes it."""
        words = quote(self.error_info or "")
        if self.error_code in _TOKEN_TROUBLE:
            reason = re.sub('"[^"]*("|$)', "…", words)
            return f"it refused the token ({self.error_code}: {reason}): see PHABRICATOR_TOKEN"
        return f"it answered {quote(self.error_code or '')}: {words}"


@attrs.frozen
class Owner:
    """To user.whoami: whose the token is."""

    userName: str  # noqa: N815  # Conduit's spelling
    roles: tuple[str, ...] = ()

    def mismatch(self, user: str) -> str:
        """What is wrong if the owner is not *user*, case aside; empty if nothing."""
        if self.userName.lower() == user.lower():
            return ""
        return f"the token belongs to {self.userName}, not to {user}"


@attrs.frozen(kw_only=True)
class ProjectFields:
    """What Phabricator shows of a project."""

    name: str | None = None
    slug: str | None = None
    status: str | None = None
    policy: Any = None


@attrs.frozen(kw_only=True)
class Project:
    """A project without attachments."""

    phid: str
    fields: ProjectFields


P = TypeVar("P", bound=Project)


@attrs.frozen
class _Slug:
    projectPHID: str  # noqa: N815  # Conduit's spelling


@attrs.frozen
class Projects(Generic[P]):
    """To project.search."""

    data: tuple[P, ...]
    maps: dict[str, Any] = attrs.field(factory=dict)

    def unique(self) -> list[P]:
        """Each project once."""
        return list({each.phid: each for each in self.data}.values())

    def bears(self, project: Project, slug: str) -> bool:
        """True if it is the project that was asked for; slugMap is keyed as asked."""
        known = self.maps.get("slugMap")  # an empty one may be a list
        if isinstance(known, dict) and slug in known:
            return structure(PHABRICATOR, known[slug], _Slug).projectPHID == project.phid
        return project.fields.slug == slug.removeprefix("#").lower().replace(" ", "_")


@attrs.frozen(kw_only=True)
class Conduit:
    """Conduit with a token; all its methods are POST, but only those are called that read."""

    url: str
    token: str = attrs.field(repr=False)
    session: HttpSession = attrs.field(repr=False)
    """Takes POST for a read."""

    def ask(self, method: str, shape: type[T], **parameters: object) -> T:
        """What a method answers; an error is `SystemUnavailable`."""
        return self.result(self.call(method, **parameters), shape)

    def call(self, method: str, **parameters: object) -> Answer:
        """Conduit's answer, errors included: they come with HTTP 200."""
        text = json.dumps(parameters | {"__conduit__": {"token": self.token}})
        with translate_http_errors(PHABRICATOR):
            response = self.session.post(
                f"{self.url.rstrip('/')}/api/{method}", data={"params": text, "output": "json"}
            )
            if response.status_code != requests.codes.ok:
                # errors of Conduit come with 200: what is said here is no error of its form
                reason = describe_http_status(response.status_code, "", "PHABRICATOR_TOKEN")
                raise SystemUnavailable(PHABRICATOR, reason)
        return structure_json(PHABRICATOR, response.text, Answer)

    def result(self, answer: Answer, shape: type[T]) -> T:
        """The result of an answer; an error is `SystemUnavailable`."""
        if answer.error_code is not None:
            raise SystemUnavailable(PHABRICATOR, answer.complaint)
        return structure(PHABRICATOR, answer.result, shape)
