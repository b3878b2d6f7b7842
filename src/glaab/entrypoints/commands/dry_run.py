"""`glaab dry-run`: what `approve` would do."""

from glaab.entrypoints.runtime.bootstrap import App
from glaab.entrypoints.runtime.runner import look


def dry_run(app: App) -> int:
    """Review everybody and show everything, changing nothing; the exit code."""
    return look(app, "dry-run", app.container.review_pending())
