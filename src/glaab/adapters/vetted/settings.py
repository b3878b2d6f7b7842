"""Lists have no variables: the policy names their files."""

from typing import ClassVar

import attrs

from glaab.domain.sources.vetted import LISTS
from glaab.settings.values import SourceSettings


@attrs.frozen
class VettedSettings(SourceSettings):
    """See `SourceSettings`."""

    system: ClassVar = LISTS
