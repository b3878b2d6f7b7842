"""The fewest requests that a run over a world can do with, one after another."""

from collections import Counter
from math import ceil

from glaab.domain.accounts import AccountState
from glaab.domain.errors import AUDIT_LOG, GITLAB, System
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from tests.crowd import TRUSTED, claimed
from tests.worlds import World

_PAGE = 100
"""Accounts in a page of GitLab's, which allows no more."""
_PHABRICATOR_NAMES = 250
_NAMES = 200
"""In an LDAP search: of entries that share a name a server that shows 500 shows all."""
_GERRIT_NAMES = 50


def fewest(world: World) -> Counter[System]:
    """
    By system; each request needs the answer to the one before it, or another page's room.

    GitLab: the unfinished, each page of those who are not active, and five an approval (the
    account, the record, the mark that it stands, the approval, the ending).
    LDAP: the bind, each group, the names, what the server is, and the locks of the trusted
    (those shown to be absent, and those that are there). Phabricator: whose token it is, the
    project, the names, and each of the trusted alone. Gerrit: the group, and the trusted. The
    wiki: the page, the token, the edit.
    """
    listed = sum(each.state is not AccountState.ACTIVE for each in world.accounts)
    asked, proven = len(claimed(world)), len(_proven(world))
    return Counter(
        {
            GITLAB: 1 + ceil(listed / _PAGE) + 5 * TRUSTED,
            DIRECTORY: 1 + len(world.directory_groups) + ceil(asked / _NAMES) + 3,
            PHABRICATOR: 2 + ceil(proven / _PHABRICATOR_NAMES) + TRUSTED,
            GERRIT: 1 + ceil(TRUSTED / _GERRIT_NAMES),
            AUDIT_LOG: 3,
        }
    )


def _proven(world: World) -> set[str]:
    bearers = Counter(cn for person in world.people if len(person.cns) == 1 for cn in person.cns)
    return {name for name in claimed(world) if bearers[name] == 1}
