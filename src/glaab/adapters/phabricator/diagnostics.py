"""The health check of Phabricator."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

import attrs

from glaab.adapters.phabricator.conduit import Conduit, Owner, Project, ProjectFields, Projects
from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, problem, warning
from glaab.domain.sources.phabricator import PHABRICATOR

_NOBODY = "Nobody, asks glaab doctor"
_EVERYBODY = ("users", "public")


@attrs.frozen(kw_only=True)
class PhabricatorHealthCheck(HealthCheck):
    """The token and its owner, the method that only Wikimedia has, and each project."""

    system = PHABRICATOR
    settings = "PHABRICATOR_URL and PHABRICATOR_TOKEN"

    _conduit: Conduit
    _user: str
    _projects: Collection[str]
    """The slugs of those that the policy trusts."""

    def checks(self) -> Checks:
        projects = {f"project #{slug}": partial(self._project, slug) for slug in self._projects}
        return {"token": self._token, "user.ldapquery": self._ldapquery} | projects

    def _token(self) -> Iterator[Finding]:
        owner = self._conduit.ask("user.whoami", Owner)
        if mismatch := owner.mismatch(self._user):
            yield problem(
                mismatch,
                "set PHABRICATOR_USER to the token's owner, or PHABRICATOR_TOKEN to a token of"
                f" {self._user}",
            )
        else:
            yield ok(f"the token belongs to {owner.userName}")
        if "admin" in owner.roles:
            yield problem(
                f"{owner.userName} is an administrator of Phabricator, which glaab has no use for",
                "take that right away, or set PHABRICATOR_USER and PHABRICATOR_TOKEN to a bot's",
            )
        if owner.roles and "agent" not in owner.roles:
            yield warning(
                f"{owner.userName} is a person's account, not a bot's: the token can do all that"
                " this person can",
                "set PHABRICATOR_USER and PHABRICATOR_TOKEN to those of a bot account",
            )

    def _ldapquery(self) -> Iterator[Finding]:
        answer = self._conduit.call("user.ldapquery", ldapnames=[_NOBODY], limit=2, offset=0)
        if answer.error_code == "ERR-CONDUIT-CALL":
            yield problem(
                "Phabricator has no user.ldapquery that takes names, so no account can be found",
                "have Wikimedia's extension installed, or take Phabricator out of the policy",
            )
            return
        if not answer.knows_none_of_the_names:
            self._conduit.result(answer, tuple[Any, ...])
        yield ok("accounts can be found by the LDAP name that is linked to them")

    def _project(self, slug: str) -> Iterator[Finding]:
        match self._search(slugs=[slug]) or self._search(slugs=[slug], status="all"):
            case []:
                yield problem(
                    "it is missing, or not visible to the token's owner",
                    "correct the slug in the policy, or have the project shown to it",
                )
            case [Project(fields=ProjectFields(status="archived") as fields)]:
                yield problem(
                    f'"{fields.name or slug}" is archived, so its members are not trusted',
                    "have it activated, or name another project in the policy",
                )
            case [one]:
                yield ok(f'it is "{one.fields.name or slug}"')
                if _lets_anybody_in(one.fields.policy):
                    yield warning(
                        "everybody who has an account can become a member, and by that be trusted",
                        "have the project's policies for joining and editing narrowed",
                    )
            case several:
                yield problem(
                    f"{len(several)} projects bear this name, so none of them is trusted",
                    f"have #{slug} taken from all of them but one",
                )

    def _search(self, **constraints: object) -> list[Project]:
        """Projects; those that are archived only if asked for."""
        shape = Projects[Project]
        return self._conduit.ask("project.search", shape, constraints=constraints).unique()


def _lets_anybody_in(policy: object) -> bool:
    """True if joining, or adding members by editing, needs nothing but an account."""
    if not isinstance(policy, dict):
        return False
    return policy.get("edit") in _EVERYBODY or policy.get("join") in _EVERYBODY
