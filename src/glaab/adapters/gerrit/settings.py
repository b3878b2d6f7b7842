"""The variables of Gerrit."""

from base64 import b64encode
from collections.abc import Iterator
from typing import ClassVar

import attrs

from glaab.domain.sources.gerrit import GERRIT
from glaab.settings.parsers import url_without
from glaab.settings.values import Secret, SourceSettings, Url, is_other_url, setting


@attrs.frozen(kw_only=True)
class GerritSettings(SourceSettings):
    """See `SourceSettings`."""

    system: ClassVar = GERRIT

    gerrit_url: Url = setting(
        Url("https://gerrit.wikimedia.org/r"), is_moved=is_other_url, parse=url_without("/a")
    )
    gerrit_user: str = setting("glaab")
    gerrit_password: Secret | None = setting(required="generate an HTTP password in Gerrit")

    def derived_secrets(self) -> Iterator[str]:
        """See `SourceSettings`: the header of basic authentication."""
        if self.gerrit_password:
            login = f"{self.gerrit_user}:{self.gerrit_password.reveal()}"
            yield b64encode(login.encode(errors="surrogateescape")).decode()
