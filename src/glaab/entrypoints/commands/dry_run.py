"""`glaab dry-run`: what `approve` would do."""

from glaab.entrypoints.render.show import show_result
from glaab.entrypoints.runtime.bootstrap import App
from glaab.entrypoints.runtime.runner import look


def dry_run(app: App) -> int:
    """Review everybody and show everything, changing nothing; the exit code."""
    review = app.container.review_pending()
    return look(app, "dry-run", review, lambda result: show_result(result, app.options))
