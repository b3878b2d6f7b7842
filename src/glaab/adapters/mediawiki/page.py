"""One page of a MediaWiki, read and edited."""

import attrs

from glaab.adapters.mediawiki.answers import PagesAnswer, Revision
from glaab.adapters.mediawiki.api import WikiApi
from glaab.adapters.mediawiki.errors import SYSTEM
from glaab.domain.errors import SystemUnavailable


@attrs.frozen
class WikiPage:
    """A page by its title."""

    _api: WikiApi
    title: str

    def read(self) -> Revision:
        """
        The page as it is now.

        Raises:
            SystemUnavailable: it could not be read.
        """
        answer = self._api.query(
            PagesAnswer,
            prop="revisions|info",
            titles=self.title,
            rvprop="ids|timestamp|content",
            rvslots="main",
        )
        match tuple(answer.query.pages.values()):
            case (page,):
                return page.to_revision()
            case _:
                raise SystemUnavailable(SYSTEM, f'"{self.title}" is not the title of one page')

    def edit(self, base: Revision, text: str, summary: str) -> None:
        """
        Make *text* the text of the page, if it is still at *base*.

        Raises:
            Refused: nothing was changed.
            AnswerLost: the edit may or may not have been made.
            SystemUnavailable: nothing was changed, and the wiki did not say why.
        """
        # with basetimestamp the edits of one account would never be in conflict (1.39)
        on_base = {"createonly": "1"}
        if base.revid is not None:
            on_base = {"baserevid": str(base.revid), "nocreate": "1"}
        self._api.edit(
            title=self.title, text=text, summary=summary, bot="1", notminor="1", **on_base
        )
