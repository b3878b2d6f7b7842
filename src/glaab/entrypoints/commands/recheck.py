"""`glaab recheck`: who was approved, and would not be today."""

from functools import partial
from pathlib import Path

from glaab.domain.recheck import RecheckApproved
from glaab.entrypoints.commands.report import bootstrap_for, shown_in
from glaab.entrypoints.runtime.bootstrap import Options
from glaab.entrypoints.runtime.runner import look


def recheck(options: Options, output: Path | None, because: str | None) -> int:
    """Show who would not be approved today, or write it to *output*; the exit code."""
    app = bootstrap_for(options, output)
    review = app.container.review_accounts(confirm_at_most=0)
    rechecked = RecheckApproved(gitlab=app.container.gitlab(), review=review)
    return look(app, "recheck", partial(rechecked, because), shown_in(app, output))
