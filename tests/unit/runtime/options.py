"""A builder of options, so that a test names only what it is about."""

from glaab.entrypoints.runtime.bootstrap import Options
from glaab.settings.core import Settings


def some_options(settings: Settings | None = None, **display: object) -> Options:
    """Without sources."""
    return Options(integrations=(), settings=settings or Settings(), wrong_settings=(), **display)
