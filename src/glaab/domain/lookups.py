"""What Phabricator and Gerrit show of people's accounts, and what they leave out."""

from collections.abc import Collection, Mapping

from glaab.domain.errors import System
from glaab.domain.evidence import GerritAccount, PhabricatorAccount, Unknown
from glaab.domain.names import Cn, Uid
from glaab.domain.ports import Gerrit, Phabricator
from glaab.domain.questions import Questions


class LinkedAccounts:
    """
    The Phabricator accounts that are linked to names.

    Of the names that are asked about together an account shows under one only, however many
    it is linked to; so those who matter are asked about again without the others.
    """

    def __init__(self, phabricator: Phabricator, questions: Questions) -> None:
        self._phabricator = phabricator
        self._ask = questions.ask
        self.found: Mapping[Cn, tuple[PhabricatorAccount, ...]] | Unknown = {}
        self._asked_about: set[Cn] = set()
        self._looked_twice_at: set[Cn] = set()
        self._left_out: set[Cn] = set()
        """Whom the second look left out, because they had shown a disabled account."""

    def look_up(self, cns: set[Cn]) -> None:
        """Ask about everybody."""
        self._asked_about = cns
        self.found = self._ask(System.PHABRICATOR, lambda: self._phabricator.accounts(cns))

    def look_again(self, spoken_for: set[Cn], members: Collection[Cn]) -> None:
        """
        Ask once more about those whom a rule may approve, without all others.

        That is who is *spoken_for* in another system, and the *members* of a project: a second
        account of somebody's could else hide under a name for which nothing speaks.
        """
        if isinstance(self.found, Unknown):
            return
        disabled = _showing_disabled(self.found)
        cns = spoken_for.union(members) - disabled
        if not cns or cns == self._asked_about or not (members or disabled):
            return
        found = self._ask(System.PHABRICATOR, lambda: self._phabricator.accounts(cns))
        self.found = found if isinstance(found, Unknown) else {**self.found, **found}
        self._looked_twice_at, self._left_out = cns | disabled, disabled

    def look_for_disabled(self, cns: set[Cn]) -> None:
        """Make sure that every disabled account shows under each of *cns* that it is linked to."""
        self.found = self._ask(System.PHABRICATOR, lambda: self._all_disabled(cns))

    def _all_disabled(self, cns: set[Cn]) -> Mapping[Cn, tuple[PhabricatorAccount, ...]]:
        """Those who show none are asked about without those who do, until no more do."""
        found = {} if isinstance(self.found, Unknown) else dict(self.found)
        if new := cns - self._asked_about:
            found |= self._phabricator.accounts(new)
            self._asked_about = self._asked_about | new
        left_out = self._left_out if cns <= self._looked_twice_at else set()
        while (showing := _showing_disabled(found)) - left_out and cns - showing:
            found |= self._phabricator.accounts(cns - showing)
            left_out = showing
        return found


class GerritAccounts:
    """The accounts that Gerrit shows; nobody is asked about twice."""

    def __init__(self, gerrit: Gerrit, questions: Questions) -> None:
        self._gerrit = gerrit
        self._ask = questions.ask
        self.found: Mapping[Uid, GerritAccount] | Unknown = {}
        self._asked_about: set[Uid] = set()
        self.hidden: set[Uid] = set()
        """Who is on a list of members, and has no account that Gerrit shows."""

    def look_up(self, uids: set[Uid]) -> None:
        """Make sure that *uids* were asked about."""
        new = uids - self._asked_about
        if not new:
            return
        self._asked_about |= new
        found = self._ask(System.GERRIT, lambda: self._gerrit.accounts(new))
        if isinstance(found, Unknown) or isinstance(self.found, Unknown):
            self.found = found
        else:
            self.found = {**self.found, **found}

    def look_up_members(self, uids: set[Uid]) -> None:
        """The same; that a member's account is missing says that Gerrit does not show all."""
        self.look_up(uids)
        if not isinstance(self.found, Unknown):
            self.hidden = uids - self.found.keys()


def _showing_disabled(linked: Mapping[Cn, tuple[PhabricatorAccount, ...]]) -> set[Cn]:
    return {cn for cn, accounts in linked.items() if any(each.is_disabled for each in accounts)}
