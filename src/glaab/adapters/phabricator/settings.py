"""The variables of Phabricator."""

from typing import ClassVar

import attrs

from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.settings.parsers import url_without
from glaab.settings.values import Secret, SourceSettings, Url, is_other_url, setting


@attrs.frozen(kw_only=True)
class PhabricatorSettings(SourceSettings):
    """See `SourceSettings`."""

    system: ClassVar = PHABRICATOR

    phabricator_url: Url = setting(
        Url("https://phabricator.wikimedia.org"), is_moved=is_other_url, parse=url_without("/api")
    )
    phabricator_user: str = setting("glaab")
    phabricator_token: Secret | None = setting(required="create a Conduit API token")
