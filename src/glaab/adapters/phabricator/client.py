"""Phabricator, or Phorge, over Conduit: who is linked to a name, and who is in a project."""

import re
from collections.abc import Collection, Mapping
from functools import cached_property

import attrs

from glaab.adapters.batching import in_batches
from glaab.adapters.phabricator.conduit import Conduit, Owner, Project, ProjectFields, Projects
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.names import Cn
from glaab.domain.sources.phabricator import PHABRICATOR, Phabricator, PhabricatorAccount, Phid

_NAMES_A_BATCH = 250
"""A first call for a hundred people took Phorge 2 s, for 250 3 s (July 2026): it draws pictures."""
_SPARE_ROWS = 10
"""For what is linked beyond two accounts a name."""
_NOT_PEOPLE = frozenset({"agent", "bot", "list"})
_SURROGATE = re.compile("[\ud800-\udfff]")


@attrs.define(kw_only=True)
class PhabricatorConduit(Phabricator):
    """Phabricator behind Conduit."""

    _conduit: Conduit
    _user: str

    def accounts(self, names: Collection[Cn]) -> Mapping[Cn, tuple[PhabricatorAccount, ...]]:
        """Ask for 250 names at a time; an account counts only under exactly the name."""
        # Lone surrogates are no Unicode, so nobody is linked to them.
        valid = [name for name in dict.fromkeys(names) if not _SURROGATE.search(name)]
        linked: dict[Cn, dict[str, PhabricatorAccount]] = {}
        for batch in in_batches(valid, _NAMES_A_BATCH):
            for row in self._linked_to(batch):
                # MariaDB ignores trailing spaces (Phorge, July 2026): not every row was asked for.
                if row.ldap_username in batch:
                    linked.setdefault(Cn(row.ldap_username), {})[row.phid] = row.to_account()
        return {
            name: tuple(sorted(accounts.values(), key=lambda account: account.username))
            for name, accounts in linked.items()
        }

    def members(self, project: str) -> frozenset[Phid] | Unknown:
        """Ask for the one active project with this slug; its members come in one answer."""
        projects = self._checked_conduit.ask(
            "project.search",
            Projects[_ProjectWithMembers],
            constraints={"slugs": [project]},
            attachments={"members": True},
        )
        title = f"Phabricator project #{project}"
        match projects.unique():
            case []:
                return Unknown(f"{title} is missing, archived or not visible to {self._user}")
            case [one] if not projects.bears(one, project):
                return Unknown(f"Phabricator answered with another project than #{project}")
            case [Project(fields=ProjectFields(status="archived"))]:
                return Unknown(f"{title} is archived")
            case [one]:
                members = frozenset(each.phid for each in one.attachments.members.members)
                return members or Unknown(f"Phabricator shows no member of project #{project}")
            case several:
                return Unknown(f"{len(several)} Phabricator projects bear #{project}")

    def _linked_to(self, batch: list[Cn]) -> list["_Linked"]:
        """All rows; user.ldapquery cuts at its limit without a sign (Phorge, July 2026)."""
        limit = 2 * len(batch) + _SPARE_ROWS
        rows: list[_Linked] = []
        while True:
            answer = self._checked_conduit.call(
                "user.ldapquery", ldapnames=batch, limit=limit, offset=len(rows)
            )
            if answer.knows_none_of_the_names:
                return rows
            page = self._conduit.result(answer, tuple[_Linked, ...])
            if len(page) > limit or {row.phid for row in page} & {row.phid for row in rows}:
                raise SystemUnavailable(
                    PHABRICATOR, "it does not keep to the limit and offset that were asked"
                )
            rows += page
            if len(page) < limit:
                return rows

    @cached_property
    def _checked_conduit(self) -> Conduit:
        """Conduit, once its token is known to be the configured user's."""
        if mismatch := self._conduit.ask("user.whoami", Owner).mismatch(self._user):
            reason = f"{mismatch}: PHABRICATOR_USER and PHABRICATOR_TOKEN do not go together"
            raise SystemUnavailable(PHABRICATOR, reason)
        return self._conduit


@attrs.frozen(kw_only=True)
class _Linked:
    phid: str
    userName: str  # noqa: N815  # Conduit's spelling
    roles: tuple[str, ...]
    ldap_username: str

    def to_account(self) -> PhabricatorAccount:
        return PhabricatorAccount(
            phid=Phid(self.phid),
            username=self.userName,
            is_person=_NOT_PEOPLE.isdisjoint(self.roles),
            is_activated="activated" in self.roles,
            is_disabled="disabled" in self.roles,
        )


@attrs.frozen
class _Member:
    phid: Phid


@attrs.frozen
class _Members:
    members: tuple[_Member, ...]


@attrs.frozen
class _Attachments:
    members: _Members


@attrs.frozen(kw_only=True)
class _ProjectWithMembers(Project):
    attachments: _Attachments
